/* SPDX-License-Identifier: MIT */
#include "tags/ask/tagout.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/sqldb.h"
#include "tags/db/sqlfile.h"

/* A database under its temporary name. */
struct out {
	struct mt_file file;
	sqlite3 *db;
	sqlite3_stmt *st;
	struct mt_err *err;
	int rc;
};

static void fail(struct out *o)
{
	if (!o->rc)
		o->rc = mt_sqldb_error(o->db, o->file.path, o->err);
}

static void run(struct out *o, const char *sql)
{
	if (!o->rc && sqlite3_exec(o->db, sql, NULL, NULL, NULL))
		fail(o);
}

static void prepare(struct out *o, const char *sql)
{
	sqlite3_finalize(o->st);
	o->st = NULL;
	if (!o->rc && sqlite3_prepare_v2(o->db, sql, -1, &o->st, NULL))
		fail(o);
}

static void step(struct out *o)
{
	if (sqlite3_step(o->st) != SQLITE_DONE)
		fail(o);
	sqlite3_reset(o->st);
}

static void insert_text(struct out *o, int64_t number, const char *s, size_t n)
{
	if (o->rc)
		return;
	sqlite3_bind_int64(o->st, 1, number);
	if (s)
		sqlite3_bind_text64(o->st, 2, s, n, SQLITE_STATIC, SQLITE_UTF8);
	else
		sqlite3_bind_null(o->st, 2);
	step(o);
}

static int open_file(struct mt_file *file, const char *path,
		     struct mt_err *err)
{
	int rc = mt_file_open(file, path, err);
	if (rc || file->temp)
		return rc;
	mt_file_abort(file);
	return mt_err_set(err, MT_EUSAGE, "%s: not a regular file, so no "
			  "database can be written to it", path);
}

static void begin(struct out *o, const char *path, struct mt_err *err)
{
	*o = (struct out){.err = err};
	o->rc = open_file(&o->file, path, err);
	if (o->rc)
		return;
	char *uri = mt_sqldb_uri(o->file.temp, "");
	if (sqlite3_open_v2(uri, &o->db, SQLITE_OPEN_READWRITE |
			    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, NULL))
		fail(o);
	free(uri);
	/* nobody sees the file before it is whole: no journal, one sync */
	run(o, "PRAGMA page_size=8192; PRAGMA journal_mode=OFF;"
	    "PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE;"
	    "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-131072;"
	    "PRAGMA threads=1; BEGIN");
}

static int end(struct out *o)
{
	run(o, "COMMIT");
	sqlite3_finalize(o->st);
	if (o->db && sqlite3_close(o->db) != SQLITE_OK)
		fail(o);
	if (!o->rc)
		return mt_file_commit(&o->file, o->err);
	mt_file_abort(&o->file);
	return o->rc;
}

static void put_tags(struct out *o, const struct mt_decide *d)
{
	for (size_t i = 1; i <= d->n_row; i++)
		insert_text(o, (int64_t)i, d->row[i].name,
			 strlen(d->row[i].name));
}

static bool has_tag(const struct mt_sets *s, size_t tid)
{
	return s->off[tid] < s->off[tid + 1];
}

static struct mt_sql_value text(const char *s, size_t n)
{
	return (struct mt_sql_value){.type = MT_SQL_TEXT, .s = s, .n = n};
}

static struct mt_sql_value whole(int64_t i)
{
	return (struct mt_sql_value){.type = MT_SQL_INT, .i = i};
}

/* A text by its number, to be sorted. */
struct key {
	uint64_t head;           /* its first bytes that differ, high one first */
	const char *s;
	size_t n;
	int64_t number;
};

static int by_text(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	if (x->head != y->head)
		return x->head < y->head ? -1 : 1;
	int c = memcmp(x->s, y->s, x->n < y->n ? x->n : y->n);
	if (c || x->n != y->n)
		return c ? c : x->n < y->n ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

/* Bytes that all have in common at the beginning. */
static size_t common(const struct key *key, size_t n)
{
	size_t k = n ? key[0].n : 0;
	for (size_t i = 1; i < n; i++) {
		size_t j = 0;
		while (j < k && j < key[i].n && key[i].s[j] == key[0].s[j])
			j++;
		k = j;
	}
	return k;
}

/* An index of texts: (text, number) in order. */
static uint32_t put_index(struct mt_sqlfile *f, struct key *key, size_t n)
{
	size_t skip = common(key, n);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < 8; k++) {
			size_t at = skip + k;
			unsigned char c = at < key[i].n
				? (unsigned char)key[i].s[at] : 0;
			key[i].head = key[i].head << 8 | c;
		}
	if (n)
		qsort(key, n, sizeof *key, by_text);
	mt_sqlfile_tree(f, false);
	for (size_t i = 0; i < n; i++) {
		struct mt_sql_value v[] = {text(key[i].s, key[i].n),
					   whole(key[i].number)};
		mt_sqlfile_row(f, 0, v, 2);
	}
	return mt_sqlfile_root(f);
}

/* A table of (number, text) and its index. */
static void put_texts(struct mt_sqlfile *f, struct key *key, size_t n,
		      uint32_t root[2])
{
	mt_sqlfile_tree(f, true);
	for (size_t i = 0; i < n; i++) {
		/* the number of the row stands for the first column */
		struct mt_sql_value v[] = {{.type = MT_SQL_NULL},
					   text(key[i].s, key[i].n)};
		mt_sqlfile_row(f, key[i].number, v, 2);
	}
	root[0] = mt_sqlfile_root(f);
	root[1] = put_index(f, key, n);
}

/* The pairs by tag and track, then the index by track, which the sets are in
 * the order of. */
static void put_pairs(struct mt_sqlfile *f, const struct mt_sets *s,
		      const struct mt_texts *tids, uint32_t root[2])
{
	uint32_t n = s->off[s->n_set + 1], *off, *order;
	uint32_t *tid = mt_calloc((size_t)n + 1, sizeof *tid);
	for (size_t t = 1; t <= s->n_set; t++)
		for (uint32_t i = s->off[t]; i < s->off[t + 1]; i++)
			tid[i] = (uint32_t)t;
	mt_pairs_by(s->item, n, s->n_item, &off, &order);
	mt_sqlfile_tree(f, false);
	for (uint32_t k = 0; k < n; k++) {
		uint32_t i = order[k];
		struct mt_sql_value v[] = {whole(s->item[i]),
			whole(mt_texts_row(tids, tid[i])), {.type = MT_SQL_NULL}};
		if (s->val && !isnan(s->val[i]))
			v[2] = (struct mt_sql_value){.type = MT_SQL_REAL,
						     .d = s->val[i]};
		mt_sqlfile_row(f, 0, v, s->val ? 3 : 2);
	}
	root[0] = mt_sqlfile_root(f);
	mt_sqlfile_tree(f, false);
	for (uint32_t i = 0; i < n; i++) {
		struct mt_sql_value v[] = {whole(mt_texts_row(tids, tid[i])),
					   whole(s->item[i])};
		mt_sqlfile_row(f, 0, v, 2);
	}
	root[1] = mt_sqlfile_root(f);
	free(off);
	free(order);
	free(tid);
}

static void put_all(struct mt_sqlfile *f, const struct mt_decide *d,
		    const struct mt_sets *s)
{
	uint32_t tags[2], tids[2], pairs[2];
	size_t n = d->n_row > s->n_set ? d->n_row : s->n_set, k = 0, len = 0;
	struct key *key = mt_calloc(n + 1, sizeof *key);
	for (uint32_t i = 1; i <= d->n_row; i++)
		key[i - 1] = (struct key){.s = d->row[i].name, .number = i,
					  .n = strlen(d->row[i].name)};
	put_texts(f, key, d->n_row, tags);
	for (uint32_t t = 1; t <= s->n_set; t++) {
		const char *tid = mt_texts_get(&d->db->tid, t, &len);
		if (tid && has_tag(s, t))
			key[k++] = (struct key){.s = tid, .n = len,
				.number = mt_texts_row(&d->db->tid, t)};
	}
	put_texts(f, key, k, tids);
	free(key);
	put_pairs(f, s, &d->db->tid, pairs);
	mt_sqlfile_schema(f, "table", "tags", "tags", tags[0],
			  "CREATE TABLE tags (num INTEGER PRIMARY KEY, "
			  "tag TEXT NOT NULL UNIQUE)");
	mt_sqlfile_schema(f, "index", "sqlite_autoindex_tags_1", "tags",
			  tags[1], NULL);
	mt_sqlfile_schema(f, "table", "tids", "tids", tids[0],
			  "CREATE TABLE tids (num INTEGER PRIMARY KEY, "
			  "tid TEXT NOT NULL)");
	mt_sqlfile_schema(f, "table", "tid_tag", "tid_tag", pairs[0], s->val
			  ? "CREATE TABLE tid_tag (tid INT, tag INT, val FLOAT, "
			  "PRIMARY KEY (tag, tid)) WITHOUT ROWID"
			  : "CREATE TABLE tid_tag (tid INT, tag INT, "
			  "PRIMARY KEY (tag, tid)) WITHOUT ROWID");
	mt_sqlfile_schema(f, "index", "tids_tid", "tids", tids[1],
			  "CREATE INDEX tids_tid ON tids (tid)");
	mt_sqlfile_schema(f, "index", "tid_tag_tid", "tid_tag", pairs[1],
			  "CREATE INDEX tid_tag_tid ON tid_tag (tid)");
}

int mt_tagout_sql(const char *path, const struct mt_decide *d,
		  const struct mt_sets *s, struct mt_err *err)
{
	struct mt_sqlfile f;
	struct mt_file file;
	int rc = open_file(&file, path, err);
	if (rc)
		return rc;
	mt_sqlfile_begin(&f, &file, err);
	put_all(&f, d, s);
	rc = mt_sqlfile_end(&f);
	if (!rc)
		return mt_file_commit(&file, err);
	mt_file_abort(&file);
	return rc;
}

int mt_tagout_orpheus(const char *path, const struct mt_decide *d,
		      const struct mt_sets *s, double min_val,
		      const struct mt_sets_added *added, struct mt_err *err)
{
	const struct mt_tagdb *db = d->db;
	struct out o;
	size_t n;
	begin(&o, path, err);
	run(&o, "CREATE TABLE tags (tag TEXT); CREATE TABLE tids (tid TEXT);"
	    "CREATE TABLE tid_tag (tid INTEGER, tag INTEGER)");
	prepare(&o, "INSERT INTO tags (rowid, tag) VALUES (?, ?)");
	put_tags(&o, d);
	prepare(&o, "INSERT INTO tids (rowid, tid) VALUES (?, ?)");
	for (size_t t = 1; t <= s->n_set; t++) {
		const char *tid = mt_texts_get(&db->tid, t, &n);
		insert_text(&o, mt_texts_row(&db->tid, t),
			    has_tag(s, t) ? tid : NULL, n);
	}
	prepare(&o, "INSERT INTO tid_tag VALUES (?, ?)");
	for (size_t i = 0; !o.rc && i < db->n_pair; i++) {
		uint32_t row = d->to[db->pair_tag[i]];
		bool low = !isnan(min_val) && db->pair_val &&
			   !(db->pair_val[i] > min_val);
		if (!row || low || !mt_sets_has(s, db->pair_tid[i], row))
			continue;
		sqlite3_bind_int64(o.st, 1,
				   mt_texts_row(&db->tid, db->pair_tid[i]));
		sqlite3_bind_int64(o.st, 2, row);
		step(&o);
	}
	for (size_t i = 0; !o.rc && i < added->n; i++) {
		sqlite3_bind_int64(o.st, 1,
				   mt_texts_row(&db->tid, added->tid[i]));
		sqlite3_bind_int64(o.st, 2, added->item[i]);
		step(&o);
	}
	return end(&o);
}

int mt_outfile_open(struct mt_outfile *o, const char *path, struct mt_err *err)
{
	*o = (struct mt_outfile){.f = stdout, .path = path};
	o->file.fd = -1;
	if (!strcmp(path, "-"))
		return MT_OK;
	int rc = mt_file_open(&o->file, path, err);
	if (rc)
		return rc;
	int fd = fcntl(o->file.fd, F_DUPFD_CLOEXEC, 0);
	o->f = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (o->f)
		return MT_OK;
	rc = mt_err_sys(err, "%s: cannot open", path);
	mt_file_abort(&o->file);
	return rc;
}

int mt_outfile_close(struct mt_outfile *o, int rc, struct mt_err *err)
{
	if (o->f == stdout)
		return rc;  /* mt_tool_end() looks after that */
	errno = 0;
	bool bad = fflush(o->f) || ferror(o->f);
	int why = errno;
	fclose(o->f);
	if (bad && !rc) {
		errno = why;
		rc = mt_err_sys(err, "%s: cannot write", o->path);
	}
	if (!rc)
		return mt_file_commit(&o->file, err);
	mt_file_abort(&o->file);
	return rc;
}

int mt_tagout_text(const char *path, const struct mt_format *format,
		   const struct mt_decide *d, const struct mt_sets *s, struct mt_err *err)
{
	static const struct mt_column column[] = {
		MT_COL("track", TEXT), MT_COL("tag", TEXT), MT_COL("weight", REAL),
	};
	struct mt_outfile o;
	struct mt_print p;
	int rc = mt_outfile_open(&o, path, err);
	if (rc)
		return rc;
	mt_print_begin(&p, o.f, format, column, s->val ? 3 : 2);
	for (size_t t = 1; t <= s->n_set; t++)
		for (uint32_t i = s->off[t]; i < s->off[t + 1]; i++) {
			size_t n;
			const char *tid = mt_texts_get(&d->db->tid, t, &n);
			const char *tag = d->row[s->item[i]].name;
			mt_print_text(&p, tid, n);
			mt_print_text(&p, tag, strlen(tag));
			if (s->val && !isnan(s->val[i]))
				mt_print_real(&p, s->val[i], 64);
			mt_print_row(&p);
		}
	return mt_outfile_close(&o, MT_OK, err);
}
