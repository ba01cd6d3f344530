/* SPDX-License-Identifier: MIT
 * A tag vocabulary: counted, merged, chosen, ordered. Tags are bytes. */
#ifndef MT_TAGS_VOCAB_H
#define MT_TAGS_VOCAB_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct mt_vocab_tag {
	char *name;
	uint64_t count;
	uint64_t last;           /* item that it was counted for; private */
};

struct mt_vocab_alias {
	char *from, *to;
};

struct mt_vocab {
	struct mt_vocab_tag *tag; /* while counting as they came, then as
				   * mt_vocab_order() leaves them */
	size_t n, cap;
	uint32_t *slot;           /* hash table while counting: tag + 1 */
	size_t n_slot;
	uint64_t n_item;
	uint32_t *by_name;        /* after ordering: tags sorted by name */
	struct mt_vocab_alias *alias; /* sorted by from */
	size_t n_alias;
};

/* "new=old1,old2": the old ones count and mean new from now on. A chain or a
 * second meaning is MT_EUSAGE. Call before anything is added. */
int mt_vocab_merge(struct mt_vocab *v, const char *rule, struct mt_err *err)
	MT_USE_RESULT;
/* Count the tags of one item: comma-separated, blanks around a comma are
 * dropped, one that stands twice counts once. */
void mt_vocab_add(struct mt_vocab *v, const char *tags);
/* Commonest first, equal counts by bytes; then keep those in with (NULL: all)
 * and not in without (comma-separated lists), then the first top (0: all).
 * A tag of with that never occurred is MT_EUSAGE. */
int mt_vocab_order(struct mt_vocab *v, const char *with, const char *without,
		   size_t top, struct mt_err *err) MT_USE_RESULT;
/* Set label[n] from one item's tags: 1 where it has the tag, else 0. */
void mt_vocab_label(const struct mt_vocab *v, const char *tags,
		    uint8_t *label);
void mt_vocab_release(struct mt_vocab *v);

#endif
