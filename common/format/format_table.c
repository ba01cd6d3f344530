/* SPDX-License-Identifier: MIT
 * Columns for people: texts to the left, numbers to the right, each at least as wide
 * as its column says. Nothing is held back, so that a longer text is printed whole
 * and moves the rest of its line. */
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "format/format.h"

static void pad(FILE *f, int width, size_t used)
{
	for (size_t i = used; width > 0 && i < (size_t)width; i++)
		putc_unlocked(' ', f);
}

/* Nothing stands behind the last column's text, no blanks either. */
static void put(struct mt_print *p, size_t at, bool right, const char *s, size_t n)
{
	int width = at < p->n_column ? p->column[at].width : 0;
	if (at)
		putc_unlocked(' ', p->f);
	if (right)
		pad(p->f, width, n);
	size_t used = mt_escape_show(p->f, s, n);
	if (!right && at + 1 < p->n_column)
		pad(p->f, width, used);
}

static bool is_right(const struct mt_print *p, size_t at)
{
	return at < p->n_column && (p->column[at].kind == MT_COL_INT ||
				    p->column[at].kind == MT_COL_REAL);
}

static void names(struct mt_print *p)
{
	for (size_t i = 0; i < p->n_column; i++) {
		const struct mt_column *c = &p->column[i];
		const char *title = c->title ? c->title : c->name;
		put(p, i, is_right(p, i), title, strlen(title));
	}
	putc_unlocked('\n', p->f);
}

static void cell(struct mt_print *p, const struct mt_cell *c)
{
	bool right = is_right(p, p->at);
	int digits = right ? p->column[p->at].digits : 0;
	char text[400], *list;
	size_t n;
	switch (c->type) {
	case MT_CELL_NONE:
		put(p, p->at, right, p->none, strlen(p->none));
		break;
	case MT_CELL_TEXT:
		put(p, p->at, right, c->text.s, c->text.n);
		break;
	case MT_CELL_NUMBER:
		if (digits)
			n = (size_t)snprintf(text, sizeof text, "%.*f", digits, c->value);
		put(p, p->at, right, digits ? text : c->text.s, digits ? n : c->text.n);
		break;
	case MT_CELL_LIST:
		list = mt_format_list(c, &n);
		put(p, p->at, right, list, n);
		free(list);
		break;
	}
}

static void row(struct mt_print *p)
{
	putc_unlocked('\n', p->f);
}

const struct mt_format mt_format_table = {
	.name = "table", .names = names, .cell = cell, .row = row,
};
