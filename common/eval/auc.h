/* SPDX-License-Identifier: MIT
 * Metrics of scores against labels, in double; ties are worth what they are.
 *
 * A tag (column) with positives only or negatives only says nothing about the
 * scores: its ROC-AUC is NAN, its AP is 1 or, without positives, NAN, and it
 * stays out of both macro means, whose count says so. scikit-learn's
 * average_precision_score gives 1 and, with a warning, 0 for such columns and
 * averages them in; its roc_auc_score gives NAN with a warning. What is left
 * is the mean that scikit-learn gives over the other columns.
 * Agrees with scikit-learn's roc_auc_score, average_precision_score and
 * accuracy_score to 1e-9 (tests/ref/eval_ref.py). */
#ifndef MT_EVAL_AUC_H
#define MT_EVAL_AUC_H

#include <stddef.h>
#include <stdint.h>

#include "base/api.h"

MT_API_BEGIN

struct mt_tag_score {
	size_t n_pos, n_neg;
	double roc, ap;          /* NAN where undefined */
};

/* One list of n scores with labels 0 or 1; both are read with a stride, so
 * that a column of a matrix can be given.
 * ROC-AUC: the probability that a positive outranks a negative, ties one half
 * (Mann and Whitney 1947). AP: sum over the distinct scores, from the top, of
 * the step in recall times the precision there. */
struct mt_tag_score mt_score_tag(const float *score, const uint8_t *label,
				 size_t n, size_t stride);

struct mt_eval {
	size_t n_item, n_tag;
	struct mt_tag_score *tag;   /* [K]; the caller frees */
	struct mt_tag_score micro;  /* all (item, tag) pairs as one list */
	double macro_roc, macro_ap; /* means over the tags of both classes;
				     * NAN when there are none */
	size_t n_macro;             /* how many those are */
	double dprime;              /* sqrt(2) z(macro_roc); z: inverse normal */
	double accuracy;            /* argmax right; NAN unless every item has
				     * exactly one tag */
};

/* score, label in [n][K]. tag is new memory. */
struct mt_eval mt_eval_run(const float *score, const uint8_t *label, size_t n,
			   size_t n_tag);

/* Inverse of the normal distribution function, 0 < p < 1 (Acklam 2003 with
 * one step of Halley's method: full double precision). */
double mt_normal_quantile(double p);

MT_API_END

#endif
