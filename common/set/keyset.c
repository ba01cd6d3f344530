/* SPDX-License-Identifier: MIT */
#include "set/keyset.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/rng.h"

#define USED 1u   /* so that no hash is 0 */
#define TWICE 2u  /* counted already */

static void put(struct mt_keyset *set, uint64_t slot)
{
	size_t k = (size_t)(slot >> 2) & (set->cap - 1);
	while (set->slot[k])
		k = (k + 1) & (set->cap - 1);
	set->slot[k] = slot;
}

static void grow(struct mt_keyset *set)
{
	uint64_t *old = set->slot;
	size_t n = set->cap;
	set->cap = n ? 2 * n : 1024;
	set->slot = mt_calloc(set->cap, sizeof *set->slot);
	for (size_t i = 0; i < n; i++)
		if (old[i])
			put(set, old[i]);
	free(old);
}

void mt_keyset_add(struct mt_keyset *set, const char *key, size_t size)
{
	if (2 * set->n >= set->cap)
		grow(set);
	uint64_t hash = (mt_hash64(key, size) & ~(uint64_t)TWICE) | USED;
	size_t k = (size_t)(hash >> 2) & (set->cap - 1);
	for (; set->slot[k]; k = (k + 1) & (set->cap - 1)) {
		if ((set->slot[k] & ~(uint64_t)TWICE) != hash)
			continue;
		if (!(set->slot[k] & TWICE)) {
			set->slot[k] |= TWICE;
			set->n_twice++;
			if (!set->first)
				set->first = mt_strndup(key, size);
		}
		return;
	}
	set->slot[k] = hash;
	set->n++;
}

void mt_keyset_release(struct mt_keyset *set)
{
	free(set->slot);
	free(set->first);
	*set = (struct mt_keyset){0};
}
