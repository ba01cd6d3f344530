/* SPDX-License-Identifier: MIT
 * A list of file names in a file, one a line or ended by zero bytes, read as
 * it is needed: a list of millions costs no memory. "\r\n" ends a line too, so a
 * name that ends with "\r" needs zero bytes. A byte order mark of UTF-8 before the
 * first line is skipped; UTF-16 text is refused. */
#ifndef MT_BASE_NAMES_H
#define MT_BASE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

#define MT_NAMES_LONGEST 65536  /* bytes of a name */

struct mt_names {
	FILE *file;
	const char *path;
	int end;         /* byte that ends a name */
	char *name;      /* the newest, valid until the next call */
	size_t cap;
	uint64_t line;   /* lines read */
};

/* path "-": standard input. The text of path must outlive the list. */
int mt_names_open(struct mt_names *list, const char *path, bool zero,
		  struct mt_err *err) MT_USE_RESULT;
/* The next name into list->name; empty ones are skipped; MT_END. MT_EINPUT: a
 * line that is too long, holds a zero byte, or is UTF-16. */
int mt_names_next(struct mt_names *list, struct mt_err *err) MT_USE_RESULT;
void mt_names_close(struct mt_names *list);

/* Strip the folder dir, and any "./" before either, from a name of n bytes in it;
 * false, and only "./" is stripped, if the name is not below dir. */
bool mt_name_below(const char **name, size_t *n, const char *dir);

#endif
