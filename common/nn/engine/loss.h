/* SPDX-License-Identifier: MIT
 * Losses from logits with their gradients. */
#ifndef MT_NN_ENGINE_LOSS_H
#define MT_NN_ENGINE_LOSS_H

#include <stdint.h>

#include "base/api.h"

MT_API_BEGIN

enum mt_loss {
	MT_LOSS_BCE, /* sigmoid + binary cross entropy, mean over B and K */
	MT_LOSS_CE,  /* softmax + cross entropy with soft targets, mean over B */
};

/* Loss of a batch, and its gradient.
 *   dz      out [B,K]  NULL: not wanted
 *   z       in  [B,K]  logits
 *   target  in  [B,K]  0 .. 1
 * Source: torch.nn.functional binary_cross_entropy_with_logits and
 * cross_entropy with class probabilities; tests/ref/nn_ref.py. */
double mt_loss_run(enum mt_loss kind, float *dz, const float *z, const float *target,
		   int64_t n_batch, int64_t n_class);

MT_API_END

#endif
