/* SPDX-License-Identifier: MIT
 * JSON, an object a line: {"column":value,...}; of a table without columns an array.
 * A list is an array. What JSON cannot hold, NaN and infinite numbers, is null, as
 * is a missing value; a byte that is not UTF-8 is a question mark. */
#include <math.h>
#include <string.h>

#include "base/escape.h"
#include "format/format.h"

static void cell(struct mt_print *p, const struct mt_cell *c)
{
	putc_unlocked(p->at ? ',' : p->n_column ? '{' : '[', p->f);
	if (p->n_column) {
		const char *name = p->column[p->at].name;
		mt_escape_json_put(p->f, name, strlen(name));
		putc_unlocked(':', p->f);
	}
	switch (c->type) {
	case MT_CELL_NONE:
		fputs("null", p->f);
		break;
	case MT_CELL_TEXT:
		mt_escape_json_put(p->f, c->text.s, c->text.n);
		break;
	case MT_CELL_NUMBER:
		if (isfinite(c->value))
			fwrite_unlocked(c->text.s, 1, c->text.n, p->f);
		else
			fputs("null", p->f);
		break;
	case MT_CELL_LIST:
		putc_unlocked('[', p->f);
		for (size_t i = 0; i < c->n_item; i++) {
			if (i)
				putc_unlocked(',', p->f);
			mt_escape_json_put(p->f, c->item[i].s, c->item[i].n);
		}
		putc_unlocked(']', p->f);
		break;
	}
}

static void row(struct mt_print *p)
{
	if (!p->at)
		putc_unlocked('[', p->f);
	fputs(p->n_column ? "}\n" : "]\n", p->f);
}

const struct mt_format mt_format_json = {
	.name = "json", .ending = "jsonl", .cell = cell, .row = row,
};
