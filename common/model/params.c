/* SPDX-License-Identifier: MIT */
#include "model/params.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

const char *const mt_model_prefix[] = {
	[MT_VALUE] = "", [MT_MOMENT1] = "m/", [MT_MOMENT2] = "v/", [MT_AVERAGE] = "mean/",
};
/* The tensor for parameter i, in its shape; NULL and why otherwise. */
static const struct mt_model_tensor *find(const struct mt_model *m,
					  const struct mt_param *p,
					  enum mt_what what, struct mt_err *err)
{
	char *name = mt_strf("%s%s", mt_model_prefix[what], p->name);
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

int mt_model_param_to_engine(const struct mt_model *m, const struct mt_net *net, int i,
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
			rc = mt_model_param_to_engine(m, net, i, MT_VALUE, e, err);
	return rc;
}

int mt_model_to_engine(const struct mt_model *m, const struct mt_net *net,
		       struct mt_engine *e, struct mt_err *err)
{
	return mt_model_layers_to_engine(m, net, -1, e, err);
}
