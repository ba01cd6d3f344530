/* SPDX-License-Identifier: MIT
 * Sample rates: tones against what they are at the new rate, by sin() in
 * double; lengths against libsoxr. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "audio/rate.h"
#include "audio/resample.h"
#include "base/mem.h"
#include "base/rng.h"

static const int pairs[][2] = {
	{44100, 16000}, {22050, 16000}, {48000, 16000}, {8000, 16000},
	{11025, 16000}, {32000, 16000}, {44100, 48000}, {96000, 22050},
	{192000, 16000}, {12000, 29400}, {44100, 8000}, {16000, 44100},
};
#define N_PAIR (sizeof pairs / sizeof *pairs)

static void tones(float *x, size_t n, int rate, const double *hz, int n_tone)
{
	for (size_t i = 0; i < n; i++) {
		double v = 0;
		for (int k = 0; k < n_tone; k++)
			v += sin(2 * M_PI * hz[k] / rate * (double)i + k);
		x[i] = (float)(v / n_tone);
	}
}

/* x[n] through a rate changer, given in pieces: new memory, *made samples. */
static float *change(const float *x, size_t n, const int *rates, bool soxr,
		     size_t piece, size_t *made)
{
	struct mt_rate *r;
	struct mt_err err = {0};
	struct mt_pcm in = {0}, out = {0};
	size_t more;
	assert_int_equal(mt_rate_open(&r, &in, 1, rates[0], rates[1], soxr,
				      &err), 0);
	assert_in_range(mt_rate_want(r), 1, 1 << 20);
	for (size_t at = 0; at < n; at += piece) {
		size_t some = n - at < piece ? n - at : piece;
		mt_pcm_room(&in, 1, some);
		memcpy(in.x[0] + in.n, x + at, some * sizeof *x);
		in.n += some;
		bool last = at + piece >= n;
		do {
			assert_int_equal(mt_rate_step(r, &in, last, &out,
						      &more, &err), 0);
			out.n += more;
		} while (more);
	}
	mt_rate_close(r);
	float *y = mt_calloc(out.n + 1, sizeof *y);
	if (out.n)
		memcpy(y, out.x[0], out.n * sizeof *y);
	*made = out.n;
	mt_pcm_release(&in);
	mt_pcm_release(&out);
	return y;
}

/* In dB of full scale, what differs, ends left out. */
static double differs(const float *a, const float *b, size_t n)
{
	double sum = 0;
	size_t from = n / 8;
	for (size_t i = from; i < n - from; i++)
		sum += pow((double)a[i] - (double)b[i], 2);
	return 10 * log10(sum / (double)(n - 2 * from) + 1e-30);
}

static void test_tones(void **state)
{
	(void)state;
	for (size_t k = 0; k < N_PAIR; k++) {
		const int *p = pairs[k];
		assert_non_null(mt_resample_find(p[0], p[1]));
		double lower = fmin(p[0], p[1]) / 2.0;
		double hz[] = {0.01 * lower, 0.37 * lower, 0.9 * lower};
		size_t n = (size_t)p[0] * 3 + 77, made;
		float *x = mt_calloc(n, sizeof *x);
		tones(x, n, p[0], hz, 3);
		float *y = change(x, n, p, false, n, &made);
		float *want = mt_calloc(made, sizeof *want);
		tones(want, made, p[1], hz, 3);
		double off = differs(y, want, made);
		if (!(off < -115))
			fail_msg("%d to %d Hz: off by %.1f dB", p[0], p[1],
				 off);
		/* nothing of what lies above half the lower rate comes back */
		double high = 1.003 * lower;
		if (p[0] > p[1]) {
			tones(x, n, p[0], &high, 1);
			free(y);
			y = change(x, n, p, false, n, &made);
			memset(want, 0, made * sizeof *want);
			off = differs(y, want, made);
			if (!(off < -115))
				fail_msg("%d to %d Hz: %.0f Hz folds back with "
					 "%.1f dB", p[0], p[1], high, off);
		}
		free(want);
		free(x);
		free(y);
	}
}

/* Neither the size of the pieces nor what lies behind them counts. */
static void test_pieces(void **state)
{
	(void)state;
	static const size_t piece[] = {1152, 100000, 42336, 999};
	struct mt_rng rng;
	mt_rng_init(&rng, 1, MT_RNG_TEST, 0, 0);
	size_t n = 200003, made, again;
	float *x = mt_calloc(n, sizeof *x);
	for (size_t i = 0; i < n; i++)
		x[i] = mt_rng_f32(&rng) - 0.5f;
	float *y = change(x, n, pairs[0], false, n, &made);
	for (size_t k = 0; k < sizeof piece / sizeof *piece; k++) {
		float *z = change(x, n, pairs[0], false, piece[k], &again);
		assert_int_equal(made, again);
		assert_memory_equal(y, z, made * sizeof *y);
		free(z);
	}
	free(x);
	free(y);
}

/* As many samples as libsoxr makes, and ends that fade as its ends do. */
static void test_lengths(void **state)
{
	(void)state;
	static const size_t n[] = {1, 2, 3, 100, 441, 1000, 44100, 44101,
				   99999, 132300};
	static float x[132300];
	for (size_t i = 0; i < sizeof x / sizeof *x; i++)
		x[i] = 0.5f;
	for (size_t k = 0; k < N_PAIR; k++)
		for (size_t i = 0; i < sizeof n / sizeof *n; i++) {
			size_t ours, theirs;
			float *a = change(x, n[i], pairs[k], false, 5000,
					  &ours);
			float *b = change(x, n[i], pairs[k], true, 5000,
					  &theirs);
			if (ours != theirs)
				fail_msg("%d to %d Hz: %zu samples make %zu, "
					 "libsoxr makes %zu", pairs[k][0],
					 pairs[k][1], n[i], ours, theirs);
			for (size_t s = 0; s < ours; s++)
				/* steps ring a little otherwise */
				assert_float_equal(a[s], b[s], 0.04);
			free(a);
			free(b);
		}
}

/* Both builds of the loops. */
static void test_plain(void **state)
{
	(void)state;
	struct mt_rng rng;
	mt_rng_init(&rng, 2, MT_RNG_TEST, 0, 0);
	for (size_t k = 0; k < N_PAIR; k++) {
		const struct mt_resample *r = mt_resample_find(pairs[k][0],
							       pairs[k][1]);
		float *work = mt_alloc64(r->work * sizeof *work);
		float *x = mt_calloc(r->span, sizeof *x);
		float *a = mt_calloc(r->step_out, sizeof *a);
		float *b = mt_calloc(r->step_out, sizeof *b);
		for (size_t i = 0; i < r->span; i++)
			x[i] = mt_rng_f32(&rng) - 0.5f;
		mt_resample_run(r, work, a, x);
		mt_resample_run_plain(r, work, b, x);
		for (size_t i = 0; i < r->step_out; i++)
			assert_float_equal(a[i], b[i], 2e-6);
		free(work);
		free(x);
		free(a);
		free(b);
	}
	/* not by numbers as large as these */
	assert_null(mt_resample_find(44101, 16000));
	assert_null(mt_resample_find(44056, 44100));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tones),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_plain),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("resample", tests, NULL, NULL);
}
