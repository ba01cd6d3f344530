/* SPDX-License-Identifier: MIT */
#include "nn/dev/cpu/onednn/onednn_prim.h"

#include <string.h>

#include "base/mem.h"

/* Keep the first failure; true if all is well so far. */
static int is_ok(struct dnn_planner *pl, dnnl_status_t status, const char *what)
{
	if (!pl->rc)
		pl->rc = mt_dnn_check(status, what, pl->err);
	return !pl->rc;
}

void mt_dnn_end(struct dnn_planner *pl)
{
	while (pl->n_md > 0)
		dnnl_memory_desc_destroy(pl->md[--pl->n_md]);
	while (pl->n_pd > 0)
		dnnl_primitive_desc_destroy(pl->pd[--pl->n_pd]);
}

static dnn_md own(struct dnn_planner *pl, int rc, const dnn_md_own *md)
{
	if ((pl->rc = rc))
		return NULL;
	MT_BUG(pl->n_md >= DNN_MAX_OWN);
	return pl->md[pl->n_md++] = *md;
}

dnn_md mt_dnn_any(struct dnn_planner *pl, int n, const int64_t *dim)
{
	dnn_md_own md = NULL;
	return pl->rc ? NULL : own(pl, mt_dnn_md_any(&md, n, dim, pl->err), &md);
}

dnn_md mt_dnn_plain(struct dnn_planner *pl, int n, const int64_t *dim)
{
	dnn_md_own md = NULL;
	return pl->rc ? NULL : own(pl, mt_dnn_md_plain(&md, n, dim, pl->err), &md);
}

dnn_md mt_dnn_of(struct dnn_planner *pl, const struct mt_tensor *t)
{
	dnn_md_own md = NULL;
	return pl->rc ? NULL : own(pl, mt_dnn_md_of(&md, t, pl->err), &md);
}

void mt_dnn_set(struct dnn_planner *pl, struct mt_tensor *t, dnn_md md)
{
	if (!pl->rc)
		pl->rc = mt_dnn_md_set(t, md, pl->err);
}

static const int64_t zero[2];

static dnnl_status_t create_conv(dnnl_primitive_desc_t *pd, dnnl_engine_t e,
				 const struct dnn_op *o, const_dnnl_primitive_attr_t attr)
{
	if (o->prop == dnnl_backward_data)
		return dnnl_convolution_backward_data_primitive_desc_create(pd, e,
			dnnl_convolution_direct, o->src, o->w, o->dst, o->stride, zero, o->pad_l,
			o->pad_r, o->forward, attr);
	if (o->prop == dnnl_backward_weights)
		return dnnl_convolution_backward_weights_primitive_desc_create(pd, e,
			dnnl_convolution_direct, o->src, o->w, o->b, o->dst, o->stride, zero,
			o->pad_l, o->pad_r, o->forward, attr);
	return dnnl_convolution_forward_primitive_desc_create(pd, e, o->prop,
		dnnl_convolution_direct, o->src, o->w, o->b, o->dst, o->stride, zero, o->pad_l,
		o->pad_r, attr);
}

static dnnl_status_t create_dense(dnnl_primitive_desc_t *pd, dnnl_engine_t e,
				  const struct dnn_op *o, const_dnnl_primitive_attr_t attr)
{
	if (o->prop == dnnl_backward_data)
		return dnnl_inner_product_backward_data_primitive_desc_create(pd, e, o->src, o->w,
			o->dst, o->forward, attr);
	if (o->prop == dnnl_backward_weights)
		return dnnl_inner_product_backward_weights_primitive_desc_create(pd, e, o->src,
			o->w, o->b, o->dst, o->forward, attr);
	return dnnl_inner_product_forward_primitive_desc_create(pd, e, o->prop, o->src, o->w,
		o->b, o->dst, attr);
}

static dnnl_status_t create_norm(dnnl_primitive_desc_t *pd, dnnl_engine_t e,
				 const struct dnn_op *o)
{
	if (o->prop == dnnl_backward)
		return dnnl_batch_normalization_backward_primitive_desc_create(pd, e, o->prop,
			o->src, o->src, o->src, o->eps, o->flags, o->forward, NULL);
	return dnnl_batch_normalization_forward_primitive_desc_create(pd, e, o->prop, o->src,
		o->src, o->eps, o->flags, NULL);
}

static dnnl_status_t create_pool(dnnl_primitive_desc_t *pd, dnnl_engine_t e,
				 const struct dnn_op *o)
{
	if (o->prop == dnnl_backward)
		return dnnl_pooling_backward_primitive_desc_create(pd, e, o->alg, o->src, o->dst,
			o->stride, o->kernel, zero, zero, zero, o->forward, NULL);
	return dnnl_pooling_forward_primitive_desc_create(pd, e, o->prop, o->alg, o->src, o->dst,
		o->stride, o->kernel, zero, zero, zero, NULL);
}

/* Attributes of a primitive that a relu follows. */
static dnnl_status_t make_attr(dnnl_primitive_attr_t *attr)
{
	dnnl_post_ops_t post;
	dnnl_status_t status = dnnl_post_ops_create(&post);
	if (status != dnnl_success)
		return status;
	status = dnnl_post_ops_append_eltwise(post, dnnl_eltwise_relu, 0, 0);
	if (status == dnnl_success)
		status = dnnl_primitive_attr_create(attr);
	if (status == dnnl_success) {
		status = dnnl_primitive_attr_set_post_ops(*attr, post);
		if (status != dnnl_success)
			dnnl_primitive_attr_destroy(*attr);
	}
	dnnl_post_ops_destroy(post);
	return status;
}

const_dnnl_primitive_desc_t mt_dnn_create(struct dnn_planner *pl, const struct dnn_op *op)
{
	dnnl_primitive_attr_t attr = NULL;
	dnnl_primitive_desc_t pd = NULL;
	dnnl_engine_t e = pl->d->engine;
	if (pl->rc || (op->relu && !is_ok(pl, make_attr(&attr), op->what)))
		return NULL;
	dnnl_status_t status =
		op->kind == DNN_CONV ? create_conv(&pd, e, op, attr) :
		op->kind == DNN_DENSE ? create_dense(&pd, e, op, attr) :
		op->kind == DNN_NORM ? create_norm(&pd, e, op) : create_pool(&pd, e, op);
	if (attr)
		dnnl_primitive_attr_destroy(attr);
	if (!is_ok(pl, status, op->what))
		return NULL;
	MT_BUG(pl->n_pd >= DNN_MAX_OWN);
	return pl->pd[pl->n_pd++] = pd;
}

dnn_md mt_dnn_query(struct dnn_planner *pl, const_dnnl_primitive_desc_t pd, dnnl_query_t what,
		    int i)
{
	dnn_md md = pl->rc ? NULL : dnnl_primitive_desc_query_md(pd, what, i);
	if (!md)
		is_ok(pl, dnnl_not_required, "layout");
	return md;
}

int mt_dnn_is_slow(const_dnnl_primitive_desc_t pd)
{
	const char *name = NULL;
	if (pd)
		dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0, &name);
	return name && !strncmp(name, "ref", 3);
}

struct dnn_call *mt_dnn_call(struct dnn_planner *pl, struct dnn_calls *calls,
			     const_dnnl_primitive_desc_t pd)
{
	if (pl->rc)
		return NULL;
	MT_BUG(calls->n >= DNN_MAX_CALL);
	struct dnn_call *c = &calls->call[calls->n++];
	is_ok(pl, dnnl_primitive_create(&c->prim, pd), "primitive");
	return c;
}

void mt_dnn_arg(struct dnn_planner *pl, struct dnn_call *c, int id, dnn_md md,
		struct dnn_place at)
{
	if (pl->rc)
		return;
	MT_BUG(c->n >= DNN_MAX_ARG);
	if (!is_ok(pl, dnnl_memory_create(&c->mem[c->n], md, pl->d->engine, DNNL_MEMORY_NONE),
		   "memory"))
		return;
	c->id[c->n] = id;
	c->at[c->n++] = at;
}

void mt_dnn_reorder(struct dnn_planner *pl, struct dnn_calls *calls, dnn_md from,
		    struct dnn_place src, dnn_md to, struct dnn_place dst)
{
	dnnl_primitive_desc_t pd;
	dnnl_engine_t e = pl->d->engine;
	if (pl->rc ||
	    !is_ok(pl, dnnl_reorder_primitive_desc_create(&pd, from, e, to, e, NULL), "reorder"))
		return;
	struct dnn_call *c = mt_dnn_call(pl, calls, pd);
	dnnl_primitive_desc_destroy(pd);
	mt_dnn_arg(pl, c, DNNL_ARG_FROM, from, src);
	mt_dnn_arg(pl, c, DNNL_ARG_TO, to, dst);
}

static dnnl_status_t run_call(struct dnn *d, const struct dnn_call *c)
{
	dnnl_exec_arg_t args[DNN_MAX_ARG];
	for (int i = 0; i < c->n; i++) {
		char *base;
		memcpy(&base, c->at[i].base, sizeof base);
		dnnl_status_t status = dnnl_memory_set_data_handle(c->mem[i],
								   base + c->at[i].off);
		if (status != dnnl_success)
			return status;
		args[i] = (dnnl_exec_arg_t){c->id[i], c->mem[i]};
	}
	return dnnl_primitive_execute(c->prim, d->stream, c->n, args);
}

int mt_dnn_run(struct dnn *d, const struct dnn_calls *calls, struct mt_err *err)
{
	for (int i = 0; i < calls->n; i++) {
		int rc = mt_dnn_check(run_call(d, &calls->call[i]), "execute", err);
		if (rc)
			return rc;
	}
	return mt_dnn_check(dnnl_stream_wait(d->stream), "wait", err);
}

void mt_dnn_drop(struct dnn_calls *calls)
{
	for (; calls->n > 0; calls->n--) {
		struct dnn_call *c = &calls->call[calls->n - 1];
		for (int i = 0; i < c->n; i++)
			dnnl_memory_destroy(c->mem[i]);
		if (c->prim)
			dnnl_primitive_destroy(c->prim);
		memset(c, 0, sizeof *c);
	}
}

static int convert(struct dnn *d, const struct mt_tensor *t, void *array, int put,
		   struct mt_err *err)
{
	struct dnn_planner pl = {.d = d, .err = err};
	struct dnn_calls calls = {0};
	struct dnn_place mine = mt_dnn_at(&t->data), other = mt_dnn_at(&array);
	const int64_t *dim;
	if (!t->layout) {
		memcpy(put ? t->data : array, put ? array : t->data, t->size * sizeof(float));
		return MT_OK;
	}
	dnn_md md = t->layout;
	int n = dnn_md_dims(md, &dim);
	dnn_md plain = mt_dnn_plain(&pl, n, dim);
	if (put)
		mt_dnn_reorder(&pl, &calls, plain, other, md, mine);
	else
		mt_dnn_reorder(&pl, &calls, md, mine, plain, other);
	int rc = pl.rc ? pl.rc : mt_dnn_run(d, &calls, err);
	mt_dnn_drop(&calls);
	mt_dnn_end(&pl);
	return rc;
}

int mt_dnn_put(struct dnn *d, struct mt_tensor *t, const float *from, struct mt_err *err)
{
	void *array;
	memcpy(&array, &from, sizeof array);
	return convert(d, t, array, 1, err);
}

int mt_dnn_get(struct dnn *d, const struct mt_tensor *t, float *to, struct mt_err *err)
{
	return convert(d, t, to, 0, err);
}
