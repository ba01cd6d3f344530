/* SPDX-License-Identifier: MIT
 * Words and how often each came, in the order of their first coming. */
#ifndef MT_BASE_WORDS_H
#define MT_BASE_WORDS_H

#include <stddef.h>
#include <stdint.h>

struct mt_word {
	char *word;              /* size bytes, then a zero byte */
	size_t size;
	uint64_t hash, n;        /* n is the caller's to count with */
};

struct mt_words {                /* begins as {0} */
	struct mt_word *word;
	size_t *slot;            /* by hash: number of the word + 1 */
	size_t n, n_slot;
};

/* The number of a word, which is added, with n 0, where it is new. */
size_t mt_words_find(struct mt_words *w, const char *word, size_t size);
void mt_words_release(struct mt_words *w);

#endif
