/* SPDX-License-Identifier: MIT
 * Inside of the onednn backend. A tensor's layout is a dnnl_memory_desc_t of
 * its own; a step's plan is a list of primitives for each direction, with
 * reorders where a primitive wants another layout than the value has. */
#ifndef MT_NN_DEV_CPU_ONEDNN_ONEDNN_H
#define MT_NN_DEV_CPU_ONEDNN_ONEDNN_H

#include <dnnl.h>

#include "nn/dev/ops.h"

/* dnnl.h declares sizes as arrays of 12, of which it reads as many as there
 * are dimensions; gcc takes the 12 at its word. */
#if defined __GNUC__ && !defined __clang__
#pragma GCC diagnostic ignored "-Wstringop-overread"
#endif

#define MAX_ARG 10
#define MAX_CALL 6

struct dnn {
	dnnl_engine_t engine;
	dnnl_stream_t stream;
	int n_thread;
};

/* Where an argument's data will be: *base + off, read at each call, because
 * the engine gives out memory after planning. base points to a pointer. */
struct place {
	const void *base;
	size_t off;
};

struct call {
	dnnl_primitive_t prim;
	int n;
	int id[MAX_ARG];
	dnnl_memory_t mem[MAX_ARG];
	struct place at[MAX_ARG];
};

struct plan {
	int n_fwd, n_bwd;
	struct call fwd[MAX_CALL], bwd[MAX_CALL];
	int mask;               /* relu's gradient is taken from out before bwd */
	size_t stat;            /* batchnorm: C, mean and variance in work */
	int first;              /* dx by mt_dnn_run_first() after bwd */
	size_t first_w, first_dy; /* row-major copies in tmp */
	/* a step run by the blas backend on row-major copies */
	int plain;
	int any;                /* ... or on the values themselves, whatever their layout */
	struct mt_step sub;
	struct mt_tensor in[MT_MAX_FROM], din[MT_MAX_FROM], out, dout;
};

#define TRY(x, what) \
	do { \
		dnnl_status_t try_ = (x); \
		if (try_ != dnnl_success) \
			return mt_dnn_fail(try_, what, err); \
	} while (0)

int mt_dnn_fail(dnnl_status_t status, const char *what, struct mt_err *err);
/* t's descriptor: its layout, or row-major. */
dnnl_memory_desc_t mt_dnn_desc(const struct mt_tensor *t);
/* Sizes as dim[n], any layout. */
dnnl_memory_desc_t mt_dnn_any(int n, const int64_t *dim);
/* Give t this layout (NULL where it is row-major) and its size. */
void mt_dnn_set(struct mt_tensor *t, const dnnl_memory_desc_t *md);
/* Give t back its row-major layout. */
void mt_dnn_plain(struct mt_tensor *t);
const dnnl_memory_desc_t *mt_dnn_query(const_dnnl_primitive_desc_t pd, dnnl_query_t what);
/* Room in the step's tmp or work, 64-byte aligned. */
struct place mt_dnn_tmp(struct mt_step *st, const dnnl_memory_desc_t *md);
struct place mt_dnn_work(struct mt_step *st, const dnnl_memory_desc_t *md);
static inline struct place mt_dnn_at(const void *base)
{
	return (struct place){base, 0};
}
/* Add an argument to a call. */
int mt_dnn_arg(struct dnn *d, struct call *c, int id, const dnnl_memory_desc_t *md,
	       struct place at, struct mt_err *err);
/* Make *c a copy between layouts. */
int mt_dnn_reorder(struct dnn *d, struct call *c, const dnnl_memory_desc_t *from,
		   struct place src, const dnnl_memory_desc_t *to, struct place dst,
		   struct mt_err *err);
int mt_dnn_run(struct dnn *d, struct call *c, int n, struct mt_err *err);
void mt_dnn_drop(struct call *c, int n);

int mt_dnn_plan_linear(struct dnn *d, struct mt_step *st, struct plan *p, struct mt_err *err);
int mt_dnn_plan_norm(struct dnn *d, struct mt_step *st, struct plan *p, struct mt_err *err);
int mt_dnn_plan_pool(struct dnn *d, struct mt_step *st, struct plan *p, struct mt_err *err);
int mt_dnn_plan_plain(struct mt_step *st, struct plan *p, struct mt_err *err);
/* The blas step between the calls of p. */
int mt_dnn_run_plain(struct dnn *d, struct mt_step *st, struct plan *p, int back,
		     struct mt_err *err);
/* A one-channel convolution's dx. */
int mt_dnn_is_first(const struct mt_step *st);
int mt_dnn_plan_first(struct dnn *d, struct mt_step *st, struct plan *p,
		      const dnnl_memory_desc_t *w, const dnnl_memory_desc_t *dst,
		      struct mt_err *err);
void mt_dnn_run_first(struct mt_step *st, const struct plan *p);
/* After a training batchnorm: running statistics. */
void mt_dnn_norm_stats(struct mt_step *st, const struct plan *p);

#endif
