/* SPDX-License-Identifier: MIT */
#include "tags/tagout.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "tags/tagsql.h"
#include "tags/tagtable.h"

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
		o->rc = mt_tagsql_error(o->db, o->file.path, o->err);
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

static void put_text(struct out *o, int64_t number, const char *s, size_t n)
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

static void begin(struct out *o, const char *path, struct mt_err *err)
{
	*o = (struct out){.err = err};
	o->rc = mt_file_open(&o->file, path, err);
	if (!o->rc && !o->file.temp) {
		o->rc = mt_err_set(err, MT_EUSAGE, "%s: is no regular file, so "
				   "no database can be written to it", path);
		mt_file_abort(&o->file);
	}
	if (o->rc)
		return;
	if (sqlite3_open_v2(o->file.temp, &o->db, SQLITE_OPEN_READWRITE |
			    SQLITE_OPEN_NOMUTEX, NULL))
		fail(o);
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
		put_text(o, (int64_t)i, d->row[i].name,
			 strlen(d->row[i].name));
}

static bool has_tag(const struct mt_sets *s, size_t tid)
{
	return s->off[tid] < s->off[tid + 1];
}

/* Tag by tag, for the table's key begins with the tag: SQLite sorts an index
 * by track three times as fast as one by tag, whose keys are so often equal. */
static void put_pairs(struct out *o, const struct mt_sets *s)
{
	struct mt_tagtable t = {.n = s->off[s->n_set + 1], .item = s->item,
				.val = s->val};
	uint32_t *off, *tid = mt_calloc((size_t)t.n + 1, sizeof *tid);
	for (size_t set = 1; set <= s->n_set; set++)
		for (uint32_t i = s->off[set]; i < s->off[set + 1]; i++)
			tid[i] = (uint32_t)set;
	mt_pairs_by(s->item, t.n, s->n_item, &off, &t.order);
	t.tid = tid;
	if (!o->rc && mt_tagtable_create(o->db, &t))
		fail(o);
	run(o, s->val ? "INSERT INTO tid_tag SELECT tid, tag, val FROM pairs"
		      : "INSERT INTO tid_tag SELECT tid, tag FROM pairs");
	free(off);
	free(t.order);
	free(tid);
}

int mt_tagout_sql(const char *path, const struct mt_decide *d,
		  const struct mt_sets *s, struct mt_err *err)
{
	struct out o;
	size_t n;
	begin(&o, path, err);
	run(&o, "CREATE TABLE tags (num INTEGER PRIMARY KEY, "
	    "tag TEXT NOT NULL UNIQUE);"
	    "CREATE TABLE tids (num INTEGER PRIMARY KEY, tid TEXT NOT NULL)");
	run(&o, s->val ? "CREATE TABLE tid_tag (tid INT, tag INT, val FLOAT, "
	    "PRIMARY KEY (tag, tid)) WITHOUT ROWID"
	    : "CREATE TABLE tid_tag (tid INT, tag INT, "
	    "PRIMARY KEY (tag, tid)) WITHOUT ROWID");
	prepare(&o, "INSERT INTO tags VALUES (?, ?)");
	put_tags(&o, d);
	prepare(&o, "INSERT INTO tids VALUES (?, ?)");
	for (size_t t = 1; t <= s->n_set; t++) {
		const char *tid = mt_texts_get(&d->db->tid, t, &n);
		if (tid && has_tag(s, t))
			put_text(&o, (int64_t)t, tid, n);
	}
	put_pairs(&o, s);
	run(&o, "CREATE INDEX tids_tid ON tids (tid);"
	    "CREATE INDEX tid_tag_tid ON tid_tag (tid)");
	return end(&o);
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
		put_text(&o, (int64_t)t, has_tag(s, t) ? tid : NULL, n);
	}
	prepare(&o, "INSERT INTO tid_tag VALUES (?, ?)");
	for (size_t i = 0; !o.rc && i < db->n_pair; i++) {
		uint32_t row = d->to[db->pair_tag[i]];
		bool low = !isnan(min_val) && db->pair_val &&
			   !(db->pair_val[i] > min_val);
		if (!row || low || !mt_sets_has(s, db->pair_tid[i], row))
			continue;
		sqlite3_bind_int64(o.st, 1, db->pair_tid[i]);
		sqlite3_bind_int64(o.st, 2, row);
		step(&o);
	}
	for (size_t i = 0; !o.rc && i < added->n; i++) {
		sqlite3_bind_int64(o.st, 1, added->tid[i]);
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

static void put_quoted(FILE *f, const char *s, size_t n)
{
	putc_unlocked('"', f);
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '"')
			putc_unlocked('"', f);
		putc_unlocked(s[i], f);
	}
	putc_unlocked('"', f);
}

void mt_cell_put(FILE *f, const char *s, size_t n, bool csv)
{
	static const char odd[] = "\t\n\r\\";
	bool quote = false;
	for (size_t i = 0; csv && i < n; i++)
		quote |= s[i] == ',' || s[i] == '"' || s[i] == '\n' ||
			 s[i] == '\r';
	if (quote) {
		put_quoted(f, s, n);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		const char *hit = csv || !s[i] ? NULL : strchr(odd, s[i]);
		if (hit)
			putc_unlocked('\\', f);
		putc_unlocked(hit ? "tnr\\"[hit - odd] : s[i], f);
	}
}

/* The shortest decimal that reads back as the same number. */
static void put_number(FILE *f, char stop, double v)
{
	char text[40];
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, v);
		if (strtod(text, NULL) == v)
			break;
	}
	putc_unlocked(stop, f);
	fputs(text, f);
}

int mt_tagout_text(const char *path, const struct mt_decide *d,
		   const struct mt_sets *s, struct mt_err *err)
{
	struct mt_outfile o;
	size_t n = strlen(path);
	bool csv = n > 4 && !strcmp(path + n - 4, ".csv");
	int rc = mt_outfile_open(&o, path, err);
	if (rc)
		return rc;
	char stop = csv ? ',' : '\t';
	fprintf(o.f, "track%ctag", stop);
	if (s->val)
		fprintf(o.f, "%cweight", stop);
	putc('\n', o.f);
	for (size_t t = 1; t <= s->n_set; t++)
		for (uint32_t i = s->off[t]; i < s->off[t + 1]; i++) {
			const char *tid = mt_texts_get(&d->db->tid, t, &n);
			const char *tag = d->row[s->item[i]].name;
			mt_cell_put(o.f, tid, n, csv);
			putc_unlocked(stop, o.f);
			mt_cell_put(o.f, tag, strlen(tag), csv);
			if (s->val && isnan(s->val[i]))
				putc_unlocked(stop, o.f);
			else if (s->val)
				put_number(o.f, stop, s->val[i]);
			putc_unlocked('\n', o.f);
		}
	return mt_outfile_close(&o, MT_OK, err);
}
