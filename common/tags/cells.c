/* SPDX-License-Identifier: MIT */
#include "tags/cells.h"

#include <string.h>

int mt_cells_bad(const struct mt_cells *t, const char *why, struct mt_err *err)
{
	return mt_err_set(err, MT_EINPUT, "%s: line %zu: %s", t->path, t->line,
			  why);
}

/* A quoted cell, in place; at stands on the quote and ends after the cell. */
static bool quoted(struct mt_cells *t, char **out, size_t *len)
{
	char *to = ++t->at;
	*out = to;
	for (; t->at < t->end; t->at++) {
		if (*t->at == '"' && t->at + 1 < t->end && t->at[1] == '"')
			t->at++;
		else if (*t->at == '"')
			break;
		t->line += *t->at == '\n';
		*to++ = *t->at;
	}
	*len = (size_t)(to - *out);
	return t->at++ < t->end;
}

/* Escapes of tab-separated text: \t, \n, \\. */
static size_t unescape(char *s, size_t n)
{
	size_t k = 0;
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\\' && i + 1 < n && strchr("tnr\\", s[i + 1])) {
			i++;
			s[k++] = s[i] == 't' ? '\t' : s[i] == 'n' ? '\n' : s[i] == 'r' ? '\r'
					: '\\';
		} else {
			s[k++] = s[i];
		}
	}
	return k;
}

static void plain(struct mt_cells *t, char **out, size_t *len)
{
	char stop = t->csv ? ',' : '\t';
	*out = t->at;
	while (t->at < t->end && *t->at != stop && *t->at != '\n')
		t->at++;
	*len = (size_t)(t->at - *out);
	if (*len && (t->at == t->end || *t->at == '\n') &&
	    (*out)[*len - 1] == '\r')
		--*len;
	if (t->escapes)
		*len = unescape(*out, *len);
}

int mt_cells_next(struct mt_cells *t, struct mt_err *err)
{
	size_t line = ++t->line;
	if (t->at >= t->end)
		return MT_END;
	t->n_cell = 0;
	for (;;) {
		if (t->n_cell == MT_CELLS_MAX)
			return mt_cells_bad(t, "more than 256 cells", err);
		size_t i = t->n_cell++;
		if (t->csv && t->at < t->end && *t->at == '"') {
			if (!quoted(t, &t->cell[i], &t->len[i])) {
				t->line = line;
				return mt_cells_bad(t, "a quote is not closed", err);
			}
			if (t->at < t->end && *t->at == '\r')
				t->at++;
			if (t->at < t->end && *t->at != ',' && *t->at != '\n')
				return mt_cells_bad(t, "text after a closing quote", err);
		} else {
			plain(t, &t->cell[i], &t->len[i]);
		}
		bool last = t->at >= t->end || *t->at++ == '\n';
		if (t->cell[i] + t->len[i] < t->end)
			t->cell[i][t->len[i]] = 0;
		if (last)
			return MT_OK;
	}
}

void mt_cells_init(struct mt_cells *c, const char *path, char *text,
		   size_t size)
{
	bool mark = size >= 3 && !memcmp(text, "\xef\xbb\xbf", 3);
	*c = (struct mt_cells){.path = path, .at = text + 3 * mark,
			       .end = text + size};
}

bool mt_cells_is_csv(const char *path)
{
	size_t n = strlen(path);
	return n > 4 && !strcmp(path + n - 4, ".csv");
}
