/* SPDX-License-Identifier: MIT
 * Any layer as the embedding: what the engine hands out of the middle of a net is what the net
 * cut off behind that layer gives as its scores. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/rng.h"
#include "nn/engine/engine.h"
#include "has_backend.h"

#define HEAD "{\"input\": {\"layout\": \"BCTF\", \"bands\": 8, \"frames\": 12}, \"layers\": ["

/* Every kind of fusion, and readers on both of its sides. */
static const struct {
	const char *name, *json;
} layers[] = {
	{"b0", "{\"op\": \"batchnorm\", \"name\": \"b0\"}"},
	{"c1", "{\"op\": \"conv2d\", \"name\": \"c1\", \"out\": 16, \"kernel\": 3, "
	       "\"pad\": \"same\"}"},
	{"b1", "{\"op\": \"batchnorm\", \"name\": \"b1\"}"},
	{"r1", "{\"op\": \"relu\", \"name\": \"r1\"}"},
	{"c2", "{\"op\": \"conv2d\", \"name\": \"c2\", \"out\": 16, \"kernel\": 3, "
	       "\"pad\": \"same\"}"},
	{"d2", "{\"op\": \"dropout\", \"name\": \"d2\"}"},
	{"r2", "{\"op\": \"relu\", \"name\": \"r2\"}"},
	{"sum", "{\"op\": \"add\", \"name\": \"sum\", \"from\": [\"r2\", \"c2\"]}"},
	{"p", "{\"op\": \"maxpool\", \"name\": \"p\", \"size\": 2}"},
	{"g", "{\"op\": \"globalpool\", \"name\": \"g\", \"mode\": \"max+mean\"}"},
	{"fc1", "{\"op\": \"dense\", \"name\": \"fc1\", \"out\": 9}"},
	{"d3", "{\"op\": \"dropout\", \"name\": \"d3\"}"},
	{"r3", "{\"op\": \"relu\", \"name\": \"r3\"}"},
	{"fc2", "{\"op\": \"dense\", \"name\": \"fc2\", \"out\": 3}"},
	{"s", "{\"op\": \"sigmoid\", \"name\": \"s\"}"},
};
enum { N = sizeof layers / sizeof *layers, B = 3, ONE = 8 * 12 };

static float *random_floats(size_t n, uint64_t key)
{
	struct mt_rng rng;
	float *x = mt_calloc(n, sizeof *x);
	mt_rng_init(&rng, 4, MT_RNG_TEST, 0, key);
	for (size_t i = 0; i < n; i++)
		x[i] = mt_rng_f32(&rng);
	return x;
}

static int first_layers(struct mt_net *net, int n)
{
	char *json = mt_strdup(HEAD);
	for (int i = 0; i < n; i++) {
		char *next = mt_strf("%s%s%s", json, i ? ", " : "", layers[i].json);
		free(json);
		json = next;
	}
	char *whole = mt_strf("%s]}", json);
	int rc = mt_net_parse(net, whole, NULL, NULL);
	free(whole);
	free(json);
	return rc;
}

/* Parameters by their number: the first layers of two nets have the same. */
static struct mt_engine *make(const struct mt_net *net, const char *backend)
{
	struct mt_engine_opt opt = {.mode = MT_INFER, .backend = backend, .batch = B,
				    .n_thread = 1, .embed = 1};
	struct mt_engine *e;
	struct mt_err err = {0};
	if (mt_engine_new(&e, net, &opt, &err))
		fail_msg("%s", err.text);
	for (int i = 0; i < net->n_param; i++) {
		float *x = random_floats((size_t)net->param[i].count, (uint64_t)i + 1);
		for (int64_t k = 0; k < net->param[i].count; k++)
			x[k] = net->param[i].positive ? x[k] + 0.5F : x[k] - 0.5F;
		assert_int_equal(mt_engine_set(e, i, MT_VALUE, x, NULL), MT_OK);
		free(x);
	}
	return e;
}

static void same(const float *a, const float *b, size_t n, const char *layer)
{
	for (size_t i = 0; i < n; i++)
		if (!(a[i] - b[i] < 1e-5F && b[i] - a[i] < 1e-5F))
			fail_msg("layer %s, value %zu: %g, not %g", layer, i, (double)a[i],
				 (double)b[i]);
}

static void test_every_layer(void **state)
{
	float *x = random_floats(B * ONE, 100), score[B * 3], plain[B * 3];
	int compared = 0;
	(void)state;
	for (int k = 0; k < N_BACKEND; k++) {
		const char *backend = k ? "onednn" : "blas";
		struct mt_net whole, cut;
		assert_int_equal(first_layers(&whole, N), MT_OK);
		struct mt_engine *e = make(&whole, backend);
		assert_int_equal(mt_engine_n_embed(e), 0);
		assert_int_equal(mt_engine_forward(e, B, x, plain, NULL), MT_OK);
		mt_engine_free(e);
		for (int i = 0; i < N; i++) {
			assert_int_equal(mt_net_set_embed(&whole, layers[i].name, NULL), MT_OK);
			e = make(&whole, backend);
			size_t n = (size_t)mt_engine_n_embed(e);
			float *embed = mt_calloc(B * n, sizeof *embed);
			assert_int_equal(mt_engine_forward(e, B, x, score, NULL), MT_OK);
			assert_int_equal(mt_engine_embed(e, B, embed, NULL), MT_OK);
			same(score, plain, B * 3, layers[i].name);
			mt_engine_free(e);
			if (!first_layers(&cut, i + 1)) {
				float *want = mt_calloc(B * n, sizeof *want);
				assert_int_equal(cut.n_class, n);
				e = make(&cut, backend);
				assert_int_equal(mt_engine_forward(e, B, x, want, NULL), MT_OK);
				same(embed, want, B * n, layers[i].name);
				mt_engine_free(e);
				free(want);
				mt_net_release(&cut);
				compared++;
			}
			free(embed);
		}
		mt_net_release(&whole);
	}
	assert_int_equal(compared, N_BACKEND * N);
	free(x);
}

static void test_unknown(void **state)
{
	struct mt_net net;
	struct mt_err err = {0};
	(void)state;
	assert_int_equal(first_layers(&net, N), MT_OK);
	assert_int_equal(net.embed, -1);
	assert_int_equal(mt_net_set_embed(&net, "dense9", &err), MT_EUSAGE);
	assert_string_equal(err.text, "unknown layer 'dense9'; the net has b0, c1, b1, r1, c2, d2, "
			    "r2, sum, p, g, fc1, d3, r3, fc2, s");
	assert_int_equal(net.embed, -1);
	mt_net_release(&net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_layer),
		cmocka_unit_test(test_unknown),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("nn_layer", tests, NULL, NULL);
}
