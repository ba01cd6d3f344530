/* SPDX-License-Identifier: MIT */
#include "base/near.h"

#include <string.h>

#define LONGEST 64

static char small(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Edits between two words, by the table of all their beginnings, a row at a time
 * (optimal string alignment). */
static size_t edits(const char *a, size_t n, const char *b, size_t m)
{
	size_t row[3][LONGEST + 1];
	size_t *before = row[0], *last = row[1], *now = row[2];
	for (size_t k = 0; k <= m; k++)
		last[k] = k;
	for (size_t i = 1; i <= n; i++) {
		now[0] = i;
		for (size_t k = 1; k <= m; k++) {
			char x = small(a[i - 1]), y = small(b[k - 1]);
			now[k] = least(least(last[k], now[k - 1]) + 1, last[k - 1] + (x != y));
			if (i > 1 && k > 1 && x == small(b[k - 2]) && small(a[i - 2]) == y)
				now[k] = least(now[k], before[k - 2] + 1);
		}
		size_t *oldest = before;
		before = last;
		last = now;
		now = oldest;
	}
	return last[m];
}

const char *mt_near(const char *word, const char *const *name, size_t n)
{
	size_t len = strlen(word), limit = least((len + 1) / 3, 3);
	const char *best = NULL;
	for (size_t i = 0; i < n && len <= LONGEST; i++) {
		size_t m = strlen(name[i]);
		if (m > LONGEST)
			continue;
		size_t e = edits(word, len, name[i], m);
		if (e > limit || (best && e == limit))
			continue;
		best = name[i];
		limit = e;
	}
	return best;
}
