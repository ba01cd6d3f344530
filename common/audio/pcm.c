/* SPDX-License-Identifier: MIT */
#include "audio/pcm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void mt_pcm_room(struct mt_pcm *pcm, int n_channel, size_t more)
{
	if (pcm->lent && pcm->n_channel != n_channel)
		mt_pcm_release(pcm);
	if (!pcm->x) {
		pcm->n_channel = n_channel;
		pcm->x = mt_calloc((size_t)n_channel, sizeof *pcm->x);
	}
	if (pcm->n + more <= pcm->cap)
		return;
	pcm->cap = (pcm->n + more) * 3 / 2 + 4096;
	for (int c = 0; c < pcm->n_channel; c++) {
		float *old = pcm->lent ? pcm->x[c] : NULL;
		pcm->x[c] = mt_realloc(old ? NULL : pcm->x[c], pcm->cap,
				       sizeof **pcm->x);
		if (old)
			memcpy(pcm->x[c], old, pcm->n * sizeof *old);
	}
	pcm->lent = false;
}

void mt_pcm_zeros(struct mt_pcm *pcm, int n_channel, size_t n)
{
	mt_pcm_room(pcm, n_channel, n);
	for (int c = 0; c < n_channel; c++)
		memset(pcm->x[c] + pcm->n, 0, n * sizeof **pcm->x);
	pcm->n += n;
}

void mt_pcm_lend(struct mt_pcm *pcm, float *base, int n_channel, size_t cap)
{
	pcm->n_channel = n_channel;
	pcm->x = mt_calloc((size_t)n_channel, sizeof *pcm->x);
	for (int c = 0; c < n_channel; c++)
		pcm->x[c] = base + (size_t)c * cap;
	pcm->cap = cap;
	pcm->lent = true;
}

void mt_pcm_shift(struct mt_pcm *pcm, size_t n)
{
	pcm->n -= n;
	for (int c = 0; c < pcm->n_channel; c++)
		memmove(pcm->x[c], pcm->x[c] + n, pcm->n * sizeof **pcm->x);
}

void mt_pcm_release(struct mt_pcm *pcm)
{
	for (int c = 0; c < pcm->n_channel && !pcm->lent; c++)
		free(pcm->x[c]);
	free(pcm->x);
	*pcm = (struct mt_pcm){0};
}

void mt_pcm_to_i2(int16_t *out, const float *in, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		float v = in[i] * 32768.0f;
		out[i] = v >= 32767.0f ? 32767 : v <= -32768.0f ? -32768
			 : (int16_t)lrintf(v);
	}
}
