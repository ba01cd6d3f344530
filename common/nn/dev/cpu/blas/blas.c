/* SPDX-License-Identifier: MIT */
#include "nn/dev/cpu/blas/blas.h"

#include <cblas.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct kernel {
	void (*plan)(struct mt_step *st);
	void (*forward)(struct mt_step *st);
	void (*backward)(struct mt_step *st);
};

#define KERNEL(name) {mt_blas_##name##_plan, mt_blas_##name##_forward, mt_blas_##name##_backward}

static const struct kernel kernels[MT_N_OP] = {
	[MT_OP_CONV] = KERNEL(conv), [MT_OP_DENSE] = KERNEL(dense),
	[MT_OP_BATCHNORM] = KERNEL(norm), [MT_OP_RELU] = KERNEL(act),
	[MT_OP_ELU] = KERNEL(act), [MT_OP_SIGMOID] = KERNEL(act),
	[MT_OP_SOFTMAX] = KERNEL(act), [MT_OP_LOGSOFTMAX] = KERNEL(act),
	[MT_OP_MAXPOOL] = KERNEL(pool), [MT_OP_AVGPOOL] = KERNEL(pool),
	[MT_OP_GLOBALPOOL] = KERNEL(pool), [MT_OP_DROPOUT] = KERNEL(act),
	[MT_OP_ADD] = KERNEL(move), [MT_OP_CONCAT] = KERNEL(move),
	[MT_OP_RESHAPE] = KERNEL(move), [MT_OP_PERMUTE] = KERNEL(move),
	[MT_OP_PAD] = KERNEL(move), [MT_OP_INSTANCENORM] = KERNEL(instnorm),
};

static int open_blas(void **ctx, int n_thread, struct mt_err *err)
{
	int *n = mt_calloc(1, sizeof *n);
	(void)err;
	*n = n_thread;
	*ctx = n;
	return MT_OK;
}

static void begin(void *ctx)
{
	omp_set_num_threads(*(int *)ctx);
	openblas_set_num_threads(*(int *)ctx);
}

static int plan(void *ctx, struct mt_step *st, struct mt_err *err)
{
	(void)ctx;
	for (int i = 0; i < 4; i++)
		if (st->in[0]->dim[i] > INT32_MAX || st->out->dim[i] > INT32_MAX)
			return mt_err_set(err, MT_EUSAGE, "the map is too large for BLAS");
	kernels[st->op].plan(st);
	return MT_OK;
}

static void release(void *ctx, struct mt_step *st)
{
	(void)ctx;
	(void)st;
}

static int forward(void *ctx, struct mt_step *st, struct mt_err *err)
{
	(void)ctx;
	(void)err;
	kernels[st->op].forward(st);
	return MT_OK;
}

static int backward(void *ctx, struct mt_step *st, struct mt_err *err)
{
	(void)ctx;
	(void)err;
	kernels[st->op].backward(st);
	return MT_OK;
}

static int put(void *ctx, struct mt_tensor *t, const float *from, struct mt_err *err)
{
	(void)ctx;
	(void)err;
	memcpy(t->data, from, t->size * sizeof *from);
	return MT_OK;
}

static int get(void *ctx, const struct mt_tensor *t, float *to, struct mt_err *err)
{
	(void)ctx;
	(void)err;
	memcpy(to, t->data, t->size * sizeof *to);
	return MT_OK;
}

static void forget(struct mt_tensor *t)
{
	(void)t;
}

static void id(char *buf, size_t size)
{
	/* "OpenBLAS 0.3.21 DYNAMIC_ARCH NO_AFFINITY SkylakeX MAX_THREADS=64" */
	snprintf(buf, size, "%s", openblas_get_config());
}

const struct mt_ops mt_ops_blas = {
	.name = "blas", .id = id,
	.open = open_blas, .close = free, .begin = begin, .plan = plan,
	.release = release, .forward = forward, .backward = backward, .put = put, .get = get,
	.forget = forget,
};
