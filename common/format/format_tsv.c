/* SPDX-License-Identifier: MIT
 * Tab-separated values. A tab, a line end, a backslash and each control character
 * is an escape (base/escape.h); quotes are for what a reader of quotes would take
 * for them, for an empty text, and for a byte order mark. */
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
	mt_format_names(p, '\t', put_text);
}

static void cell(struct mt_print *p, const struct mt_cell *c)
{
	mt_format_cell(p, c, '\t', put_text);
}

static void row(struct mt_print *p)
{
	putc_unlocked('\n', p->f);
}

const struct mt_format mt_format_tsv = {
	.name = "tsv", .ending = "tsv", .names = names, .cell = cell, .row = row,
};
