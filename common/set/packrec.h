/* SPDX-License-Identifier: MIT
 * Records on their way into a set: compressed by many threads, written by one. */
#ifndef MT_SET_PACKREC_H
#define MT_SET_PACKREC_H

#include <stdbool.h>

#include "set/pack.h"
#include "stream/rec.h"
#include "stream/writer.h"

/* Put the record's frame, compressed with that zstd level, in place of its fields,
 * with key, split and the hash of its content (mel, else pcm) beside it. It is no
 * record any more, but what mt_pack_put_rec() takes. frame is the thread's scratch. */
void mt_pack_wrap(struct mt_rec *rec, struct mt_frame *frame, int level);
/* mt_pack_put() of what was wrapped, or of a FAIL record as it is. */
int mt_pack_put_rec(struct mt_pack *p, struct mt_rec *rec, int level, const char **twin,
		    struct mt_err *err) MT_USE_RESULT;
/* Is the set to be written, or a part of it, one of the operands? */
bool mt_pack_is_input(const char *folder, char *const *operand, int n);

#endif
