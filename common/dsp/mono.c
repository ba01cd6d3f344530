/* SPDX-License-Identifier: MIT */
#include "dsp/mono.h"

#include <stdint.h>
#include <string.h>

bool mt_mono_mix(float *out, const void *pcm, const char *dtype, size_t n_chan,
		 size_t n)
{
	float mul = 1 / (float)n_chan;
	bool small = !strcmp(dtype, "i2");
	if (!n_chan || (!small && strcmp(dtype, "f4") != 0))
		return false;
	if (!n)  /* then the number of channels is a mere claim */
		return true;
	if (small) {
		const int16_t *x = pcm;
		mul *= 1.0f / 32768;
		for (size_t i = 0; i < n; i++)
			out[i] = (float)x[i];
		for (size_t c = 1; c < n_chan; c++)
			for (size_t i = 0; i < n; i++)
				out[i] += (float)x[c * n + i];
	} else {
		const float *x = pcm;
		memcpy(out, x, n * sizeof *out);
		for (size_t c = 1; c < n_chan; c++)
			for (size_t i = 0; i < n; i++)
				out[i] += x[c * n + i];
		if (n_chan == 1)
			return true;
	}
	for (size_t i = 0; i < n; i++)
		out[i] *= mul;
	return true;
}
