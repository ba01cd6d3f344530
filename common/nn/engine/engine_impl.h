/* SPDX-License-Identifier: MIT
 * Inside of an engine, shared by engine*.c; not for others. */
#ifndef MT_NN_ENGINE_ENGINE_IMPL_H
#define MT_NN_ENGINE_ENGINE_IMPL_H

#include "nn/engine/engine.h"

/* What one step computes: a node's output, or the input (value 0). */
struct value {
	struct mt_tensor t, g;   /* data and gradient */
	int n_use;               /* steps that read it */
	int producer;            /* step, -1 for the input */
	int want_grad;           /* some parameter lies before it */
};

struct step {
	struct mt_step s;
	int node;
	int in[MT_MAX_FROM], out;  /* values */
	int fold;                /* node folded in, -1 */
	int add[MT_MAX_FROM];    /* backward: din[k] must be added to the value's g */
	struct mt_tensor spare[MT_MAX_FROM];
	struct mt_param_buf fold_bias;
};

struct mt_engine {
	const struct mt_net *net;
	const struct mt_ops *ops;
	void *ctx;
	struct mt_engine_opt opt;
	int n_thread;
	int64_t B, T;
	int n_value, n_step;
	struct value *value;
	struct step *step;
	int *value_of;           /* [n_node] */
	struct mt_param_buf *param; /* [n_param] */
	float **plain;           /* MT_INFER: row-major values, [n_param] */
	int dirty;               /* MT_INFER: plain[] changed since the last pass */
	float *w, *g, *m, *v;    /* MT_TRAIN: all trainable ones, one after the other */
	float *buffer;           /* the rest */
	float *w_mean, *buffer_mean; /* averaged, as w and buffer; NULL without */
	size_t n_w, n_buffer;
	char *arena;
	struct mt_engine_size size;
	float *out, *dout;       /* [B,K] row-major */
	struct mt_engine *part;  /* MT_TRAIN: the same net for a smaller last batch */
};

/* engine_plan.c: steps, fusion, layouts, memory. */
int mt_engine_plan(struct mt_engine *e, struct mt_err *err);
/* engine_param.c: memory of parameters; MT_INFER: fold and put into layouts. */
void mt_engine_param_alloc(struct mt_engine *e);
void mt_engine_param_free(struct mt_engine *e);
int mt_engine_fold(struct mt_engine *e, struct mt_err *err);

#endif
