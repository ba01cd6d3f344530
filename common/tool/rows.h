/* SPDX-License-Identifier: MIT
 * Options that several tools have. */
#ifndef MT_TOOL_ROWS_H
#define MT_TOOL_ROWS_H

#include "tool/opt.h"

/* --profile, --rate, --n-fft, --win, --hop, --bands, --fmin, ... of struct
 * mt_mel_opts */
extern const struct mt_opt mt_mel_rows[];

#endif
