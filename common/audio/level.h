/* SPDX-License-Identifier: MIT
 * Whether the channels of a file cancel each other, so that nothing is left of
 * their mean: some samples of each frame tell. */
#ifndef MT_AUDIO_LEVEL_H
#define MT_AUDIO_LEVEL_H

#include <libavutil/frame.h>

struct mt_level {
	double apart, together;  /* energy of the channels, of their mean */
};

void mt_level_add(struct mt_level *l, const AVFrame *f);
/* dB of the mean over the channels; 0: they are silent. */
double mt_level_db(const struct mt_level *l);

#endif
