/* SPDX-License-Identifier: MIT
 * Several channels to one. */
#ifndef MT_DSP_MONO_H
#define MT_DSP_MONO_H

#include <stdbool.h>
#include <stddef.h>

/* Mean of C channels, full scale 1.
 *   out    out [N]
 *   pcm    in  [C][N]  f4 with full scale 1, or i2 with full scale 32768
 * False when dtype is neither "f4" nor "i2", or C is 0. */
bool mt_mono_mix(float *out, const void *pcm, const char *dtype, size_t n_chan,
		 size_t n);

#endif
