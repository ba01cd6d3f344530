/* SPDX-License-Identifier: MIT
 * Nets as data, and what the engine promises beyond PyTorch's numbers:
 * counts, errors, partial batches, gradients, memory, repeatability. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/rng.h"
#include "nn/engine/engine.h"
#include "nn/graph/op.h"
#include "has_backend.h"

static const char *const backends[] = BACKENDS;

static int n_thread = 1;

static const char smooth[] =
	"{\"name\": \"smooth\", \"input\": {\"layout\": \"BCFT\", \"bands\": 8, \"frames\": 12},"
	"\"embed\": \"e\", \"layers\": ["
	"{\"op\": \"batchnorm\", \"name\": \"b0\", \"axis\": \"F\"},"
	"{\"op\": \"conv2d\", \"name\": \"c1\", \"out\": 16, \"kernel\": 3, \"pad\": \"same\"},"
	"{\"op\": \"batchnorm\", \"name\": \"b1\"}, {\"op\": \"elu\", \"name\": \"x\"},"
	"{\"op\": \"conv2d\", \"name\": \"c2\", \"out\": 16, \"kernel\": 3, \"pad\": \"same\"},"
	"{\"op\": \"sigmoid\"}, {\"op\": \"add\", \"from\": [\"sigmoid6\", \"x\"]},"
	"{\"op\": \"avgpool\", \"size\": 2}, {\"op\": \"globalpool\", \"name\": \"e\"},"
	"{\"op\": \"dense\", \"name\": \"fc\", \"out\": \"classes\"}, {\"op\": \"sigmoid\"}]}";

static float *random_floats(size_t n, uint64_t key)
{
	struct mt_rng rng;
	float *x = mt_calloc(n, sizeof *x);
	mt_rng_init(&rng, 3, MT_RNG_TEST, 0, key);
	for (size_t i = 0; i < n; i++)
		x[i] = mt_rng_f32(&rng);
	return x;
}

static void load(struct mt_net *net, const char *name, int64_t n_class, double width)
{
	struct mt_net_opt opt = {.n_class = n_class, .width = width};
	struct mt_err err = {0};
	if (*name == '{' ? mt_net_parse(net, name, &opt, &err) :
	    mt_net_load(net, name, &opt, &err))
		fail_msg("%s", err.text);
}

static struct mt_engine *make(const struct mt_net *net, const char *backend,
			      enum mt_engine_mode mode, int64_t batch, int64_t frames)
{
	struct mt_engine_opt opt = {.mode = mode, .backend = backend, .batch = batch,
				    .frames = frames, .n_thread = n_thread, .embed = 1};
	struct mt_err err = {0};
	struct mt_engine *e;
	if (mt_engine_new(&e, net, &opt, &err) || mt_engine_init(e, 5, &err))
		fail_msg("%s", err.text);
	return e;
}

static struct mt_train make_train(uint64_t step)
{
	struct mt_train t = {.step = step, .seed = 9};
	mt_optim_init(&t.optim, MT_OPTIM_ADAM);
	return t;
}

static void test_counts(void **state)
{
	struct mt_net net;
	(void)state;
	load(&net, "won-fcn", 50, 0);
	assert_int_equal(mt_net_n_param(&net, 1), 447732);
	mt_net_release(&net);
	load(&net, "musicnn", 50, 0);
	assert_int_equal(mt_net_n_param(&net, 1), 787159);
	mt_net_release(&net);
	load(&net, "musicnn-vgg", 50, 0);
	assert_int_equal(mt_net_n_param(&net, 1), 605748);
	mt_net_release(&net);
	load(&net, "won-musicnn", 50, 0);
	assert_int_equal(mt_net_n_param(&net, 1), 784300);
	mt_net_release(&net);
	load(&net, "choi-compact", 50, 0);
	assert_int_equal(mt_net_n_param(&net, 1), 39282);
	mt_net_release(&net);
	load(&net, "fcn4", 50, 0);
	assert_int_equal(mt_net_n_param(&net, 1), 17362610);
	assert_true(llabs(mt_net_mac(&net, net.frames) - 10010000000) < 10000000);
	assert_true(net.any_length);
	mt_net_release(&net);
	load(&net, "linear", 10, 0);   /* its standardisation learns nothing */
	assert_int_equal(mt_net_n_param(&net, 1), 2010);
	mt_net_release(&net);
	load(&net, "mlp", 10, 0);
	assert_int_equal(mt_net_n_param(&net, 1), 27018);
	mt_net_release(&net);
	load(&net, "small", 10, 0);
	assert_int_equal(mt_net_n_param(&net, 1), 315914);
	assert_true(mt_net_mac(&net, 100) < 60000000);
	assert_int_equal(net.min_frames, 16);
	assert_int_equal(net.head->id, MT_OP_SIGMOID);
	mt_net_release(&net);
}

/* The text that mt_net_json() gives builds the same net without options. */
static void test_json_again(void **state)
{
	struct mt_net a, b;
	(void)state;
	load(&a, "fcn4", 7, 0.125);
	assert_int_equal(mt_net_parse(&b, mt_net_json(&a), NULL, NULL), MT_OK);
	assert_int_equal(a.n_param, b.n_param);
	assert_int_equal(mt_net_n_param(&a, 0), mt_net_n_param(&b, 0));
	assert_int_equal(b.n_class, 7);
	assert_int_equal(a.param[mt_net_find(&a, "conv2.weight")].dim[0], 48);
	assert_string_equal(mt_net_json(&a), mt_net_json(&b));
	mt_net_release(&a);
	mt_net_release(&b);
}

#define HEAD "{\"input\": {\"layout\": \"BCFT\", \"bands\": 8, \"frames\": 12}, \"layers\": ["

static void test_bad_json(void **state)
{
	static const struct { const char *json, *says; } bad[] = {
		{"{", "not JSON"},
		{"{}", "no \"layers\""},
		{HEAD "]}", "no layers"},
		{"{\"input\": {\"layout\": \"FT\"}, \"layers\": []}", "layout is \"FT\""},
		{HEAD "{\"op\": \"conv3d\"}]}", "unknown op \"conv3d\""},
		{HEAD "{\"op\": \"conv2d\", \"out\": 3}]}", "no \"kernel\""},
		{HEAD "{\"op\": \"conv2d\", \"out\": 0, \"kernel\": 3}]}", "bad \"out\": 0"},
		{HEAD "{\"op\": \"conv2d\", \"out\": 3, \"kernel\": [9, 9]}]}", "larger than its"},
		{HEAD "{\"op\": \"dense\", \"out\": \"classes\"}]}", "number of classes"},
		{HEAD "{\"op\": \"relu\", \"from\": \"nobody\"}]}", "called \"nobody\""},
		{HEAD "{\"op\": \"relu\", \"name\": \"a\"}, {\"op\": \"relu\", \"name\": \"a\"}]}",
		 "two layers"},
		{HEAD "{\"op\": \"relu\"}, {\"op\": \"relu\", \"from\": \"input\"}]}",
		 "no layer reads"},
		{HEAD "{\"op\": \"dropout\", \"rate\": 1}]}", "[0, 1)"},
		{HEAD "{\"op\": \"permute\", \"order\": [0, 1, 1, 2]}]}", "order"},
		{HEAD "{\"op\": \"reshape\", \"shape\": [5, 1, 1]}]}", "another size"},
		{HEAD "{\"op\": \"add\", \"from\": [\"input\"]}]}", "1 names"},
		{HEAD "{\"op\": \"softmax\"}]}", "softmax of a map"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct mt_net net;
		struct mt_err err = {0};
		assert_true(mt_net_parse(&net, bad[i].json, NULL, &err) < 0);
		if (!strstr(err.text, bad[i].says))
			fail_msg("\"%s\" does not say \"%s\"", err.text, bad[i].says);
		mt_net_release(&net);
	}
	struct mt_net net;
	struct mt_err err = {0};
	assert_int_equal(mt_net_load(&net, "fnc4", NULL, &err), MT_EUSAGE);
	assert_non_null(strstr(err.text, "won-fcn"));
	assert_non_null(strstr(err.text, "unknown net 'fnc4', did you mean 'fcn4'?"));
}

static double loss_at(struct mt_engine *e, const float *x, const float *y)
{
	struct mt_train t = make_train(1);
	double loss = NAN;
	assert_int_equal(mt_engine_gradient(e, 4, x, y, &t, &loss, NULL), MT_OK);
	return loss;
}

/* Slope of the loss along a random direction of each parameter. */
static void test_slopes(void **state)
{
	struct mt_net net;
	const double eps = 4e-3;
	(void)state;
	load(&net, smooth, 3, 0);
	float *x = random_floats(4 * 96, 1), *y = random_floats(12, 2);
	for (int k = 0; k < N_BACKEND; k++) {
		struct mt_engine *e = make(&net, backends[k], MT_TRAIN, 4, 0);
		for (int i = 0; i < net.n_param; i++) {
			size_t n = (size_t)net.param[i].count;
			float *w = mt_calloc(n, 4), *v = mt_calloc(n, 4), *g = mt_calloc(n, 4);
			float *d = random_floats(n, 10 + (uint64_t)i);
			double slope = 0, side[2];
			if (net.param[i].trainable) {
				loss_at(e, x, y);
				assert_int_equal(0, mt_engine_get(e, i, MT_GRAD, g, NULL));
				assert_int_equal(0, mt_engine_get(e, i, MT_VALUE, w, NULL));
				for (size_t j = 0; j < n; j++)
					slope += (double)g[j] * ((double)d[j] - 0.5);
				for (int s = 0; s < 2; s++) {
					for (size_t j = 0; j < n; j++)
						v[j] = w[j] + (float)(s ? eps : -eps) *
							(d[j] - 0.5F);
					assert_int_equal(0, mt_engine_set(e, i, MT_VALUE, v, NULL));
					side[s] = loss_at(e, x, y);
				}
				assert_int_equal(0, mt_engine_set(e, i, MT_VALUE, w, NULL));
				double got = (side[1] - side[0]) / (2 * eps);
				if (fabs(got - slope) > 2e-4 + 2e-2 * fabs(slope))
					fail_msg("%s: %s: slope %g, gradient says %g", backends[k],
						 net.param[i].name, got, slope);
			}
			free(w);
			free(v);
			free(g);
			free(d);
		}
		mt_engine_free(e);
	}
	free(x);
	free(y);
	mt_net_release(&net);
}

/* Fewer clips than planned: the same scores, the same step. */
static void test_part(void **state)
{
	struct mt_net net;
	(void)state;
	load(&net, smooth, 3, 0);
	float *x = random_floats(8 * 96, 1), *y = random_floats(24, 2);
	for (int k = 0; k < N_BACKEND; k++) {
		float a[24], b[24], ea[8 * 16], eb[8 * 16];
		struct mt_engine *big = make(&net, backends[k], MT_INFER, 8, 0);
		struct mt_engine *own = make(&net, backends[k], MT_INFER, 3, 0);
		assert_int_equal(mt_engine_forward(big, 3, x, a, NULL), MT_OK);
		assert_int_equal(mt_engine_forward(own, 3, x, b, NULL), MT_OK);
		assert_int_equal(mt_engine_n_embed(big), 16);
		assert_int_equal(mt_engine_embed(big, 3, ea, NULL), MT_OK);
		assert_int_equal(mt_engine_embed(own, 3, eb, NULL), MT_OK);
		for (int i = 0; i < 9; i++)
			assert_float_equal(a[i], b[i], 1e-6);
		for (int i = 0; i < 48; i++)
			assert_float_equal(ea[i], eb[i], 1e-6);
		assert_int_equal(mt_engine_forward(big, 9, x, a, NULL), MT_EUSAGE);
		mt_engine_free(big);
		mt_engine_free(own);
		big = make(&net, backends[k], MT_TRAIN, 8, 0);
		own = make(&net, backends[k], MT_TRAIN, 3, 0);
		for (uint64_t s = 1; s < 4; s++) {
			struct mt_train t = make_train(s);
			double la, lb;
			assert_int_equal(mt_engine_train_step(big, 3, x, y, &t, &la, NULL), MT_OK);
			assert_int_equal(mt_engine_train_step(own, 3, x, y, &t, &lb, NULL), MT_OK);
			assert_float_equal(la, lb, 1e-6);
		}
		assert_int_equal(mt_engine_forward(big, 3, x, a, NULL), MT_EUSAGE);
		mt_engine_free(big);
		mt_engine_free(own);
	}
	free(x);
	free(y);
	mt_net_release(&net);
}

/* Values that one run of five steps ends with, as a hash. */
static uint64_t run_hash(const struct mt_net *net, const char *backend, struct mt_engine **keep)
{
	struct mt_engine *e = make(net, backend, MT_TRAIN, 8, 64);
	float *x = random_floats(8 * 64 * 64, 1), *y = random_floats(80, 2);
	uint64_t hash = 0;
	for (uint64_t s = 1; s <= 5; s++) {
		struct mt_train t = make_train(s);
		assert_int_equal(mt_engine_train_step(e, 8, x, y, &t, NULL, NULL), MT_OK);
	}
	for (int i = 0; i < net->n_param; i++) {
		size_t n = (size_t)net->param[i].count;
		float *w = mt_calloc(n, sizeof *w);
		assert_int_equal(0, mt_engine_get(e, i, MT_VALUE, w, NULL));
		hash = hash * 31 + mt_hash64(w, n * sizeof *w);
		free(w);
	}
	free(x);
	free(y);
	if (keep)
		*keep = e;
	else
		mt_engine_free(e);
	return hash;
}

static void test_same_bytes(void **state)
{
	struct mt_net net;
	(void)state;
	load(&net, "small", 10, 0);
	n_thread = 2;
	for (int k = 0; k < N_BACKEND; k++)
		assert_true(run_hash(&net, backends[k], NULL) == run_hash(&net, backends[k], NULL));
	n_thread = 1;
	mt_net_release(&net);
}

/* Copied moments: two engines go on alike; memory is shared by liveness. */
static void test_copy(void **state)
{
	struct mt_net net;
	(void)state;
	load(&net, "small", 10, 0);
	float *x = random_floats(8 * 64 * 64, 3), *y = random_floats(80, 4);
	for (int k = 0; k < N_BACKEND; k++) {
		struct mt_engine *a, *b = make(&net, backends[k], MT_TRAIN, 8, 64);
		double la, lb;
		run_hash(&net, backends[k], &a);
		assert_int_equal(mt_engine_copy(b, a, MT_VALUE, NULL), MT_OK);
		for (uint64_t s = 6; s < 9; s++) {
			struct mt_train t = make_train(s);
			assert_int_equal(mt_engine_train_step(a, 8, x, y, &t, &la, NULL), MT_OK);
			assert_int_equal(mt_engine_train_step(b, 8, x, y, &t, &lb, NULL), MT_OK);
			assert_true(la == lb);
		}
		struct mt_engine_size size = mt_engine_size(a);
		assert_true(size.arena < size.unshared * 3 / 4);
		mt_engine_free(a);
		mt_engine_free(b);
		a = make(&net, backends[k], MT_INFER, 8, 64);
		size = mt_engine_size(a);
		assert_true(size.arena < size.unshared * 2 / 3);
		mt_engine_free(a);
	}
	free(x);
	free(y);
	mt_net_release(&net);
}

/* Two workers with half a batch each and no moments; the mean of their gradients
 * moves the first engine as the whole batch does. The net has no batchnorm, whose
 * statistics would be those of the halves. */
static void test_parallel(void **state)
{
	static const char plain[] = HEAD
		"{\"op\": \"conv2d\", \"name\": \"c\", \"out\": 16, \"kernel\": 3}, "
		"{\"op\": \"relu\"}, {\"op\": \"globalpool\", \"name\": \"e\"}, "
		"{\"op\": \"dense\", \"name\": \"fc\", \"out\": \"classes\"}, "
		"{\"op\": \"sigmoid\"}]}";
	struct mt_net net;
	struct mt_engine *whole, *half[2];
	(void)state;
	load(&net, plain, 5, 0);
	float *x = random_floats(8 * 12 * 8, 3), *y = random_floats(8 * 5, 4);
	for (int k = 0; k < N_BACKEND; k++) {
		struct mt_engine_opt opt = {.mode = MT_TRAIN, .backend = backends[k], .batch = 4,
					    .frames = 12, .n_thread = 1, .gradient_only = 1};
		double loss, part[2];
		float moment[16 * 9];
		whole = make(&net, backends[k], MT_TRAIN, 8, 12);
		struct mt_engine *lead = make(&net, backends[k], MT_TRAIN, 4, 12);
		half[0] = lead;
		assert_int_equal(mt_engine_new(&half[1], &net, &opt, NULL), MT_OK);
		assert_true(mt_engine_size(half[1]).state < mt_engine_size(lead).state / 2);
		assert_int_equal(mt_engine_get(half[1], 0, MT_MOMENT1, moment, NULL), MT_EUSAGE);
		for (uint64_t s = 1; s < 6; s++) {
			struct mt_train t = make_train(s);
			size_t n, m;
			assert_int_equal(mt_engine_copy(half[1], lead, MT_VALUE, NULL), MT_OK);
			for (int h = 0; h < 2; h++)
				assert_int_equal(mt_engine_gradient(half[h], 4, x + h * 4 * 12 * 8,
							y + h * 20, &t, &part[h], NULL), MT_OK);
			float *g = mt_engine_grads(lead, &n);
			const float *other = mt_engine_grads(half[1], &m);
			assert_int_equal(n, m);
			for (size_t i = 0; i < n; i++)
				g[i] = (g[i] + other[i]) / 2;
			mt_engine_update(lead, &t);
			assert_int_equal(mt_engine_train_step(whole, 8, x, y, &t, &loss, NULL),
					 MT_OK);
			assert_true(fabs(loss - (part[0] + part[1]) / 2) < 1e-5 * loss);
		}
		float a[16 * 9], b[16 * 9];
		assert_true(net.param[0].count <= 16 * 9);
		assert_int_equal(mt_engine_get(lead, 0, MT_VALUE, a, NULL), MT_OK);
		assert_int_equal(mt_engine_get(whole, 0, MT_VALUE, b, NULL), MT_OK);
		for (int64_t i = 0; i < net.param[0].count; i++)
			assert_true(fabsf(a[i] - b[i]) < 1e-5f);
		mt_engine_free(whole);
		mt_engine_free(lead);
		mt_engine_free(half[1]);
	}
	free(x);
	free(y);
	mt_net_release(&net);
}

/* A clip may have any length from min_frames on; shorter is an error. */
static void test_lengths(void **state)
{
	struct mt_net net;
	struct mt_engine *e;
	struct mt_err err = {0};
	float out[10], *x = random_floats(333 * 64, 1);
	(void)state;
	load(&net, "small", 10, 0);
	for (int64_t T = 16; T < 334; T += 317) {
		e = make(&net, backends[N_BACKEND - 1], MT_INFER, 1, T);
		assert_int_equal(mt_engine_forward(e, 1, x, out, NULL), MT_OK);
		for (int i = 0; i < 10; i++)
			assert_true(out[i] > 0 && out[i] < 1);
		mt_engine_free(e);
	}
	struct mt_engine_opt opt = {.backend = backends[N_BACKEND - 1], .batch = 1, .frames = 15};
	assert_true(mt_engine_new(&e, &net, &opt, &err) < 0);
	assert_non_null(strstr(err.text, "15 frames"));
	opt.backend = "abacus";
	assert_int_equal(mt_engine_new(&e, &net, &opt, &err), MT_EUSAGE);
	free(x);
	mt_net_release(&net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_json_again),
		cmocka_unit_test(test_bad_json),
		cmocka_unit_test(test_slopes),
		cmocka_unit_test(test_part),
		cmocka_unit_test(test_same_bytes),
		cmocka_unit_test(test_copy), cmocka_unit_test(test_parallel),
		cmocka_unit_test(test_lengths),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("nn_engine", tests, NULL, NULL);
}
