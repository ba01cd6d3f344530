/* SPDX-License-Identifier: MIT
 * Packed sets written and read back as examples; parts, resume and merge
 * through the library; where-expressions. */
#include <dirent.h>
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

#include "base/half.h"
#include "base/mem.h"
#include "set/index.h"
#include "set/keyset.h"
#include "set/pack.h"
#include "stream/where.h"
#include "train/batch.h"

#define M 3
#define N 7
static char folder[] = "/tmp/mt-test-batch-XXXXXX";

static void wipe(void)
{
	DIR *dir = opendir(folder);
	for (struct dirent *d; dir && (d = readdir(dir));) {
		char *path = mt_strf("%s/%s", folder, d->d_name);
		if (d->d_name[strspn(d->d_name, ".")])
			unlink(path);
		free(path);
	}
	closedir(dir);
	rmdir(folder);
}

static int make_folder(void **state)
{
	(void)state;
	memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
	return mkdtemp(folder) ? 0 : -1;
}

static int drop_folder(void **state)
{
	(void)state;
	wipe();
	return 0;
}

static float value(int i, int t, int m)
{
	return (float)(100 * i + 10 * t + m) / 8;
}

static int spoilt = -1;   /* clip with an infinite value in frame 1, band 2 */
static int narrow = -1;   /* clip with a band less */
static int lacking = -1;  /* clip with a label less */
static uint8_t one = 1;   /* what stands for a label that is given */

/* Clip i: i + 1 frames, odd ones as f2; number 3 has failed. */
static void fill(struct mt_rec *rec, int i)
{
	uint64_t dim[2] = {(uint64_t)i + 1, i == narrow ? M - 1 : M};
	size_t n = (size_t)(i + 1) * M;
	float *x = mt_rec_alloc(rec, n * sizeof *x);
	for (int t = 0; t <= i; t++)
		for (int m = 0; m < M; m++)
			x[t * M + m] = value(i, t, m);
	if (i == spoilt)
		x[1 * M + 2] = -INFINITY;
	char key[16];
	snprintf(key, sizeof key, "clip%d", i);
	mt_rec_put_str(rec, "key", key, strlen(key));
	if (i % 2) {
		uint16_t *h = mt_rec_alloc(rec, n * sizeof *h);
		mt_half_from_array(h, x, n);
		mt_rec_put(rec, "mel", "f2", 2, dim, h);
	} else {
		mt_rec_put(rec, "mel", "f4", 2, dim, x);
	}
	uint8_t *y = mt_rec_alloc(rec, 2);
	y[0] = i % 2 == 0 ? one : 0;
	y[1] = i > 4 ? one : 0;
	mt_rec_put(rec, "label", "u1", 1, &(uint64_t){i == lacking ? 1 : 2}, y);
	mt_rec_put_f8(rec, "seconds", i + 0.5);
	mt_rec_put_i8(rec, "bytes", (int64_t)1 << (50 + i));
	const char *split = i < 4 ? "train" : "test";
	mt_rec_put_str(rec, "split", split, strlen(split));
	if (i == 3)
		mt_rec_fail(rec, "test", "test.three", "no third");
}

static void make_head(struct mt_head *head)
{
	mt_head_init(head, "example");
	mt_head_set_field(head, "mel", "f4", "T,3", "");
	mt_head_set_field(head, "seconds", "f8", "", "");
	mt_head_set_field(head, "bytes", "i8", "", "");
	mt_head_set_field(head, "split", "s", "", "");
	mt_head_add_tag(head, "even");
	mt_head_add_tag(head, "late");
}

static int pack_range(int from, int to, bool resume, bool finish,
		      struct mt_err *err)
{
	struct mt_pack p;
	struct mt_head head;
	int rc = mt_pack_open(&p, folder, false, resume, err);
	if (rc)
		return rc;
	p.max_records = 2;
	make_head(&head);
	rc = mt_pack_head(&p, &head, err);
	mt_head_release(&head);
	for (int i = from; !rc && i < to; i++) {
		struct mt_rec rec;
		struct mt_frame frame = {0};
		const char *twin;
		mt_rec_init(&rec);
		fill(&rec, i);
		mt_frame_make(&frame, &rec, 3);
		rc = mt_pack_put(&p, &frame, i < 4 ? "train" : "test",
				 i == 6 ? 1 : (uint64_t)i + 1, &twin, err);
		if (i == 6)
			assert_string_equal("clip0", twin);
		else
			assert_null(twin);
		mt_frame_release(&frame);
		mt_rec_release(&rec);
	}
	if (!rc && finish)
		return mt_pack_close(&p, err);
	mt_pack_abort(&p);
	return rc;
}

static void check_examples(struct mt_examples *e, int from)
{
	for (size_t i = 0; i < e->n; i++) {
		const struct mt_example *x = &e->item[i];
		int c = x->key[4] - '0';
		float out[N * M];
		assert_int_equal(from <= 3 && (int)i + from >= 3
				 ? (int)i + from + 1 : (int)i + from, c);
		assert_int_equal(c + 1, x->n_frame);
		assert_int_equal(x->label[0], c % 2 == 0);
		assert_int_equal(x->label[1], c > 4);
		assert_string_equal(c < 4 ? "train" : "test",
				    e->split_name[x->split]);
		/* from before the first frame to behind the last */
		assert_int_equal(mt_examples_frames(e, i, -1, N, out, NULL), 0);
		for (int t = 0; t < N; t++)
			for (int m = 0; m < M; m++)
				assert_true(out[t * M + m] ==
					    value(c, (t + c) % (c + 1), m));
	}
}

static void test_examples(void **state)
{
	(void)state;
	struct mt_examples e;
	struct mt_err err = {0};
	char *operand[] = {folder};
	assert_int_equal(0, pack_range(0, N, false, true, &err));
	assert_int_equal(0, mt_examples_read(&e, operand, 1, NULL, 0, 1 << 20,
					     &err));
	assert_int_equal(0, e.n_file);
	assert_int_equal(N - 1, e.n);
	assert_int_equal(1, e.n_fail);
	assert_int_equal(M, e.n_band);
	assert_int_equal(2, e.n_tag);
	assert_int_equal(0, mt_examples_split(&e, "train"));
	assert_int_equal(1, mt_examples_split(&e, "test"));
	assert_int_equal(-1, mt_examples_split(&e, "valid"));
	check_examples(&e, 0);
	uint32_t crc = e.crc;
	mt_examples_release(&e);
	const char *wanted[] = {"valid", "test"};
	assert_int_equal(0, mt_examples_read(&e, operand, 1, wanted, 2,
					     1 << 20, &err));
	assert_int_equal(3, e.n);
	check_examples(&e, 4);
	assert_int_not_equal(crc, e.crc);
	mt_examples_release(&e);
	/* nothing kept, the first one, the first three: the same */
	for (uint64_t memory = 0; memory <= 60; memory += 12) {
		size_t kept = 0;
		assert_int_equal(0, mt_examples_read(&e, operand, 1, NULL, 0,
						     memory, &err));
		for (size_t i = 0; i < e.n; i++)
			kept += e.item[i].half || e.item[i].mel;
		assert_int_equal(kept, memory >= 60 ? 3 : memory >= 24 ? 2
				 : memory > 0);
		assert_int_equal(crc, e.crc);
		check_examples(&e, 0);
		/* backwards, and one twice */
		float a[N * M], b[N * M];
		for (size_t i = e.n; i-- > 0;) {
			assert_int_equal(mt_examples_frames(&e, i, 1, 3, a, NULL), 0);
			assert_int_equal(mt_examples_frames(&e, i, 1, 3, b, NULL), 0);
			assert_memory_equal(a, b, 3 * M * sizeof *a);
			assert_true(*a == value((int)i + (i >= 3),
						1 % ((int)i + (i >= 3) + 1), 0));
		}
		mt_examples_release(&e);
	}
}

/* Values that are no numbers are told with their place, f4 and f2. */
static void test_spoilt(void **state)
{
	(void)state;
	struct mt_examples e;
	struct mt_err err = {0};
	char *operand[] = {folder};
	for (spoilt = 4; spoilt < 6; spoilt++) {
		assert_int_equal(0, pack_range(0, N, false, true, &err));
		assert_int_equal(MT_EINPUT, mt_examples_read(&e, operand, 1, NULL,
							     0, 1 << 20, &err));
		char *says = mt_strf("record 'clip%d': its mel is not a number in "
				     "frame 1, band 2", spoilt);
		assert_string_equal(says, err.text);
		free(says);
		wipe();
		assert_int_equal(0, make_folder(NULL));
	}
	spoilt = -1;
}

static void refused(const char *why)
{
	struct mt_examples e;
	struct mt_err err = {0};
	char *operand[] = {folder};
	assert_int_equal(0, pack_range(0, N, false, true, &err));
	assert_int_equal(MT_EINPUT, mt_examples_read(&e, operand, 1, NULL, 0,
						     1 << 20, &err));
	assert_string_equal(why, err.text);
	wipe();
	assert_int_equal(0, make_folder(NULL));
}

/* Other bands than those before, other labels than the header's tags. A label
 * is given or not, whatever the byte. */
static void test_shapes(void **state)
{
	struct mt_examples e;
	struct mt_err err = {0};
	char *operand[] = {folder};
	(void)state;
	narrow = 4;
	refused("record 'clip4' has 2 bands and 2 tags, those before it 3 and 2");
	narrow = -1;
	lacking = 0;
	refused("record 'clip0' has 1 labels, the header names 2 tags");
	lacking = -1;
	one = 200;
	assert_int_equal(0, pack_range(0, N, false, true, &err));
	one = 1;
	assert_int_equal(0, mt_examples_read(&e, operand, 1, NULL, 0, 1 << 20, &err));
	assert_int_equal(1, e.item[0].label[0]);
	assert_int_equal(0, e.item[0].label[1]);
	mt_examples_release(&e);
}

/* A file that changes between the first reading and the next one is noticed. */
static void test_changed(void **state)
{
	(void)state;
	struct mt_examples e;
	struct mt_err err = {0};
	char *operand[] = {folder};
	float out[N * M];
	for (int how = 0; how < 4; how++) {
		assert_int_equal(0, pack_range(0, N, false, true, &err));
		assert_int_equal(0, mt_examples_read(&e, operand, 1, NULL, 0, 0,
						     &err));
		assert_int_equal(0, mt_examples_frames(&e, 1, 0, N, out, &err));
		char *path = mt_strf("%s/part-00000.mtp", folder);
		if (how == 0) {          /* a byte of the record */
			FILE *f = fopen(path, "r+");
			assert_non_null(f);
			fseek(f, (long)e.item[0].at + 64 + 20, SEEK_SET);
			fputc('~', f);
			fclose(f);
		} else if (how == 1) {   /* its end */
			assert_int_equal(0, truncate(path, (off_t)e.item[0].at + 100));
		} else if (how == 3) {   /* the same key, other values */
			e.item[0].crc ^= 1;
		} else {                 /* another record, whole */
			e.item[0].at = e.item[1].at;
			e.item[0].n_frame = e.item[1].n_frame;
		}
		/* the record that is held does not come again */
		assert_int_equal(0, mt_examples_frames(&e, 1, 0, N, out, &err));
		assert_int_equal(MT_EINPUT, mt_examples_frames(&e, 0, 0, N, out, &err));
		assert_non_null(strstr(err.text, how == 0 ? "damaged (checksum)"
				       : how == 1 ? "stream cut at byte"
				       : how == 2 ? "'clip0' was here when"
				       : "the mel of 'clip0' is not what it was when"));
		assert_non_null(strstr(err.text, path));
		free(path);
		mt_examples_release(&e);
		wipe();
		assert_int_equal(0, make_folder(NULL));
	}
}

static char *manifest(void)
{
	char *path = mt_strf("%s/manifest.json", folder), *data;
	size_t size;
	assert_int_equal(0, mt_file_get(path, 1 << 20, &data, &size, NULL));
	free(path);
	return data;
}

static void test_resume(void **state)
{
	(void)state;
	struct mt_err err = {0};
	struct mt_set set;
	assert_int_equal(0, pack_range(0, N, false, true, &err));
	char *whole = manifest();
	assert_non_null(strstr(whole, "\"in_two_splits\": 1"));
	assert_non_null(strstr(whole, "\"train\": 3"));
	assert_int_equal(0, mt_set_read(&set, folder, &err));
	assert_int_equal(4, set.n_part);
	assert_int_equal(N - 1, set.n_data);
	assert_int_equal(1, set.n_fail);
	mt_set_release(&set);
	assert_int_equal(MT_EUSAGE, pack_range(0, N, false, true, &err));
	/* a complete set is compared and stays as it is */
	assert_int_equal(0, pack_range(0, N, true, true, &err));
	assert_int_equal(MT_EINPUT, pack_range(1, N, true, true, &err));
	assert_int_equal(MT_EINPUT, pack_range(0, N - 1, true, true, &err));
	assert_int_equal(0, mt_set_read(&set, folder, &err));
	assert_int_equal(N - 1, set.n_data);
	mt_set_release(&set);
	for (int stop = 0; stop <= N; stop++) {
		wipe();
		assert_int_equal(0, pack_range(0, stop, false, false, &err));
		assert_false(mt_set_is(folder));
		if (stop > 1)
			assert_int_equal(MT_EUSAGE, pack_range(0, N, false,
							       true, &err));
		assert_int_equal(0, pack_range(0, N, true, true, &err));
		char *again = manifest();
		assert_string_equal(whole, again);
		free(again);
	}
	wipe();
	assert_int_equal(0, pack_range(0, N, false, false, &err));
	assert_int_equal(MT_EINPUT, pack_range(1, N, true, true, &err));
	assert_non_null(strstr(err.text, "is 'clip0', the input has 'clip1'"));
	assert_int_equal(MT_EINPUT, pack_range(0, 3, true, true, &err));
	assert_non_null(strstr(err.text, "holds more records"));
	assert_false(mt_set_is(folder));
	free(whole);
}

static void test_misfit(void **state)
{
	(void)state;
	const float x[] = {0, 1e-30f, 65504, -65519.99f, 65520, -65520, 1e30f,
			   INFINITY, -INFINITY, NAN};
	size_t n = sizeof x / sizeof *x;
	assert_int_equal(4, mt_half_misfit(x, n));
	assert_int_equal(4, mt_half_misfit(x, 4));
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(i < 4, mt_half_misfit(x + i, 1));
		assert_int_equal(i < 4, isfinite(mt_half_to(
						mt_half_from(x[i]))) != 0);
	}
}

static void test_keyset(void **state)
{
	(void)state;
	struct mt_keyset set = {0};
	char key[16];
	for (int i = 0; i < 9000; i++) {
		snprintf(key, sizeof key, "k%d", i % 5000 + i % 2 * 5000);
		mt_keyset_add(&set, key, strlen(key));
		assert_int_equal(i < 5000 ? i + 1 : 5000, set.n);
	}
	assert_int_equal(4000, set.n_twice);
	assert_string_equal("k0", set.first);
	for (int i = 0; i < 3; i++)
		mt_keyset_add(&set, "k0", 2);
	assert_int_equal(4000, set.n_twice);
	mt_keyset_add(&set, "k", 1);
	assert_int_equal(5001, set.n);
	mt_keyset_release(&set);
	assert_null(set.first);
}

static void test_index(void **state)
{
	(void)state;
	struct mt_err err = {0};
	struct mt_index x;
	assert_int_equal(0, pack_range(0, N, false, true, &err));
	for (int i = 0; i < N; i++) {
		char *path = mt_strf("%s/part-%05d.mtp", folder, i / 2), key[8];
		size_t from = 0;
		uint64_t off;
		snprintf(key, sizeof key, "clip%d", i);
		assert_int_equal(0, mt_index_open(&x, path, &err));
		assert_int_equal(i == 3 ? MT_END : 0,
				 mt_index_find(&x, key, &from, &off));
		if (i != 3) {
			struct mt_rec rec;
			char got[16];
			mt_rec_init(&rec);
			assert_int_equal(0, mt_reader_at(&x.reader, off, &rec,
							 &err));
			assert_string_equal(key, mt_rec_str(&rec, "key", got,
							    sizeof got));
			assert_int_equal(MT_END, mt_index_find(&x, key, &from,
							       &off));
			mt_rec_release(&rec);
		}
		from = 0;
		assert_int_equal(MT_END, mt_index_find(&x, "clip", &from,
						       &off));
		mt_index_close(&x);
		free(path);
	}
}

static void where(const char *expr, int rc, const char *want)
{
	struct mt_head head;
	struct mt_where *w;
	struct mt_err err = {0};
	char got[N + 1] = "";
	make_head(&head);
	assert_int_equal(want ? 0 : rc, mt_where_open(&w, expr, &head, &err));
	for (int i = 0; want && i < N; i++) {
		struct mt_rec rec;
		bool yes = false;
		mt_rec_init(&rec);
		fill(&rec, i);
		assert_int_equal(rc, mt_where_test(w, &rec, &yes, &err));
		got[i] = yes ? '1' : '0';
		mt_rec_release(&rec);
	}
	if (want) {
		assert_string_equal(want, got);
		mt_where_close(w);
	} else {
		assert_true(err.text[0]);
	}
	mt_head_release(&head);
}

static void test_where(void **state)
{
	(void)state;
	where("1", 0, "1111111");
	where("0", 0, "0000000");
	where("key = 'clip2'", 0, "0010000");
	/* the failed one has no such field: NULL */
	where("seconds > 1", 0, "0110111");
	where("seconds IS NULL", 0, "0001000");
	where("split='test' AND tag('even')", 0, "0000101");
	where("bytes = 1 << 54", 0, "0000100");
	where("seconds > 1 -- a comment", 0, "0110111");
	where("key LIKE '%4' OR (SELECT 0)", 0, "0000100");
	where("", MT_EUSAGE, NULL);
	where("seconds >", MT_EUSAGE, NULL);
	where("mel", MT_EUSAGE, NULL);
	where("1, 2", MT_EUSAGE, NULL);
	where("1); DELETE FROM x; (1", MT_EUSAGE, NULL);
	where("1 FROM sqlite_master) UNION (SELECT 1", MT_EUSAGE, NULL);
	where("load_extension('x')", MT_EUSAGE, "0000000");
	where("\"split", MT_EUSAGE, NULL);
	where("tag('none')", MT_EUSAGE, "0000000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_examples, make_folder,
						drop_folder),
		cmocka_unit_test_setup_teardown(test_spoilt, make_folder,
						drop_folder),
		cmocka_unit_test_setup_teardown(test_shapes, make_folder,
						drop_folder),
		cmocka_unit_test_setup_teardown(test_changed, make_folder,
						drop_folder),
		cmocka_unit_test_setup_teardown(test_resume, make_folder,
						drop_folder),
		cmocka_unit_test_setup_teardown(test_index, make_folder,
						drop_folder),
		cmocka_unit_test(test_misfit),
		cmocka_unit_test(test_keyset),
		cmocka_unit_test(test_where),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("batch", tests, NULL, NULL);
}
