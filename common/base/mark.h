/* SPDX-License-Identifier: MIT
 * Byte order marks, which editors on Windows put in front of a text. Every reader
 * of a list, a table or JSON skips that of UTF-8 and refuses UTF-16 by name. */
#ifndef MT_BASE_MARK_H
#define MT_BASE_MARK_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Bytes of the mark of UTF-8 at the beginning of a text: 3, or 0. */
static inline size_t mt_mark_utf8(const char *text, size_t size)
{
	return size >= 3 && !memcmp(text, "\xef\xbb\xbf", 3) ? 3 : 0;
}

static inline bool mt_mark_is_utf16(const char *text, size_t size)
{
	return size >= 2 && (!memcmp(text, "\xff\xfe", 2) || !memcmp(text, "\xfe\xff", 2));
}

#endif
