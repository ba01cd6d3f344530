/* SPDX-License-Identifier: MIT
 * The files of a training run: its models, and the checkpoint out of which it
 * goes on as if it had never stopped. */
#ifndef MT_TRAIN_CHECKPOINT_H
#define MT_TRAIN_CHECKPOINT_H

#include "train/train.h"

/* What a run knows beside its trainer. The texts are in memory of its own. */
struct mt_checkpoint {
	char *tags;              /* JSON array of names */
	char *frontend;          /* JSON, see dsp/mel.h; NULL: not known */
	char *recipe;            /* JSON object of options */
	char *provenance;        /* text of a stream's header */
	char *metrics;           /* a line of JSON for each epoch */
	char *inherited[3];      /* licence, source and origin of the model that the
				  * training started from; NULL: none */
	double best;             /* score of the best epoch; before the first
				  * -INFINITY */
	int64_t best_epoch;
	size_t was_epochs;       /* set by load: epochs that the run was to have */
};

/* Write a model file that says how it was made; whole: a checkpoint, with the
 * state that mt_checkpoint_load() needs. Errors: mt_trainer_save(). */
int mt_checkpoint_save(const struct mt_checkpoint *c, struct mt_trainer *t,
		       const char *path, bool whole, struct mt_err *err)
	MT_USE_RESULT;
/* Set c's metrics and best, t's parameters, moments, averages, epoch and step
 * to those of the file. More epochs than the file's recipe says are the only
 * option that may change. MT_END: there is no such file. MT_EUSAGE: it was made
 * with another net, recipe, vocabulary or other examples; the message names each
 * option with both values. MT_EINPUT: not a checkpoint. */
int mt_checkpoint_load(struct mt_checkpoint *c, struct mt_trainer *t,
		       const char *path, struct mt_err *err) MT_USE_RESULT;
/* Take over the licence notice and the origin of the model that c starts from. */
void mt_checkpoint_inherit(struct mt_checkpoint *c, const struct mt_model *m);
void mt_checkpoint_release(struct mt_checkpoint *c);

#endif
