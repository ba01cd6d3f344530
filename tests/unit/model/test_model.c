/* SPDX-License-Identifier: MIT
 * Model files and nets that claim more than they have: each is refused with a
 * sentence that says why, before memory is asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "model/model.h"
#include "model/params.h"
#include "nn/graph/net.h"
#include "train/train.h"

/* header, bytes of tensors behind it, what the refusal says (NULL: it is read) */
static const struct {
	const char *header;
	size_t n;
	const char *says;
} files[] = {
	{"{}", 0, NULL},
	{"{\"a\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]}}", 8, NULL},
	{"{\"b\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[4,5]},"
	 "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
	 "\"z\":{\"dtype\":\"I64\",\"shape\":[3,0],\"data_offsets\":[4,4]}}", 5, NULL},
	{"[]", 0, "not a JSON object"},
	{"{\"a\":1,\"a\":2}", 0, "not a JSON object"},
	{"{\"a\":1}", 0, "tensor 'a': lacks dtype"},
	{"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,4]}}", 4, "lacks"},
	{"{\"a\":{\"dtype\":\"F32\",\"shape\":1,\"data_offsets\":[0,4]}}", 4, "lacks"},
	{"{\"a\":{\"dtype\":\"F33\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "dtype is unknown"},
	{"{\"a\":{\"dtype\":\"U8\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,1]}}", 1,
	 "too many dimensions"},
	{"{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4, "not possible"},
	{"{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],"
	 "\"data_offsets\":[0,0]}}", 0, "not possible"},
	{"{\"a\":{\"dtype\":\"F32\",\"shape\":[1099511627776],"
	 "\"data_offsets\":[0,4398046511104]}}", 4, "outside"},
	{"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 4, "outside"},
	{"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]}}", 4, "outside"},
	{"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, "differ"},
	{"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
	 "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[2,6]}}", 6, "overlaps"},
	{"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
	 "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[5,9]}}", 9, "gap"},
	{"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 7, "3 bytes after"},
	{"{\"__metadata__\":1}", 0, "__metadata__ is not an object"},
	{"{\"__metadata__\":{\"net\":1}}", 0, "'net' is not a string"},
	{"{\"__metadata__\":{\"crc32\":\"00000001\"}}", 0, "CRC-32 00000000"},
	{"{\"__metadata__\":{\"crc32\":\"00000000\"}}", 0, NULL},
};

static int parse(struct mt_model *m, const char *header, size_t n, char **file,
		 struct mt_err *err)
{
	uint64_t length = strlen(header);
	char *p = mt_calloc(1, 8 + length + n);
	memcpy(p, &length, 8);
	memcpy(p + 8, header, length);
	*file = p;
	return mt_model_parse(m, p, 8 + length + n, "file", err);
}

static void test_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		struct mt_model m;
		struct mt_err err = {0};
		char *file;
		int rc = parse(&m, files[i].header, files[i].n, &file, &err);
		if (rc != (files[i].says ? MT_EINPUT : MT_OK) ||
		    (rc && !strstr(err.text, files[i].says)))
			fail_msg("%s gives %d: %s", files[i].header, rc, err.text);
		mt_model_close(&m);
		free(file);
	}
}

static void test_length(void **state)
{
	static const uint64_t claims[] = {1, (uint64_t)100 << 20, ((uint64_t)100 << 20) + 1,
					  (uint64_t)1 << 63, UINT64_MAX, UINT64_MAX - 7};
	(void)state;
	for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
		struct mt_model m;
		struct mt_err err = {0};
		assert_int_equal(mt_model_parse(&m, &claims[i], 8, "file", &err), MT_EINPUT);
		assert_non_null(strstr(err.text, "its header claims"));
	}
	struct mt_model m;
	struct mt_err err = {0};
	assert_int_equal(mt_model_parse(&m, claims, 7, "file", &err), MT_EINPUT);
	assert_non_null(strstr(err.text, "7 bytes"));
}

#define HEAD "{\"input\": {\"layout\": \"BCFT\", \"bands\": 16777216, \"frames\": "
#define SMALL "{\"input\": {\"layout\": \"BCFT\", \"bands\": 4, \"frames\": 4}, \"layers\": ["

/* Sizes whose product is more than 64 bits hold. */
static void test_nets(void **state)
{
	static const struct { const char *json, *says; } bad[] = {
		{HEAD "16777216}, \"layers\": [{\"op\": \"globalpool\"}]}",
		 "the net's input is too large"},
		{HEAD "16777217}, \"layers\": [{\"op\": \"globalpool\"}]}", "bad \"frames\""},
		{HEAD "1}, \"layers\": [{\"op\": \"conv2d\", \"out\": 16777216, \"kernel\": 1}]}",
		 "output is too large"},
		{SMALL "{\"op\": \"reshape\", \"shape\": [16777216, 16777216, 16777216]}]}",
		 "another size"},
		{SMALL "{\"op\": \"pad\", \"pad\": [16777216, 0, 16777216, 0]},"
		 "{\"op\": \"conv2d\", \"out\": 16777216, \"kernel\": 1}]}", "output is too large"},
		{SMALL "{\"op\": \"conv2d\", \"out\": 16777216, \"kernel\": 1},"
		 "{\"op\": \"conv2d\", \"out\": 16777216, \"kernel\": 1}]}", "too many weights"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct mt_net net;
		struct mt_err err = {0};
		int rc = mt_net_parse(&net, bad[i].json, NULL, &err);
		if (rc != MT_EINPUT || !strstr(err.text, bad[i].says))
			fail_msg("%s gives %d: %s", bad[i].json, rc, err.text);
	}
	/* 2^32 weights, each used at nearly 2^32 places: more than can be said */
	struct mt_net net;
	assert_int_equal(mt_net_parse(&net, SMALL "{\"op\": \"conv2d\", \"out\": 1,"
		"\"bias\": false, \"kernel\": [65535, 65535],"
		"\"pad\": [65533, 65533, 65533, 65533]}]}", NULL, NULL), MT_OK);
	assert_true(mt_net_mac(&net, 4) > 0);
	mt_net_release(&net);
}

/* A model whose net has other weights than its file is refused by its header. */
static void test_fits(void **state)
{
	static const char head[] = "{\"fc.bias\":{\"dtype\":\"%s\",\"shape\":[2],"
		"\"data_offsets\":[0,%d]},\"fc.weight\":{\"dtype\":\"F32\",\"shape\":[2,%d],"
		"\"data_offsets\":[%d,%d]}}";
	static const struct { const char *dtype; int wide, columns; const char *says; } row[] = {
		{"F32", 8, 16, NULL},
		{"F64", 16, 16, "'fc.bias' does not have"},
		{"F32", 8, 15, "'fc.weight' does not have"},
	};
	struct mt_net net;
	(void)state;
	assert_int_equal(mt_net_parse(&net, SMALL "{\"op\": \"dense\", \"name\": \"fc\","
				      "\"out\": 2}]}", NULL, NULL), MT_OK);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct mt_model m;
		struct mt_err err = {0};
		int end = row[i].wide + 8 * row[i].columns;
		char *file, *text = mt_strf(head, row[i].dtype, row[i].wide, row[i].columns,
					    row[i].wide, end);
		assert_int_equal(parse(&m, text, (size_t)end, &file, &err), MT_OK);
		assert_int_equal(mt_model_fits(&m, &net, &err), row[i].says ? MT_EINPUT : MT_OK);
		assert_true(!row[i].says || strstr(err.text, row[i].says));
		mt_model_close(&m);
		free(text);
		free(file);
	}
	struct mt_model m;
	struct mt_err err = {0};
	char *file;
	assert_int_equal(parse(&m, "{}", 0, &file, &err), MT_OK);
	assert_int_equal(mt_model_fits(&m, &net, &err), MT_EINPUT);
	assert_non_null(strstr(err.text, "'fc.weight' is missing"));
	mt_model_close(&m);
	free(file);
	mt_net_release(&net);
}

/* A file that is cut while the model is in use: its values stay. */
static void test_cut(void **state)
{
	(void)state;
	enum { N = 1 << 20 };
	static float x[N];
	char path[] = "/tmp/mt-test-model-XXXXXX";
	struct mt_model_tensor t = {.name = (char *)(uintptr_t)"x", .n_dim = 1,
				    .dim = {N}, .data = x, .size = sizeof x};
	struct mt_model m;
	struct mt_err err = {0};
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	for (int i = 0; i < N; i++)
		x[i] = (float)i;
	assert_int_equal(0, mt_model_save(path, &t, 1, NULL, 0, &err));
	assert_int_equal(0, mt_model_open(&m, path, &err));
	assert_int_equal(0, truncate(path, 4096));
	assert_memory_equal(x, mt_model_get(&m, "x")->data, sizeof x);
	mt_model_close(&m);
	assert_int_equal(MT_EINPUT, mt_model_open(&m, path, &err));
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_nets),
		cmocka_unit_test(test_fits),
		cmocka_unit_test(test_cut),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
