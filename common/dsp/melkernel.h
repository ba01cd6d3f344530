/* SPDX-License-Identifier: MIT
 * Inner loops of the mel spectrogram on eight frames at once, one a lane, so
 * that every step is a plain vector operation. Built once for any CPU and once
 * for AVX2 with FMA, whose last bits differ. All of it together takes half the
 * time that FFTW's real transforms alone would take (tests/bench/bench_mel.c);
 * hence no FFTW here. */
#ifndef MT_DSP_MELKERNEL_H
#define MT_DSP_MELKERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "dsp/mel.h"

#define MT_MEL_LANES 8  /* frames that are worked on together */

/* Tables of a real transform of 2 n samples, n a power of two; 8 at once. */
struct mt_mel_fft {
	size_t n;
	float *twiddle;     /* see melkernel.inc */
	float *turn;        /* [n / 2 + 1][2], exp(-i pi k / n) */
	uint32_t *place;    /* [n] where point k is after the transform */
};

/* Arrays of lanes are [..][8] and 64-byte aligned. */
struct mt_mel_kernel {
	/*   z      out [n][8]  frame f times the window in lane f
	 *   frame  in  [8][n], n a multiple of 8 */
	void (*load)(float *z, const float *const *frame, const float *window,
		     size_t n);
	/* Complex transform of z [n][2][8] in place. */
	void (*transform)(float *z, const struct mt_mel_fft *fft);
	/* Four times the power spectra, pow [n + 1][8], from that. */
	void (*power)(float *pow, const float *z, const struct mt_mel_fft *fft);
	void (*root)(float *x, size_t n);
	/* Filter bank: sum [M][8] from pow [n_bin + 8][8]. */
	void (*bank)(float *sum, const float *pow,
		     const struct mt_mel_bank *bank);
	/* x = mul * ln(max(add + x * scale, floor)); below 1 ulp of ln. */
	void (*log)(float *x, size_t n, float scale, float add, float floor,
		    float mul);
	float (*max)(const float *x, size_t n);
	void (*clamp)(float *x, size_t n, float least);
	/* Are all magnitudes at most 1e12 (false for NaN)? */
	int (*sane)(const float *x, size_t n);
};

/* The one for this CPU. */
const struct mt_mel_kernel *mt_mel_kernel(void);
/* The one for any CPU, for tests. */
const struct mt_mel_kernel *mt_mel_kernel_plain(void);

#endif
