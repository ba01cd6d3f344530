/* SPDX-License-Identifier: MIT
 * Activations, softmax, dropout: one value after the other. */
#include <math.h>

#include "base/rng.h"
#include "nn/dev/cpu/blas/blas.h"

void mt_blas_relu(float *y, size_t n)
{
#pragma omp parallel for simd
	for (size_t i = 0; i < n; i++)
		y[i] = y[i] > 0 ? y[i] : 0;
}

void mt_blas_drelu(float *dy, const float *y, size_t n)
{
#pragma omp parallel for simd
	for (size_t i = 0; i < n; i++)
		dy[i] = y[i] > 0 ? dy[i] : 0;
}

static void act_plan(struct mt_step *st)
{
	st->need_out = 1;
}

static void relu_forward(struct mt_step *st)
{
	const float *x = st->in[0]->data;
	float *y = st->out->data;
	int64_t n = mt_tensor_count(st->out);
#pragma omp parallel for simd
	for (int64_t i = 0; i < n; i++)
		y[i] = x[i] > 0 ? x[i] : 0;
}

static void relu_backward(struct mt_step *st)
{
	const float *y = st->out->data, *dy = st->dout->data;
	int64_t n = mt_tensor_count(st->out);
	if (!st->din[0])
		return;
	float *dx = st->din[0]->data;
#pragma omp parallel for simd
	for (int64_t i = 0; i < n; i++)
		dx[i] = y[i] > 0 ? dy[i] : 0;
}

static void elu_forward(struct mt_step *st)
{
	const float *x = st->in[0]->data;
	float *y = st->out->data, alpha = st->a.alpha;
	int64_t n = mt_tensor_count(st->out);
#pragma omp parallel for
	for (int64_t i = 0; i < n; i++)
		y[i] = x[i] > 0 ? x[i] : alpha * expm1f(x[i]);
}

static void elu_backward(struct mt_step *st)
{
	const float *y = st->out->data, *dy = st->dout->data;
	int64_t n = mt_tensor_count(st->out);
	if (!st->din[0])
		return;
	float *dx = st->din[0]->data, alpha = st->a.alpha;
#pragma omp parallel for simd
	for (int64_t i = 0; i < n; i++)
		dx[i] = y[i] > 0 ? dy[i] : dy[i] * (y[i] + alpha);
}

static float sigmoid(float x)
{
	float e = expf(-fabsf(x));
	return x >= 0 ? 1 / (1 + e) : e / (1 + e);
}

static void sigmoid_forward(struct mt_step *st)
{
	const float *x = st->in[0]->data;
	float *y = st->out->data;
	int64_t n = mt_tensor_count(st->out);
#pragma omp parallel for
	for (int64_t i = 0; i < n; i++)
		y[i] = sigmoid(x[i]);
}

static void sigmoid_backward(struct mt_step *st)
{
	const float *y = st->out->data, *dy = st->dout->data;
	int64_t n = mt_tensor_count(st->out);
	if (!st->din[0])
		return;
	float *dx = st->din[0]->data;
#pragma omp parallel for simd
	for (int64_t i = 0; i < n; i++)
		dx[i] = dy[i] * y[i] * (1 - y[i]);
}

static void softmax_row(float *y, const float *x, int64_t K, int as_log)
{
	float max = x[0];
	double sum = 0;
	for (int64_t k = 1; k < K; k++)
		max = x[k] > max ? x[k] : max;
	for (int64_t k = 0; k < K; k++)
		sum += exp((double)(x[k] - max));
	for (int64_t k = 0; k < K; k++) {
		double l = (double)(x[k] - max) - log(sum);
		y[k] = (float)(as_log ? l : exp(l));
	}
}

/* softmax: dx = y (dy - sum dy y); its log: dx = dy - exp(y) sum dy. */
static void softmax_back(float *dx, const float *dy, const float *y, int64_t K, int as_log)
{
	double sum = 0;
	for (int64_t k = 0; k < K; k++)
		sum += (double)dy[k] * (as_log ? 1 : (double)y[k]);
	for (int64_t k = 0; k < K; k++)
		dx[k] = as_log ? (float)((double)dy[k] - exp((double)y[k]) * sum) :
			(float)((double)y[k] * ((double)dy[k] - sum));
}

static void softmax_run(struct mt_step *st, int as_log)
{
	const float *x = st->in[0]->data;
	float *y = st->out->data;
	int64_t B = st->out->dim[0], K = st->out->dim[1];
	for (int64_t b = 0; b < B; b++)
		softmax_row(y + b * K, x + b * K, K, as_log);
}

static void softmax_run_back(struct mt_step *st, int as_log)
{
	const float *y = st->out->data, *dy = st->dout->data;
	int64_t B = st->out->dim[0], K = st->out->dim[1];
	if (!st->din[0])
		return;
	float *dx = st->din[0]->data;
	for (int64_t b = 0; b < B; b++)
		softmax_back(dx + b * K, dy + b * K, y + b * K, K, as_log);
}

static void softmax_forward(struct mt_step *st)
{
	softmax_run(st, 0);
}

static void softmax_backward(struct mt_step *st)
{
	softmax_run_back(st, 0);
}

static void logsoftmax_forward(struct mt_step *st)
{
	softmax_run(st, 1);
}

static void logsoftmax_backward(struct mt_step *st)
{
	softmax_run_back(st, 1);
}

static void dropout_plan(struct mt_step *st)
{
	st->work_size = (size_t)mt_tensor_count(st->out);
}

/* Value i of the layer is kept when number i of the stream is >= rate; the
 * kept ones grow by 1 / (1 - rate). Four numbers a Philox call, so that the
 * mask does not depend on threads. */
static void dropout_forward(struct mt_step *st)
{
	const float *x = st->in[0]->data;
	float *y = st->out->data, rate = st->a.rate, grow = 1 / (1 - rate);
	unsigned char *keep = (unsigned char *)st->work;
	struct mt_rng rng;
	int64_t n = mt_tensor_count(st->out);
	mt_rng_init(&rng, st->seed, MT_RNG_DROPOUT, st->step_no, st->key);
#pragma omp parallel for
	for (int64_t i = 0; i < n; i += 4) {
		uint32_t c[4] = {(uint32_t)(i / 4), (uint32_t)(i >> 34), rng.ctr[2], rng.ctr[3]};
		mt_philox(c, c, rng.key);
		for (int64_t k = i; k < n && k < i + 4; k++) {
			keep[k] = (float)(c[k - i] >> 8) * 0x1p-24f >= rate;
			y[k] = keep[k] ? x[k] * grow : 0;
		}
	}
}

static void dropout_backward(struct mt_step *st)
{
	const float *dy = st->dout->data;
	const unsigned char *keep = (const unsigned char *)st->work;
	float grow = 1 / (1 - st->a.rate);
	int64_t n = mt_tensor_count(st->out);
	if (!st->din[0])
		return;
	float *dx = st->din[0]->data;
#pragma omp parallel for simd
	for (int64_t i = 0; i < n; i++)
		dx[i] = keep[i] ? dy[i] * grow : 0;
}

const struct mt_blas_op mt_blas_op_relu = {act_plan, relu_forward, relu_backward};
const struct mt_blas_op mt_blas_op_elu = {act_plan, elu_forward, elu_backward};
const struct mt_blas_op mt_blas_op_sigmoid = {act_plan, sigmoid_forward, sigmoid_backward};
const struct mt_blas_op mt_blas_op_softmax = {act_plan, softmax_forward, softmax_backward};
const struct mt_blas_op mt_blas_op_logsoftmax = {act_plan, logsoftmax_forward, logsoftmax_backward};
const struct mt_blas_op mt_blas_op_dropout = {dropout_plan, dropout_forward, dropout_backward};
