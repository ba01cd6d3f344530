/* SPDX-License-Identifier: MIT */
#include "eval/boot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Linear between the two nearest of n sorted values. */
static double percentile(const double *v, size_t n, double p)
{
	if (!n)
		return NAN;
	double at = p * (double)(n - 1);
	size_t i = (size_t)at;
	if (i + 1 >= n)
		return v[n - 1];
	return v[i] + (at - (double)i) * (v[i + 1] - v[i]);
}

struct mt_boot mt_boot_run(const float *score, const uint8_t *label, size_t n,
			   size_t n_tag, size_t n_draw, double level,
			   uint64_t seed)
{
	struct mt_boot b;
	double *value[MT_BOOT_N];
	size_t count[MT_BOOT_N] = {0};
	float *s = mt_calloc(n * n_tag, sizeof *s);
	uint8_t *y = mt_calloc(n * n_tag, 1);
	for (int i = 0; i < MT_BOOT_N; i++)
		value[i] = mt_calloc(n_draw, sizeof **value);
	for (size_t d = 0; d < n_draw; d++) {
		struct mt_rng rng;
		mt_rng_init(&rng, seed, MT_RNG_BOOT, 0, d);
		for (size_t i = 0; i < n; i++) {
			size_t j = (size_t)mt_rng_below(&rng, n);
			memcpy(s + i * n_tag, score + j * n_tag,
			       n_tag * sizeof *s);
			memcpy(y + i * n_tag, label + j * n_tag, n_tag);
		}
		struct mt_eval e = mt_eval_run(s, y, n, n_tag);
		double got[MT_BOOT_N] = {e.macro_roc, e.macro_ap, e.micro.roc,
					 e.micro.ap, e.accuracy};
		for (int i = 0; i < MT_BOOT_N; i++)
			if (!isnan(got[i]))
				value[i][count[i]++] = got[i];
		free(e.tag);
	}
	for (int i = 0; i < MT_BOOT_N; i++) {
		qsort(value[i], count[i], sizeof **value, ascending);
		b.low[i] = percentile(value[i], count[i], (1 - level) / 2);
		b.high[i] = percentile(value[i], count[i], (1 + level) / 2);
		free(value[i]);
	}
	free(s);
	free(y);
	return b;
}
