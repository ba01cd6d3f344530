/* SPDX-License-Identifier: MIT
 * Which split (train, valid, test) a key falls into: by fractions of a hash
 * of (seed, key), or by lists of keys. */
#ifndef MT_SET_SPLIT_H
#define MT_SET_SPLIT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define MT_SPLITS 16  /* most splits that have names */
#define MT_SPLIT_NAME 256  /* bytes of a record's split, with the NUL */

struct mt_split {
	char *name[MT_SPLITS];
	double upto[MT_SPLITS];  /* cumulative fractions; the last is 1 */
	int n;
	uint64_t seed;
	struct mt_split_key *key; /* sorted; from lists */
	size_t n_key, cap_key;
};

/* "train:0.8,valid:0.1,test:0.1"; the fractions must sum to 1 within 1e-6.
 * MT_EUSAGE. */
int mt_split_parse(struct mt_split *s, const char *text, uint64_t seed,
		   struct mt_err *err) MT_USE_RESULT;
/* Add a list, "name=FILE", one key a line. A key in two lists is MT_EINPUT
 * with the file and both names. */
int mt_split_list(struct mt_split *s, const char *text, struct mt_err *err)
	MT_USE_RESULT;
/* By fractions; depends on nothing but seed and key. */
const char *mt_split_of(const struct mt_split *s, const char *key,
			size_t size);
/* By lists; NULL when the key is in none. It counts as found from now on;
 * several threads may ask. */
const char *mt_split_find(const struct mt_split *s, const char *key,
			  size_t size);
/* How many keys the lists have, each counted once, and how many of them were
 * not found yet; *first is the one that comes first in the lists, or NULL. */
size_t mt_split_keys(const struct mt_split *s);
size_t mt_split_missed(const struct mt_split *s, const char **first);
void mt_split_release(struct mt_split *s);

#endif
