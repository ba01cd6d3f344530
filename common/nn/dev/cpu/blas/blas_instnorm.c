/* SPDX-License-Identifier: MIT
 * Instance normalisation: each channel of each clip by its own mean and biased
 * variance, in training and inference alike. Every (clip, channel) is a row of
 * n values that one thread sums in order, so the result depends neither on the
 * number of threads nor on the other clips of the batch. */
#include <math.h>

#include "nn/dev/cpu/blas/blas.h"

/* work: mean and 1/deviation of each row; tmp: two doubles for each row. */
static void instnorm_plan(struct mt_step *st)
{
	const int64_t *d = st->in[0]->dim;
	st->work_size = (size_t)(2 * d[0] * d[1]) * sizeof(float);
	st->tmp_size = (size_t)(2 * d[0] * d[1]) * sizeof(double);
	st->need_in = 1;
}

static void instnorm_forward(struct mt_step *st)
{
	const int64_t *d = st->in[0]->dim;
	const float *x = st->in[0]->data, *gamma = st->param[0]->w.data;
	const float *beta = st->param[1]->w.data;
	int64_t C = d[1], n = d[2] * d[3], rows = d[0] * C;
	float *y = st->out->data, *mean = (float *)(void *)st->work, *inv = mean + rows;
	double eps = (double)st->a.eps;
#pragma omp parallel for
	for (int64_t k = 0; k < rows; k++) {
		double sum = 0, sq = 0;
#pragma omp simd reduction(+:sum)
		for (int64_t i = 0; i < n; i++)
			sum += (double)x[k * n + i];
		double avg = sum / (double)n;
#pragma omp simd reduction(+:sq)
		for (int64_t i = 0; i < n; i++) {
			double diff = (double)x[k * n + i] - avg;
			sq += diff * diff;
		}
		mean[k] = (float)avg;
		inv[k] = (float)(1 / sqrt(sq / (double)n + eps));
		float scale = gamma[k % C] * inv[k], m = mean[k], b = beta[k % C];
		for (int64_t i = 0; i < n; i++)
			y[k * n + i] = (x[k * n + i] - m) * scale + b;
	}
}

/* As of batch normalisation, with the sums of dx over one row. */
static void instnorm_backward(struct mt_step *st)
{
	const int64_t *d = st->in[0]->dim;
	const float *x = st->in[0]->data, *gamma = st->param[0]->w.data;
	const float *dy = st->dout->data;
	int64_t C = d[1], n = d[2] * d[3], rows = d[0] * C;
	const float *mean = (const float *)(const void *)st->work, *inv = mean + rows;
	float *dx = st->din[0] ? st->din[0]->data : NULL;
	float *dgamma = st->param[0]->g, *dbeta = st->param[1]->g;
	double *p1 = (double *)(void *)st->tmp, *p2 = p1 + rows;
#pragma omp parallel for
	for (int64_t k = 0; k < rows; k++) {
		double s1 = 0, s2 = 0, m = (double)mean[k];
#pragma omp simd reduction(+:s1, s2)
		for (int64_t i = 0; i < n; i++) {
			s1 += (double)dy[k * n + i];
			s2 += (double)dy[k * n + i] * ((double)x[k * n + i] - m);
		}
		p1[k] = s1;
		p2[k] = s2 * (double)inv[k];
		if (!dx)
			continue;
		float a = gamma[k % C] * inv[k], b = (float)(s1 / (double)n);
		float q = (float)(p2[k] * (double)inv[k] / (double)n), at = mean[k];
		for (int64_t i = 0; i < n; i++)
			dx[k * n + i] = a * (dy[k * n + i] - b - (x[k * n + i] - at) * q);
	}
	for (int64_t c = 0; c < C; c++) {
		double s1 = 0, s2 = 0;
		for (int64_t k = c; k < rows; k += C) {
			s1 += p1[k];
			s2 += p2[k];
		}
		dbeta[c] = (float)s1;
		dgamma[c] = (float)s2;
	}
}

const struct mt_blas_op mt_blas_op_instancenorm = {instnorm_plan, instnorm_forward,
						    instnorm_backward};
