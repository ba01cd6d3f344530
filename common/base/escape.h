/* SPDX-License-Identifier: MIT
 * Text of any bytes (names of files, tags) where a line, a column or JSON must
 * hold it. */
#ifndef MT_BASE_ESCAPE_H
#define MT_BASE_ESCAPE_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

#include "base/api.h"

MT_API_BEGIN

/* Tab, newline and backslash become \t, \n and \\, as in a stream's header;
 * other bytes stay. Writes to out, without a NUL at the end; NULL: counts
 * only. Returns the length. */
size_t mt_escape(char *out, const char *s, size_t n);
/* A cell of tab-separated text to a file; the caller looks at ferror(). As
 * mt_escape(), \r for a carriage return, and \xHH for each byte of another control
 * character (C0, DEL, C1, also as a lone byte): nothing that a reader could take for the end of a
 * line or a terminal for a command. Other bytes stay, UTF-8 or not. */
void mt_escape_put(FILE *f, const char *s, size_t n);
/* The same for people: also the bytes of characters that turn the direction of the
 * text around them, or end a line. Returns how many characters that makes. */
size_t mt_escape_show(FILE *f, const char *s, size_t n);
/* A message for people, in which a backslash stays as it is; new memory. */
char *mt_escape_message(const char *s);

/* A JSON string to a file, with the quotes. What mt_escape_show() would escape is
 * written \uHHHH, but for bytes that are not UTF-8: each becomes a question mark. */
void mt_escape_json_put(FILE *f, const char *s, size_t n);
/* A JSON string. A byte that is part of no UTF-8 character becomes a question
 * mark, for JSON cannot hold it; the rest stays. New reference. */
json_t *mt_escape_json(const char *s, size_t n);
/* json_dumpf() whose texts are written as mt_escape_json_put() would. The caller
 * looks at ferror(). */
void mt_escape_json_dump(FILE *f, const json_t *j, size_t flags);

MT_API_END

#endif
