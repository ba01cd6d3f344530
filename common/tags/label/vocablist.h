/* SPDX-License-Identifier: MIT
 * Vocabularies that a file fixes: which tags, and in which order. */
#ifndef MT_TAGS_LABEL_VOCABLIST_H
#define MT_TAGS_LABEL_VOCABLIST_H

#include "tags/label/vocab.h"

/* Add a tag, which may hold commas, behind those that are there: their order
 * is kept by falling counts. Empty or there already: MT_EINPUT with path. */
int mt_vocab_fixed(struct mt_vocab *v, const char *path, const char *tag,
		   struct mt_err *err) MT_USE_RESULT;
/* The tags of a list, one a line, or of a table: the column tag of a
 * tab-separated one, as mt-tags(1) writes it, or AudioSet's
 * class_labels_indices.csv, names or else ids. data is changed. */
int mt_vocab_fixed_list(struct mt_vocab *v, const char *path, char *data,
			size_t size, bool names, struct mt_err *err)
	MT_USE_RESULT;

#endif
