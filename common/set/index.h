/* SPDX-License-Identifier: MIT
 * One record by its key, in O(1) reads: the index that mt-pack puts at the
 * end of each part (mtrec(5), indx). */
#ifndef MT_SET_INDEX_H
#define MT_SET_INDEX_H

#include "stream/reader.h"

struct mt_index {
	struct mt_reader reader; /* its head is the file's */
	struct mt_rec rec;       /* holds the two arrays below */
	const uint64_t *off;     /* [n] where the DATA frames begin */
	const char *keys;        /* their keys, one a line */
	size_t n, keys_size;
	size_t line, byte;       /* where the last search ended */
};

/* MT_END: the file has no index that covers it whole (a pipe, a stream that
 * was not packed, several segments); read it from the start instead. */
int mt_index_open(struct mt_index *index, const char *path, struct mt_err *err)
	MT_USE_RESULT;
/* Place of the next record with this key, counted from *from, which is moved
 * behind it; MT_END when there is none. */
int mt_index_find(struct mt_index *index, const char *key, size_t *from,
		  uint64_t *off);
void mt_index_close(struct mt_index *index);

#endif
