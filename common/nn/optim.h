/* SPDX-License-Identifier: MIT
 * Optimizers with PyTorch's semantics; moments are zero before step 1. */
#ifndef MT_NN_OPTIM_H
#define MT_NN_OPTIM_H

#include <stddef.h>
#include <stdint.h>

enum mt_optim_kind {
	MT_OPTIM_ADAM,  /* decay is L2 added to the gradient */
	MT_OPTIM_ADAMW, /* decay is decoupled: w *= 1 - lr * decay first */
	MT_OPTIM_SGD,   /* momentum in m; v unused */
};

struct mt_optim {
	enum mt_optim_kind kind;
	double lr;              /* of this step: the caller's schedule */
	double beta1, beta2, eps;
	double decay;
	double momentum;
	int nesterov;
};

/* PyTorch's defaults: lr 1e-3, betas .9/.999, eps 1e-8, decay 0 (AdamW
 * 0.01), momentum 0. */
void mt_optim_init(struct mt_optim *o, enum mt_optim_kind kind);

/* One update of n parameters.
 *   w, m, v  in/out [n]  value, first and second moment (unused ones may be NULL)
 *   g        in [n]      gradient
 *   step                 1 for the first
 * Source: torch.optim.Adam, AdamW, SGD; tests/ref/nn_ref.py. */
void mt_optim_step(const struct mt_optim *o, float *w, float *m, float *v, const float *g,
		   size_t n, uint64_t step);

#endif
