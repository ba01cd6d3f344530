/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/child.h"
#include "base/file.h"
#include "base/mem.h"

static int send_word(int fd, struct mt_err *err)
{
	return mt_write_all(fd, "word", 4, "pipe", err);
}

static int well(void *ctx, int fd, struct mt_err *err)
{
	(void)ctx;
	return send_word(fd, err);
}

static int fails(void *ctx, int fd, struct mt_err *err)
{
	(void)ctx;
	(void)fd;
	return mt_err_set(err, MT_EINPUT, "x: no good");
}

static int crashes(void *ctx, int fd, struct mt_err *err)
{
	(void)ctx;
	(void)fd;
	(void)err;
	raise(SIGKILL);
	return MT_OK;
}

static int spins(void *ctx, int fd, struct mt_err *err)
{
	(void)ctx;
	(void)fd;
	(void)err;
	volatile bool on = true;
	while (on)
		;
	return MT_OK;
}

static int hungry(void *ctx, int fd, struct mt_err *err)
{
	(void)ctx;
	void *p = malloc((size_t)1 << 30);
	int rc = p ? send_word(fd, err) : mt_err_set(err, MT_EINPUT, "x: no memory");
	free(p);
	return rc;
}

static int take(void *ctx, int fd, struct mt_err *err)
{
	size_t got;
	int rc = mt_read_full(fd, ctx, 4, &got, "pipe", err);
	return rc || got == 4 ? rc : MT_END;
}

static int refuses(void *ctx, int fd, struct mt_err *err)
{
	(void)ctx;
	(void)fd;
	return mt_err_set(err, MT_EUSAGE, "not wanted");
}

static void run(int (*work)(void *, int, struct mt_err *), int want, const char *sentence)
{
	char word[5] = "";
	struct mt_err err = {0};
	struct mt_child c = {work, take, "x", "the library", 64u << 20, 1};
	assert_int_equal(mt_child_run(&c, word, &err), want);
	assert_string_equal(want ? err.text : word, sentence);
}

static void test_child(void **state)
{
	(void)state;
	run(well, MT_OK, "word");
	run(fails, MT_EINPUT, "x: no good");
	run(crashes, MT_EINPUT, "x: the library failed on it (signal 9); the file is damaged");
	/* valgrind reports what the bounds stop, and needs more memory */
	const char *preload = getenv("LD_PRELOAD");
	bool is_valgrind = preload && strstr(preload, "vgpreload");
	if (!is_valgrind)
		run(spins, MT_EINPUT, "x: the library took over 1 s; the file is damaged or made "
		    "to do so");
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	if (!is_valgrind)
		run(hungry, MT_EINPUT, "x: no memory");
#else
	(void)hungry;
#endif
	struct mt_err err = {0};
	struct mt_child c = {well, refuses, "x", "the library", 1u << 20, 1};
	assert_int_equal(mt_child_run(&c, NULL, &err), MT_EUSAGE);
	assert_string_equal(err.text, "not wanted");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_child),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
