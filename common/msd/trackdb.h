/* SPDX-License-Identifier: MIT
 * Look-ups in track_metadata.db of the Million Song Dataset, a SQLite file
 * with the table songs (track_id, title, song_id, ...), which is only read. */
#ifndef MT_MSD_TRACKDB_H
#define MT_MSD_TRACKDB_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct mt_msddb;

/* By column[n], or by all columns when n is 0. A column that is not there:
 * MT_EUSAGE; no such table, no database: MT_EINPUT. */
int mt_msddb_open(struct mt_msddb **db, const char *path,
		  const char *const *column, size_t n, struct mt_err *err)
	MT_USE_RESULT;
size_t mt_msddb_columns(const struct mt_msddb *db);
const char *mt_msddb_column(const struct mt_msddb *db, size_t i);

/* Look for rows whose column by ("track_id", "song_id", "track_7digitalid") is
 * that text, in the order of their numbers; mt_msddb_next() gives them. No
 * such column: MT_EUSAGE. */
int mt_msddb_find(struct mt_msddb *db, const char *by, const char *text,
		  struct mt_err *err) MT_USE_RESULT;
/* MT_OK: a row is there; MT_END. */
int mt_msddb_next(struct mt_msddb *db, struct mt_err *err) MT_USE_RESULT;
/* A cell of the row, "" for NULL; valid until the next call. Cell 0 and on are
 * the columns, the one before them (-1) is the track id. */
const char *mt_msddb_cell(const struct mt_msddb *db, int i);
void mt_msddb_close(struct mt_msddb *db);

#endif
