/* SPDX-License-Identifier: MIT
 * The split of a record: by lists, else by the shares. */
#ifndef MT_SET_SPLITREC_H
#define MT_SET_SPLITREC_H

#include <stdbool.h>

#include "set/split.h"
#include "stream/rec.h"

struct mt_split_by {
	struct mt_split *shares; /* n 0: none */
	struct mt_split *lists;
	bool has_lists;          /* then a record is in one, or fails */
	const char *field;       /* whose value is drawn, not the key; or NULL */
};

/* Write the record's field "split", if there is one for it. The segments of a file
 * stay together. MT_EITEM: pack.group, the field is missing; pack.split, the key is
 * in no list, or the record's own split has too long a name. */
int mt_split_rec(const struct mt_split_by *by, struct mt_rec *rec, struct mt_err *err)
	MT_USE_RESULT;
/* A key did occur, of a record that failed before: it is not missing in the input. */
void mt_split_note(const struct mt_split_by *by, const char *key, size_t n);

#endif
