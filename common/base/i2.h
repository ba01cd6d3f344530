/* SPDX-License-Identifier: MIT
 * 16-bit integers as samples ("i2"). */
#ifndef MT_BASE_I2_H
#define MT_BASE_I2_H

#include <stddef.h>
#include <stdint.h>

/* Full scale 1 to full scale 32768, rounded to even; what is beyond is cut off.
 *   out  out [n]
 *   in   in  [n]  finite */
void mt_i2_from_array(int16_t *out, const float *in, size_t n);
/* The other way. */
void mt_i2_to_array(float *out, const int16_t *in, size_t n);

#endif
