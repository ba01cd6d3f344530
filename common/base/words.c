/* SPDX-License-Identifier: MIT */
#include "base/words.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"

/* Twice as many slots, at most half of them in use. */
static void grow(struct mt_words *w)
{
	w->n_slot = w->n_slot ? 2 * w->n_slot : 64;
	w->slot = mt_realloc(w->slot, w->n_slot, sizeof *w->slot);
	w->word = mt_realloc(w->word, w->n_slot / 2, sizeof *w->word);
	memset(w->slot, 0, w->n_slot * sizeof *w->slot);
	for (size_t i = 0; i < w->n; i++) {
		size_t k = w->word[i].hash & (w->n_slot - 1);
		while (w->slot[k])
			k = (k + 1) & (w->n_slot - 1);
		w->slot[k] = i + 1;
	}
}

size_t mt_words_find(struct mt_words *w, const char *word, size_t size)
{
	if (2 * w->n >= w->n_slot)
		grow(w);
	uint64_t hash = mt_hash64(word, size);
	size_t k = hash & (w->n_slot - 1);
	for (; w->slot[k]; k = (k + 1) & (w->n_slot - 1)) {
		const struct mt_word *t = &w->word[w->slot[k] - 1];
		if (t->hash == hash && t->size == size && !memcmp(t->word, word, size))
			return w->slot[k] - 1;
	}
	w->word[w->n] = (struct mt_word){mt_strndup(word, size), size, hash, 0};
	w->slot[k] = ++w->n;
	return w->n - 1;
}

void mt_words_release(struct mt_words *w)
{
	for (size_t i = 0; i < w->n; i++)
		free(w->word[i].word);
	free(w->word);
	free(w->slot);
	*w = (struct mt_words){0};
}
