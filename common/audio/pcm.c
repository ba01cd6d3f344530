/* SPDX-License-Identifier: MIT */
#include "audio/pcm.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"

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

int mt_pcm_limit(const char *name, double n, double claim, int rate, int n_channel,
		 unsigned sample_bytes, uint64_t max_bytes, struct mt_err *err)
{
	char have[MT_NUM_SIZE], most[MT_NUM_SIZE], with[32] = "";
	uint64_t size = (uint64_t)n_channel * sample_bytes;
	if (n <= (double)(max_bytes / size))
		return MT_OK;
	claim *= rate;
	bool known = claim >= n && claim < 1e15;
	uint64_t all = (uint64_t)(known ? claim : n), s = all / (uint64_t)rate;
	mt_num_size_pair(have, most, all * size, max_bytes);
	if (n_channel > 1)
		snprintf(with, sizeof with, " with %d channels", n_channel);
	return mt_err_item(err, "limit.record", "%s: %s%" PRIu64 ":%02d:%02d at %d Hz%s is "
			   "%s in one record, more than `max-record` %s; cut it with "
			   "`segment`", name, known ? "" : "the first ", s / 3600,
			   (int)(s / 60 % 60), (int)(s % 60), rate, with, have, most);
}
