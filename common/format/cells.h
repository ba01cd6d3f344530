/* SPDX-License-Identifier: MIT
 * The lines of a table as cells, cut in place: tab- or comma-separated, with
 * quotes as RFC 4180 has them in both.
 *
 * In tab-separated text a cell whose quotes do not fit, as of "Heroes" live, is
 * taken as it is; a quoted one may hold line ends only if all cells of the
 * first line are quoted. "\r\n" ends a line too. Lines are of 64 MiB and 65536
 * cells at most. */
#ifndef MT_FORMAT_CELLS_H
#define MT_FORMAT_CELLS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define MT_CELLS_MAX 65536
#define MT_CELLS_LINE ((size_t)64 << 20)

struct mt_cells {
	const char *path;        /* for messages */
	char *at, *end;          /* what is left of the text */
	size_t line;             /* number of the last one */
	bool csv;
	bool escapes;            /* of format/format.h */
	bool blanks;             /* a cell may have some before it: no part of it */
	bool multiline;          /* tab-separated, and a quoted cell has lines */
	char **cell;             /* [n_cell] */
	size_t *len;
	bool *quoted;
	size_t n_cell, cap;
};

/* Over size bytes of text, which are written to; a byte order mark is passed
 * over. The separator is looked for in the first line, outside quotes: commas if the path ends
 * in ".csv", unless there are more tabs than commas. */
void mt_cells_init(struct mt_cells *c, const char *path, char *text,
		   size_t size);
/* The next line; an empty one is one cell of length 0. A zero byte is put
 * behind each cell but one that ends with the text. MT_END after the last;
 * MT_EINPUT with file and line: an open quote, text behind one, a line or its
 * cells over the limits, UTF-16. */
int mt_cells_next(struct mt_cells *c, struct mt_err *err) MT_USE_RESULT;
/* The byte of an escape \xHH at s [n], if it is one that format_tsv.c or format_csv.c
 * writes; else -1. */
int mt_cells_escaped(const char *s, size_t n);
/* MT_EINPUT: "FILE: line N: why". */
int mt_cells_bad(const struct mt_cells *c, const char *why, struct mt_err *err);
/* The number of the cell with that text, case ignored; -1 none. */
int mt_cells_find(const struct mt_cells *c, const char *text);
/* MT_EINPUT: the table has no column called want; with the nearest of its n names, if
 * one is near, and as many of them as a message holds. len NULL: each name ends with
 * a zero byte. */
int mt_cells_no_column(const char *path, const char *want, char *const *name,
		       const size_t *len, size_t n, struct mt_err *err);
void mt_cells_release(struct mt_cells *c);

/* The next of a list with commas between, without the blanks around it: tags
 * in a cell or an option. One with a comma in it stands in quotes, in which a
 * quote is doubled; quotes that do not fit are text. New memory, or NULL after
 * the last; empty ones are passed over. */
char *mt_cells_item(const char **at, const char *end);

#endif
