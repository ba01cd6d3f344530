/* SPDX-License-Identifier: MIT
 * How a tag database gets into memory; used by mt_tagdb_read(). */
#ifndef MT_TAGS_DB_TAGREAD_H
#define MT_TAGS_DB_TAGREAD_H

#include <stdbool.h>

#include "tags/db/tagdb.h"

/* Numbers of tracks and of tags are below this. */
#define MT_TAGDB_MAX ((int64_t)UINT32_MAX - 1)

/* Does the file begin as a SQLite database does? A file that is neither that
 * nor named .tsv, .csv, .txt or .cls is MT_EINPUT. */
int mt_tagread_kind(const char *path, bool *sql, struct mt_err *err)
	MT_USE_RESULT;
int mt_tagread_sql(struct mt_tagdb *db, unsigned parts, struct mt_err *err)
	MT_USE_RESULT;
int mt_tagread_text(struct mt_tagdb *db, unsigned parts,
		    const struct mt_tagdb_how *how, struct mt_err *err)
	MT_USE_RESULT;

/* A table in memory, which is changed. */
int mt_tagread_table(struct mt_tagdb *db, char *data, size_t size,
		     unsigned parts, const struct mt_tagdb_how *how,
		     struct mt_err *err) MT_USE_RESULT;

#endif
