/* SPDX-License-Identifier: MIT
 * The blas backend's kernels: row-major tensors, OpenBLAS for products,
 * plain loops for the rest. The readable reference of every op, and what
 * other backends use for the ops they lack. */
#ifndef MT_NN_DEV_CPU_BLAS_BLAS_H
#define MT_NN_DEV_CPU_BLAS_BLAS_H

#include "nn/dev/ops.h"

void mt_blas_conv_plan(struct mt_step *st);
void mt_blas_conv_forward(struct mt_step *st);
void mt_blas_conv_backward(struct mt_step *st);
void mt_blas_dense_plan(struct mt_step *st);
void mt_blas_dense_forward(struct mt_step *st);
void mt_blas_dense_backward(struct mt_step *st);
void mt_blas_norm_plan(struct mt_step *st);
void mt_blas_norm_forward(struct mt_step *st);
void mt_blas_norm_backward(struct mt_step *st);
void mt_blas_instnorm_plan(struct mt_step *st);
void mt_blas_instnorm_forward(struct mt_step *st);
void mt_blas_instnorm_backward(struct mt_step *st);
/* maxpool, avgpool, globalpool */
void mt_blas_pool_plan(struct mt_step *st);
void mt_blas_pool_forward(struct mt_step *st);
void mt_blas_pool_backward(struct mt_step *st);
/* relu, elu, sigmoid, softmax, logsoftmax, dropout */
void mt_blas_act_plan(struct mt_step *st);
void mt_blas_act_forward(struct mt_step *st);
void mt_blas_act_backward(struct mt_step *st);
/* add, concat, reshape, permute, pad */
void mt_blas_move_plan(struct mt_step *st);
void mt_blas_move_forward(struct mt_step *st);
void mt_blas_move_backward(struct mt_step *st);

/* y = max(y, 0); dy = 0 where y is not above 0. */
void mt_blas_relu(float *y, size_t n);
void mt_blas_drelu(float *dy, const float *y, size_t n);

#endif
