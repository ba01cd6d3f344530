/* SPDX-License-Identifier: MIT */
#include "train/train.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"

#define VALID_BATCH 16

int mt_trainer_open(struct mt_trainer *t, const struct mt_recipe *recipe,
		    const struct mt_net *net, struct mt_examples *data,
		    uint32_t *train, size_t n_train, uint32_t *valid,
		    size_t n_valid, struct mt_err *err)
{
	*t = (struct mt_trainer){.recipe = *recipe, .net = net, .data = data,
				 .train = train, .n_train = n_train,
				 .valid = valid, .n_valid = n_valid};
	size_t batch = recipe->batch, crop = recipe->crop;
	for (size_t i = 0; i < data->n; i++)
		if (data->item[i].n_frame > t->longest)
			t->longest = data->item[i].n_frame;
	struct mt_engine_opt opt = {
		.mode = MT_TRAIN, .backend = recipe->backend,
		.batch = (int64_t)batch, .frames = (int64_t)crop,
		.n_thread = recipe->n_thread,
		.average = recipe->average > 0,
	};
	int rc = mt_engine_new(&t->engine, net, &opt, err);
	if (!rc)
		rc = mt_engine_init(t->engine, recipe->seed, err);
	if (!rc)
		rc = mt_scorer_init(&t->scorer, net, recipe->backend,
				    VALID_BATCH, crop, recipe->n_thread, err);
	if (rc) {
		mt_trainer_close(t);
		return rc;
	}
	t->order = mt_calloc(n_train, sizeof *t->order);
	t->clip = mt_alloc64(t->longest * data->n_band * sizeof *t->clip);
	t->x = mt_alloc64(batch * crop * data->n_band * sizeof *t->x);
	t->target = mt_alloc64(batch * data->n_tag * sizeof *t->target);
	return MT_OK;
}

void mt_trainer_close(struct mt_trainer *t)
{
	if (t->engine)
		mt_engine_free(t->engine);
	mt_scorer_release(&t->scorer);
	free(t->train);
	free(t->valid);
	free(t->order);
	free(t->clip);
	free(t->x);
	free(t->target);
	*t = (struct mt_trainer){0};
}

/* Two stripes of frames, two of bands, set to the mean. */
static void mask(const struct mt_trainer *t, float *x, uint64_t name)
{
	const struct mt_recipe *r = &t->recipe;
	size_t n_frame = r->crop, m = t->data->n_band;
	if (!r->mask_frames && !r->mask_bands)
		return;
	struct mt_rng rng;
	mt_rng_init(&rng, r->seed, MT_RNG_AUGMENT, (uint32_t)t->epoch, name);
	double sum = 0;
	for (size_t i = 0; i < n_frame * m; i++)
		sum += x[i];
	float mean = (float)(sum / (double)(n_frame * m));
	for (int stripe = 0; stripe < 4; stripe++) {
		bool in_time = stripe < 2;
		size_t all = in_time ? n_frame : m;
		size_t most = in_time ? r->mask_frames : r->mask_bands;
		if (most > all / 2)
			most = all / 2;
		size_t n = (size_t)mt_rng_below(&rng, most + 1);
		size_t at = (size_t)mt_rng_below(&rng, all - n + 1);
		for (size_t f = 0; f < n_frame; f++)
			for (size_t b = 0; b < m; b++)
				if ((in_time ? f : b) - at < n)
					x[f * m + b] = mean;
	}
}

/* A random crop of example i; a clip shorter than the crop is repeated from
 * a random frame on. */
static int load_crop(struct mt_trainer *t, uint32_t i, float *x,
		     struct mt_err *err)
{
	const struct mt_example *e = &t->data->item[i];
	size_t crop = t->recipe.crop;
	struct mt_rng rng;
	mt_rng_init(&rng, t->recipe.seed, MT_RNG_CROP, (uint32_t)t->epoch,
		    e->hash);
	uint64_t places = e->n_frame > crop ? e->n_frame - crop + 1
					    : e->n_frame;
	int rc = mt_examples_frames(t->data, i,
				    (int64_t)mt_rng_below(&rng, places), crop, x,
				    err);
	if (!rc)
		mask(t, x, e->hash);
	return rc;
}

/* Labels as what the loss wants: for CE they sum to 1. */
static void put_target(const struct mt_trainer *t, uint32_t i, float *y)
{
	const uint8_t *label = t->data->item[i].label;
	size_t k = t->data->n_tag, ones = 0;
	for (size_t j = 0; j < k; j++)
		ones += label[j];
	float one = t->recipe.loss == MT_LOSS_CE && ones ? 1 / (float)ones : 1;
	for (size_t j = 0; j < k; j++)
		y[j] = label[j] ? one : 0;
}

static void blend(float *a, const float *b, size_t n, float keep)
{
	for (size_t i = 0; i < n; i++)
		a[i] = keep * a[i] + (1 - keep) * b[i];
}

/* Each example with the next one; the last with the first as it was. */
static void mix(struct mt_trainer *t, const uint32_t *item, size_t n)
{
	size_t one = t->recipe.crop * t->data->n_band, k = t->data->n_tag;
	if (!(t->recipe.mixup > 0) || n < 2)
		return;
	float *x0 = mt_alloc64(one * sizeof *x0), *y0 = mt_alloc64(k * sizeof *y0);
	memcpy(x0, t->x, one * sizeof *x0);
	memcpy(y0, t->target, k * sizeof *y0);
	for (size_t i = 0; i < n; i++) {
		struct mt_rng rng;
		mt_rng_init(&rng, t->recipe.seed, MT_RNG_MIXUP,
			    (uint32_t)t->epoch,
			    t->data->item[item[i]].hash);
		float keep = (float)mt_rng_beta(&rng, t->recipe.mixup,
						t->recipe.mixup);
		bool last = i + 1 == n;
		blend(t->x + i * one, last ? x0 : t->x + (i + 1) * one, one,
		      keep);
		blend(t->target + i * k,
		      last ? y0 : t->target + (i + 1) * k, k, keep);
	}
	free(x0);
	free(y0);
}

double mt_recipe_rate(const struct mt_recipe *r, uint64_t s, uint64_t n)
{
	double at = (double)s, rise = r->warmup * (double)n;
	if (at <= rise)
		return r->optim.lr * at / rise;
	if (r->schedule == MT_CONSTANT)
		return r->optim.lr;
	double part = (at - rise) / ((double)n - rise + 1);
	return r->optim.lr * 0.5 * (1 + cos(M_PI * part));
}

int mt_trainer_diverged(const struct mt_trainer *t, size_t epoch, const char *kind,
			const char *name, double value, struct mt_err *err)
{
	const struct mt_recipe *r = &t->recipe;
	size_t steps = (t->n_train + r->batch - 1) / r->batch;
	return mt_err_set(err, MT_EINPUT, "training diverged: epoch %zu, step %llu: %s%s is %s "
			  "at learning rate %g; use a lower `lr` than %g", epoch,
			  (unsigned long long)t->step, kind, name, isnan(value) ? "NaN" :
			  "infinite",
			  mt_recipe_rate(r, t->step, steps * r->epochs), r->optim.lr);
}

int mt_trainer_epoch(struct mt_trainer *t, double *loss,
		     void (*tell)(size_t done, size_t all, double loss),
		     struct mt_err *err)
{
	const struct mt_recipe *r = &t->recipe;
	size_t steps = (t->n_train + r->batch - 1) / r->batch;
	size_t one = r->crop * t->data->n_band, k = t->data->n_tag;
	struct mt_rng rng;
	double sum = 0;
	uint32_t *item = mt_calloc(r->batch, sizeof *item);
	mt_rng_init(&rng, r->seed, MT_RNG_SHUFFLE, (uint32_t)t->epoch, 0);
	mt_rng_shuffle(&rng, t->order, t->n_train);
	int rc = MT_OK;
	for (size_t s = 0; !rc && s < steps; s++) {
		size_t from = s * r->batch, n = t->n_train - from;
		if (n > r->batch)
			n = r->batch;
		for (size_t i = 0; !rc && i < n; i++) {
			item[i] = t->train[t->order[from + i]];
			rc = load_crop(t, item[i], t->x + i * one, err);
			put_target(t, item[i], t->target + i * k);
		}
		if (rc)
			break;
		mix(t, item, n);
		struct mt_train how = {.loss = r->loss, .optim = r->optim,
				       .step = ++t->step, .seed = r->seed};
		how.optim.lr = mt_recipe_rate(r, t->step, steps * r->epochs);
		double now;
		rc = mt_engine_train_step(t->engine, (int64_t)n, t->x,
					  t->target, &how, &now, err);
		if (!rc && !isfinite(now))
			rc = mt_trainer_diverged(t, t->epoch + 1, "", "the loss",
						 now, err);
		if (rc)
			break;
		if (r->average > 0)
			mt_engine_average(t->engine, mt_optim_average_share(
						  r->average, t->step));
		sum += now * (double)n;
		if (tell)
			tell(s + 1, steps, sum / (double)(from + n));
	}
	t->epoch += !rc;
	*loss = t->last_loss = sum / (double)t->n_train;
	free(item);
	return rc;
}

enum mt_what mt_trainer_judged(const struct mt_trainer *t)
{
	return t->recipe.average > 0 ? MT_AVERAGE : MT_VALUE;
}

