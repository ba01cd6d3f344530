/* SPDX-License-Identifier: MIT
 * Opening a file with libavformat, for decode.c and probe.c. */
#ifndef MT_AUDIO_AVFILE_H
#define MT_AUDIO_AVFILE_H

#include <libavformat/avformat.h>

#include "base/err.h"

/* Open and find the best audio stream; other streams are discarded.
 *   stage  "decode" or "scan": first half of the FAIL codes
 * MT_EITEM: stage.open, stage.nostream. */
int mt_avfile_open(AVFormatContext **fmt, int *stream, const char *path,
		   const char *stage, struct mt_err *err) MT_USE_RESULT;

/* The first complaint of libav on this thread since the last clear, "" for
 * none: it tells more than an error number. */
const char *mt_avfile_complaint(void);
void mt_avfile_clear(void);

#endif
