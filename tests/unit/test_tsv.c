/* SPDX-License-Identifier: MIT
 * Tables and vocabularies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/crc.h"
#include "tags/table.h"
#include "tags/vocab.h"

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
		{"path\ttags\na\tb\tc\n", "line 2: 3 cells where the header "
		 "has 2"},
		{"path\ttags\na\tb\n\nc\n", "line 4: 1 cells"},
		{"path\ttags\n\tb\n", "line 2: the first cell is empty"},
		{"path\ttags\na\tb\nb\tc\na\tb\n", "line 4: 'a' stands in "
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
	/* in other files quotes and commas are text */
	assert_int_equal(0, parse(&t, "path\n\"a,b\"\n", NULL));
	assert_string_equal("\"a,b\"", mt_table_cell(&t, 0, 0));
	mt_table_release(&t);
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
