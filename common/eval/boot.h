/* SPDX-License-Identifier: MIT
 * Bootstrap intervals: items are drawn with replacement, all metrics are
 * computed again, and the percentiles of the draws are the interval (Efron
 * and Tibshirani 1993, chapter 13). */
#ifndef MT_EVAL_BOOT_H
#define MT_EVAL_BOOT_H

#include "eval/auc.h"

enum mt_boot_of { MT_BOOT_ROC, MT_BOOT_AP, MT_BOOT_MICRO_ROC, MT_BOOT_MICRO_AP,
		  MT_BOOT_ACCURACY, MT_BOOT_N };

struct mt_boot {
	double low[MT_BOOT_N], high[MT_BOOT_N]; /* NAN where undefined */
};

/* score, label in [n][K]; draws of the generator (seed, MT_RNG_BOOT, draw);
 * level 0.95 gives the 2.5th and the 97.5th percentile. */
struct mt_boot mt_boot_run(const float *score, const uint8_t *label, size_t n,
			   size_t n_tag, size_t n_draw, double level,
			   uint64_t seed);

#endif
