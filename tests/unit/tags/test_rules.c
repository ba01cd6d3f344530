/* SPDX-License-Identifier: MIT
 * Folds, words, rules and their mistakes, sets, and databases that are not. */
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
#include "tags/clean/decide.h"
#include "tags/clean/rules.h"
#include "tags/db/tagdb.h"

static int fold_of(const char *name)
{
	for (int i = 0; i < MT_N_FOLD; i++)
		if (!strcmp(mt_fold_name[i], name))
			return i;
	return MT_N_FOLD;
}

static void is_key(const char *fold, bool plural, const char *tag,
		   const char *want)
{
	struct mt_text key = {0};
	mt_fold_key(&key, (enum mt_fold)fold_of(fold), plural, tag,
		    strlen(tag));
	if (strcmp(key.s, want) != 0)
		print_error("%s of '%s'\n", fold, tag);
	assert_string_equal(want, key.s);
	free(key.s);
}

/* Orpheus's folds against Python's, see tests/ref/tags_ref.py. */
static void test_folds(void **state)
{
	char line[1024];
	int n = 0;
	(void)state;
	FILE *f = fopen("tests/ref/tags_fold.tsv", "r");
	assert_non_null(f);
	for (; fgets(line, sizeof line, f); n++) {
		char *cell[4], *at = line;
		line[strcspn(line, "\n")] = 0;
		for (int i = 0; i < 4; i++)
			cell[i] = strsep(&at, "\t");
		is_key(cell[0], false, cell[1], cell[2]);
		is_key(cell[0], true, cell[1], cell[3]);
	}
	fclose(f);
	assert_true(n > 300);
}

static void test_unicode(void **state)
{
	(void)state;
	is_key("case", false, "BJ\xc3\x96RK", "bj\xc3\xb6rk");
	is_key("case", false, "bjo\xcc\x88rk", "bj\xc3\xb6rk");
	is_key("case", false, "\xef\xbc\xb2ock", "rock");  /* full width R */
	is_key("letters", true, "Hip-Hop!", "hiphop");
	is_key("letters", false, "J-\xe3\x83\x9d\xe3\x83\x83\xe3\x83\x97 ",
	       "j\xe3\x83\x9d\xe3\x83\x83\xe3\x83\x97");
	is_key("letters", false, "!!!", "");
	is_key("and-words", false, "Rock 'n' Roll", "rocknroll");
	is_key("and-words", false, "rock & roll", "rocknroll");
	is_key("and-words", false, "Rock And Roll", "rocknroll");
	is_key("and-words", false, "bandana n", "bandanan");
	is_key("and-words", false, "r+b", "rnb");
	is_key("plain", true, "Bj\xc3\xb6rks", "bjork");
	is_key("plain", false, "fran\xc3\xa7""ais", "francais");
	/* not Latin: the mark stays */
	is_key("plain", false, "\xd0\xb9", "\xd0\xb8\xcc\x86");
	/* no text: as it is, and unlike all else */
	is_key("letters", true, "R\xff""cks", "R\xff""cks");
	is_key("exact", true, "A b's", "A b's");
}

static bool words(const char *pattern, const char *tag)
{
	struct mt_text p = {0}, w = {0};
	assert_true(mt_words_pattern(&p, pattern, strlen(pattern)));
	mt_words_split(&w, tag, strlen(tag));
	bool yes = mt_words_match(&p, &w);
	free(p.s);
	free(w.s);
	return yes;
}

static void test_words(void **state)
{
	(void)state;
	assert_true(words("rap", "Gangsta-RAP!"));
	assert_false(words("rap", "Raphael"));
	assert_false(words("rap", "trap"));
	assert_true(words("rap*", "Raphael Saadiq"));
	assert_true(words("*core", "melodic metalcore"));
	assert_false(words("*core", "scores cored"));
	assert_true(words("*ore*", "scores"));
	assert_true(words("hip hop", "old Hip-Hop/Rap"));
	assert_false(words("hip hop", "hip and hop"));
	assert_false(words("hip hop", "hip"));
	assert_true(words("\xc3\x89MO", "\xc3\xa9mo rock"));
	assert_true(words("male", "fe male"));
	assert_true(words("rap", "\xff""rap \xfe"));
	struct mt_text p = {0};
	assert_false(mt_words_pattern(&p, "*", 1));
	assert_false(mt_words_pattern(&p, "&!", 2));
	free(p.s);
}

static const struct {
	const char *text, *want;
} mistakes[] = {
	{"candidates 2\nnosuch x\n", "t.rules:2: unknown rule 'nosuch'"},
	{"Candidates 2\n", "t.rules:1: unknown rule 'Candidates'"},
	{"candidates\n", "t.rules:1: 'candidates' needs something after it"},
	{"candidates many\n", "t.rules:1: 'candidates' takes a count"},
	{"candidates -1\n", "t.rules:1: 'candidates' takes a count"},
	{"candidates 1.5\n", "t.rules:1: 'candidates' takes a count"},
	{"candidates 1e30\n", "t.rules:1: 'candidates' takes a count"},
	{"candidates 101%\n", "t.rules:1: 'candidates' takes a count"},
	{"candidates 3 4\n", "t.rules:1: '4' is not expected here"},
	{"candidates 3\n\n# c\npool 2\ncandidates 4\n",
	 "t.rules:5: 'candidates' is in line 1 already"},
	{"min-val high\n", "t.rules:1: 'min-val' takes a number"},
	{"min-val 3%\n", "t.rules:1: 'min-val' takes a number"},
	{"names loose\n", "t.rules:1: 'names' takes 'exact' or 'folded'"},
	{"others kept\n", "t.rules:1: 'others' takes 'merged' or 'dropped'"},
	{"fold stripp\n", "t.rules:1: unknown fold 'stripp'"},
	{"fold strip plurals\n", "t.rules:1: only 'plural' may follow"},
	{"fold strip\nfold case\nfold strip\n",
	 "t.rules:3: the same fold is in line 1 already"},
	{"candidates 1\ndeny rock,, pop\n", "t.rules:2: an empty tag"},
	{"deny rock,\n", "t.rules:1: an empty tag"},
	{"deny \"rock\n", "t.rules:1: a quote is not closed"},
	{"deny \"rock\" pop\n", "t.rules:1: text after a closing quote"},
	{"deny \"ro\\ck\"\n", "t.rules:1: unknown escape '\\c' in quotes"},
	{"deny a = b\n", "t.rules:1: '=' is not expected here"},
	{"deny @nosuchlist\n", "t.rules:1: nosuchlist: cannot open"},
	{"deny @\n", "t.rules:1: '@' needs the name of a list file"},
	{"merge rock\n", "t.rules:1: 'merge' needs two tags at least"},
	{"merge a = b = c\n", "t.rules:1: '=' is not expected here"},
	{"class rap\n", "t.rules:1: 'class' needs a name, '=' and a list"},
	{"class = rap\n", "t.rules:1: an empty tag"},
	{"class a = x, y\nclass b = z, X\n",
	 "t.rules:2: 'X' is in the class 'a' already (t.rules:1)"},
	{"class a = b\nclass b = c\n", "'b' is in the class 'a' already"},
	{"deny-words &\n", "t.rules:1: '&' has no letter or digit"},
	{"allow rock, pop\ndeny jazz\ndeny ROCK\n",
	 "t.rules:3: 'ROCK' is both allowed (t.rules:1) and denied"},
	{"merge a = b\nmerge b = a\n",
	 "t.rules:2: 'b' is merged into 'a' already (t.rules:1)"},
	{"merge a = b\nmerge c = b\n",
	 "'b' would be merged into both 'c' and 'a' (t.rules:1)"},
	{"merge a = b\ndeny b\n", "t.rules:1: 'b' is denied (t.rules:2)"},
	{"parent a = a\n", "t.rules:1: 'a' would be its own parent: a cycle"},
	{"parent a = b\nparent b = c\nparent c = A\n",
	 "would be its own parent: a cycle"},
	{"candidates 1\nallow rock, !!!\nfold strip\n",
	 "t.rules:2: the fold 'strip' of line 3 leaves nothing of the tag"},
	{"experiment 4\n", "t.rules:1: 'experiment' takes 1, 2 or 3"},
	{"experiment 1 2\n", "t.rules:1: 'experiment' takes 1, 2 or 3"},
	{"experiment 1 0.5\nexperiment 2\n", "is in line 1 already"},
	{"pool 3\n", "t.rules: no rule makes a tag"},
	{"", "t.rules: no rule makes a tag"},
};

static void test_mistakes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
		struct mt_rules r;
		struct mt_err err = {0};
		int rc = mt_rules_parse(&r, mistakes[i].text,
					strlen(mistakes[i].text), "t.rules",
					&err);
		if (rc != MT_EINPUT || !strstr(err.text, mistakes[i].want))
			print_error("%s-> '%s', wanted '%s'\n",
				    mistakes[i].text, err.text,
				    mistakes[i].want);
		assert_int_equal(MT_EINPUT, rc);
		assert_non_null(strstr(err.text, mistakes[i].want));
	}
	struct mt_rules r;
	assert_int_equal(MT_EINPUT, mt_rules_parse(&r, "pool\0 3", 7, "t",
						   NULL));
}

static void test_parse(void **state)
{
	(void)state;
	static const char text[] = "\xef\xbb\xbf# c\r\n\n candidates  0.5% # x\r\n"
		"deny a  b ,\"x, \\\"y\\\" \\x41\\t\",c#,\t<3\n"
		"class Q = R, s\nfold plain plural";
	struct mt_rules r;
	struct mt_err err;
	assert_int_equal(0, mt_rules_parse(&r, text, sizeof text - 1, "t",
					   &err));
	assert_int_equal(4, r.n);
	assert_true(r.rule[0].percent);
	assert_int_equal(3, r.rule[0].line);
	assert_float_equal(0.5, r.rule[0].number, 0);
	const struct mt_rule *deny = &r.rule[1];
	assert_int_equal(4, deny->n_name);
	assert_string_equal("a  b", deny->name[0].s);
	assert_string_equal("x, \"y\" A\t", deny->name[1].s);
	assert_string_equal("c#", deny->name[2].s);
	assert_string_equal("<3", deny->name[3].s);
	assert_string_equal("Q", r.rule[2].target.s);
	assert_int_equal(MT_FOLD_PLAIN, r.rule[3].fold);
	assert_true(r.rule[3].plural);
	mt_rules_release(&r);
	for (const struct mt_rules_builtin *b = mt_rules_builtin; b->name; b++) {
		assert_int_equal(0, mt_rules_read(&r, b->name, &err));
		mt_rules_release(&r);
	}
}

/* Counts of sets against those by hand. */
/* Many rules in little time, and chains of them in little stack. */
static void test_many_rules(void **state)
{
	(void)state;
	enum { N = 100000 };
	struct mt_rules r;
	struct mt_err err = {0};
	struct mt_text text = {0};
	char line[100];
	mt_text_put(&text, "candidates 1\nfold case\nfold letters\n", 36);
	for (int i = 0; i < N; i++) {
		int n = snprintf(line, sizeof line, "allow a%d\nparent p%d = p%d\n"
				 "merge m%d = m%d\n", i, i + 1, i, i / 2, i + 1);
		mt_text_put(&text, line, (size_t)n);
	}
	assert_int_equal(MT_EINPUT, mt_rules_parse(&r, text.s, text.n, "t", &err));
	assert_non_null(strstr(err.text, "is merged into 'm0' already"));
	text.n = 0;
	mt_text_put(&text, "candidates 1\nfold case\n", 23);
	for (int i = 0; i < N; i++) {
		int n = snprintf(line, sizeof line, "allow a%d\nparent p%d = p%d\n"
				 "merge m%d, m%d\n", i, i + 1, i, i, i + 1);
		mt_text_put(&text, line, (size_t)n);
	}
	assert_int_equal(0, mt_rules_parse(&r, text.s, text.n, "t", &err));
	assert_int_equal(3 * N + 2, r.n);
	mt_rules_release(&r);
	mt_text_put(&text, "parent p7 = p99999\n", 19);
	assert_int_equal(MT_EINPUT, mt_rules_parse(&r, text.s, text.n, "t", &err));
	assert_non_null(strstr(err.text, "would be its own parent: a cycle"));
	free(text.s);
}

static void test_many_parents(void **state)
{
	(void)state;
	struct mt_rules r;
	struct mt_tagdb db = {0};
	struct mt_decide d;
	struct mt_err err = {0};
	struct mt_text text = {0}, table = {0};
	char line[100];
	mt_text_put(&text, "candidates 1\n", 13);
	mt_text_put(&table, "track\ttag\n", 10);
	for (int i = 0; i < 102; i++) {
		int n = snprintf(line, sizeof line, "parent p%d = p%d\n", i + 1, i);
		mt_text_put(&text, line, (size_t)n);
		n = snprintf(line, sizeof line, "t\tp%d\n", i);
		mt_text_put(&table, line, (size_t)n);
	}
	assert_int_equal(0, mt_rules_parse(&r, text.s, text.n, "t", &err));
	struct mt_tagdb_how how = {0};
	assert_int_equal(0, mt_tagdb_parse(&db, "t.tsv", table.s, table.n,
					   MT_TAGDB_ALL, &how, &err));
	assert_int_equal(MT_EINPUT, mt_decide(&d, &r, &db, false, &err));
	assert_non_null(strstr(err.text, "'p0' would have more than 100 parents"));
	mt_tagdb_release(&db);
	mt_rules_release(&r);
	free(text.s);
	free(table.s);
}

static void test_sets(void **state)
{
	(void)state;
	uint32_t tid[] = {1, 1, 1, 2, 2, 3, 3, 3, 3, 2};
	uint32_t tag[] = {3, 1, 3, 2, 3, 1, 2, 3, 4, 2};
	double val[] = {1, 2, 7, NAN, 5, 0, 1, 2, 3, 4};
	uint32_t map[] = {0, 1, 2, 3, 0};
	struct mt_tagdb db = {.pair_tid = tid, .pair_tag = tag,
			      .pair_val = val, .n_pair = 10};
	struct mt_sets s;
	db.tid.n = 3;
	db.tag.n = 4;
	mt_sets_make(&s, &db, map, 3, NAN, true);
	assert_int_equal(7, s.off[4]);
	assert_true(s.val[1] == 7);   /* the greatest of two */
	assert_true(s.val[2] == 4);   /* of NULL and 4 */
	assert_true(mt_sets_has(&s, 3, 2));
	assert_false(mt_sets_has(&s, 1, 2));
	uint32_t *two = mt_sets_pairs(&s), *three = mt_sets_triples(&s);
	assert_int_equal(3, two[3 * 4 + 3]);
	assert_int_equal(2, two[2 * 4 + 3]);
	assert_int_equal(2, two[3 * 4 + 2]);
	assert_int_equal(1, two[1 * 4 + 2]);
	assert_int_equal(10, mt_sets_n_triple(3));
	assert_int_equal(1, three[mt_sets_triple(3, 1, 2)]);
	assert_int_equal(2, three[mt_sets_triple(1, 3, 3)]);
	assert_int_equal(3, three[mt_sets_triple(3, 3, 3)]);
	free(two);
	free(three);
	uint32_t up[] = {3, 0}, *parent[] = {NULL, up, NULL, NULL};
	mt_sets_add_parents(&s, parent);
	assert_int_equal(7, s.off[4]);
	mt_sets_release(&s);
	mt_sets_make(&s, &db, map, 3, 4, true);
	assert_int_equal(2, s.off[4]);        /* over 4: 7 and 5 */
	mt_sets_release(&s);
}

static void make_db(const char *path, const char *sql)
{
	sqlite3 *db;
	unlink(path);
	assert_int_equal(0, sqlite3_open(path, &db));
	assert_int_equal(0, sqlite3_exec(db, sql, NULL, NULL, NULL));
	sqlite3_close(db);
}

#define TIDS "CREATE TABLE tids (tid TEXT);"
#define TAGS "CREATE TABLE tags (tag TEXT);"
#define PAIRS "CREATE TABLE tid_tag (tid INT, tag INT, val FLOAT);"

static void test_schema(void **state)
{
	(void)state;
	static const struct { const char *sql, *want; } bad[] = {
		{"CREATE TABLE x (y)", "has no table 'tids', so it is not a tag "
		 "database (its tables: x)"},
		{TIDS PAIRS, "has no table 'tags'"},
		{TIDS TAGS, "has no table 'tid_tag'"},
		{"CREATE TABLE tids (name TEXT);" TAGS PAIRS,
		 "table 'tids' has no column 'tid'"},
		{TIDS TAGS "CREATE TABLE tid_tag (tid INT, val FLOAT)",
		 "table 'tid_tag' has no column 'tag'"},
		{TIDS TAGS "CREATE TABLE tid_tag (tid INT, tag INT)",
		 "table 'tid_tag' has no column 'val'"},
		{TIDS PAIRS "CREATE TABLE tags (tag TEXT PRIMARY KEY) WITHOUT "
		 "ROWID", "no such column: rowid"},
	};
	char path[] = "/tmp/mt-test-rules-XXXXXX";
	assert_true(close(mkstemp(path)) == 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct mt_tagdb db;
		struct mt_err err = {0};
		make_db(path, bad[i].sql);
		assert_int_equal(MT_EINPUT, mt_tagdb_read(
			&db, path, MT_TAGDB_ALL | MT_TAGDB_VAL, &err));
		if (!strstr(err.text, bad[i].want))
			print_error("'%s'\n", err.text);
		assert_non_null(strstr(err.text, bad[i].want));
	}
	unlink(path);
}

static void test_locked(void **state)
{
	(void)state;
	char path[] = "/tmp/mt-test-rules-XXXXXX";
	struct mt_tagdb db;
	struct mt_err err = {0};
	sqlite3 *other;
	assert_true(close(mkstemp(path)) == 0);
	make_db(path, TIDS TAGS PAIRS "INSERT INTO tids VALUES ('a');"
		"INSERT INTO tags VALUES ('b');"
		"INSERT INTO tid_tag VALUES (1, 1, 5)");
	assert_int_equal(0, sqlite3_open(path, &other));
	assert_int_equal(0, sqlite3_exec(other, "BEGIN EXCLUSIVE", NULL, NULL,
					 NULL));
	assert_int_equal(MT_ESYS, mt_tagdb_read(&db, path, MT_TAGDB_ALL, &err));
	assert_non_null(strstr(err.text, "is locked by another program"));
	sqlite3_close(other);
	assert_int_equal(0, mt_tagdb_read(&db, path, MT_TAGDB_ALL, &err));
	assert_int_equal(1, db.n_pair);
	assert_float_equal(5, db.pair_val[0], 0);
	mt_tagdb_release(&db);
	unlink(path);
}

/* Two threads read as one. */
static void test_many(void **state)
{
	(void)state;
	char path[] = "/tmp/mt-test-rules-XXXXXX";
	struct mt_tagdb db;
	struct mt_err err = {0};
	assert_true(close(mkstemp(path)) == 0);
	make_db(path, TIDS TAGS PAIRS
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
		"WHERE i < 300000) INSERT INTO tid_tag SELECT i, 1 + i % 7, i "
		"FROM n; INSERT INTO tids SELECT 't' || tid FROM tid_tag;"
		"INSERT INTO tags VALUES (1),(2),(3),(4),(5),(6),(7);"
		"DELETE FROM tid_tag WHERE rowid % 1000 = 3");
	assert_int_equal(0, mt_tagdb_read(&db, path, MT_TAGDB_ALL, &err));
	assert_int_equal(299700, db.n_pair);
	for (size_t i = 0; i < db.n_pair; i++) {
		uint32_t t = db.pair_tid[i];
		assert_int_equal(1 + t % 7, db.pair_tag[i]);
		assert_true(!i || t > db.pair_tid[i - 1]);
		assert_true(t % 1000 != 3 && (double)t == db.pair_val[i]);
	}
	mt_tagdb_release(&db);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_folds), cmocka_unit_test(test_unicode),
		cmocka_unit_test(test_words), cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_parse), cmocka_unit_test(test_sets),
		cmocka_unit_test(test_schema), cmocka_unit_test(test_locked),
		cmocka_unit_test(test_many), cmocka_unit_test(test_many_rules),
		cmocka_unit_test(test_many_parents),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
