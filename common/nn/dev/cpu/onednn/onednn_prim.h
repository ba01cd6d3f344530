/* SPDX-License-Identifier: MIT
 * Primitives, and the calls of them that a step consists of.
 *
 * Planning goes through a struct dnn_planner. Each of its functions does nothing
 * after a first failure, whose status and text the planner keeps, so an op is
 * written as if nothing failed and looks at rc at the end. What it hands out
 * (dnn_md, const_dnnl_primitive_desc_t) is the planner's own and lives until
 * mt_dnn_end(); after a failure it is NULL. */
#ifndef MT_NN_DEV_CPU_ONEDNN_ONEDNN_PRIM_H
#define MT_NN_DEV_CPU_ONEDNN_ONEDNN_PRIM_H

#include "nn/dev/cpu/onednn/onednn_md.h"

#define DNN_MAX_ARG 10
#define DNN_MAX_CALL 6
#define DNN_MAX_OWN 24

struct dnn {
	dnnl_engine_t engine;
	dnnl_stream_t stream;
	int n_thread;
};

/* Where an argument's data will be: *base + off, read at each call, because
 * the engine gives out memory after planning. base points to a pointer. */
struct dnn_place {
	const void *base;
	size_t off;
};

struct dnn_call {
	dnnl_primitive_t prim;
	int n;
	int id[DNN_MAX_ARG];
	dnnl_memory_t mem[DNN_MAX_ARG];
	struct dnn_place at[DNN_MAX_ARG];
};

struct dnn_calls {
	int n;
	struct dnn_call call[DNN_MAX_CALL];
};

struct dnn_planner {
	struct dnn *d;
	struct mt_err *err;
	int rc;                  /* the first failure */
	int n_md, n_pd;
	dnn_md_own md[DNN_MAX_OWN];
	dnnl_primitive_desc_t pd[DNN_MAX_OWN];
};

/* A primitive to be created. The descriptors are those of the gradients where
 * prop says that it computes them, and any where their layout is its choice. */
struct dnn_op {
	enum { DNN_CONV, DNN_DENSE, DNN_NORM, DNN_POOL } kind;
	dnnl_prop_kind_t prop;
	const char *what;        /* for messages */
	dnn_md src, w, b, dst;   /* b NULL: no bias; norms and pools have neither w nor b */
	const int64_t *kernel, *stride, *pad_l, *pad_r;
	int relu;                /* conv, dense: a relu follows, forward */
	dnnl_alg_kind_t alg;     /* pool */
	float eps;               /* norm */
	unsigned flags;
	const_dnnl_primitive_desc_t forward; /* backward: the forward one */
};

/* Free what the planner handed out. */
void mt_dnn_end(struct dnn_planner *pl);

dnn_md mt_dnn_any(struct dnn_planner *pl, int n, const int64_t *dim);
dnn_md mt_dnn_plain(struct dnn_planner *pl, int n, const int64_t *dim);
dnn_md mt_dnn_of(struct dnn_planner *pl, const struct mt_tensor *t);
void mt_dnn_set(struct dnn_planner *pl, struct mt_tensor *t, dnn_md md);

const_dnnl_primitive_desc_t mt_dnn_create(struct dnn_planner *pl, const struct dnn_op *op);
/* The layout of its i-th source, weights (1 is the bias), destination, ... */
dnn_md mt_dnn_query(struct dnn_planner *pl, const_dnnl_primitive_desc_t pd, dnnl_query_t what,
		    int i);
/* Whether it is a reference loop, hundreds of times slower than sgemm. */
int mt_dnn_is_slow(const_dnnl_primitive_desc_t pd);

/* Append a call of the primitive of pd. */
struct dnn_call *mt_dnn_call(struct dnn_planner *pl, struct dnn_calls *calls,
			     const_dnnl_primitive_desc_t pd);
/* Add an argument to a call. */
void mt_dnn_arg(struct dnn_planner *pl, struct dnn_call *c, int id, dnn_md md,
		struct dnn_place at);
/* Append a copy between layouts. */
void mt_dnn_reorder(struct dnn_planner *pl, struct dnn_calls *calls, dnn_md from,
		    struct dnn_place src, dnn_md to, struct dnn_place dst);
static inline struct dnn_place mt_dnn_at(const void *base)
{
	return (struct dnn_place){base, 0};
}

int mt_dnn_run(struct dnn *d, const struct dnn_calls *calls, struct mt_err *err);
void mt_dnn_drop(struct dnn_calls *calls);

/* Between a row-major array and t. */
int mt_dnn_put(struct dnn *d, struct mt_tensor *t, const float *from, struct mt_err *err);
int mt_dnn_get(struct dnn *d, const struct mt_tensor *t, float *to, struct mt_err *err);

#endif
