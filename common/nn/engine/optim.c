/* SPDX-License-Identifier: MIT */
#include "nn/engine/optim.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

void mt_optim_init(struct mt_optim *o, enum mt_optim_kind kind)
{
	*o = (struct mt_optim){.kind = kind, .lr = 1e-3, .beta1 = 0.9, .beta2 = 0.999,
			       .eps = 1e-8, .decay = kind == MT_OPTIM_ADAMW ? 0.01 : 0};
}

#define CHUNK 8192 /* parameters a thread takes at a time */

struct adam {
	float rate, root, eps, k1, b2, k2, keep, l2;
};

/* PyTorch: m += (g - m)(1 - b1); v = v b2 + (1 - b2) g g;
 * w -= lr / c1 * m / (sqrt(v) / sqrt(c2) + eps), c = 1 - b^step. */
static void adam_chunk(const struct adam *a, float *restrict w, float *restrict m,
		       float *restrict v, const float *restrict g, size_t n)
{
	const struct adam c = *a;
	for (size_t i = 0; i < n; i++) {
		float wi = w[i] * c.keep, gi = g[i] + c.l2 * wi;
		float mi = m[i] + (gi - m[i]) * c.k1, vi = v[i] * c.b2 + c.k2 * gi * gi;
		m[i] = mi;
		v[i] = vi;
		w[i] = wi - c.rate * (mi / (sqrtf(vi) / c.root + c.eps));
	}
}

static void step_adam(const struct mt_optim *o, float *w, float *m, float *v, const float *g,
		      size_t n, uint64_t step)
{
	double c1 = 1 - pow(o->beta1, (double)step), c2 = 1 - pow(o->beta2, (double)step);
	int adamw = o->kind == MT_OPTIM_ADAMW;
	struct adam a = {
		.rate = (float)(o->lr / c1), .root = (float)sqrt(c2), .eps = (float)o->eps,
		.k1 = (float)(1 - o->beta1), .b2 = (float)o->beta2, .k2 = (float)(1 - o->beta2),
		.keep = adamw ? (float)(1 - o->lr * o->decay) : 1,
		.l2 = adamw ? 0 : (float)o->decay,
	};
#pragma omp parallel for
	for (size_t i = 0; i < n; i += CHUNK)
		adam_chunk(&a, w + i, m + i, v + i, g + i, n - i < CHUNK ? n - i : CHUNK);
}

/* PyTorch: buf = mu buf + g (first: g); g += mu buf under Nesterov, else buf.
 * With buf 0 before the first step both forms agree. */
static void step_sgd(const struct mt_optim *o, float *restrict w, float *restrict m,
		     const float *restrict g, size_t n)
{
	float lr = (float)o->lr, mu = (float)o->momentum, l2 = (float)o->decay;
	float a = o->nesterov ? 1 : 0, b = o->nesterov ? mu : 1;
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
		w[i] -= lr * (a * gi + b * mi);
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

void mt_optim_average(float *restrict mean, const float *restrict w, size_t n, double share)
{
	float k = (float)share;
	if (share >= 1) {
		memcpy(mean, w, n * sizeof *mean);
		return;
	}
#pragma omp parallel for simd
	for (size_t i = 0; i < n; i++)
		mean[i] += k * (w[i] - mean[i]);
}

/* Standard deviation of the density that is in proportion to s^gamma on [0,1]. */
static double width_of(double gamma)
{
	return sqrt((gamma + 1) / (gamma + 3)) / (gamma + 2);
}

double mt_optim_average_share(double width, uint64_t t)
{
	double low = 0, high = 1;
	MT_BUG(t < 1 || !(width > 0) || width > width_of(0));
	while (width_of(high) > width)
		high *= 2;
	for (int i = 0; i < 60; i++) {
		double mid = (low + high) / 2;
		*(width_of(mid) > width ? &low : &high) = mid;
	}
	return 1 - pow(1 - 1 / (double)t, high + 1);
}
