/* SPDX-License-Identifier: MIT
 * A trainer's parameters, moments and averages to and from model files. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/params.h"
#include "train/train.h"

/* what as a tensor; in a checkpoint its name begins with what it is. */
static int add(struct mt_trainer *t, int i, enum mt_what what, bool state,
	       struct mt_model_tensor *out, struct mt_err *err)
{
	const char *kind = state ? mt_model_prefix[what] : "";
	const struct mt_param *p = &t->net->param[i];
	size_t count = (size_t)p->count;
	float *x = mt_alloc64(count * sizeof *x);
	int rc = mt_engine_get(t->engine, i, what, x, err);
	for (size_t j = 0; !rc && j < count; j++)
		if (!isfinite(x[j]))
			rc = mt_trainer_diverged(t, t->epoch, kind, p->name,
						 (double)x[j], err);
	*out = (struct mt_model_tensor){
		.name = mt_strf("%s%s", kind, p->name),
		.n_dim = p->n_dim, .data = x, .size = count * sizeof *x};
	for (int d = 0; d < p->n_dim; d++)
		out->dim[d] = (uint64_t)p->dim[d];
	return rc;
}

int mt_trainer_save(struct mt_trainer *t, const char *path, int with_state,
		    const struct mt_model_meta *meta, size_t n_meta,
		    struct mt_err *err)
{
	int n_param = t->net->n_param, rc = MT_OK;
	struct mt_model_tensor *tensor =
		mt_calloc(4 * (size_t)n_param, sizeof *tensor);
	bool sgd = t->recipe.optim.kind == MT_OPTIM_SGD;
	bool state = with_state != 0;
	enum mt_what judged = mt_trainer_judged(t);
	size_t n = 0;
	for (int i = 0; !rc && i < n_param; i++) {
		rc = add(t, i, state ? MT_VALUE : judged, state, &tensor[n++],
			 err);
		if (!rc && state && judged == MT_AVERAGE)
			rc = add(t, i, MT_AVERAGE, state, &tensor[n++], err);
		if (rc || !state || !t->net->param[i].trainable)
			continue;
		rc = add(t, i, MT_MOMENT1, state, &tensor[n++], err);
		if (!rc && !sgd)
			rc = add(t, i, MT_MOMENT2, state, &tensor[n++], err);
	}
	if (!rc)
		rc = mt_model_save(path, tensor, n, meta, n_meta, err);
	for (size_t i = 0; i < n; i++) {
		free(tensor[i].name);
		free((void *)(uintptr_t)tensor[i].data);
	}
	free(tensor);
	return rc;
}

int mt_trainer_load(struct mt_trainer *t, const struct mt_model *m,
		    struct mt_err *err)
{
	int rc = mt_model_to_engine(m, t->net, t->engine, err);
	bool sgd = t->recipe.optim.kind == MT_OPTIM_SGD;
	for (int i = 0; !rc && i < t->net->n_param; i++) {
		if (mt_trainer_judged(t) == MT_AVERAGE)
			rc = mt_model_param_to_engine(m, t->net, i, MT_AVERAGE, t->engine, err);
		if (rc || !t->net->param[i].trainable)
			continue;
		rc = mt_model_param_to_engine(m, t->net, i, MT_MOMENT1, t->engine, err);
		if (!rc && !sgd)
			rc = mt_model_param_to_engine(m, t->net, i, MT_MOMENT2, t->engine, err);
	}
	return rc;
}
