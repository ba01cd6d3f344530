/* SPDX-License-Identifier: MIT
 * Sound files to float samples, through libavformat, libavcodec and a
 * resampler.
 *
 * Samples are full scale 1, planar [C][N]. Mono is the arithmetic mean of the
 * channels, mixed before resampling. Encoder delay and padding are trimmed as
 * the file's LAME, Xing, iTunSMPB or Opus header says, unless keep_padding.
 * Start and duration are exact: what lies before is decoded and dropped.
 * Packets that do not decode are skipped and counted; those whose checksum is
 * wrong are counted and kept. Nothing is allocated by a size that a file of
 * such a size cannot have. One thread a decoder. */
#ifndef MT_AUDIO_DECODE_H
#define MT_AUDIO_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audio/pcm.h"
#include "base/api.h"
#include "base/err.h"

MT_API_BEGIN

/* FFT: audio/resample.h, and libsoxr for ratios that it does not do. */
enum mt_resampler { MT_RESAMPLER_FFT, MT_RESAMPLER_SOXR, MT_RESAMPLER_SWR };

struct mt_decode_opts {
	int rate;                /* Hz; 0: the file's own */
	bool all_channels;       /* else mono */
	bool keep_padding;       /* do not trim encoder delay and padding */
	enum mt_resampler resampler;
	double start;            /* seconds dropped at the beginning */
	double duration;         /* seconds taken at most; 0: all */
	uint64_t max_bytes;      /* of a record for all channels' samples; 0: any
				  * number. Beyond: MT_EITEM, limit.record */
	unsigned sample_bytes;   /* of one sample in that record */
	const char *spool;       /* folder for copies of pipes; NULL: /tmp */
};

struct mt_decoder;

/* path NULL: the file's bytes come on standard input. Nothing of a file name
 * is taken as a protocol. MT_EITEM with the codes decode.open,
 * decode.nostream, decode.codec. */
int mt_decoder_open(struct mt_decoder **d, const char *path,
		    const struct mt_decode_opts *opts, struct mt_err *err)
	MT_USE_RESULT;
/* Append to pcm until it holds at least want samples a channel, or MT_END
 * (with whatever came). MT_EITEM: decode.empty when the file gave no sample
 * at all, decode.nonfinite for NaN or infinity. */
int mt_decoder_read(struct mt_decoder *d, struct mt_pcm *pcm, size_t want,
		    struct mt_err *err) MT_USE_RESULT;
void mt_decoder_close(struct mt_decoder *d);

int mt_decoder_rate(const struct mt_decoder *d);      /* of the output, Hz */
/* Channels and samples a channel that mt_decoder_read() will probably give,
 * by the file's headers: a claim, kept below 64 MiB or 64 times the file's bytes.
 * 0: no idea. */
void mt_decoder_expect(const struct mt_decoder *d, int *n_channel, size_t *n);
/* Packets that did not decode, so far. */
int mt_decoder_damaged(const struct mt_decoder *d);
struct mt_decode_losses {
	int damaged;             /* packets that did not decode, or with a wrong
				  * checksum */
	double heard;            /* seconds so far, --start included */
	double lost;             /* seconds of damaged packets */
	double cut;              /* seconds that the header promises and the file
				  * does not have; known at its end */
	double mean_level;       /* dB of the mono mix over the channels; 0: one
				  * channel, or not mixed */
};
void mt_decoder_losses(const struct mt_decoder *d, struct mt_decode_losses *l);
/* Versions of what decodes and resamples, for a stream's header. */
void mt_decoder_id(enum mt_resampler resampler, char *buf, size_t size);

/* What the headers of a file say, without decoding it. */
struct mt_probe {
	int64_t bytes;
	double seconds;          /* 0 when it cannot be told */
	int rate, channels;
	int64_t bit_rate;        /* bits a second; 0 when unknown */
	char codec[32];
};
/* MPEG audio by its own headers (mpeg.h), all else by libavformat. p->bytes
 * is set whenever the file is there. MT_EITEM: scan.open, scan.empty (0
 * bytes, or no sound in them), scan.nostream. */
int mt_probe(struct mt_probe *p, const char *path, struct mt_err *err)
	MT_USE_RESULT;
/* Decode it all: seconds and rate of what a decoder gives at the file's own
 * rate go into p. Memory does not grow. MT_EITEM with decode's codes. */
int mt_probe_exact(struct mt_probe *p, const char *path, struct mt_err *err)
	MT_USE_RESULT;

MT_API_END

#endif
