/* SPDX-License-Identifier: MIT
 * Validation: the scores of a trainer's model, and whether it is one. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/finite.h"
#include "base/mem.h"
#include "train/train.h"

#define PROBES 64            /* examples to learn from that are scored, too ... */
#define FEW 8                /* ... where nothing is odd, to save time */
#define ODD_LOSS 100         /* a loss above it makes a look at them due */

/* Scores [n][K] of these examples by the scorer's parameters. */
static int score_list(struct mt_trainer *t, const uint32_t *item, size_t n, float *score,
		      struct mt_err *err)
{
	size_t k = t->data->n_tag;
	int rc = MT_OK;
	for (size_t i = 0; !rc && i < n; i++) {
		const struct mt_example *e = &t->data->item[item[i]];
		rc = mt_examples_frames(t->data, item[i], 0, e->n_frame, t->clip, err);
		if (rc)
			break;
		rc = mt_scorer_add(&t->scorer, score + i * k, NULL, t->clip, e->n_frame,
				   mt_window_count(e->n_frame, t->recipe.crop, 0), err);
	}
	return rc ? rc : mt_scorer_flush(&t->scorer, err);
}

static int check_finite(const struct mt_trainer *t, const uint32_t *item, const float *score,
			size_t n, struct mt_err *err)
{
	size_t k = t->data->n_tag, at = mt_finite_f4(score, n * k);
	if (at == n * k)
		return MT_OK;
	return mt_trainer_diverged(t, t->epoch, "a score of ", t->data->item[item[at / k]].key,
				   (double)score[at], err);
}

static bool is_flat(const float *score, size_t n, size_t k)
{
	for (size_t i = 1; i < n; i++)
		if (memcmp(score, score + i * k, k * sizeof *score) != 0)
			return false;
	return true;
}

bool mt_trainer_alike(const struct mt_trainer *t)
{
	for (size_t i = 1; i < t->n_train; i++)
		if (t->data->item[t->train[i]].crc != t->data->item[t->train[0]].crc)
			return false;
	return true;
}

/* Some of the examples to learn from, evenly spread. */
static int probe(struct mt_trainer *t, size_t n, bool *flat, struct mt_err *err)
{
	size_t k = t->data->n_tag;
	uint32_t item[PROBES];
	n = t->n_train < n ? t->n_train : n;
	float *score = mt_calloc(n * k, sizeof *score);
	for (size_t i = 0; i < n; i++)
		item[i] = t->train[i * t->n_train / n];
	int rc = score_list(t, item, n, score, err);
	if (!rc)
		rc = check_finite(t, item, score, n, err);
	*flat = !rc && is_flat(score, n, k) && !mt_trainer_alike(t);
	free(score);
	return rc;
}

int mt_trainer_validate(struct mt_trainer *t, float *score, uint8_t *label, double *loss,
			bool *flat, struct mt_err *err)
{
	size_t k = t->data->n_tag;
	bool bce = t->recipe.loss == MT_LOSS_BCE;
	int rc = mt_engine_copy(t->scorer.engine, t->engine, mt_trainer_judged(t), err);
	for (size_t i = 0; i < t->n_valid; i++)
		memcpy(label + i * k, t->data->item[t->valid[i]].label, k);
	if (!rc)
		rc = score_list(t, t->valid, t->n_valid, score, err);
	if (!rc)
		rc = check_finite(t, t->valid, score, t->n_valid, err);
	double sum = 0;
	for (size_t i = 0; i < t->n_valid * k; i++) {
		double p = (double)score[i], q = label[i] ? p : 1 - p;
		if (bce || label[i])
			sum -= log(q > 1e-12 ? q : 1e-12);
	}
	*loss = sum / (double)(t->n_valid * (bce ? k : 1));
	bool same = is_flat(score, t->n_valid, k), odd = t->last_loss > ODD_LOSS;
	*flat = false;
	if (!rc && (same || odd)) {
		rc = probe(t, odd || t->n_valid > 1 ? PROBES : FEW, flat, err);
		*flat &= same;
	}
	return rc;
}
