/* SPDX-License-Identifier: MIT
 * A trainer's parameters, moments and averages to and from model files. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "nn/train.h"

static const char *const prefix[] = {[MT_VALUE] = "", [MT_MOMENT1] = "m/",
				     [MT_MOMENT2] = "v/",
				     [MT_AVERAGE] = "mean/"};

/* what as a tensor; in a checkpoint its name begins with what it is. */
static int add(struct mt_trainer *t, int i, enum mt_what what, bool state,
	       struct mt_model_tensor *out, struct mt_err *err)
{
	const char *kind = state ? prefix[what] : "";
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

/* The tensor for parameter i, in its shape; NULL and why otherwise. */
static const struct mt_model_tensor *find(const struct mt_model *m,
					  const struct mt_param *p,
					  enum mt_what what, struct mt_err *err)
{
	char *name = mt_strf("%s%s", prefix[what], p->name);
	const struct mt_model_tensor *t = mt_model_get(m, name);
	bool fits = t && !strcmp(t->dtype, "F32") && t->n_dim == p->n_dim;
	for (int d = 0; fits && d < p->n_dim; d++)
		fits = t->dim[d] == (uint64_t)p->dim[d];
	if (!fits)
		mt_err_set(err, MT_EINPUT, "the model's tensor '%s' %s", name,
			   t ? "does not have the net's shape or is not F32"
			     : "is missing");
	free(name);
	return fits ? t : NULL;
}

static int take(const struct mt_model *m, const struct mt_net *net, int i,
		enum mt_what what, struct mt_engine *e, struct mt_err *err)
{
	const struct mt_model_tensor *t = find(m, &net->param[i], what, err);
	if (!t)
		return MT_EINPUT;
	/* a file may place tensors where floats do not lie */
	float *x = mt_alloc64(t->size);
	memcpy(x, t->data, t->size);
	int rc = mt_engine_set(e, i, what, x, err);
	free(x);
	return rc;
}

int mt_model_fits(const struct mt_model *m, const struct mt_net *net,
		  struct mt_err *err)
{
	for (int i = 0; i < net->n_param; i++)
		if (!find(m, &net->param[i], MT_VALUE, err))
			return MT_EINPUT;
	return MT_OK;
}

int mt_model_layers_to_engine(const struct mt_model *m, const struct mt_net *net, int skip,
			      struct mt_engine *e, struct mt_err *err)
{
	int rc = MT_OK;
	for (int i = 0; !rc && i < net->n_param; i++)
		if (net->param[i].node != skip)
			rc = take(m, net, i, MT_VALUE, e, err);
	return rc;
}

int mt_model_to_engine(const struct mt_model *m, const struct mt_net *net,
		       struct mt_engine *e, struct mt_err *err)
{
	return mt_model_layers_to_engine(m, net, -1, e, err);
}

int mt_trainer_load(struct mt_trainer *t, const struct mt_model *m,
		    struct mt_err *err)
{
	int rc = mt_model_to_engine(m, t->net, t->engine, err);
	bool sgd = t->recipe.optim.kind == MT_OPTIM_SGD;
	for (int i = 0; !rc && i < t->net->n_param; i++) {
		if (mt_trainer_judged(t) == MT_AVERAGE)
			rc = take(m, t->net, i, MT_AVERAGE, t->engine, err);
		if (rc || !t->net->param[i].trainable)
			continue;
		rc = take(m, t->net, i, MT_MOMENT1, t->engine, err);
		if (!rc && !sgd)
			rc = take(m, t->net, i, MT_MOMENT2, t->engine, err);
	}
	return rc;
}
