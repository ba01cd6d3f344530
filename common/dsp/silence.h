/* SPDX-License-Identifier: MIT
 * Where a clip is silent, and how much of it.
 *
 * The mean square of each frame (no window; the clip is padded by half a
 * frame at both ends) is compared with that of the loudest frame. Frame t
 * sounds when it is less than `threshold` dB below that, and above `floor` dB
 * re full scale; the floor makes digital silence silent, which a measure
 * relative to the loudest frame alone cannot. Without the floor a frame counts
 * as -100 dB at least, and digital silence sounds throughout. Each run of
 * sounding frames [a, b) becomes the samples [a hop, min(b hop, N)).
 * Source: librosa.effects.split (its defaults; the padding of 0.7 is
 * "reflect", of 0.10 and later "zero"), whose intervals these equal without
 * the floor, and with it wherever the clip's loudest frame is above -40 dB. */
#ifndef MT_DSP_SILENCE_H
#define MT_DSP_SILENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct mt_silence_opts {
	int64_t frame, hop;   /* samples */
	double threshold;     /* dB below the loudest frame */
	double floor;         /* dB re full scale */
	bool no_floor;        /* as librosa */
	const char *pad;      /* reflect, zero */
};

#define MT_SILENCE_DEFAULT {2048, 512, 60, -100, false, "reflect"}

struct mt_span {
	uint64_t start, end;  /* samples; end is the first one outside */
};

/* The sounding parts of a clip, in order; zero the struct before first use. */
struct mt_silence {
	struct mt_span *span;
	size_t n, cap;
	double *power;        /* scratch: one a frame, then one a block */
	size_t power_cap;
};

/* All in seconds but percent. Inner silence lies between sounding parts; what
 * is silent at the two ends is in none of the sums. All 0 for a clip that is
 * silent throughout. */
struct mt_silence_measure {
	double start, end;    /* of the sound: first start, last end */
	double effective;     /* end - start */
	double inner;         /* inner silence, total */
	double sound;         /* effective - inner */
	double longest;       /* longest inner silence */
	double percent;       /* 100 inner / effective */
};

/* Find the sounding parts of in [N], mono, full scale 1.
 * Errors: MT_EITEM silence.empty (N = 0), silence.value (a sample is not
 * finite). */
int mt_silence_run(struct mt_silence *s, const struct mt_silence_opts *opts,
		   const float *in, size_t n, struct mt_err *err)
	MT_USE_RESULT;
void mt_silence_release(struct mt_silence *s);

/* The measures of s at that many samples a second. The two lists of the nine
 * measures, inner silences and their lengths, are the gaps in s->span. */
void mt_silence_measure(struct mt_silence_measure *m,
			const struct mt_silence *s, double rate);

#endif
