/* SPDX-License-Identifier: MIT
 * Pools: a window slides over each channel of each clip. A global pool is
 * one window as large as the axes it covers. */
#include <string.h>

#include "nn/dev/cpu/blas/blas.h"

struct pool {
	int64_t n, H, W, OH, OW, kh, kw, sh, sw; /* n = B C maps */
	int mode;
};

static struct pool get_pool(const struct mt_step *st)
{
	const int64_t *i = st->in[0]->dim, *o = st->out->dim;
	const struct mt_attr *a = &st->a;
	struct pool p = {.n = i[0] * i[1], .H = i[2], .W = i[3], .OH = o[2], .OW = o[3],
			 .kh = a->kernel[0], .kw = a->kernel[1], .sh = a->stride[0],
			 .sw = a->stride[1], .mode = a->mode};
	if (st->op == MT_OP_GLOBALPOOL) {
		p.kh = p.sh = a->axis & 1 ? p.H : 1;
		p.kw = p.sw = a->axis & 2 ? p.W : 1;
	} else {
		p.mode = st->op == MT_OP_MAXPOOL ? MT_POOL_MAX : MT_POOL_MEAN;
	}
	return p;
}

/* work: where in its map each maximum was. */
static void pool_plan(struct mt_step *st)
{
	if (st->train && get_pool(st).mode & MT_POOL_MAX)
		st->work_size = (size_t)mt_tensor_count(st->out) * sizeof(int32_t);
}

static void forward_map(const struct pool *p, const float *x, float *y, int32_t *at)
{
	float share = 1 / (float)(p->kh * p->kw);
	for (int64_t o = 0; o < p->OH * p->OW; o++) {
		int64_t h0 = o / p->OW * p->sh, w0 = o % p->OW * p->sw, best = h0 * p->W + w0;
		float sum = 0;
		for (int64_t h = h0; h < h0 + p->kh; h++)
			for (int64_t w = w0; w < w0 + p->kw; w++) {
				int64_t i = h * p->W + w;
				sum += x[i];
				best = x[i] > x[best] ? i : best;
			}
		y[o] = (p->mode & MT_POOL_MEAN ? sum * share : 0) +
		       (p->mode & MT_POOL_MAX ? x[best] : 0);
		if (at)
			at[o] = (int32_t)best;
	}
}

static void pool_forward(struct mt_step *st)
{
	struct pool p = get_pool(st);
	const float *x = st->in[0]->data;
	float *y = st->out->data;
	int32_t *at = st->work_size ? (int32_t *)(void *)st->work : NULL;
	int64_t in = p.H * p.W, out = p.OH * p.OW;
#pragma omp parallel for
	for (int64_t k = 0; k < p.n; k++)
		forward_map(&p, x + k * in, y + k * out, at ? at + k * out : NULL);
}

static void backward_map(const struct pool *p, float *dx, const float *dy, const int32_t *at)
{
	float share = 1 / (float)(p->kh * p->kw);
	memset(dx, 0, (size_t)(p->H * p->W) * sizeof *dx);
	for (int64_t o = 0; o < p->OH * p->OW; o++) {
		int64_t h0 = o / p->OW * p->sh, w0 = o % p->OW * p->sw;
		if (p->mode & MT_POOL_MAX)
			dx[at[o]] += dy[o];
		for (int64_t h = h0; p->mode & MT_POOL_MEAN && h < h0 + p->kh; h++)
			for (int64_t w = w0; w < w0 + p->kw; w++)
				dx[h * p->W + w] += dy[o] * share;
	}
}

static void pool_backward(struct mt_step *st)
{
	struct pool p = get_pool(st);
	const float *dy = st->dout->data;
	float *dx = st->din[0] ? st->din[0]->data : NULL;
	const int32_t *at = st->work_size ? (const int32_t *)(const void *)st->work : NULL;
	int64_t in = p.H * p.W, out = p.OH * p.OW;
	if (!dx)
		return;
#pragma omp parallel for
	for (int64_t k = 0; k < p.n; k++)
		backward_map(&p, dx + k * in, dy + k * out, at ? at + k * out : NULL);
}

const struct mt_blas_op mt_blas_op_maxpool = {pool_plan, pool_forward, pool_backward};
const struct mt_blas_op mt_blas_op_avgpool = {pool_plan, pool_forward, pool_backward};
const struct mt_blas_op mt_blas_op_globalpool = {pool_plan, pool_forward, pool_backward};
