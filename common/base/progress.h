/* SPDX-License-Identifier: MIT
 * Progress on standard error: a line that is redrawn on a terminal, one JSON
 * object a line with --progress=json, nothing with -q or when standard error
 * is no terminal. Drawn at most five times a second. */
#ifndef MT_BASE_PROGRESS_H
#define MT_BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct mt_progress {
	int mode;          /* 0 none, 1 line, 2 JSON */
	uint64_t total;    /* items in all; 0 = not known */
	double start, last;
	bool drawn;
};

void mt_progress_init(struct mt_progress *p, uint64_t total);
/* done and failed items so far; extra (NULL: none) is appended, as
 * "loss 0.21", or as the JSON members "\"loss\":0.21". */
void mt_progress_put(struct mt_progress *p, uint64_t done, uint64_t failed,
		     const char *extra);
void mt_progress_end(struct mt_progress *p);

#endif
