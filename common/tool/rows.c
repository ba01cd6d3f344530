/* SPDX-License-Identifier: MIT */
#include "tool/rows.h"

#include <stddef.h>

#include "dsp/mel.h"
#include "dsp/silence.h"

#define AT(x) offsetof(struct mt_mel_opts, x)

const struct mt_opt mt_mel_rows[] = {
	{'p', "profile", "NAME", MT_OPT_CHOICE, AT(profile),
	 "front end of a published system [orpheus]", MT_MEL_PROFILES, 0, 0},
	{0, "rate", "HZ", MT_OPT_I64, AT(rate),
	 "rate the front end is made for", NULL, 1, 1e7},
	{0, "n-fft", "N", MT_OPT_I64, AT(n_fft),
	 "samples of a transform", NULL, 2, 1 << 20},
	{0, "win", "N", MT_OPT_I64, AT(win),
	 "samples of the window [as n-fft]", NULL, 1, 1 << 20},
	{0, "hop", "N", MT_OPT_I64, AT(hop),
	 "samples from frame to frame", NULL, 1, 1 << 24},
	{0, "bands", "M", MT_OPT_I64, AT(bands),
	 "mel bands", NULL, 1, 4096},
	{0, "fmin", "HZ", MT_OPT_F64, AT(fmin),
	 "lower edge of the lowest band", NULL, 0, 1e7},
	{0, "fmax", "HZ", MT_OPT_F64, AT(fmax),
	 "upper edge of the highest band; 0: half the rate", NULL, 0, 1e7},
	{0, "window", "W", MT_OPT_CHOICE, AT(window),
	 "hann, hamming or none; periodic", MT_MEL_WINDOWS, 0, 0},
	{0, "center", "HOW", MT_OPT_CHOICE, AT(center),
	 "pad the ends with reflect or zero; none: do not", MT_MEL_CENTERS, 0, 0},
	{0, "spectrum", "KIND", MT_OPT_CHOICE, AT(spectrum),
	 "power or magnitude is summed into bands", MT_MEL_SPECTRA, 0, 0},
	{0, "scale", "NAME", MT_OPT_CHOICE, AT(scale),
	 "mel scale: slaney or htk", MT_MEL_SCALES, 0, 0},
	{0, "norm", "NAME", MT_OPT_CHOICE, AT(norm),
	 "triangles of area 2 per Hz (slaney) or peak 1 (none)", MT_MEL_NORMS, 0, 0},
	{0, "divide", "BY", MT_OPT_CHOICE, AT(divide),
	 "divide the spectrum by the window's energy, or none", MT_MEL_DIVIDES, 0, 0},
	{0, "round", "TO", MT_OPT_CHOICE, AT(round),
	 "round mel values to half before the logarithm, or none", MT_MEL_ROUNDS, 0, 0},
	{0, "log", "KIND", MT_OPT_CHOICE, AT(log),
	 "db, db20, ln, log10, log1e4 or none", MT_MEL_LOGS, 0, 0},
	{0, "floor", "X", MT_OPT_F64, AT(floor),
	 "least value that goes into the logarithm", NULL, 0, 1e30},
	{0, "top-db", "DB", MT_OPT_F64, AT(top_db),
	 "cut off so far below the clip's maximum; 0: do not", NULL, 0, 1e4},
	{0, "standard", "HOW", MT_OPT_CHOICE, AT(standard),
	 "clip: zero mean, unit variance; max: maximum 0; or none", MT_MEL_STANDARDS, 0, 0},
	{0},
};

#undef AT
#define AT(x) offsetof(struct mt_silence_opts, x)

const struct mt_opt mt_silence_rows[] = {
	{0, "frame", "N", MT_OPT_I64, AT(frame),
	 "samples of a frame [2048]", NULL, 1, 1 << 24},
	{0, "hop", "N", MT_OPT_I64, AT(hop),
	 "samples from frame to frame [512]", NULL, 1, 1 << 24},
	{0, "threshold", "DB", MT_OPT_F64, AT(threshold),
	 "silent from so far below the loudest frame on [60]", NULL, 0.1, 1e4},
	{0, "floor", "DB", MT_OPT_F64, AT(floor),
	 "silent up to this level, full scale 0 [-100]", NULL, -1e4, 100},
	{0, "no-floor", NULL, MT_OPT_FLAG, AT(no_floor),
	 "no such level: digital silence sounds, as for librosa", NULL, 0, 0},
	{0, "pad", "HOW", MT_OPT_CHOICE, AT(pad),
	 "pad the ends with reflect or zero [reflect]", "reflect|zero", 0, 0},
	{0},
};
