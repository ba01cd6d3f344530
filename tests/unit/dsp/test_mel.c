/* SPDX-License-Identifier: MIT
 * The mel front ends against values that were computed in double precision,
 * independently of this code: a sine in noise from a fixed generator. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/half.h"
#include "base/mem.h"
#include "dsp/mel.h"
#include "dsp/melkernel.h"

static const struct golden {
	const char *profile;
	int seconds;
	size_t T;
	double mean, min, max, first, at10_20, at50_5, last;
} golden[] = {
	{"panns", 2, 201, -12.82346, -32.5673, 25.0070, 6.9568, -14.0473,
	 13.8613, -11.1816},
	{"mini", 2, 201, -1.63411, -3.7002, 2.0279, -1.2755, -1.9791, -2.9296,
	 -1.2133},
	{"fcn4", 2, 94, -29.72270, -38.7096, 41.2904, -2.3274, -24.6404,
	 -38.7096, -30.3080},
	{"ms", 4, 87, -0.66585, -3.0537, 8.0158, 1.1257, 7.9968, -0.2470,
	 -1.0385},
	{"musicnn", 2, 126, 2.34024, 0.2087, 6.1106, 4.0347, 2.1081, 2.1145,
	 2.0161},
	{"orpheus", 4, 126, -4.19457, -15.7216, 34.2944, 6.3868, -7.0035,
	 -2.7714, -6.4143},
	{"won", 2, 126, 1.60766, -35.5414, 35.1498, 10.3695, 3.8281, -8.9943,
	 3.4414},
};

static const struct {
	const char *profile;
	int bands;
	double sum;
	int n;               /* non-zero weights; 0: not known */
} fingerprint[] = {
	{"panns", 0, 2.048126, 866}, {"mini", 0, 1012.288539, 0},
	{"fcn4", 0, 4.093552, 0},    {"ms", 0, 23.776253, 0},
	{"musicnn", 0, 3.071914, 0}, {"orpheus", 0, 12.287901, 0},
	{"won", 0, 251.921836, 0},   {"won", 128, 252.785137, 0},
};

static struct mt_mel_opts profile(const char *name)
{
	struct mt_mel_opts o = MT_MEL_UNSET;
	o.profile = name;
	return o;
}

static float *signal_of(int64_t rate, int seconds, size_t *n)
{
	*n = (size_t)(rate * seconds);
	float *x = mt_calloc(*n, sizeof *x);
	uint32_t s = 1;
	for (size_t i = 0; i < *n; i++) {
		s = 1664525u * s + 1013904223u;
		x[i] = (float)(0.5 * sin(2 * M_PI * 440 * (double)i /
					 (double)rate) +
			       ((double)s / 4294967296.0 - 0.5) * 0.2);
	}
	return x;
}

/* New memory, [T][M]. */
static float *run(const struct mt_mel_opts *o, const float *x, size_t n,
		  size_t *T, size_t *M)
{
	struct mt_mel mel;
	struct mt_mel_work work;
	struct mt_err err = {0};
	if (mt_mel_init(&mel, o, &err))
		fail_msg("%s", err.text);
	mt_mel_work_init(&work, &mel);
	*T = mt_mel_frames(&mel, n);
	*M = (size_t)mel.opts.bands;
	float *out = mt_calloc(*T * *M + 1, sizeof *out);
	if (mt_mel_run(&mel, &work, out, x, n, &err))
		fail_msg("%s", err.text);
	mt_mel_work_release(&work);
	mt_mel_release(&mel);
	return out;
}

static void near(const char *what, const char *where, double got, double want)
{
	if (!(fabs(got - want) <= 1e-3))
		fail_msg("%s %s: %.5f, not %.5f", what, where, got, want);
}

static void test_golden(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
		const struct golden *g = &golden[i];
		struct mt_mel_opts o = profile(g->profile), r = o;
		size_t n, T, M;
		assert_int_equal(mt_mel_resolve(&r, NULL), 0);
		float *x = signal_of(r.rate, g->seconds, &n);
		float *y = run(&o, x, n, &T, &M);
		double sum = 0, min = INFINITY, max = -INFINITY;
		for (size_t k = 0; k < T * M; k++) {
			sum += (double)y[k];
			min = fmin(min, (double)y[k]);
			max = fmax(max, (double)y[k]);
		}
		assert_int_equal(T, g->T);
		near(g->profile, "mean", sum / (double)(T * M), g->mean);
		near(g->profile, "min", min, g->min);
		near(g->profile, "max", max, g->max);
		near(g->profile, "[0,0]", (double)y[0], g->first);
		near(g->profile, "[10,20]", (double)y[10 * M + 20], g->at10_20);
		near(g->profile, "[50,5]", (double)y[50 * M + 5], g->at50_5);
		near(g->profile, "last", (double)y[T * M - 1], g->last);
		free(x);
		free(y);
	}
}

static void test_fingerprint(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof fingerprint / sizeof *fingerprint; i++) {
		struct mt_mel_opts o = profile(fingerprint[i].profile);
		struct mt_mel_bank bank;
		o.bands = fingerprint[i].bands;
		assert_int_equal(mt_mel_resolve(&o, NULL), 0);
		mt_mel_bank_init(&bank, &o);
		double sum = 0;
		int n = 0;
		for (size_t k = 0; k < bank.n_weight; k++) {
			sum += (double)bank.weight[k];
			n += bank.weight[k] > 0;
		}
		if (!(fabs(sum - fingerprint[i].sum) <=
		      1e-5 * fmax(1, fingerprint[i].sum)))
			fail_msg("%s: %.6f, not %.6f", fingerprint[i].profile,
				 sum, fingerprint[i].sum);
		if (fingerprint[i].n)
			assert_int_equal(n, fingerprint[i].n);
		mt_mel_bank_release(&bank);
	}
}

/* Direct sums in double for one frame. */
static double slow_band(const struct mt_mel *mel, const double *frame, size_t b)
{
	const struct mt_mel_row *r = &mel->bank.row[b];
	double sum = 0, n = (double)mel->opts.n_fft;
	for (int j = 0; j < r->n; j++) {
		double re = 0, im = 0, k = r->lo + j;
		for (int64_t i = 0; i < mel->opts.n_fft; i++) {
			double w = 2 * (double)mel->window[i] * frame[i];
			re += w * cos(2 * M_PI * k * (double)i / n);
			im -= w * sin(2 * M_PI * k * (double)i / n);
		}
		double p = re * re + im * im;
		if (!strcmp(mel->opts.spectrum, "magnitude"))
			p = sqrt(p);
		sum += (double)mel->bank.weight[r->at + (size_t)j] * p;
	}
	return sum;
}

/* Odd sizes, short windows, clips shorter than the padding. */
static void test_direct(void **state)
{
	(void)state;
	static const int size[][4] = { /* n_fft, win, hop, N */
		{400, 400, 160, 3000}, {401, 300, 77, 2000}, {512, 512, 256, 1},
		{512, 400, 100, 130}, {18, 18, 5, 40}, {2048, 2048, 512, 1024},
	};
	size_t all;
	float *x = signal_of(3000, 1, &all);
	for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
		struct mt_mel_opts o = profile(NULL);
		struct mt_mel mel;
		o.n_fft = size[i][0], o.win = size[i][1], o.hop = size[i][2];
		o.bands = 7, o.log = "none";
		o.spectrum = i & 1 ? "magnitude" : "power";
		int N = size[i][3];
		size_t T, M;
		assert_int_equal(mt_mel_init(&mel, &o, NULL), 0);
		float *y = run(&o, x, (size_t)N, &T, &M);
		double *frame = mt_calloc((size_t)o.n_fft, sizeof *frame);
		for (size_t t = 0; t < T; t++) {
			for (int64_t k = 0; k < o.n_fft; k++) {
				int64_t j = (int64_t)t * o.hop - mel.pad + k;
				while (N > 1 && (j < 0 || j >= N))
					j = j < 0 ? -j : 2 * (N - 1) - j;
				frame[k] = (double)x[N > 1 ? j : 0];
			}
			for (size_t b = 0; b < M; b++) {
				double want = slow_band(&mel, frame, b);
				double got = (double)y[t * M + b];
				if (fabs(got - want) > 1e-5 * want + 1e-7)
					fail_msg("size %zu frame %zu band %zu: "
						 "%g, not %g", i, t, b, got,
						 want);
			}
		}
		free(frame);
		free(y);
		mt_mel_release(&mel);
	}
	free(x);
}

static void test_silence_stays(void **state)
{
	(void)state;
	struct mt_mel_opts o = profile("won");
	size_t n, T, M;
	float *x = signal_of(16000, 1, &n);
	memset(x + 8000, 0, (n - 8000) * sizeof *x);
	float *y = run(&o, x, n, &T, &M);
	for (size_t t = 8000 / 256 + 3; t < T; t++)
		for (size_t b = 0; b < M; b++)
			if (fabs((double)y[t * M + b] + 100) > 1e-4)
				fail_msg("frame %zu: %g", t,
					 (double)y[t * M + b]);
	free(x);
	free(y);
}

static void test_items(void **state)
{
	(void)state;
	struct mt_mel mel;
	struct mt_mel_work work;
	struct mt_err err = {0};
	struct mt_mel_opts o = profile("won");
	float x[300] = {0}, y[2 * 96];
	assert_int_equal(mt_mel_init(&mel, &o, &err), 0);
	mt_mel_work_init(&work, &mel);
	assert_int_equal(mt_mel_frames(&mel, 0), 0);
	assert_int_equal(mt_mel_run(&mel, &work, y, x, 0, &err), MT_EITEM);
	assert_string_equal(err.code, "melspec.short");
	x[299] = (float)NAN;
	assert_int_equal(mt_mel_run(&mel, &work, y, x, 300, &err), MT_EITEM);
	assert_string_equal(err.code, "melspec.value");
	assert_non_null(strstr(err.text, "sample 299"));
	x[299] = -INFINITY;
	assert_int_equal(mt_mel_run(&mel, &work, y, x, 300, &err), MT_EITEM);
	x[299] = 0;
	assert_int_equal(mt_mel_run(&mel, &work, y, x, 300, &err), 0);
	mt_mel_work_release(&work);
	mt_mel_release(&mel);
	o.center = "none";
	assert_int_equal(mt_mel_init(&mel, &o, &err), 0);
	assert_int_equal(mt_mel_frames(&mel, 511), 0);
	assert_int_equal(mt_mel_frames(&mel, 512 + 256), 2);
	mt_mel_release(&mel);
}

static void test_standard(void **state)
{
	(void)state;
	struct mt_mel_opts o = profile("orpheus");
	size_t n, T, M;
	float *x = signal_of(16000, 1, &n);
	o.standard = "clip";
	float *y = run(&o, x, n, &T, &M);
	double sum = 0, sq = 0;
	for (size_t i = 0; i < T * M; i++) {
		sum += (double)y[i];
		sq += (double)y[i] * (double)y[i];
	}
	assert_true(fabs(sum / (double)(T * M)) < 1e-5);
	assert_true(fabs(sq / (double)(T * M) - 1) < 1e-5);
	free(y);
	/* silence has no deviation to divide by */
	memset(x, 0, n * sizeof *x);
	y = run(&o, x, n, &T, &M);
	for (size_t i = 0; i < T * M; i++)
		assert_true(fabsf(y[i]) < 1e-5f);
	free(x);
	free(y);
}

/* Minus the clip's maximum: from the front end without it, and of silence. */
static void test_standard_max(void **state)
{
	(void)state;
	struct mt_mel_opts with = profile("choi"), o = profile("choi");
	size_t n, T, M, low = 0;
	float *x = signal_of(12000, 1, &n), top = -INFINITY, most = -INFINITY;
	for (size_t i = 0; i < n / 2; i++)
		x[i] *= 1e-4f;
	o.standard = "none";
	o.top_db = 0;
	float *raw = run(&o, x, n, &T, &M), *y = run(&with, x, n, &T, &M);
	assert_int_equal(T, 1 + n / 256);
	assert_int_equal(M, 96);
	for (size_t i = 0; i < T * M; i++)
		top = fmaxf(top, raw[i]);
	for (size_t i = 0; i < T * M; i++) {
		assert_true(fabsf(y[i] - fmaxf(raw[i] - top, -80)) < 1e-4f);
		most = fmaxf(most, y[i]);
		low += y[i] <= -80;
		assert_true(y[i] >= -80);
	}
	assert_true(most >= 0 && most <= 0);
	assert_true(low > 0);
	free(raw);
	free(y);
	/* natural logarithms and no cut */
	o.log = "ln";
	raw = run(&o, x, n, &T, &M);
	o.standard = "max";
	y = run(&o, x, n, &T, &M);
	for (size_t i = 0; i < T * M; i++)
		assert_true(fabsf(y[i] - (raw[i] - top / 10 * (float)M_LN10)) < 1e-4f);
	free(raw);
	free(y);
	memset(x, 0, n * sizeof *x);
	y = run(&with, x, n, &T, &M);
	for (size_t i = 0; i < T * M; i++)
		assert_true(y[i] >= 0 && y[i] <= 0);
	free(x);
	free(y);
}

static void test_params(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
		struct mt_mel_opts a = profile(golden[i].profile), b;
		struct mt_err err = {0};
		a.fmin = 1.0 / 3;
		assert_int_equal(mt_mel_resolve(&a, NULL), 0);
		char *text = mt_mel_to_json(&a);
		if (mt_mel_from_json(&b, text, &err))
			fail_msg("%s", err.text);
		char *back = mt_mel_to_json(&b);
		assert_string_equal(text, back);
		assert_true(fabs(a.fmin - b.fmin) <= 0);
		free(text);
		free(back);
	}
	struct mt_mel_opts o = MT_MEL_UNSET;
	struct mt_err err = {0};
	assert_int_equal(mt_mel_param_set(&o, "net", "x", &err), MT_END);
	assert_int_equal(mt_mel_param_set(&o, "mel.log", "hann", &err),
			 MT_EUSAGE);
	assert_int_equal(mt_mel_param_set(&o, "mel.hop", "0", &err), MT_EUSAGE);
	assert_int_equal(mt_mel_from_json(&o, "{\"rate\":\"8000\"}", &err),
			 MT_EINPUT);
	assert_non_null(strstr(err.text, "mel.n_fft"));
	assert_int_equal(mt_mel_from_json(&o, "[", &err), MT_EINPUT);
}

static void test_wrong(void **state)
{
	(void)state;
	struct mt_mel mel;
	struct mt_err err = {0};
	struct mt_mel_opts o = profile("won");
	o.fmax = 9000;
	assert_int_equal(mt_mel_init(&mel, &o, &err), MT_EUSAGE);
	o = profile("won");
	o.win = 513;
	assert_int_equal(mt_mel_init(&mel, &o, &err), MT_EUSAGE);
	o = profile("ms");
	o.top_db = 80;
	assert_int_equal(mt_mel_init(&mel, &o, &err), MT_EUSAGE);
	o = profile("other");
	assert_int_equal(mt_mel_init(&mel, &o, &err), MT_EUSAGE);
	mt_mel_release(&mel);
}

static void test_log(void **state)
{
	(void)state;
	double worst = 0;
	for (int e = -120; e < 120; e += 3)
		for (int i = 0; i < 1000; i++) {
			float x[1] = {ldexpf(1 + (float)i / 1000, e)};
			double want = log((double)x[0]);
			mt_mel_kernel()->log(x, 1, 1, 0, 1e-37f, 1);
			double off = fabs((double)x[0] - want) /
				     fmax(fabs(want), 1e-2);
			worst = fmax(worst, off);
		}
	if (!(worst < 2e-7))
		fail_msg("logarithm is off by %g", worst);
}

static void test_round(void **state)
{
	(void)state;
	struct mt_mel_opts o = profile("musicnn");
	size_t n, T, M;
	float *x = signal_of(16000, 1, &n);
	o.log = "none";
	float *y = run(&o, x, n, &T, &M);
	o.round = "none";
	float *z = run(&o, x, n, &T, &M);
	size_t differ = 0;
	for (size_t i = 0; i < T * M; i++) {
		float half = mt_half_to(mt_half_from(z[i]));
		assert_true(fabsf(y[i] - half) <= 0);
		differ += fabsf(y[i] - z[i]) > 0;
	}
	assert_true(differ > T * M / 2);
	free(x);
	free(y);
	free(z);
}

static void test_window(void **state)
{
	(void)state;
	struct mt_mel mel;
	struct mt_mel_opts o = profile("won");
	o.win = 400;
	assert_int_equal(mt_mel_init(&mel, &o, NULL), 0);
	for (int i = 0; i < 512; i++) {
		double want = i < 56 || i >= 456 ? 0
			: 0.25 - 0.25 * cos(2 * M_PI * (i - 56) / 400);
		assert_true(fabs((double)mel.window[i] - want) < 1e-7);
	}
	mt_mel_release(&mel);
}

/* [M][8] of one group of frames, by one of the kernels. */
static float *group(const struct mt_mel *mel, const struct mt_mel_kernel *k,
		    const float *x)
{
	size_t n = (size_t)mel->opts.n_fft, bins = (size_t)mel->n_bin + 8;
	float *z = mt_alloc64(8 * n * sizeof *z);
	float *pow = mt_alloc64(8 * bins * sizeof *pow);
	float *sum = mt_alloc64(8 * (size_t)mel->opts.bands * sizeof *sum);
	const float *frame[8];
	for (int f = 0; f < 8; f++)
		frame[f] = x + 300 * f;
	memset(pow, 0, 8 * bins * sizeof *pow);
	k->load(z, frame, mel->window, n);
	k->transform(z, mel->fft);
	k->power(pow, z, mel->fft);
	k->root(pow, 8 * bins);
	k->bank(sum, pow, &mel->bank);
	free(z);
	free(pow);
	return sum;
}

static void test_kernels(void **state)
{
	(void)state;
	static const int sizes[] = {16, 32, 512, 1024, 2048, 4096};
	size_t n;
	float *x = signal_of(16000, 1, &n);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct mt_mel mel;
		struct mt_mel_opts o = profile("won");
		o.n_fft = sizes[i];
		assert_int_equal(mt_mel_init(&mel, &o, NULL), 0);
		float *a = group(&mel, mt_mel_kernel(), x);
		float *b = group(&mel, mt_mel_kernel_plain(), x);
		for (int k = 0; k < 8 * 96; k++)
			if (fabsf(a[k] - b[k]) > 1e-5f * b[k] + 1e-6f)
				fail_msg("n_fft %d: %g, plain %g", sizes[i],
					 (double)a[k], (double)b[k]);
		assert_true(b[8] > 0 || sizes[i] < 512);
		free(a);
		free(b);
		mt_mel_release(&mel);
	}
	free(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_fingerprint),
		cmocka_unit_test(test_direct),
		cmocka_unit_test(test_silence_stays),
		cmocka_unit_test(test_items),
		cmocka_unit_test(test_standard), cmocka_unit_test(test_standard_max),
		cmocka_unit_test(test_params),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_kernels),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("mel", tests, NULL, NULL);
}
