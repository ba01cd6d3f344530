/* SPDX-License-Identifier: MIT
 * Inner loops of the mel spectrogram, compiled for AVX2 as well where the
 * CPU may have it; both give the same bits. */
#ifndef MT_DSP_MELKERNEL_H
#define MT_DSP_MELKERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "dsp/mel.h"

#define MT_MEL_GROUP 8  /* frames that go through the filter bank together */

struct mt_mel_kernel {
	/* re = a * window, im = b * window, n a multiple of 8.
	 *   energy  out [2]  sums of squares of both */
	void (*window)(float *re, float *im, float *energy, const float *a,
		       const float *b, const float *window, size_t n);
	/* Power of two real frames from the transform of a + i b.
	 *   pa, pb  out [n / 2 + 1];  re, im  in [n + 1], element n = that of 0 */
	void (*split)(float *pa, float *pb, const float *re, const float *im,
		      size_t n);
	void (*root)(float *x, size_t n);
	/* Filter bank on 8 spectra.
	 *   out  out [8][M];  pow  in [8][row], zero behind the last bin
	 *   sum  scratch [M][8] */
	void (*bank)(float *out, float *sum, const float *pow, size_t row,
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

#endif
