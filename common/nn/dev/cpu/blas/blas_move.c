/* SPDX-License-Identifier: MIT
 * Ops that move values: add, concat, reshape, permute, pad. */
#include <string.h>

#include "nn/dev/cpu/blas/blas.h"

/* Between input i and its slice of the output along C. */
static void concat(struct mt_step *st, int i, int64_t at, int back)
{
	int64_t B = st->out->dim[0], out = mt_tensor_count(st->out) / B;
	int64_t in = mt_tensor_count(st->in[i]) / B;
	float *x = back ? st->din[i]->data : st->in[i]->data;
	float *y = (float *)(back ? st->dout->data : st->out->data) + at;
	for (int64_t b = 0; b < B; b++)
		if (back)
			memcpy(x + b * in, y + b * out, (size_t)in * sizeof *x);
		else
			memcpy(y + b * out, x + b * in, (size_t)in * sizeof *x);
}

/* Between small (B,C,h,w) and large = small with a border. */
static void pad(struct mt_step *st, int back)
{
	const int64_t *i = st->in[0]->dim, *o = st->out->dim;
	float *x = back ? st->din[0]->data : st->in[0]->data;
	float *y = back ? st->dout->data : st->out->data;
	size_t row = (size_t)i[3] * sizeof *x;
	if (!back)
		memset(y, 0, st->out->size * sizeof *y);
	for (int64_t k = 0; k < i[0] * i[1]; k++)
		for (int64_t h = 0; h < i[2]; h++) {
			float *p = x + (k * i[2] + h) * i[3];
			float *q = y + (k * o[2] + h + st->a.pad[0]) * o[3] + st->a.pad[2];
			if (back)
				memcpy(p, q, row);
			else
				memcpy(q, p, row);
		}
}

static void permute(struct mt_step *st, int back)
{
	const int64_t *d = st->in[0]->dim, *o = st->out->dim;
	const int64_t step[4] = {d[1] * d[2] * d[3], d[2] * d[3], d[3], 1};
	float *x = back ? st->din[0]->data : st->in[0]->data;
	float *y = back ? st->dout->data : st->out->data;
	const int64_t *p = st->a.perm;
	int64_t k = 0;
	for (int64_t a = 0; a < o[0]; a++)
		for (int64_t b = 0; b < o[1]; b++)
			for (int64_t c = 0; c < o[2]; c++)
				for (int64_t e = 0; e < o[3]; e++, k++) {
					int64_t from = a * step[p[0]] + b * step[p[1]] +
						       c * step[p[2]] + e * step[p[3]];
					if (back)
						x[from] = y[k];
					else
						y[k] = x[from];
				}
}

static void add_forward(struct mt_step *st)
{
	float *y = st->out->data;
	size_t n = st->out->size;
	memcpy(y, st->in[0]->data, n * sizeof *y);
	for (int i = 1; i < st->n_in; i++) {
		const float *x = st->in[i]->data;
		for (size_t k = 0; k < n; k++)
			y[k] += x[k];
	}
}

static void copy_forward(struct mt_step *st)
{
	memcpy(st->out->data, st->in[0]->data, st->out->size * sizeof(float));
}

/* The gradient of each input is that of the output. */
static void copy_backward(struct mt_step *st)
{
	for (int i = 0; i < st->n_in; i++)
		if (st->din[i])
			memcpy(st->din[i]->data, st->dout->data, st->out->size * sizeof(float));
}

static void concat_run(struct mt_step *st, int back)
{
	int64_t at = 0, B = st->out->dim[0];
	for (int i = 0; i < st->n_in; at += mt_tensor_count(st->in[i++]) / B)
		if (!back || st->din[i])
			concat(st, i, at, back);
}

static void concat_forward(struct mt_step *st)
{
	concat_run(st, 0);
}

static void concat_backward(struct mt_step *st)
{
	concat_run(st, 1);
}

static void permute_forward(struct mt_step *st)
{
	permute(st, 0);
}

static void permute_backward(struct mt_step *st)
{
	if (st->din[0])
		permute(st, 1);
}

static void pad_forward(struct mt_step *st)
{
	pad(st, 0);
}

static void pad_backward(struct mt_step *st)
{
	if (st->din[0])
		pad(st, 1);
}

const struct mt_blas_op mt_blas_op_add = {NULL, add_forward, copy_backward};
const struct mt_blas_op mt_blas_op_concat = {NULL, concat_forward, concat_backward};
const struct mt_blas_op mt_blas_op_reshape = {NULL, copy_forward, copy_backward};
const struct mt_blas_op mt_blas_op_permute = {NULL, permute_forward, permute_backward};
const struct mt_blas_op mt_blas_op_pad = {NULL, pad_forward, pad_backward};
