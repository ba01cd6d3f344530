/* SPDX-License-Identifier: MIT
 * Many small records kept in memory, packed tight, for programs that must see
 * all before they can say anything of the first. They come back in order,
 * each once, and their memory goes as they come. */
#ifndef MT_STREAM_SPOOL_H
#define MT_STREAM_SPOOL_H

#include <stddef.h>
#include <stdint.h>

#include "base/words.h"
#include "stream/rec.h"

struct mt_spool {
	struct mt_spool_block *first, *last;
	size_t at;               /* in the first block: the next to give */
	size_t n;                /* records inside */
	struct mt_words layout;  /* names and types that occurred, once each */
};

/* Zero the struct before first use. */
void mt_spool_put(struct mt_spool *s, const struct mt_rec *rec);
/* The next record, as it was put; MT_END when there is none. */
int mt_spool_get(struct mt_spool *s, struct mt_rec *rec);
void mt_spool_release(struct mt_spool *s);

#endif
