/* SPDX-License-Identifier: MIT
 * Sample rates changed by ratios of small numbers, as 44.1 to 16 kHz is 441 to
 * 160: sixteen blocks at once, two a lane, in less than half the time of libsoxr
 * at the same quality (tests/bench/bench_resample.c).
 *
 * Blocks of 441 m samples overlap; each goes through a Fourier transform, its
 * spectrum is multiplied by a filter's and cut (or filled up) to that of 160 m
 * samples, and comes back (overlap-save; Oppenheim and Schafer, Discrete-Time
 * Signal Processing, 8.7). The filter is a sinc in a Kaiser window: 0.913 of the
 * lower rate's half passes, all from that half on is damped by 120 dB, and
 * nothing is delayed. */
#ifndef MT_AUDIO_RESAMPLE_H
#define MT_AUDIO_RESAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MT_RESAMPLE_BLOCKS 16
#define MT_RESAMPLE_STAGES 16

/* Transform of n points: radices, and factors of each stage. */
struct mt_resample_fft {
	size_t n;
	int n_stage, radix[MT_RESAMPLE_STAGES];
	float *twiddle;
};

/* Shared by all who change these rates; never changed, never freed. */
struct mt_resample {
	int in_rate, out_rate;   /* Hz */
	/* What a batch takes in new samples and makes. It reads span = lead +
	 * step_in + lead samples: the first batch lead zeros and what follows
	 * them, the next one begins step_in further on. */
	size_t step_in, step_out, lead, span;
	size_t work;             /* floats that mt_resample_run() needs */
	/* the rest is private */
	uint64_t up, down;       /* out_rate / in_rate in lowest terms */
	struct mt_resample_fft in, out;
	size_t n_gain;           /* bins 0 .. n_gain - 1 and their mirror */
	float *gain;             /* [n_gain] */
	struct mt_resample *next;
};

/* NULL: the ratio is not of numbers small enough. Any thread. */
const struct mt_resample *mt_resample_find(int in_rate, int out_rate);
/* in[span] -> out[step_out]; work[work] is 64-byte aligned. */
void mt_resample_run(const struct mt_resample *r, float *work, float *out,
		     const float *in);
/* The same in code for any CPU, for tests: the last bits differ. */
void mt_resample_run_plain(const struct mt_resample *r, float *work, float *out,
			   const float *in);
/* Samples that n make in all. */
uint64_t mt_resample_length(const struct mt_resample *r, uint64_t n);

#endif
