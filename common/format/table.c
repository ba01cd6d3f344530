/* SPDX-License-Identifier: MIT */
#include "format/table.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/crc.h"
#include "base/file.h"
#include "base/mem.h"
#include "format/cells.h"

#define MAX_TABLE ((size_t)8 << 30)

struct row {
	char **cell;
	size_t line, more_at, more_n;
};

static size_t count(const char *s, size_t n, char c)
{
	size_t k = 0;
	for (size_t i = 0; i < n; i++)
		k += s[i] == c;
	return k;
}

static int by_key(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int c = strcmp(x->cell[0], y->cell[0]);
	return c ? c : (x->line > y->line) - (x->line < y->line);
}

/* Sort the rows and lay their cells out in that order. */
static int sort_rows(struct mt_table *t, struct row *row, const char *name,
		     struct mt_err *err)
{
	size_t width = t->n_column;
	if (t->n_row)
		qsort(row, t->n_row, sizeof *row, by_key);
	char **cell = mt_calloc(t->n_row * width, sizeof *cell);
	t->line = mt_calloc(t->n_row, sizeof *t->line);
	t->more_at = mt_calloc(t->n_row, sizeof *t->more_at);
	t->more_n = mt_calloc(t->n_row, sizeof *t->more_n);
	int rc = MT_OK;
	for (size_t i = 0; i < t->n_row; i++) {
		memcpy(cell + i * width, row[i].cell, width * sizeof *cell);
		t->line[i] = row[i].line;
		t->more_at[i] = row[i].more_at;
		t->more_n[i] = row[i].more_n;
		if (i && !rc && !strcmp(cell[i * width], cell[(i - 1) * width]))
			rc = mt_err_set(err, MT_EINPUT, "%s: line %zu: '%.200s' "
					"is in line %zu already", name,
					t->line[i], cell[i * width],
					t->line[i - 1]);
	}
	free(t->cell);
	t->cell = cell;
	return rc;
}

/* What is behind the last column. */
static void add_more(struct mt_table *t, struct row *row,
		     const struct mt_cells *c)
{
	row->more_at = t->n_more;
	row->more_n = c->n_cell - t->n_column;
	for (size_t i = t->n_column; i < c->n_cell; i++) {
		if (!(t->n_more & (t->n_more + 1)))
			t->more = mt_realloc(t->more, 2 * t->n_more + 2,
					     sizeof *t->more);
		t->more[t->n_more++] = c->cell[i];
	}
}

static int parse_rows(struct mt_table *t, struct mt_cells *c,
		      struct mt_err *err)
{
	size_t width = t->n_column, rest = (size_t)(c->end - c->at);
	size_t lines = count(c->at, rest, '\n') + 1;
	/* a row has its separators at least */
	size_t most = rest / width + 1 < lines ? rest / width + 1 : lines;
	bool ragged = !strcasecmp(t->column[width - 1], "tags");
	struct row *row = mt_calloc(most, sizeof *row);
	t->cell = mt_calloc(most * width, sizeof *t->cell);
	int rc;
	for (;;) {
		size_t line = c->line + 1;  /* where a row of several begins */
		rc = mt_cells_next(c, err);
		if (rc)
			break;
		if (c->n_cell == 1 && !c->len[0] && !c->quoted[0])
			continue;
		char **cell = t->cell + t->n_row * width;
		if (c->n_cell < width || (c->n_cell > width && !ragged))
			rc = mt_err_set(err, MT_EINPUT, "%s: line %zu: %zu "
					"cells where the header has %zu",
					c->path, line, c->n_cell, width);
		else if (!c->len[0])
			rc = mt_err_set(err, MT_EINPUT, "%s: line %zu: the first "
					"cell is empty", c->path, line);
		if (rc)
			break;
		memcpy(cell, c->cell, width * sizeof *cell);
		row[t->n_row] = (struct row){.cell = cell, .line = line};
		add_more(t, &row[t->n_row++], c);
	}
	if (rc == MT_END)
		rc = sort_rows(t, row, c->path, err);
	free(row);
	return rc;
}

static int parse(struct mt_table *t, struct mt_cells *c, struct mt_err *err)
{
	int rc = mt_cells_next(c, err);
	if (rc == MT_END || (!rc && !c->len[0]))
		rc = mt_err_set(err, MT_EINPUT, "%s: line 1: a header line with "
				"the names of the columns is required", c->path);
	if (rc)
		return rc;
	t->n_column = c->n_cell;
	t->column = mt_calloc(c->n_cell, sizeof *t->column);
	memcpy(t->column, c->cell, c->n_cell * sizeof *t->column);
	return parse_rows(t, c, err);
}

/* Of data, which becomes the table's. */
static int take(struct mt_table *t, char *data, size_t size, const char *name,
		struct mt_err *err)
{
	struct mt_cells c;
	const char *zero = memchr(data, 0, size);
	*t = (struct mt_table){.size = size, .data = data,
			       .crc = mt_crc32(0, data, size)};
	mt_cells_init(&c, name, data, size);
	bool wide = size >= 2 && (!memcmp(data, "\xff\xfe", 2) ||
				  !memcmp(data, "\xfe\xff", 2));
	int rc = zero && !wide
		? mt_err_set(err, MT_EINPUT, "%s: line %zu: holds a zero byte",
			     name, count(data, (size_t)(zero - data), '\n') + 1)
		: parse(t, &c, err);
	mt_cells_release(&c);
	if (rc)
		mt_table_release(t);
	return rc;
}

int mt_table_parse(struct mt_table *t, const char *data, size_t size,
		   const char *name, struct mt_err *err)
{
	return take(t, mt_strndup(data, size), size, name, err);
}

int mt_table_read(struct mt_table *t, const char *path, struct mt_err *err)
{
	char *data;
	size_t size;
	*t = (struct mt_table){0};
	int rc = mt_file_get(path, MAX_TABLE, &data, &size, err);
	return rc ? rc : take(t, data, size, path, err);
}

int mt_table_column(const struct mt_table *t, const char *name)
{
	for (size_t i = 0; i < t->n_column; i++)
		if (!strcmp(t->column[i], name))
			return (int)i;
	return -1;
}

int64_t mt_table_find(const struct mt_table *t, const char *key, size_t size)
{
	size_t lo = 0, hi = t->n_row;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const char *s = t->cell[mid * t->n_column];
		int c = strncmp(s, key, size);
		if (!c && s[size])
			c = 1;
		if (!c)
			return (int64_t)mid;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return -1;
}

const char *mt_table_cell(const struct mt_table *t, size_t row, size_t column)
{
	return t->cell[row * t->n_column + column];
}

char *const *mt_table_more(const struct mt_table *t, size_t row, size_t *n)
{
	*n = t->more_n[row];
	return *n ? t->more + t->more_at[row] : NULL;
}

void mt_table_release(struct mt_table *t)
{
	free(t->data);
	free(t->column);
	free(t->cell);
	free(t->line);
	free(t->more);
	free(t->more_at);
	free(t->more_n);
	*t = (struct mt_table){0};
}
