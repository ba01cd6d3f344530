/* SPDX-License-Identifier: MIT
 * Length of MPEG audio (layers I to III) by its headers, without a decoder.
 *
 * ID3v2 tags are skipped; a sync is looked for in the first MiB behind them,
 * at most 1000 times; it is believed when 4 frames of one version, layer and
 * rate follow each other, or when the frame has a Xing, Info or VBRI header.
 * The length is (frames * samples a frame - encoder delay - padding) / rate
 * where such a header counts frames, else
 * 8 * (bytes from the first frame to the end of the file) / bit rate.
 * Source: the rules of mutagen, which the results equal but for delay and
 * padding written by libavcodec, which mutagen leaves in. */
#ifndef MT_AUDIO_MPEG_H
#define MT_AUDIO_MPEG_H

#include <stdbool.h>
#include <stdint.h>

struct mt_mpeg {
	double seconds;
	int rate, channels;
	int layer;               /* 1 to 3 */
	int64_t bit_rate;        /* bits a second; the mean where it varies */
	bool sure;               /* false: 2 or 3 frames, or a header alone */
	bool counted;            /* seconds are to the sample, by such a header */
	bool first;              /* nothing but ID3v2 tags is before the frames */
};

/* Look at an open file of that many bytes. Returns false when it holds no
 * MPEG audio, begins as another kind of file, or cannot be read. */
bool mt_mpeg_probe(struct mt_mpeg *m, int fd, int64_t size);
/* Offset behind the ID3v2 tags that an open file begins with, by what they say;
 * 0: there are none. */
int64_t mt_mpeg_behind_id3(int fd);

#endif
