/* SPDX-License-Identifier: MIT
 * A tag database out of a SQLite file. */
#include "tags/tagsql.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "tags/tagread.h"

#define N_READER 2
#define MIN_SHARE 100000  /* row numbers that are worth a thread */

int mt_tagsql_error(sqlite3 *db, const char *path, struct mt_err *err)
{
	int code = db ? sqlite3_errcode(db) & 0xff : SQLITE_NOMEM;
	int why = db ? sqlite3_system_errno(db) : 0;
	switch (code) {
	case SQLITE_NOTADB:
		return mt_err_set(err, MT_EINPUT, "%s: is not a SQLite database",
				  path);
	case SQLITE_CORRUPT:
		return mt_err_set(err, MT_EINPUT, "%s: the database is cut or "
				  "damaged", path);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return mt_err_set(err, MT_ESYS, "%s: is locked by another "
				  "program", path);
	case SQLITE_FULL:
		errno = why ? why : ENOSPC;
		return mt_err_sys(err, "%s: cannot write", path);
	case SQLITE_IOERR:
		if (!why)
			return mt_err_set(err, MT_ESYS, "%s: cannot read or "
					  "write: %s", path,
					  sqlite3_errmsg(db));
		/* fall through */
	case SQLITE_CANTOPEN:
		if (!why)
			break;
		errno = why;
		return mt_err_sys(err, "%s: cannot %s", path,
				  code == SQLITE_IOERR ? "read or write"
						       : "open");
	default:
		break;
	}
	return mt_err_set(err, MT_ESYS, "%s: %s", path,
			  db ? sqlite3_errmsg(db) : "no memory for SQLite");
}

static bool ends_in(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);
	return n >= k && !strcmp(s + n - k, end);
}

static uint32_t be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

/* SQLite reads what lacks of the last page as zeros; we do not. Its header
 * has the page size at 16 and the pages at 28, which count when the numbers
 * at 24 and 92 agree. */
static int check_size(int fd, const unsigned char *head, const char *path,
		      struct mt_err *err)
{
	struct stat st;
	uint64_t page = (uint64_t)head[16] << 8 | head[17], pages = 0;
	page = page == 1 ? 65536 : page;
	if (be32(head + 24) == be32(head + 92))
		pages = be32(head + 28);
	if (fstat(fd, &st) || !page)
		return MT_OK;  /* SQLite will say what is wrong */
	uint64_t size = (uint64_t)st.st_size;
	if (size % page || size < page * pages)
		return mt_err_set(err, MT_EINPUT, "%s: the database is cut: "
				  "%llu bytes of %llu", path,
				  (unsigned long long)size,
				  (unsigned long long)(pages ? page * pages :
						       (size / page + 1) * page));
	return MT_OK;
}

int mt_tagread_kind(const char *path, bool *sql, struct mt_err *err)
{
	static const char magic[16] = "SQLite format 3";
	unsigned char head[100];
	size_t got;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return mt_err_sys(err, "%s: cannot open", path);
	int rc = mt_read_full(fd, head, sizeof head, &got, path, err);
	*sql = !rc && got >= sizeof magic && !memcmp(head, magic, sizeof magic);
	if (*sql && got == sizeof head)
		rc = check_size(fd, head, path, err);
	close(fd);
	if (rc || *sql || ends_in(path, ".tsv") || ends_in(path, ".csv") ||
	    ends_in(path, ".txt"))
		return rc;
	return mt_err_set(err, MT_EINPUT, "%s: %s", path,
			  got ? "is not a SQLite database (a table of track, "
				"tag, weight is read when its name ends in "
				".tsv or .csv)" : "is empty");
}

static int open_db(sqlite3 **db, const char *path, struct mt_err *err)
{
	int bad = sqlite3_open_v2(path, db, SQLITE_OPEN_READONLY |
				  SQLITE_OPEN_NOMUTEX, NULL);
	if (bad) {
		int rc = mt_tagsql_error(*db, path, err);
		sqlite3_close(*db);
		*db = NULL;
		return rc;
	}
	sqlite3_exec(*db, "PRAGMA mmap_size=1073741824", NULL, NULL, NULL);
	return MT_OK;
}

/* The names of its tables, for a message; new memory. */
static char *tables(sqlite3 *db)
{
	char *all = mt_strdup("");
	sqlite3_stmt *st = NULL;
	sqlite3_prepare_v2(db, "SELECT name FROM sqlite_master WHERE type IN "
			   "('table','view') ORDER BY rowid", -1, &st, NULL);
	while (st && sqlite3_step(st) == SQLITE_ROW && strlen(all) < 200) {
		char *more = mt_strf("%s%s%s", all, *all ? ", " : "",
				     (const char *)sqlite3_column_text(st, 0));
		free(all);
		all = more;
	}
	sqlite3_finalize(st);
	return all;
}

/* Has the table this column? An error where it cannot be read, or where it
 * has not and need asks for it. */
static int find_column(sqlite3 *db, const char *path, const char *table,
		       const char *column, bool need, bool *has,
		       struct mt_err *err)
{
	sqlite3_stmt *st = NULL;
	bool any = false;
	*has = false;
	if (sqlite3_prepare_v2(db, "SELECT name FROM pragma_table_info(?)", -1,
			       &st, NULL))
		return mt_tagsql_error(db, path, err);
	sqlite3_bind_text(st, 1, table, -1, SQLITE_STATIC);
	int got;
	while ((got = sqlite3_step(st)) == SQLITE_ROW) {
		any = true;
		*has |= !sqlite3_stricmp(
			(const char *)sqlite3_column_text(st, 0), column);
	}
	int rc = got == SQLITE_DONE ? MT_OK : mt_tagsql_error(db, path, err);
	sqlite3_finalize(st);
	if (rc || *has || !need)
		return rc;
	if (any)
		return mt_err_set(err, MT_EINPUT, "%s: table '%s' has no column "
				  "'%s'%s", path, table, column,
				  strcmp(column, "val") ? "" : " (a clean "
				  "database may have none)");
	char *have = tables(db);
	rc = mt_err_set(err, MT_EINPUT, "%s: has no table '%s', so it is no tag "
			"database (there %s: %s)", path, table,
			*have ? "are" : "is", *have ? have : "none");
	free(have);
	return rc;
}

static int read_texts(struct mt_texts *to, sqlite3 *db, const char *path,
		      const char *table, const char *column,
		      struct mt_err *err)
{
	bool has;
	int rc = find_column(db, path, table, column, true, &has, err);
	if (rc)
		return rc;
	char *sql = mt_strf("SELECT rowid, %s FROM %s NOT INDEXED ORDER BY "
			    "rowid", column, table);
	sqlite3_stmt *st = NULL;
	int got = sqlite3_prepare_v2(db, sql, -1, &st, NULL);
	free(sql);
	if (got)
		return mt_tagsql_error(db, path, err);
	while (!rc && (got = sqlite3_step(st)) == SQLITE_ROW) {
		int64_t row = sqlite3_column_int64(st, 0);
		if (row < 1 || row > (int64_t)MT_TAGDB_MAX) {
			rc = mt_err_set(err, MT_EINPUT, "%s: table '%s' has row "
					"number %lld; 1 to %zu are read", path,
					table, (long long)row, MT_TAGDB_MAX);
			break;
		}
		while (to->n + 1 < (size_t)row)
			mt_texts_add(to, NULL, 0);
		const char *s = (const char *)sqlite3_column_text(st, 1);
		mt_texts_add(to, s, (size_t)sqlite3_column_bytes(st, 1));
	}
	if (!rc && got != SQLITE_DONE)
		rc = mt_tagsql_error(db, path, err);
	sqlite3_finalize(st);
	return rc;
}

/* Some of the pairs, by one thread with a connection of its own. */
struct share {
	const char *path, *sql;
	int64_t lo, hi;          /* row numbers; lo > hi: there are none */
	bool has_val;
	uint32_t *tid, *tag;
	double *val;
	size_t n, cap, n_odd;
	int rc;
	struct mt_err err;
};

static void grow(struct share *s)
{
	s->cap = s->cap ? s->cap + s->cap / 2 : 1024;
	s->tid = mt_realloc(s->tid, s->cap, sizeof *s->tid);
	s->tag = mt_realloc(s->tag, s->cap, sizeof *s->tag);
	if (s->has_val)
		s->val = mt_realloc(s->val, s->cap, sizeof *s->val);
}

static bool is_number(sqlite3_value *v, uint32_t *out)
{
	int64_t x = sqlite3_value_int64(v);
	if (sqlite3_value_type(v) != SQLITE_INTEGER || x < 1 ||
	    x > (int64_t)MT_TAGDB_MAX)
		return false;
	*out = (uint32_t)x;
	return true;
}

/* The aggregate take(tid, tag[, val]): SQLite calls it for every row, which
 * costs half of what stepping to each row and asking for its columns does. */
static void take(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	struct share *s = sqlite3_user_data(ctx);
	if (s->n == s->cap)
		grow(s);
	if (!is_number(v[0], &s->tid[s->n]) || !is_number(v[1], &s->tag[s->n])) {
		s->n_odd++;
		return;
	}
	if (n > 2)
		s->val[s->n] = sqlite3_value_type(v[2]) == SQLITE_NULL
				       ? NAN : sqlite3_value_double(v[2]);
	s->n++;
}

static void taken(sqlite3_context *ctx)
{
	sqlite3_result_null(ctx);
}

static void *read_share(void *arg)
{
	struct share *s = arg;
	sqlite3 *db;
	sqlite3_stmt *st = NULL;
	s->rc = open_db(&db, s->path, &s->err);
	if (s->rc)
		return NULL;
	sqlite3_create_function(db, "take", -1, SQLITE_UTF8, s, NULL, take,
				taken);
	int got = sqlite3_prepare_v2(db, s->sql, -1, &st, NULL);
	if (!got && s->lo <= s->hi) {
		sqlite3_bind_int64(st, 1, s->lo);
		sqlite3_bind_int64(st, 2, s->hi);
	}
	if (!got)
		while ((got = sqlite3_step(st)) == SQLITE_ROW)
			;
	if (got && got != SQLITE_DONE)
		s->rc = mt_tagsql_error(db, s->path, &s->err);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return NULL;
}

/* First and last row number; lo > hi where the table has none to go by. */
static void find_rows(sqlite3 *db, int64_t *lo, int64_t *hi)
{
	sqlite3_stmt *st = NULL;
	*lo = 1;
	*hi = 0;
	if (!sqlite3_prepare_v2(db, "SELECT (SELECT min(rowid) FROM tid_tag), "
				"(SELECT max(rowid) FROM tid_tag)", -1, &st,
				NULL) &&
	    sqlite3_step(st) == SQLITE_ROW &&
	    sqlite3_column_type(st, 0) == SQLITE_INTEGER) {
		*lo = sqlite3_column_int64(st, 0);
		*hi = sqlite3_column_int64(st, 1);
	}
	sqlite3_finalize(st);
}

static void append(struct share *a, struct share *b)
{
	size_t n = a->n + b->n;
	a->tid = mt_realloc(a->tid, n + 1, sizeof *a->tid);
	a->tag = mt_realloc(a->tag, n + 1, sizeof *a->tag);
	if (b->n) {
		memcpy(a->tid + a->n, b->tid, b->n * sizeof *a->tid);
		memcpy(a->tag + a->n, b->tag, b->n * sizeof *a->tag);
	}
	if (a->has_val)
		a->val = mt_realloc(a->val, n + 1, sizeof *a->val);
	if (a->has_val && b->n)
		memcpy(a->val + a->n, b->val, b->n * sizeof *a->val);
	free(b->tid);
	free(b->tag);
	free(b->val);
	a->n = n;
	a->n_odd += b->n_odd;
}

static int read_pairs(struct mt_tagdb *db, int64_t lo, int64_t hi,
		      bool has_val, struct mt_err *err)
{
	struct share share[N_READER];
	pthread_t thread[N_READER];
	bool split = lo <= hi && hi / 2 - lo / 2 > MIN_SHARE &&
		     sqlite3_threadsafe();
	char *sql = mt_strf("SELECT take(tid, tag%s) FROM tid_tag NOT INDEXED%s",
			    has_val ? ", val" : "", lo <= hi ?
			    " WHERE rowid BETWEEN ? AND ?" : "");
	int64_t mid = split ? lo + (hi - lo) / 2 : hi;
	share[0] = (struct share){db->path, sql, lo, mid, .has_val = has_val};
	share[1] = (struct share){db->path, sql, mid + 1, hi,
				  .has_val = has_val};
	if (split && pthread_create(&thread[1], NULL, read_share, &share[1])) {
		split = false;
		share[0].hi = hi;
	}
	read_share(&share[0]);
	if (split)
		pthread_join(thread[1], NULL);
	free(sql);
	int rc = share[0].rc;
	if (rc || (split && (rc = share[1].rc))) {
		struct mt_err *why = share[0].rc ? &share[0].err
						 : &share[1].err;
		mt_err_set(err, rc, "%s", why->text);
	}
	append(&share[0], &share[1]);
	db->pair_tid = share[0].tid;
	db->pair_tag = share[0].tag;
	db->pair_val = share[0].val;
	db->n_pair = share[0].n;
	db->n_odd = share[0].n_odd;
	if (!rc && db->n_pair >= UINT32_MAX)
		rc = mt_err_set(err, MT_EINPUT, "%s: %zu pairs; fewer than 2^32 "
				"are read", db->path, db->n_pair);
	return rc;
}

int mt_tagread_sql(struct mt_tagdb *db, unsigned parts, struct mt_err *err)
{
	sqlite3 *sql;
	bool has, has_val = false;
	int64_t lo, hi;
	int rc = open_db(&sql, db->path, err);
	if (rc)
		return rc;
	if (parts & MT_TAGDB_TIDS)
		rc = read_texts(&db->tid, sql, db->path, "tids", "tid", err);
	if (!rc && (parts & MT_TAGDB_TAGS))
		rc = read_texts(&db->tag, sql, db->path, "tags", "tag", err);
	if (!rc && (parts & MT_TAGDB_PAIRS)) {
		rc = find_column(sql, db->path, "tid_tag", "tid", true, &has,
				 err);
		if (!rc)
			rc = find_column(sql, db->path, "tid_tag", "tag", true,
					 &has, err);
		if (!rc && (parts & (MT_TAGDB_VAL | MT_TAGDB_VAL_IF)))
			rc = find_column(sql, db->path, "tid_tag", "val",
					 parts & MT_TAGDB_VAL, &has_val, err);
		if (!rc) {
			find_rows(sql, &lo, &hi);
			rc = read_pairs(db, lo, hi, has_val, err);
		}
	}
	sqlite3_close(sql);
	return rc;
}
