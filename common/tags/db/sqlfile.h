/* SPDX-License-Identifier: MIT
 * A SQLite database written in one go from rows that are in order already.
 *
 * SQLite itself inserts a million rows with an index in a second; this writes
 * the pages from left to right, in a tenth of that. Any SQLite reads them. The
 * format is that of https://www.sqlite.org/fileformat2.html: tables and
 * indexes are trees of pages, made here from the leaves up.
 *
 *   begin, for each tree: tree, rows in ascending order, root; schema; end */
#ifndef MT_TAGS_DB_SQLFILE_H
#define MT_TAGS_DB_SQLFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/file.h"

enum { MT_SQL_PAGE = 8192, MT_SQL_LEVELS = 12, MT_SQL_COLUMNS = 8 };

/* A row's value. */
struct mt_sql_value {
	enum { MT_SQL_NULL, MT_SQL_INT, MT_SQL_REAL, MT_SQL_TEXT } type;
	int64_t i;
	double d;
	const char *s;
	size_t n;                /* bytes of s */
};

struct mt_sql_page {
	unsigned char data[MT_SQL_PAGE];
	unsigned n;              /* cells */
	unsigned low;            /* where the content of cells begins */
	unsigned last;           /* size of the last cell */
};

struct mt_sqlfile {
	struct mt_file *file;
	struct mt_err *err;
	int rc;                  /* the first failure; all calls then do nothing */
	uint32_t n_page;         /* written, or reserved */
	bool is_table;           /* the tree being made: rows by number, or keys */
	int height;
	struct mt_sql_page *level[MT_SQL_LEVELS]; /* the page being filled */
	int64_t last_row;
	unsigned char *record;   /* scratch */
	size_t record_cap;
	unsigned char *buffer;   /* pages on their way to the file */
	size_t n_buffer;
	struct mt_sql_page schema; /* page 1 */
};

/* file must be open and empty. */
void mt_sqlfile_begin(struct mt_sqlfile *f, struct mt_file *file,
		      struct mt_err *err);
/* is_table: rows have numbers; else they are keys, as in an index or a table
 * WITHOUT ROWID. */
void mt_sqlfile_tree(struct mt_sqlfile *f, bool is_table);
/* The next row; number counts for tables only, and must rise. */
void mt_sqlfile_row(struct mt_sqlfile *f, int64_t number,
		    const struct mt_sql_value *value, size_t n);
/* End the tree; its first page. */
uint32_t mt_sqlfile_root(struct mt_sqlfile *f);
/* One line of the schema; sql NULL for the index of a UNIQUE. In the order in
 * which SQLite would have made them. */
void mt_sqlfile_schema(struct mt_sqlfile *f, const char *type, const char *name,
		       const char *table, uint32_t root, const char *sql);
/* Write what is left and the first page; frees all. Returns f->rc. */
int mt_sqlfile_end(struct mt_sqlfile *f) MT_USE_RESULT;

#endif
