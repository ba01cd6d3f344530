/* SPDX-License-Identifier: MIT
 * One writer at a time for a folder that is an output: a packed set, or the
 * models and checkpoint of a training run. Readers take no lock. The lock is the
 * folder's own (flock) and ends with the process, so nothing is left behind. */
#ifndef MT_BASE_LOCK_H
#define MT_BASE_LOCK_H

#include "base/err.h"

/* Lock an existing folder. Another program that holds it is MT_ESYS with a
 * sentence; a file system without locks is MT_OK.
 *   fd  out, for mt_unlock_dir(); -1 after an error */
int mt_lock_dir(const char *folder, int *fd, struct mt_err *err) MT_USE_RESULT;
/* Does nothing for -1. */
void mt_unlock_dir(int fd);

#endif
