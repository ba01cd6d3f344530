/* SPDX-License-Identifier: MIT
 * Models of Won et al. (SMC 2020) from their PyTorch files, against PyTorch
 * itself on both backends: tests/ref/won_ref.txt, written by tests/ref/won_ref.py.
 * Skipped where the files ($MT_DATA/pretrained/won) are missing. MT_LONG=1 compares
 * every layer on both backends; MT_PRETRAINED_PRINT=1 prints the differences. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/rng.h"
#include "import/fit.h"
#include "import/weights.h"
#include "nn/engine/engine.h"
#include "has_backend.h"

#define REF "tests/ref/won_ref.txt"
#define N_TAG 50
#define BANDS 96

/* One line of the file. */
struct ref {
	char *text, *file, *input, *layer, *value;
	size_t room;
	long n, step;
	double top;
};

static char *path_of(const char *file)
{
	const char *data = getenv("MT_DATA");
	return mt_strf("%s/pretrained/won/%s.pth", data ? data : "../shared/data", file);
}

static bool next(struct ref *r, FILE *f)
{
	do
		if (getline(&r->text, &r->room, f) < 0)
			return false;
	while (*r->text == '#');
	char *rest;
	r->file = strtok_r(r->text, " \n", &rest);
	r->input = strtok_r(NULL, " \n", &rest);
	r->layer = strtok_r(NULL, " \n", &rest);
	r->n = strtol(rest, &rest, 10);
	r->step = strtol(rest, &rest, 10);
	r->top = strtod(rest, &r->value);
	assert_true(r->n > 0 && r->step > 0 && r->top > 0);
	return true;
}

/* The input "made" of won_ref.py. */
static float *make_input(int64_t frames)
{
	struct mt_rng rng;
	float *x = mt_calloc((size_t)(frames * BANDS), sizeof *x);
	mt_rng_init(&rng, 7, MT_RNG_TEST, 0, (uint64_t)frames);
	for (int t = 0; t < frames; t++)
		for (int f = 0; f < BANDS; f++)
			x[t * BANDS + f] = (float)(4 + 12 * (t % 31 < 6) +
				15 * ((7 * f + t / 40) % 12 == 0) - f * 5 / 12) +
				8 * mt_rng_f32(&rng);
	return x;
}

static struct mt_fit load(const char *file)
{
	struct mt_weights w;
	struct mt_fit fit;
	struct mt_fit_opt opt = {0};
	struct mt_err err = {0};
	char *path = path_of(file);
	if (mt_weights_read(&w, path, &err) || mt_fit_find(&fit, &w, &opt, path, &err) ||
	    mt_fit_take(&fit, &w, path, &err))
		fail_msg("%s", err.text);
	assert_non_null(fit.known); /* so that its tags are */
	mt_weights_release(&w);
	free(path);
	return fit;
}

/* The layer's output, or the scores; *n values in new memory. */
static float *forward(struct mt_fit *fit, const char *backend, const char *layer, const float *x,
		      int64_t frames, long *n)
{
	struct mt_err err = {0};
	bool scores = !strcmp(layer, "scores");
	struct mt_engine_opt opt = {.mode = MT_INFER, .backend = backend, .batch = 1,
				    .frames = frames, .n_thread = 1, .embed = !scores};
	struct mt_engine *e;
	float *y = mt_calloc(N_TAG, sizeof *y), *out = y;
	if ((!scores && mt_net_set_embed(&fit->net, layer, &err)) ||
	    mt_engine_new(&e, &fit->net, &opt, &err))
		fail_msg("%s: %s", layer, err.text);
	assert_int_equal(fit->n_tensor, fit->net.n_param);
	for (int i = 0; i < fit->net.n_param; i++)
		assert_int_equal(mt_engine_set(e, i, MT_VALUE, fit->tensor[i].data, &err), MT_OK);
	assert_int_equal(mt_engine_forward(e, 1, x, y, &err), MT_OK);
	*n = N_TAG;
	if (!scores) {
		*n = (long)mt_engine_n_embed(e);
		out = mt_calloc((size_t)*n, sizeof *out);
		assert_int_equal(mt_engine_embed(e, 1, out, &err), MT_OK);
		free(y);
	}
	mt_engine_free(e);
	return out;
}

static void compare(const struct ref *r, const char *backend, const float *got)
{
	double worst = 0, most = strcmp(r->layer, "scores") ? 1e-5 * r->top + 1e-5 : 1e-5;
	char *at = r->value, *end;
	for (long i = 0; i < r->n; i += r->step, at = end) {
		double diff = fabs(strtod(at, &end) - (double)got[i]);
		assert_true(end != at);
		worst = diff > worst || isnan(diff) ? diff : worst;
	}
	assert_string_equal(at + strspn(at, " \n"), "");
	if (getenv("MT_PRETRAINED_PRINT"))
		print_message("# %s %s %s: %.2g of %.3g\n", r->file, backend, r->layer, worst,
			      r->top);
	if (!(worst <= most))
		fail_msg("%s: %s: %s differs by %.3g, at most %.3g", r->file, backend, r->layer,
			 worst, most);
}

/* The large net's layers take seconds on the slow backend. */
static bool is_wanted(const struct ref *r, const char *backend)
{
	return !strcmp(r->input, "made") &&
	       (getenv("MT_LONG") || !strcmp(r->layer, "scores") ||
		(!strcmp(r->file, "mtat-fcn") && !strcmp(backend, "onednn")) ||
		!strcmp(r->file, "mtat-musicnn"));
}

static void check(const char *backend)
{
	struct ref r = {0};
	struct mt_fit fit = {0};
	char file[40] = "";
	float *x = NULL;
	int n_done = 0;
	FILE *f = fopen(REF, "r");
	assert_non_null(f);
	while (next(&r, f)) {
		if (!is_wanted(&r, backend))
			continue;
		int64_t frames = strstr(r.file, "fcn") ? 1813 : 188;
		if (strcmp(file, r.file)) {
			mt_fit_release(&fit);
			fit = load(r.file);
			snprintf(file, sizeof file, "%s", r.file);
			free(x);
			x = make_input(frames);
		}
		long n;
		float *got = forward(&fit, backend, r.layer, x, frames, &n);
		assert_int_equal(n, r.n);
		compare(&r, backend, got);
		free(got);
		n_done++;
	}
	assert_true(n_done >= 13);
	mt_fit_release(&fit);
	free(x);
	free(r.text);
	fclose(f);
}

static void test_backend(void **state)
{
	NEED_BACKEND(*state);
	char *path = path_of("mtat-musicnn");
	bool there = !access(path, R_OK);
	free(path);
	if (!there)
		skip();
	check(*state);
}

int main(void)
{
	static char onednn[] = "onednn", blas[] = "blas";
	const struct CMUnitTest tests[] = {
		{"onednn", test_backend, NULL, NULL, onednn},
		{"blas", test_backend, NULL, NULL, blas},
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
