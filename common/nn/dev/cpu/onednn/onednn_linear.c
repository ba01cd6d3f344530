/* SPDX-License-Identifier: MIT
 * Convolution and dense layers. The forward primitive chooses every layout;
 * the value before and the backward primitives follow by reorders, of which
 * those of weights are small and those of maps are rare. */
#include <string.h>

#include "nn/dev/cpu/onednn/onednn.h"

struct linear {
	struct dnn_op op;            /* the forward primitive, all layouts its choice */
	dnn_md src, w, b, dst;       /* as it wants them; b NULL: no bias */
	struct dnn_place src_at;
	int slow;                    /* oneDNN has no fast primitive for this shape */
	int64_t pad_l[2], pad_r[2];
};

static void create_forward(struct dnn_planner *pl, struct mt_step *st, struct linear *l)
{
	const int64_t *i = st->in[0]->dim, *o = st->out->dim;
	int conv = st->op == MT_OP_CONV;
	int64_t wd[4] = {o[1], i[1], conv ? st->a.kernel[0] : i[2], conv ? st->a.kernel[1] : i[3]};
	for (int k = 0; k < 2; k++) {
		l->pad_l[k] = st->a.pad[2 * k];
		l->pad_r[k] = st->a.pad[2 * k + 1];
	}
	l->op = (struct dnn_op){
		.kind = conv ? DNN_CONV : DNN_DENSE,
		.what = conv ? "convolution" : "inner product",
		.prop = st->train ? dnnl_forward_training : dnnl_forward_inference,
		.src = mt_dnn_any(pl, 4, i), .w = mt_dnn_any(pl, 4, wd),
		.b = st->param[1] ? mt_dnn_any(pl, 1, wd) : NULL,
		.dst = mt_dnn_any(pl, conv ? 4 : 2, o),
		.stride = st->a.stride, .pad_l = l->pad_l, .pad_r = l->pad_r, .relu = st->relu,
	};
	const_dnnl_primitive_desc_t pd = mt_dnn_create(pl, &l->op);
	l->slow = mt_dnn_is_slow(pd);
	l->src = mt_dnn_query(pl, pd, dnnl_query_src_md, 0);
	l->w = mt_dnn_query(pl, pd, dnnl_query_weights_md, 0);
	l->b = l->op.b ? mt_dnn_query(pl, pd, dnnl_query_weights_md, 1) : NULL;
	l->dst = mt_dnn_query(pl, pd, dnnl_query_dst_md, 0);
	l->op.forward = pd;
}

static void plan_forward(struct dnn_planner *pl, struct mt_step *st, struct plan *p,
			 struct linear *l)
{
	dnn_md have = mt_dnn_of(pl, st->in[0]);
	mt_dnn_set(pl, &st->param[0]->w, l->w);
	mt_dnn_set(pl, st->out, l->dst);
	if (pl->rc)
		return;
	l->src_at = mt_dnn_at(&st->in[0]->data);
	if (!dnnl_memory_desc_equal(have, l->src)) {
		struct dnn_place from = l->src_at;
		l->src_at = st->train ? mt_dnn_work(st, l->src) : mt_dnn_tmp(st, l->src);
		mt_dnn_reorder(pl, &p->fwd, have, from, l->src, l->src_at);
	} else {
		st->need_in = 1;
	}
	struct dnn_call *c = mt_dnn_call(pl, &p->fwd, l->op.forward);
	mt_dnn_arg(pl, c, DNNL_ARG_SRC, l->src, l->src_at);
	mt_dnn_arg(pl, c, DNNL_ARG_WEIGHTS, l->w, mt_dnn_at(&st->param[0]->w.data));
	mt_dnn_arg(pl, c, DNNL_ARG_DST, l->dst, mt_dnn_at(&st->out->data));
	if (l->b)
		mt_dnn_arg(pl, c, DNNL_ARG_BIAS, l->b, mt_dnn_at(&st->param[1]->w.data));
}

/* A backward primitive for the forward one. */
static const_dnnl_primitive_desc_t create_backward(struct dnn_planner *pl, struct linear *l,
						   dnnl_prop_kind_t prop)
{
	struct dnn_op op = l->op;
	op.prop = prop;
	op.relu = 0;
	if (prop == dnnl_backward_weights) {
		op.what = "weight gradient";
		op.src = l->src;
		op.b = l->b;
		op.dst = l->dst;
	} else {
		/* Every layout its own choice: held to the forward one's layouts,
		 * oneDNN 2.6 has only its reference loop for a single input
		 * channel, 60 times slower than the copies that this costs. */
		op.what = "gradient";
		op.b = NULL;
	}
	const_dnnl_primitive_desc_t pd = mt_dnn_create(pl, &op);
	l->slow |= mt_dnn_is_slow(pd);
	return pd;
}

static void plan_dw(struct dnn_planner *pl, struct mt_step *st, struct plan *p,
		    struct linear *l)
{
	const_dnnl_primitive_desc_t pd = create_backward(pl, l, dnnl_backward_weights);
	dnn_md dw = mt_dnn_query(pl, pd, dnnl_query_diff_weights_md, 0);
	if (pl->rc)
		return;
	int same = dnnl_memory_desc_equal(dw, l->w);
	struct dnn_place own = mt_dnn_at(&st->param[0]->g);
	struct dnn_place at = same ? own : mt_dnn_tmp(st, dw);
	struct dnn_call *c = mt_dnn_call(pl, &p->bwd, pd);
	mt_dnn_arg(pl, c, DNNL_ARG_SRC, l->src, l->src_at);
	mt_dnn_arg(pl, c, DNNL_ARG_DIFF_DST, l->dst, mt_dnn_at(&st->dout->data));
	mt_dnn_arg(pl, c, DNNL_ARG_DIFF_WEIGHTS, dw, at);
	if (l->b)
		mt_dnn_arg(pl, c, DNNL_ARG_DIFF_BIAS, l->b, mt_dnn_at(&st->param[1]->g));
	if (!same)
		mt_dnn_reorder(pl, &p->bwd, dw, at, l->w, own);
}

/* The argument of this layout, copied before the call if it lies otherwise. */
static void plan_copy(struct dnn_planner *pl, struct mt_step *st, struct plan *p, dnn_md have,
		      dnn_md want, struct dnn_place *at)
{
	if (pl->rc || dnnl_memory_desc_equal(have, want))
		return;
	struct dnn_place from = *at;
	*at = mt_dnn_tmp(st, want);
	mt_dnn_reorder(pl, &p->bwd, have, from, want, *at);
}

static void plan_dx(struct dnn_planner *pl, struct mt_step *st, struct plan *p,
		    struct linear *l)
{
	dnn_md have = mt_dnn_of(pl, st->in[0]);
	const_dnnl_primitive_desc_t pd = create_backward(pl, l, dnnl_backward_data);
	dnn_md w = mt_dnn_query(pl, pd, dnnl_query_weights_md, 0);
	dnn_md dy = mt_dnn_query(pl, pd, dnnl_query_diff_dst_md, 0);
	dnn_md dx = mt_dnn_query(pl, pd, dnnl_query_diff_src_md, 0);
	struct dnn_place w_at = mt_dnn_at(&st->param[0]->w.data);
	struct dnn_place dy_at = mt_dnn_at(&st->dout->data);
	struct dnn_place own = mt_dnn_at(&st->din[0]->data);
	plan_copy(pl, st, p, l->w, w, &w_at);
	plan_copy(pl, st, p, l->dst, dy, &dy_at);
	if (pl->rc)
		return;
	int same = dnnl_memory_desc_equal(have, dx);
	struct dnn_place dx_at = same ? own : mt_dnn_tmp(st, dx);
	struct dnn_call *c = mt_dnn_call(pl, &p->bwd, pd);
	mt_dnn_arg(pl, c, DNNL_ARG_WEIGHTS, w, w_at);
	mt_dnn_arg(pl, c, DNNL_ARG_DIFF_DST, dy, dy_at);
	mt_dnn_arg(pl, c, DNNL_ARG_DIFF_SRC, dx, dx_at);
	if (!same)
		mt_dnn_reorder(pl, &p->bwd, dx, dx_at, have, own);
}

/* oneDNN (2.6 and 3.7 were tried) gets the weight gradient of a filter that is
 * taller than its input wrong: from 18 rows on it writes out of bounds or never
 * ends. */
static int is_too_tall(const struct mt_step *st)
{
	return st->train && st->op == MT_OP_CONV && st->a.kernel[0] > 16 &&
	       st->a.kernel[0] > st->in[0]->dim[2];
}

/* Forget what was planned and leave the step to blas. */
static void plan_instead(struct dnn_planner *pl, struct mt_step *st, struct plan *p)
{
	mt_dnn_drop(&p->fwd);
	mt_dnn_drop(&p->bwd);
	memset(p, 0, sizeof *p);
	st->work_size = st->tmp_size = 0;
	st->need_in = st->need_out = 0;
	mt_dnn_md_reset(&st->param[0]->w);
	mt_dnn_md_reset(st->out);
	mt_dnn_plan_plain(pl, st, p);
}

void mt_dnn_plan_linear(struct dnn_planner *pl, struct mt_step *st, struct plan *p)
{
	struct linear l = {0};
	if (is_too_tall(st)) {
		plan_instead(pl, st, p);
		return;
	}
	create_forward(pl, st, &l);
	plan_forward(pl, st, p, &l);
	if (st->train) {
		p->mask = st->need_out = st->relu;
		plan_dw(pl, st, p, &l);
		if (st->din[0] && mt_dnn_is_first(st) && !st->in[0]->layout)
			mt_dnn_plan_first(pl, st, p, l.w, l.dst);
		else if (st->din[0])
			plan_dx(pl, st, p, &l);
	}
	if (!pl->rc && l.slow)
		plan_instead(pl, st, p);
}
