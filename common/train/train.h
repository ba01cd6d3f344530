/* SPDX-License-Identifier: MIT
 * Training: epochs of random crops, augmented, in an order and with numbers
 * that depend on nothing but seed, epoch and the examples' keys. So a resumed
 * run and one with other numbers of threads for loading see the same batches.
 *
 * SpecAugment (Park et al. 2019): two stripes of frames and two of bands, each
 * of a uniform width up to the given one, or half the axis where that is less,
 * set to the crop's mean.
 * Mixup (Zhang et al. 2018): each example with the next of its batch, weight
 * from Beta(alpha, alpha), targets too. */
#ifndef MT_TRAIN_TRAIN_H
#define MT_TRAIN_TRAIN_H

#include <stdbool.h>

#include "model/model.h"
#include "model/window.h"
#include "train/batch.h"

enum mt_schedule { MT_CONSTANT, MT_COSINE };

struct mt_recipe {
	size_t epochs, batch, crop;    /* crop in frames */
	uint64_t seed;
	enum mt_loss loss;
	struct mt_optim optim;         /* lr is the greatest one */
	enum mt_schedule schedule;
	double warmup;                 /* share of all steps with rising lr */
	double mixup;                  /* alpha; 0: none */
	size_t mask_frames, mask_bands;
	double average;                /* width of the mean, see
					  mt_optim_average_share(); 0: none */
	const char *backend;           /* NULL: the default */
	int n_thread;
};

/* Learning rate of step s (1 for the first) of n: a linear rise, then constant,
 * or half a cosine down to almost zero (Loshchilov and Hutter 2017). */
double mt_recipe_rate(const struct mt_recipe *r, uint64_t s, uint64_t n);

struct mt_trainer {
	struct mt_recipe recipe;
	const struct mt_net *net;
	struct mt_examples *data;
	uint32_t *train, *valid;       /* numbers of examples */
	size_t n_train, n_valid;
	struct mt_engine *engine;
	struct mt_scorer scorer;
	uint64_t step;                 /* updates so far */
	size_t epoch;                  /* epochs so far */
	uint32_t *order;               /* scratch */
	float *clip, *x, *target;
	size_t longest;                /* frames of the longest example */
	double last_loss;              /* of the newest epoch */
};

/* net and data must outlive the trainer; train and valid are taken over. */
int mt_trainer_open(struct mt_trainer *t, const struct mt_recipe *recipe,
		    const struct mt_net *net, struct mt_examples *data,
		    uint32_t *train, size_t n_train, uint32_t *valid,
		    size_t n_valid, struct mt_err *err) MT_USE_RESULT;
/* One epoch; a last batch of fewer examples is trained on too.
 *   loss  out  mean over the examples, as trained on
 *   tell  called after each step with steps done, steps in the epoch and the
 *         mean loss so far; NULL: not
 * MT_EINPUT when the loss is not finite any more. */
int mt_trainer_epoch(struct mt_trainer *t, double *loss,
		     void (*tell)(size_t done, size_t all, double loss),
		     struct mt_err *err) MT_USE_RESULT;
/* What is validated and saved as the model: the averaged parameters, or, where
 * the recipe has no average, the present ones. */
enum mt_what mt_trainer_judged(const struct mt_trainer *t);
/* Do all examples to learn from have the same values? Then equal scores are right. */
bool mt_trainer_alike(const struct mt_trainer *t);
/* Score the validation examples.
 *   score out [n_valid][K]; label out [n_valid][K]; loss out: mean
 *   flat  out  the model gives every example, some of those to learn from among
 *              them, the same scores though their sound differs: it has learnt
 *              nothing
 * MT_EINPUT when a score is not finite: the training has diverged. */
int mt_trainer_validate(struct mt_trainer *t, float *score, uint8_t *label,
			double *loss, bool *flat, struct mt_err *err) MT_USE_RESULT;
/* MT_EINPUT: epoch, what (kind and name) is not finite, and the learning rate. */
int mt_trainer_diverged(const struct mt_trainer *t, size_t epoch, const char *kind,
			const char *name, double value, struct mt_err *err);
void mt_trainer_close(struct mt_trainer *t);

/* Write the parameters that are judged as a model file; with_state: the present
 * ones, with their moments and averages, for mt_trainer_load(). MT_EINPUT, and
 * no file, when one of them is not finite. */
int mt_trainer_save(struct mt_trainer *t, const char *path, int with_state,
		    const struct mt_model_meta *meta, size_t n_meta,
		    struct mt_err *err) MT_USE_RESULT;
/* Take parameters, moments and averages from a file with_state; epoch and step are the
 * caller's to set. */
int mt_trainer_load(struct mt_trainer *t, const struct mt_model *m,
		    struct mt_err *err) MT_USE_RESULT;
#endif
