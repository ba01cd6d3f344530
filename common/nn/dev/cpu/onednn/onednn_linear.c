/* SPDX-License-Identifier: MIT
 * Convolution and dense layers. The forward primitive chooses every layout;
 * the value before and the backward primitives follow by reorders, of which
 * those of weights are small and those of maps are rare. */
#include <string.h>

#include "nn/dev/cpu/onednn/onednn.h"

struct linear {
	int n;                       /* sizes of a map: 4, dense on (B,C): 2 */
	dnnl_memory_desc_t src, w, b, dst; /* as the forward primitive wants them */
	struct place src_at;
	int slow;                    /* oneDNN has no fast primitive for this shape */
	dnnl_primitive_desc_t fwd;
	dnnl_dim_t stride[2], pad_l[2], pad_r[2];
};

static void geometry(const struct mt_step *st, struct linear *l)
{
	for (int i = 0; i < 2; i++) {
		l->stride[i] = st->a.stride[i];
		l->pad_l[i] = st->a.pad[2 * i];
		l->pad_r[i] = st->a.pad[2 * i + 1];
	}
}

static int create_forward(struct dnn *d, struct mt_step *st, struct linear *l,
			  struct mt_err *err)
{
	const int64_t *i = st->in[0]->dim, *o = st->out->dim;
	int conv = st->op == MT_OP_CONV;
	int64_t wd[4] = {o[1], i[1], conv ? st->a.kernel[0] : i[2], conv ? st->a.kernel[1] : i[3]};
	dnnl_prop_kind_t kind = st->train ? dnnl_forward_training : dnnl_forward_inference;
	dnnl_memory_desc_t src, w = mt_dnn_any(4, wd), b = mt_dnn_any(1, wd), dst;
	union {
		dnnl_convolution_desc_t conv;
		dnnl_inner_product_desc_t dense;
	} desc;
	dnnl_primitive_attr_t attr;
	dnnl_post_ops_t post;
	src = mt_dnn_any(4, i);
	dst = mt_dnn_any(conv ? 4 : 2, o);
	const dnnl_memory_desc_t *bias = st->param[1] ? &b : NULL;
	if (conv)
		TRY(dnnl_convolution_forward_desc_init(&desc.conv, kind, dnnl_convolution_direct,
			&src, &w, bias, &dst, l->stride, l->pad_l, l->pad_r), "convolution");
	else
		TRY(dnnl_inner_product_forward_desc_init(&desc.dense, kind, &src, &w, bias, &dst),
		    "inner product");
	TRY(dnnl_primitive_attr_create(&attr), "attributes");
	TRY(dnnl_post_ops_create(&post), "attributes");
	if (st->relu)
		TRY(dnnl_post_ops_append_eltwise(post, 1, dnnl_eltwise_relu, 0, 0), "relu");
	TRY(dnnl_primitive_attr_set_post_ops(attr, post), "attributes");
	dnnl_status_t status = dnnl_primitive_desc_create(&l->fwd, &desc, attr, d->engine, NULL);
	dnnl_post_ops_destroy(post);
	dnnl_primitive_attr_destroy(attr);
	TRY(status, conv ? "convolution" : "inner product");
	l->src = *mt_dnn_query(l->fwd, dnnl_query_src_md);
	l->w = *mt_dnn_query(l->fwd, dnnl_query_weights_md);
	l->dst = *mt_dnn_query(l->fwd, dnnl_query_dst_md);
	if (bias)
		l->b = *dnnl_primitive_desc_query_md(l->fwd, dnnl_query_weights_md, 1);
	return MT_OK;
}

/* Reference primitives are hundreds of times slower than sgemm. */
static int is_slow(const_dnnl_primitive_desc_t pd)
{
	const char *name = NULL;
	dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0, &name);
	return name && !strncmp(name, "ref", 3);
}

static int make(struct call *c, const_dnnl_primitive_desc_t pd, struct mt_err *err)
{
	TRY(dnnl_primitive_create(&c->prim, pd), "primitive");
	return MT_OK;
}

static int plan_forward(struct dnn *d, struct mt_step *st, struct plan *p, struct linear *l,
			struct mt_err *err)
{
	dnnl_memory_desc_t have = mt_dnn_desc(st->in[0]);
	mt_dnn_set(&st->param[0]->w, &l->w);
	mt_dnn_set(st->out, &l->dst);
	l->src_at = mt_dnn_at(&st->in[0]->data);
	if (!dnnl_memory_desc_equal(&have, &l->src)) {
		struct place from = l->src_at;
		l->src_at = st->train ? mt_dnn_work(st, &l->src) : mt_dnn_tmp(st, &l->src);
		if (mt_dnn_reorder(d, &p->fwd[p->n_fwd++], &have, from, &l->src, l->src_at, err))
			return MT_ESYS;
	} else {
		st->need_in = 1;
	}
	struct call *c = &p->fwd[p->n_fwd++];
	if (make(c, l->fwd, err) ||
	    mt_dnn_arg(d, c, DNNL_ARG_SRC, &l->src, l->src_at, err) ||
	    mt_dnn_arg(d, c, DNNL_ARG_WEIGHTS, &l->w, mt_dnn_at(&st->param[0]->w.data), err) ||
	    mt_dnn_arg(d, c, DNNL_ARG_DST, &l->dst, mt_dnn_at(&st->out->data), err))
		return MT_ESYS;
	if (st->param[1] &&
	    mt_dnn_arg(d, c, DNNL_ARG_BIAS, &l->b, mt_dnn_at(&st->param[1]->w.data), err))
		return MT_ESYS;
	return MT_OK;
}

static int plan_dw(struct dnn *d, struct mt_step *st, struct plan *p, struct linear *l,
		   struct mt_err *err)
{
	dnnl_memory_desc_t any = mt_dnn_any(l->w.ndims, l->w.dims);
	const dnnl_memory_desc_t *b = st->param[1] ? &l->b : NULL;
	union {
		dnnl_convolution_desc_t conv;
		dnnl_inner_product_desc_t dense;
	} desc;
	dnnl_primitive_desc_t pd;
	if (st->op == MT_OP_CONV)
		TRY(dnnl_convolution_backward_weights_desc_init(&desc.conv, dnnl_convolution_direct,
			&l->src, &any, b, &l->dst, l->stride, l->pad_l, l->pad_r),
		    "weight gradient");
	else
		TRY(dnnl_inner_product_backward_weights_desc_init(&desc.dense, &l->src, &any, b,
								  &l->dst), "weight gradient");
	TRY(dnnl_primitive_desc_create(&pd, &desc, NULL, d->engine, l->fwd), "weight gradient");
	l->slow |= is_slow(pd);
	dnnl_memory_desc_t dw = *mt_dnn_query(pd, dnnl_query_diff_weights_md);
	int same = dnnl_memory_desc_equal(&dw, &l->w);
	struct place own = mt_dnn_at(&st->param[0]->g), at = same ? own : mt_dnn_tmp(st, &dw);
	struct call *c = &p->bwd[p->n_bwd++];
	int status = make(c, pd, err);
	dnnl_primitive_desc_destroy(pd);
	if (status || mt_dnn_arg(d, c, DNNL_ARG_SRC, &l->src, l->src_at, err) ||
	    mt_dnn_arg(d, c, DNNL_ARG_DIFF_DST, &l->dst, mt_dnn_at(&st->dout->data), err) ||
	    mt_dnn_arg(d, c, DNNL_ARG_DIFF_WEIGHTS, &dw, at, err))
		return MT_ESYS;
	if (b && mt_dnn_arg(d, c, DNNL_ARG_DIFF_BIAS, b, mt_dnn_at(&st->param[1]->g), err))
		return MT_ESYS;
	if (same)
		return MT_OK;
	return mt_dnn_reorder(d, &p->bwd[p->n_bwd++], &dw, at, &l->w, own, err);
}

/* The primitive for dx, every layout its own choice: held to the forward one's
 * layouts, oneDNN 2.6 has only its reference loop for a single input channel,
 * 60 times slower than the copies that this costs. */
static int create_dx(struct dnn *d, const struct mt_step *st, const struct linear *l,
		     dnnl_primitive_desc_t *pd, struct mt_err *err)
{
	dnnl_memory_desc_t w = mt_dnn_any(l->w.ndims, l->w.dims);
	dnnl_memory_desc_t src = mt_dnn_any(l->src.ndims, l->src.dims);
	dnnl_memory_desc_t dst = mt_dnn_any(l->dst.ndims, l->dst.dims);
	union {
		dnnl_convolution_desc_t conv;
		dnnl_inner_product_desc_t dense;
	} desc;
	if (st->op == MT_OP_CONV)
		TRY(dnnl_convolution_backward_data_desc_init(&desc.conv, dnnl_convolution_direct,
			&src, &w, &dst, l->stride, l->pad_l, l->pad_r), "gradient");
	else
		TRY(dnnl_inner_product_backward_data_desc_init(&desc.dense, &src, &w, &dst),
		    "gradient");
	TRY(dnnl_primitive_desc_create(pd, &desc, NULL, d->engine, l->fwd), "gradient");
	return MT_OK;
}

/* The argument of this layout, copied before the call if it lies otherwise. */
static int plan_copy(struct dnn *d, struct mt_step *st, struct plan *p,
		     const dnnl_memory_desc_t *have, const dnnl_memory_desc_t *want,
		     struct place *at, struct mt_err *err)
{
	if (dnnl_memory_desc_equal(have, want))
		return MT_OK;
	struct place from = *at;
	*at = mt_dnn_tmp(st, want);
	return mt_dnn_reorder(d, &p->bwd[p->n_bwd++], have, from, want, *at, err);
}

static int plan_dx(struct dnn *d, struct mt_step *st, struct plan *p, struct linear *l,
		   struct mt_err *err)
{
	dnnl_memory_desc_t have = mt_dnn_desc(st->in[0]);
	dnnl_primitive_desc_t pd;
	if (create_dx(d, st, l, &pd, err))
		return MT_ESYS;
	l->slow |= is_slow(pd);
	dnnl_memory_desc_t w = *mt_dnn_query(pd, dnnl_query_weights_md);
	dnnl_memory_desc_t dy = *mt_dnn_query(pd, dnnl_query_diff_dst_md);
	dnnl_memory_desc_t dx = *mt_dnn_query(pd, dnnl_query_diff_src_md);
	struct place w_at = mt_dnn_at(&st->param[0]->w.data);
	struct place dy_at = mt_dnn_at(&st->dout->data);
	struct place own = mt_dnn_at(&st->din[0]->data);
	int status = plan_copy(d, st, p, &l->w, &w, &w_at, err);
	if (!status)
		status = plan_copy(d, st, p, &l->dst, &dy, &dy_at, err);
	int same = dnnl_memory_desc_equal(&have, &dx);
	struct place dx_at = same ? own : mt_dnn_tmp(st, &dx);
	struct call *c = &p->bwd[p->n_bwd++];
	if (!status)
		status = make(c, pd, err);
	dnnl_primitive_desc_destroy(pd);
	if (status || mt_dnn_arg(d, c, DNNL_ARG_WEIGHTS, &w, w_at, err) ||
	    mt_dnn_arg(d, c, DNNL_ARG_DIFF_DST, &dy, dy_at, err) ||
	    mt_dnn_arg(d, c, DNNL_ARG_DIFF_SRC, &dx, dx_at, err))
		return MT_ESYS;
	if (same)
		return MT_OK;
	return mt_dnn_reorder(d, &p->bwd[p->n_bwd++], &dx, dx_at, &have, own, err);
}

/* oneDNN 2.6 gets the weight gradient of a filter that is taller than its input
 * wrong: from 18 rows on it writes out of bounds or never ends. */
static int is_too_tall(const struct mt_step *st)
{
	return st->train && st->op == MT_OP_CONV && st->a.kernel[0] > 16 &&
	       st->a.kernel[0] > st->in[0]->dim[2];
}

/* Forget what was planned and leave the step to blas. */
static int plan_instead(struct mt_step *st, struct plan *p, struct mt_err *err)
{
	mt_dnn_drop(p->fwd, MAX_CALL);
	mt_dnn_drop(p->bwd, MAX_CALL);
	memset(p, 0, sizeof *p);
	st->work_size = st->tmp_size = 0;
	st->need_in = st->need_out = 0;
	mt_dnn_plain(&st->param[0]->w);
	mt_dnn_plain(st->out);
	return mt_dnn_plan_plain(st, p, err);
}

int mt_dnn_plan_linear(struct dnn *d, struct mt_step *st, struct plan *p, struct mt_err *err)
{
	struct linear l;
	if (is_too_tall(st))
		return plan_instead(st, p, err);
	memset(&l, 0, sizeof l);
	geometry(st, &l);
	int status = create_forward(d, st, &l, err);
	if (!status) {
		l.slow = is_slow(l.fwd);
		status = plan_forward(d, st, p, &l, err);
	}
	if (!status && st->train) {
		p->mask = st->need_out = st->relu;
		status = plan_dw(d, st, p, &l, err);
		if (!status && st->din[0] && mt_dnn_is_first(st) && !st->in[0]->layout)
			status = mt_dnn_plan_first(d, st, p, &l.w, &l.dst, err);
		else if (!status && st->din[0])
			status = plan_dx(d, st, p, &l, err);
	}
	if (l.fwd)
		dnnl_primitive_desc_destroy(l.fwd);
	return !status && l.slow ? plan_instead(st, p, err) : status;
}
