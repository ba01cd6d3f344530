/* SPDX-License-Identifier: MIT
 * The blas backend's kernels: row-major tensors, OpenBLAS for products,
 * plain loops for the rest. The readable reference of every op, and what
 * other backends use for the ops they lack. */
#ifndef MT_NN_DEV_CPU_BLAS_BLAS_H
#define MT_NN_DEV_CPU_BLAS_BLAS_H

#include "nn/dev/ops.h"

/* How the backend computes an op. The file that has the kernels of op NAME
 * defines mt_blas_op_NAME; blas.c makes the table from MT_OP_LIST. */
struct mt_blas_op {
	/* Sets work_size, tmp_size, need_in, need_out; NULL: nothing to set.
	 * An op without forward, or in training backward, is refused by name. */
	void (*plan)(struct mt_step *st);
	void (*forward)(struct mt_step *st);
	void (*backward)(struct mt_step *st);
};

/* y = max(y, 0); dy = 0 where y is not above 0. */
void mt_blas_relu(float *y, size_t n);
void mt_blas_drelu(float *dy, const float *y, size_t n);

#endif
