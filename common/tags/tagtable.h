/* SPDX-License-Identifier: MIT
 * Pairs in memory as a table "pairs" (tid, tag, val) that SQLite can select
 * from, so that millions of rows go into a database in one statement. */
#ifndef MT_TAGS_TAGTABLE_H
#define MT_TAGS_TAGTABLE_H

#include <sqlite3.h>
#include <stdint.h>

struct mt_tagtable {
	uint32_t n;
	uint32_t *order;         /* [n] the pairs in the order of the table */
	const uint32_t *tid, *item;
	const double *val;       /* NULL: none; NAN: NULL */
};

/* Make t, which must outlive db, known to it. Returns SQLite's code. */
int mt_tagtable_create(sqlite3 *db, struct mt_tagtable *t);

#endif
