/* SPDX-License-Identifier: MIT
 * Which keys occur more than once, by a hash of 62 bits of each: 16 to 32
 * bytes a key. That two keys of a million have the same one is less likely
 * than 1 in 8 million. */
#ifndef MT_SET_KEYSET_H
#define MT_SET_KEYSET_H

#include <stddef.h>
#include <stdint.h>

struct mt_keyset {
	uint64_t *slot;          /* open addressing; 0: empty */
	size_t n, cap;
	uint64_t n_twice;        /* keys that were added more than once */
	char *first;             /* of these the one first found so, or NULL */
};

/* key [size]; a zeroed set is empty. */
void mt_keyset_add(struct mt_keyset *set, const char *key, size_t size);
void mt_keyset_release(struct mt_keyset *set);

#endif
