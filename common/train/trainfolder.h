/* SPDX-License-Identifier: MIT
 * The folder of a training run: may this run write into it? */
#ifndef MT_TRAIN_TRAINFOLDER_H
#define MT_TRAIN_TRAINFOLDER_H

#include <stdbool.h>

#include "base/err.h"

/* Before the set is read. The folder is made where it does not exist.
 *   made  out  it was made: remove it if nothing comes into it
 * Errors: MT_EUSAGE for a packed set, a file, a folder that holds a model
 * (without resume or force), or a model without a checkpoint; MT_ESYS. */
int mt_train_folder_check(const char *path, bool resume, bool force, bool *made,
			  struct mt_err *err) MT_USE_RESULT;
/* Training that diverged in its first epoch has no result: remove the first
 * checkpoint, which would only be in the way of the next try. Does nothing
 * where the folder holds a model. */
void mt_train_folder_clear(const char *path);

#endif
