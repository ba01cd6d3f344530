/* SPDX-License-Identifier: MIT
 * Frozen layers: their values stay to the bit, and what is above them learns
 * what the same layers learn as a net of their own, fed with the outputs of
 * the frozen part. Layers with statistics and dropout among them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/rng.h"
#include "nn/engine/engine.h"
#include "has_backend.h"

#define B 5
#define E 6                  /* size of the boundary */
#define K 3

#define LOW "{\"input\": {\"layout\": \"BCFT\", \"bands\": 8, \"frames\": 12}, " \
	"\"embed\": \"pool\", \"layers\": [" \
	"{\"op\": \"batchnorm\", \"name\": \"b0\", \"axis\": \"F\"}, " \
	"{\"op\": \"conv2d\", \"name\": \"c\", \"out\": 6, \"kernel\": 3}, " \
	"{\"op\": \"batchnorm\", \"name\": \"b1\"}, {\"op\": \"relu\", \"name\": \"r1\"}, " \
	"{\"op\": \"dropout\", \"rate\": 0.4, \"name\": \"d1\"}, " \
	"{\"op\": \"globalpool\", \"mode\": \"max\", \"name\": \"pool\"}, "
#define HIGH "{\"op\": \"dense\", \"name\": \"h\", \"out\": 7}, " \
	"{\"op\": \"batchnorm\", \"name\": \"b2\"}, {\"op\": \"relu\"}, " \
	"{\"op\": \"dense\", \"name\": \"o\", \"out\": 3}, {\"op\": \"sigmoid\"}]}"

static const char whole[] = LOW HIGH;
static const char upper[] = "{\"input\": {\"layout\": \"BFT\", \"bands\": 6, \"frames\": 1}, "
			    "\"layers\": [" HIGH;

static float *randoms(size_t n, uint64_t key)
{
	struct mt_rng rng;
	float *x = mt_calloc(n, sizeof *x);
	mt_rng_init(&rng, 5, MT_RNG_TEST, 0, key);
	for (size_t i = 0; i < n; i++)
		x[i] = mt_rng_f32(&rng);
	return x;
}

static struct mt_engine *make(const struct mt_net *net, const char *backend,
			      enum mt_engine_mode mode)
{
	struct mt_engine_opt opt = {.mode = mode, .backend = backend, .batch = B, .n_thread = 1,
				    .embed = mode == MT_INFER, .average = mode == MT_TRAIN};
	struct mt_engine *e;
	struct mt_err err = {0};
	if (mt_engine_new(&e, net, &opt, &err))
		fail_msg("%s", err.text);
	return e;
}

/* Values as a trained net has them: no statistic is 0 or 1 any more. */
static float *start(const struct mt_net *net, int i)
{
	size_t n = (size_t)net->param[i].count;
	float *x = randoms(n, 100 + (uint64_t)i);
	for (size_t k = 0; k < n; k++)
		x[k] = net->param[i].positive ? x[k] + 0.5F : x[k] - 0.4F;
	/* neither a subnormal number nor -0 may change */
	x[0] = net->param[i].slot == 1 ? 1e-42F : x[0];
	x[n - 1] = net->param[i].slot == 1 ? -0.0F : x[n - 1];
	return x;
}

static double step(struct mt_engine *e, int64_t n, const float *x, const float *y, uint64_t s)
{
	struct mt_train t = {.loss = MT_LOSS_BCE, .step = s, .seed = 3};
	struct mt_err err = {0};
	double loss = 0;
	mt_optim_init(&t.optim, MT_OPTIM_ADAMW);
	t.optim.lr = 0.02;
	t.optim.decay = 0.3;
	if (mt_engine_train_step(e, n, x, y, &t, &loss, &err))
		fail_msg("%s", err.text);
	mt_engine_average(e, s == 1 ? 1 : 0.3);
	return loss;
}

static void same_value(struct mt_engine *e, int i, enum mt_what what, const float *want, size_t n)
{
	float *x = mt_calloc(n, sizeof *x);
	assert_int_equal(mt_engine_get(e, i, what, x, NULL), MT_OK);
	assert_memory_equal(x, want, n * sizeof *x);
	free(x);
}

static void run(const char *backend)
{
	struct mt_net net, top;
	assert_int_equal(mt_net_parse(&net, whole, NULL, NULL), MT_OK);
	assert_int_equal(mt_net_parse(&top, upper, NULL, NULL), MT_OK);
	int cut = mt_net_find_layer(&net, "pool") + 1, low = 0;
	mt_net_freeze(&net, cut);
	for (int i = 0; i < net.n_param; i++) {
		assert_int_equal(net.param[i].frozen, net.param[i].node < cut);
		low += net.param[i].frozen;
	}
	assert_int_equal(low + top.n_param, net.n_param);
	assert_int_equal(mt_net_n_param(&net, 1), mt_net_n_param(&top, 1));
	struct mt_engine *e = make(&net, backend, MT_TRAIN), *see = make(&net, backend, MT_INFER);
	struct mt_engine *t = make(&top, backend, MT_TRAIN);
	for (int i = 0; i < net.n_param; i++) {
		float *x = start(&net, i);
		assert_int_equal(mt_engine_set(e, i, MT_VALUE, x, NULL), MT_OK);
		assert_int_equal(mt_engine_set(see, i, MT_VALUE, x, NULL), MT_OK);
		if (i >= low)
			assert_int_equal(mt_engine_set(t, i - low, MT_VALUE, x, NULL), MT_OK);
		free(x);
	}
	float *x = randoms(B * 96, 1), *y = randoms(B * K, 2), scores[B * K], feature[B * E];
	for (uint64_t s = 1; s <= 12; s++) {
		int64_t n = s % 3 ? B : 3;   /* smaller last batches, too */
		assert_int_equal(mt_engine_forward(see, n, x, scores, NULL), MT_OK);
		assert_int_equal(mt_engine_embed(see, n, feature, NULL), MT_OK);
		assert_float_equal(step(e, n, x, y, s), step(t, n, feature, y, s), 2e-5);
	}
	for (int i = 0; i < low; i++) {
		float *want = start(&net, i);
		same_value(e, i, MT_VALUE, want, (size_t)net.param[i].count);
		same_value(e, i, MT_AVERAGE, want, (size_t)net.param[i].count);
		assert_int_equal(mt_engine_get(e, i, MT_GRAD, want, NULL), MT_EUSAGE);
		free(want);
	}
	mt_engine_free(e);
	mt_engine_free(see);
	mt_engine_free(t);
	free(x);
	free(y);
	mt_net_release(&net);
	mt_net_release(&top);
}

static void test_blas(void **state)
{
	(void)state;
	run("blas");
}

static void test_onednn(void **state)
{
	(void)state;
	NEED_BACKEND("onednn");
	run("onednn");
}

/* Everything frozen: there is nothing to train. */
static void test_all(void **state)
{
	struct mt_net net;
	struct mt_engine *e;
	struct mt_err err = {0};
	struct mt_engine_opt opt = {.mode = MT_TRAIN, .batch = B, .n_thread = 1};
	(void)state;
	assert_int_equal(mt_net_parse(&net, whole, NULL, NULL), MT_OK);
	mt_net_freeze(&net, net.n_node);
	assert_int_equal(mt_engine_new(&e, &net, &opt, &err), MT_EUSAGE);
	assert_non_null(strstr(err.text, "nothing to train"));
	mt_net_release(&net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blas), cmocka_unit_test(test_onednn),
		cmocka_unit_test(test_all),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("freeze", tests, NULL, NULL);
}
