/* SPDX-License-Identifier: MIT
 * An SQL expression over a record: its columns are the key and every field
 * that the header declares as text or as one number. SQLite evaluates it;
 * nothing but an expression is taken, and nothing can be written by it.
 * A text that is a number, as 2005 or -0.5, compares as one, with a number or
 * a text: cells of a table have no other type; "007" is a name. The key is
 * always a name. An empty text is NULL, as a field that the record lacks.
 * tag('NAME') is 1 when the record's label has that tag, else 0. A name that other
 * fields have in another case is refused, for SQL would take any of them. Bounded:
 * 1 MiB of SQL, 64 MiB of a text, 20 million steps for a record. */
#ifndef MT_STREAM_WHERE_H
#define MT_STREAM_WHERE_H

#include <stdbool.h>

#include "stream/head.h"
#include "stream/rec.h"

struct mt_where;

/* MT_EUSAGE: no expression, or it names an unknown column or a function of random
 * numbers or dates, for which a record is not always the same. The header must
 * outlive *where. */
int mt_where_open(struct mt_where **where, const char *expr,
		  const struct mt_head *head, struct mt_err *err)
	MT_USE_RESULT;
/* Is it true? NULL counts as false. */
int mt_where_test(struct mt_where *where, const struct mt_rec *rec, bool *yes,
		  struct mt_err *err) MT_USE_RESULT;
void mt_where_close(struct mt_where *where);

#endif
