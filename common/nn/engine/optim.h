/* SPDX-License-Identifier: MIT
 * Optimizers with PyTorch's semantics; moments are zero before step 1. */
#ifndef MT_NN_ENGINE_OPTIM_H
#define MT_NN_ENGINE_OPTIM_H

#include <stddef.h>
#include <stdint.h>

#include "base/api.h"

MT_API_BEGIN

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

/* mean += share (w - mean), n values; share 1 copies. */
void mt_optim_average(float *mean, const float *w, size_t n, double share);
/* The share of step t (1 for the first) that makes the mean of all steps s so
 * far weigh them by s^gamma, gamma such that the weights' standard deviation is
 * width times t; 0 < width <= 0.28. So one width fits short trainings and long
 * ones, and the first values are forgotten without a correction.
 * Source: Karras et al. 2024, "Analyzing and Improving the Training Dynamics of
 * Diffusion Models", equations 1, 2 and 123 (sigma_rel). */
double mt_optim_average_share(double width, uint64_t t);

MT_API_END

#endif
