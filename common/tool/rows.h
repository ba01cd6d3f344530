/* SPDX-License-Identifier: MIT
 * Options that several tools have, for the parameters of common/dsp. */
#ifndef MT_TOOL_ROWS_H
#define MT_TOOL_ROWS_H

#include "tool/opt.h"

/* --profile, --rate, --n-fft, --win, --hop, --bands, --fmin, ... of struct
 * mt_mel_opts */
extern const struct mt_opt mt_mel_rows[];
/* --frame, --hop, --threshold, --floor, --no-floor, --pad of struct
 * mt_silence_opts */
extern const struct mt_opt mt_silence_rows[];

#endif
