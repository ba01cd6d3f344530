/* SPDX-License-Identifier: MIT
 * Option tables, --config files, strict numbers and the provenance line. */
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

#include "base/file.h"
#include "base/num.h"
#include "base/rng.h"
#include "tool/opt.h"
#include "tool/spell.h"
#include "tool/tool.h"

struct opts {
	bool dry, deep;
	int64_t count;
	double rate;
	const char *file, *how, *layer, *cover;
	struct mt_opt_list key;
};

#define AT(f) offsetof(struct opts, f)
static const struct mt_opt rows[] = {
	MT_FLAG('n', "dry", AT(dry), ""),
	MT_FLAG('d', "deep", AT(deep), ""),
	MT_OPT('c', "count", "N", I64, AT(count), "", MT_RANGE(-2, 100)),
	{0},
};
static const struct mt_opt more[] = {
	MT_OPT('r', "rate", "HZ", F64, AT(rate), ""),
	MT_OPT('f', "file", "FILE", PATH, AT(file), ""),
	MT_OPT(0, "how", "HOW", CHOICE, AT(how), "", .choices = "soxr|swr"),
	MT_OPT('k', "key", "KEY", LIST, AT(key), ""),
	MT_FLAG(0, "count-all", AT(deep), ""),
	MT_OPT(0, "layer", "NAME", MAYBE, AT(layer), ""),
	MT_OPT(0, "cover", "HOW", MAYBE, AT(cover), "", .choices = "even|plain"),
	{0},
};

static struct opts o;
static const struct mt_opt_set sets[] = {{rows, &o}, {more, &o}, {0}};
static struct mt_err err;
static char *argv[16];
static int n_op;
static struct mt_given given;

/* Parse words given up to a NULL. */
static int parse(const char *first, ...)
{
	int n = 0;
	va_list ap;
	mt_opt_list_release(&o.key);
	o = (struct opts){0};
	err = (struct mt_err){0};
	argv[n++] = (char *)(uintptr_t)"mt-test";
	va_start(ap, first);
	for (const char *s = first; s; s = va_arg(ap, const char *))
		argv[n++] = (char *)(uintptr_t)s;
	va_end(ap);
	argv[n] = NULL;
	mt_given_release(&given);
	return mt_opt_parse(sets, n, argv, &n_op, &given, &err);
}

static void test_forms(void **state)
{
	(void)state;
	assert_int_equal(0, parse("--count=7", "a", "--rate", "2.5", "-nd",
				  "-fx", "-k", "1", "b", "-k2", "--how=swr",
				  "--", "-z", NULL));
	assert_int_equal(7, o.count);
	assert_true(o.rate > 2.49 && o.rate < 2.51);
	assert_true(o.dry && o.deep);
	assert_string_equal("x", o.file);
	assert_string_equal("swr", o.how);
	assert_int_equal(2, (int)o.key.n);
	assert_string_equal("2", o.key.item[1]);
	assert_int_equal(3, n_op);
	assert_string_equal("a", argv[1]);
	assert_string_equal("b", argv[2]);
	assert_string_equal("-z", argv[3]);
	assert_int_equal(0, parse("-", NULL));
	assert_int_equal(1, n_op);
	assert_int_equal(0, parse("-ndc-2", NULL));
	assert_int_equal(-2, o.count);
}

/* An option whose value may be missing never takes the next word for it. */
static void test_maybe(void **state)
{
	(void)state;
	assert_int_equal(0, parse("--layer", "a", "--cover=plain", NULL));
	assert_string_equal("", o.layer);
	assert_string_equal("plain", o.cover);
	assert_int_equal(1, n_op);
	assert_string_equal("a", argv[1]);
	assert_int_equal(0, parse("a", NULL));
	assert_null(o.layer);
	assert_int_equal(0, parse("--layer=pool", "--cover", NULL));
	assert_string_equal("pool", o.layer);
	assert_string_equal("", o.cover);
	assert_int_equal(MT_EUSAGE, parse("--layer=", NULL));
	assert_int_equal(MT_EUSAGE, parse("--cover=odd", NULL));
	assert_string_equal("--cover takes even|plain, not 'odd'", err.text);
	assert_int_equal(0, mt_opt_set_text(sets, "layer", NULL, &err));
	assert_string_equal("", o.layer);
	assert_int_equal(0, mt_opt_set_text(sets, "layer", "x", &err));
	assert_string_equal("x", o.layer);
}

static void test_short_names(void **state)
{
	(void)state;
	assert_int_equal(0, parse("--ra=3", NULL));
	assert_int_equal(MT_EUSAGE, parse("--d", NULL));
	assert_non_null(strstr(err.text, "more than one"));
	/* a whole name wins over a longer one that begins so */
	assert_int_equal(0, parse("--count=1", NULL));
	assert_int_equal(1, o.count);
}

static void test_refusals(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"--nosuch", "-z", "--count=101", "--count=-3", "--count=1.5",
		"--count=1x", "--count=", "--count= 1", "--rate=nan",
		"--rate=inf", "--rate=0x", "--rate=1e999", "--how=sox",
		"--how=soxr|swr", "--how=", "--file=", "--dry=yes", "--file",
		"-c", "-nz", "--count=99999999999999999999",
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (parse(bad[i], NULL) != MT_EUSAGE)
			fail_msg("%s was accepted", bad[i]);
		assert_true(strlen(err.text) > 5);
	}
	assert_int_equal(MT_EUSAGE, parse("--count=101", NULL));
	assert_string_equal("--count takes a whole number from -2 to 100, "
			    "not '101'", err.text);
}

static char *config_file(const char *text)
{
	static char path[64];
	snprintf(path, sizeof path, "%s/mt-test-opt-%d",
		 getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", (int)getpid());
	assert_int_equal(0, mt_file_put(path, text, strlen(text), NULL));
	return path;
}

static int config(const char *text)
{
	parse(NULL);
	char *path = config_file(text);
	int rc = mt_opt_config(sets, path, &err);
	unlink(path);
	return rc;
}

static void test_config(void **state)
{
	(void)state;
	assert_int_equal(0, config("{\"count\": 5, \"rate\": 0.12345678901, "
				   "\"dry\": true"
				   ", \"deep\": false, \"how\": \"soxr\","
				   "\"key\": [\"a\", \"b\"]}"));
	assert_int_equal(5, o.count);
	assert_memory_equal(&(double){0.12345678901}, &o.rate, sizeof(double));
	assert_true(o.dry && !o.deep);
	assert_int_equal(2, (int)o.key.n);
	assert_int_equal(MT_EUSAGE, config("{\"cou\": 5}"));
	assert_int_equal(MT_EUSAGE, config("{\"count\": 500}"));
	assert_int_equal(MT_EUSAGE, config("{\"count\": true}"));
	assert_int_equal(MT_EUSAGE, config("{\"count\": {}}"));
	assert_int_equal(MT_EUSAGE, config("{\"dry\": 1}"));
	static const char *const silent[] = {"{\"typo\": false}", "{\"typo\": null}",
		"{\"typo\": []}", "{\"count\": false}", "{\"count\": [1, 2]}"};
	for (size_t i = 0; i < sizeof silent / sizeof *silent; i++)
		assert_int_equal(MT_EUSAGE, config(silent[i]));
	assert_int_equal(0, config("{\"count\": null, \"key\": []}"));
	assert_int_equal(MT_EUSAGE, config("[1]"));
	assert_int_equal(MT_EUSAGE, config("{\"count\": 1, \"count\": 2}"));
	assert_int_equal(MT_EUSAGE, config("{"));
	assert_int_equal(MT_ESYS, mt_opt_config(sets, "/nonexistent", &err));
	mt_opt_list_release(&o.key);
}

/* The command line wins over what was set behind it; its lists are set anew. */
static void test_again(void **state)
{
	(void)state;
	assert_int_equal(0, parse("a", "-c7", "--file", "x", "-k1", "-k", "2", NULL));
	assert_int_equal(5, given.n);
	assert_null(given.item[0].row);
	assert_string_equal("count", given.item[1].row->name);
	assert_string_equal("7", given.item[1].value);
	assert_false(given.item[1].apart);
	assert_string_equal("x", given.item[2].value);
	assert_true(given.item[2].apart);
	assert_int_equal(0, mt_opt_set_text(sets, "count", "9", &err));
	assert_int_equal(0, mt_opt_set_text(sets, "rate", "3", &err));
	assert_int_equal(0, mt_opt_set_text(sets, "key", "3", &err));
	assert_int_equal(0, mt_opt_again(&given, &err));
	assert_int_equal(7, o.count);
	assert_true(o.rate > 2.9);
	assert_int_equal(2, o.key.n);
	assert_string_equal("2", o.key.item[1]);
}

static void test_num(void **state)
{
	(void)state;
	int64_t i = 0;
	uint64_t u = 0;
	double d = 0;
	assert_true(mt_num_i64("-9223372036854775808", &i));
	assert_true(i == INT64_MIN);
	assert_false(mt_num_i64("9223372036854775808", &i));
	assert_true(mt_num_u64("18446744073709551615", &u));
	assert_true(u == UINT64_MAX);
	assert_false(mt_num_u64("-1", &u));
	assert_false(mt_num_u64("+1", &u));
	assert_true(mt_num_f64("1e-320", &d));
	assert_true(d > 0);
	static const char *const bad[] = {"", " 1", "1 ", "-", "+", ".", "--1",
					  "nan", "inf", "one", "1,5"};
	for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
		assert_false(mt_num_i64(bad[k], &i));
		assert_false(mt_num_u64(bad[k], &u));
		assert_false(mt_num_f64(bad[k], &d));
	}
	assert_true(i == INT64_MIN && u == UINT64_MAX);
}

static void test_num_text(void **state)
{
	(void)state;
	static const struct { double v; int bits; const char *text; } told[] = {
		{29.156, 64, "29.156"}, {0.1, 64, "0.1"}, {1.0 / 3, 64, "0.3333333333333333"},
		{0.1 + 0.2, 64, "0.30000000000000004"}, {5e-324, 64, "5e-324"},
		{1e22, 64, "1e+22"}, {-0.0, 64, "-0"}, {INFINITY, 64, "inf"},
		{-INFINITY, 32, "-inf"}, {NAN, 64, "nan"}, {-NAN, 32, "nan"},
		{(double)0.1f, 32, "0.1"}, {(double)(1 / 3.f), 32, "0.33333334"},
		{(double)16777217.f, 32, "16777216"}, {0.0999755859375, 16, "0.1"},
		{65504, 16, "6.55e+04"}, {0x1p-149, 32, "1e-45"},
	};
	char buf[MT_NUM_TEXT];
	for (size_t i = 0; i < sizeof told / sizeof *told; i++)
		assert_string_equal(mt_num_text(buf, told[i].v, told[i].bits),
				    told[i].text);
	struct mt_rng rng;
	mt_rng_init(&rng, 1, MT_RNG_TEST, 0, 0);
	for (int i = 0; i < 100000; i++) {
		uint64_t bits = mt_rng_u64(&rng);
		uint32_t low = (uint32_t)bits;
		double d;
		float f;
		memcpy(&d, &bits, sizeof d);
		memcpy(&f, &low, sizeof f);
		double back = strtod(mt_num_text(buf, d, 64), NULL);
		assert_true(isnan(d) || !memcmp(&back, &d, sizeof d));
		float again = strtof(mt_num_text(buf, (double)f, 32), NULL);
		assert_true(isnan(f) || !memcmp(&again, &f, sizeof f));
	}
}

static void test_size(void **state)
{
	(void)state;
	static const struct { const char *text; uint64_t size; } good[] = {
		{"0", 0}, {"4096", 4096}, {"1k", 1024}, {"512M", 512 << 20},
		{"4G", (uint64_t)4 << 30}, {"2T", (uint64_t)2 << 40},
		{"1.5GiB", (uint64_t)3 << 29}, {"0.5K", 512},
	};
	static const char *const bad[] = {
		"", "K", ".5K", "1.5", "-1", "+1K", " 1K", "1 K", "1KB", "1Kx", "1e3",
		"1.2.3K", "1P", "9999999999T", "99999999999999999999", "1MiBs", "1@",
	};
	static const struct { uint64_t size; const char *text; } told[] = {
		{0, "0 bytes"}, {1023, "1023 bytes"}, {1024, "1 KiB"},
		{1 << 20, "1 MiB"}, {1 << 30, "1 GiB"}, {1500000000, "1.4 GiB"},
		{((uint64_t)1 << 30) - 1, "1 GiB"}, {130000, "127 KiB"},
		{(uint64_t)5 << 50, "5120 TiB"},
	};
	uint64_t size = 7;
	char buf[24];
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(mt_num_size(bad[i], &size));
	assert_true(size == 7);
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		assert_true(mt_num_size(good[i].text, &size));
		assert_true(size == good[i].size);
	}
	for (size_t i = 0; i < sizeof told / sizeof *told; i++)
		assert_string_equal(mt_num_size_text(buf, sizeof buf, told[i].size),
				    told[i].text);
}

static void check_cmdline(const char *want, const char *first, ...)
{
	char *v[16];
	int n = 0;
	va_list ap;
	va_start(ap, first);
	for (const char *s = first; s; s = va_arg(ap, const char *))
		v[n++] = (char *)(uintptr_t)s;
	va_end(ap);
	v[n] = NULL;
	static const struct mt_tool tool = {.name = "mt-x", .sets = sets,
					    .flags = MT_TOOL_FILTER};
	char **operand;
	mt_opt_list_release(&o.key);
	mt_tool_begin(&tool, n, v, &operand, &n);
	assert_string_equal(want, mt_tool_cmdline());
}

static void test_cmdline(void **state)
{
	(void)state;
	check_cmdline("mt-x -r 8000 a/b.wav", "/usr/bin/mt-x", "-r", "8000",
		      "a/b.wav", NULL);
	check_cmdline("mt-x 'it'\\''s' '' 'a b' '$x' '*'", "mt-x", "it's", "",
		      "a b", "$x", "*", NULL);
	/* how many threads and where to is no part of what was made */
	check_cmdline("mt-x a", "mt-x", "-j", "4", "-o", "f", "-qv", "--jobs=2",
		      "--output", "g", "--quiet", "--progress=json", "a",
		      NULL);
	/* shortened, in groups, with a value glued to them */
	check_cmdline("mt-x a", "mt-x", "--job=4", "--qui", "--outp", "f", "--verb",
		      "-j4", "-of", "-qj", "3", "a", NULL);
	check_cmdline("mt-x -n -dc7 -r 5 a", "mt-x", "-nqj2", "-qdc7", "-vr", "5",
		      "a", NULL);
	/* a value or an operand is no option, whatever it looks like */
	check_cmdline("mt-x -f -q --file --quiet --key=-v -- -j 2", "mt-x", "-f",
		      "-q", "--file", "--quiet", "--key=-v", "--", "-j", "2", NULL);
}

/* Parameters and programs in a library's text; what is neither stays. */
static void test_spell(void **state)
{
	(void)state;
	static const char *const pair[][2] = {
		{"`count` starts over", "--count starts over"},
		{"use `file FILE` or `how HOW`", "use -f FILE or --how HOW"},
		{"`count-all`: x; `scan` lists", "--count-all: x; mt-scan lists"},
		{"`pack split` draws", "mt-pack --split draws"},
		{"`nosuch`, `cou`, `count", "`nosuch`, `cou`, `count"},
		{"``, `Count`, `it's`, `a\nb`", "``, `Count`, `it's`, `a\nb`"},
		{"a`count`b", "a--countb"},
		{"`", "`"}, {"", ""},
	};
	for (size_t i = 0; i < sizeof pair / sizeof *pair; i++) {
		char *text = mt_spell(sets, pair[i][0]);
		assert_string_equal(pair[i][1], text);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_maybe),
		cmocka_unit_test(test_short_names),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_num),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_num_text),
		cmocka_unit_test(test_cmdline),
		cmocka_unit_test(test_spell),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("opt", tests, NULL, NULL);
}
