/* SPDX-License-Identifier: MIT
 * Weights of other systems in memory: names, sizes and types. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "import/weights.h"

/* Names are found among many, and the same name twice is refused. */
static void test_names(void **state)
{
	(void)state;
	struct mt_weights w = {0};
	struct mt_weight *item;
	struct mt_err err;
	char name[32];
	uint64_t dim[] = {2, 3};
	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof name, "layer%d.weight", i);
		assert_int_equal(mt_weights_add(&w, name, 2, dim, 1 << 20, &item, NULL), 0);
		assert_int_equal(item->count, 6);
		item->data[5] = (float)i;
	}
	assert_int_equal(w.bytes, 5000 * 24);
	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof name, "layer%d.weight", i);
		const struct mt_weight *hit = mt_weights_get(&w, name);
		assert_non_null(hit);
		assert_true(hit->data[5] == (float)i);
		assert_string_equal(hit->name, w.item[i].name);
	}
	assert_null(mt_weights_get(&w, "layer5000.weight"));
	assert_int_equal(mt_weights_add(&w, "layer77.weight", 0, NULL, 1 << 20, &item, &err),
			 MT_EINPUT);
	assert_string_equal(err.text, "two tensors are named 'layer77.weight'");
	mt_weights_release(&w);
	assert_null(mt_weights_get(&w, "layer0.weight"));
	mt_weights_release(&w);
}

/* What claims more than the limit is refused before memory is asked for. */
static void test_limits(void **state)
{
	(void)state;
	struct mt_weights w = {0};
	struct mt_weight *item;
	struct mt_err err;
	const uint64_t half = (uint64_t)1 << 63;
	static const char *bad[] = {"", "\xff", "a\nb", "\x1b[31m", "\xed\xa0\x80"};
	uint64_t dim[] = {half, 2, 1, 1, 1, 1, 1, 1, 1};
	assert_int_equal(mt_weights_add(&w, "a", 2, dim, UINT64_MAX, &item, &err), MT_EINPUT);
	assert_non_null(strstr(err.text, "tensor 'a': shape (9223372036854775808, 2)"));
	assert_int_equal(mt_weights_add(&w, "a", 9, dim, 100, &item, &err), MT_EINPUT);
	assert_non_null(strstr(err.text, "9 dimensions, at most 8"));
	dim[0] = (uint64_t)1 << 62;
	assert_int_equal(mt_weights_add(&w, "a", 1, dim, UINT64_MAX, &item, &err), MT_EINPUT);
	/* nor beside a size of 0 */
	assert_int_equal(mt_weights_add(&w, "a", 3, (uint64_t[]){0, half, half}, 100, &item, &err),
			 MT_EINPUT);
	dim[0] = 16;
	assert_int_equal(mt_weights_add(&w, "a", 1, dim, 100, &item, &err), 0);
	assert_int_equal(mt_weights_add(&w, "b", 1, dim, 100, &item, &err), MT_EINPUT);
	dim[0] = 9;
	assert_int_equal(mt_weights_add(&w, "b", 1, dim, 100, &item, &err), 0);
	dim[0] = 0;
	assert_int_equal(mt_weights_add(&w, "none", 1, dim, 100, &item, &err), 0);
	assert_int_equal(item->count, 0);
	assert_int_equal(mt_weights_add(&w, "scalar", 0, NULL, 104, &item, &err), 0);
	assert_int_equal(item->count, 1);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(mt_weights_add(&w, bad[i], 0, NULL, 1 << 20, &item, &err),
				 MT_EINPUT);
	mt_weights_release(&w);
}

static void test_types(void **state)
{
	(void)state;
	static const struct { enum mt_weight_type type; unsigned char bytes[9]; float is; } t[] = {
		{MT_WEIGHT_F32, {0, 0, 0x20, 0xc0}, -2.5f},
		{MT_WEIGHT_F64, {0, 0, 0, 0, 0, 0, 4, 0xc0}, -2.5f},
		{MT_WEIGHT_F16, {0, 0xc1}, -2.5f},
		{MT_WEIGHT_BF16, {0x20, 0xc0}, -2.5f},
		{MT_WEIGHT_I8, {0xfe}, -2}, {MT_WEIGHT_U8, {0xfe}, 254},
		{MT_WEIGHT_I16, {0xfe, 0xff}, -2}, {MT_WEIGHT_I32, {0xfe, 0xff, 0xff, 0xff}, -2},
		{MT_WEIGHT_I64, {0, 0, 0, 0, 1, 0, 0, 0}, 4294967296.f},
		{MT_WEIGHT_BOOL, {2}, 1},
	};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		unsigned char at[17];
		float got[2];
		size_t size = mt_weight_type_size(t[i].type);
		memcpy(at + 1, t[i].bytes, size);
		memcpy(at + 1 + size, t[i].bytes, size);
		mt_weight_fill(got, at + 1, 2, t[i].type);
		assert_true(got[0] == t[i].is && got[1] == t[i].is);
	}
	char text[8];
	assert_string_equal(mt_weight_shape(text, sizeof text, 2, (uint64_t[]){3, 4}), "(3, 4)");
	assert_string_equal(mt_weight_shape(text, sizeof text, 0, NULL), "()");
	mt_weight_shape(text, sizeof text, 2, (uint64_t[]){300, 40});
	assert_string_equal(text, "(300, 4");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names), cmocka_unit_test(test_limits),
		cmocka_unit_test(test_types),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
