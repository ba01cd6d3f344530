/* SPDX-License-Identifier: MIT
 * A tag vocabulary: counted, merged, chosen, ordered. Tags are bytes. */
#ifndef MT_TAGS_LABEL_VOCAB_H
#define MT_TAGS_LABEL_VOCAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct mt_vocab_tag {
	char *name;
	uint64_t count;
	uint64_t last;           /* item that it was counted for; private */
	uint64_t number;         /* 1 for the first that came, and so on */
};

struct mt_vocab_alias {
	char *from, *to;
	bool seen;               /* did from occur? */
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
	char *absent;             /* after ordering: the first tag of without */
	size_t n_absent;          /* that never occurred, NULL; how many */
};

/* Lists have commas between; a tag with a comma stands in quotes, as
 * mt_cells_item() has them.
 *
 * "new=old1,old2", or "new,old1": the old ones count and mean new from now on.
 * A chain or a second meaning is MT_EUSAGE. Call before anything is added. */
int mt_vocab_merge(struct mt_vocab *v, const char *rule, struct mt_err *err)
	MT_USE_RESULT;
/* Count the tags of one item: a list as above, in which one that appears twice
 * counts once. */
void mt_vocab_add(struct mt_vocab *v, const char *tags);
/* The same one by one: begin an item; count a tag of it, which may hold a
 * comma. A tag that is to have its number without being counted: no item. */
void mt_vocab_item(struct mt_vocab *v);
void mt_vocab_tag(struct mt_vocab *v, const char *tag);

/* While counting: did an item have the tag, or one that was merged into it? */
bool mt_vocab_occurs(const struct mt_vocab *v, const char *tag);

/* Which tags, and their order. */
struct mt_vocab_choice {
	const char *with, *without; /* comma-separated lists, or NULL */
	size_t top;                 /* 0: all, or only those of with */
	bool top_by_number, order_by_number; /* else by count, commonest first,
					      * equal counts by bytes */
};
/* Keep the first top that are not in without, and those in with. A tag of with
 * or one to be merged that never occurred is MT_EUSAGE; one with count 0 is kept
 * only by with. */
int mt_vocab_order(struct mt_vocab *v, const struct mt_vocab_choice *choice,
		   struct mt_err *err) MT_USE_RESULT;
/* After ordering: the place of a tag, or of what it was merged into; -1 none. */
int64_t mt_vocab_find(const struct mt_vocab *v, const char *tag);
/* Set label[n] from one item's tags: 1 where it has the tag, else 0; how many
 * ones. */
size_t mt_vocab_label(const struct mt_vocab *v, const char *tags,
		    uint8_t *label);
/* The same of further tags: label is added to; how many are new in it. */
size_t mt_vocab_label_more(const struct mt_vocab *v, const char *tags,
			   uint8_t *label);
/* Count further tags of the item that was added last. */
void mt_vocab_more(struct mt_vocab *v, const char *tags);
void mt_vocab_release(struct mt_vocab *v);

#endif
