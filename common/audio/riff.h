/* SPDX-License-Identifier: MIT
 * Where the sound of WAV, RF64, Wave64 and AIFF begins and ends, whatever their
 * sizes say.
 *
 * Sizes of 32 bits wrap beyond 4 GiB; a writer that died, or wrote to a pipe,
 * left 0 or the largest number; a copy was cut. A size is believed if the sound
 * ends with the file there, or if whole chunks, or tags, follow to the end of the
 * file. If more than 4 GiB follow, it has wrapped. The source is made to give
 * libavformat the right size, and to end where the sound does, so that nobody
 * walks through what lies behind. */
#ifndef MT_AUDIO_RIFF_H
#define MT_AUDIO_RIFF_H

#include <stdbool.h>
#include <stdint.h>

#include "audio/source.h"

struct mt_riff {
	bool known;              /* the rest is valid */
	bool corrected;          /* the header's size was another */
	int64_t from, size;      /* bytes of sound: where they begin, how many */
	int64_t missing;         /* bytes promised behind the end of the file */
	int64_t behind;          /* bytes behind the sound that no chunk explains */
	double byte_rate;        /* bytes a second of PCM; 0: another coding */
};

/* Look at a source that is not live, and correct it. */
void mt_riff_fix(struct mt_riff *r, struct mt_source *s);

#endif
