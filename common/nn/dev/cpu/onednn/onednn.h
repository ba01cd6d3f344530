/* SPDX-License-Identifier: MIT
 * Inside of the onednn backend, from the bottom: onednn_v2.h (one interface for
 * oneDNN 2.6 and 3), onednn_md (layouts), onednn_prim (primitives and calls), the
 * ops declared here, and the table of them in onednn.c. A step's plan is a list of
 * calls for each direction, with copies where a primitive wants another layout
 * than the value has. */
#ifndef MT_NN_DEV_CPU_ONEDNN_ONEDNN_H
#define MT_NN_DEV_CPU_ONEDNN_ONEDNN_H

#include "nn/dev/cpu/onednn/onednn_prim.h"
#include "nn/dev/ops.h"

struct plan {
	struct dnn_calls fwd, bwd;
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

/* Room in the step's tmp or work, 64-byte aligned. */
struct dnn_place mt_dnn_tmp(struct mt_step *st, dnn_md md);
struct dnn_place mt_dnn_work(struct mt_step *st, dnn_md md);

/* Plan a step; pl->rc says whether that went well. */
void mt_dnn_plan_linear(struct dnn_planner *pl, struct mt_step *st, struct plan *p);
void mt_dnn_plan_norm(struct dnn_planner *pl, struct mt_step *st, struct plan *p);
void mt_dnn_plan_pool(struct dnn_planner *pl, struct mt_step *st, struct plan *p);
void mt_dnn_plan_plain(struct dnn_planner *pl, struct mt_step *st, struct plan *p);
/* The blas step between the calls of p. */
int mt_dnn_run_plain(struct dnn *d, struct mt_step *st, struct plan *p, int back,
		     struct mt_err *err);
/* A one-channel convolution's dx. */
int mt_dnn_is_first(const struct mt_step *st);
void mt_dnn_plan_first(struct dnn_planner *pl, struct mt_step *st, struct plan *p, dnn_md w,
		       dnn_md dst);
void mt_dnn_run_first(struct mt_step *st, const struct plan *p);
/* After a training batchnorm: running statistics. */
void mt_dnn_norm_stats(struct mt_step *st, const struct plan *p);

#endif
