/* SPDX-License-Identifier: MIT
 * A piece of text found by an extended regular expression (regex(7)): the
 * first group in parentheses, or without one the whole match. */
#ifndef MT_BASE_PATTERN_H
#define MT_BASE_PATTERN_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct mt_pattern {
	regex_t re;
	bool open;
};

/* text is compiled; a wrong one is MT_EUSAGE. */
int mt_pattern_open(struct mt_pattern *p, const char *text,
		    struct mt_err *err) MT_USE_RESULT;
/* The piece within s, which is not copied; false when it does not match or
 * the piece is empty. Any number of threads may ask at once. */
bool mt_pattern_find(const struct mt_pattern *p, const char *s,
		     const char **piece, size_t *size);
void mt_pattern_close(struct mt_pattern *p);

#endif
