/* SPDX-License-Identifier: MIT
 * Progress on standard error: a line that is redrawn on a terminal, one JSON
 * object a line with --progress=json, nothing with -q or when standard error
 * is not a terminal. Drawn at most five times a second, each time with one write.
 *
 * The programs of a pipeline have one terminal. The one that holds its lock
 * (flock) draws, the others are silent until it has ended. Those whose standard
 * output is a pipe leave the lock to the last one for a second. */
#ifndef MT_TOOL_PROGRESS_H
#define MT_TOOL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct mt_progress {
	int mode;          /* 0 none, 1 line, 2 JSON */
	uint64_t total;    /* items in all; 0 = not known */
	double start, last;
	double patience;   /* seconds to leave the terminal to others */
	int lock;          /* -1: not held */
	bool drawn;
};

void mt_progress_init(struct mt_progress *p, uint64_t total);
/* done and failed items so far; extra (NULL: none) is appended, as
 * "loss 0.21", or as the JSON members "\"loss\":0.21". */
void mt_progress_put(struct mt_progress *p, uint64_t done, uint64_t failed,
		     const char *extra);
void mt_progress_end(struct mt_progress *p);

/* What to send in front of a message so that it does not end up within a drawn
 * line: "", or a clearing of the line. */
const char *mt_progress_clear(void);

#endif
