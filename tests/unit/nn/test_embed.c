/* SPDX-License-Identifier: MIT
 * Which layer an embedding is of, and how windows are pooled. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "model/window.h"
#include "nn/graph/embed.h"

/* 8 channels of 10 frames: maxima, means, both, and what follows. */
static const char json[] =
	"{\"input\": {\"layout\": \"BFT\", \"bands\": 8, \"frames\": 10}, \"embed\": \"mean\","
	"\"layers\": ["
	"{\"op\": \"relu\", \"name\": \"in\", \"from\": \"input\"},"
	"{\"op\": \"globalpool\", \"name\": \"max\", \"mode\": \"max\", \"over\": \"T\"},"
	"{\"op\": \"globalpool\", \"name\": \"mean\", \"over\": \"T\", \"from\": \"in\"},"
	"{\"op\": \"globalpool\", \"name\": \"sum\", \"mode\": \"max+mean\", \"over\": \"T\","
	" \"from\": \"in\"},"
	"{\"op\": \"concat\", \"name\": \"pool\", \"from\": [\"max\", \"mean\"]},"
	"{\"op\": \"concat\", \"name\": \"more\", \"from\": [\"sum\", \"pool\", \"max\"]},"
	"{\"op\": \"flatten\", \"name\": \"flat\"}, {\"op\": \"dropout\", \"name\": \"drop\"},"
	"{\"op\": \"dense\", \"name\": \"fc\", \"out\": 2}]}";

static void open_net(struct mt_net *net)
{
	struct mt_err err;
	if (mt_net_parse(net, json, NULL, &err))
		fail_msg("%s", err.text);
}

static void test_auto(void **state)
{
	static const struct {
		const char *layer, *peaks; /* a letter for each eight values */
		enum mt_embed_how how;
	} want[] = {
		{"max", "M", MT_EMBED_PEAK}, {"mean", "m", MT_EMBED_MEAN},
		{"sum", "m", MT_EMBED_MEAN}, {"pool", "Mm", MT_EMBED_PARTS},
		{"more", "mMmM", MT_EMBED_PARTS}, {"drop", "mMmM", MT_EMBED_PARTS},
		{"in", NULL, MT_EMBED_MEAN}, {"fc", NULL, MT_EMBED_MEAN},
	};
	(void)state;
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		struct mt_net net;
		struct mt_embed e;
		open_net(&net);
		assert_int_equal(mt_embed_init(&e, &net, 10, "m", 1, want[i].layer, "auto", NULL),
				 MT_OK);
		assert_int_equal(e.how, want[i].how);
		assert_int_equal(e.dims, e.n);
		if (want[i].peaks)
			assert_int_equal(e.n, 8 * strlen(want[i].peaks));
		float *mean = mt_calloc(e.n, sizeof *mean), *peak = mt_calloc(e.n, sizeof *peak);
		float *out = mt_calloc(e.n, sizeof *out);
		for (size_t k = 0; k < e.n; k++)
			peak[k] = 1;
		mt_embed_pool(&e, out, mean, peak);
		for (size_t k = 0; want[i].peaks && k < e.n; k++)
			assert_true((out[k] > 0) == (want[i].peaks[k / 8] == 'M'));
		free(mean);
		free(peak);
		free(out);
		mt_embed_release(&e);
		mt_net_release(&net);
	}
}

static void test_choice(void **state)
{
	struct mt_net net;
	struct mt_embed e;
	struct mt_err err;
	char value[32];
	(void)state;
	open_net(&net);
	assert_int_equal(mt_embed_init(&e, &net, 10, "m", 0xab, NULL, "mean+max", &err), MT_OK);
	assert_string_equal(e.layer, "mean");
	assert_int_equal(e.dims, 16);
	float mean[8] = {1, 2}, peak[8] = {3, 4}, out[16];
	mt_embed_pool(&e, out, mean, peak);
	assert_true(out[0] < 1.5F && out[8] > 2.5F);
	assert_string_equal(mt_embed_param(&e, MT_EMBED_CRC, value, sizeof value),
			    "embed.crc32");
	assert_string_equal(value, "000000ab");
	assert_null(mt_embed_param(&e, 5, value, sizeof value));
	mt_embed_release(&e);
	assert_int_equal(mt_embed_init(&e, &net, 10, "m", 1, "poool", "auto", &err), MT_EUSAGE);
	assert_int_equal(mt_embed_init(&e, &net, 10, "m", 1, "pool", "sum", &err), MT_EUSAGE);
	assert_int_equal(mt_embed_init(&e, &net, 200000, "m", 1, "in", "auto", &err), MT_EUSAGE);
	assert_string_equal(err.text, "layer 'in' has 1600000 values a window, an embedding "
			    "at most 1048576; name a later layer");
	mt_net_release(&net);
}

static void test_json(void **state)
{
#define MODEL "\"embed.model\": \"a\", \"embed.crc32\": \"0123abcd\", \"embed.layer\": \"l\", "
	static const struct {
		const char *json;
		int rc;
		const char *says;
	} want[] = {
		{"{" MODEL "\"embed.pool\": \"max\", \"embed.dims\": \"7\"}", MT_OK, NULL},
		{"{\"mel.hop\": \"64\"}", MT_END, NULL}, {"[]", MT_END, NULL}, {"", MT_END, NULL},
		{"{" MODEL "\"embed.pool\": \"max\", \"embed.dims\": \"0\"}", MT_EINPUT, "dims"},
		{"{" MODEL "\"embed.pool\": \"max\", \"embed.dims\": 7}", MT_EINPUT, "dims"},
		{"{" MODEL "\"embed.pool\": \"max\", \"embed.dims\": \"99999999\"}", MT_EINPUT,
		 "dims"},
		{"{" MODEL "\"embed.dims\": \"7\"}", MT_EINPUT, "pool"},
		{"{\"embed.layer\": \"l\"}", MT_EINPUT, "model"},
		{"{\"embed.layer\": \"l\", \"embed.model\": \"a\", \"embed.crc32\": \"123\","
		 "\"embed.pool\": \"max\", \"embed.dims\": \"7\"}", MT_EINPUT, "crc32"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		struct mt_embed e;
		struct mt_err err = {0};
		assert_int_equal(mt_embed_from_json(&e, want[i].json, &err), want[i].rc);
		if (want[i].says)
			assert_non_null(strstr(err.text, want[i].says));
		assert_int_equal(e.dims, want[i].rc ? 0 : 7);
		mt_embed_release(&e);
	}
}

/* Mean and greatest over windows, whatever batch they fall into. */
static void test_scorer(void **state)
{
	struct mt_net net;
	(void)state;
	open_net(&net);
	assert_int_equal(mt_net_set_embed(&net, "max", NULL), MT_OK);
	for (size_t batch = 1; batch < 5; batch++)
		for (int plain = 0; plain < 2; plain++) {
			struct mt_scorer_opt opt = {.batch = batch, .crop = 10, .n_thread = 1,
						    .embed = true, .plain = plain};
			struct mt_scorer s;
			float mel[35 * 8], score[2], mean[8], peak[8], each[4 * 8];
			for (int i = 0; i < 35 * 8; i++)
				mel[i] = (float)(i / 8);
			assert_int_equal(mt_scorer_open(&s, &net, &opt, NULL), MT_OK);
			assert_int_equal(mt_engine_init(s.engine, 1, NULL), MT_OK);
			size_t n = mt_scorer_count(&s, 35, 0);
			assert_int_equal(n, plain ? 3 : 4);
			assert_int_equal(mt_scorer_count(&s, 9, 0), 1);
			assert_int_equal(mt_scorer_count(&s, 10, 0), 1);
			assert_int_equal(mt_scorer_count(&s, 20, 0), 2);
			assert_int_equal(mt_scorer_first(&s, 35, n, n - 1), plain ? 20 : 25);
			struct mt_scorer_out out = {.score = score, .mean = mean, .peak = peak,
						    .each_embed = each};
			assert_int_equal(mt_scorer_put(&s, &out, mel, 35, n, NULL), MT_OK);
			assert_int_equal(mt_scorer_flush(&s, NULL), MT_OK);
			float sum = 0;
			for (size_t w = 0; w < n; w++) {
				size_t first = mt_scorer_first(&s, 35, n, w);
				assert_float_equal(each[w * 8 + 3], (float)first + 9, 1e-5);
				sum += each[w * 8 + 3];
			}
			assert_float_equal(mean[3], sum / (float)n, 1e-5);
			assert_float_equal(peak[3], (plain ? 29 : 34), 1e-5);
			mt_scorer_release(&s);
		}
	mt_net_release(&net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_auto), cmocka_unit_test(test_choice),
		cmocka_unit_test(test_json), cmocka_unit_test(test_scorer),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("embed", tests, NULL, NULL);
}
