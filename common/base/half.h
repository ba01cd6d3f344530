/* SPDX-License-Identifier: MIT
 * IEEE 754 binary16 ("f2"), round to nearest even; uses F16C where the CPU
 * has it, with the same bits either way (NaN payloads aside). */
#ifndef MT_BASE_HALF_H
#define MT_BASE_HALF_H

#include <stddef.h>
#include <stdint.h>

uint16_t mt_half_from(float x);   /* overflow gives infinity */
float mt_half_to(uint16_t h);
void mt_half_from_array(uint16_t *out, const float *in, size_t n);
/* Index of the first value that binary16 cannot hold: one that is not finite,
 * or that would round beyond the largest, +-MT_HALF_MAX; n if there is none. */
#define MT_HALF_MAX 65504
size_t mt_half_misfit(const float *in, size_t n);
void mt_half_to_array(float *out, const uint16_t *in, size_t n);

#endif
