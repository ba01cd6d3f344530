/* SPDX-License-Identifier: MIT
 * The ops table: what a backend must know to run a network, one step at a
 * time. The engine (nn/engine/engine.c) decides order, fusion and memory; the
 * backend decides layouts and runs a step forward and backward. Letters:
 * B batch, C channels, H and W the two axes of a map, O output channels. */
#ifndef MT_NN_DEV_OPS_H
#define MT_NN_DEV_OPS_H

#include "base/api.h"
#include "base/err.h"
#include "nn/dev/tensor.h"

MT_API_BEGIN

#define MT_MAX_FROM 8

/* Most parameters of one layer. */
#define MT_MAX_PARAM 16

/* The table of ops, a row each: ID gives the number MT_OP_ID, name the op's
 * definition mt_op_name in nn/graph/op/ and its kernels mt_blas_op_name in the
 * blas backend, which has every op. Append new ops at the end. */
#define MT_OP_LIST(X) \
	X(CONV, conv)               /* weight (O,C,kh,kw), bias (O) or none */ \
	X(DENSE, dense)             /* weight (O,C*H*W), bias (O) or none */ \
	X(BATCHNORM, batchnorm)     /* weight, bias, running_mean, running_var */ \
	X(RELU, relu) \
	X(ELU, elu)                 /* alpha */ \
	X(SIGMOID, sigmoid) \
	X(SOFTMAX, softmax)         /* over C of (B,C,1,1) */ \
	X(LOGSOFTMAX, logsoftmax) \
	X(MAXPOOL, maxpool)         /* windows past the edge are dropped (floor) */ \
	X(AVGPOOL, avgpool) \
	X(GLOBALPOOL, globalpool)   /* mode over the axes in axis; size 1 stays */ \
	X(DROPOUT, dropout) \
	X(ADD, add) \
	X(CONCAT, concat)           /* along C */ \
	X(RESHAPE, reshape)         /* to dim[1..3]; row-major order kept */ \
	X(PERMUTE, permute)         /* out axis i is in axis perm[i] */ \
	X(PAD, pad)                 /* zeros: pad[] */ \
	X(INSTANCENORM, instancenorm) /* weight, bias; statistics of each clip over H and W */ \
	X(LAYERNORM, layernorm)     /* weight, bias; each row as long as they are */

#define MT_OP_ID(id, name) MT_OP_##id,
enum mt_op_id {
	MT_OP_LIST(MT_OP_ID)
	MT_N_OP
};
#undef MT_OP_ID

enum mt_pool { MT_POOL_MEAN = 1, MT_POOL_MAX = 2, MT_POOL_MAX_MEAN = 3 };

/* Which axis of (B,C,H,W) has one statistic per entry. */
enum mt_axis { MT_AXIS_C = 1, MT_AXIS_H = 2, MT_AXIS_W = 3, MT_AXIS_ALL = 4 };

struct mt_attr {
	int64_t out;          /* O */
	int64_t kernel[2];    /* H, W: of convolutions and pools */
	int64_t stride[2];
	int64_t pad[4];       /* top, bottom, left, right */
	int64_t perm[4];
	int bias;
	int axis;             /* enum mt_axis; globalpool: bit 0 = H, bit 1 = W */
	int mode;             /* enum mt_pool */
	float rate;           /* dropout: probability of zero */
	float alpha;          /* elu */
	float eps, momentum;  /* batchnorm; instancenorm: eps */
};

/* One tensor of parameters in the backend's layout. g, m, v (gradient, first
 * and second moment) have w's layout and are NULL where not wanted. */
struct mt_param_buf {
	struct mt_tensor w;
	float *g, *m, *v, *mean;
};

/* One planned step. The engine fills all but what is marked; tensors' data
 * pointers are set after planning. Gradient tensors have their value's
 * layout. Backward writes (=) din and dparam, except where din[i] is NULL. */
struct mt_step {
	enum mt_op_id op;
	struct mt_attr a;
	int any_layout;       /* value by value, and 0 stays 0: any layout will do */
	int relu;             /* a fused relu follows (conv, dense, batchnorm) */
	int train;
	int n_in;
	struct mt_tensor *in[MT_MAX_FROM], *out;       /* plan sets out->layout, size */
	struct mt_tensor *din[MT_MAX_FROM], *dout;
	struct mt_param_buf *param[MT_MAX_PARAM];      /* plan sets w.layout, w.size */
	void *plan;           /* backend's own, set by plan, freed by release */
	size_t work_size;     /* set by plan: bytes kept from forward to backward */
	size_t tmp_size;      /* set by plan: bytes wanted during a call */
	char *work, *tmp;
	int need_in, need_out; /* set by plan: backward reads in[0..], out */
	/* dropout: the stream's name, set before each forward */
	uint64_t seed, key;
	uint32_t step_no;
};

struct mt_ops {
	const char *name;
	/* What computes: library, version, instructions that it uses. */
	void (*id)(char *buf, size_t size);
	/* State shared by all steps of one engine; n_thread > 0. */
	int (*open)(void **ctx, int n_thread, struct mt_err *err);
	void (*close)(void *ctx);
	/* Called at the start of every pass: sets the number of threads. */
	void (*begin)(void *ctx);
	int (*plan)(void *ctx, struct mt_step *st, struct mt_err *err);
	/* Memory that plan() will take beside tensors, from the shapes; may be NULL. */
	double (*plan_bytes)(const struct mt_step *st);
	void (*release)(void *ctx, struct mt_step *st);
	int (*forward)(void *ctx, struct mt_step *st, struct mt_err *err);
	int (*backward)(void *ctx, struct mt_step *st, struct mt_err *err);
	/* Row-major array into t's layout, and back. */
	int (*put)(void *ctx, struct mt_tensor *t, const float *from, struct mt_err *err);
	int (*get)(void *ctx, const struct mt_tensor *t, float *to, struct mt_err *err);
	/* Free a tensor's layout. */
	void (*forget)(struct mt_tensor *t);
};

/* The backend of this name ("blas", "onednn"), or NULL and the reason in
 * err. Tables are static. */
const struct mt_ops *mt_ops_get(const char *name, struct mt_err *err);
/* The error of a backend that does not implement this op: MT_EUSAGE. */
int mt_ops_lacks(const char *backend, enum mt_op_id op, struct mt_err *err);
extern const struct mt_ops mt_ops_blas, mt_ops_onednn;

MT_API_END

#endif
