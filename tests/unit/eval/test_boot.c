/* SPDX-License-Identifier: MIT
 * Bootstrap intervals against scikit-learn and numpy on the same draws:
 * tests/ref/boot_ref.txt, written by tests/ref/boot_ref.py. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "eval/boot.h"

#define REF "tests/ref/boot_ref.txt"

static const char *const names[MT_BOOT_N] = {"macro ROC-AUC", "macro AP", "micro ROC-AUC",
					     "micro AP", "accuracy"};

/* The line that begins with word, as n numbers. */
static void read_numbers(FILE *f, const char *word, double *to, size_t n)
{
	char *line = NULL, *s, *end;
	size_t room = 0, k = strlen(word);
	assert_true(getline(&line, &room, f) > 0);
	assert_true(!strncmp(line, word, k) && line[k] == ' ');
	s = line + k;
	for (size_t i = 0; i < n; i++, s = end) {
		to[i] = strtod(s, &end);
		assert_true(end > s);
	}
	assert_int_equal(*s, '\n');
	free(line);
}

static void compare(const char *name, const char *which, const double *got, const double *want)
{
	for (int i = 0; i < MT_BOOT_N; i++)
		if (isnan(want[i]) ? !isnan(got[i]) : !(fabs(got[i] - want[i]) < 1e-9))
			fail_msg("%s: %s of %s: got %.15g, wanted %.15g", name, which, names[i],
				 got[i], want[i]);
}

static void test_reference(void **state)
{
	char name[32];
	size_t n, k, n_draw, n_case = 0;
	double level;
	unsigned long long seed;
	FILE *f = fopen(REF, "r");
	(void)state;
	assert_non_null(f);
	while (fscanf(f, "case %31s %zu %zu %zu %lf %llu\n", name, &n, &k, &n_draw, &level,
		      &seed) == 6) {
		double *number = mt_calloc(n * k, sizeof *number);
		double low[MT_BOOT_N], high[MT_BOOT_N];
		float *score = mt_calloc(n * k, sizeof *score);
		uint8_t *label = mt_calloc(n * k, 1);
		read_numbers(f, "score", number, n * k);
		for (size_t i = 0; i < n * k; i++)
			score[i] = (float)number[i];
		read_numbers(f, "label", number, n * k);
		for (size_t i = 0; i < n * k; i++)
			label[i] = number[i] > 0;
		read_numbers(f, "low", low, MT_BOOT_N);
		read_numbers(f, "high", high, MT_BOOT_N);
		struct mt_boot b = mt_boot_run(score, label, n, k, n_draw, level, seed);
		compare(name, "the low end", b.low, low);
		compare(name, "the high end", b.high, high);
		free(number);
		free(score);
		free(label);
		n_case++;
	}
	assert_true(feof(f));
	assert_int_equal(n_case, 10);
	fclose(f);
}

/* No draws: no interval. */
static void test_none(void **state)
{
	static const float score[] = {.1f, .9f};
	static const uint8_t label[] = {0, 1};
	(void)state;
	struct mt_boot b = mt_boot_run(score, label, 2, 1, 0, 0.95, 1);
	for (int i = 0; i < MT_BOOT_N; i++)
		assert_true(isnan(b.low[i]) && isnan(b.high[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reference), cmocka_unit_test(test_none),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("boot", tests, NULL, NULL);
}
