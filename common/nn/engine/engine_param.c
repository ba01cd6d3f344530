/* SPDX-License-Identifier: MIT
 * Parameters of an engine. In training all trainable values lie one after
 * the other, each in its layout, and so do gradients and moments, so that
 * the optimizer is one loop and a data-parallel sum is one call. For
 * inference row-major values are kept, from which the folded ones are made. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "nn/engine/engine_impl.h"
#include "nn/graph/op.h"

static size_t room(const struct mt_tensor *t)
{
	return mt_pad64(t->size * sizeof(float)) / sizeof(float);
}

static float *zeros(size_t n)
{
	float *p = mt_alloc64((n ? n : 1) * sizeof *p);
	memset(p, 0, (n ? n : 1) * sizeof *p);
	return p;
}

void mt_engine_param_alloc(struct mt_engine *e)
{
	const struct mt_net *net = e->net;
	int train = e->opt.mode == MT_TRAIN;
	size_t at = 0, at_buffer = 0;
	for (int i = 0; i < net->n_param; i++)
		*(net->param[i].trainable ? &e->n_w : &e->n_buffer) += room(&e->param[i].w);
	for (int i = 0; i < e->n_step; i++)
		e->n_buffer += room(&e->step[i].fold_bias.w);
	e->w = zeros(e->n_w);
	e->buffer = zeros(e->n_buffer);
	if (train) {
		e->g = zeros(e->n_w);
	}
	if (train && !e->opt.gradient_only) {
		e->m = zeros(e->n_w);
		e->v = zeros(e->n_w);
	}
	if (train && e->opt.average) {
		e->w_mean = zeros(e->n_w);
		e->buffer_mean = zeros(e->n_buffer);
	}
	for (int i = 0; i < net->n_param; i++) {
		struct mt_param_buf *p = &e->param[i];
		size_t *k = net->param[i].trainable ? &at : &at_buffer;
		int mine = net->param[i].trainable;
		p->w.data = (mine ? e->w : e->buffer) + *k;
		if (e->w_mean)
			p->mean = net->param[i].frozen ? p->w.data :
				(mine ? e->w_mean : e->buffer_mean) + *k;
		if (train && net->param[i].trainable) {
			p->g = e->g + *k;
			p->m = e->m ? e->m + *k : NULL;
			p->v = e->v ? e->v + *k : NULL;
		}
		*k += room(&p->w);
	}
	for (int i = 0; i < e->n_step; i++) {
		struct mt_tensor *t = &e->step[i].fold_bias.w;
		t->data = e->buffer + at_buffer;
		at_buffer += room(t);
	}
	if (!train) {
		e->plain = mt_calloc((size_t)net->n_param + 1, sizeof *e->plain);
		for (int i = 0; i < net->n_param; i++)
			e->plain[i] = zeros((size_t)net->param[i].count);
		e->dirty = 1;
	}
	e->size.param = (e->n_w + e->n_buffer) * sizeof(float);
	e->size.state = (e->g ? 1 + 2 * (e->m != NULL) : 0U) * e->n_w * sizeof(float);
	if (e->w_mean)
		e->size.state += e->size.param;
}

void mt_engine_param_free(struct mt_engine *e)
{
	for (int i = 0; e->plain && i < e->net->n_param; i++)
		free(e->plain[i]);
	for (int i = 0; e->param && i < e->net->n_param; i++)
		e->ops->forget(&e->param[i].w);
	free(e->plain);
	free(e->param);
	free(e->w);
	free(e->g);
	free(e->m);
	free(e->v);
	free(e->buffer);
	free(e->w_mean);
	free(e->buffer_mean);
}

/* The plain values of a layer's parameters, by slot. */
static void plain_values(const struct mt_engine *e, int node, float **value)
{
	const struct mt_node *nd = &e->net->node[node];
	for (int k = 0; k < nd->n_param; k++)
		value[e->net->param[nd->param + k].slot] = e->plain[nd->param + k];
}

/* The weights and bias of a step that computes the layer st->fold with them. */
static int fold_step(struct mt_engine *e, struct step *st, struct mt_err *err)
{
	const struct mt_node *node = &e->net->node[st->node], *norm = &e->net->node[st->fold];
	const struct mt_param *pw = &e->net->param[node->param];
	float *value[MT_MAX_PARAM] = {0}, *norm_value[MT_MAX_PARAM] = {0};
	int64_t O = pw->dim[0], n = pw->count / O;
	float *fw = mt_realloc(NULL, (size_t)pw->count, sizeof *fw);
	float *fb = mt_realloc(NULL, (size_t)O, sizeof *fb);
	plain_values(e, st->node, value);
	plain_values(e, st->fold, norm_value);
	for (int64_t o = 0; o < O; o++) {
		struct mt_op_affine f = norm->op->affine(norm, norm_value, o);
		node->op->absorb(value, o, n, &f, fw + o * n, fb + o);
	}
	int status = e->ops->put(e->ctx, &st->s.param[0]->w, fw, err);
	if (!status)
		status = e->ops->put(e->ctx, &st->s.param[1]->w, fb, err);
	free(fw);
	free(fb);
	return status;
}

int mt_engine_fold(struct mt_engine *e, struct mt_err *err)
{
	int status = MT_OK;
	for (int i = 0; !status && i < e->net->n_param; i++)
		status = e->ops->put(e->ctx, &e->param[i].w, e->plain[i], err);
	for (int i = 0; !status && i < e->n_step; i++)
		if (e->step[i].fold >= 0)
			status = fold_step(e, &e->step[i], err);
	e->dirty = status != MT_OK;
	return status;
}

/* The tensor of what, NULL where it does not exist. */
static float *what_data(struct mt_engine *e, int i, enum mt_what what)
{
	const struct mt_param_buf *p = &e->param[i];
	return what == MT_VALUE ? p->w.data : what == MT_GRAD ? p->g :
		what == MT_MOMENT1 ? p->m : what == MT_MOMENT2 ? p->v : p->mean;
}

static int no_such(const struct mt_engine *e, int i, struct mt_err *err)
{
	return mt_err_set(err, MT_EUSAGE, "%s has no gradient, moments or mean in this engine",
			  e->net->param[i].name);
}

int mt_engine_get(struct mt_engine *e, int i, enum mt_what what, float *out, struct mt_err *err)
{
	struct mt_tensor t = e->param[i].w;
	if (!(t.data = what_data(e, i, what)))
		return no_such(e, i, err);
	if (e->opt.mode == MT_TRAIN)
		return e->ops->get(e->ctx, &t, out, err);
	memcpy(out, e->plain[i], (size_t)e->net->param[i].count * sizeof *out);
	return MT_OK;
}

int mt_engine_set(struct mt_engine *e, int i, enum mt_what what, const float *in,
		  struct mt_err *err)
{
	struct mt_tensor t = e->param[i].w;
	if (!(t.data = what_data(e, i, what)))
		return no_such(e, i, err);
	if (e->opt.mode == MT_TRAIN)
		return e->ops->put(e->ctx, &t, in, err);
	memcpy(e->plain[i], in, (size_t)e->net->param[i].count * sizeof *in);
	e->dirty = 1;
	return MT_OK;
}

int mt_engine_copy(struct mt_engine *to, struct mt_engine *from, enum mt_what what,
		   struct mt_err *err)
{
	int moments = what == MT_VALUE && to->m && from->m, status = MT_OK;
	MT_BUG(what != MT_VALUE && what != MT_AVERAGE);
	for (int i = 0; !status && i < to->net->n_param; i++) {
		float *tmp = mt_realloc(NULL, (size_t)to->net->param[i].count + 1, sizeof *tmp);
		status = mt_engine_get(from, i, what, tmp, err);
		if (!status)
			status = mt_engine_set(to, i, MT_VALUE, tmp, err);
		for (int m = MT_MOMENT1; !status && m <= MT_MOMENT2; m++) {
			if (!moments || !to->param[i].m)
				continue;
			status = mt_engine_get(from, i, (enum mt_what)m, tmp, err);
			if (!status)
				status = mt_engine_set(to, i, (enum mt_what)m, tmp, err);
		}
		free(tmp);
	}
	return status;
}

int mt_engine_init(struct mt_engine *e, uint64_t seed, struct mt_err *err)
{
	int status = MT_OK;
	for (int i = 0; !status && i < e->net->n_param; i++) {
		size_t n = (size_t)e->net->param[i].count;
		float *tmp = mt_realloc(NULL, n + 1, sizeof *tmp);
		mt_net_init(e->net, i, seed, tmp);
		status = mt_engine_set(e, i, MT_VALUE, tmp, err);
		free(tmp);
	}
	if (!status && e->m) {
		memset(e->m, 0, e->n_w * sizeof *e->m);
		memset(e->v, 0, e->n_w * sizeof *e->v);
	}
	return status;
}
