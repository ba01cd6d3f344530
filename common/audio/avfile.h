/* SPDX-License-Identifier: MIT
 * Opening a file with libavformat, for decode.c and probe.c. */
#ifndef MT_AUDIO_AVFILE_H
#define MT_AUDIO_AVFILE_H

#include <libavformat/avformat.h>

#include "base/err.h"

/* Open and find the best audio stream; other streams are discarded.
 *   stage    "decode" or "scan": first half of the FAIL codes
 *   seconds  out  length without encoder delay and padding, to the sample, where
 *                 a header tells it; else 0. May be NULL
 * MT_EITEM: stage.open, stage.nostream. MT_ESYS: no file can be opened now. */
int mt_avfile_open(AVFormatContext **fmt, int *stream, const char *path,
		   const char *stage, double *seconds, struct mt_err *err)
	MT_USE_RESULT;

/* Where the sound of AAC in MP4 ends, in units of the stream: by iTunSMPB, else
 * by the edit list (which most writers round to a millisecond), else by the
 * last packet's duration. AV_NOPTS_VALUE: not told, or for other formats, whose
 * ends libavcodec trims itself. */
int64_t mt_avfile_end(const AVFormatContext *fmt, int stream);

/* The first complaint of libav on this thread since the last clear, "" for
 * none: it tells more than an error number. */
const char *mt_avfile_complaint(void);
void mt_avfile_clear(void);

#endif
