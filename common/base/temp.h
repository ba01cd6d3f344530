/* SPDX-License-Identifier: MIT
 * Temporary files beside the output that they become: ".NAME.PID-RANDOM.tmp-mt".
 * Each run has its own, so two runs with the same output never write into one
 * file. They are locked while they are written; the next run with the same
 * output removes those that nobody locks, left behind by a killed run.
 *
 * base/file.h is the usual way in. Any thread may call these functions. */
#ifndef MT_BASE_TEMP_H
#define MT_BASE_TEMP_H

#include <stdbool.h>

#include "base/err.h"

/* Create the temporary file of an output and open it for writing.
 *   mode     permissions, less the umask
 *   path, fd out; the caller frees *path and closes *fd, after mt_temp_gone() */
int mt_temp_open(const char *target, unsigned mode, char **path, int *fd,
		 struct mt_err *err) MT_USE_RESULT;
/* The temporary file was renamed or removed. */
void mt_temp_gone(const char *path);
/* Is this the name of a temporary file? */
bool mt_temp_is(const char *name);

/* From here on, signals that end the program (HUP, INT, QUIT, TERM, PIPE, ALRM,
 * USR1, USR2, XCPU) remove its temporary files first. Ignored ones stay
 * ignored. SIGXFSZ is ignored, so a write beyond ulimit -f fails with EFBIG. */
void mt_temp_guard(void);

#endif
