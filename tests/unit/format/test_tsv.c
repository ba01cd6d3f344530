/* SPDX-License-Identifier: MIT
 * Tables and vocabularies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/crc.h"
#include "base/mem.h"
#include "format/cells.h"
#include "format/table.h"
#include "tags/label/vocab.h"

static int parse(struct mt_table *t, const char *text, struct mt_err *err)
{
	return mt_table_parse(t, text, strlen(text), "t.tsv", err);
}

static void test_table(void **state)
{
	(void)state;
	static const char text[] = "\xef\xbb\xbfpath\ttags\tsplit\r\n"
		"b\tx, y\ttrain\r\n\n\na\t\xff\xfe\t\nab\t\ttest";
	struct mt_table t;
	assert_int_equal(0, parse(&t, text, NULL));
	assert_int_equal(3, t.n_column);
	assert_int_equal(3, t.n_row);
	assert_string_equal("path", t.column[0]);
	assert_int_equal(2, mt_table_column(&t, "split"));
	assert_int_equal(-1, mt_table_column(&t, "spli"));
	assert_int_equal(mt_crc32(0, text, sizeof text - 1), t.crc);
	int64_t row = mt_table_find(&t, "bcd", 1);
	assert_true(row >= 0);
	assert_string_equal("x, y", mt_table_cell(&t, (size_t)row, 1));
	assert_string_equal("train", mt_table_cell(&t, (size_t)row, 2));
	assert_int_equal(2, t.line[row]);
	row = mt_table_find(&t, "a", 1);
	assert_string_equal("\xff\xfe", mt_table_cell(&t, (size_t)row, 1));
	assert_string_equal("", mt_table_cell(&t, (size_t)row, 2));
	assert_int_equal(5, t.line[row]);
	row = mt_table_find(&t, "ab", 2);
	assert_string_equal("test", mt_table_cell(&t, (size_t)row, 2));
	assert_int_equal(-1, mt_table_find(&t, "abc", 3));
	assert_int_equal(-1, mt_table_find(&t, "", 0));
	mt_table_release(&t);
}

static void test_bad_table(void **state)
{
	(void)state;
	static const struct { const char *text, *say; } bad[] = {
		{"", "line 1: a header line"},
		{"\nb\tc\n", "line 1: a header line"},
		{"path\ttitle\na\tb\tc\n", "line 2: 3 cells where the header "
		 "has 2"},
		{"path\ttags\tx\na\tb\tc\td\n", "line 2: 4 cells where"},
		{"\xff\xfep\x01", "is UTF-16 text"},
		{"path\ttags\na\tb\n\nc\n", "line 4: 1 cells"},
		{"path\ttags\n\tb\n", "line 2: the first cell is empty"},
		{"path\ttags\na\tb\nb\tc\na\tb\n", "line 4: 'a' is in "
		 "line 2 already"},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct mt_table t;
		struct mt_err err = {0};
		assert_int_equal(MT_EINPUT, parse(&t, bad[i].text, &err));
		assert_memory_equal("t.tsv: ", err.text, 7);
		assert_non_null(strstr(err.text, bad[i].say));
		assert_null(t.data);
	}
	struct mt_table t;
	struct mt_err err = {0};
	assert_int_equal(MT_EINPUT, mt_table_parse(&t, "a\nb\0c", 5, "z",
						   &err));
	assert_string_equal("z: line 2: holds a zero byte", err.text);
}

static void test_commas(void **state)
{
	(void)state;
	static const char text[] = "\xef\xbb\xbfpath,tags,split\r\n"
		"\"b, c.mp3\",\"x, \"\"y\"\"\",train\r\n\r\n"
		"a\tb,\"two\nlines\",\"\"\nz,,\"test\"";
	struct mt_table t;
	struct mt_err err = {0};
	assert_int_equal(0, mt_table_parse(&t, text, sizeof text - 1, "t.csv",
					   NULL));
	assert_int_equal(3, t.n_column);
	assert_int_equal(3, t.n_row);
	assert_string_equal("split", t.column[2]);
	int64_t row = mt_table_find(&t, "b, c.mp3", 8);
	assert_true(row >= 0);
	assert_string_equal("x, \"y\"", mt_table_cell(&t, (size_t)row, 1));
	row = mt_table_find(&t, "a\tb", 3);
	assert_string_equal("two\nlines", mt_table_cell(&t, (size_t)row, 1));
	assert_string_equal("", mt_table_cell(&t, (size_t)row, 2));
	assert_int_equal(4, t.line[row]);
	row = mt_table_find(&t, "z", 1);
	assert_string_equal("test", mt_table_cell(&t, (size_t)row, 2));
	assert_int_equal(6, t.line[row]);
	mt_table_release(&t);
	assert_int_equal(MT_EINPUT, mt_table_parse(&t, "a\n\"b\nc", 6, "t.csv",
						   &err));
	assert_string_equal("t.csv: line 2: a quote is not closed", err.text);
}

/* Tab-separated, with quotes that fit and others. */
static void test_quotes(void **state)
{
	(void)state;
	static const struct { const char *text, *cell[2]; } good[] = {
		{"path\tx\n\"a,b\"\t\"c\td\"\n", {"a,b", "c\td"}},
		{"path\tx\n\"a \"\"b\"\"\"\t\"\"\r\n", {"a \"b\"", ""}},
		{"path\tx\n\"Heroes\" live\t7\" single\n",
		 {"\"Heroes\" live", "7\" single"}},
		{"path\tx\n\"open\tb\n", {"\"open", "b"}},
		{"\"path\"\t\"x\"\n\"a\nb\"\t\"c\"\n", {"a\nb", "c"}},
	};
	struct mt_table t;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		assert_int_equal(0, parse(&t, good[i].text, NULL));
		for (size_t k = 0; k < 2; k++)
			assert_string_equal(good[i].cell[k],
					    mt_table_cell(&t, 0, k));
		mt_table_release(&t);
	}
	/* by its first line, one named .csv has tabs */
	assert_int_equal(0, mt_table_parse(&t, "path\tx\na,b\tc", 12, "t.csv",
					   NULL));
	assert_string_equal("a,b", mt_table_cell(&t, 0, 0));
	mt_table_release(&t);
}

static void test_ragged(void **state)
{
	(void)state;
	struct mt_table t;
	size_t n;
	assert_int_equal(0, parse(&t, "path\tTAGS\nb\tx\ty\tz, w\na\t\nc\tv\n",
				  NULL));
	assert_null(mt_table_more(&t, 0, &n));
	assert_int_equal(0, n);
	char *const *more = mt_table_more(&t, 1, &n);
	assert_int_equal(2, n);
	assert_string_equal("y", more[0]);
	assert_string_equal("z, w", more[1]);
	mt_table_release(&t);
}

/* A header as wide as it may be, and many lines that are not: memory goes by
 * the size of the text. */
static void test_wide(void **state)
{
	(void)state;
	struct mt_table t;
	struct mt_err err;
	size_t size = 65537 + 100000;
	char *text = mt_calloc(size + 1, 1);
	memset(text, '\t', 65537);
	text[0] = 'k';
	text[65535] = '\n';
	memset(text + 65536, '\n', size - 65536);
	assert_int_equal(0, mt_table_parse(&t, text, size, "t.tsv", &err));
	assert_int_equal(65535, t.n_column);
	mt_table_release(&t);
	memset(text, '\t', 65537);
	text[0] = 'k';
	assert_int_equal(MT_EINPUT, mt_table_parse(&t, text, size, "t.tsv", &err));
	assert_non_null(strstr(err.text, "line 1: more than 65536 cells"));
	size = ((size_t)64 << 20) + 10;
	text = mt_realloc(text, size, 1);
	memset(text, 'x', size);
	memcpy(text, "path\n", 5);
	assert_int_equal(MT_EINPUT, mt_table_parse(&t, text, size, "t.tsv", &err));
	assert_non_null(strstr(err.text, "line 2: longer than 64 MiB"));
	free(text);
}

static void test_items(void **state)
{
	(void)state;
	static const char list[] = " a b ,, \"c, d\" ,\"e \"\"f\"\"\",\"g\"h,7\",\"\",i";
	static const char *const want[] = {"a b", "c, d", "e \"f\"", "\"g\"h",
					   "7\"", "i"};
	const char *at = list;
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		char *got = mt_cells_item(&at, list + strlen(list));
		assert_string_equal(want[i], got);
		free(got);
	}
	assert_null(mt_cells_item(&at, list + strlen(list)));
	/* merges whose names hold what parts them */
	struct mt_vocab v = {0};
	assert_int_equal(0, mt_vocab_merge(&v, "\"a, b = c\"=\"d, e\",f", NULL));
	assert_int_equal(2, v.n_alias);
	assert_string_equal("a, b = c", v.alias[0].to);
	assert_string_equal("d, e", v.alias[0].from);
	mt_vocab_add(&v, "f, g");
	mt_vocab_add(&v, "\"d, e\"");
	assert_int_equal(0, mt_vocab_order(&v, &(struct mt_vocab_choice){
		.without = "g", .with = "\"a, b = c\""}, NULL));
	assert_int_equal(1, v.n);
	assert_int_equal(2, v.tag[0].count);
	mt_vocab_release(&v);
}

static void test_many_rows(void **state)
{
	(void)state;
	enum { N = 5000 };
	static char text[N * 20 + 32];
	size_t at = (size_t)snprintf(text, sizeof text, "key\ttags\n");
	for (int i = 0; i < N; i++)
		at += (size_t)snprintf(text + at, sizeof text - at, "k%d\t%d\n",
				       i * 7919 % N, i);
	struct mt_table t;
	assert_int_equal(0, parse(&t, text, NULL));
	assert_int_equal(N, t.n_row);
	for (int i = 0; i < N; i++) {
		char key[16], want[16];
		snprintf(key, sizeof key, "k%d", i * 7919 % N);
		snprintf(want, sizeof want, "%d", i);
		int64_t row = mt_table_find(&t, key, strlen(key));
		assert_true(row >= 0);
		assert_string_equal(want, mt_table_cell(&t, (size_t)row, 1));
	}
	mt_table_release(&t);
}

static void fill(struct mt_vocab *v)
{
	mt_vocab_add(v, "rock, pop");
	mt_vocab_add(v, "rock,rock ,\trock");
	mt_vocab_add(v, " jazz ,,");
	mt_vocab_add(v, "hiphop,hip hop");
	mt_vocab_add(v, "");
}

static void expect(const struct mt_vocab *v, const char *names)
{
	char all[256] = "";
	size_t at = 0;
	for (size_t i = 0; i < v->n; i++)
		at += (size_t)snprintf(all + at, sizeof all - at, "%s%s:%d",
				       i ? " " : "", v->tag[i].name,
				       (int)v->tag[i].count);
	assert_string_equal(names, all);
}

static int order(struct mt_vocab *v, const char *with, const char *without,
		 size_t top, struct mt_err *err)
{
	return mt_vocab_order(v, &(struct mt_vocab_choice){
		.with = with, .without = without, .top = top}, err);
}

static void test_vocab(void **state)
{
	(void)state;
	struct mt_vocab v = {0};
	fill(&v);
	assert_int_equal(0, order(&v, NULL, NULL, 0, NULL));
	expect(&v, "rock:2 hip hop:1 hiphop:1 jazz:1 pop:1");
	uint8_t y[5] = {9, 9, 9, 9, 9};
	mt_vocab_label(&v, "pop , rock,unknown", y);
	assert_memory_equal(((uint8_t[]){1, 0, 0, 0, 1}), y, 5);
	mt_vocab_label(&v, "", y);
	assert_memory_equal(((uint8_t[5]){0}), y, 5);
	mt_vocab_release(&v);
}

static void test_choice(void **state)
{
	(void)state;
	struct mt_vocab v = {0};
	struct mt_err err = {0};
	fill(&v);
	assert_int_equal(0, order(&v, "pop,rock,jazz", "jazz", 0, &err));
	expect(&v, "rock:2 pop:1");
	mt_vocab_release(&v);
	fill(&v);
	assert_int_equal(0, order(&v, NULL, "rock", 2, &err));
	expect(&v, "hip hop:1 hiphop:1");
	mt_vocab_release(&v);
	fill(&v);
	assert_int_equal(MT_EUSAGE, order(&v, "pop,polka", NULL, 0, &err));
	assert_string_equal("the tag 'polka' does not occur", err.text);
	mt_vocab_release(&v);
}

/* By number, as they came; with beside top; a tag that only has a number. */
static void test_numbers(void **state)
{
	(void)state;
	struct mt_vocab v = {0};
	struct mt_err err = {0};
	mt_vocab_tag(&v, "never");
	fill(&v);
	struct mt_vocab_choice c = {.order_by_number = true};
	assert_int_equal(0, mt_vocab_order(&v, &c, &err));
	expect(&v, "rock:2 pop:1 jazz:1 hiphop:1 hip hop:1");
	mt_vocab_release(&v);
	mt_vocab_tag(&v, "never");
	fill(&v);
	c = (struct mt_vocab_choice){.top = 2, .top_by_number = true,
				     .with = "hiphop,never,pop",
				     .order_by_number = true};
	assert_int_equal(0, mt_vocab_order(&v, &c, &err));
	expect(&v, "never:0 rock:2 pop:1 hiphop:1");
	assert_int_equal(3, mt_vocab_find(&v, "hiphop"));
	assert_int_equal(-1, mt_vocab_find(&v, "jazz"));
	mt_vocab_release(&v);
}

static void test_merge(void **state)
{
	(void)state;
	struct mt_vocab v = {0};
	assert_int_equal(0, mt_vocab_merge(&v, "hip-hop=hiphop, hip hop",
					   NULL));
	assert_int_equal(0, mt_vocab_merge(&v, "r=rock,r", NULL));
	fill(&v);
	assert_int_equal(0, order(&v, NULL, NULL, 0, NULL));
	/* the two spellings in one row count once */
	expect(&v, "r:2 hip-hop:1 jazz:1 pop:1");
	uint8_t y[4];
	mt_vocab_label(&v, "hip hop,rock", y);
	assert_memory_equal(((uint8_t[]){1, 1, 0, 0}), y, 4);
	mt_vocab_release(&v);
	static const char *const bad[] = {"x", "x=", "=y", ""};
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(MT_EUSAGE, mt_vocab_merge(&v, bad[i], NULL));
	assert_int_equal(0, mt_vocab_merge(&v, "a=b", NULL));
	assert_int_equal(MT_EUSAGE, mt_vocab_merge(&v, "c=b", NULL));
	assert_int_equal(MT_EUSAGE, mt_vocab_merge(&v, "c=a", NULL));
	assert_int_equal(MT_EUSAGE, mt_vocab_merge(&v, "b=c", NULL));
	assert_int_equal(0, mt_vocab_merge(&v, "a=d", NULL));
	mt_vocab_release(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_bad_table),
		cmocka_unit_test(test_quotes),
		cmocka_unit_test(test_ragged), cmocka_unit_test(test_wide),
		cmocka_unit_test(test_items),
		cmocka_unit_test(test_commas),
		cmocka_unit_test(test_many_rows),
		cmocka_unit_test(test_vocab),
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_merge),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("tsv", tests, NULL, NULL);
}
