/* SPDX-License-Identifier: MIT
 * Lengths of MPEG audio: made frames, and real files against mutagen
 * (mpeg.tsv, made by mpeg_ref.py). */
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "audio/mpeg.h"
#include "base/mem.h"
#include "base/num.h"

static unsigned char buf[1 << 21];
static size_t size;

static void raw(const void *p, size_t n)
{
	memcpy(buf + size, p, n);
	size += n;
}

static void zeros(size_t n)
{
	memset(buf + size, 0, n);
	size += n;
}

static void put32(unsigned char *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(v >> (24 - 8 * i));
}

/* n frames with that header; returns the place of the first one. */
static unsigned char *frames(int n, uint32_t head, size_t length)
{
	unsigned char *first = buf + size;
	for (int i = 0; i < n; i++) {
		zeros(length);
		put32(buf + size - length, head);
	}
	return first;
}

static bool probe(struct mt_mpeg *m)
{
	int fd = memfd_create("mpeg", 0);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, buf, size), size);
	bool ok = mt_mpeg_probe(m, fd, (int64_t)size);
	close(fd);
	size = 0;
	return ok;
}

#define L3_128 0xfffb9000u   /* MPEG-1 layer III, 128 kbit/s, 44.1 kHz */
#define MONO 0xc0u

static void seconds(const struct mt_mpeg *m, double want)
{
	if (fabs(m->seconds - want) > 1e-9)
		fail_msg("%.9f s, not %.9f", m->seconds, want);
}

static void test_cbr(void **state)
{
	(void)state;
	static const struct {
		uint32_t head;
		size_t length;
		int rate, channels, layer, bit_rate;
	} kind[] = {
		{L3_128, 417, 44100, 2, 3, 128000},
		{L3_128 | MONO, 417, 44100, 1, 3, 128000},
		{0xfffb9200, 418, 44100, 2, 3, 128000},        /* padded */
		{0xfffd8800, 576, 32000, 2, 2, 128000},
		{0xffff4800, 192, 32000, 2, 1, 128000},
		{0xfff38000, 208, 22050, 2, 3, 64000},         /* MPEG-2 */
		{0xffe38000, 417, 11025, 2, 3, 64000},         /* MPEG-2.5 */
	};
	struct mt_mpeg m;
	for (size_t i = 0; i < sizeof kind / sizeof *kind; i++) {
		frames(10, kind[i].head, kind[i].length);
		double n = (double)size;
		assert_true(probe(&m));
		assert_true(m.sure);
		assert_int_equal(m.rate, kind[i].rate);
		assert_int_equal(m.channels, kind[i].channels);
		assert_int_equal(m.layer, kind[i].layer);
		assert_int_equal(m.bit_rate, kind[i].bit_rate);
		seconds(&m, 8 * n / kind[i].bit_rate);
	}
}

static void test_xing(void **state)
{
	(void)state;
	struct mt_mpeg m;
	for (int mono = 0; mono < 2; mono++) {
		unsigned char *p = frames(2, L3_128 | (mono ? MONO : 0), 417) +
				   (mono ? 21 : 36);
		memcpy(p, "Info", 4);
		put32(p + 4, 15);
		put32(p + 8, 1000);
		put32(p + 12, 417 + 261224);
		unsigned char *lame = p + 120;
		memcpy(lame, "LAME3.100", 9);
		put32(lame + 20, 0x00240258u & 0xffffff); /* 576, 600 */
		assert_true(probe(&m));
		assert_true(m.sure);
		seconds(&m, (1000 * 1152 - 576 - 600) / 44100.0);
		assert_int_equal(m.bit_rate, 80000);
	}
	/* a header that does not count frames leaves the bit rate */
	unsigned char *p = frames(5, L3_128, 417) + 36;
	memcpy(p, "Xing", 4);
	assert_true(probe(&m));
	seconds(&m, 8 * 5 * 417 / 128e3);
	/* no tag of an encoder: nothing is taken off; too much: 0 */
	p = frames(1, L3_128, 417) + 36;
	memcpy(p, "Xing", 4);
	put32(p + 4, 1);
	put32(p + 8, 1);
	assert_true(probe(&m));
	seconds(&m, 1152 / 44100.0);
	assert_false(m.sure);   /* there is nothing behind the header */
	p = frames(1, L3_128, 417) + 36;
	memcpy(p, "Xing", 4);
	put32(p + 4, 1);
	put32(p + 8, 1);
	memcpy(p + 12, "Lavc58.54", 9);
	put32(p + 32, 0xfff001);
	assert_true(probe(&m));
	seconds(&m, 0);
}

static void test_vbri(void **state)
{
	(void)state;
	struct mt_mpeg m;
	unsigned char *p = frames(2, L3_128, 417) + 36;
	memcpy(p, "VBRI", 4);
	put32(p + 10, 160000);
	put32(p + 14, 500);
	assert_true(probe(&m));
	assert_true(m.sure);
	seconds(&m, 500 * 1152 / 44100.0);
	assert_int_equal(m.bit_rate, 98000);
}

static void test_search(void **state)
{
	(void)state;
	static const unsigned char id3[10] = {'I', 'D', '3', 4, 0, 0, 0, 0, 1, 0};
	struct mt_mpeg m;
	/* two tags, then garbage with a false sync, then frames */
	for (int i = 0; i < 2; i++) {
		raw(id3, 10);
		zeros(128);
	}
	raw("\xff\xfb\x90\x00", 4);
	zeros(1000);
	frames(4, L3_128, 417);
	assert_true(probe(&m));
	assert_true(m.sure);
	seconds(&m, 8 * 4 * 417 / 128e3);
	/* few frames are believed only half; those of different rates are not
	 * in a row */
	frames(2, L3_128, 417);
	assert_true(probe(&m));
	assert_false(m.sure);
	frames(1, L3_128, 417);
	assert_false(probe(&m));
	frames(1, L3_128, 417);
	frames(1, L3_128 | 0x800, 288);
	assert_false(probe(&m));
	/* beyond the first MiB, or behind 1000 false syncs, nobody looks */
	zeros((1 << 20) - 1);
	frames(4, L3_128, 417);
	assert_true(probe(&m));
	zeros(1 << 20);
	frames(4, L3_128, 417);
	assert_false(probe(&m));
	for (int i = 0; i < 1000; i++)
		raw("\xff\xfb\xff\x00", 4);
	frames(4, L3_128, 417);
	assert_false(probe(&m));
	/* other kinds of file, and nothing */
	raw("RIFF....", 8);
	frames(4, L3_128, 417);
	assert_false(probe(&m));
	raw("....ftyp", 8);
	frames(4, L3_128, 417);
	assert_false(probe(&m));
	raw(id3, 10);
	assert_false(probe(&m));
	assert_false(probe(&m));
}

/* One row of the table: path, seconds, rate, channels, bit rate. */
static void compare(char *line, const char *data)
{
	char *word[5], *rest = line;
	struct mt_mpeg m;
	struct stat st;
	double want;
	int64_t number[3];
	for (int i = 0; i < 5; i++)
		assert_non_null(word[i] = strsep(&rest, "\t\n"));
	char *path = mt_strf("%s/%s", data, word[0]);
	int fd = open(path, O_RDONLY);
	if (fd < 0 || fstat(fd, &st))
		fail_msg("%s: cannot open", path);
	bool found = mt_mpeg_probe(&m, fd, st.st_size);
	close(fd);
	if (found != (word[1][0] != '-'))
		fail_msg("%s: found is %d", path, found);
	if (found) {
		assert_true(mt_num_f64(word[1], &want));
		for (int i = 0; i < 3; i++)
			assert_true(mt_num_i64(word[2 + i], &number[i]));
		if (fabs(m.seconds - want) > 1e-3 || m.rate != number[0] ||
		    m.channels != number[1] ||
		    llabs(m.bit_rate - number[2]) > 1)
			fail_msg("%s: %g s, %d Hz, %d channels, %lld bit/s",
				 path, m.seconds, m.rate, m.channels,
				 (long long)m.bit_rate);
	}
	free(path);
}

static void test_mutagen(void **state)
{
	(void)state;
	const char *data = getenv("MT_DATA");
	data = data ? data : "../shared/data";
	char *probe_path = mt_strf("%s/odd-audio", data);
	int there = !access(probe_path, R_OK);
	free(probe_path);
	if (!there) {
		print_message("# no real clips in %s\n", data);
		skip();
	}
	FILE *f = fopen("tests/ref/mpeg.tsv", "r");
	assert_non_null(f);
	char *line = NULL;
	size_t cap = 0;
	int n = 0;
	for (; getline(&line, &cap, f) > 0; n++)
		compare(line, data);
	assert_true(n > 40);
	free(line);
	fclose(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cbr),    cmocka_unit_test(test_xing),
		cmocka_unit_test(test_vbri),   cmocka_unit_test(test_search),
		cmocka_unit_test(test_mutagen),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("mpeg", tests, NULL, NULL);
}
