/* SPDX-License-Identifier: MIT
 * Every op of the ops table: gradients against finite differences on both
 * backends, and the backends against each other. The nets are those of
 * tests/ref/nn_ref.txt, which test_nn_ref.c compares with PyTorch, and those of
 * a list here, in which the op under test stands between a convolution, whose
 * gradient has to come through it, and a dense layer. To test a new op, add a
 * case to nn_ref.py; rows here are for what block sizes and layouts change. */
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

#define BATCH 4
#define FRAMES 12
#define BANDS 8

static const char *const backends[] = BACKENDS;

#define CONV "{\"op\": \"conv2d\", \"out\": 16, \"kernel\": 3"
#define SAME CONV ", \"pad\": \"same\""
#define HIDE "{\"op\": \"dense\", \"out\": 16}"
#define GLOBAL(mode, over) \
	"{\"op\": \"globalpool\", \"mode\": \"" mode "\", \"over\": \"" over "\"}"

enum layout { FT, TF, BANDS_1D, WAVE, REF /* a net of nn_ref.txt, with its own */ };

/* wide: oneDNN takes 16 channels in blocks and 5 not, so each net is made
 * with both, but those whose numbers fit one only. */
static const struct op_case {
	const char *name, *layers;
	enum mt_op_id op;
	enum layout layout;
	int wide, ce;
} cases[] = {
	{"conv", SAME "}", MT_OP_CONV, FT, 0, 0},
	{"conv twice", SAME "}, " CONV ", \"bias\": false}", MT_OP_CONV, FT, 0, 0},
	{"conv stride", "{\"op\": \"conv2d\", \"out\": 16, \"kernel\": [3, 2], \"stride\": [2, 3], "
	 "\"pad\": [2, 1]}", MT_OP_CONV, FT, 0, 0},
	{"conv even", "{\"op\": \"conv2d\", \"out\": 16, \"kernel\": [4, 2], \"pad\": \"same\"}",
	 MT_OP_CONV, FT, 0, 0},
	{"conv lopsided", "{\"op\": \"conv2d\", \"out\": 16, \"kernel\": [1, 5], "
	 "\"pad\": [0, 0, 1, 3]}", MT_OP_CONV, FT, 0, 0},
	{"conv relu", SAME "}, {\"op\": \"relu\"}", MT_OP_CONV, FT, 0, 0},
	/* as at the front of a net, where oneDNN's own gradient is not used */
	{"conv of one channel", "{\"op\": \"conv2d\", \"out\": 1, \"kernel\": 3}, "
	 "{\"op\": \"batchnorm\", \"axis\": \"F\"}, {\"op\": \"conv2d\", \"out\": 16, "
	 "\"kernel\": [5, 3], \"pad\": \"same\"}", MT_OP_CONV, FT, 0, 0},
	{"conv BCTF", SAME "}", MT_OP_CONV, TF, 0, 0},
	{"conv1d", "{\"op\": \"conv1d\", \"out\": 16, \"kernel\": 2, \"stride\": 2, \"pad\": 1}",
	 MT_OP_CONV, BANDS_1D, 0, 0},
	{"conv1d wave", "{\"op\": \"conv1d\", \"out\": 16, \"kernel\": 3, \"stride\": 3}",
	 MT_OP_CONV, WAVE, 0, 0},
	{"dense", HIDE, MT_OP_DENSE, FT, 0, 0},
	{"dense relu", "{\"op\": \"dense\", \"out\": 20, \"bias\": false}, {\"op\": \"relu\"}",
	 MT_OP_DENSE, FT, 0, 0},
	{"batchnorm", "{\"op\": \"batchnorm\"}", MT_OP_BATCHNORM, FT, 0, 0},
	{"batchnorm relu", SAME "}, {\"op\": \"batchnorm\"}, {\"op\": \"relu\"}",
	 MT_OP_BATCHNORM, FT, 0, 0},
	{"batchnorm dense", HIDE ", {\"op\": \"batchnorm\"}, {\"op\": \"sigmoid\"}",
	 MT_OP_BATCHNORM, FT, 0, 0},
	{"batchnorm F", "{\"op\": \"conv2d\", \"out\": 1, \"kernel\": 3}, {\"op\": \"batchnorm\", "
	 "\"axis\": \"F\"}", MT_OP_BATCHNORM, FT, 0, 0},
	{"batchnorm T", "{\"op\": \"conv2d\", \"out\": 1, \"kernel\": 3}, {\"op\": \"batchnorm\", "
	 "\"axis\": \"T\"}", MT_OP_BATCHNORM, FT, 0, 0},
	{"batchnorm F BCTF", "{\"op\": \"conv2d\", \"out\": 1, \"kernel\": 3}, "
	 "{\"op\": \"batchnorm\", \"axis\": \"F\"}", MT_OP_BATCHNORM, TF, 0, 0},
	{"batchnorm all", "{\"op\": \"scalarnorm\"}", MT_OP_BATCHNORM, FT, 0, 0},
	{"instancenorm", "{\"op\": \"instancenorm\", \"eps\": 1e-3}", MT_OP_INSTANCENORM, FT,
	 0, 0},
	{"instancenorm BCTF", "{\"op\": \"instancenorm\"}, " CONV "}", MT_OP_INSTANCENORM, TF,
	 0, 0},
	{"instancenorm relu", SAME "}, {\"op\": \"instancenorm\"}, {\"op\": \"relu\"}",
	 MT_OP_INSTANCENORM, FT, 0, 0},
	{"relu alone", "{\"op\": \"avgpool\", \"size\": 2}, {\"op\": \"relu\"}", MT_OP_RELU, FT,
	 0, 0},
	{"elu", SAME "}, {\"op\": \"elu\", \"alpha\": 0.7}", MT_OP_ELU, FT, 0, 0},
	{"sigmoid", "{\"op\": \"sigmoid\"}", MT_OP_SIGMOID, FT, 0, 0},
	{"softmax", HIDE ", {\"op\": \"softmax\"}", MT_OP_SOFTMAX, FT, 0, 0},
	{"logsoftmax", HIDE ", {\"op\": \"logsoftmax\"}", MT_OP_LOGSOFTMAX, FT, 0, 0},
	{"softmax as head", HIDE, MT_OP_DENSE, FT, 0, 1},
	{"maxpool", "{\"op\": \"maxpool\", \"size\": [2, 4]}", MT_OP_MAXPOOL, FT, 0, 0},
	{"maxpool overlapping", "{\"op\": \"maxpool\", \"size\": 3, \"stride\": 2}", MT_OP_MAXPOOL,
	 FT, 0, 0},
	{"avgpool", "{\"op\": \"avgpool\", \"size\": [3, 2], \"stride\": [2, 2]}", MT_OP_AVGPOOL,
	 FT, 0, 0},
	{"globalpool mean FT", GLOBAL("mean", "FT"), MT_OP_GLOBALPOOL, FT, 0, 0},
	{"globalpool mean F", GLOBAL("mean", "F"), MT_OP_GLOBALPOOL, FT, 0, 0},
	{"globalpool mean T", GLOBAL("mean", "T"), MT_OP_GLOBALPOOL, FT, 0, 0},
	{"globalpool max FT", GLOBAL("max", "FT"), MT_OP_GLOBALPOOL, FT, 0, 0},
	{"globalpool max F", GLOBAL("max", "F"), MT_OP_GLOBALPOOL, FT, 0, 0},
	{"globalpool max T", GLOBAL("max", "T"), MT_OP_GLOBALPOOL, FT, 0, 0},
	{"globalpool max+mean FT", GLOBAL("max+mean", "FT"), MT_OP_GLOBALPOOL, FT, 0, 0},
	{"globalpool max+mean F", GLOBAL("max+mean", "F"), MT_OP_GLOBALPOOL, TF, 0, 0},
	{"globalpool max+mean T", GLOBAL("max+mean", "T"), MT_OP_GLOBALPOOL, TF, 0, 0},
	{"dropout", "{\"op\": \"dropout\", \"rate\": 0.3}", MT_OP_DROPOUT, FT, 0, 0},
	{"add", SAME ", \"name\": \"a\"}, {\"op\": \"add\", \"name\": \"s\", "
	 "\"from\": [\"a\", \"e\"]}, {\"op\": \"add\", \"from\": [\"s\", \"e\", \"a\", \"s\"]}",
	 MT_OP_ADD, FT, 0, 0},
	{"concat", "{\"op\": \"conv2d\", \"name\": \"a\", \"out\": 8, \"kernel\": 1}, "
	 SAME ", \"name\": \"d\", \"from\": \"e\"}, {\"op\": \"concat\", "
	 "\"from\": [\"a\", \"e\", \"d\", \"a\"]}", MT_OP_CONCAT, FT, 0, 0},
	{"flatten", "{\"op\": \"flatten\"}, {\"op\": \"elu\"}", MT_OP_RESHAPE, FT, 0, 0},
	{"reshape", "{\"op\": \"reshape\", \"shape\": [6, 32, 8]}, " CONV "}", MT_OP_RESHAPE, FT,
	 1, 0},
	{"permute", "{\"op\": \"permute\", \"order\": [0, 3, 1, 2]}, " CONV "}", MT_OP_PERMUTE, FT,
	 0, 0},
	{"permute back", "{\"op\": \"permute\", \"order\": [0, 2, 3, 1]}, " CONV "}",
	 MT_OP_PERMUTE, FT, 0, 0},
	{"pad", "{\"op\": \"pad\", \"pad\": [1, 2, 0, 3]}, " CONV "}", MT_OP_PAD, FT, 0, 0},
};
#define N_CASE (sizeof cases / sizeof *cases)

static const char *const layouts[] = {"BCFT", "BCTF", "BFT", "BCT"};

static void make_net(struct mt_net *net, const struct op_case *c, double width)
{
	struct mt_net_opt opt = {.width = width};
	struct mt_err err = {0};
	int wave = c->layout == WAVE, one_d = c->layout == BANDS_1D || wave;
	char *json = mt_strf("{\"input\": {\"layout\": \"%s\", \"bands\": %d, \"frames\": %d}, "
			     "\"layers\": [{\"op\": \"%s\", \"name\": \"f\", \"out\": 16, "
			     "\"kernel\": 3, \"pad\": \"same\"}, {\"op\": \"elu\", \"name\": "
			     "\"e\"}, %s, {\"op\": \"dense\", \"name\": \"fc\", \"out\": 3}, "
			     "{\"op\": \"%s\"}]}", layouts[c->layout], BANDS,
			     wave ? FRAMES * BANDS : FRAMES, one_d ? "conv1d" : "conv2d",
			     c->layers, c->ce ? "softmax" : "sigmoid");
	if (mt_net_parse(net, json, &opt, &err))
		fail_msg("%s: %s", c->name, err.text);
	free(json);
}

static struct mt_engine *make_engine(const struct mt_net *net, const char *backend,
				     enum mt_engine_mode mode, int64_t batch)
{
	struct mt_engine_opt opt = {.mode = mode, .backend = backend, .batch = batch,
				    .n_thread = 1};
	struct mt_err err = {0};
	struct mt_engine *e;
	if (mt_engine_new(&e, net, &opt, &err) || mt_engine_init(e, 5, &err))
		fail_msg("%s", err.text);
	return e;
}

/* n numbers in [-0.5, 0.5). */
static float *random_floats(size_t n, uint64_t key)
{
	struct mt_rng rng;
	float *x = mt_calloc(n, sizeof *x);
	mt_rng_init(&rng, 3, MT_RNG_TEST, 0, key);
	for (size_t i = 0; i < n; i++)
		x[i] = mt_rng_f32(&rng) - 0.5F;
	return x;
}

/* Inputs of some spread; targets that sum to 1 for each clip. */
static void make_data(const struct mt_net *net, int64_t batch, float **x, float **y)
{
	size_t n = (size_t)(batch * net->frames * net->bands);
	size_t k = (size_t)net->n_class;
	*x = random_floats(n, 1);
	*y = random_floats((size_t)batch * k, 2);
	for (size_t i = 0; i < n; i++)
		(*x)[i] *= 4;
	for (size_t b = 0; b < (size_t)batch; b++) {
		float sum = 0, *row = *y + b * k;
		for (size_t j = 0; j < k; j++)
			sum += row[j] += 0.6F;
		for (size_t j = 0; j < k; j++)
			row[j] /= sum;
	}
}

static struct mt_train make_train(const struct op_case *c, uint64_t step)
{
	struct mt_train t = {.step = step, .seed = 9};
	t.loss = c && c->ce ? MT_LOSS_CE : MT_LOSS_BCE;
	mt_optim_init(&t.optim, MT_OPTIM_ADAM);
	return t;
}

static double loss_at(struct mt_engine *e, const struct op_case *c, const float *x, const float *y)
{
	struct mt_train t = make_train(c, 1);
	double loss = NAN;
	assert_int_equal(mt_engine_gradient(e, BATCH, x, y, &t, &loss, NULL), MT_OK);
	return loss;
}

/* The slope of the loss along a direction that leans to the gradient, so that
 * it is steep, and has a part of everything, so that no error is at right
 * angles to it. A step changes the loss by 5e-4 at most, far above rounding,
 * and crosses few kinks of relu and maxpool. */
static void check_slope(struct mt_engine *e, const struct op_case *c, const char *backend,
			const struct mt_param *p, int i, const float *x, const float *y)
{
	size_t n = (size_t)p->count;
	float *w = mt_calloc(n, 4), *v = mt_calloc(n, 4), *g = mt_calloc(n, 4);
	float *d = random_floats(n, 10 + (uint64_t)i), *u = random_floats(n, 100 + (uint64_t)i);
	double slope = 0, side[2], rms = 0, top = 0;
	loss_at(e, c, x, y);
	assert_int_equal(mt_engine_get(e, i, MT_GRAD, g, NULL), MT_OK);
	assert_int_equal(mt_engine_get(e, i, MT_VALUE, w, NULL), MT_OK);
	for (size_t j = 0; j < n; j++)
		rms += (double)g[j] * (double)g[j] / (double)n;
	rms = sqrt(rms);
	for (size_t j = 0; j < n; j++) {
		d[j] = g[j] * (1 + u[j]) + (float)rms * d[j];
		top = fmax(top, fabs((double)d[j]));
	}
	for (size_t j = 0; j < n; j++) {
		d[j] = top > 0 ? (float)((double)d[j] / top) : 1;
		slope += (double)g[j] * (double)d[j];
	}
	double eps = fmin(1e-3, 5e-4 / fabs(slope)), got = NAN;
	int right = 0, closer = c->layout == REF ? 2 : 0;
	/* Some of those nets have many kinks, of which a smaller step crosses fewer. */
	for (; !right && closer >= 0; closer--, eps /= 4) {
		for (int s = 0; s < 2; s++) {
			for (size_t j = 0; j < n; j++)
				v[j] = w[j] + (float)(s ? eps : -eps) * d[j];
			assert_int_equal(mt_engine_set(e, i, MT_VALUE, v, NULL), MT_OK);
			side[s] = loss_at(e, c, x, y);
		}
		got = (side[1] - side[0]) / (2 * eps);
		right = fabs(got - slope) <= 1e-4 + 1e-2 * fabs(slope);
	}
	assert_int_equal(mt_engine_set(e, i, MT_VALUE, w, NULL), MT_OK);
	if (!right)
		fail_msg("%s: %s: %s: slope %g, gradient says %g", c->name, backend, p->name, got,
			 slope);
	free(w);
	free(v);
	free(g);
	free(d);
	free(u);
}

static void check_slopes(const struct mt_net *net, const struct op_case *c)
{
	float *x, *y;
	make_data(net, BATCH, &x, &y);
	for (int k = 0; k < 2; k++) {
		struct mt_engine *e = make_engine(net, backends[k], MT_TRAIN, BATCH);
		for (int p = 0; p < net->n_param; p++)
			if (net->param[p].trainable)
				check_slope(e, c, backends[k], &net->param[p], p, x, y);
		mt_engine_free(e);
	}
	free(x);
	free(y);
}

static void test_slopes(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_CASE; i++) {
		const struct op_case *c = &cases[i];
		for (int narrow = 0; narrow < 2 - c->wide; narrow++) {
			struct mt_net net;
			make_net(&net, c, narrow ? 0.3125 : 0);
			check_slopes(&net, c);
			mt_net_release(&net);
		}
	}
}

/* Largest difference over the largest value. Nothing is taken for smaller than
 * 1e-2: some gradients, as of a bias before a batchnorm, are 0 but for rounding. */
static void compare(const char *name, const char *what, const float *a, const float *b, int64_t n,
		    double tol)
{
	double worst = 0, top = 1e-2;
	for (int64_t i = 0; i < n; i++) {
		double diff = fabs((double)a[i] - (double)b[i]);
		worst = diff > worst || isnan(diff) ? diff : worst;
		top = fmax(top, fabs((double)a[i]));
	}
	if (!(worst <= tol * top))
		fail_msg("%s: %s differs by %g of %g", name, what, worst, top);
}

static void compare_params(const char *name, const struct mt_net *net, struct mt_engine *e[2],
			   enum mt_what what, double tol)
{
	for (int p = 0; p < net->n_param; p++) {
		int64_t n = net->param[p].count;
		float *a = mt_calloc((size_t)n, sizeof *a), *b = mt_calloc((size_t)n, sizeof *b);
		if (what == MT_VALUE || net->param[p].trainable) {
			assert_int_equal(mt_engine_get(e[0], p, what, a, NULL), MT_OK);
			assert_int_equal(mt_engine_get(e[1], p, what, b, NULL), MT_OK);
			compare(name, net->param[p].name, a, b, n, tol);
		}
		free(a);
		free(b);
	}
}

/* Scores, gradients, losses of some steps, and what those steps end with. */
static void compare_backends(const char *name, const struct mt_net *net, const struct op_case *c,
			     int64_t batch, double tol)
{
	struct mt_engine *e[2];
	float *x, *y, *out[2];
	double loss[2] = {0};
	make_data(net, batch, &x, &y);
	for (int k = 0; k < 2; k++) {
		e[k] = make_engine(net, backends[k], MT_INFER, batch);
		out[k] = mt_calloc((size_t)(batch * net->n_class), sizeof *out[k]);
		assert_int_equal(mt_engine_forward(e[k], batch, x, out[k], NULL), MT_OK);
		mt_engine_free(e[k]);
		e[k] = make_engine(net, backends[k], MT_TRAIN, batch);
	}
	compare(name, "the scores", out[0], out[1], batch * net->n_class, 1e-5);
	for (uint64_t s = 1; s < 5; s++) {
		/* SGD, as Adam's first steps are the signs of gradients, also of
		 * those that are nothing but rounding */
		struct mt_train t = make_train(c, s);
		mt_optim_init(&t.optim, MT_OPTIM_SGD);
		t.optim.lr = 0.01;
		for (int k = 0; k < 2; k++)
			assert_int_equal(mt_engine_gradient(e[k], batch, x, y, &t, &loss[k], NULL),
					 MT_OK);
		if (s == 1)
			compare_params(name, net, e, MT_GRAD, tol);
		for (int k = 0; k < 2; k++)
			mt_engine_update(e[k], &t);
		if (!(fabs(loss[0] - loss[1]) <= 1e-5 * loss[0]))
			fail_msg("%s: step %d: losses %.9g and %.9g", name, (int)s, loss[0],
				 loss[1]);
	}
	compare_params(name, net, e, MT_VALUE, tol);
	for (int k = 0; k < 2; k++) {
		mt_engine_free(e[k]);
		free(out[k]);
	}
	free(x);
	free(y);
}

static void test_backends(void **state)
{
	NEED_BACKEND("onednn");
	(void)state;
	for (size_t i = 0; i < N_CASE; i++)
		for (int narrow = 0; narrow < 2 - cases[i].wide; narrow++) {
			struct mt_net net;
			make_net(&net, &cases[i], narrow ? 0.3125 : 0);
			compare_backends(cases[i].name, &net, &cases[i], BATCH, 2e-5);
			mt_net_release(&net);
		}
}

static void test_builtin(void **state)
{
	static const struct {
		const char *name;
		int64_t frames;
		double width;
	} nets[] = {{"small", 64, 0}, {"fcn4", 350, 0.0625}, {"won-fcn", 0, 0.25}};
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct mt_net_opt opt = {.n_class = 10, .frames = nets[i].frames,
					 .width = nets[i].width};
		struct mt_net net;
		struct mt_err err = {0};
		if (mt_net_load(&net, nets[i].name, &opt, &err))
			fail_msg("%s", err.text);
		/* gradients are sums over up to 2e5 places here */
		compare_backends(nets[i].name, &net, NULL, 2, 3e-4);
		mt_net_release(&net);
	}
}

/* Filters that reach over the whole of their input, and beyond. */
static void test_tall(void **state)
{
	static const int rows[] = {3, 7, 9, 16, 17, 18, 20, 24, 32, 64};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (int h = (rows[i] + 3) / 4; h <= rows[i]; h += 1 + rows[i] / 20) {
			char name[40];
			struct mt_net net;
			struct mt_err err = {0};
			char *conv = mt_strf("{\"op\": \"conv2d\", \"out\": 16, \"kernel\": "
					     "[%d, 1], \"pad\": [%d, %d, 0, 0]}", rows[i],
					     (rows[i] - 1) / 2, rows[i] / 2);
			char *json = mt_strf("{\"input\": {\"layout\": \"BCTF\", "
					     "\"bands\": 8, \"frames\": %d}, \"layers\": [%s, "
					     "{\"op\": \"relu\"}, %s, {\"op\": \"globalpool\", "
					     "\"mode\": \"mean\"}, {\"op\": \"dense\", "
					     "\"out\": 3}, {\"op\": \"sigmoid\"}]}",
					     h, conv, conv);
			snprintf(name, sizeof name, "%d rows on %d", rows[i], h);
			if (mt_net_parse(&net, json, NULL, &err))
				fail_msg("%s: %s", name, err.text);
			compare_backends(name, &net, NULL, 5, 1e-4);
			mt_net_release(&net);
			free(json);
			free(conv);
		}
}

static void test_lacks(void **state)
{
	struct mt_err err = {0};
	(void)state;
	assert_int_equal(mt_ops_lacks("blas", MT_OP_INSTANCENORM, &err), MT_EUSAGE);
	assert_string_equal(err.text, "backend blas does not implement the op instancenorm; use "
			    "another backend");
}

/* The next net in nn_ref.txt that is not a built-in one; 0 at the end. */
static int next_ref(FILE *f, char **line, size_t *room, struct mt_net *net, struct op_case *c,
		    char name[64])
{
	char builtin[32], loss[16];
	struct mt_err err = {0};
	while (getline(line, room, f) > 0) {
		if (sscanf(*line, "case %63s %31s %*s %15s", name, builtin, loss) != 3 ||
		    strcmp(builtin, "-") != 0)
			continue;
		*c = (struct op_case){.name = name, .ce = !strcmp(loss, "ce"), .layout = REF};
		assert_true(getline(line, room, f) > 0 && !strncmp(*line, "json ", 5));
		if (mt_net_parse(net, *line + 5, NULL, &err))
			fail_msg("%s: %s", name, err.text);
		return 1;
	}
	return 0;
}

static void test_ref(void **state)
{
	FILE *f = fopen("tests/ref/nn_ref.txt", "r");
	char *line = NULL, name[64];
	size_t room = 0;
	struct mt_net net;
	struct op_case c;
	int n = 0;
	(void)state;
	assert_non_null(f);
	for (; next_ref(f, &line, &room, &net, &c, name); n++) {
		check_slopes(&net, &c);
		compare_backends(name, &net, &c, BATCH, 2e-5);
		mt_net_release(&net);
	}
	assert_true(n > 0);
	free(line);
	fclose(f);
}

/* The ops of the nets in nn_ref.txt, but for the last layers of each. */
static unsigned ref_ops(void)
{
	FILE *f = fopen("tests/ref/nn_ref.txt", "r");
	char *line = NULL, name[64];
	size_t room = 0;
	struct mt_net net;
	struct op_case c;
	unsigned ops = 0;
	assert_non_null(f);
	for (; next_ref(f, &line, &room, &net, &c, name); mt_net_release(&net))
		for (int k = 0; k < net.n_node - 2; k++)
			ops |= 1U << net.node[k].op->id;
	free(line);
	fclose(f);
	return ops;
}

/* Each op has a case, and the case's net has the op. */
static void test_all_named(void **state)
{
	unsigned named = ref_ops();
	(void)state;
	for (size_t i = 0; i < N_CASE; i++) {
		struct mt_net net;
		int there = 0;
		make_net(&net, &cases[i], 0);
		for (int k = 2; k < net.n_node - 2; k++)
			there |= net.node[k].op->id == cases[i].op;
		if (!there)
			fail_msg("%s: its net has no such op", cases[i].name);
		named |= 1U << cases[i].op;
		mt_net_release(&net);
	}
	for (int op = 0; op < MT_N_OP; op++)
		if (!(named & 1U << op))
			fail_msg("no case for op %d", op);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_named),
		cmocka_unit_test(test_slopes),
		cmocka_unit_test(test_backends),
		cmocka_unit_test(test_builtin),
		cmocka_unit_test(test_ref),
		cmocka_unit_test(test_tall),
		cmocka_unit_test(test_lacks),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("nn_ops", tests, NULL, NULL);
}
