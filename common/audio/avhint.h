/* SPDX-License-Identifier: MIT
 * What a file's first bytes tell for sure, so that libavformat need not ask
 * each of its formats: on short clips that takes longer than decoding them.
 *
 * MPEG audio is what begins with frames that follow each other, ID3v2 tags
 * before them or not (audio/mpeg.h); Ogg and FLAC have a magic number. All else
 * is left to libavformat. In WAV files of PCM it looks for compressed sound that
 * goes by that name, in the first 128 KiB, anew each time that what it has read
 * has doubled; it is spared that where no sync word of DTS is there, the coding
 * that such files are known to hide (ETSI TS 102 114; 14 bits and the other byte
 * order as in libavcodec's dca_syncwords.h). */
#ifndef MT_AUDIO_AVHINT_H
#define MT_AUDIO_AVHINT_H

#include <stdbool.h>

#include "audio/source.h"

struct mt_avhint {
	const char *format;      /* libavformat's name; NULL: let it find out */
	bool no_probe;           /* streams are what the file says */
	double seconds;          /* to the sample, or 0 */
};

/* A source that cannot be read, or is live, gives no hint. */
struct mt_avhint mt_avhint_of(struct mt_source *s);

#endif
