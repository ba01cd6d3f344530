/* SPDX-License-Identifier: MIT
 * Batch normalisation over channels, and pools with windows. Both keep the
 * layout of the value before. */
#include "nn/dev/cpu/onednn/onednn.h"

static int norm_backward(struct dnn *d, struct mt_step *st, struct plan *p,
			 const dnnl_memory_desc_t *md, const_dnnl_primitive_desc_t fwd,
			 unsigned flags, struct place ws, struct mt_err *err)
{
	int64_t C[1] = {st->in[0]->dim[1]};
	dnnl_batch_normalization_desc_t desc;
	dnnl_primitive_desc_t pd;
	dnnl_memory_desc_t one = mt_dnn_any(1, C);
	TRY(dnnl_memory_desc_init_by_tag(&one, 1, C, dnnl_f32, dnnl_a), "memory");
	TRY(dnnl_batch_normalization_backward_desc_init(&desc, dnnl_backward, md, md, st->a.eps,
							flags), "norm gradient");
	TRY(dnnl_primitive_desc_create(&pd, &desc, NULL, d->engine, fwd), "norm gradient");
	struct call *c = &p->bwd[p->n_bwd++];
	dnnl_status_t made = dnnl_primitive_create(&c->prim, pd);
	dnnl_primitive_desc_destroy(pd);
	TRY(made, "norm gradient");
	struct place dx = st->din[0] ? mt_dnn_at(&st->din[0]->data) : mt_dnn_tmp(st, md);
	struct place var = {&st->work, p->stat * sizeof(float)};
	if (mt_dnn_arg(d, c, DNNL_ARG_SRC, md, mt_dnn_at(&st->in[0]->data), err) ||
	    mt_dnn_arg(d, c, DNNL_ARG_MEAN, &one, mt_dnn_at(&st->work), err) ||
	    mt_dnn_arg(d, c, DNNL_ARG_VARIANCE, &one, var, err) ||
	    mt_dnn_arg(d, c, DNNL_ARG_DIFF_DST, md, mt_dnn_at(&st->dout->data), err) ||
	    mt_dnn_arg(d, c, DNNL_ARG_SCALE, &one, mt_dnn_at(&st->param[0]->w.data), err) ||
	    mt_dnn_arg(d, c, DNNL_ARG_SHIFT, &one, mt_dnn_at(&st->param[1]->w.data), err) ||
	    mt_dnn_arg(d, c, DNNL_ARG_DIFF_SRC, md, dx, err) ||
	    mt_dnn_arg(d, c, DNNL_ARG_DIFF_SCALE, &one, mt_dnn_at(&st->param[0]->g), err) ||
	    mt_dnn_arg(d, c, DNNL_ARG_DIFF_SHIFT, &one, mt_dnn_at(&st->param[1]->g), err))
		return MT_ESYS;
	const dnnl_memory_desc_t *wmd = mt_dnn_query(fwd, dnnl_query_workspace_md);
	if (st->relu && mt_dnn_arg(d, c, DNNL_ARG_WORKSPACE, wmd, ws, err))
		return MT_ESYS;
	return MT_OK;
}

static int norm_forward(struct dnn *d, struct mt_step *st, struct plan *p,
			const dnnl_memory_desc_t *md, const_dnnl_primitive_desc_t pd,
			struct place *ws, struct mt_err *err)
{
	int64_t C[1] = {st->in[0]->dim[1]};
	dnnl_memory_desc_t one;
	TRY(dnnl_memory_desc_init_by_tag(&one, 1, C, dnnl_f32, dnnl_a), "memory");
	struct call *c = &p->fwd[p->n_fwd++];
	TRY(dnnl_primitive_create(&c->prim, pd), "norm");
	struct place mean = mt_dnn_at(&st->param[2]->w.data);
	struct place var = mt_dnn_at(&st->param[3]->w.data);
	if (st->train) {
		mean = mt_dnn_at(&st->work);
		var = (struct place){&st->work, p->stat * sizeof(float)};
		st->work_size = (2 * p->stat * sizeof(float) + 63) / 64 * 64;
	}
	if (mt_dnn_arg(d, c, DNNL_ARG_SRC, md, mt_dnn_at(&st->in[0]->data), err) ||
	    mt_dnn_arg(d, c, DNNL_ARG_MEAN, &one, mean, err) ||
	    mt_dnn_arg(d, c, DNNL_ARG_VARIANCE, &one, var, err) ||
	    mt_dnn_arg(d, c, DNNL_ARG_SCALE, &one, mt_dnn_at(&st->param[0]->w.data), err) ||
	    mt_dnn_arg(d, c, DNNL_ARG_SHIFT, &one, mt_dnn_at(&st->param[1]->w.data), err) ||
	    mt_dnn_arg(d, c, DNNL_ARG_DST, md, mt_dnn_at(&st->out->data), err))
		return MT_ESYS;
	if (st->train && st->relu) {
		const dnnl_memory_desc_t *wmd = mt_dnn_query(pd, dnnl_query_workspace_md);
		*ws = mt_dnn_work(st, wmd);
		return mt_dnn_arg(d, c, DNNL_ARG_WORKSPACE, wmd, *ws, err);
	}
	return MT_OK;
}

int mt_dnn_plan_norm(struct dnn *d, struct mt_step *st, struct plan *p, struct mt_err *err)
{
	dnnl_memory_desc_t md = mt_dnn_desc(st->in[0]);
	dnnl_batch_normalization_desc_t desc;
	dnnl_primitive_desc_t pd;
	unsigned flags = dnnl_use_scale | dnnl_use_shift;
	struct place ws = {0};
	flags |= st->relu ? dnnl_fuse_norm_relu : 0;
	flags |= st->train ? 0 : dnnl_use_global_stats;
	mt_dnn_set(st->out, &md);
	/* Sixteen more, because kernels of blocked layouts write whole blocks. */
	p->stat = ((size_t)st->in[0]->dim[1] + 15) / 16 * 16;
	st->need_in = 1;
	TRY(dnnl_batch_normalization_forward_desc_init(&desc,
		st->train ? dnnl_forward_training : dnnl_forward_inference, &md, st->a.eps, flags),
	    "norm");
	TRY(dnnl_primitive_desc_create(&pd, &desc, NULL, d->engine, NULL), "norm");
	int status = norm_forward(d, st, p, &md, pd, &ws, err);
	if (!status && st->train)
		status = norm_backward(d, st, p, &md, pd, flags, ws, err);
	dnnl_primitive_desc_destroy(pd);
	return status;
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

static int pool_backward(struct dnn *d, struct mt_step *st, struct plan *p, dnnl_alg_kind_t alg,
			 const dnnl_memory_desc_t *src, const_dnnl_primitive_desc_t fwd,
			 struct place ws, struct mt_err *err)
{
	static const dnnl_dim_t zero[2] = {0, 0};
	dnnl_memory_desc_t dst = mt_dnn_desc(st->out);
	dnnl_pooling_desc_t desc;
	dnnl_primitive_desc_t pd;
	TRY(dnnl_pooling_backward_desc_init(&desc, alg, src, &dst, st->a.stride, st->a.kernel, zero,
					    zero), "pool gradient");
	TRY(dnnl_primitive_desc_create(&pd, &desc, NULL, d->engine, fwd), "pool gradient");
	struct call *c = &p->bwd[p->n_bwd++];
	dnnl_status_t made = dnnl_primitive_create(&c->prim, pd);
	dnnl_primitive_desc_destroy(pd);
	TRY(made, "pool gradient");
	if (mt_dnn_arg(d, c, DNNL_ARG_DIFF_DST, &dst, mt_dnn_at(&st->dout->data), err) ||
	    mt_dnn_arg(d, c, DNNL_ARG_DIFF_SRC, src, mt_dnn_at(&st->din[0]->data), err))
		return MT_ESYS;
	const dnnl_memory_desc_t *wmd = mt_dnn_query(fwd, dnnl_query_workspace_md);
	return ws.base ? mt_dnn_arg(d, c, DNNL_ARG_WORKSPACE, wmd, ws, err) : MT_OK;
}

int mt_dnn_plan_pool(struct dnn *d, struct mt_step *st, struct plan *p, struct mt_err *err)
{
	static const dnnl_dim_t zero[2] = {0, 0};
	dnnl_memory_desc_t src = mt_dnn_desc(st->in[0]), dst = mt_dnn_any(4, st->out->dim);
	dnnl_alg_kind_t alg = st->op == MT_OP_MAXPOOL ? dnnl_pooling_max :
		dnnl_pooling_avg_exclude_padding;
	dnnl_pooling_desc_t desc;
	dnnl_primitive_desc_t pd;
	struct place ws = {0};
	TRY(dnnl_pooling_forward_desc_init(&desc,
		st->train ? dnnl_forward_training : dnnl_forward_inference, alg, &src, &dst,
		st->a.stride, st->a.kernel, zero, zero), "pool");
	TRY(dnnl_primitive_desc_create(&pd, &desc, NULL, d->engine, NULL), "pool");
	dst = *mt_dnn_query(pd, dnnl_query_dst_md);
	mt_dnn_set(st->out, &dst);
	struct call *c = &p->fwd[p->n_fwd++];
	int status = dnnl_primitive_create(&c->prim, pd) == dnnl_success ? MT_OK : MT_ESYS;
	if (status || mt_dnn_arg(d, c, DNNL_ARG_SRC, &src, mt_dnn_at(&st->in[0]->data), err) ||
	    mt_dnn_arg(d, c, DNNL_ARG_DST, &dst, mt_dnn_at(&st->out->data), err))
		status = MT_ESYS;
	const dnnl_memory_desc_t *wmd = mt_dnn_query(pd, dnnl_query_workspace_md);
	if (!status && st->train && st->op == MT_OP_MAXPOOL) {
		ws = mt_dnn_work(st, wmd);
		status = mt_dnn_arg(d, c, DNNL_ARG_WORKSPACE, wmd, ws, err);
	}
	if (!status && st->train && st->din[0])
		status = pool_backward(d, st, p, alg, &src, pd, ws, err);
	dnnl_primitive_desc_destroy(pd);
	return status;
}
