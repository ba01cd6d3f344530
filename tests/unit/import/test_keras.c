/* SPDX-License-Identifier: MIT
 * Lists of names that Keras splits over numbered attributes. */
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

#include "import/weights.h"

static char path[] = "/tmp/mt-test-keras-XXXXXX";

/* Attribute NAME, or NAME and a number, of one text. */
static void attribute(hid_t at, const char *name, int number, const char *text)
{
	char whole[40];
	hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
	snprintf(whole, sizeof whole, number < 0 ? "%s" : "%s%d", name, number);
	H5Tset_size(type, 8);
	hid_t a = H5Acreate2(at, whole, type, space, H5P_DEFAULT, H5P_DEFAULT);
	assert_true(a >= 0);
	assert_true(H5Awrite(a, type, (char[8]){text[0], text[1]}) >= 0);
	H5Aclose(a);
	H5Sclose(space);
	H5Tclose(type);
}

/* n attributes layer_names0 ... say l0, l1, l0, l1 ...; each layer has a weight. */
static void write_file(int n)
{
	hid_t how = H5Pcreate(H5P_FILE_ACCESS);
	H5Pset_libver_bounds(how, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
	hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, how);
	assert_true(file >= 0);
	for (int i = 0; i < n; i++)
		attribute(file, "layer_names", i, i & 1 ? "l1" : "l0");
	for (int i = 0; i < 2; i++) {
		hid_t layer = H5Gcreate2(file, i ? "l1" : "l0", H5P_DEFAULT, H5P_DEFAULT,
					 H5P_DEFAULT);
		hid_t space = H5Screate_simple(1, (hsize_t[]){2}, NULL);
		hid_t set = H5Dcreate2(layer, i ? "w1" : "w0", H5T_IEEE_F32LE, space, H5P_DEFAULT,
				       H5P_DEFAULT, H5P_DEFAULT);
		float v[] = {1, (float)i};
		assert_true(set >= 0);
		H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, v);
		attribute(layer, "weight_names", -1, i ? "w1" : "w0");
		H5Dclose(set);
		H5Sclose(space);
		H5Gclose(layer);
	}
	H5Fclose(file);
	H5Pclose(how);
}

static void test_parts(void **state)
{
	struct mt_weights w = {0};
	(void)state;
	write_file(2);
	assert_int_equal(mt_weights_read(&w, path, NULL), MT_OK);
	assert_int_equal(w.n, 2);
	assert_non_null(mt_weights_get(&w, "w1"));
	assert_true(mt_weights_get(&w, "w1")->data[1] == 1);
	mt_weights_release(&w);
}

/* Each list ends; a file of some 100 kB said that this one does not. */
static void test_too_many_parts(void **state)
{
	struct mt_weights w = {0};
	struct mt_err err = {0};
	(void)state;
	write_file(10000);
	assert_int_equal(mt_weights_read(&w, path, &err), MT_EINPUT);
	assert_non_null(strstr(err.text, "/: attributes 'layer_names0' and on are over 1000, or "
					 "have over 100000 names"));
	mt_weights_release(&w);
}

static int begin(void **state)
{
	(void)state;
	int fd = mkstemp(path);
	return fd < 0 ? -1 : close(fd);
}

static int end(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_too_many_parts),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
