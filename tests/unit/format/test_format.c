/* SPDX-License-Identifier: MIT
 * Tables as text: each format's own bytes, and what TSV and CSV write is
 * what format/cells.h reads. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "format/cells.h"
#include "format/format.h"

static char *text;
static size_t size;

static FILE *begin(void)
{
	return open_memstream(&text, &size);
}

static void check(FILE *f, const char *want)
{
	fclose(f);
	assert_string_equal(text, want);
	free(text);
}

static const struct mt_column column[] = {
	{.name = "tag", .width = 8},
	{.name = "n", .kind = MT_COL_INT, .width = 4},
	{.name = "share", .title = "of all", .kind = MT_COL_REAL, .width = 7, .digits = 2},
	MT_COL("raw", LIST),
};

static void put_all(FILE *f, const struct mt_format *format)
{
	const struct mt_span raw[] = {{"Rock", 4}, {"a, b", 4}};
	struct mt_print p;
	mt_print_begin(&p, f, format, column, 4);
	mt_print_text(&p, "rock", 4);
	mt_print_int(&p, -3);
	mt_print_real(&p, 0.1, 64);
	mt_print_list(&p, raw, 2, ",");
	mt_print_row(&p);
	mt_print_text(&p, "", 0);
	mt_print_uint(&p, UINT64_MAX);
	mt_print_real(&p, NAN, 64);
	mt_print_row(&p);                /* ends early */
	mt_print_none(&p);
	mt_print_none(&p);
	mt_print_fixed(&p, 1, 3);
	mt_print_list(&p, raw, 0, ",");
	mt_print_row(&p);
}

static void tsv(void **state)
{
	(void)state;
	FILE *f = begin();
	put_all(f, &mt_format_tsv);
	check(f, "tag\tn\tshare\traw\n"
	      "rock\t-3\t0.1\tRock,\"a, b\"\n"
	      "\"\"\t18446744073709551615\tnan\t\n"
	      "\t\t1.000\t\n");
}

static void csv(void **state)
{
	(void)state;
	struct mt_print p;
	FILE *f = begin();
	put_all(f, &mt_format_csv);
	check(f, "tag,n,share,raw\n"
	      "rock,-3,0.1,"
	      "\"Rock,\"\"a, b\"\"\"\n"
	      "\"\",18446744073709551615,nan,\n"
	      ",,1.000,\n");
	f = begin();
	mt_print_begin(&p, f, &mt_format_csv, NULL, 0);
	mt_print_word(&p, "AC\\DC");
	mt_print_word(&p, "a\tb");
	mt_print_word(&p, "a\r\nb");
	mt_print_word(&p, "6\" tape");
	mt_print_word(&p, "\x1b[2J");
	mt_print_word(&p, "\\x1b");
	mt_print_row(&p);
	check(f, "AC\\DC,\"a\tb\",\"a\r\nb\",\"6\"\" tape\",\\x1b[2J,\\x5cx1b\n");
}

/* One column: a missing value is no empty line, which readers skip. */
static void one_column(void **state)
{
	(void)state;
	const struct mt_format *all[] = {&mt_format_tsv, &mt_format_csv};
	struct mt_print p;
	for (int i = 0; i < 2; i++) {
		FILE *f = begin();
		mt_print_begin(&p, f, all[i], column, 1);
		mt_print_row(&p);
		check(f, "tag\n\"\"\n");
	}
}

static void json(void **state)
{
	(void)state;
	FILE *f = begin();
	put_all(f, &mt_format_json);
	check(f, "{\"tag\":\"rock\",\"n\":-3,\"share\":0.1,\"raw\":[\"Rock\",\"a, b\"]}\n"
	      "{\"tag\":\"\",\"n\":18446744073709551615,\"share\":null,\"raw\":null}\n"
	      "{\"tag\":null,\"n\":null,\"share\":1.000,\"raw\":[]}\n");
}

static void table(void **state)
{
	(void)state;
	FILE *f = begin();
	put_all(f, &mt_format_table);
	check(f, "tag         n  of all raw\n"
	      "rock       -3    0.10 Rock,\"a, b\"\n"
	      "         18446744073709551615     nan \n"
	      "                 1.00 \n");
}

/* Rows of any width; JSON without names has arrays. */
static void without_columns(void **state)
{
	(void)state;
	struct mt_print p;
	for (int i = 0; i < 2; i++) {
		FILE *f = begin();
		mt_print_begin(&p, f, i ? &mt_format_json : &mt_format_tsv, NULL, 0);
		mt_print_word(&p, "split");
		mt_print_word(&p, "train");
		mt_print_int(&p, 5);
		mt_print_row(&p);
		mt_print_word(&p, "records");
		mt_print_int(&p, 7);
		mt_print_row(&p);
		mt_print_row(&p);
		check(f, i ? "[\"split\",\"train\",5]\n[\"records\",7]\n[]\n"
			   : "split\ttrain\t5\nrecords\t7\n\n");
	}
}

static void numbers(void **state)
{
	(void)state;
	struct mt_print p;
	FILE *f = begin();
	mt_print_begin(&p, f, &mt_format_tsv, NULL, 0);
	mt_print_real(&p, 29.156, 64);
	mt_print_real(&p, (double)0.1f, 32);
	mt_print_real(&p, (double)0.1f, 64);
	mt_print_real(&p, 5e-324, 64);
	mt_print_real(&p, -INFINITY, 64);
	mt_print_int(&p, INT64_MIN);
	mt_print_rounded(&p, 1.0 / 3, 4);
	mt_print_row(&p);
	check(f, "29.156\t0.1\t0.10000000149011612\t5e-324\t-inf\t-9223372036854775808"
	      "\t0.3333\n");
}

/* Texts that a reader could take for something else. */
static const struct mt_span hostile[] = {
#define T(s) {s, sizeof s - 1}
	T("plain"), T(""), T("\t"), T("a\tb"), T("\n"), T("a\nb\n"), T("\r"), T("a\r\nb\r"),
	T("\""), T("\"\""), T("\"a\""), T("\"a\"b"), T("a\"b"), T("\"a\tb\"\n"),
	T("a,b"), T(","), T("\",\""), T("\\"), T("\\t"), T("\\\\n"), T("a\\"), T("AC\\DC"),
	T("\\x1b"), T("\\x5c"), T("\\x5cx1b"), T("\\x41"), T("\\\\x00"), T("\0"), T("a\0b\0"),
	T("\x1b[31m"), T("\x7f"), T("\x80"), T("\x9f\xff"), T("\xc2\x85"), T("\xc2"),
	T("\xef\xbb\xbf"), T("\xef\xbb\xbf" "a"), T("a\xef\xbb\xbf"), T("\xe2\x80\xae" "evil"),
	T("\xe2\x80\xa8"), T("\xd7\x90"), T(" a "), T(" \"a\" "), T("a;b|c"), T("#a"),
	T("=1+1"), T("\xfe\xff"), T("\xff\xfe" "a"),
#undef T
};
enum { N_HOSTILE = sizeof hostile / sizeof *hostile };

/* Read the text once more; every cell must be what was put. */
static void read_back(const char *path, size_t width)
{
	struct mt_cells c;
	struct mt_err err = {0};
	size_t row = 0;
	int rc;
	mt_cells_init(&c, path, text, size);
	c.escapes = true;
	while (!(rc = mt_cells_next(&c, &err))) {
		assert_int_equal(c.n_cell, width);
		for (size_t k = 0; k < width; k++) {
			const struct mt_span *want = &hostile[(row + k) % N_HOSTILE];
			assert_int_equal(c.len[k], want->n);
			assert_memory_equal(c.cell[k], want->s, want->n);
		}
		row++;
	}
	assert_int_equal(rc, MT_END);
	assert_int_equal(row, N_HOSTILE);
	mt_cells_release(&c);
}

static void round_trip(void **state)
{
	static const struct {
		const struct mt_format *format;
		const char *path;
	} way[] = {{&mt_format_tsv, "x.tsv"}, {&mt_format_csv, "x.csv"}};
	(void)state;
	struct mt_print p;
	for (size_t i = 0; i < sizeof way / sizeof *way; i++)
		for (size_t width = 1; width <= 3; width++) {
			FILE *f = begin();
			mt_print_begin(&p, f, way[i].format, NULL, 0);
			for (size_t row = 0; row < N_HOSTILE; row++) {
				for (size_t k = 0; k < width; k++) {
					const struct mt_span *t = &hostile[(row + k) % N_HOSTILE];
					mt_print_text(&p, t->s, t->n);
				}
				mt_print_row(&p);
			}
			fclose(f);
			read_back(way[i].path, width);
			free(text);
		}
}

/* The same for the first line, by which a reader knows the separator. */
static void first_line(void **state)
{
	static const struct {
		const struct mt_format *format;
		const char *path;
	} way[] = {{&mt_format_tsv, "x.tsv"}, {&mt_format_csv, "x.csv"}};
	(void)state;
	struct mt_print p;
	for (size_t i = 0; i < sizeof way / sizeof *way; i++)
		for (size_t k = 0; k < N_HOSTILE; k++) {
			struct mt_cells c;
			FILE *f = begin();
			mt_print_begin(&p, f, way[i].format, NULL, 0);
			mt_print_text(&p, hostile[k].s, hostile[k].n);
			mt_print_text(&p, "b", 1);
			mt_print_row(&p);
			fclose(f);
			mt_cells_init(&c, way[i].path, text, size);
			c.escapes = true;
			assert_int_equal(mt_cells_next(&c, NULL), 0);
			assert_int_equal(c.n_cell, 2);
			assert_int_equal(c.len[0], hostile[k].n);
			assert_memory_equal(c.cell[0], hostile[k].s, hostile[k].n);
			mt_cells_release(&c);
			free(text);
		}
}

/* Items of a list, back by mt_cells_item(), which knows no empty ones. */
static void lists(void **state)
{
	(void)state;
	struct mt_print p;
	struct mt_cells c;
	FILE *f = begin();
	mt_print_begin(&p, f, &mt_format_tsv, NULL, 0);
	mt_print_list(&p, hostile, N_HOSTILE, ",");
	mt_print_row(&p);
	fclose(f);
	mt_cells_init(&c, "x.tsv", text, size);
	c.escapes = true;
	assert_int_equal(mt_cells_next(&c, NULL), 0);
	assert_int_equal(c.n_cell, 1);
	const char *at = c.cell[0], *end = at + c.len[0];
	for (size_t i = 0; i < N_HOSTILE; i++) {
		if (!hostile[i].n)
			continue;
		const char *from = at;
		char *item = mt_cells_item(&at, end);
		assert_non_null(item);
		assert_true(at > from);
		/* items end at a zero byte */
		size_t n = strnlen(hostile[i].s, hostile[i].n);
		assert_int_equal(strlen(item), n);
		assert_memory_equal(item, hostile[i].s, n);
		free(item);
	}
	assert_null(mt_cells_item(&at, end));
	mt_cells_release(&c);
	free(text);
}

static void endings(void **state)
{
	(void)state;
	assert_ptr_equal(mt_format_of_path("a/b.tsv"), &mt_format_tsv);
	assert_ptr_equal(mt_format_of_path("b.csv"), &mt_format_csv);
	assert_ptr_equal(mt_format_of_path("b.jsonl"), &mt_format_json);
	assert_null(mt_format_of_path("b.db"));
	assert_null(mt_format_of_path("tsv"));
	assert_null(mt_format_of_path(".tsv"));
	assert_ptr_equal(mt_format_named("table"), &mt_format_table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tsv),
		cmocka_unit_test(csv),
		cmocka_unit_test(one_column),
		cmocka_unit_test(json),
		cmocka_unit_test(table),
		cmocka_unit_test(without_columns),
		cmocka_unit_test(numbers),
		cmocka_unit_test(round_trip),
		cmocka_unit_test(first_line),
		cmocka_unit_test(lists),
		cmocka_unit_test(endings),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("format", tests, NULL, NULL);
}
