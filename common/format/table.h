/* SPDX-License-Identifier: MIT
 * A table of tab- or comma-separated values (cells.h) with a header line, kept
 * as bytes (UTF-8 is not asked for). The first column is the key by which rows
 * are found. Where the last column is named "tags", a row may have more cells,
 * which are more tags. */
#ifndef MT_FORMAT_TABLE_H
#define MT_FORMAT_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct mt_table {
	char *data;              /* the text, cells ended by zero bytes */
	size_t size;
	uint32_t crc;            /* CRC-32 of the file's bytes */
	char **column;           /* [n_column] names */
	size_t n_column;
	char **cell;             /* [n_row][n_column], rows sorted by key */
	size_t n_row;
	size_t *line;            /* [n_row] line number of each row */
	char **more;             /* the cells behind the last column of all rows */
	size_t *more_at;         /* [n_row] where each row's begin, and */
	size_t *more_n;          /* [n_row] how many */
	size_t n_more;
};

/* Read a file. Empty lines are passed over. A row with another number of cells
 * than the header, an empty key, a key that appears twice or a zero byte is
 * MT_EINPUT with file and line. */
int mt_table_read(struct mt_table *t, const char *path, struct mt_err *err)
	MT_USE_RESULT;
/* The same from memory; name is for messages. data is copied. */
int mt_table_parse(struct mt_table *t, const char *data, size_t size,
		   const char *name, struct mt_err *err) MT_USE_RESULT;
/* Number of the column, or -1. */
int mt_table_column(const struct mt_table *t, const char *name);
/* Number of the row with this key, or -1. */
int64_t mt_table_find(const struct mt_table *t, const char *key, size_t size);
const char *mt_table_cell(const struct mt_table *t, size_t row, size_t column);
/* The cells of a row behind the last column; *n of them. */
char *const *mt_table_more(const struct mt_table *t, size_t row, size_t *n);
void mt_table_release(struct mt_table *t);

#endif
