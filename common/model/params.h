/* SPDX-License-Identifier: MIT
 * Parameters of a model file into an engine. Errors: MT_EINPUT, naming the first
 * tensor that is missing, is not F32 or has another shape. */
#ifndef MT_MODEL_PARAMS_H
#define MT_MODEL_PARAMS_H

#include "model/model.h"
#include "nn/engine/engine.h"

/* Before the parameter's name in a file: nothing, or what of it is meant. */
extern const char *const mt_model_prefix[];

/* One of them: parameter i of the net, its value or what the optimizer keeps. */
int mt_model_param_to_engine(const struct mt_model *m, const struct mt_net *net, int i,
			     enum mt_what what, struct mt_engine *e, struct mt_err *err)
	MT_USE_RESULT;
/* All values. */
int mt_model_to_engine(const struct mt_model *m, const struct mt_net *net,
		       struct mt_engine *e, struct mt_err *err) MT_USE_RESULT;
/* The same, but for those of one layer; skip -1: for none. */
int mt_model_layers_to_engine(const struct mt_model *m, const struct mt_net *net, int skip,
			      struct mt_engine *e, struct mt_err *err) MT_USE_RESULT;
/* Whether it has them all, before memory is planned for them. */
int mt_model_fits(const struct mt_model *m, const struct mt_net *net,
		  struct mt_err *err) MT_USE_RESULT;

#endif
