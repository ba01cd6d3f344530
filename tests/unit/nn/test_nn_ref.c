/* SPDX-License-Identifier: MIT
 * Every op, loss and optimizer, and the built-in nets, on both backends
 * against PyTorch: tests/ref/nn_ref.txt, written by tests/ref/nn_ref.py. */
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

#define REF "tests/ref/nn_ref.txt"
#define SEED 7

/* One case of the file. */
struct ref {
	char name[64], net[32], optim[16], loss[16];
	long batch, frames, steps, classes, total;
	double lr, decay, width;
	struct mt_net n;
	char *line;
	size_t room;
	FILE *f;
};

static int n_bad;

static void fill(float *x, int64_t n, uint32_t epoch, uint64_t key)
{
	struct mt_rng rng;
	mt_rng_init(&rng, SEED, MT_RNG_TEST, epoch, key);
	for (int64_t i = 0; i < n; i++)
		x[i] = mt_rng_f32(&rng);
}

static float *make_x(const struct ref *r, long step)
{
	int64_t n = r->batch * r->frames * r->n.bands;
	float *x = mt_calloc((size_t)n, sizeof *x);
	fill(x, n, 0, (uint64_t)step);
	for (int64_t i = 0; i < n; i++)
		x[i] = 2 * x[i] - 1;
	return x;
}

static float *make_y(const struct ref *r, long step)
{
	int64_t K = r->n.n_class, n = r->batch * K;
	float *y = mt_calloc((size_t)n, sizeof *y);
	fill(y, n, 1, (uint64_t)step);
	for (int64_t b = 0; b < r->batch; b++) {
		float sum = 0;
		for (int64_t k = 0; k < K; k++)
			sum += y[b * K + k];
		for (int64_t k = 0; k < K; k++)
			y[b * K + k] = strcmp(r->loss, "ce") ? (float)(y[b * K + k] < 0.3F) :
				y[b * K + k] / sum;
	}
	return y;
}

/* The numbers at s against got[0], got[step], ...; relative to the largest. */
static void compare(const struct ref *r, const char *backend, const char *what, char *s,
		    const float *got, int64_t n, long step, double tol)
{
	double worst = 0, top = 1e-2;
	char *end;
	for (int64_t i = 0; i < n; i += step, s = end) {
		double want = strtod(s, &end);
		if (end == s) {
			print_error("%s: %s: %s has too few numbers\n", r->name, backend, what);
			n_bad++;
			return;
		}
		double diff = fabs(want - (double)got[i]);
		worst = diff > worst || isnan(diff) ? diff : worst;
		top = fabs(want) > top ? fabs(want) : top;
	}
	if (s[strspn(s, " ")]) {
		print_error("%s: %s: %s has too many numbers\n", r->name, backend, what);
		n_bad++;
	}
	if (!(worst <= tol * top)) {
		print_error("%s: %s: %s differs by %.3g of %.3g\n", r->name, backend, what, worst,
			    top);
		n_bad++;
	}
}

/* Each loss relative to itself. */
static void compare_losses(const struct ref *r, const char *backend, char *s, const float *got)
{
	for (long i = 0; i < r->steps; i++) {
		double want = strtod(s, &s);
		if (!(fabs(want - (double)got[i]) <= 1e-4 * want)) {
			print_error("%s: %s: step %ld: loss %.9g, PyTorch has %.9g\n", r->name,
				    backend, i + 1, (double)got[i], want);
			n_bad++;
		}
	}
	assert_string_equal(s, "");
}

static int next_line(struct ref *r)
{
	if (getline(&r->line, &r->room, r->f) < 0)
		return 0;
	r->line[strcspn(r->line, "\n")] = 0;
	return 1;
}

static struct mt_train make_train(const struct ref *r)
{
	struct mt_train t = {.seed = SEED};
	const char *o = r->optim;
	t.loss = strcmp(r->loss, "ce") ? MT_LOSS_BCE : MT_LOSS_CE;
	mt_optim_init(&t.optim, !strcmp(o, "adam") ? MT_OPTIM_ADAM :
		      !strcmp(o, "adamw") ? MT_OPTIM_ADAMW : MT_OPTIM_SGD);
	t.optim.lr = r->lr;
	t.optim.decay = r->decay;
	t.optim.momentum = !strcmp(o, "momentum") || !strcmp(o, "nesterov") ? 0.9 : 0;
	t.optim.nesterov = !strcmp(o, "nesterov");
	return t;
}

static void compare_param(const struct ref *r, const char *backend, struct mt_engine *e,
			  enum mt_what what, double tol)
{
	char *name = strchr(r->line, ' ') + 1, *s = strchr(name, ' ');
	*s++ = 0;
	long step = strtol(s, &s, 10);
	int i = mt_net_find(&r->n, name);
	assert_true(i >= 0);
	float *v = mt_calloc((size_t)r->n.param[i].count, sizeof *v);
	assert_int_equal(mt_engine_get(e, i, what, v, NULL), MT_OK);
	char text[96];
	snprintf(text, sizeof text, "%s %s", what == MT_GRAD ? "grad" : "param", name);
	compare(r, backend, text, s, v, r->n.param[i].count, step, tol);
	free(v);
}

static void infer(struct ref *r, const char *backend, struct mt_engine *from, double tol)
{
	struct mt_engine_opt opt = {.mode = MT_INFER, .backend = backend, .batch = r->batch,
				    .frames = r->frames, .n_thread = 1};
	struct mt_engine *e;
	struct mt_err err = {0};
	float *x = make_x(r, 0), *out = mt_calloc((size_t)(r->batch * r->n.n_class), sizeof *out);
	if (mt_engine_new(&e, &r->n, &opt, &err))
		fail_msg("%s: %s", r->name, err.text);
	if (from ? mt_engine_copy(e, from, MT_VALUE, &err) : mt_engine_init(e, SEED, &err))
		fail_msg("%s: %s", r->name, err.text);
	if (mt_engine_forward(e, r->batch, x, out, &err))
		fail_msg("%s: %s", r->name, err.text);
	compare(r, backend, from ? "after" : "infer", strchr(r->line, ' '), out,
		r->batch * r->n.n_class, 1, tol);
	mt_engine_free(e);
	free(x);
	free(out);
}

static double train_step(struct ref *r, struct mt_engine *e, struct mt_train *t, long step,
			 int update)
{
	struct mt_err err = {0};
	float *x = make_x(r, step), *y = make_y(r, step);
	double loss = NAN;
	t->step = (uint64_t)step;
	if (mt_engine_gradient(e, r->batch, x, y, t, &loss, &err))
		fail_msg("%s: %s", r->name, err.text);
	if (update)
		mt_engine_update(e, t);
	free(x);
	free(y);
	return loss;
}

/* The lines of one case up to its "end". */
static void run_case(struct ref *r, const char *backend)
{
	struct mt_engine_opt opt = {.mode = MT_TRAIN, .backend = backend, .batch = r->batch,
				    .frames = r->frames, .n_thread = 1};
	struct mt_engine *e = NULL;
	struct mt_train t = make_train(r);
	struct mt_err err = {0};
	float losses[100];
	long done = 0;
	if (r->steps && (mt_engine_new(&e, &r->n, &opt, &err) || mt_engine_init(e, SEED, &err)))
		fail_msg("%s: %s", r->name, err.text);
	while (next_line(r) && strcmp(r->line, "end")) {
		if (!strncmp(r->line, "infer ", 6))
			infer(r, backend, NULL, 2e-5);
		if (!strncmp(r->line, "after ", 6))
			infer(r, backend, e, 5e-4);
		if (!strncmp(r->line, "grad ", 5)) {
			if (!done++)
				losses[0] = (float)train_step(r, e, &t, 1, 0);
			compare_param(r, backend, e, MT_GRAD, 1e-4);
		}
		if (!strncmp(r->line, "loss ", 5)) {
			mt_engine_update(e, &t);
			for (long s = 2; s <= r->steps; s++)
				losses[s - 1] = (float)train_step(r, e, &t, s, 1);
			compare_losses(r, backend, r->line + 5, losses);
		}
		if (!strncmp(r->line, "param ", 6))
			compare_param(r, backend, e, MT_VALUE, 2e-3);
	}
	mt_engine_free(e);
}

static int open_case(struct ref *r)
{
	struct mt_err err = {0};
	assert_true(next_line(r));
	if (sscanf(r->line, "total %ld", &r->total) == 1)
		return 0;
	int n = sscanf(r->line, "case %63s %31s %15s %15s %ld %ld %ld %lf %lf %ld %lf", r->name,
		       r->net, r->optim, r->loss, &r->batch, &r->frames, &r->steps, &r->lr,
		       &r->decay, &r->classes, &r->width);
	assert_int_equal(n, 11);
	assert_true(next_line(r) && !strncmp(r->line, "json ", 5));
	struct mt_net_opt opt = {.n_class = r->classes, .width = r->width};
	if (*r->net == '-' ? mt_net_parse(&r->n, r->line + 5, NULL, &err) :
	    mt_net_load(&r->n, r->net, &opt, &err))
		fail_msg("%s: %s", r->name, err.text);
	return 1;
}

static void run_all(const char *backend)
{
	struct ref r = {0};
	unsigned ops = 0;
	int n = 0;
	n_bad = 0;
	r.f = fopen(REF, "r");
	assert_non_null(r.f);
	while (open_case(&r)) {
		for (int i = 0; i < r.n.n_node; i++)
			ops |= 1U << r.n.node[i].op->id;
		run_case(&r, backend);
		mt_net_release(&r.n);
		n++;
	}
	fclose(r.f);
	free(r.line);
	assert_int_equal(n, r.total);
	assert_int_equal(ops, (1U << MT_N_OP) - 1);
	assert_int_equal(n_bad, 0);
}

static void test_blas(void **state)
{
	(void)state;
	run_all("blas");
}

static void test_onednn(void **state)
{
	(void)state;
	NEED_BACKEND("onednn");
	run_all("onednn");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blas),
		cmocka_unit_test(test_onednn),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("nn_ref", tests, NULL, NULL);
}
