/* SPDX-License-Identifier: MIT
 * Tag databases that were made to do harm, and those with odd row numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sqldb.h"
#include "msd/trackdb.h"
#include "tags/db/tagdb.h"

#define TIDS "CREATE TABLE tids (tid TEXT); INSERT INTO tids VALUES ('a'), ('b');"
#define TAGS "CREATE TABLE tags (tag TEXT); INSERT INTO tags VALUES ('x'), ('y');"
#define PAIRS "CREATE TABLE tid_tag (tid INT, tag INT, val FLOAT);" \
	"INSERT INTO tid_tag VALUES (1, 1, 9), (2, 2, 5);"
#define COUNT "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n " \
	"WHERE i < %d) "

static char folder[] = "/tmp/mt-test-sqldb-XXXXXX";
static char path[64];

static void make(const char *sql)
{
	sqlite3 *db;
	unlink(path);
	assert_int_equal(0, sqlite3_open(path, &db));
	if (sqlite3_exec(db, sql, NULL, NULL, NULL))
		fail_msg("%s", sqlite3_errmsg(db));
	sqlite3_close(db);
}

static void refused(const char *want)
{
	struct mt_tagdb db;
	struct mt_err err = {0};
	assert_int_equal(MT_EINPUT,
			 mt_tagdb_read(&db, path, MT_TAGDB_ALL, &err));
	if (!strstr(err.text, want))
		print_error("'%s' has no '%s'\n", err.text, want);
	assert_non_null(strstr(err.text, want));
	assert_non_null(strstr(err.text, path));
}

static void test_schema(void **state)
{
	static const struct { const char *sql, *want; } bad[] = {
		{TAGS PAIRS "CREATE VIEW tids AS SELECT 'a' AS tid",
		 "'tids' is a view, and only plain tables are read"},
		{TIDS PAIRS "CREATE VIEW tags AS WITH RECURSIVE n(i) AS (SELECT 1 "
		 "UNION ALL SELECT i + 1 FROM n) SELECT i AS tag FROM n",
		 "'tags' is a view"},
		{TIDS TAGS "CREATE TABLE other (tid, tag);"
		 "CREATE VIEW tid_tag AS SELECT * FROM other",
		 "'tid_tag' is a view"},
		{TIDS PAIRS "CREATE VIRTUAL TABLE tags USING fts5(tag)",
		 "'tags' is a virtual table"},
		{TIDS PAIRS "CREATE TABLE tags (a TEXT, tag AS (a || 'x'))",
		 "table 'tags' has no column 'tag'"},
		{TAGS PAIRS "CREATE TABLE tids (tid, rowid TEXT);"
		 "INSERT INTO tids VALUES ('a', 'one'), ('b', 'two')",
		 "table 'tids' is damaged at row 0"},
		/* a row that says table, and text that says view */
		{TIDS PAIRS "CREATE TABLE tags (tag); CREATE VIEW v AS SELECT 1;"
		 "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET "
		 "sql='CREATE VIEW tags AS SELECT 1 AS tag', rootpage=0, "
		 "name='other', tbl_name='other' WHERE name='v';"
		 "UPDATE sqlite_schema SET sql='CREATE TABLE t(tag)' WHERE "
		 "name='tags'", "damaged"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		make(bad[i].sql);
		refused(bad[i].want);
	}
	struct mt_msddb *db;
	struct mt_err err = {0};
	make("CREATE VIEW songs AS SELECT 'a' AS track_id");
	assert_int_equal(MT_EINPUT, mt_msddb_open(&db, path, NULL, 0, &err));
	assert_non_null(strstr(err.text, "'songs' is a view"));
}

/* What SQLite would apply of its own accord. */
static void test_beside(void **state)
{
	static const char *const end[] = {"-journal", "-wal"};
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct mt_tagdb db;
		struct mt_err err;
		make(TIDS TAGS PAIRS);
		char *name = mt_strf("%s%s", path, end[i]);
		assert_int_equal(0, mt_file_put(name, "", 0, &err));
		assert_int_equal(0, mt_tagdb_read(&db, path, MT_TAGDB_ALL, &err));
		mt_tagdb_release(&db);
		assert_int_equal(0, mt_file_put(name, "anything", 8, &err));
		refused(end[i]);
		unlink(name);
		assert_int_equal(0, symlink("/etc/passwd", name));
		refused(end[i]);
		unlink(name);
		free(name);
	}
	/* one that is used with a log makes none when it is only read */
	struct mt_tagdb db;
	struct mt_err err;
	struct stat st;
	make("PRAGMA journal_mode=WAL;" TIDS TAGS PAIRS);
	assert_int_equal(0, mt_tagdb_read(&db, path, MT_TAGDB_ALL, &err));
	assert_int_equal(2, db.n_pair);
	mt_tagdb_release(&db);
	char *shm = mt_strf("%s-shm", path);
	assert_int_not_equal(0, stat(shm, &st));
	free(shm);
}

static void test_names(void **state)
{
	static const char *const odd[] = {"file:a?mode=memory", "b%41#c.db",
					  "d?immutable=0"};
	(void)state;
	make(TIDS TAGS PAIRS);
	char *old = getcwd(NULL, 0);
	assert_int_equal(0, chdir(folder));
	for (int i = 0; i < 3; i++) {
		struct mt_tagdb db;
		struct mt_err err;
		assert_int_equal(0, rename("t.db", odd[i]));
		assert_int_equal(0, mt_tagdb_read(&db, odd[i], MT_TAGDB_ALL,
						  &err));
		assert_int_equal(2, db.n_pair);
		mt_tagdb_release(&db);
		assert_int_equal(0, rename(odd[i], "t.db"));
	}
	assert_int_equal(0, chdir(old));
	free(old);
}

/* Row numbers of all sizes, and pairs of them. */
static void test_rows(void **state)
{
	struct mt_tagdb db;
	struct mt_err err;
	size_t n;
	(void)state;
	make("CREATE TABLE tids (tid TEXT); CREATE TABLE tags (tag TEXT);"
	     "CREATE TABLE tid_tag (tid INT, tag INT);"
	     "INSERT INTO tids (rowid, tid) VALUES (-9223372036854775808, 'low'),"
	     "(-1, 'minus'), (0, 'zero'), (134217728, 'far'),"
	     "(9223372036854775807, 'high');"
	     "INSERT INTO tags (rowid, tag) VALUES (1, 'rock'),"
	     "(4294967296, 'pop');"
	     "INSERT INTO tid_tag (rowid, tid, tag) VALUES "
	     "(-9223372036854775808, 9223372036854775807, 4294967296),"
	     "(5, -9223372036854775808, 1), (7, 0, 1), (8, 1, 1), (9, 2, 2),"
	     "(9223372036854775807, -1, 4294967296)");
	assert_int_equal(0, mt_tagdb_read(&db, path, MT_TAGDB_ALL, &err));
	assert_int_equal(5, db.tid.n);
	assert_int_equal(2, db.tag.n);
	assert_int_equal(4, db.n_pair);
	assert_int_equal(2, db.n_odd);
	static const struct { const char *tid; int64_t tag; } want[] = {
		{"high", INT64_C(1) << 32}, {"low", 1}, {"zero", 1},
		{"minus", INT64_C(1) << 32}};
	for (size_t i = 0; i < 4; i++) {
		assert_string_equal(want[i].tid, mt_texts_get(
			&db.tid, db.pair_tid[i], &n));
		assert_true(mt_texts_row(&db.tag, db.pair_tag[i]) ==
			    want[i].tag);
	}
	assert_int_equal(0, mt_texts_at_row(&db.tid, 1));
	assert_int_equal(1, mt_texts_at_row(&db.tid, INT64_MIN));
	assert_int_equal(5, mt_texts_at_row(&db.tid, INT64_MAX));
	mt_tagdb_release(&db);
}

static unsigned char *page(unsigned char *data, size_t k)
{
	return data + (k - 1) * 4096;
}

static void put32(unsigned char *p, size_t v)
{
	p[0] = (unsigned char)(v >> 24), p[1] = (unsigned char)(v >> 16);
	p[2] = (unsigned char)(v >> 8), p[3] = (unsigned char)v;
}

/* The root page of a table, as its file has it. */
static size_t root_of(const char *table)
{
	sqlite3 *db;
	sqlite3_stmt *st;
	assert_int_equal(0, sqlite3_open(path, &db));
	char *sql = mt_strf("SELECT rootpage FROM sqlite_master WHERE name='%s'",
			    table);
	assert_int_equal(0, sqlite3_prepare_v2(db, sql, -1, &st, NULL));
	assert_int_equal(SQLITE_ROW, sqlite3_step(st));
	size_t root = (size_t)sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	free(sql);
	return root;
}

/* A tree whose inner pages all name the same child: each level multiplies the
 * rows by a hundred, for all that the file has sixty kilobytes. */
static void test_many_rows(void **state)
{
	(void)state;
	char *data;
	size_t size;
	struct mt_err err;
	char sql[1000];
	for (int t = 0; t < 2; t++) {
		const char *table = t ? "tags" : "tid_tag";
		snprintf(sql, sizeof sql, TIDS TAGS PAIRS COUNT "INSERT INTO "
			 "%s SELECT %s FROM n", 3000, table,
			 t ? "i" : "i, i, i");
		make(sql);
		size_t root = root_of(table);
		assert_int_equal(0, mt_file_get(path, 1 << 24, &data, &size,
						&err));
		unsigned char *p = page((unsigned char *)data, root);
		assert_int_equal(5, p[0]);
		/* a chain of copies of the root, each cell naming the next */
		size_t n_page = size / 4096, depth = 12, leaf = 0;
		data = mt_realloc(data, size + depth * 4096, 1);
		p = page((unsigned char *)data, root);
		for (size_t k = 0; k <= depth; k++) {
			unsigned char *to = k ? page((unsigned char *)data,
						     n_page + k) : p;
			const unsigned char *c = to + ((size_t)to[12] << 8 |
						       to[13]);
			if (k)
				memcpy(to, p, 4096);
			else  /* the first */
				leaf = (size_t)c[2] << 8 | c[3];
		}
		for (size_t k = 0; k <= depth; k++) {
			unsigned char *to = k ? page((unsigned char *)data,
						     n_page + k) : p;
			size_t next = k < depth ? n_page + k + 1 : leaf;
			size_t n = (size_t)to[3] << 8 | to[4];
			put32(to + 8, next);
			for (size_t c = 0; c < n; c++)
				put32(to + ((size_t)to[12 + 2 * c] << 8 |
					    to[13 + 2 * c]), next);
		}
		put32((unsigned char *)data + 28, n_page + depth);
		assert_int_equal(0, mt_file_put(path, data,
						(n_page + depth) * 4096, &err));
		free(data);
		refused("damaged");
	}
}

static void test_long_text(void **state)
{
	(void)state;
	make(TIDS PAIRS "CREATE TABLE tags (tag TEXT); INSERT INTO tags VALUES "
	     "(printf('%.*c', 17000000, 'q'))");
	refused("larger than 16 MiB");
}

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof path, "%s/t.db", folder);
	return 0;
}

/* A file that gets shorter while it is read: an error, not SIGBUS. */
static void test_cut(void **state)
{
	(void)state;
	char sql[300];
	struct mt_sqldb db;
	struct mt_err err = {0};
	sqlite3_stmt *st = NULL;
	snprintf(sql, sizeof sql, "CREATE TABLE t (x TEXT);" COUNT
		 "INSERT INTO t SELECT printf('%%0900d', i) FROM n", 20000);
	make(sql);
	assert_int_equal(0, mt_sqldb_open(&db, path, &err));
	assert_int_equal(0, sqlite3_prepare_v2(db.sql, "SELECT x FROM t", -1, &st,
					       NULL));
	assert_int_equal(SQLITE_ROW, sqlite3_step(st));
	assert_int_equal(0, truncate(path, 16384));
	int got;
	do
		got = sqlite3_step(st);
	while (got == SQLITE_ROW);
	assert_int_not_equal(SQLITE_DONE, got);
	assert_int_equal(MT_EINPUT, mt_sqldb_error(db.sql, path, &err));
	sqlite3_finalize(st);
	mt_sqldb_close(&db);
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_schema), cmocka_unit_test(test_beside),
		cmocka_unit_test(test_names), cmocka_unit_test(test_rows),
		cmocka_unit_test(test_many_rows),
		cmocka_unit_test(test_long_text), cmocka_unit_test(test_cut),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("sqldb", tests, set_up, tear_down);
}
