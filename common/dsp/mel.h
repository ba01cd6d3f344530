/* SPDX-License-Identifier: MIT
 * Mel spectrograms of mono sound, as arrays.
 *
 * Parameters come as a named profile (the front end of a published system)
 * with single options on top. The eight profiles, source of each value:
 * the systems' own code (PANNs, musicnn, FCN-4 of Choi, minimal CNN, MSCNN,
 * Orpheus, Won et al. 2020, the compact CNN of Choi 2017).
 *
 * Conventions. Frame t is centred on sample t * hop; the ends are padded by
 * reflection that repeats no edge sample. A clip shorter than the padding is
 * reflected again and again (a clip of one sample: repeated), so every clip
 * of at least one sample has 1 + N / hop frames. Windows are periodic and
 * stand in the middle of n_fft when they are shorter. Transforms are single
 * precision: eight frames side by side where n_fft is a power of two, else one
 * at a time by FFTW. A frame's values depend on nothing but its samples (and
 * the clip's maximum, with top_db): the same bits in every run and thread on
 * one kind of CPU. */
#ifndef MT_DSP_MEL_H
#define MT_DSP_MEL_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/api.h"
#include "base/err.h"

MT_API_BEGIN

/* Unset values: NULL, 0, and NAN for doubles; start from MT_MEL_UNSET. */
struct mt_mel_opts {
	const char *profile;    /* "orpheus" when unset */
	int64_t rate;           /* samples a second */
	int64_t n_fft;          /* samples of a transform */
	int64_t win;            /* samples of the window; unset: n_fft */
	int64_t hop;            /* samples from frame to frame */
	int64_t bands;          /* M */
	double fmin, fmax;      /* Hz; fmax 0: half the rate */
	const char *window;     /* hann, hamming, none */
	const char *center;     /* reflect, zero, none (no padding) */
	const char *spectrum;   /* power, magnitude */
	const char *scale;      /* slaney, htk */
	const char *norm;       /* slaney (area 2 / Hz), none (peak 1) */
	const char *divide;     /* none; window: by the window's sum of
	                         * squares (its root for magnitude) */
	const char *round;      /* none; half: mel values through binary16 */
	const char *log;        /* db: 10 log10 x, db20: 20 log10 x, ln,
	                         * log10, log1e4: log10(1 + 10000 x), none */
	double floor;           /* least x that goes into the logarithm */
	double top_db;          /* cut off this far below the clip's maximum;
	                         * 0: do not; db and db20 only */
	const char *standard;   /* none; clip: (x - mean) / sqrt(var + 1e-6)
	                         * over the whole clip; max: minus the clip's
	                         * maximum, after the logarithm */
};

#define MT_MEL_UNSET {.fmin = (double)NAN, .fmax = (double)NAN, \
		      .floor = (double)NAN, .top_db = (double)NAN}

/* The words that each may be. */
#define MT_MEL_WINDOWS "hann|hamming|none"
#define MT_MEL_CENTERS "reflect|zero|none"
#define MT_MEL_SPECTRA "power|magnitude"
#define MT_MEL_SCALES "slaney|htk"
#define MT_MEL_NORMS "slaney|none"
#define MT_MEL_DIVIDES "none|window"
#define MT_MEL_ROUNDS "none|half"
#define MT_MEL_LOGS "db|db20|ln|log10|log1e4|none"
#define MT_MEL_STANDARDS "none|clip|max"
#define MT_MEL_PROFILES "orpheus|panns|musicnn|fcn4|mini|ms|won|choi"

/* Give every unset value the profile's and check the whole.
 * Errors: MT_EUSAGE. */
int mt_mel_resolve(struct mt_mel_opts *opts, struct mt_err *err) MT_USE_RESULT;

/* The parameters as text, for a stream's param lines and a model's metadata:
 * "rate", "mel.n_fft", "mel.hop", ... in a fixed order; opts is resolved.
 *   name   out  of parameter i, a constant; NULL when i is past the last
 *   buf    out  its value; text that reads back to the same number */
const char *mt_mel_param(const struct mt_mel_opts *opts, size_t i, char *buf,
			 size_t size);
/* Set one parameter from such text. Names that are no front end parameter
 * give MT_END and change nothing; bad values MT_EUSAGE. Strings become
 * pointers to constants, so value need not live on. */
int mt_mel_param_set(struct mt_mel_opts *opts, const char *name,
		     const char *value, struct mt_err *err) MT_USE_RESULT;
/* All of them as a JSON object of strings in new memory, and back; the object
 * may also hold numbers, and names that do not begin with "mel.", which are left
 * alone. Afterwards opts is resolved. Errors: MT_EINPUT. */
char *mt_mel_to_json(const struct mt_mel_opts *opts);
int mt_mel_from_json(struct mt_mel_opts *opts, const char *text,
		     struct mt_err *err) MT_USE_RESULT;

/* Filter bank. Row b is zero outside bins [lo, lo + n). */
struct mt_mel_row {
	int lo, n;
	size_t at;              /* of its weights, padded with zeros to 8s */
};
struct mt_mel_bank {
	int64_t n_band, n_bin;
	struct mt_mel_row *row; /* [M] */
	float *weight;
	size_t n_weight;
};
/* Triangles on the bin frequencies k rate / n_fft, as librosa.filters.mel and
 * torchaudio's melscale_fbanks make them. Errors: none. */
void mt_mel_bank_init(struct mt_mel_bank *bank, const struct mt_mel_opts *opts);
void mt_mel_bank_release(struct mt_mel_bank *bank);

/* Plan and tables; never changed after init, so threads may share it. */
struct mt_mel {
	struct mt_mel_opts opts;
	int64_t n_bin, pad;
	struct mt_mel_bank bank;
	float *window;           /* [n_fft], scaled */
	struct mt_mel_fft *fft;  /* n_fft a power of two */
	void *plan;              /* else FFTW's */
};

/* Scratch of one thread. */
struct mt_mel_work {
	float *buf;
	float *z, *pow, *sum;
};

/* opts need not be resolved. Plans are made one at a time, behind a lock. */
int mt_mel_init(struct mt_mel *mel, const struct mt_mel_opts *opts,
		struct mt_err *err) MT_USE_RESULT;
void mt_mel_release(struct mt_mel *mel);
void mt_mel_work_init(struct mt_mel_work *work, const struct mt_mel *mel);
void mt_mel_work_release(struct mt_mel_work *work);

/* T, the frames of N samples; 0 when there are too few. */
size_t mt_mel_frames(const struct mt_mel *mel, size_t n);

/* The mel spectrogram of a whole clip.
 *   out  out [T][M]  in the unit of opts.log
 *   in   in  [N]     full scale 1
 * Errors: MT_EITEM melspec.short (no frame), melspec.value (a sample is not
 * finite or its magnitude is above 1e12). */
int mt_mel_run(const struct mt_mel *mel, struct mt_mel_work *work, float *out,
	       const float *in, size_t n, struct mt_err *err) MT_USE_RESULT;

MT_API_END

#endif
