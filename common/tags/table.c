/* SPDX-License-Identifier: MIT */
#include "tags/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/crc.h"
#include "base/file.h"
#include "base/mem.h"

#define MAX_TABLE ((size_t)8 << 30)
#define MAX_COLUMN 256

struct row {
	char **cell;
	size_t line;
};

static size_t count(const char *s, size_t n, char c)
{
	size_t k = 0;
	for (size_t i = 0; i < n; i++)
		k += s[i] == c;
	return k;
}

/* Cut one line into cells; how many there were. */
static size_t cut(char *line, char **cell, size_t max)
{
	size_t n = 0;
	for (char *p = line;; p++) {
		if (n < max)
			cell[n] = p;
		n++;
		p = strchr(p, '\t');
		if (!p)
			return n;
		*p = 0;
	}
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
	int rc = MT_OK;
	for (size_t i = 0; i < t->n_row; i++) {
		memcpy(cell + i * width, row[i].cell, width * sizeof *cell);
		t->line[i] = row[i].line;
		if (i && !rc && !strcmp(cell[i * width], cell[(i - 1) * width]))
			rc = mt_err_set(err, MT_EINPUT, "%s: line %zu: '%.200s' "
					"stands in line %zu already", name,
					t->line[i], cell[i * width],
					t->line[i - 1]);
	}
	free(t->cell);
	t->cell = cell;
	return rc;
}

static int parse_rows(struct mt_table *t, char *at, const char *name,
		      struct mt_err *err)
{
	size_t lines = count(at, strlen(at), '\n') + 1, width = t->n_column;
	struct row *row = mt_calloc(lines, sizeof *row);
	t->cell = mt_calloc(lines * width, sizeof *t->cell);
	int rc = MT_OK;
	for (size_t no = 2; !rc && *at; no++) {
		char *end = at + strcspn(at, "\n"), *next = end + (*end != 0);
		if (end > at && end[-1] == '\r')
			end--;
		*end = 0;
		if (*at) {
			char **cell = t->cell + t->n_row * width;
			size_t n = cut(at, cell, width);
			if (n != width)
				rc = mt_err_set(err, MT_EINPUT, "%s: line %zu: "
						"%zu cells where the header "
						"has %zu", name, no, n, width);
			else if (!cell[0][0])
				rc = mt_err_set(err, MT_EINPUT, "%s: line %zu: "
						"the first cell is empty",
						name, no);
			row[t->n_row++] = (struct row){cell, no};
		}
		at = next;
	}
	if (!rc)
		rc = sort_rows(t, row, name, err);
	free(row);
	return rc;
}

int mt_table_parse(struct mt_table *t, const char *data, size_t size,
		   const char *name, struct mt_err *err)
{
	*t = (struct mt_table){.size = size};
	const char *zero = memchr(data, 0, size);
	if (zero)
		return mt_err_set(err, MT_EINPUT, "%s: line %zu: holds a zero "
				  "byte", name,
				  count(data, (size_t)(zero - data), '\n') + 1);
	t->crc = mt_crc32(0, data, size);
	t->data = mt_strndup(data, size);
	char *at = t->data;
	if (size >= 3 && !memcmp(at, "\xef\xbb\xbf", 3))
		at += 3;  /* a byte order mark is no part of the name */
	char *end = at + strcspn(at, "\n"), *next = end + (*end != 0);
	if (end > at && end[-1] == '\r')
		end--;
	*end = 0;
	t->column = mt_calloc(MAX_COLUMN, sizeof *t->column);
	t->n_column = cut(at, t->column, MAX_COLUMN);
	int rc;
	if (!*t->column[0] || t->n_column > MAX_COLUMN)
		rc = mt_err_set(err, MT_EINPUT, "%s: line 1: a header line of 1 "
				"to %d column names is needed", name,
				MAX_COLUMN);
	else
		rc = parse_rows(t, next, name, err);
	if (rc)
		mt_table_release(t);
	return rc;
}

int mt_table_read(struct mt_table *t, const char *path, struct mt_err *err)
{
	char *data;
	size_t size;
	*t = (struct mt_table){0};
	int rc = mt_file_get(path, MAX_TABLE, &data, &size, err);
	if (rc)
		return rc;
	rc = mt_table_parse(t, data, size, path, err);
	free(data);
	return rc;
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

void mt_table_release(struct mt_table *t)
{
	free(t->data);
	free(t->column);
	free(t->cell);
	free(t->line);
	*t = (struct mt_table){0};
}
