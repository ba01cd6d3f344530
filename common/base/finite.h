/* SPDX-License-Identifier: MIT
 * Where an array stops being finite: damaged features pass a net's ReLU as
 * zeros and give scores that look like any other, so readers look first. */
#ifndef MT_BASE_FINITE_H
#define MT_BASE_FINITE_H

#include <stddef.h>
#include <stdint.h>

/* Index of the first of n values that is infinite or NaN; n: all are finite.
 * 16-bit values are those of base/half.h. */
size_t mt_finite_f4(const float *x, size_t n);
size_t mt_finite_f2(const uint16_t *x, size_t n);

#endif
