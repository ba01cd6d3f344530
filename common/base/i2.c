/* SPDX-License-Identifier: MIT */
#include "base/i2.h"

#include <math.h>

void mt_i2_from_array(int16_t *out, const float *in, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		float v = in[i] * 32768.0f;
		out[i] = v >= 32767.0f ? 32767 : v <= -32768.0f ? -32768
			 : (int16_t)lrintf(v);
	}
}

void mt_i2_to_array(float *out, const int16_t *in, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = in[i] * (1 / 32768.0f);
}
