/* SPDX-License-Identifier: MIT
 * A tag database out of a SQLite file. */
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sqldb.h"
#include "base/thread.h"
#include "tags/db/tagread.h"

#define N_SHARE 8         /* parts that the threads take in turn */
#define MIN_SHARE 50000   /* row numbers that are worth one */

static bool ends_in(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);
	return n >= k && !strcmp(s + n - k, end);
}

int mt_tagread_kind(const char *path, bool *sql, struct mt_err *err)
{
	static const char magic[16] = "SQLite format 3";
	unsigned char head[sizeof magic];
	size_t got;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return mt_err_sys(err, "%s: cannot open", path);
	int rc = mt_read_full(fd, head, sizeof head, &got, path, err);
	*sql = !rc && got >= sizeof magic && !memcmp(head, magic, sizeof magic);
	close(fd);
	if (rc || *sql || ends_in(path, ".tsv") || ends_in(path, ".csv") ||
	    ends_in(path, ".txt") || ends_in(path, ".cls"))
		return rc;
	return mt_err_set(err, MT_EINPUT, "%s: %s", path,
			  got ? "is not a SQLite database (a table of track, "
				"tag, weight is read when its name ends in "
				".tsv or .csv)" : "is empty");
}

/* The names of its tables, for a message; new memory. */
static char *tables(sqlite3 *db)
{
	char *all = mt_strdup("");
	sqlite3_stmt *st = NULL;
	sqlite3_prepare_v2(db, "SELECT name FROM sqlite_master WHERE type IN "
			   "('table','view') ORDER BY rowid", -1, &st, NULL);
	while (st && sqlite3_step(st) == SQLITE_ROW && strlen(all) < 200) {
		const char *name = (const char *)sqlite3_column_text(st, 0);
		char *more = mt_strf("%s%s%.60s", all, *all ? ", " : "",
				     name ? name : "");
		free(all);
		all = more;
	}
	sqlite3_finalize(st);
	return all;
}

/* Has the table this column? An error where it cannot be read, or where it
 * has not and need asks for it. */
static int find_column(struct mt_sqldb *db, const char *table,
		       const char *column, bool need, bool *has,
		       struct mt_err *err)
{
	char **name;
	size_t n;
	int rc = mt_sqldb_columns(db, table, &name, &n, err);
	*has = false;
	if (rc)
		return rc;
	for (size_t i = 0; i < n; i++)
		*has |= !sqlite3_stricmp(name[i], column);
	mt_sqldb_columns_free(name, n);
	if (*has || !need)
		return MT_OK;
	if (n)
		return mt_err_set(err, MT_EINPUT, "%s: table '%s' has no column "
				  "'%s'%s", db->path, table, column,
				  strcmp(column, "val") ? "" : " (a clean "
				  "database may have none)");
	char *have = tables(db->sql);
	rc = mt_err_set(err, MT_EINPUT, "%s: has no table '%s', so it is not a "
			"tag database (its tables: %s)", db->path, table,
			*have ? have : "none");
	free(have);
	return rc;
}

/* First and last row number of a table; lo > hi where it has none. */
static int find_rows(struct mt_sqldb *db, const char *table, int64_t *lo,
		     int64_t *hi, struct mt_err *err)
{
	sqlite3_stmt *st = NULL;
	*lo = 1;
	*hi = 0;
	char *sql = mt_strf("SELECT (SELECT min(rowid) FROM %s), "
			    "(SELECT max(rowid) FROM %s)", table, table);
	int got = sqlite3_prepare_v2(db->sql, sql, -1, &st, NULL), rc = MT_OK;
	free(sql);
	if (!got)
		got = sqlite3_step(st);
	if (got != SQLITE_ROW)
		rc = mt_sqldb_error(db->sql, db->path, err);
	else if (sqlite3_column_type(st, 0) == SQLITE_INTEGER &&
		 sqlite3_column_type(st, 1) == SQLITE_INTEGER) {
		*lo = sqlite3_column_int64(st, 0);
		*hi = sqlite3_column_int64(st, 1);
	}
	sqlite3_finalize(st);
	return rc;
}

/* Can every number up to the last have a place of its own? Else texts get
 * their numbers by their order, and remember their rows. */
static int choose_rows(struct mt_texts *to, struct mt_sqldb *db,
		       const char *table, struct mt_err *err)
{
	int64_t lo, hi;
	int rc = find_rows(db, table, &lo, &hi, err);
	bool dense = lo >= 1 && hi <= (int64_t)(db->size / 4 + MIN_SHARE) &&
		     hi < MT_TAGDB_MAX;
	if (!rc && lo <= hi && !dense)
		to->row = mt_calloc(1, sizeof *to->row);
	return rc;
}

/* The number that comes next is that of the row. */
static bool add_row(struct mt_texts *to, int64_t row)
{
	if (!to->row) {
		while (to->n + 1 < (size_t)row)
			mt_texts_add(to, NULL, 0);
		return true;
	}
	size_t n = to->n + 1;
	if (!(n & (n - 1)))
		to->row = mt_realloc(to->row, 2 * n, sizeof *to->row);
	to->row[n] = row;
	return n < MT_TAGDB_MAX;
}

static int read_texts(struct mt_texts *to, struct mt_sqldb *db,
		      const char *table, const char *column,
		      struct mt_err *err)
{
	int rc = MT_OK;
	int64_t last = INT64_MIN;
	char *sql = mt_strf("SELECT rowid, %s FROM %s NOT INDEXED ORDER BY "
			    "rowid", column, table);
	sqlite3_stmt *st = NULL;
	mt_sqldb_more(db);
	int got = sqlite3_prepare_v2(db->sql, sql, -1, &st, NULL);
	free(sql);
	if (got)
		return mt_sqldb_error(db->sql, db->path, err);
	for (bool first = true; (got = sqlite3_step(st)) == SQLITE_ROW;
	     first = false) {
		int64_t row = sqlite3_column_int64(st, 0);
		const char *s = (const char *)sqlite3_column_text(st, 1);
		size_t n = (size_t)sqlite3_column_bytes(st, 1);
		/* rows that share their pages, as only damage makes them; UTF-16
		 * takes half as much again in UTF-8 */
		bool ok = (first || row > last) &&
			  sqlite3_column_type(st, 0) == SQLITE_INTEGER &&
			  to->size + n <= 2 * db->size &&
			  (to->row || (row > 0 && row < MT_TAGDB_MAX &&
				       (uint64_t)row <= db->size / 4 + MIN_SHARE));
		if (!ok || !add_row(to, row)) {
			rc = mt_err_set(err, MT_EINPUT, "%s: table '%s' is "
					"damaged at row %lld", db->path, table,
					(long long)row);
			break;
		}
		mt_texts_add(to, s, n);
		last = row;
	}
	if (!rc && got != SQLITE_DONE)
		rc = mt_sqldb_error(db->sql, db->path, err);
	sqlite3_finalize(st);
	return rc;
}

/* Some of the pairs, read by one thread. */
struct share {
	int64_t lo, hi;          /* row numbers; lo > hi: all there are */
	bool has_val;
	uint32_t *tid, *tag;
	double *val;
	const struct mt_texts *tids, *tags; /* whose row numbers the pairs name */
	uint64_t size;           /* bytes that are no numbers, at most size */
	size_t n, cap, n_odd, n_no_val;
};

/* Pairs being read by two threads, each with a connection of its own. */
struct reading {
	const char *path;
	char *sql;
	struct share share[N_SHARE];
	size_t n;
	atomic_size_t next;         /* share that nobody has taken yet */
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

static bool is_number(sqlite3_value *v, const struct mt_texts *texts,
		      uint32_t *out)
{
	int64_t x = sqlite3_value_int64(v);
	if (sqlite3_value_type(v) != SQLITE_INTEGER)
		return false;
	if (texts->row)
		x = (int64_t)mt_texts_at_row(texts, x);
	if (x < 1 || x >= MT_TAGDB_MAX)
		return false;
	*out = (uint32_t)x;
	return true;
}

/* Where rows share what overflows their pages, as only damage makes them, the
 * bytes of all are many more than the file has. */
static bool is_too_much(struct share *s, int n, sqlite3_value **v)
{
	for (int i = 0; i < n; i++) {
		int type = sqlite3_value_type(v[i]);
		size_t size = type == SQLITE_TEXT || type == SQLITE_BLOB
			? (size_t)sqlite3_value_bytes(v[i]) : 0;
		if (size > s->size)
			return true;
		s->size -= size;
	}
	return false;
}

/* The aggregate take(tid, tag[, val]): SQLite calls it for every row, which
 * costs half of what stepping to each row and asking for its columns does. */
static void take(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	struct share *s = *(struct share **)sqlite3_user_data(ctx);
	if (s->n == s->cap)
		grow(s);
	if (!is_number(v[0], s->tids, &s->tid[s->n]) ||
	    !is_number(v[1], s->tags, &s->tag[s->n])) {
		s->n_odd++;
		if (is_too_much(s, n, v))
			sqlite3_result_error(ctx, "table 'tid_tag' is damaged",
					     -1);
		return;
	}
	if (n > 2) {
		int type = sqlite3_value_type(v[2]);
		bool number = type == SQLITE_FLOAT || type == SQLITE_INTEGER;
		s->val[s->n] = number ? sqlite3_value_double(v[2]) : NAN;
		s->n_no_val += !number && type != SQLITE_NULL;
		if (!number && is_too_much(s, 1, v + 2))
			sqlite3_result_error(ctx, "table 'tid_tag' is damaged",
					     -1);
	}
	s->n++;
}

static void taken(sqlite3_context *ctx)
{
	sqlite3_result_null(ctx);
}

/* Take shares until there are none. */
static int read_shares(struct reading *r, struct mt_err *err)
{
	struct mt_sqldb db;
	sqlite3_stmt *st = NULL;
	struct share *s = NULL;
	int rc = mt_sqldb_open(&db, r->path, err), got;
	size_t i;
	if (rc)
		return rc;
	for (int n = 2; n <= 3; n++)
		sqlite3_create_function(db.sql, "take", n, SQLITE_UTF8, &s,
					NULL, take, taken);
	got = sqlite3_prepare_v2(db.sql, r->sql, -1, &st, NULL);
	while (!got && (i = atomic_fetch_add(&r->next, 1)) < r->n) {
		s = &r->share[i];
		s->size = 2 * db.size;
		if (s->lo <= s->hi) {
			sqlite3_bind_int64(st, 1, s->lo);
			sqlite3_bind_int64(st, 2, s->hi);
		}
		while ((got = sqlite3_step(st)) == SQLITE_ROW)
			;
		got = got == SQLITE_DONE ? sqlite3_reset(st) : got;
	}
	if (got)
		rc = mt_sqldb_error(db.sql, r->path, err);
	sqlite3_finalize(st);
	mt_sqldb_close(&db);
	return rc;
}

static void *reader(void *arg)
{
	struct reading *r = arg;
	r->rc[1] = read_shares(r, &r->err[1]);
	return NULL;
}

static void start_pairs(struct reading *r, struct mt_tagdb *to,
			struct mt_sqldb *db, bool has_val)
{
	int64_t lo, hi;
	*r = (struct reading){.path = db->path, .n = 1};
	/* a table WITHOUT ROWID has none to go by: one share, all there are */
	if (find_rows(db, "tid_tag", &lo, &hi, NULL))
		lo = 1, hi = 0;
	uint64_t span = lo <= hi ? (uint64_t)hi - (uint64_t)lo : 0;
	bool split = span / 2 > MIN_SHARE && sqlite3_threadsafe();
	uint64_t part = split ? span / N_SHARE : 0;
	if (split)
		r->n = N_SHARE;
	for (size_t i = 0; i < r->n; i++) {
		uint64_t from = (uint64_t)lo + i * part;
		r->share[i] = (struct share){
			.lo = (int64_t)from, .has_val = has_val,
			.hi = i == r->n - 1 ? hi : (int64_t)(from + part - 1),
			.tids = &to->tid, .tags = &to->tag};
	}
	r->sql = mt_strf("SELECT take(tid, tag%s) FROM tid_tag NOT INDEXED%s",
			 has_val ? ", val" : "", lo <= hi ?
			 " WHERE rowid BETWEEN ? AND ?" : "");
	r->has_thread = split && mt_thread_start(&r->thread, reader, r);
}

/* All shares in their order, into the database. */
static void join_shares(struct reading *r, struct mt_tagdb *db)
{
	size_t n = 0, at = 0;
	for (size_t i = 0; i < r->n; i++)
		n += r->share[i].n;
	db->pair_tid = mt_realloc(NULL, n + 1, sizeof *db->pair_tid);
	db->pair_tag = mt_realloc(NULL, n + 1, sizeof *db->pair_tag);
	if (r->share[0].has_val)
		db->pair_val = mt_realloc(NULL, n + 1, sizeof *db->pair_val);
	for (size_t i = 0; i < r->n; i++) {
		struct share *s = &r->share[i];
		if (s->n) {
			memcpy(db->pair_tid + at, s->tid, s->n * sizeof *s->tid);
			memcpy(db->pair_tag + at, s->tag, s->n * sizeof *s->tag);
		}
		if (s->n && s->has_val)
			memcpy(db->pair_val + at, s->val, s->n * sizeof *s->val);
		at += s->n;
		db->n_odd += s->n_odd;
		db->n_no_val += s->n_no_val;
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

static int check_pairs(struct mt_sqldb *sql, unsigned parts, bool *has_val,
		       struct mt_err *err)
{
	bool has;
	int rc = find_column(sql, "tid_tag", "tid", true, &has, err);
	if (!rc)
		rc = find_column(sql, "tid_tag", "tag", true, &has, err);
	if (!rc && (parts & (MT_TAGDB_VAL | MT_TAGDB_VAL_IF)))
		rc = find_column(sql, "tid_tag", "val", parts & MT_TAGDB_VAL,
				 has_val, err);
	return rc;
}

static int read_both(struct mt_tagdb *db, struct mt_sqldb *sql, unsigned parts,
		     struct mt_err *err)
{
	int rc = MT_OK;
	if (parts & MT_TAGDB_TIDS)
		rc = read_texts(&db->tid, sql, "tids", "tid", err);
	if (!rc && (parts & MT_TAGDB_TAGS))
		rc = read_texts(&db->tag, sql, "tags", "tag", err);
	return rc;
}

/* Pairs of texts that have their rows' numbers are read at the same time as
 * these; else their rows must be known first. */
static int read_tables(struct mt_tagdb *db, struct mt_sqldb *sql,
		       unsigned parts, bool has_val, struct mt_err *err)
{
	struct reading pairs;
	bool rows = db->tid.row || db->tag.row;
	int rc = MT_OK;
	if (!(parts & MT_TAGDB_PAIRS))
		return read_both(db, sql, parts, err);
	if (rows)
		rc = read_both(db, sql, parts, err);
	if (rc)
		return rc;
	start_pairs(&pairs, db, sql, has_val);
	if (!rows)
		rc = read_both(db, sql, parts, err);
	return finish_pairs(&pairs, db, rc, err);
}

int mt_tagread_sql(struct mt_tagdb *db, unsigned parts, struct mt_err *err)
{
	struct mt_sqldb sql;
	bool has, has_val = false;
	int rc = mt_sqldb_open(&sql, db->path, err);
	if (rc)
		return rc;
	/* the tables one after another, so that a message names the first */
	if (parts & MT_TAGDB_TIDS)
		rc = find_column(&sql, "tids", "tid", true, &has, err);
	if (!rc && (parts & MT_TAGDB_TAGS))
		rc = find_column(&sql, "tags", "tag", true, &has, err);
	if (!rc && (parts & MT_TAGDB_PAIRS))
		rc = check_pairs(&sql, parts, &has_val, err);
	if (!rc && (parts & MT_TAGDB_TIDS))
		rc = choose_rows(&db->tid, &sql, "tids", err);
	if (!rc && (parts & MT_TAGDB_TAGS))
		rc = choose_rows(&db->tag, &sql, "tags", err);
	if (!rc)
		rc = read_tables(db, &sql, parts, has_val, err);
	mt_sqldb_close(&sql);
	return rc;
}
