/* SPDX-License-Identifier: MIT
 * Random numbers, checksums, hashes, files that appear whole or not at all,
 * lists of names, messages, values that are not finite. */
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "base/crc.h"
#include "base/file.h"
#include "base/finite.h"
#include "base/half.h"
#include "base/i2.h"
#include "base/mem.h"
#include "base/names.h"
#include "base/near.h"
#include "base/pattern.h"
#include "base/rng.h"
#include "tool/tool.h"

/* The known-answer vectors of Random123 1.14, kat_vectors, philox4x32 10. */
static void test_philox(void **state)
{
	(void)state;
	static const struct { uint32_t ctr[4], key[2], out[4]; } kat[] = {
		{{0, 0, 0, 0}, {0, 0},
		 {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{{~0u, ~0u, ~0u, ~0u}, {~0u, ~0u},
		 {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		{{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
		 {0xa4093822, 0x299f31d0},
		 {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
	};
	for (size_t i = 0; i < sizeof kat / sizeof *kat; i++) {
		uint32_t out[4];
		mt_philox(out, kat[i].ctr, kat[i].key);
		assert_memory_equal(kat[i].out, out, sizeof out);
	}
}

static void test_rng_streams(void **state)
{
	(void)state;
	struct mt_rng a, b;
	mt_rng_init(&a, 1, MT_RNG_TEST, 0, 5);
	mt_rng_init(&b, 1, MT_RNG_TEST, 0, 5);
	for (int i = 0; i < 9; i++)
		assert_true(mt_rng_u32(&a) == mt_rng_u32(&b));
	/* each of the four names makes a stream of its own */
	for (int i = 0; i < 4; i++) {
		mt_rng_init(&a, 1, MT_RNG_TEST, 0, 5);
		mt_rng_init(&b, 1 + (i == 0), MT_RNG_TEST + (i == 1), i == 2,
			    5 + (i == 3));
		assert_true(mt_rng_u64(&a) != mt_rng_u64(&b));
	}
}

static void test_rng_shapes(void **state)
{
	(void)state;
	struct mt_rng r;
	mt_rng_init(&r, 3, MT_RNG_TEST, 0, 0);
	enum { N = 20000 };
	double sum = 0, sq = 0, u = 0, beta = 0;
	int die[6] = {0};
	for (int i = 0; i < N; i++) {
		double x = mt_rng_normal(&r), f = mt_rng_f64(&r);
		float g = mt_rng_f32(&r);
		assert_true(f >= 0 && f < 1 && g >= 0 && g < 1);
		sum += x;
		sq += x * x;
		u += f;
		beta += mt_rng_beta(&r, 0.5, 1.5);
		die[mt_rng_below(&r, 6)]++;
	}
	/* five standard errors */
	assert_true(sum / N > -0.036 && sum / N < 0.036);
	assert_true(sq / N > 0.95 && sq / N < 1.05);
	assert_true(u / N > 0.49 && u / N < 0.51);
	assert_true(beta / N > 0.24 && beta / N < 0.26);
	for (int i = 0; i < 6; i++)
		assert_in_range(die[i], N / 6 - 265, N / 6 + 265);
}

static void test_shuffle(void **state)
{
	(void)state;
	struct mt_rng r;
	uint32_t order[257];
	bool seen[257] = {false};
	size_t fixed = 0;
	mt_rng_init(&r, 4, MT_RNG_SHUFFLE, 1, 0);
	mt_rng_shuffle(&r, order, 257);
	for (size_t i = 0; i < 257; i++) {
		assert_true(order[i] < 257 && !seen[order[i]]);
		seen[order[i]] = true;
		fixed += order[i] == i;
	}
	assert_true(fixed < 10);
	/* all orders of three are as likely */
	int seen3[3][3] = {{0}};
	for (int i = 0; i < 6000; i++) {
		mt_rng_shuffle(&r, order, 3);
		seen3[order[0]][order[1]]++;
	}
	for (int i = 0; i < 3; i++)
		for (int k = 0; k < 3; k++)
			if (i != k)
				assert_in_range(seen3[i][k], 850, 1150);
}

static void test_crc_hash(void **state)
{
	(void)state;
	/* the check value of CRC-32/ISO-HDLC */
	assert_int_equal(0xcbf43926, mt_crc32(0, "123456789", 9));
	assert_int_equal(0xcbf43926, mt_crc32(mt_crc32(0, "1234", 4), "56789",
					      5));
	assert_true(mt_hash64("a", 1) != mt_hash64("b", 1));
	assert_true(mt_hash64("", 0) != mt_hash64("\0", 1));
}

static void test_file(void **state)
{
	(void)state;
	char dir[] = "/tmp/mt-test-base-XXXXXX";
	assert_non_null(mkdtemp(dir));
	char *path = mt_strf("%s/out", dir);
	char *temp;
	struct mt_file f;
	struct mt_err err;
	assert_int_equal(0, mt_file_put(path, "old", 3, &err));
	assert_int_equal(0, mt_file_open(&f, path, &err));
	assert_int_equal(0, mt_file_write(&f, "new!", 4, &err));
	char *text;
	size_t n;
	assert_int_equal(0, mt_file_get(path, 100, &text, &n, &err));
	assert_string_equal("old", text);
	free(text);
	temp = mt_strdup(f.temp);
	assert_int_equal(0, access(temp, F_OK));
	mt_file_abort(&f);
	mt_file_abort(&f);
	assert_int_not_equal(0, access(temp, F_OK));
	assert_int_equal(0, mt_file_put(path, "new!", 4, &err));
	assert_int_equal(0, mt_file_get(path, 4, &text, &n, &err));
	assert_string_equal("new!", text);
	free(text);
	assert_int_equal(MT_EINPUT, mt_file_get(path, 3, &text, &n, &err));
	assert_int_not_equal(0, access(temp, F_OK));
	/* a rename that cannot be: a folder of that name holds something */
	char *sub = mt_strf("%s/d", dir), *in = mt_strf("%s/d/x", dir);
	assert_int_equal(0, mkdir(sub, 0700));
	assert_int_equal(0, mt_file_put(in, "", 0, &err));
	assert_int_equal(MT_ESYS, mt_file_put(sub, "x", 1, &err));
	unlink(in);
	rmdir(sub);
	unlink(path);
	/* a pipe is written to, never replaced, nor taken away */
	struct stat st;
	char got[4] = "";
	assert_int_equal(0, mkfifo(path, 0600));
	int fd = open(path, O_RDWR | O_NONBLOCK);
	assert_true(fd >= 0);
	assert_int_equal(0, mt_file_put(path, "pip", 3, &err));
	assert_int_equal(3, read(fd, got, 3));
	assert_string_equal("pip", got);
	assert_int_equal(0, mt_file_open(&f, path, &err));
	mt_file_abort(&f);
	assert_int_equal(0, stat(path, &st));
	assert_true(S_ISFIFO(st.st_mode));
	close(fd);
	unlink(path);
	/* nothing temporary is left: the folder is empty */
	assert_int_equal(0, rmdir(dir));
	assert_int_equal(MT_ESYS, mt_file_put(path, "x", 1, &err));
	assert_non_null(strstr(err.text, "No such file"));
	free(sub);
	free(in);
	free(path);
	free(temp);
}

static void test_full_device(void **state)
{
	(void)state;
	struct mt_err err;
	FILE *f = fopen("/dev/full", "w");
	if (!f)
		skip();
	assert_int_equal(MT_ESYS, mt_write_all(fileno(f), "x", 1, "full",
					       &err));
	assert_non_null(strstr(err.text, "No space left"));
	fclose(f);
}

static void check_names(const char *path, const char *text, size_t size,
			bool zero, const char *want)
{
	struct mt_names list;
	char got[64] = "";
	assert_int_equal(0, mt_file_put(path, text, size, NULL));
	assert_int_equal(0, mt_names_open(&list, path, zero, NULL));
	while (!mt_names_next(&list, NULL))
		snprintf(got + strlen(got), sizeof got - strlen(got), "[%s]",
			 list.name);
	mt_names_close(&list);
	assert_string_equal(want, got);
}

static void test_names(void **state)
{
	(void)state;
	char path[] = "/tmp/mt-test-names-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	check_names(path, "a\n\nb c\nd", 8, false, "[a][b c][d]");
	check_names(path, "a\nb\0c", 6, true, "[a\nb][c]");
	check_names(path, "", 0, false, "");
	check_names(path, "a\r\n\r\nb\r\r\nc\rd\r", 13, false,
		    "[a][b\r][c\rd]");
	check_names(path, "a\r\n\0b\r", 6, true, "[a\r\n][b\r]");
	unlink(path);
	struct mt_names none;
	assert_int_equal(MT_ESYS, mt_names_open(&none, path, false, NULL));
}

static void test_err(void **state)
{
	(void)state;
	struct mt_err err;
	assert_int_equal(MT_EITEM, mt_err_item(&err, "a.b", "%s", "text"));
	assert_string_equal("a.b", err.code);
	assert_int_equal(MT_EITEM, mt_err_prefix(MT_EITEM, &err, "file %d", 3));
	assert_string_equal("file 3: text", err.text);
	/* a failure stays one, whatever err said of an earlier one */
	struct mt_err none = {0};
	assert_int_equal(MT_ESYS, mt_err_prefix(MT_ESYS, &none, "layer"));
	assert_int_equal(MT_ESYS, none.status);
	assert_int_equal(MT_EINPUT, mt_err_prefix(MT_EINPUT, NULL, "layer"));
	/* too long is cut, never overrun */
	char *big = mt_calloc(2000, 1);
	memset(big, 'x', 1999);
	assert_int_equal(MT_EINPUT, mt_err_set(&err, MT_EINPUT, "%s", big));
	assert_int_equal(sizeof err.text - 1, strlen(err.text));
	assert_int_equal(MT_EINPUT, mt_err_prefix(MT_EINPUT, &err, "%s", big));
	assert_int_equal(sizeof err.text - 1, strlen(err.text));
	free(big);
	assert_int_equal(MT_ESYS, mt_err_set(NULL, MT_ESYS, "nobody looks"));
	assert_int_equal(1, mt_err_exit(MT_EITEM));
	assert_int_equal(2, mt_err_exit(MT_EUSAGE));
	assert_int_equal(3, mt_err_exit(MT_EINPUT));
	assert_int_equal(4, mt_err_exit(MT_ESYS));
	assert_int_equal(0, mt_err_exit(MT_END));
}

static void test_cpu(void **state)
{
	(void)state;
	int n = mt_cpu_count();
	assert_true(n >= 1 && n <= sysconf(_SC_NPROCESSORS_ONLN));
	double t = mt_clock();
	assert_true(mt_clock() >= t);
}

/* Each kind at each place, around the ends of the blocks. */
static void test_finite(void **state)
{
	(void)state;
	enum { N = 200 };
	const float odd[] = {NAN, -NAN, INFINITY, -INFINITY};
	float x[N];
	uint16_t h[N];
	for (size_t n = 0; n <= N; n++) {
		for (size_t i = 0; i < N; i++)
			x[i] = i % 2 ? 65504.0f : -6e-8f;
		mt_half_from_array(h, x, N);
		assert_int_equal(n, mt_finite_f4(x, n));
		assert_int_equal(n, mt_finite_f2(h, n));
		for (size_t k = 0; n < N && k < 4; k++) {
			x[n] = x[N - 1] = odd[k];
			h[n] = h[N - 1] = mt_half_from(odd[k]);
			assert_int_equal(n, mt_finite_f4(x, N));
			assert_int_equal(n, mt_finite_f2(h, N));
		}
	}
}

/* Patterns on which regcomp() or regexec() would not end, or end the program. */
static void test_pattern(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"(a)\\1", "((a{30}){30}){30}", "(a?){1001}", "[^]](b*)\\2", "(",
		"a{,2000}", "(((((((((a|b){3}){3}){3}){3}){3}){3}){3}){3})",
	};
	static const char *const good[] = {
		"([0-9]+)\\.clip\\.mp3$", "^[[:alpha:](){}]+(x{2,5})", "\\(\\)\\\\1",
		"[]({]{20}", "(a|b)?[.].{1,900}", "a{x", "[[.-.]1]{5}",
	};
	struct mt_pattern p = {0};
	struct mt_err err;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(MT_EUSAGE, mt_pattern_open(&p, bad[i], &err));
		assert_non_null(strstr(err.text, bad[i]));
	}
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		/* "a{x" is for regcomp() to refuse or to take */
		int rc = mt_pattern_open(&p, good[i], &err);
		assert_true(!rc || strstr(err.text, "not a regular expression"));
		mt_pattern_close(&p);
	}
	for (size_t n = 10; n <= 100000; n *= 100) {
		char *text = mt_calloc(2 * n + 2, 1);
		memset(text, '(', n);
		text[n] = 'a';
		memset(text + n + 1, ')', n);
		assert_int_equal(n > 10 ? MT_EUSAGE : MT_OK,
				 mt_pattern_open(&p, text, &err));
		mt_pattern_close(&p);
		free(text);
	}
}

/* Lists as other systems save them. */
static void test_names_marks(void **state)
{
	(void)state;
	static const struct { const char *text; size_t n; const char *first;
			      const char *error; } lists[] = {
		{"\xef\xbb\xbf" "a\r\nb\r\n", 9, "a", NULL},
		{"\xef\xbb\xbf\r\n\r\nb", 8, "b", NULL},
		{"\n\xef\xbb\xbf" "b", 5, "\xef\xbb\xbf" "b", NULL},
		{"\xff\xfe" "a\0\n\0", 6, NULL, "is UTF-16 text; save it as UTF-8"},
		{"\xfe\xff\0a\0\n", 6, NULL, "is UTF-16 text"},
		{"a\0\n\0", 4, NULL, "line 1 holds a zero byte"},
	};
	struct mt_names list;
	struct mt_err err = {0};
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		assert_int_equal(0, mt_file_put("marks", lists[i].text, lists[i].n, &err));
		assert_int_equal(0, mt_names_open(&list, "marks", false, &err));
		int rc = mt_names_next(&list, &err);
		assert_int_equal(lists[i].first ? MT_OK : MT_EINPUT, rc);
		if (lists[i].first)
			assert_string_equal(lists[i].first, list.name);
		else
			assert_non_null(strstr(err.text, lists[i].error));
		mt_names_close(&list);
	}
	char *text = mt_calloc(MT_NAMES_LONGEST + 1, 1);
	memset(text, 'x', MT_NAMES_LONGEST + 1);
	for (size_t more = 0; more < 2; more++) {
		assert_int_equal(0, mt_file_put("marks", text, MT_NAMES_LONGEST + more, &err));
		assert_int_equal(0, mt_names_open(&list, "marks", false, &err));
		assert_int_equal(more ? MT_EINPUT : MT_OK, mt_names_next(&list, &err));
		mt_names_close(&list);
	}
	free(text);
	unlink("marks");
}

static void test_near(void **state)
{
	static const char *const name[] = {"out", "kernel", "stride", "pad", "stripe", ""};
	static const struct { const char *word, *near; } c[] = {
		{"kernal", "kernel"}, {"krenel", "kernel"}, {"kernels", "kernel"},
		{"KERNEL", "kernel"}, {"strid", "stride"}, {"strie", "stride"},
		{"stripd", "stripe"}, {"ot", "out"}, {"otu", "out"}, {"pdd", "pad"}, {"p", NULL},
		{"", ""}, {"kerlal", "kernel"}, {"krlal", NULL}, {"padding", NULL}, {"x", NULL},
	};
	char longest[200];
	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
		const char *got = mt_near(c[i].word, name, 6);
		if (!got != !c[i].near || (got && strcmp(got, c[i].near) != 0))
			fail_msg("'%s' gives '%s'", c[i].word, got ? got : "nothing");
	}
	memset(longest, 'x', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	assert_null(mt_near(longest, (const char *const[]){longest}, 1));
	assert_null(mt_near("xx", (const char *const[]){longest}, 1));
	longest[64] = '\0';
	assert_ptr_equal(mt_near(longest, (const char *const[]){longest}, 1), longest);
	assert_null(mt_near("out", NULL, 0));
}

static void test_i2(void **state)
{
	(void)state;
	const float x[] = {0.5f, 1.5f, -0.6f, 32766.4f, 32766.6f, 32767.4f, 32767.6f,
			   32768, 70000, -32767.6f, -32768, -70000};
	const int16_t want[] = {0, 2, -1, 32766, 32767, 32767, 32767, 32767, 32767, -32768,
				-32768, -32768};
	enum { COUNT = sizeof x / sizeof *x };
	float in[COUNT];
	int16_t out[COUNT];
	for (int i = 0; i < COUNT; i++)
		in[i] = x[i] / 32768;
	mt_i2_from_array(out, in, COUNT);
	assert_memory_equal(out, want, sizeof want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_philox),
		cmocka_unit_test(test_i2),
		cmocka_unit_test(test_rng_streams),
		cmocka_unit_test(test_rng_shapes),
		cmocka_unit_test(test_shuffle),
		cmocka_unit_test(test_crc_hash),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_full_device),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_names_marks),
		cmocka_unit_test(test_pattern),
		cmocka_unit_test(test_err),
		cmocka_unit_test(test_cpu),
		cmocka_unit_test(test_finite),
		cmocka_unit_test(test_near),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
