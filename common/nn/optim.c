/* SPDX-License-Identifier: MIT */
#include "nn/optim.h"

#include <math.h>

#include "base/mem.h"

void mt_optim_init(struct mt_optim *o, enum mt_optim_kind kind)
{
	*o = (struct mt_optim){.kind = kind, .lr = 1e-3, .beta1 = 0.9, .beta2 = 0.999,
			       .eps = 1e-8, .decay = kind == MT_OPTIM_ADAMW ? 0.01 : 0};
}

/* PyTorch: m += (g - m)(1 - b1); v = v b2 + (1 - b2) g g;
 * w -= lr / c1 * m / (sqrt(v) / sqrt(c2) + eps), c = 1 - b^step. */
static void step_adam(const struct mt_optim *o, float *restrict w, float *restrict m,
		      float *restrict v, const float *restrict g, size_t n, uint64_t step)
{
	double c1 = 1 - pow(o->beta1, (double)step), c2 = 1 - pow(o->beta2, (double)step);
	float rate = (float)(o->lr / c1), root = (float)sqrt(c2), eps = (float)o->eps;
	float k1 = (float)(1 - o->beta1), b2 = (float)o->beta2, k2 = (float)(1 - o->beta2);
	int adamw = o->kind == MT_OPTIM_ADAMW;
	float keep = adamw ? (float)(1 - o->lr * o->decay) : 1;
	float l2 = adamw ? 0 : (float)o->decay;
#pragma omp parallel for simd
	for (size_t i = 0; i < n; i++) {
		float wi = w[i] * keep, gi = g[i] + l2 * wi;
		float mi = m[i] + (gi - m[i]) * k1, vi = v[i] * b2 + k2 * gi * gi;
		m[i] = mi;
		v[i] = vi;
		w[i] = wi - rate * (mi / (sqrtf(vi) / root + eps));
	}
}

/* PyTorch: buf = mu buf + g (first: g); g += mu buf under Nesterov, else buf.
 * With buf 0 before the first step both forms agree. */
static void step_sgd(const struct mt_optim *o, float *restrict w, float *restrict m,
		     const float *restrict g, size_t n)
{
	float lr = (float)o->lr, mu = (float)o->momentum, l2 = (float)o->decay;
	int nesterov = o->nesterov;
	if (!(mu > 0)) {
#pragma omp parallel for simd
		for (size_t i = 0; i < n; i++)
			w[i] -= lr * (g[i] + l2 * w[i]);
		return;
	}
#pragma omp parallel for simd
	for (size_t i = 0; i < n; i++) {
		float gi = g[i] + l2 * w[i], mi = mu * m[i] + gi;
		m[i] = mi;
		w[i] -= lr * (nesterov ? gi + mu * mi : mi);
	}
}

void mt_optim_step(const struct mt_optim *o, float *w, float *m, float *v, const float *g,
		   size_t n, uint64_t step)
{
	MT_BUG(step < 1);
	if (o->kind == MT_OPTIM_SGD)
		step_sgd(o, w, m, g, n);
	else
		step_adam(o, w, m, v, g, n, step);
}
