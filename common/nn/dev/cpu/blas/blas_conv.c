/* SPDX-License-Identifier: MIT
 * Convolution and dense layers as matrix products. A clip's windows become
 * the columns of a matrix P of C kh kw rows and OH OW columns:
 *   y = W P + b,  dW = sum over clips dy P',  dP = W' dy. */
#include <cblas.h>
#include <string.h>

#include "nn/dev/cpu/blas/blas.h"

struct shape {
	int64_t B, C, H, W, O, OH, OW, K; /* K = C kh kw, rows of P */
	int64_t in, out;                  /* elements a clip */
};

static struct shape get_shape(const struct mt_step *st)
{
	const int64_t *i = st->in[0]->dim, *o = st->out->dim;
	struct shape s = {.B = i[0], .C = i[1], .H = i[2], .W = i[3],
			  .O = o[1], .OH = o[2], .OW = o[3]};
	s.K = s.C * st->a.kernel[0] * st->a.kernel[1];
	s.in = s.C * s.H * s.W;
	s.out = s.O * s.OH * s.OW;
	return s;
}

/* col [K][OH OW] from x [C,H,W], or with back its transpose: x += col. */
static void unfold(const struct mt_step *st, const struct shape *s, float *col, float *x, int back)
{
	int64_t kh = st->a.kernel[0], kw = st->a.kernel[1];
	int64_t sh = st->a.stride[0], sw = st->a.stride[1];
#pragma omp parallel for
	for (int64_t c = 0; c < s->C; c++)
		for (int64_t k = 0; k < kh * kw; k++)
			for (int64_t oh = 0; oh < s->OH; oh++) {
				int64_t h = oh * sh + k / kw - st->a.pad[0];
				float *p = col + ((c * kh * kw + k) * s->OH + oh) * s->OW;
				float *q = x + (c * s->H + h) * s->W;
				for (int64_t ow = 0; ow < s->OW; ow++) {
					int64_t w = ow * sw + k % kw - st->a.pad[2];
					int inside = h >= 0 && h < s->H && w >= 0 && w < s->W;
					if (!back)
						p[ow] = inside ? q[w] : 0;
					else if (inside)
						q[w] += p[ow];
				}
			}
}

static void conv_plan(struct mt_step *st)
{
	struct shape s = get_shape(st);
	st->tmp_size = (size_t)(s.K * s.OH * s.OW) * sizeof(float);
	st->need_in = 1;
	st->need_out = st->relu;
}

static void conv_forward(struct mt_step *st)
{
	struct shape s = get_shape(st);
	const float *w = st->param[0]->w.data, *b = st->param[1] ? st->param[1]->w.data : NULL;
	float *col = (float *)(void *)st->tmp;
	int64_t n = s.OH * s.OW;
	for (int64_t i = 0; i < s.B; i++) {
		float *y = (float *)st->out->data + i * s.out;
		unfold(st, &s, col, (float *)st->in[0]->data + i * s.in, 0);
		for (int64_t o = 0; o < s.O; o++)
			for (int64_t k = 0; k < n; k++)
				y[o * n + k] = b ? b[o] : 0;
		cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)s.O, (int)n,
			    (int)s.K, 1, w, (int)s.K, col, (int)n, 1, y, (int)n);
	}
	if (st->relu)
		mt_blas_relu(st->out->data, st->out->size);
}

/* db[o] = sum of dy over clips and places. */
static void bias_gradient(const struct mt_step *st, const struct shape *s)
{
	float *db = st->param[1]->g;
	const float *dy = st->dout->data;
	int64_t n = s->OH * s->OW;
	for (int64_t o = 0; o < s->O; o++) {
		double sum = 0;
		for (int64_t i = 0; i < s->B; i++)
			for (int64_t k = 0; k < n; k++)
				sum += (double)dy[i * s->out + o * n + k];
		db[o] = (float)sum;
	}
}

static void conv_backward(struct mt_step *st)
{
	struct shape s = get_shape(st);
	const float *w = st->param[0]->w.data;
	float *dw = st->param[0]->g, *col = (float *)(void *)st->tmp;
	int64_t n = s.OH * s.OW;
	if (st->relu)
		mt_blas_drelu(st->dout->data, st->out->data, st->out->size);
	if (st->param[1])
		bias_gradient(st, &s);
	for (int64_t i = 0; i < s.B; i++) {
		const float *dy = (const float *)st->dout->data + i * s.out;
		unfold(st, &s, col, (float *)st->in[0]->data + i * s.in, 0);
		cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)s.O, (int)s.K, (int)n, 1,
			    dy, (int)n, col, (int)n, i ? 1 : 0, dw, (int)s.K);
		if (!st->din[0])
			continue;
		float *dx = (float *)st->din[0]->data + i * s.in;
		cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)s.K, (int)n, (int)s.O, 1,
			    w, (int)s.K, dy, (int)n, 0, col, (int)n);
		memset(dx, 0, (size_t)s.in * sizeof *dx);
		unfold(st, &s, col, dx, 1);
	}
}

static void dense_plan(struct mt_step *st)
{
	st->need_in = 1;
	st->need_out = st->relu;
}

static void dense_forward(struct mt_step *st)
{
	struct shape s = get_shape(st);
	const float *b = st->param[1] ? st->param[1]->w.data : NULL;
	float *y = st->out->data;
	for (int64_t i = 0; i < s.B; i++)
		for (int64_t o = 0; o < s.O; o++)
			y[i * s.O + o] = b ? b[o] : 0;
	cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)s.B, (int)s.O, (int)s.in, 1,
		    st->in[0]->data, (int)s.in, st->param[0]->w.data, (int)s.in, 1, y, (int)s.O);
	if (st->relu)
		mt_blas_relu(y, st->out->size);
}

static void dense_backward(struct mt_step *st)
{
	struct shape s = get_shape(st);
	const float *dy = st->dout->data;
	if (st->relu)
		mt_blas_drelu(st->dout->data, st->out->data, st->out->size);
	if (st->param[1])
		bias_gradient(st, &s);
	cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)s.O, (int)s.in, (int)s.B, 1,
		    dy, (int)s.O, st->in[0]->data, (int)s.in, 0, st->param[0]->g, (int)s.in);
	if (st->din[0])
		cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)s.B, (int)s.in,
			    (int)s.O, 1, dy, (int)s.O, st->param[0]->w.data, (int)s.in, 0,
			    st->din[0]->data, (int)s.in);
}

const struct mt_blas_op mt_blas_op_conv = {conv_plan, conv_forward, conv_backward};
const struct mt_blas_op mt_blas_op_dense = {dense_plan, dense_forward, dense_backward};
