/* SPDX-License-Identifier: MIT */
#include "format/cells.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/near.h"

int mt_cells_bad(const struct mt_cells *t, const char *why, struct mt_err *err)
{
	return mt_err_set(err, MT_EINPUT, "%s: line %zu: %s", t->path, t->line,
			  why);
}

/* A quoted text, in place; at stands on the quote and ends after the text. */
static bool unquote(char **at, const char *end, size_t *line, char **out,
		    size_t *len)
{
	char *to = ++*at;
	*out = to;
	for (; *at < end; ++*at) {
		if (**at == '"' && *at + 1 < end && (*at)[1] == '"')
			++*at;
		else if (**at == '"')
			break;
		*line += **at == '\n';
		*to++ = **at;
	}
	*len = (size_t)(to - *out);
	return (*at)++ < end;
}

/* Where a quoted text that begins at s ends, behind its quote; NULL if it does
 * not. lines: it may have several. */
static const char *find_close(const char *s, const char *end, bool lines)
{
	for (s++; s < end; s++) {
		if (*s == '\n' && !lines)
			return NULL;
		if (*s != '"')
			continue;
		if (s + 1 == end || s[1] != '"')
			return s + 1;
		s++;
	}
	return NULL;
}

/* Do the quotes of a tab-separated cell fit? */
static bool is_quoted(const struct mt_cells *t)
{
	const char *s = find_close(t->at, t->end, t->multiline);
	if (s && s < t->end && *s == '\r')
		s++;
	return s && (s == t->end || *s == '\t' || *s == '\n');
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int mt_cells_escaped(const char *s, size_t n)
{
	int c = n < 4 || s[0] != '\\' || s[1] != 'x' || hex(s[2]) < 0 || hex(s[3]) < 0
			? -1 : 16 * hex(s[2]) + hex(s[3]);
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xc2 || c == '\\' ? c : -1;
}

/* Escapes: \xHH, and in tab-separated text \t, \n, \r and \\. */
static size_t unescape(char *s, size_t n, bool csv)
{
	size_t k = 0;
	for (size_t i = 0; i < n; i++) {
		int c = mt_cells_escaped(s + i, n - i);
		if (c >= 0) {
			s[k++] = (char)c;
			i += 3;
		} else if (s[i] == '\\' && !csv && i + 1 < n && strchr("tnr\\", s[i + 1])) {
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
}

static int add_cell(struct mt_cells *t, struct mt_err *err)
{
	if (t->n_cell == MT_CELLS_MAX)
		return mt_cells_bad(t, "more than 65536 cells", err);
	if (t->n_cell == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 64;
		t->cell = mt_realloc(t->cell, t->cap, sizeof *t->cell);
		t->len = mt_realloc(t->len, t->cap, sizeof *t->len);
		t->quoted = mt_realloc(t->quoted, t->cap, sizeof *t->quoted);
	}
	t->n_cell++;
	return MT_OK;
}

/* One cell; *last: it ends the line. */
static int next_cell(struct mt_cells *t, bool *last, struct mt_err *err)
{
	size_t line = t->line;
	int rc = add_cell(t, err);
	if (rc)
		return rc;
	size_t i = t->n_cell - 1;
	while (t->blanks && t->at < t->end && *t->at == ' ')
		t->at++;
	t->quoted[i] = t->at < t->end && *t->at == '"' &&
		       (t->csv || is_quoted(t));
	if (t->quoted[i]) {
		if (!unquote(&t->at, t->end, &t->line, &t->cell[i],
			     &t->len[i])) {
			t->line = line;
			return mt_cells_bad(t, "a quote is not closed", err);
		}
		if (t->at < t->end && *t->at == '\r')
			t->at++;
		if (t->at < t->end && *t->at != (t->csv ? ',' : '\t') &&
		    *t->at != '\n')
			return mt_cells_bad(t, "text after a closing quote",
					    err);
	} else {
		plain(t, &t->cell[i], &t->len[i]);
	}
	if (t->escapes)
		t->len[i] = unescape(t->cell[i], t->len[i], t->csv);
	*last = t->at >= t->end || *t->at++ == '\n';
	if (t->cell[i] + t->len[i] < t->end)
		t->cell[i][t->len[i]] = 0;
	return MT_OK;
}

int mt_cells_next(struct mt_cells *t, struct mt_err *err)
{
	const char *start = t->at;
	bool last = false, all = true;
	int rc = MT_OK;
	if (!t->line++ && t->end - t->at >= 2 &&
	    (!memcmp(t->at, "\xff\xfe", 2) || !memcmp(t->at, "\xfe\xff", 2)))
		return mt_err_set(err, MT_EINPUT, "%s: is UTF-16 text; save it as "
				  "UTF-8", t->path);
	if (t->at >= t->end)
		return MT_END;
	t->n_cell = 0;
	while (!rc && !last) {
		rc = next_cell(t, &last, err);
		if (!rc && (size_t)(t->at - start) > MT_CELLS_LINE)
			rc = mt_cells_bad(t, "longer than 64 MiB", err);
		all &= !rc && t->quoted[t->n_cell - 1];
	}
	if (t->line == 1)
		t->multiline = all;
	return rc;
}

static bool is_csv(const char *path, const char *text, size_t size)
{
	const char *end = text + size, *close = text;
	size_t n = strlen(path), tabs = 0, commas = 0;
	bool begins = true;      /* a cell; a quote that is open once, is never closed */
	for (const char *s = text; s < end && *s != '\n'; s++) {
		if (*s == '"' && begins && close && (close = find_close(s, end, true)))
			s = close - 1;
		begins = *s == '\t' || *s == ',';
		tabs += *s == '\t';
		commas += *s == ',';
	}
	return n > 4 && !strcmp(path + n - 4, ".csv") && tabs <= commas;
}

void mt_cells_init(struct mt_cells *c, const char *path, char *text,
		   size_t size)
{
	bool mark = size >= 3 && !memcmp(text, "\xef\xbb\xbf", 3);
	*c = (struct mt_cells){.path = path, .at = text + 3 * mark,
			       .end = text + size,
			       .csv = size && is_csv(path, text + 3 * mark, size - 3 * mark)};
}

int mt_cells_find(const struct mt_cells *c, const char *text)
{
	size_t n = strlen(text);
	for (size_t i = 0; i < c->n_cell; i++)
		if (c->len[i] == n && !strncasecmp(c->cell[i], text, n))
			return (int)i;
	return -1;
}

int mt_cells_no_column(const char *path, const char *want, char *const *name,
		       const size_t *len, size_t n, struct mt_err *err)
{
	enum { MOST = 256 };
	char **known = mt_calloc(MOST, sizeof *known), list[200] = "", hint[96] = ";";
	size_t n_known = 0, at = 0, put = 0;
	for (size_t i = 0; i < n && n_known < MOST; i++) {
		char *s = len ? mt_strndup(name[i], len[i]) : mt_strdup(name[i]);
		bool had = !*s;
		for (size_t k = 0; k < n_known; k++)
			had |= !strcmp(known[k], s);
		if (had)
			free(s);
		else
			known[n_known++] = s;
	}
	const char *near = mt_near(want, (const char *const *)known, n_known);
	if (near)
		snprintf(hint, sizeof hint, ", did you mean '%s'?", near);
	for (; put < n_known && at + strlen(known[put]) + 8 < sizeof list; put++)
		at += (size_t)snprintf(list + at, sizeof list - at, "%s%s", put ? ", " : "",
				       known[put]);
	if (put < n_known || n_known == MOST)
		snprintf(list + at, sizeof list - at, "%s...", put ? ", " : "");
	for (size_t i = 0; i < n_known; i++)
		free(known[i]);
	free(known);
	return mt_err_set(err, MT_EINPUT, "%s: has no column '%.80s'%s its columns are %s", path,
			  want, hint, list);
}

void mt_cells_release(struct mt_cells *c)
{
	free(c->cell);
	free(c->len);
	free(c->quoted);
	*c = (struct mt_cells){0};
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

char *mt_cells_item(const char **at, const char *end)
{
	while (*at < end) {
		const char *a = *at, *b = a, *stop;
		while (a < end && is_blank(*a))
			a++;
		b = a < end && *a == '"' ? find_close(a, end, true) : NULL;
		for (stop = b; stop && stop < end && is_blank(*stop); stop++)
			;
		if (b && (stop == end || *stop == ',')) {
			char *text = mt_strndup(a, (size_t)(b - a)), *s = text;
			char *out;
			size_t n, line = 0;
			*at = stop + (stop < end);
			unquote(&s, text + (b - a), &line, &out, &n);
			memmove(text, out, n);
			text[n] = 0;
			if (n)
				return text;
			free(text);
			continue;
		}
		stop = memchr(a, ',', (size_t)(end - a));
		b = stop ? stop : end;
		*at = stop ? stop + 1 : end;
		while (a < b && is_blank(b[-1]))
			b--;
		if (a < b)
			return mt_strndup(a, (size_t)(b - a));
	}
	return NULL;
}
