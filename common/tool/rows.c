/* SPDX-License-Identifier: MIT */
#include "tool/rows.h"

#include <stddef.h>

#include "dsp/mel.h"

#define AT(x) offsetof(struct mt_mel_opts, x)

const struct mt_opt mt_mel_rows[] = {
	MT_OPT('p', "profile", "NAME", CHOICE, AT(profile),
	       "front end of a published system [orpheus]", .choices = MT_MEL_PROFILES),
	MT_OPT(0, "rate", "HZ", I64, AT(rate), "rate the front end is made for", MT_RANGE(1, 1e7)),
	MT_OPT(0, "n-fft", "N", I64, AT(n_fft), "samples of a transform", MT_RANGE(2, 1 << 20)),
	MT_OPT(0, "win", "N", I64, AT(win), "samples of the window [as n-fft]",
	       MT_RANGE(1, 1 << 20)),
	MT_OPT(0, "hop", "N", I64, AT(hop), "samples from frame to frame", MT_RANGE(1, 1 << 24)),
	MT_OPT(0, "bands", "M", I64, AT(bands), "mel bands", MT_RANGE(1, 4096)),
	MT_OPT(0, "fmin", "HZ", F64, AT(fmin), "lower edge of the lowest band", MT_RANGE(0, 1e7)),
	MT_OPT(0, "fmax", "HZ", F64, AT(fmax), "upper edge of the highest band; 0: half the rate",
	       MT_RANGE(0, 1e7)),
	MT_OPT(0, "window", "W", CHOICE, AT(window), "hann, hamming or none; periodic",
	       .choices = MT_MEL_WINDOWS),
	MT_OPT(0, "center", "HOW", CHOICE, AT(center),
	       "pad the ends with reflect or zero; none: do not", .choices = MT_MEL_CENTERS),
	MT_OPT(0, "spectrum", "KIND", CHOICE, AT(spectrum),
	       "power or magnitude is summed into bands", .choices = MT_MEL_SPECTRA),
	MT_OPT(0, "scale", "NAME", CHOICE, AT(scale), "mel scale: slaney or htk",
	       .choices = MT_MEL_SCALES),
	MT_OPT(0, "norm", "NAME", CHOICE, AT(norm),
	       "triangles of area 2 per Hz (slaney) or peak 1 (none)", .choices = MT_MEL_NORMS),
	MT_OPT(0, "divide", "BY", CHOICE, AT(divide),
	       "divide the spectrum by the window's energy, or none", .choices = MT_MEL_DIVIDES),
	MT_OPT(0, "round", "TO", CHOICE, AT(round),
	       "round mel values to half before the logarithm, or none", .choices = MT_MEL_ROUNDS),
	MT_OPT(0, "log", "KIND", CHOICE, AT(log), "db, db20, ln, log10, log1e4 or none",
	       .choices = MT_MEL_LOGS),
	MT_OPT(0, "floor", "X", F64, AT(floor), "least value that goes into the logarithm",
	       MT_RANGE(0, 1e30)),
	MT_OPT(0, "top-db", "DB", F64, AT(top_db),
	       "cut off so far below the clip's maximum; 0: do not", MT_RANGE(0, 1e4)),
	MT_OPT(0, "standard", "HOW", CHOICE, AT(standard),
	       "clip: zero mean, unit variance; max: maximum 0; or none",
	       .choices = MT_MEL_STANDARDS),
	{0},
};
