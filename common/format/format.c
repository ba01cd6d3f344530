/* SPDX-License-Identifier: MIT */
#include "format/format.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"

static const struct mt_format *const formats[] = {
	&mt_format_tsv,
	&mt_format_csv,
	&mt_format_json,
	&mt_format_table,
};
enum { N_FORMAT = sizeof formats / sizeof *formats };

const struct mt_format *mt_format_named(const char *name)
{
	size_t i = 0;
	while (i < N_FORMAT && strcmp(formats[i]->name, name) != 0)
		i++;
	MT_BUG(i == N_FORMAT);
	return formats[i];
}

const struct mt_format *mt_format_of_path(const char *path)
{
	const char *dot = strrchr(path, '.');
	for (size_t i = 0; dot && dot > path && i < N_FORMAT; i++)
		if (formats[i]->ending && !strcmp(dot + 1, formats[i]->ending))
			return formats[i];
	return NULL;
}

void mt_print_bare(struct mt_print *p, FILE *f, const struct mt_format *format,
		   const struct mt_column *column, size_t n)
{
	*p = (struct mt_print){.f = f, .format = format, .column = column, .n_column = n,
			       .none = ""};
}

void mt_print_begin(struct mt_print *p, FILE *f, const struct mt_format *format,
		    const struct mt_column *column, size_t n)
{
	mt_print_bare(p, f, format, column, n);
	if (n && format->names)
		format->names(p);
}

static void put(struct mt_print *p, const struct mt_cell *cell)
{
	MT_BUG(p->n_column && p->at >= p->n_column);
	p->format->cell(p, cell);
	p->at++;
}

void mt_print_text(struct mt_print *p, const char *s, size_t n)
{
	put(p, &(struct mt_cell){.type = MT_CELL_TEXT, .text = {s, n}});
}

void mt_print_filled(struct mt_print *p, const char *s, size_t n)
{
	put(p, &(struct mt_cell){.type = n ? MT_CELL_TEXT : MT_CELL_NONE, .text = {s, n}});
}

void mt_print_word(struct mt_print *p, const char *s)
{
	mt_print_filled(p, s, s ? strlen(s) : 0);
}

static void put_number(struct mt_print *p, const char *digits, double v)
{
	put(p, &(struct mt_cell){.type = MT_CELL_NUMBER, .text = {digits, strlen(digits)},
				 .value = v});
}

/* By hand: a table of pairs has millions of them. */
static void put_whole(struct mt_print *p, uint64_t size, bool minus)
{
	char digits[24], *end = digits + sizeof digits, *s = end;
	double v = (double)size;
	do
		*--s = (char)('0' + size % 10);
	while (size /= 10);
	if (minus)
		*--s = '-';
	put(p, &(struct mt_cell){.type = MT_CELL_NUMBER, .text = {s, (size_t)(end - s)},
				 .value = minus ? -v : v});
}

void mt_print_int(struct mt_print *p, int64_t v)
{
	put_whole(p, v < 0 ? -(uint64_t)v : (uint64_t)v, v < 0);
}

void mt_print_uint(struct mt_print *p, uint64_t v)
{
	put_whole(p, v, false);
}

void mt_print_real(struct mt_print *p, double v, int bits)
{
	char digits[MT_NUM_TEXT];
	put_number(p, mt_num_text(digits, v, bits), v);
}

void mt_print_rounded(struct mt_print *p, double v, int digits)
{
	char text[MT_NUM_TEXT];
	snprintf(text, sizeof text, "%.*g", digits, v);
	put_number(p, text, v);
}

void mt_print_fixed(struct mt_print *p, double v, int digits)
{
	char text[400];          /* 1e308 has 309 of them */
	snprintf(text, sizeof text, "%.*f", digits, v);
	put_number(p, text, v);
}

void mt_print_list(struct mt_print *p, const struct mt_span *item, size_t n,
		   const char *between)
{
	put(p, &(struct mt_cell){.type = MT_CELL_LIST, .item = item, .n_item = n,
				 .between = between});
}

void mt_print_none(struct mt_print *p)
{
	put(p, &(struct mt_cell){.type = MT_CELL_NONE});
}

void mt_print_row(struct mt_print *p)
{
	while (p->at < p->n_column)
		mt_print_none(p);
	p->format->row(p);
	p->at = 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Would a reader of the list take the item for something else? */
static bool needs_quotes(const struct mt_span *t, char stop)
{
	return !t->n || t->s[0] == '"' || is_blank(t->s[0]) || is_blank(t->s[t->n - 1]) ||
	       memchr(t->s, stop, t->n);
}

char *mt_format_list(const struct mt_cell *cell, size_t *n)
{
	size_t gap = strlen(cell->between), most = 1;
	for (size_t i = 0; i < cell->n_item; i++)
		most += 2 * cell->item[i].n + 2 + gap;
	char *all = mt_calloc(most, 1), *to = all;
	/* " | " is recognized by its bar; blanks around it do not belong to the items */
	char stop = cell->between[strspn(cell->between, " ")];
	for (size_t i = 0; i < cell->n_item; i++) {
		const struct mt_span *t = &cell->item[i];
		bool quote = needs_quotes(t, stop);
		for (size_t k = 0; i && k < gap; k++)
			*to++ = cell->between[k];
		if (quote)
			*to++ = '"';
		for (size_t k = 0; k < t->n; k++) {
			if (quote && t->s[k] == '"')
				*to++ = '"';
			*to++ = t->s[k];
		}
		if (quote)
			*to++ = '"';
	}
	*n = (size_t)(to - all);
	return all;
}

void mt_format_names(struct mt_print *p, char separator, mt_format_text *text)
{
	for (size_t i = 0; i < p->n_column; i++) {
		const char *name = p->column[i].name;
		if (i)
			putc_unlocked(separator, p->f);
		text(p->f, name, strlen(name));
	}
	putc_unlocked('\n', p->f);
}

void mt_format_cell(struct mt_print *p, const struct mt_cell *c, char separator,
		    mt_format_text *text)
{
	char *list;
	size_t n;
	if (p->at)
		putc_unlocked(separator, p->f);
	switch (c->type) {
	case MT_CELL_NONE:
		/* an empty line is not a row */
		fputs(p->n_column == 1 && !*p->none ? "\"\"" : p->none, p->f);
		break;
	case MT_CELL_TEXT:
		text(p->f, c->text.s, c->text.n);
		break;
	case MT_CELL_NUMBER:
		fwrite_unlocked(c->text.s, 1, c->text.n, p->f);
		break;
	case MT_CELL_LIST:
		list = mt_format_list(c, &n);
		if (n)
			text(p->f, list, n);
		free(list);
		break;
	}
}
