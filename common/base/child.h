/* SPDX-License-Identifier: MIT
 * Work in a child process, for libraries that a damaged file can crash or make
 * ask for any memory: the child may die, and the caller gets a sentence. Not for
 * programs that have other threads at that time. */
#ifndef MT_BASE_CHILD_H
#define MT_BASE_CHILD_H

#include <stdint.h>

#include "base/err.h"

struct mt_child {
	/* Runs in the child and writes what it found to fd. Its standard error
	 * is /dev/null. */
	int (*work)(void *ctx, int fd, struct mt_err *err);
	/* Runs in the caller and reads it from fd. MT_END: it ended early, so
	 * that the child's own status says why. */
	int (*take)(void *ctx, int fd, struct mt_err *err);
	const char *name;   /* of the file, for messages */
	const char *what;   /* "the HDF5 library" */
	uint64_t memory;    /* bytes that the child may ask for */
	unsigned seconds;   /* of CPU time that it may take */
};

/* The status of take(), or, where that is MT_END, of work(). MT_EINPUT if the
 * child was killed by a signal. */
int mt_child_run(const struct mt_child *c, void *ctx, struct mt_err *err) MT_USE_RESULT;

#endif
