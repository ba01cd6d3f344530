/* SPDX-License-Identifier: MIT
 * Opening a file with libavformat, for decode.c and probe.c. libavformat reads
 * through a source (source.h) and knows only formats of sound; whatever a file
 * refers to stays closed. */
#ifndef MT_AUDIO_AVFILE_H
#define MT_AUDIO_AVFILE_H

#include <libavformat/avformat.h>

#include "audio/riff.h"
#include "audio/source.h"
#include "base/err.h"

struct mt_avfile {
	struct mt_source source;
	struct mt_riff riff;
	AVFormatContext *fmt;
	AVIOContext *io;
	int stream;
	double seconds;          /* without encoder delay and padding, to the
				  * sample, where a header tells it; else 0 */
};

/* Open and find the best audio stream; other streams are discarded. Arguments
 * are those of mt_source_open(), which opens f->source first unless that is
 * open. MT_EITEM: also stage.nostream. On failure f is closed. */
int mt_avfile_open(struct mt_avfile *f, const char *path, const char *stage,
		   const char *spool, struct mt_err *err) MT_USE_RESULT;
/* Does nothing on a zeroed one. */
void mt_avfile_close(struct mt_avfile *f);

/* Where the sound of AAC in MP4 ends, in units of the stream: by iTunSMPB, else
 * by the edit list (which most writers round to a millisecond), else by the
 * last packet's duration. AV_NOPTS_VALUE: not told, or for other formats, whose
 * ends libavcodec trims itself. */
int64_t mt_avfile_end(const struct mt_avfile *f);
/* Seconds that the headers count, not guess from sizes; 0: they do not. */
double mt_avfile_claim(const struct mt_avfile *f);
/* Bytes that a demuxer read from `at` on and made nothing of; rest: it is given
 * up, and the rest of the file counts too. */
double mt_avfile_passed(struct mt_avfile *f, int64_t at, bool rest);

/* The first complaint of libav on this thread since the last clear, "" for
 * none: it tells more than an error number. */
const char *mt_avfile_complaint(void);
void mt_avfile_clear(void);
/* Its complaints of wrong checksums on this thread, since the start. */
int mt_avfile_checksums(void);

#endif
