/* SPDX-License-Identifier: MIT */
#include "nn/engine/loss.h"

#include <math.h>
#include <stddef.h>

static double run_bce(float *dz, const float *z, const float *y, int64_t n)
{
	double sum = 0, scale = 1 / (double)n;
	for (int64_t i = 0; i < n; i++) {
		double x = (double)z[i], e = exp(-fabs(x));
		sum += (x > 0 ? x : 0) - x * (double)y[i] + log1p(e);
		double s = x >= 0 ? 1 / (1 + e) : e / (1 + e);
		if (dz)
			dz[i] = (float)((s - (double)y[i]) * scale);
	}
	return sum * scale;
}

/* One clip: -sum y log softmax(z). */
static double run_ce(float *dz, const float *z, const float *y, int64_t K, double scale)
{
	double max = -INFINITY, sum = 0, total = 0, loss = 0;
	for (int64_t k = 0; k < K; k++)
		max = (double)z[k] > max ? (double)z[k] : max;
	for (int64_t k = 0; k < K; k++) {
		sum += exp((double)z[k] - max);
		total += (double)y[k];
	}
	double log_sum = max + log(sum);
	for (int64_t k = 0; k < K; k++) {
		double lp = (double)z[k] - log_sum;
		loss -= (double)y[k] * lp;
		if (dz)
			dz[k] = (float)((exp(lp) * total - (double)y[k]) * scale);
	}
	return loss;
}

double mt_loss_run(enum mt_loss kind, float *dz, const float *z, const float *target,
		   int64_t n_batch, int64_t n_class)
{
	if (kind == MT_LOSS_BCE)
		return run_bce(dz, z, target, n_batch * n_class);
	double sum = 0, scale = 1 / (double)n_batch;
	for (int64_t b = 0; b < n_batch; b++)
		sum += run_ce(dz ? dz + b * n_class : NULL, z + b * n_class, target + b * n_class,
			      n_class, scale);
	return sum * scale;
}
