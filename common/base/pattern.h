/* SPDX-License-Identifier: MIT
 * A piece of text found by an extended regular expression (regex(7)): the
 * first group in parentheses, or without one the whole match.
 *
 * Patterns come from command lines and files of others, and regcomp(3) recurses
 * by them: their size and nesting are bounded, back references refused. */
#ifndef MT_BASE_PATTERN_H
#define MT_BASE_PATTERN_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define MT_PATTERN_SIZE 1000  /* characters, repeats written out */
#define MT_PATTERN_DEPTH 50   /* groups within each other */

struct mt_pattern {
	regex_t re;
	bool open;
};

/* Compile text; a wrong one, or one beyond the bounds, is MT_EUSAGE. */
int mt_pattern_open(struct mt_pattern *p, const char *text,
		    struct mt_err *err) MT_USE_RESULT;
/* The piece within s, which is not copied; false when it does not match or
 * the piece is empty. Any number of threads may ask at once. */
bool mt_pattern_find(const struct mt_pattern *p, const char *s,
		     const char **piece, size_t *size);
void mt_pattern_close(struct mt_pattern *p);

#endif
