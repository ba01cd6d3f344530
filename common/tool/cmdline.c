/* SPDX-License-Identifier: MIT */
#include "tool/cmdline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void quote(FILE *f, const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP"
				    "QRSTUVWXYZ0123456789_-+=:,./@%^";
	if (*s && !s[strspn(s, plain)]) {
		fputs(s, f);
		return;
	}
	fputc('\'', f);
	for (; *s; s++)
		if (*s == '\'')
			fputs("'\\''", f);
		else
			fputc(*s, f);
	fputc('\'', f);
}

static void put_word(FILE *f, const char *word)
{
	fputc(' ', f);
	quote(f, word);
}

/* The letters of one word, as "-qvj4", that leave a trace; how many they were. */
static size_t put_letters(FILE *f, const struct mt_given_opt *o, size_t n)
{
	size_t k = 0;
	const char *word = o->word, *next = NULL;
	char *kept = mt_calloc(strlen(word) + 1, 1), *to = kept;
	*to++ = '-';
	for (; k < n && o[k].letter && o[k].word == word; k++) {
		if (o[k].row->untraced)
			continue;
		*to++ = *o[k].letter;
		if (o[k].apart)
			next = o[k].value;
		else if (o[k].value)
			memcpy(to, o[k].value, strlen(o[k].value));
	}
	if (kept[1])
		put_word(f, kept);
	if (next)
		put_word(f, next);
	free(kept);
	return k;
}

char *mt_cmdline_text(const char *program, const struct mt_given *given)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	MT_BUG(!f);
	quote(f, program);
	for (size_t i = 0; i < given->n;) {
		const struct mt_given_opt *o = &given->item[i];
		if (o->letter) {
			i += put_letters(f, o, given->n - i);
			continue;
		}
		if (!o->row || !o->row->untraced)
			put_word(f, o->word);
		if (o->row && !o->row->untraced && o->apart)
			put_word(f, o->value);
		i++;
	}
	fclose(f);
	return text;
}
