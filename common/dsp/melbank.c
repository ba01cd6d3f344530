/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dsp/mel.h"

/* Slaney, Auditory Toolbox (1998): linear below 1000 Hz, then 27 steps to a
 * factor of 6.4; HTK book: 2595 log10(1 + f / 700). */
#define SLANEY_STEP (200.0 / 3)
#define SLANEY_KNEE 15.0

static double to_mel(double f, int htk)
{
	if (htk)
		return 2595 * log10(1 + f / 700);
	if (f < 1000)
		return f / SLANEY_STEP;
	return SLANEY_KNEE + 27 * log(f / 1000) / log(6.4);
}

static double to_hz(double m, int htk)
{
	if (htk)
		return 700 * (pow(10, m / 2595) - 1);
	if (m < SLANEY_KNEE)
		return m * SLANEY_STEP;
	return 1000 * exp((m - SLANEY_KNEE) * log(6.4) / 27);
}

static double triangle(double f, const double *edge)
{
	double up = (f - edge[0]) / (edge[1] - edge[0]);
	double down = (edge[2] - f) / (edge[2] - edge[1]);
	double w = up < down ? up : down;
	return w > 0 ? w : 0;
}

void mt_mel_bank_init(struct mt_mel_bank *bank, const struct mt_mel_opts *o)
{
	int htk = !strcmp(o->scale, "htk"), area = !strcmp(o->norm, "slaney");
	size_t M = (size_t)o->bands;
	int n_bin = (int)(o->n_fft / 2 + 1);
	double *edge = mt_calloc(M + 2, sizeof *edge);
	double lo = to_mel(o->fmin, htk), hi = to_mel(o->fmax, htk);
	for (size_t i = 0; i < M + 2; i++)
		edge[i] = to_hz(lo + (hi - lo) * (double)i / (double)(M + 1),
				htk);
	*bank = (struct mt_mel_bank){.n_band = o->bands, .n_bin = n_bin};
	bank->row = mt_calloc(M, sizeof *bank->row);
	/* A bin lies in two triangles at most; a row ends in up to 7 zeros. */
	bank->weight = mt_calloc(2 * (size_t)n_bin + 8 * M, sizeof(float));
	double step = (double)o->rate / (double)o->n_fft;
	for (size_t b = 0; b < M; b++) {
		struct mt_mel_row *r = &bank->row[b];
		double mul = area ? 2 / (edge[b + 2] - edge[b]) : 1;
		r->at = bank->n_weight;
		for (int k = 0; k < n_bin; k++) {
			double w = triangle(k * step, edge + b);
			if (w <= 0)
				continue;
			if (!r->n)
				r->lo = k;
			bank->weight[r->at + (size_t)r->n++] = (float)(w * mul);
		}
		bank->n_weight += ((size_t)r->n + 7) & ~(size_t)7;
	}
	free(edge);
}

void mt_mel_bank_release(struct mt_mel_bank *bank)
{
	free(bank->row);
	free(bank->weight);
	*bank = (struct mt_mel_bank){0};
}
