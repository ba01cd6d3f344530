/* SPDX-License-Identifier: MIT */
#include "nn/dev/cpu/blas/blas.h"

#include <cblas.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define DECLARE(id, name) extern const struct mt_blas_op mt_blas_op_##name;
MT_OP_LIST(DECLARE)
#define ROW(id, name) [MT_OP_##id] = &mt_blas_op_##name,
static const struct mt_blas_op *const ops[MT_N_OP] = {MT_OP_LIST(ROW)};

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
	const struct mt_blas_op *op = ops[st->op];
	(void)ctx;
	if (!op->forward || (st->train && !op->backward))
		return mt_ops_lacks("blas", st->op, err);
	for (int i = 0; i < 4; i++)
		if (st->in[0]->dim[i] > INT32_MAX || st->out->dim[i] > INT32_MAX)
			return mt_err_set(err, MT_EUSAGE, "the map is too large for BLAS");
	if (op->plan)
		op->plan(st);
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
	ops[st->op]->forward(st);
	return MT_OK;
}

static int backward(void *ctx, struct mt_step *st, struct mt_err *err)
{
	(void)ctx;
	(void)err;
	ops[st->op]->backward(st);
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
