/* SPDX-License-Identifier: MIT */
#include "audio/resample.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define DAMPING 123.0    /* dB */
#define PASS 0.913       /* of the lower rate's half */
#define MAX_POINTS 9000  /* of both: a second-level cache holds them */

typedef float v8 __attribute__((vector_size(32)));
typedef float v8u __attribute__((vector_size(32), aligned(4), may_alias));

/* cos and sin of 2 pi j k / r, for j, k = 1 .. (r - 1) / 2 */
static const float turn3[] = {-0.5f, 0.866025404f};
static const float turn5[] = {
	0.309016994f, 0.951056516f, -0.809016994f, 0.587785252f,
	-0.809016994f, 0.587785252f, 0.309016994f, -0.951056516f,
};
static const float turn7[] = {
	0.623489802f, 0.781831482f, -0.222520934f, 0.974927912f,
	-0.900968868f, 0.433883739f,
	-0.222520934f, 0.974927912f, -0.900968868f, -0.433883739f,
	0.623489802f, -0.781831482f,
	-0.900968868f, 0.433883739f, 0.623489802f, -0.781831482f,
	-0.222520934f, 0.974927912f,
};

#define TARGET
#define NAME(x) x##_plain
#include "audio/resamplekernel.inc"
#undef TARGET
#undef NAME

#if defined(__x86_64__)
/* clang fuses products and sums unasked. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("fp-contract=fast")
#endif
#define TARGET __attribute__((target("avx2,fma")))
#define NAME(x) x##_avx2
#include "audio/resamplekernel.inc"
#undef TARGET
#undef NAME
#endif

void mt_resample_run(const struct mt_resample *r, float *work, float *out,
		     const float *in)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
		run_avx2(r, work, out, in);
		return;
	}
#endif
	run_plain(r, work, out, in);
}

void mt_resample_run_plain(const struct mt_resample *r, float *work, float *out,
			   const float *in)
{
	run_plain(r, work, out, in);
}

uint64_t mt_resample_length(const struct mt_resample *r, uint64_t n)
{
	return (n / r->down) * r->up +
	       ((n % r->down) * r->up + r->down / 2) / r->down;
}

/* Radices of n, large ones first; 0: it has other factors. */
static int factor(size_t n, int *radix)
{
	static const int known[] = {7, 5, 3, 4, 2};
	int count = 0;
	for (int i = 0; i < 5; i++)
		for (; n % (size_t)known[i] == 0; n /= (size_t)known[i])
			if (count < MT_RESAMPLE_STAGES)
				radix[count++] = known[i];
	return n == 1 ? count : 0;
}

static void make_fft(struct mt_resample_fft *fft, size_t n)
{
	size_t total = 0, left = n, at = 0;
	fft->n = n;
	fft->n_stage = factor(n, fft->radix);
	for (int i = 0; i < fft->n_stage; i++) {
		left /= (size_t)fft->radix[i];
		total += left * (size_t)(fft->radix[i] - 1);
	}
	fft->twiddle = mt_calloc(total, 2 * sizeof(float));
	left = n;
	for (int i = 0; i < fft->n_stage; i++) {
		size_t whole = left;
		left /= (size_t)fft->radix[i];
		for (size_t p = 0; p < left; p++)
			for (int j = 1; j < fft->radix[i]; j++, at += 2) {
				double a = -2 * M_PI * (double)p * j /
					   (double)whole;
				fft->twiddle[at] = (float)cos(a);
				fft->twiddle[at + 1] = (float)sin(a);
			}
	}
}

/* Modified Bessel function of the first kind, order 0. */
static double bessel(double x)
{
	double sum = 1, term = 1;
	for (int k = 1; term > 1e-12 * sum; k++) {
		term *= x / (2 * k) * (x / (2 * k));
		sum += term;
	}
	return sum;
}

/* Half the filter's width in samples of the input (Kaiser 1974: damping A needs
 * (A - 7.95) / 14.36 periods of the band between pass and stop). */
static size_t half_width(int in_rate, int out_rate)
{
	double lower = in_rate < out_rate ? in_rate : out_rate;
	double band = (1 - PASS) * lower / 2 / in_rate;
	return (size_t)ceil((DAMPING - 7.95) / (14.36 * band) / 2);
}

/* The filter's spectrum, over the length of the transform that it precedes. */
static void make_gain(struct mt_resample *r, size_t half)
{
	double lower = r->in_rate < r->out_rate ? r->in_rate : r->out_rate;
	double cut = (1 + PASS) / 2 * lower / r->in_rate;  /* of half the rate */
	double beta = 0.1102 * (DAMPING - 8.7), sum = 0;
	double *h = mt_calloc(half + 1, sizeof *h);
	double *wave = mt_calloc(r->in.n, sizeof *wave);
	for (size_t i = 0; i <= half; i++) {
		double t = (double)i / (double)(half + 1);
		h[i] = bessel(beta * sqrt(1 - t * t)) *
		       (i ? sin(M_PI * cut * (double)i) / (M_PI * (double)i)
			  : cut);
		sum += i ? 2 * h[i] : h[i];
	}
	for (size_t i = 0; i < r->in.n; i++)
		wave[i] = cos(2 * M_PI * (double)i / (double)r->in.n);
	r->n_gain = (r->in.n < r->out.n ? r->in.n : r->out.n) / 2;
	r->gain = mt_calloc(r->n_gain, sizeof *r->gain);
	for (size_t k = 0; k < r->n_gain; k++) {
		double g = h[0];
		for (size_t i = 1, at = k; i <= half; i++) {
			g += 2 * h[i] * wave[at];
			at += k;
			at -= at >= r->in.n ? r->in.n : 0;
		}
		r->gain[k] = (float)(g / sum / (double)r->in.n);
	}
	free(h);
	free(wave);
}

/* Points of the two transforms: of the lengths that fit, the one that costs
 * least a sample. False: none does. */
static bool choose(struct mt_resample *r, size_t half)
{
	double best = INFINITY;
	size_t lead = (half + r->down - 1) / r->down;
	for (size_t k = 2 * lead + 1; k * (r->down + r->up) <= MAX_POINTS; k++) {
		int radix[MT_RESAMPLE_STAGES];
		size_t n = k * r->down, m = k * r->up;
		if (n % 8 || !factor(n, radix) || !factor(m, radix))
			continue;
		double cost = ((double)n * log2((double)n) +
			       (double)m * log2((double)m)) /
			      (double)(k - 2 * lead);
		if (cost >= best)
			continue;
		best = cost;
		r->in.n = n;
		r->out.n = m;
		r->lead = lead * r->down;
	}
	return best < INFINITY;
}

static struct mt_resample *make(int in_rate, int out_rate)
{
	struct mt_resample *r = mt_calloc(1, sizeof *r);
	uint64_t a = (uint64_t)in_rate, b = (uint64_t)out_rate;
	while (b) {
		uint64_t c = a % b;
		a = b;
		b = c;
	}
	r->in_rate = in_rate;
	r->out_rate = out_rate;
	r->up = (uint64_t)out_rate / a;
	r->down = (uint64_t)in_rate / a;
	size_t half = half_width(in_rate, out_rate);
	if (!choose(r, half))
		return r;
	size_t n = r->in.n, m = r->out.n;
	make_fft(&r->in, n);
	make_fft(&r->out, m);
	make_gain(r, half);
	r->step_in = MT_RESAMPLE_BLOCKS * (n - 2 * r->lead);
	r->step_out = r->step_in / r->down * r->up;
	r->span = r->step_in + 2 * r->lead;
	r->work = 2 * 16 * ((n > m ? n : m) + 8);
	return r;
}

const struct mt_resample *mt_resample_find(int in_rate, int out_rate)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static struct mt_resample *all;
	pthread_mutex_lock(&lock);
	struct mt_resample *r = all;
	while (r && (r->in_rate != in_rate || r->out_rate != out_rate))
		r = r->next;
	if (!r) {
		r = make(in_rate, out_rate);
		r->next = all;
		all = r;
	}
	pthread_mutex_unlock(&lock);
	return r->span ? r : NULL;
}
