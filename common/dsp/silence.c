/* SPDX-License-Identifier: MIT */
#include "dsp/silence.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/finite.h"
#include "base/mem.h"

static int64_t gcd(int64_t a, int64_t b)
{
	while (b) {
		int64_t r = a % b;
		a = b;
		b = r;
	}
	return a;
}

/* Sum of squares, in double, in four lanes. */
static double energy(const float *x, int64_t n)
{
	double lane[4] = {0};
	int64_t i = 0;
	for (; i + 4 <= n; i += 4)
		for (int j = 0; j < 4; j++)
			lane[j] += (double)x[i + j] * (double)x[i + j];
	for (; i < n; i++)
		lane[0] += (double)x[i] * (double)x[i];
	return lane[0] + lane[1] + (lane[2] + lane[3]);
}

/* The same for samples [at, at + len) of the padded clip. A clip shorter than
 * the padding is reflected again and again. */
static double block(const float *in, int64_t n, int64_t at, int64_t len,
		    bool zero)
{
	if (at >= 0 && at + len <= n)
		return energy(in + at, len);
	int64_t period = n > 1 ? 2 * (n - 1) : 1;
	double sum = 0;
	for (int64_t i = at; i < at + len; i++) {
		if (zero && (i < 0 || i >= n))
			continue;
		int64_t j = i % period;
		if (j < 0)
			j += period;
		double x = (double)in[j < n ? j : period - j];
		sum += x * x;
	}
	return sum;
}

/* Mean square of each frame into s->power [T]. Frames share blocks of the
 * greatest length that divides frame, hop and padding. */
static void powers(struct mt_silence *s, const struct mt_silence_opts *o,
		   const float *in, int64_t n, int64_t T)
{
	int64_t pad = o->frame / 2, len = gcd(gcd(o->frame, o->hop), pad);
	int64_t each = o->frame / len, step = o->hop / len;
	int64_t n_block = (T - 1) * step + each;
	bool zero = !strcmp(o->pad, "zero"), share = step < each;
	size_t need = (size_t)(T + n_block);
	if (need > s->power_cap) {
		s->power = mt_realloc(s->power, need, sizeof *s->power);
		s->power_cap = need;
	}
	double *sum = s->power + T;
	for (int64_t i = 0; share && i < n_block; i++)
		sum[i] = block(in, n, i * len - pad, len, zero);
	for (int64_t t = 0; t < T; t++) {
		double p = 0;
		for (int64_t i = 0; share && i < each; i++)
			p += sum[t * step + i];
		if (!share)
			p = block(in, n, t * o->hop - pad, o->frame, zero);
		s->power[t] = p / (double)o->frame;
	}
}

static void add_span(struct mt_silence *s, int64_t start, int64_t end)
{
	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 16;
		s->span = mt_realloc(s->span, s->cap, sizeof *s->span);
	}
	s->span[s->n++] = (struct mt_span){(uint64_t)start, (uint64_t)end};
}

int mt_silence_run(struct mt_silence *s, const struct mt_silence_opts *opts,
		   const float *in, size_t n, struct mt_err *err)
{
	s->n = 0;
	if (!n)
		return mt_err_item(err, "silence.empty", "the clip has no "
				   "samples");
	size_t odd = mt_finite_f4(in, n);
	if (odd < n)
		return mt_err_item(err, "silence.value", "sample %zu is %g, not "
				   "finite", odd, (double)in[odd]);
	int64_t N = (int64_t)n, pad = 2 * (opts->frame / 2);
	if (N + pad < opts->frame)
		pad++;  /* one sample, odd frame */
	int64_t T = 1 + (N + pad - opts->frame) / opts->hop;
	powers(s, opts, in, N, T);
	double max = 0;
	for (int64_t t = 0; t < T; t++)
		max = s->power[t] > max ? s->power[t] : max;
	/* librosa clamps at 1e-10 (-100 dB) before it compares. */
	double ref = max > 1e-10 ? max : 1e-10;
	double least = ref * pow(10, -opts->threshold / 10);
	double floor = opts->no_floor ? 0 : pow(10, opts->floor / 10);
	double clamp = opts->no_floor ? 1e-10 : 0;
	int64_t start = -1;
	for (int64_t t = 0; t <= T; t++) {
		double p = t < T && s->power[t] > clamp ? s->power[t] : clamp;
		bool sounds = t < T && p > least && p > floor;
		if (sounds && start < 0)
			start = t;
		if (sounds || start < 0)
			continue;
		int64_t from = start * opts->hop, to = t * opts->hop;
		if (from < N)
			add_span(s, from, to < N ? to : N);
		start = -1;
	}
	return MT_OK;
}

void mt_silence_release(struct mt_silence *s)
{
	free(s->span);
	free(s->power);
	*s = (struct mt_silence){0};
}

void mt_silence_measure(struct mt_silence_measure *m,
			const struct mt_silence *s, double rate)
{
	*m = (struct mt_silence_measure){0};
	if (!s->n)
		return;
	/* counted in samples, so that each is one division from its decimal */
	uint64_t start = s->span[0].start, end = s->span[s->n - 1].end, inner = 0;
	uint64_t longest = 0;
	for (size_t i = 0; i + 1 < s->n; i++) {
		uint64_t gap = s->span[i + 1].start - s->span[i].end;
		inner += gap;
		longest = gap > longest ? gap : longest;
	}
	m->start = (double)start / rate;
	m->end = (double)end / rate;
	m->effective = (double)(end - start) / rate;
	m->inner = (double)inner / rate;
	m->longest = (double)longest / rate;
	m->sound = (double)(end - start - inner) / rate;
	m->percent = 100 * (double)inner / (double)(end - start);
}
