/* SPDX-License-Identifier: MIT
 * Where the sound of WAV, RF64, RIFX, Wave64 and AIFF ends when sizes wrapped,
 * were never written, or the file was cut: by mt_riff_fix() and by libavformat
 * behind it. Files of 5 GiB are sparse. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "audio/decode.h"
#include "audio/riff.h"

#define G ((int64_t)1 << 30)
#define RATE 16000

static char path[64];

struct bytes {
	unsigned char p[512];
	size_t n;
	bool big;
};

static void put(struct bytes *b, uint64_t v, int n)
{
	for (int i = 0; i < n; i++)
		b->p[b->n + (size_t)i] = (unsigned char)
			(v >> 8 * (b->big ? n - 1 - i : i));
	b->n += (size_t)n;
}

static void text(struct bytes *b, const char *s, size_t n)
{
	memcpy(b->p + b->n, s, n);
	b->n += n;
}

/* RATE Hz, 16 bits, one channel */
static void fmt(struct bytes *b)
{
	put(b, 1, 2), put(b, 1, 2), put(b, RATE, 4), put(b, 2 * RATE, 4);
	put(b, 2, 2), put(b, 16, 2);
}

/* Headers whose sound has that size by what they say. */
static struct bytes wav(const char *id, uint64_t size)
{
	struct bytes b = {.big = !strcmp(id, "RIFX")};
	text(&b, id, 4), put(&b, (uint32_t)(36 + size), 4), text(&b, "WAVE", 4);
	if (!strcmp(id, "RF64")) {
		text(&b, "ds64", 4), put(&b, 28, 4), put(&b, size, 8);
		put(&b, size, 8), put(&b, 0, 8), put(&b, 0, 4);
		size = UINT32_MAX;
	}
	text(&b, "fmt ", 4), put(&b, 16, 4), fmt(&b);
	text(&b, "data", 4), put(&b, size, 4);
	return b;
}

static struct bytes wave64(uint64_t size)
{
	static const char rest[] = "\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a";
	struct bytes b = {0};
	text(&b, "riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00", 16);
	put(&b, size ? 104 + size : 0, 8);
	text(&b, "wave", 4), text(&b, rest, 12);
	text(&b, "fmt ", 4), text(&b, rest, 12), put(&b, 24 + 16, 8), fmt(&b);
	text(&b, "data", 4), text(&b, rest, 12), put(&b, size ? 24 + size : 0, 8);
	return b;
}

static struct bytes aiff(uint64_t size)
{
	struct bytes b = {.big = true};
	text(&b, "FORM", 4), put(&b, size ? 46 + size : 0, 4), text(&b, "AIFFCOMM", 8);
	put(&b, 18, 4), put(&b, 1, 2), put(&b, size / 2, 4), put(&b, 16, 2);
	text(&b, "\x40\x0c\xfa\0\0\0\0\0\0\0", 10);  /* 16000 */
	text(&b, "SSND", 4), put(&b, size ? 8 + size : 0, 4), put(&b, 0, 8);
	return b;
}

/* A file of that header, `there` bytes of sound (sparse but for its begin) and
 * what stands behind. */
static struct mt_riff look(const struct bytes *head, int64_t there, const char *behind,
			   size_t n, struct mt_probe *probe)
{
	struct mt_source s;
	struct mt_riff r;
	struct mt_err err = {0};
	snprintf(path, sizeof path, "mt-riff-%ld.wav", (long)getpid());
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	assert_int_equal(write(fd, head->p, head->n), head->n);
	assert_int_equal(ftruncate(fd, (off_t)head->n + there), 0);
	if (there >= 8)
		assert_int_equal(pwrite(fd, "\1\2\3\4\5\6\7\1", 8, (off_t)head->n), 8);
	assert_int_equal(pwrite(fd, behind, n, (off_t)head->n + there), n);
	close(fd);
	assert_int_equal(mt_source_open(&s, path, "scan", NULL, &err), 0);
	mt_riff_fix(&r, &s);
	assert_int_equal(r.known, true);
	assert_int_equal(r.from, head->n);
	assert_int_equal(s.size, r.from + r.size);
	mt_source_close(&s);
	if (probe && mt_probe(probe, path, &err))
		fail_msg("%s", err.text);
	unlink(path);
	return r;
}

static void is_seconds(const struct mt_probe *p, int64_t bytes)
{
	assert_float_equal(p->seconds, (double)bytes / 2 / RATE, 1e-5);
}

/* 0, the largest number, and one of those that stand for "do not know". */
static void test_endless(void **state)
{
	(void)state;
	static const uint64_t unknown[] = {0, UINT32_MAX, 0x7ffff000, 0x7fffffff};
	static const char *const ids[] = {"RIFF", "RIFX"};
	struct mt_probe p;
	for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
		for (size_t k = 0; k < 2; k++) {
			struct bytes b = wav(ids[k], unknown[i]);
			/* libavformat does not read RIFX */
			struct mt_riff r = look(&b, 32000, "", 0, k ? NULL : &p);
			assert_int_equal(r.size, 32000);
			assert_int_equal(r.missing, 0);
			if (!k)
				is_seconds(&p, 32000);
		}
	for (int64_t there = 32000; there <= 5 * G; there += 5 * G - 32000) {
		struct bytes rf = wav("RF64", 0), w = wave64(0), a = aiff(0);
		assert_int_equal(look(&rf, there, "", 0, &p).size, there);
		is_seconds(&p, there);
		assert_int_equal(look(&w, there, "", 0, &p).size, there);
		is_seconds(&p, there);
		assert_int_equal(look(&a, there, "", 0, &p).size, there);
		is_seconds(&p, there);
		rf = wav("RF64", UINT64_MAX);
		assert_int_equal(look(&rf, there, "", 0, &p).size, there);
		is_seconds(&p, there);
	}
}

/* The 32 bits of a size have wrapped; chunks may follow, or what looks like one. */
static void test_wrapped(void **state)
{
	(void)state;
	static const char list[] = "LIST\4\0\0\0INFO", junk[] = "\1\2\3\4\xf0\xf0\xf0\xf0";
	struct mt_probe p;
	for (int64_t size = 4 * G + 100; size < 13 * G; size += 4 * G) {
		struct bytes b = wav("RIFF", (uint64_t)size);
		struct mt_riff r = look(&b, size, "", 0, &p);
		assert_int_equal(r.size, size);
		is_seconds(&p, size);
		r = look(&b, size, list, 12, &p);
		assert_int_equal(r.size, size);
		assert_int_equal(r.behind, 0);
		r = look(&b, size, junk, 8, &p);
		assert_int_equal(r.size, size);
		assert_int_equal(r.behind, 8);
		/* one that never said more than it had, and chunks of 4 GiB */
		b = wav("RF64", (uint64_t)size);
		assert_int_equal(look(&b, size, list, 12, &p).size, size);
		is_seconds(&p, size);
	}
	struct bytes b = wav("RIFF", 3200);
	assert_int_equal(look(&b, 3200 + 5 * G, "", 0, &p).size, 3200 + 4 * G);
}

static void test_tails(void **state)
{
	(void)state;
	struct mt_probe p;
	struct bytes b = wav("RIFF", 3200);
	static char zeros[8192];
	assert_int_equal(look(&b, 3200, "TAG artist", 10, &p).behind, 0);
	is_seconds(&p, 3200);
	struct mt_riff r = look(&b, 3200, zeros, sizeof zeros, &p);
	assert_int_equal(r.size, 3200);
	assert_int_equal(r.behind, 0);
	memset(zeros, 7, sizeof zeros);
	r = look(&b, 3200, zeros, sizeof zeros, &p);
	assert_int_equal(r.size, 3200);
	assert_int_equal(r.behind, 8192);
	is_seconds(&p, 3200);
	/* no sound, and chunks: not "until the end" */
	b = wav("RIFF", 0);
	assert_int_equal(look(&b, 0, "LIST\4\0\0\0INFO", 12, NULL).size, 0);
}

static void test_cut(void **state)
{
	(void)state;
	struct bytes all[] = {wav("RIFF", 64000), wav("RIFX", 64000), wav("RF64", 64000),
			      wave64(64000), aiff(64000)};
	struct mt_probe p;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		struct mt_riff r = look(&all[i], 16000, "", 0, i == 1 ? NULL : &p);
		assert_int_equal(r.size, 16000);
		assert_int_equal(r.missing, 48000);
		/* what libavformat makes of it: AIFF counts its frames twice */
		if (i != 1)
			is_seconds(&p, i == 4 ? 64000 : 16000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_endless),
		cmocka_unit_test(test_wrapped),
		cmocka_unit_test(test_tails),
		cmocka_unit_test(test_cut),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("riff", tests, NULL, NULL);
}
