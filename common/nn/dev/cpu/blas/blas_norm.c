/* SPDX-License-Identifier: MIT
 * Batch normalisation. The map is seen as R rows of C channels of n values;
 * each (row, channel) is summed on its own and these sums are added in
 * order, so the result does not depend on the number of threads. */
#include <math.h>

#include "nn/dev/cpu/blas/blas.h"

struct view {
	int64_t R, C, n;
};

static struct view get_view(const struct mt_step *st)
{
	const int64_t *d = st->in[0]->dim;
	switch (st->a.axis) {
	case MT_AXIS_H:
		return (struct view){d[0], d[2], d[3]};
	case MT_AXIS_W:
		return (struct view){d[0] * d[2], d[3], 1};
	case MT_AXIS_ALL:
		return (struct view){d[0], 1, d[1] * d[2] * d[3]};
	default:
		return (struct view){d[0], d[1], d[2] * d[3]};
	}
}

/* work: mean [C], 1/deviation [C]; tmp: two doubles for each (row, channel). */
static void norm_plan(struct mt_step *st)
{
	struct view v = get_view(st);
	st->work_size = (size_t)(2 * v.C) * sizeof(float);
	st->tmp_size = (size_t)(2 * v.R * v.C) * sizeof(double);
	st->need_in = 1;
	st->need_out = st->relu;
}

static double sum_rows(const double *part, const struct view *v, int64_t c)
{
	double sum = 0;
	for (int64_t r = 0; r < v->R; r++)
		sum += part[r * v->C + c];
	return sum;
}

/* Mean and biased variance of this batch; running ones move by momentum. */
static void batch_stats(struct mt_step *st, const struct view *v, float *mean, float *inv)
{
	const float *x = st->in[0]->data;
	double *part = (double *)(void *)st->tmp, *avg = part + v->R * v->C;
	float *run_mean = st->param[2]->w.data, *run_var = st->param[3]->w.data;
	double N = (double)(v->R * v->n), mom = (double)st->a.momentum;
	int64_t rows = v->R * v->C, n = v->n;
#pragma omp parallel for
	for (int64_t k = 0; k < rows; k++) {
		double sum = 0;
#pragma omp simd reduction(+:sum)
		for (int64_t i = 0; i < n; i++)
			sum += (double)x[k * n + i];
		part[k] = sum;
	}
	for (int64_t c = 0; c < v->C; c++)
		avg[c] = sum_rows(part, v, c) / N;
#pragma omp parallel for
	for (int64_t k = 0; k < rows; k++) {
		double sum = 0, m = avg[k % v->C];
#pragma omp simd reduction(+:sum)
		for (int64_t i = 0; i < n; i++) {
			double d = (double)x[k * n + i] - m;
			sum += d * d;
		}
		part[k] = sum;
	}
	for (int64_t c = 0; c < v->C; c++) {
		double var = sum_rows(part, v, c) / N;
		mean[c] = (float)avg[c];
		inv[c] = (float)(1 / sqrt(var + (double)st->a.eps));
		double unbiased = N > 1 ? var * N / (N - 1) : var;
		run_mean[c] = (float)((1 - mom) * (double)run_mean[c] + mom * avg[c]);
		run_var[c] = (float)((1 - mom) * (double)run_var[c] + mom * unbiased);
	}
}

static void norm_forward(struct mt_step *st)
{
	struct view v = get_view(st);
	const float *x = st->in[0]->data, *gamma = st->param[0]->w.data;
	const float *beta = st->param[1]->w.data, *run_var = st->param[3]->w.data;
	const float *mean = st->param[2]->w.data;
	float *y = st->out->data, *avg = (float *)(void *)st->work, *inv = avg + v.C;
	int64_t n = v.n, rows = v.R * v.C;
	if (st->train) {
		batch_stats(st, &v, avg, inv);
		mean = avg;
	} else {
		for (int64_t c = 0; c < v.C; c++)
			inv[c] = (float)(1 / sqrt((double)run_var[c] + (double)st->a.eps));
	}
#pragma omp parallel for
	for (int64_t k = 0; k < rows; k++) {
		int64_t c = k % v.C;
		float scale = gamma[c] * inv[c], m = mean[c], b = beta[c];
		for (int64_t i = 0; i < n; i++)
			y[k * n + i] = (x[k * n + i] - m) * scale + b;
	}
	if (st->relu)
		mt_blas_relu(y, st->out->size);
}

/* xhat = (x - mean) inv; dgamma = sum dy xhat; dbeta = sum dy;
 * dx = gamma inv (dy - dbeta / N - xhat dgamma / N). */
static void norm_backward(struct mt_step *st)
{
	struct view v = get_view(st);
	const float *x = st->in[0]->data, *gamma = st->param[0]->w.data;
	const float *mean = (const float *)(const void *)st->work, *inv = mean + v.C;
	float *dy = st->dout->data, *dx = st->din[0] ? st->din[0]->data : NULL;
	float *dgamma = st->param[0]->g, *dbeta = st->param[1]->g;
	double *p1 = (double *)(void *)st->tmp, *p2 = p1 + v.R * v.C;
	int64_t n = v.n, rows = v.R * v.C;
	double N = (double)(v.R * v.n);
	if (st->relu)
		mt_blas_drelu(dy, st->out->data, st->out->size);
#pragma omp parallel for
	for (int64_t k = 0; k < rows; k++) {
		double s1 = 0, s2 = 0, m = (double)mean[k % v.C];
#pragma omp simd reduction(+:s1, s2)
		for (int64_t i = 0; i < n; i++) {
			s1 += (double)dy[k * n + i];
			s2 += (double)dy[k * n + i] * ((double)x[k * n + i] - m);
		}
		p1[k] = s1;
		p2[k] = s2;
	}
	for (int64_t c = 0; c < v.C; c++) {
		dbeta[c] = (float)sum_rows(p1, &v, c);
		dgamma[c] = (float)(sum_rows(p2, &v, c) * (double)inv[c]);
	}
	if (!dx)
		return;
#pragma omp parallel for
	for (int64_t k = 0; k < rows; k++) {
		int64_t c = k % v.C;
		float a = gamma[c] * inv[c], m = mean[c], b = (float)((double)dbeta[c] / N);
		float q = (float)((double)dgamma[c] * (double)inv[c] / N);
		for (int64_t i = 0; i < n; i++)
			dx[k * n + i] = a * (dy[k * n + i] - b - (x[k * n + i] - m) * q);
	}
}

const struct mt_blas_op mt_blas_op_batchnorm = {norm_plan, norm_forward, norm_backward};
