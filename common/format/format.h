/* SPDX-License-Identifier: MIT
 * Tables as text. All rows that any program prints for other programs go through
 * here, so that quoting, escapes, numbers and lists are the same everywhere, and
 * what TSV and CSV write is read back by cells.h.
 *
 * A table begins with its columns; then come the cells of each row, from left to
 * right, and the end of the row. A row may end early: the missing cells are empty.
 *
 *	struct mt_print p;
 *	mt_print_begin(&p, stdout, format, column, 2);
 *	mt_print_text(&p, tag, strlen(tag));
 *	mt_print_int(&p, count);
 *	mt_print_row(&p);
 *
 * A format is a file format_NAME.c and a row of the table in format.c. Its functions
 * are called by those below only. A table owns no memory and needs no end; it is
 * used by one thread, and the caller looks at ferror(). */
#ifndef MT_FORMAT_FORMAT_H
#define MT_FORMAT_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* What a column holds; a table for people has texts to the left. */
enum mt_column_kind { MT_COL_TEXT, MT_COL_INT, MT_COL_REAL, MT_COL_LIST };

struct mt_column {
	const char *name;
	enum mt_column_kind kind;
	/* for people only */
	const char *title;       /* NULL: the name */
	int width;               /* characters, at least */
	int digits;              /* of a REAL behind the point; 0: as it is */
};
#define MT_COL(name_, kind_) {.name = (name_), .kind = MT_COL_##kind_}

struct mt_span {
	const char *s;
	size_t n;
};

struct mt_cell {
	enum { MT_CELL_NONE, MT_CELL_TEXT, MT_CELL_NUMBER, MT_CELL_LIST } type;
	struct mt_span text;     /* TEXT; NUMBER: its shortest digits */
	double value;            /* NUMBER */
	const struct mt_span *item; /* LIST [n_item] */
	size_t n_item;
	const char *between;     /* LIST: its separator where cells are plain text */
};

struct mt_print;

struct mt_format {
	const char *name;        /* of its option, --NAME */
	const char *ending;      /* of its files, without the dot; NULL: none */
	/* The names of the columns; p->n_column > 0. May be NULL. */
	void (*names)(struct mt_print *p);
	/* Cell p->at of this row. */
	void (*cell)(struct mt_print *p, const struct mt_cell *cell);
	/* The end of a row of p->at cells. */
	void (*row)(struct mt_print *p);
};

struct mt_print {
	FILE *f;
	const struct mt_format *format;
	const struct mt_column *column; /* [n_column], the caller's */
	size_t n_column;
	const char *none;        /* stands for a missing value, but in JSON; "" */
	size_t at;               /* cells of this row so far */
};

/* By the name of its option, which exists. */
const struct mt_format *mt_format_named(const char *name);
/* By the ending of a path; NULL: it is none of a format. */
const struct mt_format *mt_format_of_path(const char *path);

/* Begin a table and write its names. Without columns (n 0) rows may have any
 * number of cells, and JSON writes arrays. */
void mt_print_begin(struct mt_print *p, FILE *f, const struct mt_format *format,
		    const struct mt_column *column, size_t n);
/* The same without the line of names, which JSON still has in each row. */
void mt_print_bare(struct mt_print *p, FILE *f, const struct mt_format *format,
		   const struct mt_column *column, size_t n);
/* A text; an empty one differs from a missing one. */
void mt_print_text(struct mt_print *p, const char *s, size_t n);
/* The same, ended by a zero byte. NULL or "" is a missing value. */
void mt_print_word(struct mt_print *p, const char *s);
/* A text that is missing when it is empty. */
void mt_print_filled(struct mt_print *p, const char *s, size_t n);
void mt_print_int(struct mt_print *p, int64_t v);
void mt_print_uint(struct mt_print *p, uint64_t v);
/* The shortest text that gives the same double (bits 64), float or half again. */
void mt_print_real(struct mt_print *p, double v, int bits);
/* For what is known less exactly than a double holds: so many significant digits at
 * most, or so many behind the point. */
void mt_print_rounded(struct mt_print *p, double v, int digits);
void mt_print_fixed(struct mt_print *p, double v, int digits);
/* Items as mt_cells_item() reads them, joined by between: "," or " | ". */
void mt_print_list(struct mt_print *p, const struct mt_span *item, size_t n,
		   const char *between);
/* A missing value. */
void mt_print_none(struct mt_print *p);
void mt_print_row(struct mt_print *p);

/* For the formats: a list as one text, in new memory. */
char *mt_format_list(const struct mt_cell *cell, size_t *n);
/* The names, and one cell, of plain text with a separator; text writes a cell's. */
typedef void mt_format_text(FILE *f, const char *s, size_t n);
void mt_format_names(struct mt_print *p, char separator, mt_format_text *text);
void mt_format_cell(struct mt_print *p, const struct mt_cell *cell, char separator,
		    mt_format_text *text);

extern const struct mt_format mt_format_tsv, mt_format_csv, mt_format_json, mt_format_table;

#endif
