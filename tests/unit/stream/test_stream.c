/* SPDX-License-Identifier: MIT
 * Records, headers, reader and writer: round trips and every kind of damage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/crc.h"
#include "base/half.h"
#include "base/mem.h"
#include "stream/layout.h"
#include "stream/reader.h"
#include "stream/writer.h"

static char path[] = "/tmp/mt-test-stream-XXXXXX";

static void put_sample(struct mt_writer *w, int i, int level)
{
	struct mt_rec rec;
	struct mt_frame frame = {0};
	mt_rec_init(&rec);
	char key[16];
	snprintf(key, sizeof key, "clip%d", i);
	mt_rec_put_str(&rec, "key", key, strlen(key));
	float *x = mt_rec_alloc(&rec, 6 * sizeof *x);
	for (int k = 0; k < 6; k++)
		x[k] = (float)(i + k % 2);
	mt_rec_put(&rec, "mel", "f4", 2, (uint64_t[]){2, 3}, x);
	mt_rec_put_f8(&rec, "seconds", 1.5);
	if (i == 2)
		mt_rec_fail(&rec, "test", "test.two", "the second is bad");
	if (level >= 0) {
		mt_frame_make(&frame, &rec, level);
		assert_int_equal(0, mt_writer_put_frame(w, &frame, NULL));
		mt_frame_release(&frame);
	} else {
		assert_int_equal(0, mt_writer_put(w, &rec, NULL));
	}
	mt_rec_release(&rec);
}

static char *make_stream(size_t *size, int n, int level, bool index)
{
	struct mt_writer w;
	struct mt_head head;
	struct mt_err err = {0};
	assert_int_equal(0, mt_writer_open(&w, path, &err));
	w.index = index;
	mt_head_init(&head, "mel");
	mt_head_set_param(&head, "rate", "%d", 16000);
	mt_head_add_tag(&head, "rock\tand\\roll");
	assert_int_equal(0, mt_writer_head(&w, &head, &err));
	for (int i = 0; i < n; i++)
		put_sample(&w, i, level);
	assert_int_equal(0, mt_writer_done(&w, &err));
	assert_int_equal(0, mt_writer_close(&w, &err));
	mt_head_release(&head);
	char *data;
	assert_int_equal(0, mt_file_get(path, 1 << 30, &data, size, &err));
	unlink(path);
	return data;
}

/* Reads to the end; returns the last status. */
static int read_all(const void *data, size_t size, struct mt_tally *tally,
		    struct mt_err *err)
{
	struct mt_reader r;
	struct mt_rec rec;
	mt_rec_init(&rec);
	mt_reader_open_mem(&r, data, size, "memory");
	int rc;
	while (!(rc = mt_reader_next(&r, &rec, err)))
		;
	if (tally)
		*tally = r.all;
	mt_reader_close(&r);
	mt_rec_release(&rec);
	return rc;
}

static void check_content(const void *data, size_t size)
{
	struct mt_reader r;
	struct mt_rec rec;
	struct mt_err err = {0};
	mt_rec_init(&rec);
	mt_reader_open_mem(&r, data, size, "memory");
	assert_int_equal(0, mt_reader_next(&r, &rec, &err));
	assert_int_equal(MT_HEAD, rec.type);
	assert_string_equal("16000", mt_head_param(&r.head, "rate"));
	assert_string_equal("rock\tand\\roll", mt_head_tag(&r.head, 0));
	for (int i = 0; i < 4; i++) {
		char key[32];
		double v;
		assert_int_equal(0, mt_reader_next(&r, &rec, &err));
		assert_int_equal(i == 2 ? MT_FAIL : MT_DATA, rec.type);
		mt_rec_str(&rec, "key", key, sizeof key);
		assert_int_equal('0' + i, key[4]);
		if (i == 2)
			continue;
		const struct mt_field *mel = mt_rec_get(&rec, "mel");
		assert_int_equal(2, mel->dim[0]);
		assert_int_equal(3, mel->dim[1]);
		assert_int_equal(0, (uintptr_t)mel->data % 64);
		assert_true(((const float *)mel->data)[1] == (float)(i + 1));
		assert_true(mt_rec_num(&rec, "seconds", &v) && v == 1.5);
	}
	assert_int_equal(0, mt_reader_next(&r, &rec, &err));
	assert_int_equal(MT_DONE, rec.type);
	assert_int_equal(MT_END, mt_reader_next(&r, &rec, &err));
	assert_int_equal(3, r.all.n_data);
	assert_int_equal(1, r.all.n_fail);
	mt_reader_close(&r);
	mt_rec_release(&rec);
}

static void round_trip(void **state)
{
	(void)state;
	for (int level = -1; level < 4; level += 2)
		for (int index = 0; index < 2; index++) {
			size_t size;
			char *data = make_stream(&size, 4, level, index);
			check_content(data, size);
			free(data);
		}
}

static void every_prefix(void **state)
{
	(void)state;
	size_t size;
	char *data = make_stream(&size, 4, -1, true);
	for (size_t n = 0; n < size; n++) {
		struct mt_err err = {0};
		assert_int_equal(MT_EINPUT, read_all(data, n, NULL, &err));
		assert_true(strlen(err.text) > 10);
	}
	free(data);
}

static void every_flip(void **state)
{
	(void)state;
	for (int level = -1; level < 4; level += 4) {
		size_t size;
		char *data = make_stream(&size, 4, level, true);
		for (size_t i = 0; i < size; i++) {
			data[i] = (char)(data[i] ^ 1 << i % 8);
			assert_int_equal(MT_EINPUT,
					 read_all(data, size, NULL, NULL));
			data[i] = (char)(data[i] ^ 1 << i % 8);
		}
		free(data);
	}
}

static uint64_t frame_size(const char *data, size_t at)
{
	return 64 + mt_get_u64((const unsigned char *)data + at + MT_AT_SIZE);
}

static void frames_lost_and_doubled(void **state)
{
	(void)state;
	size_t size;
	char *data = make_stream(&size, 4, -1, false);
	char *buf = malloc(2 * size);
	for (size_t at = 0; at < size; at += frame_size(data, at)) {
		size_t n = frame_size(data, at);
		memcpy(buf, data, at);
		memcpy(buf + at, data + at + n, size - at - n);
		assert_int_equal(MT_EINPUT,
				 read_all(buf, size - n, NULL, NULL));
		memcpy(buf, data, at + n);
		memcpy(buf + at + n, data + at, size - at);
		assert_int_equal(MT_EINPUT,
				 read_all(buf, size + n, NULL, NULL));
	}
	free(buf);
	free(data);
}

static void joined(void **state)
{
	(void)state;
	size_t size;
	char *data = make_stream(&size, 4, -1, false);
	char *buf = malloc(2 * size + 16);
	struct mt_tally tally;
	struct mt_err err = {0};
	memcpy(buf, data, size);
	memcpy(buf + size, data, size);
	assert_int_equal(MT_END, read_all(buf, 2 * size, &tally, &err));
	assert_int_equal(6, tally.n_data);
	assert_int_equal(2, tally.n_fail);
	/* a cut shard before a whole one */
	memcpy(buf + size - 192, data, size);
	assert_int_equal(MT_EINPUT,
			 read_all(buf, 2 * size - 192, NULL, &err));
	assert_non_null(strstr(err.text, "before the last one ended"));
	/* text between them */
	memcpy(buf + size, "debug: 3\n", 9);
	memcpy(buf + size + 9, data, size);
	assert_int_equal(MT_EINPUT, read_all(buf, 2 * size + 9, NULL, &err));
	free(buf);
	free(data);
}

/* Set bytes of the frame header at at, then make its checksum right. */
static void forge(char *data, size_t at, size_t where, const void *v, size_t n)
{
	memcpy(data + at + where, v, n);
	mt_set_u32((unsigned char *)data + at + MT_AT_HCRC,
		   mt_crc32(0, data + at, MT_AT_HCRC));
}

static void lies(void **state)
{
	(void)state;
	size_t size;
	char *data = make_stream(&size, 2, -1, false);
	size_t at = frame_size(data, 0);
	struct mt_err err = {0};
	uint64_t huge = (uint64_t)3 << 30;
	char *copy = malloc(size);
	memcpy(copy, data, size);
	forge(copy, at, MT_AT_SIZE, &huge, 8);
	assert_int_equal(MT_EINPUT, read_all(copy, size, NULL, &err));
	assert_non_null(strstr(err.text, "stream cut"));
	memcpy(copy, data, size);
	forge(copy, at, MT_AT_TYPE, "NEWS", 4);
	assert_int_equal(MT_EINPUT, read_all(copy, size, NULL, &err));
	assert_non_null(strstr(err.text, "newer version"));
	memcpy(copy, data, size);
	forge(copy, at, MT_AT_NFIELD, &(uint32_t){65}, 4);
	assert_int_equal(MT_EINPUT, read_all(copy, size, NULL, &err));
	memcpy(copy, data, size);
	forge(copy, at, MT_AT_FLAGS, &(uint32_t){1}, 4);
	assert_int_equal(MT_EINPUT, read_all(copy, size, NULL, &err));
	free(copy);
	free(data);
}

static void halves(void **state)
{
	(void)state;
	for (uint32_t h = 0; h < 0x10000; h++) {
		float f = mt_half_to((uint16_t)h);
		if (f == f)
			assert_int_equal(h, mt_half_from(f));
	}
	assert_int_equal(0x7bff, mt_half_from(65519.99f));
	assert_int_equal(0x7c00, mt_half_from(65520.0f));
	assert_int_equal(0x3c00, mt_half_from(1.00048828125f)); /* to even */
	assert_int_equal(0x0001, mt_half_from(4.5e-8f));
	float in[1000], back[1000];
	uint16_t mid[1000];
	for (int i = 0; i < 1000; i++)
		in[i] = (float)((i - 500) * 0.37 * (i % 7 ? 1 : 1e-6));
	mt_half_from_array(mid, in, 1000);
	mt_half_to_array(back, mid, 1000);
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(mt_half_from(in[i]), mid[i]);
		assert_true(mt_half_to(mid[i]) == back[i]);
	}
}

/* Whoever asks for tag i must get one. */
static void tags_in_order(void **state)
{
	static const char *const good[] = {"", "tag\t0\ta\ntag\t1\t\n",
		"tag\t0\ta\nparam\tx\t1\ntag\t1\tb\n"};
	static const char *const bad[] = {"tag\t1\ta\n", "tag\t0\ta\ntag\t0\tb\n",
		"tag\t0\ta\ntag\t2\tb\n", "tag\t0\n", "tag\n", "tag\tx\ta\n",
		"tag\t00\ta\n"};
	struct mt_head head;
	struct mt_err err;
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		char *text = mt_strf("mtrec\t1\nkind\tmel\n%s", good[i]);
		assert_int_equal(0, mt_head_parse(&head, text, strlen(text), &err));
		for (size_t k = 0; k < mt_head_n_tag(&head); k++)
			assert_non_null(mt_head_tag(&head, k));
		mt_head_release(&head);
		free(text);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char *text = mt_strf("mtrec\t1\nkind\tmel\n%s", bad[i]);
		assert_int_equal(MT_EINPUT,
				 mt_head_parse(&head, text, strlen(text), &err));
		free(text);
	}
}

/* One field more than a record holds is noted, not written anywhere. */
static void long_param(void **state)
{
	(void)state;
	struct mt_head head;
	char text[3000];
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	mt_head_init(&head, "mel");
	mt_head_set_param(&head, "channels", "a%sz", text);
	const char *got = mt_head_param(&head, "channels");
	assert_int_equal(strlen(got), strlen(text) + 2);
	assert_int_equal(got[strlen(got) - 1], 'z');
	mt_head_release(&head);
}

/* A message has room for 200 bytes of a key, and shows whole characters. */
static void long_key(void **state)
{
	(void)state;
	char key[400];
	memset(key, 'k', sizeof key);
	assert_int_equal(mt_rec_key_shown(key, 7), 7);
	assert_int_equal(mt_rec_key_shown(key, 200), 200);
	assert_int_equal(mt_rec_key_shown(key, sizeof key), 200);
	memcpy(key + 198, "\xe2\x82\xac", 3); /* a euro sign */
	assert_int_equal(mt_rec_key_shown(key, sizeof key), 198);
	assert_int_equal(mt_rec_key_shown(key, 201), 198);
	memset(key, 0x80, sizeof key);        /* no UTF-8 */
	assert_int_equal(mt_rec_key_shown(key, sizeof key), 200);
}

static void too_many_fields(void **state)
{
	struct mt_rec rec, copy;
	(void)state;
	mt_rec_init(&rec);
	mt_rec_init(&copy);
	mt_rec_put_str(&rec, "key", "a", 1);
	for (int i = 1; i < MT_REC_FIELDS + 3; i++) {
		char name[8];
		snprintf(name, sizeof name, "f%d", i);
		mt_rec_put_i4(&rec, name, i);
		assert_int_equal(rec.full, i >= MT_REC_FIELDS);
	}
	assert_int_equal(rec.n_field, MT_REC_FIELDS);
	mt_rec_put_i4(&rec, "f1", 7);   /* replacing needs no place */
	mt_rec_copy(&copy, &rec);
	assert_true(copy.full);
	mt_rec_fail(&copy, "test", "test.full", "too many");
	assert_false(copy.full);
	mt_rec_reset(&rec, MT_DATA);
	assert_false(rec.full);
	mt_rec_release(&copy);
	mt_rec_release(&rec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(every_prefix),
		cmocka_unit_test(every_flip),
		cmocka_unit_test(frames_lost_and_doubled),
		cmocka_unit_test(joined),
		cmocka_unit_test(lies),
		cmocka_unit_test(tags_in_order),
		cmocka_unit_test(long_param),
		cmocka_unit_test(long_key),
		cmocka_unit_test(too_many_fields),
		cmocka_unit_test(halves),
	};
	if (close(mkstemp(path)))
		return 1;
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
