/* SPDX-License-Identifier: MIT
 * Text of any bytes (names of files, tags) where a line, a column or JSON must
 * hold it. */
#ifndef MT_BASE_ESCAPE_H
#define MT_BASE_ESCAPE_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

/* Tab, newline and backslash become \t, \n and \\, as in a stream's header;
 * other bytes stay. Writes to out, without a NUL at the end; NULL: counts
 * only. Returns the length. */
size_t mt_escape(char *out, const char *s, size_t n);
/* The same to a file; the caller looks at ferror(). */
void mt_escape_put(FILE *f, const char *s, size_t n);

/* A JSON string. A byte that is part of no UTF-8 character becomes a question
 * mark, for JSON cannot hold it; the rest stays. New reference. */
json_t *mt_escape_json(const char *s, size_t n);

#endif
