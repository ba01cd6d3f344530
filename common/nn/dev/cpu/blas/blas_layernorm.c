/* SPDX-License-Identifier: MIT
 * Layer normalisation. The map is seen as rows of as many values as the weight
 * has. One thread sums a row, and one the gradients of a column, in order, so
 * the result does not depend on the number of threads. */
#include <math.h>

#include "nn/dev/cpu/blas/blas.h"

static int64_t layernorm_rows(const struct mt_step *st, int64_t *n)
{
	*n = mt_tensor_count(&st->param[0]->w);
	return mt_tensor_count(st->in[0]) / *n;
}

/* work: mean and 1/deviation of each row */
static void layernorm_plan(struct mt_step *st)
{
	int64_t n, rows = layernorm_rows(st, &n);
	st->work_size = (size_t)(2 * rows) * sizeof(float);
	st->need_in = 1;
}

static void layernorm_forward(struct mt_step *st)
{
	int64_t n, rows = layernorm_rows(st, &n);
	const float *gamma = st->param[0]->w.data, *beta = st->param[1]->w.data;
	float *mean = (float *)(void *)st->work, *inv = mean + rows;
	double eps = (double)st->a.eps;
#pragma omp parallel for
	for (int64_t k = 0; k < rows; k++) {
		const float *x = (const float *)st->in[0]->data + k * n;
		float *y = (float *)st->out->data + k * n;
		double sum = 0, sq = 0;
#pragma omp simd reduction(+:sum)
		for (int64_t i = 0; i < n; i++)
			sum += (double)x[i];
		double avg = sum / (double)n;
#pragma omp simd reduction(+:sq)
		for (int64_t i = 0; i < n; i++) {
			double diff = (double)x[i] - avg;
			sq += diff * diff;
		}
		mean[k] = (float)avg;
		inv[k] = (float)(1 / sqrt(sq / (double)n + eps));
		for (int64_t i = 0; i < n; i++)
			y[i] = (x[i] - mean[k]) * inv[k] * gamma[i] + beta[i];
	}
}

/* dgamma = sum of dy xhat, dbeta = sum of dy, over the rows. */
static void layernorm_params(struct mt_step *st, int64_t rows, int64_t n)
{
	const float *x = st->in[0]->data, *dy = st->dout->data;
	const float *mean = (const float *)(const void *)st->work, *inv = mean + rows;
	float *dgamma = st->param[0]->g, *dbeta = st->param[1]->g;
#pragma omp parallel for
	for (int64_t i = 0; i < n; i++) {
		double s1 = 0, s2 = 0;
		for (int64_t k = 0; k < rows; k++) {
			double d = (double)dy[k * n + i];
			s1 += d;
			s2 += d * ((double)x[k * n + i] - (double)mean[k]) * (double)inv[k];
		}
		dbeta[i] = (float)s1;
		dgamma[i] = (float)s2;
	}
}

/* g = dy gamma; dx = inv (g - mean of g - xhat mean of g xhat), over a row. */
static void layernorm_backward(struct mt_step *st)
{
	int64_t n, rows = layernorm_rows(st, &n);
	const float *gamma = st->param[0]->w.data;
	const float *mean = (const float *)(const void *)st->work, *inv = mean + rows;
	layernorm_params(st, rows, n);
	if (!st->din[0])
		return;
#pragma omp parallel for
	for (int64_t k = 0; k < rows; k++) {
		const float *x = (const float *)st->in[0]->data + k * n;
		const float *dy = (const float *)st->dout->data + k * n;
		float *dx = (float *)st->din[0]->data + k * n;
		double s1 = 0, s2 = 0, m = (double)mean[k];
#pragma omp simd reduction(+:s1, s2)
		for (int64_t i = 0; i < n; i++) {
			double g = (double)dy[i] * (double)gamma[i];
			s1 += g;
			s2 += g * ((double)x[i] - m);
		}
		float b = (float)(s1 / (double)n);
		float q = (float)(s2 * (double)inv[k] * (double)inv[k] / (double)n);
		for (int64_t i = 0; i < n; i++)
			dx[i] = inv[k] * (dy[i] * gamma[i] - b - (x[i] - mean[k]) * q);
	}
}

const struct mt_blas_op mt_blas_op_layernorm = {layernorm_plan, layernorm_forward,
						 layernorm_backward};
