/* SPDX-License-Identifier: MIT
 * Time by size: what takes input of any size is timed at two sizes, one eight
 * times the other. What is linear takes eight times as long, n log n about ten,
 * and what is quadratic sixty-four. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "format/rectable.h"
#include "format/scoretext.h"
#include "set/index.h"
#include "set/pack.h"
#include "set/packdir.h"
#include "stream/head.h"
#include "stream/spool.h"
#include "stream/writer.h"

#define TIMES 8
#define MOST 28          /* between n log n and n * n */

static double timed(void (*run)(size_t), size_t n)
{
	struct timespec a, b;
	double best = 1e9;
	for (int i = 0; i < 3; i++) {
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
		run(n);
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
		double t = (double)(b.tv_sec - a.tv_sec) +
			   1e-9 * (double)(b.tv_nsec - a.tv_nsec);
		best = t < best ? t : best;
	}
	return best;
}

/* Grow n until it takes a millisecond, then compare. */
static void check(void (*run)(size_t), size_t n)
{
	double small = timed(run, n);
	while (small < 1e-3) {
		n *= 2;
		small = timed(run, n);
	}
	double ratio = timed(run, TIMES * n) / small;
	print_message("# n %zu: %.2f ms, times %d: %.1f\n", n, small * 1e3, TIMES, ratio);
	assert_true(ratio < MOST);
}

static char *text_of(size_t n, const char *fmt, const char *after, size_t *size)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, size);
	fputs("mtrec\t1\nkind\tscore\n", f);
	for (size_t i = 0; i < n; i++) {
		for (const char *p = fmt; *p; p++)
			if (*p == '#')
				fprintf(f, "%zu", i);
			else
				fputc(*p, f);
	}
	for (size_t i = 0; i < 4 * n; i++)
		fputs(after, f);
	fclose(f);
	return text;
}

/* Tags, then lines that are not tags. */
static void tags(size_t n)
{
	struct mt_head head, copy;
	size_t size;
	char *text = text_of(n, "tag\t#\tname#\n", "x\n", &size), name[32];
	assert_int_equal(0, mt_head_parse(&head, text, size, NULL));
	assert_true(mt_head_n_tag(&head) == n);
	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof name, "name%zu", i);
		assert_string_equal(mt_head_tag(&head, i), name);
		assert_true(mt_head_find_tag(&head, name) == (int64_t)i);
	}
	assert_true(mt_head_find_tag(&head, "none") == -1);
	mt_head_copy(&copy, &head);
	assert_int_equal(0, mt_head_same(&head, &copy, NULL));
	mt_head_drop(&copy, "tag", NULL);
	assert_true(!mt_head_n_tag(&copy));
	for (size_t i = 0; i < n; i++)
		mt_head_add_tag(&copy, "t");
	mt_head_release(&copy);
	mt_head_release(&head);
	free(text);
}

/* Fields and parameters that are replaced, as mt-pack does. */
static void fields(size_t n)
{
	struct mt_head head;
	size_t size;
	char *text = text_of(n, "field\tf#\tf4\tN\tx\nparam\tp#\t1\n", "", &size), name[32];
	assert_int_equal(0, mt_head_parse(&head, text, size, NULL));
	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof name, "f%zu", i);
		mt_head_set_field(&head, name, "f2", "N", "y");
		assert_true(mt_head_has_field(&head, name));
		name[0] = 'p';
		mt_head_set_param(&head, name, "%zu", i);
		assert_non_null(mt_head_param(&head, name));
	}
	mt_head_release(&head);
	free(text);
}

/* Columns of as many declared fields. */
static void columns(size_t n)
{
	struct mt_head head;
	struct mt_rectable t = {.out = stdout, .format = &mt_format_tsv};
	size_t size;
	char *text = text_of(n, "field\tf#\tf4\t\tx\nfield\tf#\tf4\t\tx\n", "", &size);
	assert_int_equal(0, mt_head_parse(&head, text, size, NULL));
	mt_rectable_head(&t, &head);
	assert_true(t.n == n + 1);
	mt_rectable_release(&t);
	mt_head_release(&head);
	free(text);
}

/* Scores of a vocabulary, from the best down, in an order that is bad for it. */
static void scores(size_t n)
{
	struct mt_rec rec;
	float *score = mt_calloc(n, sizeof *score);
	char **tag = mt_calloc(n, sizeof *tag);
	for (size_t i = 0; i < n; i++) {
		score[i] = (float)i;
		tag[i] = (char *)(uintptr_t)"t";
	}
	mt_rec_init(&rec);
	mt_rec_put_str(&rec, "key", "k", 1);
	mt_rec_put(&rec, "score", "f4", 1, &(uint64_t){n}, score);
	struct mt_scoretext t = {.f = fopen("/dev/null", "w"), .format = &mt_format_tsv,
				 .tag = tag, .n_tag = n, .top = 3};
	mt_scoretext_put(&t, &rec);
	fclose(t.f);
	mt_rec_release(&rec);
	free(score);
	free(tag);
}

/* A key that all records of a part have. */
static void one_key(size_t n)
{
	struct mt_index x = {.n = n, .keys_size = 2 * n};
	uint64_t *off = mt_calloc(n, sizeof *off), at;
	char *keys = mt_calloc(2 * n, 1);
	size_t from = 0, met = 0;
	for (size_t i = 0; i < n; i++)
		memcpy(keys + 2 * i, "k\n", 2);
	x.off = off;
	x.keys = keys;
	while (!mt_index_find(&x, "k", &from, &at))
		met++;
	assert_true(met == n);
	free(off);
	free(keys);
}

/* Records in memory that all have other fields. */
static void layouts(size_t n)
{
	struct mt_spool s = {0};
	struct mt_rec rec;
	char name[32];
	double x;
	mt_rec_init(&rec);
	for (size_t i = 0; i < n; i++) {
		mt_rec_reset(&rec, MT_DATA);
		snprintf(name, sizeof name, "f%zu", i);
		mt_rec_put_f8(&rec, name, (double)i);
		mt_spool_put(&s, &rec);
	}
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(0, mt_spool_get(&s, &rec));
		snprintf(name, sizeof name, "f%zu", i);
		assert_true(mt_rec_num(&rec, name, &x) && x >= (double)i);
	}
	mt_rec_release(&rec);
	mt_spool_release(&s);
}

/* A set of which each record is in a split of its own. */
static void splits(size_t n)
{
	char folder[] = "/tmp/mt-scale-XXXXXX", split[32];
	struct mt_pack p;
	struct mt_head head;
	struct mt_rec rec;
	struct mt_frame frame = {0};
	const char *twin;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(0, mt_pack_open(&p, folder, false, false, NULL));
	mt_head_init(&head, "example");
	assert_int_equal(0, mt_pack_head(&p, &head, NULL));
	mt_rec_init(&rec);
	mt_rec_put_str(&rec, "key", "k", 1);
	mt_frame_make(&frame, &rec, 0);
	for (size_t i = 0; i < n; i++) {
		snprintf(split, sizeof split, "s%zu", i);
		assert_int_equal(0, mt_pack_put(&p, &frame, split, 0, &twin, NULL));
	}
	assert_true(p.split.n == n);
	mt_pack_abort(&p);
	mt_frame_release(&frame);
	mt_rec_release(&rec);
	mt_head_release(&head);
	assert_int_equal(0, mt_packdir_clear(folder, NULL));
	rmdir(folder);
}

static void test_tags(void **state)
{
	(void)state;
	check(tags, 500);
}

static void test_fields(void **state)
{
	(void)state;
	check(fields, 500);
}

static void test_columns(void **state)
{
	(void)state;
	check(columns, 500);
}

static void test_scores(void **state)
{
	(void)state;
	check(scores, 2000);
}

static void test_one_key(void **state)
{
	(void)state;
	check(one_key, 5000);
}

static void test_layouts(void **state)
{
	(void)state;
	check(layouts, 500);
}

static void test_splits(void **state)
{
	(void)state;
	check(splits, 4000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_scores),
		cmocka_unit_test(test_one_key),
		cmocka_unit_test(test_layouts),
		cmocka_unit_test(test_splits),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("scale", tests, NULL, NULL);
}
