/* SPDX-License-Identifier: MIT
 * Samples that grow as they arrive: full scale 1, planar. */
#ifndef MT_AUDIO_PCM_H
#define MT_AUDIO_PCM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/api.h"
#include "base/err.h"

MT_API_BEGIN

/* x[c] has n samples and room for cap. One may lend memory for the first of
 * them (mt_pcm_lend); what outgrows it moves to memory of pcm's own. */
struct mt_pcm {
	float **x;
	bool lent;               /* x[c] is the lender's base + c * cap */
	int n_channel;
	size_t n, cap;
};

/* Room for more samples behind the n; sets the number of channels of an empty
 * pcm. What was lent is left when it does not suffice. */
void mt_pcm_room(struct mt_pcm *pcm, int n_channel, size_t more);
/* Append n zeros to every channel. */
void mt_pcm_zeros(struct mt_pcm *pcm, int n_channel, size_t n);
/* Let an empty pcm fill the caller's memory, n_channel * cap samples at
 * base, first. */
void mt_pcm_lend(struct mt_pcm *pcm, float *base, int n_channel, size_t cap);
/* Drop the first n samples of every channel. */
void mt_pcm_shift(struct mt_pcm *pcm, size_t n);
void mt_pcm_release(struct mt_pcm *pcm);
/* Do n samples of each channel fit into a record of max_bytes? Else MT_EITEM
 * "limit.record" with both sizes: of the claim, seconds by the file's headers, or of
 * the n where it is less than they are. */
int mt_pcm_limit(const char *name, double n, double claim, int rate, int n_channel,
		 unsigned sample_bytes, uint64_t max_bytes, struct mt_err *err)
	MT_USE_RESULT;

MT_API_END

#endif
