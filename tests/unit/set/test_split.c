/* SPDX-License-Identifier: MIT
 * Splits by shares and by lists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "set/split.h"

static const char *of(const struct mt_split *s, int i)
{
	char key[24];
	return mt_split_of(s, key, (size_t)snprintf(key, sizeof key,
						    "clip %d.mp3", i));
}

static void test_shares(void **state)
{
	(void)state;
	enum { N = 20000 };
	struct mt_split s = {0}, two = {0};
	const char *text = "train:0.8,valid:0.15,test:0.05";
	int n[3] = {0}, moved = 0;
	assert_int_equal(0, mt_split_parse(&s, text, 1, NULL));
	assert_int_equal(0, mt_split_parse(&two, text, 2, NULL));
	for (int i = 0; i < N; i++) {
		const char *name = of(&s, i);
		assert_ptr_equal(name, of(&s, i));
		for (int k = 0; k < 3; k++)
			n[k] += name == s.name[k];
		moved += strcmp(name, of(&two, i)) != 0;
	}
	/* within five deviations of a binomial */
	assert_in_range(n[0], 16000 - 283, 16000 + 283);
	assert_in_range(n[1], 3000 - 252, 3000 + 252);
	assert_in_range(n[2], 1000 - 154, 1000 + 154);
	assert_in_range(moved, N / 4, N / 2);
	mt_split_release(&s);
	mt_split_release(&two);
}

/* A key of the first share stays there when that share grows. */
static void test_growth(void **state)
{
	(void)state;
	struct mt_split a = {0}, b = {0};
	assert_int_equal(0, mt_split_parse(&a, "x:0.3,y:0.7", 5, NULL));
	assert_int_equal(0, mt_split_parse(&b, "x:0.6,y:0.4", 5, NULL));
	for (int i = 0; i < 1000; i++)
		if (!strcmp(of(&a, i), "x"))
			assert_string_equal("x", of(&b, i));
	mt_split_release(&a);
	mt_split_release(&b);
}

/* These must never change: a set packed today and one packed by a later
 * version must agree on who is in which split. */
static void test_stable(void **state)
{
	(void)state;
	struct mt_split s = {0};
	char got[33] = "";
	assert_int_equal(0, mt_split_parse(&s, "a:0.5,b:0.5", 42, NULL));
	for (int i = 0; i < 32; i++)
		got[i] = *of(&s, i);
	assert_string_equal("aababbbbbabbabbabbbbaabbaaaabbbb", got);
	mt_split_release(&s);
}

static void test_bad_shares(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"", "train", "train:", ":1", "train:0.5", "train:0.5,test:0.6",
		"train:0.5,test:0.49", "train:-1,test:2", "train:0.5,train:0.5", "train:1x",
		"train:0,test:1", "train:nan,test:1",
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct mt_split s = {0};
		struct mt_err err = {0};
		assert_int_equal(MT_EUSAGE, mt_split_parse(&s, bad[i], 1,
							   &err));
		assert_true(err.text[0]);
		mt_split_release(&s);
	}
}

static char folder[] = "/tmp/mt-test-split-XXXXXX";

static int add_list(struct mt_split *s, const char *name, const char *text,
		    struct mt_err *err)
{
	char *path = mt_strf("%s/%s", folder, name);
	char *rule = mt_strf("%s=%s", name, path);
	assert_int_equal(0, mt_file_put(path, text, strlen(text), NULL));
	int rc = mt_split_list(s, rule, err);
	unlink(path);
	free(rule);
	free(path);
	return rc;
}

static void test_lists(void **state)
{
	(void)state;
	struct mt_split s = {0};
	struct mt_err err = {0};
	assert_non_null(mkdtemp(folder));
	assert_null(mt_split_find(&s, "a", 1));
	assert_int_equal(0, add_list(&s, "one", "c\na b\n\nc\n", &err));
	assert_int_equal(0, add_list(&s, "two", "b", &err));
	assert_string_equal("one", mt_split_find(&s, "a bc", 3));
	assert_string_equal("one", mt_split_find(&s, "c", 1));
	assert_string_equal("two", mt_split_find(&s, "b", 1));
	assert_null(mt_split_find(&s, "a", 1));
	assert_int_equal(MT_EINPUT, add_list(&s, "three", "x\nb\n", &err));
	assert_non_null(strstr(err.text, "'b' is in the lists of "));
	mt_split_release(&s);
	assert_int_equal(0, add_list(&s, "one", "z\na\nz\nb\na\n", &err));
	const char *first;
	assert_int_equal(3, mt_split_missed(&s, &first));
	assert_string_equal("z", first);
	assert_string_equal("one", mt_split_find(&s, "a", 1));
	assert_int_equal(2, mt_split_missed(&s, &first));
	assert_string_equal("one", mt_split_find(&s, "z", 1));
	assert_int_equal(1, mt_split_missed(&s, &first));
	assert_string_equal("b", first);
	assert_int_equal(3, mt_split_keys(&s));
	mt_split_release(&s);
	assert_int_equal(0, mt_split_missed(&s, &first));
	assert_int_equal(MT_EUSAGE, mt_split_list(&s, "nothing", &err));
	assert_int_equal(MT_ESYS, mt_split_list(&s, "x=/nonexistent", &err));
	mt_split_release(&s);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_stable),
		cmocka_unit_test(test_bad_shares),
		cmocka_unit_test(test_lists),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("split", tests, NULL, NULL);
}
