/* SPDX-License-Identifier: MIT
 * HDF5 files that name other files, and small ones that claim to be large. */
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
#include <hdf5.h>
#include <libdeflate.h>

#include "base/mem.h"
#include "msd/h5.h"

static char folder[] = "/tmp/mt-test-h5safe-XXXXXX";
static char path[64], other[64];

static hid_t text_type(void)
{
	hid_t t = H5Tcopy(H5T_C_S1);
	H5Tset_size(t, 20);
	return t;
}

/* /list of n texts in a new file; made (-1: none) says how, and is closed. */
static hid_t write_list(const char *to, hsize_t n, hid_t made, const char *text)
{
	hid_t file = H5Fcreate(to, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
	hid_t space = H5Screate_simple(1, &n, NULL), type = text_type();
	hid_t set = H5Dcreate2(file, "list", type, space, H5P_DEFAULT,
			       made < 0 ? H5P_DEFAULT : made, H5P_DEFAULT);
	char *all = text ? mt_calloc(n, 20) : NULL;
	assert_true(set >= 0);
	for (hsize_t i = 0; text && i < n; i++)
		snprintf(all + 20 * i, 20, "%s", text);
	if (text)
		assert_true(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT,
				     all) >= 0);
	free(all);
	H5Dclose(set);
	H5Tclose(type);
	H5Sclose(space);
	if (made >= 0)
		H5Pclose(made);
	return file;
}

static void refused(const char *name, const char *want)
{
	struct mt_h5_column c = {0};
	struct mt_err err = {0};
	struct mt_h5 *h5;
	uint64_t n;
	void *data;
	assert_int_equal(0, mt_h5_open(&h5, path, &err));
	assert_int_equal(MT_EINPUT, mt_h5_array(h5, name, 1 << 26, &c, &data,
						&n, &err));
	mt_h5_close(h5);
	if (!strstr(err.text, want))
		print_error("'%s' has no '%s'\n", err.text, want);
	assert_non_null(strstr(err.text, want));
	assert_non_null(strstr(err.text, path));
}

static void test_links(void **state)
{
	(void)state;
	H5Fclose(write_list(other, 3, -1, "secret"));
	hid_t file = write_list(path, 3, -1, "own");
	hid_t group = H5Gcreate2(file, "g", H5P_DEFAULT, H5P_DEFAULT,
				 H5P_DEFAULT);
	H5Lcreate_external(other, "/", group, "out", H5P_DEFAULT, H5P_DEFAULT);
	H5Lcreate_external(other, "/list", group, "list", H5P_DEFAULT,
			   H5P_DEFAULT);
	H5Lcreate_soft("/g/list", group, "soft", H5P_DEFAULT, H5P_DEFAULT);
	H5Lcreate_soft("/g", file, "again", H5P_DEFAULT, H5P_DEFAULT);
	H5Lcreate_hard(file, "list", group, "hard", H5P_DEFAULT, H5P_DEFAULT);
	H5Gclose(group);
	H5Fclose(file);
	refused("/g/list", "/g/list: is a link to another file");
	refused("/g/out/list", "/g/out: is a link to another file");
	refused("/g/soft", "/g/soft: is a symbolic link");
	refused("/again/hard", "/again: is a symbolic link");
	refused("/g/none", "has no data set /g/none");
	struct mt_h5_column c = {0};
	struct mt_h5 *h5;
	uint64_t n;
	void *data;
	assert_int_equal(0, mt_h5_open(&h5, path, NULL));
	assert_false(mt_h5_has(h5, "/g/out/list"));
	assert_int_equal(0, mt_h5_array(h5, "/g/hard", 100, &c, &data, &n,
					NULL));
	assert_string_equal("own", data);
	free(data);
	mt_h5_close(h5);
}

static herr_t follow(const char *name, hid_t group, const void *data,
		     size_t size, hid_t how)
{
	(void)name, (void)group, (void)data, (void)size, (void)how;
	return -1;
}

static void test_own_link(void **state)
{
	(void)state;
	H5L_class_t class = {.version = H5L_LINK_CLASS_T_VERS,
			     .id = (H5L_type_t)187, .comment = "test"};
	memcpy(&class.trav_func, &(herr_t (*)(const char *, hid_t, const void *,
					      size_t, hid_t)){follow},
	       sizeof class.trav_func);
	hid_t file = write_list(path, 3, -1, "own");
	assert_true(H5Lregister(&class) >= 0);
	assert_true(H5Lcreate_ud(file, "ud", class.id, "x", 1, H5P_DEFAULT,
				 H5P_DEFAULT) >= 0);
	H5Fclose(file);
	H5Lunregister(class.id);
	refused("/ud", "/ud: is a user-defined link");
}

static void test_other_files(void **state)
{
	(void)state;
	hsize_t n = 3;
	hid_t made = H5Pcreate(H5P_DATASET_CREATE);
	H5Fclose(write_list(other, 3, -1, "secret"));
	H5Pset_external(made, other, 0, 60);
	H5Fclose(write_list(path, n, made, NULL));
	refused("/list", "/list: raw data in another file is not read");
	made = H5Pcreate(H5P_DATASET_CREATE);
	hid_t space = H5Screate_simple(1, &n, NULL);
	H5Pset_virtual(made, space, other, "/list", space);
	H5Sclose(space);
	H5Fclose(write_list(path, n, made, NULL));
	refused("/list", "/list: a virtual data set");
}

static void test_filters(void **state)
{
	(void)state;
	hsize_t chunk = 10;
	hid_t made = H5Pcreate(H5P_DATASET_CREATE);
	H5Pset_chunk(made, 1, &chunk);
	H5Pset_filter(made, 32015, H5Z_FLAG_OPTIONAL, 0, NULL);
	H5Fclose(write_list(path, 10, made, NULL));
	refused("/list", "/list: filter 32015");
	made = H5Pcreate(H5P_DATASET_CREATE);
	H5Pset_chunk(made, 1, &chunk);
	H5Pset_deflate(made, 1);
	H5Pset_deflate(made, 1);
	H5Fclose(write_list(path, 10, made, "x"));
	refused("/list", "/list: filter 1");
	/* all that is read, together */
	made = H5Pcreate(H5P_DATASET_CREATE);
	H5Pset_chunk(made, 1, &chunk);
	H5Pset_shuffle(made);
	H5Pset_deflate(made, 1);
	H5Pset_fletcher32(made);
	H5Fclose(write_list(path, 15, made, "text"));
	struct mt_h5_column c = {0};
	struct mt_h5 *h5;
	uint64_t n;
	void *data;
	assert_int_equal(0, mt_h5_open(&h5, path, NULL));
	assert_int_equal(0, mt_h5_array(h5, "/list", 1000, &c, &data, &n, NULL));
	assert_string_equal("text", (char *)data + 14 * 20);
	free(data);
	mt_h5_close(h5);
}

static void test_sizes(void **state)
{
	(void)state;
	hsize_t chunk = 4000000, at = 0;
	hid_t made = H5Pcreate(H5P_DATASET_CREATE);
	H5Pset_chunk(made, 1, &chunk);
	H5Fclose(write_list(path, 4000000, made, NULL));
	refused("/list", "/list: has chunks over 64 MiB");
	/* a chunk of 20 kB that inflates to 20 MB */
	struct libdeflate_compressor *z = libdeflate_alloc_compressor(6);
	size_t size = 20000000, room = libdeflate_zlib_compress_bound(z, size);
	char *raw = mt_calloc(size, 1), *packed = mt_calloc(room, 1);
	size = libdeflate_zlib_compress(z, raw, size, packed, room);
	libdeflate_free_compressor(z);
	chunk = 1000;
	made = H5Pcreate(H5P_DATASET_CREATE);
	H5Pset_chunk(made, 1, &chunk);
	H5Pset_deflate(made, 6);
	hid_t file = write_list(path, 1000, made, NULL);
	hid_t set = H5Dopen2(file, "list", H5P_DEFAULT);
	assert_true(H5Dwrite_chunk(set, H5P_DEFAULT, 0, &at, size, packed) >= 0);
	H5Dclose(set);
	H5Fclose(file);
	free(raw);
	free(packed);
	refused("/list", "/list: rows 0 and on are damaged");
	/* an array that was never written, of more than its caller wants */
	chunk = 1000;
	made = H5Pcreate(H5P_DATASET_CREATE);
	H5Pset_chunk(made, 1, &chunk);
	H5Fclose(write_list(path, 1000000000, made, NULL));
	refused("/list", "at most 67108864 bytes are read");
	assert_int_equal(0, unlink(path));
	assert_int_equal(0, mkfifo(path, 0600));
	struct mt_h5 *h5;
	struct mt_err err;
	assert_int_equal(MT_EINPUT, mt_h5_open(&h5, path, &err));
	assert_non_null(strstr(err.text, "is not a regular file"));
}

static int none(void *ctx, uint64_t first, size_t n, const void *const *cell,
		struct mt_err *err)
{
	(void)ctx, (void)first, (void)n, (void)cell, (void)err;
	return MT_OK;
}

/* A table of 16 million rows of which not one was written. */
static void test_no_rows(void **state)
{
	(void)state;
	hsize_t n = 16000000, chunk = 1000;
	hid_t file, made = H5Pcreate(H5P_DATASET_CREATE), text = text_type();
	hid_t row = H5Tcreate(H5T_COMPOUND, 24), set, space;
	H5Tinsert(row, "number", 0, H5T_STD_I32LE);
	H5Tinsert(row, "text", 4, text);
	H5Pset_chunk(made, 1, &chunk);
	unlink(path);
	file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
	space = H5Screate_simple(1, &n, NULL);
	set = H5Dcreate2(file, "table", row, space, H5P_DEFAULT, made,
			 H5P_DEFAULT);
	H5Dclose(set);
	H5Sclose(space);
	H5Tclose(row);
	H5Tclose(text);
	H5Pclose(made);
	H5Fclose(file);
	struct mt_h5_column c = {.name = "text"};
	struct mt_h5 *h5;
	struct mt_err err;
	assert_int_equal(0, mt_h5_open(&h5, path, &err));
	assert_int_equal(MT_EINPUT, mt_h5_scan(h5, "/table", &c, 1, none, NULL,
					       &err));
	assert_non_null(strstr(err.text, "16000000 rows of 24 bytes cannot be in "
			       "0 stored bytes"));
	mt_h5_close(h5);
}

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof path, "%s/t.h5", folder);
	snprintf(other, sizeof other, "%s/other.h5", folder);
	H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	unlink(other);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_links), cmocka_unit_test(test_own_link),
		cmocka_unit_test(test_other_files),
		cmocka_unit_test(test_filters), cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_no_rows),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("h5safe", tests, set_up, tear_down);
}
