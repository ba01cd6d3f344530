/* SPDX-License-Identifier: MIT
 * Sound that is not all there: FLAC made here, frame by frame, with wrong
 * checksums, other depths in the middle, frames that do not decode, fewer
 * frames than its header has, or far too many samples. */
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

#include "audio/decode.h"
#include "base/mem.h"

#define RATE 8000
#define BLOCK 800

static char path[64];
static FILE *file;
static unsigned char frame[16 * 65536];
static size_t size;

static void put(unsigned v, int bytes)
{
	while (bytes--)
		frame[size++] = (unsigned char)((uint64_t)v >> 8 * bytes);
}

static unsigned crc(size_t from, unsigned poly, int bits)
{
	unsigned c = 0, top = 1u << (bits - 1);
	for (size_t i = from; i < size; i++) {
		c ^= (unsigned)frame[i] << (bits - 8);
		for (int k = 0; k < 8; k++)
			c = c & top ? c << 1 ^ poly : c << 1;
	}
	return c & (2 * top - 1);
}

static void begin(int channels, int depth, int block, uint64_t total)
{
	snprintf(path, sizeof path, "/tmp/mt-damage-%ld.flac", (long)getpid());
	file = fopen(path, "wb");
	size = 0;
	put(0x664c6143, 4), put(0x80000022, 4), put((unsigned)block, 2);
	put((unsigned)block, 2), put(0, 6);
	put(RATE << 4 | (unsigned)(channels - 1) << 1 | (unsigned)(depth - 1) >> 4, 3);
	put((unsigned)((depth - 1) & 15) << 4 | (unsigned)(total >> 32), 1);
	put((unsigned)total, 4), put(0, 8), put(0, 8);
	fwrite(frame, 1, size, file);
}

enum { GOOD, WRONG_CHECKSUM, UNKNOWN_CODING, CONSTANT, OPPOSITE };

/* Frame number n of a sound; its bytes in size. */
static void add(int n, int channels, int depth, int block, int how)
{
	size = 0;
	put(0xfff8, 2), put(0x70, 1);
	put((unsigned)(channels - 1) << 4 | (depth == 16 ? 8 : 12), 1);
	if (n < 128)
		put((unsigned)n, 1);
	else
		put(0xc080 | ((unsigned)n & 0x7c0) << 2 | ((unsigned)n & 63), 2);
	put((unsigned)block - 1, 2);
	put(crc(0, 7, 8), 1);
	for (int c = 0; c < channels; c++) {
		put(how == CONSTANT ? 0 : how == UNKNOWN_CODING ? 4 : 2, 1);
		for (int i = 0; i < (how == CONSTANT ? 1 : block); i++) {
			int v = (int)lrint(8000 * sin((n * block + i) * 0.1));
			if (how == OPPOSITE && c)
				v = -v;
			put((unsigned)(depth == 16 ? v : v * 256), depth / 8);
		}
	}
	put(crc(0, 0x8005, 16), 2);
	if (how == WRONG_CHECKSUM)
		frame[size / 2] ^= 1;
	fwrite(frame, 1, size, file);
}

/* All of it; n samples, the losses in l, the code of the failure or "". */
static size_t decode(const struct mt_decode_opts *how, struct mt_decode_losses *l,
		     struct mt_err *err)
{
	struct mt_decoder *d;
	struct mt_pcm pcm = {0};
	*err = (struct mt_err){0};
	fclose(file);
	if (mt_decoder_open(&d, path, how, err))
		fail_msg("%s", err->text);
	int rc = mt_decoder_read(d, &pcm, SIZE_MAX, err);
	assert_true(rc == MT_END || rc == MT_EITEM);
	mt_decoder_losses(d, l);
	size_t n = pcm.n;
	mt_decoder_close(d);
	mt_pcm_release(&pcm);
	unlink(path);
	return n;
}

static const struct mt_decode_opts plain;
static struct mt_decode_losses loss;
static struct mt_err err;

static void test_good(void **state)
{
	(void)state;
	begin(1, 16, BLOCK, 20 * BLOCK);
	for (int i = 0; i < 20; i++)
		add(i, 1, 16, BLOCK, GOOD);
	assert_int_equal(decode(&plain, &loss, &err), 20 * BLOCK);
	assert_int_equal(loss.damaged, 0);
	assert_true(loss.lost <= 0 && loss.cut <= 0);
	assert_float_equal(loss.heard, 2, 1e-9);
}

/* The samples are kept. */
static void test_checksum(void **state)
{
	(void)state;
	begin(1, 16, BLOCK, 20 * BLOCK);
	for (int i = 0; i < 20; i++)
		add(i, 1, 16, BLOCK, i == 7 || i == 12 ? WRONG_CHECKSUM : GOOD);
	assert_int_equal(decode(&plain, &loss, &err), 20 * BLOCK);
	assert_int_equal(loss.damaged, 2);
	assert_float_equal(loss.lost, 0.2, 1e-3);
	assert_true(loss.cut <= 0);
}

static void test_depth_changes(void **state)
{
	(void)state;
	begin(1, 16, BLOCK, 0);
	for (int i = 0; i < 20; i++)
		add(i, 1, i < 2 || i > 15 ? 16 : 24, BLOCK, GOOD);
	assert_int_equal(decode(&plain, &loss, &err), 20 * BLOCK);
	assert_int_equal(loss.damaged, 0);
	/* blocks larger than the header's largest */
	begin(1, 16, BLOCK, 0);
	for (int i = 0; i < 20; i++)
		add(i, 1, 16, i ? 2 * BLOCK : BLOCK, GOOD);
	assert_int_equal(decode(&plain, &loss, &err), 39 * BLOCK);
}

static void test_undecodable(void **state)
{
	(void)state;
	begin(1, 16, BLOCK, 20 * BLOCK);
	for (int i = 0; i < 20; i++)
		add(i, 1, 16, BLOCK, i < 4 ? GOOD : UNKNOWN_CODING);
	assert_int_equal(decode(&plain, &loss, &err), 4 * BLOCK);
	/* libavformat may put them into one packet */
	assert_true(loss.damaged >= 1);
	assert_float_equal(loss.lost, 1.6, 0.8);
	assert_float_equal(loss.heard, 0.4, 1e-9);
}

static void test_cut(void **state)
{
	(void)state;
	for (int all = 0; all < 2; all++) {
		begin(1, 16, BLOCK, 20 * BLOCK);
		for (int i = 0; i < 5; i++)
			add(i, 1, 16, BLOCK, GOOD);
		/* who asks for less does not miss the rest */
		struct mt_decode_opts how = {.duration = all ? 0 : 0.3};
		decode(&how, &loss, &err);
		assert_float_equal(loss.cut, (all ? 1.5 : 0), 1e-6);
	}
}

/* 200 kB that are 18 hours: nothing grows beyond what is allowed. */
static void test_bomb(void **state)
{
	(void)state;
	static const int rates[] = {0, 16000, 768000};
	for (size_t k = 0; k < sizeof rates / sizeof *rates; k++)
		for (int r = MT_RESAMPLER_FFT; r <= MT_RESAMPLER_SWR; r++) {
			begin(2, 16, 65535, 0);
			for (int i = 0; i < 2000; i++)
				add(i, 2, 16, 65535, CONSTANT);
			struct mt_decode_opts how = {
				.rate = rates[k], .all_channels = true,
				.resampler = (enum mt_resampler)r,
				.max_bytes = 8000000, .sample_bytes = 4,
			};
			assert_true(decode(&how, &loss, &err) <= 1000000);
			assert_string_equal(err.code, "limit.record");
			assert_non_null(strstr(err.text, "cut it with `segment`"));
		}
}

static void test_cancels(void **state)
{
	(void)state;
	for (int opposite = 0; opposite < 2; opposite++) {
		begin(2, 16, BLOCK, 0);
		for (int i = 0; i < 20; i++)
			add(i, 2, 16, BLOCK, opposite ? OPPOSITE : GOOD);
		decode(&plain, &loss, &err);
		assert_true(opposite ? loss.mean_level < -100
				     : fabs(loss.mean_level) < 0.001);
	}
	begin(2, 16, BLOCK, 0);
	for (int i = 0; i < 20; i++)
		add(i, 2, 16, BLOCK, OPPOSITE);
	struct mt_decode_opts all = {.all_channels = true};
	decode(&all, &loss, &err);
	assert_float_equal(loss.mean_level, 0, 1e-9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_checksum),
		cmocka_unit_test(test_depth_changes),
		cmocka_unit_test(test_undecodable),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_bomb),
		cmocka_unit_test(test_cancels),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("damage", tests, NULL, NULL);
}
