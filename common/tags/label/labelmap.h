/* SPDX-License-Identifier: MIT
 * Labels of one vocabulary in the order of another, such as the tags of a
 * stream in the order of a model's. Use it where scores and labels must stand
 * side by side. */
#ifndef MT_TAGS_LABEL_LABELMAP_H
#define MT_TAGS_LABEL_LABELMAP_H

#include <stdbool.h>
#include <stddef.h>

#include "stream/head.h"
#include "stream/rec.h"

struct mt_labelmap {
	int *place;              /* [K] place in the old labels, -1: not there */
	size_t n_tag, n_old;     /* K; of the old ones */
	bool shared;             /* at least one tag is in both */
};

/* From the tag lines of head to tag[0..n_tag). Release before another init. */
void mt_labelmap_init(struct mt_labelmap *map, const struct mt_head *head,
		      char *const *tag, size_t n_tag);
void mt_labelmap_release(struct mt_labelmap *map);
/* Sentences about the tags that only one side has, in new memory; NULL where
 * there is nothing to say. */
void mt_labelmap_tell(const struct mt_labelmap *map, const struct mt_head *head,
		      char *const *tag, char **missing, char **left_out);
/* Replace the record's label; drop it where it does not fit or no tag is
 * shared. */
void mt_labelmap_put(const struct mt_labelmap *map, struct mt_rec *rec);

#endif
