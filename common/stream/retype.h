/* SPDX-License-Identifier: MIT
 * Sound (field pcm) and mel for storage: of another dtype, and of values that are
 * finite. */
#ifndef MT_STREAM_RETYPE_H
#define MT_STREAM_RETYPE_H

#include "base/err.h"
#include "stream/head.h"
#include "stream/rec.h"

/* wanted, here and below: pcm as f4 or i2, mel as f4 or f2; NULL: as they are.
 * A field that cannot have it stays. What the header says of them: */
void mt_retype_head(struct mt_head *h, const char *wanted);
/* Check the values of both and bring them to the dtype. MT_EITEM: pack.type, of
 * a dtype that cannot become the wanted one; pack.range, naming the value that is
 * not finite or beyond the limit of f2: infinity in a set would spoil the training. */
int mt_retype(struct mt_rec *rec, const char *wanted, struct mt_err *err) MT_USE_RESULT;

#endif
