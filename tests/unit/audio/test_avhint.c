/* SPDX-License-Identifier: MIT
 * What is said of a file by its first bytes, and that nothing is said where
 * they are not sure. */
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

#include "audio/avhint.h"

static char path[64];
static unsigned char buf[256 << 10];

static struct mt_avhint hint_of(size_t n)
{
	snprintf(path, sizeof path, "/tmp/mt-avhint-%ld", (long)getpid());
	FILE *f = fopen(path, "wb");
	assert_int_equal(fwrite(buf, 1, n, f), n);
	fclose(f);
	struct mt_source s;
	struct mt_avhint hint = {0};
	/* an empty file, or text, is refused before */
	if (!mt_source_open(&s, path, "decode", NULL, NULL))
		hint = mt_avhint_of(&s);
	mt_source_close(&s);
	unlink(path);
	return hint;
}

static void test_magic(void **state)
{
	(void)state;
	memset(buf, 0, sizeof buf);
	memcpy(buf, "OggS", 4);
	assert_string_equal(hint_of(99).format, "ogg");
	memcpy(buf, "fLaC", 4);
	assert_string_equal(hint_of(99).format, "flac");
	memcpy(buf, "fLaX", 4);
	assert_null(hint_of(99).format);
	assert_null(hint_of(0).format);
	assert_null(hint_of(11).format);
}

/* 40 frames of 104 bytes: layer III, 32 kbit/s, 44.1 kHz */
static void test_mpeg(void **state)
{
	(void)state;
	static const size_t before[] = {0, 20, 1};
	for (int k = 0; k < 3; k++) {
		memset(buf, 0, sizeof buf);
		if (k == 1)
			memcpy(buf, "ID3\4\0\0\0\0\0\12", 10);
		for (size_t i = 0; i < 40; i++)
			memcpy(buf + before[k] + 104 * i, "\xff\xfb\x10\xc0", 4);
		struct mt_avhint hint = hint_of(before[k] + 104 * 40);
		if (k < 2)
			assert_string_equal(hint.format, "mp3");
		else
			assert_null(hint.format);  /* something is before them */
		assert_true(hint.seconds <= 0);    /* nobody counted */
		assert_false(hint.no_probe);
	}
	/* an encoder that did: 38 frames, 576 + 1000 samples around the sound */
	memmove(buf, buf + 1, sizeof buf - 1);
	memcpy(buf + 21, "Info\0\0\0\1\0\0\0\46LAME3.100", 21);
	memcpy(buf + 21 + 12 + 21, "\x24\x03\xe8", 3);
	double seconds = hint_of(104 * 40).seconds;
	assert_true(fabs(seconds - (38 * 1152 - 576 - 1000) / 44100.0) < 1e-9);
}

static void test_wav(void **state)
{
	(void)state;
	static const unsigned char sync[4][4] = {
		{0x7f, 0xfe, 0x80, 0x01}, {0xfe, 0x7f, 0x01, 0x80},
		{0x1f, 0xff, 0xe8, 0x00}, {0xff, 0x1f, 0x00, 0xe8},
	};
	memset(buf, 0, sizeof buf);
	memcpy(buf, "RIFF1234WAVE", 12);
	assert_true(hint_of(sizeof buf).no_probe);
	assert_null(hint_of(sizeof buf).format);
	assert_true(hint_of(12).no_probe);
	for (int i = 0; i < 4; i++)
		for (size_t at = 44; at < 48; at++) {
			size_t to = at + (i == 2 ? (128 << 10) : 0);
			memset(buf + 12, 0, sizeof buf - 12);
			memcpy(buf + to, sync[i], 4);
			assert_false(hint_of(sizeof buf).no_probe);
			assert_false(hint_of(to + 4).no_probe);
			assert_true(hint_of(to + 3).no_probe);
		}
	memcpy(buf + 8, "AVI ", 4);
	assert_false(hint_of(sizeof buf).no_probe);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_magic),
		cmocka_unit_test(test_mpeg),
		cmocka_unit_test(test_wav),
	};
	return cmocka_run_group_tests_name("avhint", tests, NULL, NULL);
}
