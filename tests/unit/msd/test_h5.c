/* SPDX-License-Identifier: MIT
 * Tables in HDF5 files, in every layout that the fast way knows and in some
 * that go through the library. */
#include <fcntl.h>
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
#include <hdf5.h>

#include "base/mem.h"
#include "msd/h5.h"
#include "msd/summary.h"

#define ROWS 30000   /* several blocks of the slow way */

struct row {
	int32_t i4;
	int64_t i8;
	uint16_t u2;
	float f4;
	double f8;
	char text[5];
};

enum { CONTIGUOUS, CHUNKED, SHUFFLED, DEFLATED, BOTH, CHECKED, HOLES, N_HOW };

static char path[64];

static void set_up(struct row *r)
{
	for (int i = 0; i < ROWS; i++) {
		r[i] = (struct row){.i4 = i * 7919 - 40000000,
				    .i8 = ((int64_t)i << 32) - i,
				    .u2 = (uint16_t)(i * 2),
				    .f4 = (float)i / 3, .f8 = -i / 7.0};
		snprintf(r[i].text, sizeof r[i].text, "%x", (unsigned)i % 4096 * 16);
		if (i % 5 == 0)
			memcpy(r[i].text, "a\0zz", 5);  /* behind the end */
		if (i % 5 == 1)
			memcpy(r[i].text, "vwxyz", 5);  /* no end */
	}
}

static hid_t row_type(void)
{
	hid_t t = H5Tcreate(H5T_COMPOUND, sizeof(struct row));
	hid_t s = H5Tcopy(H5T_C_S1);
	H5Tset_size(s, 5);
	H5Tset_strpad(s, H5T_STR_NULLPAD);
	H5Tinsert(t, "i4", offsetof(struct row, i4), H5T_STD_I32LE);
	H5Tinsert(t, "i8", offsetof(struct row, i8), H5T_STD_I64LE);
	H5Tinsert(t, "u2", offsetof(struct row, u2), H5T_STD_U16LE);
	H5Tinsert(t, "f4", offsetof(struct row, f4), H5T_IEEE_F32LE);
	H5Tinsert(t, "f8", offsetof(struct row, f8), H5T_IEEE_F64LE);
	H5Tinsert(t, "text", offsetof(struct row, text), s);
	H5Tclose(s);
	return t;
}

static void write_table(int how, const struct row *r)
{
	hsize_t n = ROWS, chunk = 4099, first = how == HOLES ? 15000 : 0;
	hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
	hid_t group = H5Gcreate2(file, "g", H5P_DEFAULT, H5P_DEFAULT,
				 H5P_DEFAULT);
	hid_t type = row_type(), made = H5Pcreate(H5P_DATASET_CREATE);
	if (how != CONTIGUOUS)
		H5Pset_chunk(made, 1, &chunk);
	if (how == SHUFFLED || how >= BOTH)
		H5Pset_shuffle(made);
	if (how >= DEFLATED)
		H5Pset_deflate(made, 1);
	if (how == CHECKED)
		H5Pset_fletcher32(made);
	hid_t space = H5Screate_simple(1, &n, NULL);
	hid_t set = H5Dcreate2(group, "songs", type, space, H5P_DEFAULT, made,
			       H5P_DEFAULT);
	hsize_t count = n - first;
	hid_t mem = H5Screate_simple(1, &count, NULL);
	H5Sselect_hyperslab(space, H5S_SELECT_SET, &first, NULL, &count, NULL);
	assert_true(H5Dwrite(set, type, mem, space, H5P_DEFAULT, r + first) >=
		    0);
	hid_t list = H5Dcreate2(file, "list", H5T_IEEE_F64LE, mem, H5P_DEFAULT,
				H5P_DEFAULT, H5P_DEFAULT);
	H5Dclose(list);
	H5Sclose(mem);
	H5Sclose(space);
	H5Dclose(set);
	H5Pclose(made);
	H5Tclose(type);
	H5Gclose(group);
	H5Fclose(file);
}

struct seen {
	const struct row *row;
	uint64_t n;
	int how;
	bool all;            /* columns u2 and f4 too */
};

static int take(void *ctx, uint64_t first, size_t n, const void *const *cell,
		struct mt_err *err)
{
	struct seen *s = ctx;
	(void)err;
	assert_int_equal(first, s->n);
	s->n += n;
	for (size_t i = 0; i < n; i++) {
		struct row none = {0};
		/* chunks of 4099: the first three were never written */
		const struct row *r = s->how == HOLES && first + i < 15000
					      ? &none : &s->row[first + i];
		int64_t i4 = ((const int64_t *)cell[0])[i];
		int64_t i8 = ((const int64_t *)cell[1])[i];
		double f8 = ((const double *)cell[2])[i];
		char text[6] = "", want[6] = "";
		memcpy(text, (const char *)cell[3] + 5 * i, 5);
		memcpy(want, r->text, strnlen(r->text, 5));
		assert_int_equal(i4, r->i4);
		assert_true(i8 == r->i8);
		assert_true(!(f8 < r->f8) && !(f8 > r->f8));
		assert_memory_equal(text, want, 6);
		if (!s->all)
			continue;
		assert_int_equal(((const int64_t *)cell[4])[i], r->u2);
		assert_true(fabs(((const double *)cell[5])[i] -
				 (double)r->f4) <= 0);
	}
	return MT_OK;
}

static void test_layouts(void **state)
{
	(void)state;
	static struct row row[ROWS];
	set_up(row);
	for (int how = 0; how < N_HOW; how++)
		for (int all = 0; all < 2; all++) {
			struct mt_h5_column c[6] = {
				{.name = "i4"}, {.name = "i8"}, {.name = "f8"},
				{.name = "text"}, {.name = "u2"}, {.name = "f4"},
			};
			struct seen s = {row, 0, how, all};
			struct mt_err err;
			struct mt_h5 *h5;
			uint64_t n;
			write_table(how, row);
			assert_int_equal(0, mt_h5_open(&h5, path, &err));
			assert_int_equal(0, mt_h5_rows(h5, "/g/songs", &n,
						       &err));
			assert_int_equal(n, ROWS);
			if (mt_h5_scan(h5, "/g/songs", c, all ? 6 : 4, take,
				       &s, &err))
				fail_msg("%s", err.text);
			assert_int_equal(s.n, ROWS);
			assert_int_equal(c[3].type, MT_H5_TEXT);
			assert_int_equal(c[3].size, 5);
			mt_h5_close(h5);
		}
}

static void test_errors(void **state)
{
	(void)state;
	static struct row row[ROWS];
	struct mt_h5_column c = {.name = "nothing"};
	struct seen s = {row, 0, 0, false};
	struct mt_err err;
	struct mt_h5 *h5;
	void *data;
	uint64_t n;
	write_table(BOTH, row);
	assert_int_equal(0, mt_h5_open(&h5, path, &err));
	assert_true(mt_h5_has(h5, "/g/songs"));
	assert_false(mt_h5_has(h5, "/no/songs"));
	assert_true(mt_h5_has_column(h5, "/g/songs", "i4"));
	assert_false(mt_h5_has_column(h5, "/g/songs", "i5"));
	assert_false(mt_h5_has_column(h5, "/list", "i5"));
	assert_int_equal(MT_EINPUT, mt_h5_rows(h5, "/g/no", &n, &err));
	assert_non_null(strstr(err.text, "has no data set /g/no"));
	assert_int_equal(MT_EINPUT, mt_h5_scan(h5, "/g/songs", &c, 1, take, &s,
					       &err));
	assert_non_null(strstr(err.text, "/g/songs has no column nothing"));
	assert_int_equal(MT_EINPUT, mt_h5_scan(h5, "/list", &c, 1, take, &s,
					       &err));
	assert_non_null(strstr(err.text, "/list is not a table"));
	assert_int_equal(MT_EINPUT, mt_h5_scan(h5, "/g", &c, 1, take, &s, &err));
	assert_int_equal(0, mt_h5_array(h5, "/list", 8 * ROWS, &c, &data, &n,
					&err));
	assert_int_equal(n, ROWS);
	free(data);
	assert_int_equal(MT_EINPUT, mt_h5_array(h5, "/list", 8 * ROWS - 1, &c, &data,
						&n, &err));
	mt_h5_close(h5);
	struct mt_msd m;
	assert_int_equal(MT_EINPUT, mt_msd_read(&m, path, NULL, 0, &err));
	assert_non_null(strstr(err.text, "has no data set /metadata/songs"));
}

static int take_any(void *ctx, uint64_t first, size_t n,
		    const void *const *cell, struct mt_err *err)
{
	uint64_t *rows = ctx;
	(void)cell, (void)err;
	assert_int_equal(first, *rows);
	*rows += n;
	return MT_OK;
}

/* Every byte of a file changed in turn, in strides: an error or an answer,
 * never a crash. */
static void test_damage(void **state)
{
	(void)state;
	static struct row row[ROWS];
	static unsigned char byte[1 << 20];
	set_up(row);
	write_table(BOTH, row);
	int fd = open(path, O_RDWR);
	ssize_t n = read(fd, byte, sizeof byte);
	assert_true(n > 4096);
	for (off_t at = 0; at < n; at += at < 4096 ? 3 : 1009) {
		struct mt_h5_column c[] = {{.name = "i4"}, {.name = "text"}};
		struct mt_err err;
		struct mt_h5 *h5;
		uint64_t rows;
		unsigned char wrong = byte[at] ^ 0x55;
		assert_int_equal(1, pwrite(fd, &wrong, 1, at));
		if (!mt_h5_open(&h5, path, &err)) {
			uint64_t seen = 0;
			if (!mt_h5_rows(h5, "/g/songs", &rows, &err) &&
			    rows < 100000 &&
			    !mt_h5_scan(h5, "/g/songs", c, 2, take_any, &seen,
					&err))
				assert_int_equal(seen, rows);
			mt_h5_close(h5);
		}
		assert_int_equal(1, pwrite(fd, byte + at, 1, at));
	}
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layouts), cmocka_unit_test(test_errors),
		cmocka_unit_test(test_damage),
	};
	snprintf(path, sizeof path, "/tmp/mt-test-h5-XXXXXX");
	close(mkstemp(path));
	cmocka_set_message_output(CM_OUTPUT_TAP);
	int rc = cmocka_run_group_tests_name("h5", tests, NULL, NULL);
	unlink(path);
	return rc;
}
