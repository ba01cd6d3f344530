/* SPDX-License-Identifier: MIT
 * One way to change the sample rate of a stream of samples, whoever does it:
 * our own transforms (resample.h) for ratios of small numbers, else libsoxr. */
#ifndef MT_AUDIO_RATE_H
#define MT_AUDIO_RATE_H

#include <stdbool.h>
#include <stddef.h>

#include "audio/pcm.h"
#include "base/err.h"

struct mt_rate;

/* Begin; empties `in`, in which the caller then collects samples of n_channel
 * channels at in_rate, and which no one else may shift.
 *   soxr  never our own
 * MT_EITEM: refused by libsoxr. */
int mt_rate_open(struct mt_rate **r, struct mt_pcm *in, int n_channel,
		 int in_rate, int out_rate, bool soxr, struct mt_err *err)
	MT_USE_RESULT;
void mt_rate_close(struct mt_rate *r);

/* How many samples in `in` are worth a call. */
size_t mt_rate_want(const struct mt_rate *r);
/* Move samples from `in` to the room behind out's n, whose n stays; *made is
 * how many. To be called until *made is 0; last: nothing more will come. */
int mt_rate_step(struct mt_rate *r, struct mt_pcm *in, bool last,
		 struct mt_pcm *out, size_t *made, struct mt_err *err)
	MT_USE_RESULT;

#endif
