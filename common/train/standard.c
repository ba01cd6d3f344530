/* SPDX-License-Identifier: MIT */
#include "train/standard.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"

/* sum[b % n] += (x - mean)^power over all frames of the training examples. */
static int sum_up(struct mt_trainer *t, const double *mean, double *sum, size_t n,
		  struct mt_err *err)
{
	size_t m = t->data->n_band;
	for (size_t i = 0; i < t->n_train; i++) {
		const struct mt_example *e = &t->data->item[t->train[i]];
		int rc = mt_examples_frames(t->data, t->train[i], 0, e->n_frame, t->clip, err);
		if (rc)
			return rc;
		for (size_t k = 0; k < e->n_frame * m; k++) {
			double x = (double)t->clip[k], d = mean ? x - mean[k % n] : 0;
			sum[k % n] += mean ? d * d : x;
		}
	}
	return MT_OK;
}

int mt_trainer_standardise(struct mt_trainer *t, struct mt_err *err)
{
	const struct mt_node *node = &t->net->node[0];
	if (!node->fixed)
		return MT_OK;
	/* one for each band, or a single one for all */
	size_t n = (size_t)t->net->param[node->param].count, m = t->data->n_band;
	double *mean = mt_calloc(n, sizeof *mean), *var = mt_calloc(n, sizeof *var);
	double count = 0;
	float *x = mt_calloc(n, sizeof *x);
	MT_BUG(m % n);
	for (size_t i = 0; i < t->n_train; i++)
		count += (double)t->data->item[t->train[i]].n_frame * (double)(m / n);
	int rc = sum_up(t, NULL, mean, n, err);
	for (size_t b = 0; b < n; b++)
		mean[b] /= count;
	if (!rc)
		rc = sum_up(t, mean, var, n, err);
	for (size_t b = 0; b < n; b++)
		x[b] = (float)mean[b];
	if (!rc)
		rc = mt_engine_set(t->engine, node->param + 2, MT_VALUE, x, err);
	double typical = 0;
	for (size_t b = 0; b < n; b++)
		typical += var[b] / count / (double)n;
	for (size_t b = 0; b < n; b++) {
		/* what is left of a constant is rounding; what hardly changed here
		 * would be huge in the first clip in which it does */
		double v = var[b] / count;
		bool still = v <= 1e-12 * mean[b] * mean[b] || v <= 1e-10 * typical;
		x[b] = still || !((float)v > 0) ? 1 : (float)v;
	}
	if (!rc)
		rc = mt_engine_set(t->engine, node->param + 3, MT_VALUE, x, err);
	free(mean);
	free(var);
	free(x);
	return rc;
}
