/* SPDX-License-Identifier: MIT
 * The lines of a table as cells, cut in place: tab-separated, or comma-separated
 * with quotes as RFC 4180 has them. "\r\n" ends a line too. */
#ifndef MT_TAGS_CELLS_H
#define MT_TAGS_CELLS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define MT_CELLS_MAX 256

struct mt_cells {
	const char *path;        /* for messages */
	char *at, *end;          /* what is left of the text */
	size_t line;             /* number of the last one */
	bool csv;
	bool escapes;            /* \t, \n, \r, \\ of tab-separated text */
	char *cell[MT_CELLS_MAX];
	size_t len[MT_CELLS_MAX], n_cell;
};

/* Over size bytes of text, which are written to; a byte order mark is passed
 * over. */
void mt_cells_init(struct mt_cells *c, const char *path, char *text,
		   size_t size);
/* The next line; an empty one is one cell of length 0. A zero byte is put
 * behind each cell but one that ends with the text. MT_END after the last;
 * MT_EINPUT with file and line: an open quote, text behind one, or more than
 * MT_CELLS_MAX cells. */
int mt_cells_next(struct mt_cells *c, struct mt_err *err) MT_USE_RESULT;
/* MT_EINPUT: "FILE: line N: why". */
int mt_cells_bad(const struct mt_cells *c, const char *why, struct mt_err *err);
/* Is the name that of comma-separated text? It ends in ".csv". */
bool mt_cells_is_csv(const char *path);

#endif
