/* SPDX-License-Identifier: MIT
 * A tag database out of a SQLite file. */
#include "tags/tagsql.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "tags/tagread.h"

#define N_SHARE 8         /* parts that the threads take in turn */
#define MIN_SHARE 50000   /* row numbers that are worth one */

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
	case SQLITE_ERROR:  /* as "no such column: rowid" */
		return mt_err_set(err, MT_EINPUT, "%s: %s", path,
				  sqlite3_errmsg(db));
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
	int rc = MT_OK;
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

/* Some of the pairs, read by one thread. */
struct share {
	int64_t lo, hi;          /* row numbers; lo > hi: all there are */
	bool has_val;
	uint32_t *tid, *tag;
	double *val;
	size_t n, cap, n_odd;
};

/* Pairs being read by two threads, each with a connection of its own. */
struct reading {
	const char *path;
	char *sql;
	struct share share[N_SHARE];
	int n;
	atomic_int next;         /* share that nobody has taken yet */
	pthread_t thread;
	bool has_thread;
	int rc[2];
	struct mt_err err[2];
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
	struct share *s = *(struct share **)sqlite3_user_data(ctx);
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

/* Take shares until there are none. */
static int read_shares(struct reading *r, struct mt_err *err)
{
	sqlite3 *db;
	sqlite3_stmt *st = NULL;
	struct share *s = NULL;
	int rc = open_db(&db, r->path, err), got, i;
	if (rc)
		return rc;
	sqlite3_create_function(db, "take", -1, SQLITE_UTF8, &s, NULL, take,
				taken);
	got = sqlite3_prepare_v2(db, r->sql, -1, &st, NULL);
	while (!got && (i = atomic_fetch_add(&r->next, 1)) < r->n) {
		s = &r->share[i];
		if (s->lo <= s->hi) {
			sqlite3_bind_int64(st, 1, s->lo);
			sqlite3_bind_int64(st, 2, s->hi);
		}
		while ((got = sqlite3_step(st)) == SQLITE_ROW)
			;
		got = got == SQLITE_DONE ? sqlite3_reset(st) : got;
	}
	if (got)
		rc = mt_tagsql_error(db, r->path, err);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return rc;
}

static void *reader(void *arg)
{
	struct reading *r = arg;
	r->rc[1] = read_shares(r, &r->err[1]);
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

static void start_pairs(struct reading *r, const char *path, sqlite3 *db,
			bool has_val)
{
	int64_t lo, hi;
	*r = (struct reading){.path = path, .n = 1};
	find_rows(db, &lo, &hi);
	bool split = lo <= hi && hi / 2 - lo / 2 > MIN_SHARE &&
		     sqlite3_threadsafe();
	if (split)
		r->n = N_SHARE;
	for (int i = 0; i < r->n; i++) {
		int64_t part = split ? (hi - lo) / N_SHARE : 0;
		r->share[i] = (struct share){
			.lo = lo + i * part, .has_val = has_val,
			.hi = i == r->n - 1 ? hi : lo + (i + 1) * part - 1};
	}
	r->sql = mt_strf("SELECT take(tid, tag%s) FROM tid_tag NOT INDEXED%s",
			 has_val ? ", val" : "", lo <= hi ?
			 " WHERE rowid BETWEEN ? AND ?" : "");
	r->has_thread = split && !pthread_create(&r->thread, NULL, reader, r);
}

/* All shares in their order, into the database. */
static void join_shares(struct reading *r, struct mt_tagdb *db)
{
	size_t n = 0, at = 0;
	for (int i = 0; i < r->n; i++)
		n += r->share[i].n;
	db->pair_tid = mt_realloc(NULL, n + 1, sizeof *db->pair_tid);
	db->pair_tag = mt_realloc(NULL, n + 1, sizeof *db->pair_tag);
	if (r->share[0].has_val)
		db->pair_val = mt_realloc(NULL, n + 1, sizeof *db->pair_val);
	for (int i = 0; i < r->n; i++) {
		struct share *s = &r->share[i];
		if (s->n) {
			memcpy(db->pair_tid + at, s->tid, s->n * sizeof *s->tid);
			memcpy(db->pair_tag + at, s->tag, s->n * sizeof *s->tag);
		}
		if (s->n && s->has_val)
			memcpy(db->pair_val + at, s->val, s->n * sizeof *s->val);
		at += s->n;
		db->n_odd += s->n_odd;
		free(s->tid);
		free(s->tag);
		free(s->val);
	}
	db->n_pair = n;
}

/* rc, err: what has gone wrong meanwhile. */
static int finish_pairs(struct reading *r, struct mt_tagdb *db, int rc,
			struct mt_err *err)
{
	if (rc)
		atomic_store(&r->next, N_SHARE);
	else
		r->rc[0] = read_shares(r, &r->err[0]);
	if (r->has_thread)
		pthread_join(r->thread, NULL);
	free(r->sql);
	join_shares(r, db);
	for (int i = 0; !rc && i < 2; i++)
		if (r->rc[i])
			rc = mt_err_set(err, r->rc[i], "%s", r->err[i].text);
	if (!rc && db->n_pair >= UINT32_MAX)
		rc = mt_err_set(err, MT_EINPUT, "%s: %zu pairs; fewer than 2^32 "
				"are read", db->path, db->n_pair);
	return rc;
}

static int check_pairs(sqlite3 *sql, const char *path, unsigned parts,
		       bool *has_val, struct mt_err *err)
{
	bool has;
	int rc = find_column(sql, path, "tid_tag", "tid", true, &has, err);
	if (!rc)
		rc = find_column(sql, path, "tid_tag", "tag", true, &has, err);
	if (!rc && (parts & (MT_TAGDB_VAL | MT_TAGDB_VAL_IF)))
		rc = find_column(sql, path, "tid_tag", "val",
				 parts & MT_TAGDB_VAL, has_val, err);
	return rc;
}

int mt_tagread_sql(struct mt_tagdb *db, unsigned parts, struct mt_err *err)
{
	struct reading pairs;
	sqlite3 *sql;
	bool has, has_val = false;
	int rc = open_db(&sql, db->path, err);
	if (rc)
		return rc;
	/* the tables one after another, so that a message names the first */
	if (parts & MT_TAGDB_TIDS)
		rc = find_column(sql, db->path, "tids", "tid", true, &has, err);
	if (!rc && (parts & MT_TAGDB_TAGS))
		rc = find_column(sql, db->path, "tags", "tag", true, &has, err);
	if (!rc && (parts & MT_TAGDB_PAIRS))
		rc = check_pairs(sql, db->path, parts, &has_val, err);
	bool read = !rc && (parts & MT_TAGDB_PAIRS);
	if (read)
		start_pairs(&pairs, db->path, sql, has_val);
	if (!rc && (parts & MT_TAGDB_TIDS))
		rc = read_texts(&db->tid, sql, db->path, "tids", "tid", err);
	if (!rc && (parts & MT_TAGDB_TAGS))
		rc = read_texts(&db->tag, sql, db->path, "tags", "tag", err);
	if (read)
		rc = finish_pairs(&pairs, db, rc, err);
	sqlite3_close(sql);
	return rc;
}
