/* SPDX-License-Identifier: MIT
 * Training that starts from another model: its net with an own number of
 * classes, its parameters, its front end, and which of its layers stay as they
 * are. Also the front end of a set of embeddings as a model's metadata holds it:
 * which model's layer they are ("embed.model", "embed.crc32", "embed.layer",
 * "embed.pool", "embed.dims"). */
#ifndef MT_TRAIN_TRANSFER_H
#define MT_TRAIN_TRANSFER_H

#include <stdbool.h>

#include "model/tagger.h"
#include "train/train.h"

/* Which model and layer gave the embeddings of a stream, as a JSON object of
 * strings in new memory; NULL where its header does not say. Errors: MT_EINPUT. */
int mt_embed_json(const struct mt_head *head, char **json, struct mt_err *err)
	MT_USE_RESULT;
/* Was this set made by the front end that the model was trained with, and has it
 * as many bands as its net reads? name is the model's. Errors: MT_EUSAGE with the
 * parameter and both values. */
int mt_front_check(const struct mt_tagger *base, const char *name,
		   const struct mt_examples *set, struct mt_err *err) MT_USE_RESULT;
/* The header's vocabulary as a JSON array, in new memory. Errors: MT_EINPUT for
 * a tag that is not valid UTF-8. */
int mt_tags_json(const struct mt_head *head, char **json, struct mt_err *err)
	MT_USE_RESULT;

/* The net that a training asks for. */
struct mt_net_wish {
	const char *name;              /* built in, or a file (mt_net_load()) */
	const struct mt_tagger *base;  /* or this model's; NULL: not */
	const char *base_name;         /* what the user calls it */
	const char *freeze;            /* see mt_transfer_freeze(); NULL: nothing */
	bool single;                   /* the last layer becomes a softmax, else sigmoid */
	struct mt_net_opt how;
};
/* The net as it is. Errors: those of mt_net_load(). */
int mt_wish_read(struct mt_net *net, const struct mt_net_wish *w, struct mt_err *err)
	MT_USE_RESULT;
/* The net as it is to be trained. Errors: also MT_EUSAGE for too short a crop
 * (how.frames), MT_EINPUT for a net that ends in neither sigmoid nor softmax. */
int mt_wish_load(struct mt_net *net, const struct mt_net_wish *w, struct mt_err *err)
	MT_USE_RESULT;

/* Hand what the net recommends for its training to set(ctx, name, number): the
 * member "recipe" of its JSON, {"lr": 0.001, ...}. MT_END: there is none. Errors:
 * MT_EINPUT, and what set() gives. */
int mt_net_recommend(const struct mt_net *net,
		     int (*set)(const void *ctx, const char *name, const char *number,
				struct mt_err *err),
		     const void *ctx, struct mt_err *err) MT_USE_RESULT;

/* Is the vocabulary the model's, in its order? Then its head is kept, too. */
bool mt_transfer_same_tags(const struct mt_tagger *base, const struct mt_head *head);
/* Parameters of the model, but for those of the head unless keep_head, become
 * those of the trainer, whose net is the model's but for the head. */
int mt_transfer_params(const struct mt_tagger *base, struct mt_trainer *t,
		       bool keep_head, struct mt_err *err) MT_USE_RESULT;
/* Freeze the layers up to the one of this name, or all below the head for
 * "all-but-head". Errors: MT_EUSAGE for an unknown layer, and where nothing
 * would be left to train. */
int mt_transfer_freeze(struct mt_net *net, const char *layer, struct mt_err *err)
	MT_USE_RESULT;

#endif
