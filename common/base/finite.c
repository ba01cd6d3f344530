/* SPDX-License-Identifier: MIT */
#include "base/finite.h"

#include <math.h>
#include <string.h>

#define BLOCK 64  /* values looked at without a branch */

size_t mt_finite_f4(const float *x, size_t n)
{
	size_t i = 0;
	for (unsigned bad = 0; i + BLOCK <= n; i += BLOCK) {
		uint32_t u[BLOCK];
		memcpy(u, x + i, sizeof u);
		for (int j = 0; j < BLOCK; j++)
			bad |= (u[j] & 0x7f800000) == 0x7f800000;
		if (bad)
			break;
	}
	while (i < n && isfinite(x[i]))
		i++;
	return i;
}

size_t mt_finite_f2(const uint16_t *x, size_t n)
{
	size_t i = 0;
	for (unsigned bad = 0; i + BLOCK <= n; i += BLOCK) {
		for (int j = 0; j < BLOCK; j++)
			bad |= (x[i + (size_t)j] & 0x7c00) == 0x7c00;
		if (bad)
			break;
	}
	while (i < n && (x[i] & 0x7c00) != 0x7c00)
		i++;
	return i;
}
