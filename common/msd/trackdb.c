/* SPDX-License-Identifier: MIT */
#include "msd/trackdb.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sqldb.h"

enum { BY_TRACK, BY_SONG, BY_ID, N_BY };
static const char *const by_column[N_BY] = {"track_id", "song_id",
					    "track_7digitalid"};

struct mt_msddb {
	struct mt_sqldb sql;
	const char *path;
	char **column;
	size_t n;
	sqlite3_stmt *find[N_BY];    /* NULL: not asked for yet */
	sqlite3_stmt *now;
};

static int bad(struct mt_msddb *db, struct mt_err *err)
{
	return mt_sqldb_error(db->sql.sql, db->path, err);
}

static bool has(char *const *all, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(all[i], name))
			return true;
	return false;
}

/* Names of all columns of the table songs. */
static int columns(struct mt_msddb *db, char ***all, size_t *n,
		   struct mt_err *err)
{
	int rc = mt_sqldb_columns(&db->sql, "songs", all, n, err);
	if (rc || has(*all, *n, "track_id"))
		return rc;
	return mt_err_set(err, MT_EINPUT, "%s: has no table songs with a column "
			  "track_id", db->path);
}

int mt_msddb_open(struct mt_msddb **out, const char *path,
		  const char *const *column, size_t n, struct mt_err *err)
{
	struct mt_msddb *db = mt_calloc(1, sizeof *db);
	char **all = NULL;
	size_t n_all = 0;
	*out = NULL;
	db->path = path;
	int rc = mt_sqldb_open(&db->sql, path, err);
	if (!rc)
		rc = columns(db, &all, &n_all, err);
	for (size_t i = 0; i < n && !rc; i++)
		if (!has(all, n_all, column[i]))
			rc = mt_err_set(err, MT_EUSAGE, "%s: songs has no "
					"column '%.100s'", path, column[i]);
	if (!rc) {
		db->n = n ? n : n_all;
		db->column = mt_calloc(db->n, sizeof *db->column);
		for (size_t i = 0; i < db->n; i++)
			db->column[i] = mt_strdup(n ? column[i] : all[i]);
	}
	mt_sqldb_columns_free(all, n_all);
	if (rc)
		mt_msddb_close(db);
	else
		*out = db;
	return rc;
}

size_t mt_msddb_columns(const struct mt_msddb *db)
{
	return db->n;
}

const char *mt_msddb_column(const struct mt_msddb *db, size_t i)
{
	return db->column[i];
}

/* Column names are those that the file itself told of. */
static int prepare(struct mt_msddb *db, int by, struct mt_err *err)
{
	sqlite3_str *s = sqlite3_str_new(db->sql.sql);
	sqlite3_str_appendall(s, "SELECT track_id");
	for (size_t i = 0; i < db->n; i++)
		sqlite3_str_appendf(s, ", \"%w\"", db->column[i]);
	sqlite3_str_appendf(s, " FROM songs WHERE %s = ?1 ORDER BY rowid",
			    by_column[by]);
	char *text = sqlite3_str_finish(s);
	int no = sqlite3_prepare_v2(db->sql.sql, text, -1, &db->find[by], NULL);
	sqlite3_free(text);
	if (!no)
		return MT_OK;
	return mt_err_set(err, MT_EUSAGE, "%s: %s", db->path,
			  sqlite3_errmsg(db->sql.sql));
}

int mt_msddb_find(struct mt_msddb *db, const char *by, const char *text,
		  struct mt_err *err)
{
	int b = 0, rc = MT_OK;
	while (strcmp(by_column[b], by) != 0)
		b++;
	if (!db->find[b])
		rc = prepare(db, b, err);
	if (rc)
		return rc;
	db->now = db->find[b];
	mt_sqldb_more(&db->sql);
	sqlite3_reset(db->now);
	if (b == BY_ID)
		sqlite3_bind_int64(db->now, 1, strtoll(text, NULL, 10));
	else
		sqlite3_bind_text(db->now, 1, text, -1, SQLITE_TRANSIENT);
	return MT_OK;
}

int mt_msddb_next(struct mt_msddb *db, struct mt_err *err)
{
	int no = sqlite3_step(db->now);
	if (no == SQLITE_ROW)
		return MT_OK;
	if (no != SQLITE_DONE)
		return bad(db, err);
	sqlite3_reset(db->now);
	return MT_END;
}

const char *mt_msddb_cell(const struct mt_msddb *db, int i)
{
	const unsigned char *text = sqlite3_column_text(db->now, i + 1);
	return text ? (const char *)text : "";
}

void mt_msddb_close(struct mt_msddb *db)
{
	if (!db)
		return;
	for (int i = 0; i < N_BY; i++)
		sqlite3_finalize(db->find[i]);
	mt_sqldb_close(&db->sql);
	for (size_t i = 0; i < db->n; i++)
		free(db->column[i]);
	free(db->column);
	free(db);
}
