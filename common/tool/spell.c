/* SPDX-License-Identifier: MIT */
#include "tool/spell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Other programs that are a way out of an error. */
static const char *const program[] = {
	"scan", "decode", "melspec", "label", "pack", "predict", "view",
};

static bool is_program(const char *word)
{
	for (size_t i = 0; i < sizeof program / sizeof *program; i++)
		if (!strcmp(word, program[i]))
			return true;
	return false;
}

/* The words between two backquotes; false: they are none of ours. */
static bool put_words(FILE *f, const struct mt_opt_set *sets, char *words)
{
	char *next = strchr(words, ' ');
	if (next)
		*next++ = '\0';
	const struct mt_opt *row = mt_opt_find(sets, words);
	if (row && next && row->letter)
		fprintf(f, "-%c %s", row->letter, next);
	else if (row)
		fprintf(f, next ? "--%s %s" : "--%s", words, next);
	else if (is_program(words))
		fprintf(f, next ? "mt-%s --%s" : "mt-%s", words, next);
	else
		return false;
	return true;
}

char *mt_spell(const struct mt_opt_set *sets, const char *text)
{
	static const char parts[] = "abcdefghijklmnopqrstuvwxyz0123456789- "
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	char *out = NULL;
	size_t size;
	FILE *f = open_memstream(&out, &size);
	MT_BUG(!f);
	while (*text) {
		size_t n = *text == '`' ? strspn(text + 1, parts) : 0;
		bool closed = n && text[n + 1] == '`';
		char *words = closed ? mt_strndup(text + 1, n) : NULL;
		if (closed && put_words(f, sets, words))
			text += n + 2;
		else
			fputc(*text++, f);
		free(words);
	}
	fclose(f);
	return out;
}
