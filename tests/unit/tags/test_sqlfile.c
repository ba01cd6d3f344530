/* SPDX-License-Identifier: MIT
 * Databases written page by page, as SQLite itself finds them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/mem.h"
#include "tags/ask/sets.h"
#include "tags/ask/tagout.h"
#include "tags/clean/decide.h"
#include "tags/db/sqlfile.h"

static char path[] = "/tmp/mt-test-sqlfile-XXXXXX";

/* Length of the text of row i: mostly short, some over one or several pages. */
static size_t len_of(int64_t i, size_t scale)
{
	if (!scale)
		return (size_t)(i % 23);
	if (scale == 1)
		return (size_t)i + 1500;  /* each around what fits */
	return i % 97 == 5 ? (size_t)(i * 7919 % 40000) * scale / 100
			   : (size_t)(i * 31 % 120);
}

static struct mt_sql_value text_of(int64_t i, size_t scale)
{
	static char s[60000];
	memset(s, 'a' + (int)(i % 26), sizeof s);
	snprintf(s, 32, "%012lld", (long long)i);
	s[12] = '-';
	return (struct mt_sql_value){.type = MT_SQL_TEXT, .s = s,
				     .n = 12 + len_of(i, scale)};
}

static double real_of(int64_t i)
{
	static const double odd[] = {0, 1, -1, 100, 33.3, 1e300, -0.0, 1e15};
	return i % 3 ? odd[i % 8] : (double)i / 8;
}

static int64_t whole_of(int64_t i)
{
	return i % 5 ? i * i * i * (i % 2 ? 1 : -1) : i % 3;
}

/* t(num, s, w, v) and an index of s, both of n rows; k without row numbers. */
static void make(int64_t n, size_t scale, uint32_t first_page)
{
	struct mt_sqlfile f;
	struct mt_file file;
	struct mt_err err;
	uint32_t root[3];
	unlink(path);
	assert_int_equal(0, mt_file_open(&file, path, &err));
	mt_sqlfile_begin(&f, &file, &err);
	if (first_page) {
		f.n_page = first_page;
		f.n_buffer = 0;
		lseek(file.fd, (off_t)first_page * MT_SQL_PAGE, SEEK_SET);
	}
	for (int tree = 0; tree < 3; tree++) {
		mt_sqlfile_tree(&f, tree == 0);
		for (int64_t i = 1; i <= n; i++) {
			struct mt_sql_value num = {.type = MT_SQL_INT, .i = i};
			struct mt_sql_value s = text_of(i, scale);
			struct mt_sql_value t[] = {
				{.type = MT_SQL_NULL}, s,
				{.type = MT_SQL_INT, .i = whole_of(i)},
				{.type = MT_SQL_REAL, .d = real_of(i)}};
			struct mt_sql_value x[] = {s, num}, k[] = {num, s};
			mt_sqlfile_row(&f, i, tree == 0 ? t : tree == 1 ? x : k,
				       tree == 0 ? 4 : 2);
		}
		root[tree] = mt_sqlfile_root(&f);
	}
	mt_sqlfile_schema(&f, "table", "t", "t", root[0], "CREATE TABLE t (num "
			  "INTEGER PRIMARY KEY, s TEXT, w INT, v FLOAT)");
	mt_sqlfile_schema(&f, "index", "x", "t", root[1],
			  "CREATE INDEX x ON t (s)");
	mt_sqlfile_schema(&f, "table", "k", "k", root[2], "CREATE TABLE k (num "
			  "INT PRIMARY KEY, s TEXT) WITHOUT ROWID");
	assert_int_equal(0, mt_sqlfile_end(&f));
	assert_int_equal(0, mt_file_commit(&file, &err));
}

static int64_t ask(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *st = NULL;
	assert_int_equal(0, sqlite3_prepare_v2(db, sql, -1, &st, NULL));
	assert_int_equal(SQLITE_ROW, sqlite3_step(st));
	int64_t v = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return v;
}

static void compare_rows(sqlite3 *db, int64_t n, size_t scale)
{
	sqlite3_stmt *st = NULL;
	int64_t i = 0;
	assert_int_equal(0, sqlite3_prepare_v2(db, "SELECT num, s, w, v FROM t "
					       "ORDER BY num", -1, &st, NULL));
	while (sqlite3_step(st) == SQLITE_ROW) {
		struct mt_sql_value s = text_of(++i, scale);
		double v = sqlite3_column_double(st, 3);
		assert_int_equal(i, sqlite3_column_int64(st, 0));
		assert_int_equal(s.n, sqlite3_column_bytes(st, 1));
		assert_memory_equal(s.s, sqlite3_column_text(st, 1), s.n);
		assert_int_equal(whole_of(i), sqlite3_column_int64(st, 2));
		assert_int_equal(SQLITE_FLOAT, sqlite3_column_type(st, 3));
		assert_true(v == real_of(i));
	}
	sqlite3_finalize(st);
	assert_int_equal(n, i);
}

static void check(int64_t n, size_t scale, bool whole)
{
	sqlite3 *db;
	sqlite3_stmt *st = NULL;
	assert_int_equal(0, sqlite3_open(path, &db));
	/* not where pages were left out on purpose */
	if (whole) {
		sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &st, NULL);
		assert_int_equal(SQLITE_ROW, sqlite3_step(st));
		assert_string_equal("ok",
				    (const char *)sqlite3_column_text(st, 0));
		sqlite3_finalize(st);
	}
	compare_rows(db, n, scale);
	assert_int_equal(n, ask(db, "SELECT count(*) FROM k"));
	assert_int_equal(0, ask(db, "SELECT count(*) FROM t LEFT JOIN k USING "
				"(num) WHERE t.s IS NOT k.s"));
	assert_int_equal(n, ask(db, "SELECT count(*) FROM t AS a JOIN t AS b "
				"INDEXED BY x ON a.s = b.s AND a.num = b.num"));
	sqlite3_close(db);
}

static void test_sizes(void **state)
{
	(void)state;
	static const int64_t sizes[] = {0, 1, 2, 3, 100, 204, 205, 206, 1000,
					60000};
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		make(sizes[i], 0, 0);
		check(sizes[i], 0, true);
	}
	/* around where a page is just full */
	for (int64_t n = 180; n < 420; n++) {
		make(n, 0, 0);
		check(n, 0, true);
	}
	unlink(path);
}

/* Texts that do not fit into a page, in leaves and in inner pages. */
static void test_long(void **state)
{
	(void)state;
	make(4000, 100, 0);
	check(4000, 100, true);
	make(4000, 7, 0);
	check(4000, 7, true);
	make(7000, 1, 0);
	check(7000, 1, true);
	unlink(path);
}

/* The page of the lock byte stays empty; reached by a file with a hole. */
static void test_lock_page(void **state)
{
	(void)state;
	uint32_t lock = (1 << 30) / MT_SQL_PAGE + 1;
	for (uint32_t before = 1; before < 8; before++) {
		make(2000, 100, lock - before);
		check(2000, 100, false);
	}
	unlink(path);
}

/* A whole clean database. */
static void test_clean(void **state)
{
	(void)state;
	struct mt_rules rules;
	struct mt_tagdb db;
	struct mt_decide d;
	struct mt_sets s;
	struct mt_err err;
	assert_int_equal(0, mt_rules_read(&rules, "tests/ref/"
					  "tags_toy_exact.rules", &err));
	assert_int_equal(0, mt_tagdb_read(&db, "tests/ref/tags_toy.db",
					  MT_TAGDB_ALL, &err));
	assert_int_equal(0, mt_decide(&d, &rules, &db, false, &err));
	mt_sets_make(&s, &db, d.to, (uint32_t)d.n_row, NAN, true);
	assert_int_equal(0, mt_tagout_sql(path, &d, &s, &err));
	sqlite3 *out;
	sqlite3_stmt *st = NULL;
	assert_int_equal(0, sqlite3_open(path, &out));
	sqlite3_prepare_v2(out, "PRAGMA integrity_check", -1, &st, NULL);
	assert_int_equal(SQLITE_ROW, sqlite3_step(st));
	assert_string_equal("ok", (const char *)sqlite3_column_text(st, 0));
	sqlite3_finalize(st);
	assert_int_equal(s.off[s.n_set + 1],
			 ask(out, "SELECT count(*) FROM tids JOIN tid_tag ON "
			     "tids.rowid = tid_tag.tid JOIN tags ON tags.rowid "
			     "= tid_tag.tag"));
	/* they can be written to as any other */
	assert_int_equal(0, sqlite3_exec(out, "INSERT INTO tags (tag) VALUES "
					 "('new'); DELETE FROM tid_tag WHERE "
					 "tid % 2; VACUUM", NULL, NULL, NULL));
	sqlite3_close(out);
	mt_sets_release(&s);
	mt_decide_release(&d);
	mt_tagdb_release(&db);
	mt_rules_release(&rules);
	unlink(path);
}

static void test_write_fails(void **state)
{
	(void)state;
	struct mt_sqlfile f;
	struct mt_err err = {0};
	struct mt_file file = {.fd = -1, .path = path};
	mt_sqlfile_begin(&f, &file, &err);
	mt_sqlfile_tree(&f, true);
	for (int64_t i = 1; i < 100000; i++)
		mt_sqlfile_row(&f, i, (struct mt_sql_value[]){text_of(i, 0)}, 1);
	mt_sqlfile_root(&f);
	assert_int_equal(MT_ESYS, mt_sqlfile_end(&f));
	assert_non_null(strstr(err.text, "cannot write"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes), cmocka_unit_test(test_long),
		cmocka_unit_test(test_lock_page),
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_write_fails),
	};
	int fd = mkstemp(path);
	if (fd < 0)
		return 4;
	close(fd);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	int rc = cmocka_run_group_tests_name("sqlfile", tests, NULL, NULL);
	unlink(path);
	return rc;
}
