/* SPDX-License-Identifier: MIT
 * The readers of mt_weight_formats, one file each; see import/weights.h.
 * NAME_match() tells whether a file is of the format, NAME_read() reads it. */
#ifndef MT_IMPORT_READERS_H
#define MT_IMPORT_READERS_H

#include "import/weights.h"

#endif
