/* SPDX-License-Identifier: MIT
 * Batch normalisation over channels, and pools with windows. Both keep the
 * layout of the value before. */
#include "base/mem.h"
#include "nn/dev/cpu/onednn/onednn.h"

static void norm_backward(struct dnn_planner *pl, struct mt_step *st, struct plan *p,
			  const struct dnn_op *forward, struct dnn_place ws)
{
	struct dnn_op op = *forward;
	op.prop = dnnl_backward;
	op.what = "norm gradient";
	const_dnnl_primitive_desc_t pd = mt_dnn_create(pl, &op);
	dnn_md md = op.src, one = mt_dnn_plain(pl, 1, &st->in[0]->dim[1]);
	struct dnn_call *c = mt_dnn_call(pl, &p->bwd, pd);
	if (pl->rc)
		return;
	struct dnn_place dx = st->din[0] ? mt_dnn_at(&st->din[0]->data) : mt_dnn_tmp(st, md);
	struct dnn_place var = {&st->work, p->stat * sizeof(float)};
	mt_dnn_arg(pl, c, DNNL_ARG_SRC, md, mt_dnn_at(&st->in[0]->data));
	mt_dnn_arg(pl, c, DNNL_ARG_MEAN, one, mt_dnn_at(&st->work));
	mt_dnn_arg(pl, c, DNNL_ARG_VARIANCE, one, var);
	mt_dnn_arg(pl, c, DNNL_ARG_DIFF_DST, md, mt_dnn_at(&st->dout->data));
	mt_dnn_arg(pl, c, DNNL_ARG_SCALE, one, mt_dnn_at(&st->param[0]->w.data));
	if (DNN_NORM_BACKWARD_SHIFT)
		mt_dnn_arg(pl, c, DNNL_ARG_SHIFT, one,
			   mt_dnn_at(&st->param[1]->w.data));
	mt_dnn_arg(pl, c, DNNL_ARG_DIFF_SRC, md, dx);
	mt_dnn_arg(pl, c, DNNL_ARG_DIFF_SCALE, one, mt_dnn_at(&st->param[0]->g));
	mt_dnn_arg(pl, c, DNNL_ARG_DIFF_SHIFT, one, mt_dnn_at(&st->param[1]->g));
	if (st->relu)
		mt_dnn_arg(pl, c, DNNL_ARG_WORKSPACE,
			   mt_dnn_query(pl, op.forward, dnnl_query_workspace_md, 0), ws);
}

static void norm_forward(struct dnn_planner *pl, struct mt_step *st, struct plan *p,
			 const struct dnn_op *op, struct dnn_place *ws)
{
	dnn_md md = op->src, one = mt_dnn_plain(pl, 1, &st->in[0]->dim[1]);
	struct dnn_call *c = mt_dnn_call(pl, &p->fwd, op->forward);
	struct dnn_place mean = mt_dnn_at(&st->param[2]->w.data);
	struct dnn_place var = mt_dnn_at(&st->param[3]->w.data);
	if (st->train) {
		mean = mt_dnn_at(&st->work);
		var = (struct dnn_place){&st->work, p->stat * sizeof(float)};
		st->work_size = mt_pad64(2 * p->stat * sizeof(float));
	}
	mt_dnn_arg(pl, c, DNNL_ARG_SRC, md, mt_dnn_at(&st->in[0]->data));
	mt_dnn_arg(pl, c, DNNL_ARG_MEAN, one, mean);
	mt_dnn_arg(pl, c, DNNL_ARG_VARIANCE, one, var);
	mt_dnn_arg(pl, c, DNNL_ARG_SCALE, one, mt_dnn_at(&st->param[0]->w.data));
	mt_dnn_arg(pl, c, DNNL_ARG_SHIFT, one, mt_dnn_at(&st->param[1]->w.data));
	mt_dnn_arg(pl, c, DNNL_ARG_DST, md, mt_dnn_at(&st->out->data));
	if (!st->train || !st->relu)
		return;
	dnn_md wmd = mt_dnn_query(pl, op->forward, dnnl_query_workspace_md, 0);
	if (pl->rc)
		return;
	*ws = mt_dnn_work(st, wmd);
	mt_dnn_arg(pl, c, DNNL_ARG_WORKSPACE, wmd, *ws);
}

void mt_dnn_plan_norm(struct dnn_planner *pl, struct mt_step *st, struct plan *p)
{
	struct dnn_place ws = {0};
	struct dnn_op op = {
		.kind = DNN_NORM, .what = "norm",
		.prop = st->train ? dnnl_forward_training : dnnl_forward_inference,
		.src = mt_dnn_of(pl, st->in[0]), .eps = st->a.eps,
		.flags = dnnl_use_scale | dnnl_use_shift,
	};
	if (st->relu)
		op.flags |= dnnl_fuse_norm_relu;
	if (!st->train)
		op.flags |= dnnl_use_global_stats;
	mt_dnn_set(pl, st->out, op.src);
	/* Sixteen more, because kernels of blocked layouts write whole blocks. */
	p->stat = ((size_t)st->in[0]->dim[1] + 15) / 16 * 16;
	st->need_in = 1;
	op.forward = mt_dnn_create(pl, &op);
	norm_forward(pl, st, p, &op, &ws);
	if (st->train)
		norm_backward(pl, st, p, &op, ws);
}

void mt_dnn_norm_stats(struct mt_step *st, const struct plan *p)
{
	const float *mean = (const float *)(const void *)st->work, *var = mean + p->stat;
	float *run_mean = st->param[2]->w.data, *run_var = st->param[3]->w.data;
	const int64_t *d = st->in[0]->dim;
	double N = (double)(d[0] * d[2] * d[3]), mom = (double)st->a.momentum;
	double unbias = N > 1 ? N / (N - 1) : 1;
	for (int64_t c = 0; c < d[1]; c++) {
		run_mean[c] = (float)((1 - mom) * (double)run_mean[c] + mom * (double)mean[c]);
		run_var[c] = (float)((1 - mom) * (double)run_var[c] +
				     mom * unbias * (double)var[c]);
	}
}

static void pool_backward(struct dnn_planner *pl, struct mt_step *st, struct plan *p,
			  const struct dnn_op *forward, struct dnn_place ws)
{
	struct dnn_op op = *forward;
	op.prop = dnnl_backward;
	op.what = "pool gradient";
	op.dst = mt_dnn_of(pl, st->out);
	struct dnn_call *c = mt_dnn_call(pl, &p->bwd, mt_dnn_create(pl, &op));
	mt_dnn_arg(pl, c, DNNL_ARG_DIFF_DST, op.dst, mt_dnn_at(&st->dout->data));
	mt_dnn_arg(pl, c, DNNL_ARG_DIFF_SRC, op.src, mt_dnn_at(&st->din[0]->data));
	if (ws.base)
		mt_dnn_arg(pl, c, DNNL_ARG_WORKSPACE,
			   mt_dnn_query(pl, op.forward, dnnl_query_workspace_md, 0), ws);
}

void mt_dnn_plan_pool(struct dnn_planner *pl, struct mt_step *st, struct plan *p)
{
	struct dnn_place ws = {0};
	struct dnn_op op = {
		.kind = DNN_POOL, .what = "pool",
		.prop = st->train ? dnnl_forward_training : dnnl_forward_inference,
		.alg = st->op == MT_OP_MAXPOOL ? dnnl_pooling_max :
			dnnl_pooling_avg_exclude_padding,
		.src = mt_dnn_of(pl, st->in[0]), .dst = mt_dnn_any(pl, 4, st->out->dim),
		.kernel = st->a.kernel, .stride = st->a.stride,
	};
	op.forward = mt_dnn_create(pl, &op);
	dnn_md dst = mt_dnn_query(pl, op.forward, dnnl_query_dst_md, 0);
	mt_dnn_set(pl, st->out, dst);
	struct dnn_call *c = mt_dnn_call(pl, &p->fwd, op.forward);
	mt_dnn_arg(pl, c, DNNL_ARG_SRC, op.src, mt_dnn_at(&st->in[0]->data));
	mt_dnn_arg(pl, c, DNNL_ARG_DST, dst, mt_dnn_at(&st->out->data));
	if (st->train && st->op == MT_OP_MAXPOOL) {
		dnn_md wmd = mt_dnn_query(pl, op.forward, dnnl_query_workspace_md, 0);
		if (pl->rc)
			return;
		ws = mt_dnn_work(st, wmd);
		mt_dnn_arg(pl, c, DNNL_ARG_WORKSPACE, wmd, ws);
	}
	if (st->train && st->din[0])
		pool_backward(pl, st, p, &op, ws);
}
