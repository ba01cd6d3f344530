/* SPDX-License-Identifier: MIT
 * Comma-separated values of RFC 4180, but lines end in a newline alone. A cell is in
 * quotes if it holds a comma, quote, tab or line end, and where TSV has them. RFC 4180
 * has no place for other control characters: each of their bytes is \xHH, as in TSV. A
 * backslash is one, but where a reader would take it for such an escape: then it is
 * \x5c. */
#include <string.h>

#include "base/escape.h"
#include "base/mark.h"
#include "format/cells.h"
#include "format/format.h"

static bool needs_quotes(const char *s, size_t n)
{
	bool quote = !n || mt_mark_utf8(s, n) || mt_mark_is_utf16(s, n);
	for (size_t i = 0; i < n && !quote; i++)
		quote = s[i] == ',' || s[i] == '"' || s[i] == '\t' || s[i] == '\n' ||
			s[i] == '\r';
	return quote;
}

/* Characters that CSV keeps although mt_escape_put() escapes them elsewhere. */
static bool is_own(char c)
{
	return c == '"' || c == '\t' || c == '\n' || c == '\r' || c == '\\';
}

static void put_text(FILE *f, const char *s, size_t n)
{
	bool quote = needs_quotes(s, n);
	if (quote)
		putc_unlocked('"', f);
	for (size_t i = 0, k; i < n; i = k + 1) {
		for (k = i; k < n && s[k] >= ' ' && s[k] < 127 && !is_own(s[k]); k++)
			;
		fwrite_unlocked(s + i, 1, k - i, f);
		for (i = k; k < n && !is_own(s[k]); k++)
			;
		if (k > i)
			mt_escape_put(f, s + i, k - i);
		if (k == n)
			break;
		if (s[k] == '\\' && mt_cells_escaped(s + k, n - k) >= 0)
			fputs("\\x5c", f);
		else
			putc_unlocked(s[k], f);
		if (s[k] == '"')
			putc_unlocked('"', f);
	}
	if (quote)
		putc_unlocked('"', f);
}

static void names(struct mt_print *p)
{
	mt_format_names(p, ',', put_text);
}

static void cell(struct mt_print *p, const struct mt_cell *c)
{
	mt_format_cell(p, c, ',', put_text);
}

static void row(struct mt_print *p)
{
	putc_unlocked('\n', p->f);
}

const struct mt_format mt_format_csv = {
	.name = "csv", .ending = "csv", .names = names, .cell = cell, .row = row,
};
