/* SPDX-License-Identifier: MIT
 * Tab-separated values. A tab, a line end, a backslash and each control character
 * is an escape (base/escape.h); quotes are for what a reader of quotes would take
 * for them, for an empty text, and for a byte order mark. */
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/mark.h"
#include "format/format.h"

static bool is_plain(char c)
{
	return c >= ' ' && c < 127 && c != '\\' && c != '"';
}

static void put_text(FILE *f, const char *s, size_t n)
{
	bool quote = !n || s[0] == '"' || mt_mark_utf8(s, n) || mt_mark_is_utf16(s, n);
	if (quote)
		putc_unlocked('"', f);
	for (size_t i = 0, k; i < n; i = k) {
		for (k = i; k < n && is_plain(s[k]); k++)
			;
		fwrite_unlocked(s + i, 1, k - i, f);
		for (i = k; k < n && !is_plain(s[k]) && s[k] != '"'; k++)
			;
		if (k > i)
			mt_escape_put(f, s + i, k - i);
		for (; k < n && s[k] == '"'; k++)
			fputs(quote ? "\"\"" : "\"", f);
	}
	if (quote)
		putc_unlocked('"', f);
}

static void names(struct mt_print *p)
{
	for (size_t i = 0; i < p->n_column; i++) {
		const char *name = p->column[i].name;
		if (i)
			putc_unlocked('\t', p->f);
		put_text(p->f, name, strlen(name));
	}
	putc_unlocked('\n', p->f);
}

static void cell(struct mt_print *p, const struct mt_cell *c)
{
	char *list;
	size_t n;
	if (p->at)
		putc_unlocked('\t', p->f);
	switch (c->type) {
	case MT_CELL_NONE:
		/* a line of nothing is no row */
		fputs(p->n_column == 1 && !*p->none ? "\"\"" : p->none, p->f);
		break;
	case MT_CELL_TEXT:
		put_text(p->f, c->text.s, c->text.n);
		break;
	case MT_CELL_NUMBER:
		fwrite_unlocked(c->text.s, 1, c->text.n, p->f);
		break;
	case MT_CELL_LIST:
		list = mt_format_list(c, &n);
		if (n)
			put_text(p->f, list, n);
		free(list);
		break;
	}
}

static void row(struct mt_print *p)
{
	putc_unlocked('\n', p->f);
}

const struct mt_format mt_format_tsv = {
	.name = "tsv", .ending = "tsv", .names = names, .cell = cell, .row = row,
};
