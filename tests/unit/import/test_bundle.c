/* SPDX-License-Identifier: MIT
 * TensorFlow bundles, written here byte by byte: what is whole is read, what is
 * damaged or claims too much is refused. "test_bundle --write FOLDER" leaves a
 * bundle for tests of the programs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "import/bundle.h"

struct buf {
	unsigned char *p;
	size_t n;
};

static void put(struct buf *b, const void *data, size_t n)
{
	b->p = mt_realloc(b->p, b->n + n + 1, 1);
	if (n)
		memcpy(b->p + b->n, data, n);
	b->n += n;
}

static void put_varint(struct buf *b, uint64_t v)
{
	for (; v > 127; v >>= 7)
		put(b, &(unsigned char){(unsigned char)(v | 128)}, 1);
	put(b, &(unsigned char){(unsigned char)v}, 1);
}

static void put_u32(struct buf *b, uint32_t v)
{
	put(b, &v, 4);
}

/* One tensor. name_size: of a name with a NUL; more: further bytes of the entry. */
struct item {
	const char *name;
	int dtype, n_dim;
	uint64_t dim[9], shard, offset, size;
	const char *more;
	size_t n_more, name_size;
	bool wrong_crc;
};

static void put_entry(struct buf *b, const struct item *t, const struct buf *data)
{
	struct buf shape = {0};
	for (int i = 0; i < t->n_dim; i++) {
		struct buf dim = {0};
		if (t->dim[i]) {
			put(&dim, "\x08", 1);
			put_varint(&dim, t->dim[i]);
		}
		put(&shape, "\x12", 1);
		put_varint(&shape, dim.n);
		put(&shape, dim.p, dim.n);
		free(dim.p);
	}
	put(b, "\x08", 1);
	put_varint(b, (uint64_t)t->dtype);
	put(b, "\x12", 1);
	put_varint(b, shape.n);
	put(b, shape.p, shape.n);
	free(shape.p);
	put(b, "\x18", 1);
	put_varint(b, t->shard);
	put(b, "\x20", 1);
	put_varint(b, t->offset);
	put(b, "\x28", 1);
	put_varint(b, t->size);
	bool inside = !t->shard && t->offset <= data->n &&
		      t->size <= data->n - t->offset;
	uint32_t crc = inside ? mt_crc32c_mask(mt_crc32c(data->p + t->offset, t->size))
			      : 0;
	put(b, "\x35", 1);
	put_u32(b, crc ^ t->wrong_crc);
	put(b, t->more, t->n_more);
}

/* Finish a block and append it; its handle follows into *handle. */
static void put_block(struct buf *file, struct buf *block, const uint32_t *restart,
		      uint32_t n_restart, unsigned char type, struct buf *handle)
{
	for (uint32_t i = 0; i < n_restart; i++)
		put_u32(block, restart[i]);
	put_u32(block, n_restart);
	put_varint(handle, file->n);
	put_varint(handle, block->n);
	put(block, &type, 1);
	put_u32(block, mt_crc32c_mask(mt_crc32c(block->p, block->n)));
	put(file, block->p, block->n);
	free(block->p);
	*block = (struct buf){0};
}

/* How an index is written, and what is wrong with it. */
struct how {
	const char *header;      /* bytes of the header's value */
	size_t n_header, per_block, restarts;
	unsigned char type;
	bool no_header, same_block;
};
static const struct how plain = {"\x08\x01\x1a\x02\x08\x01", 6, 1000, 0, 0, false, false};

static void put_key(struct buf *block, const char *old, size_t n_old, const char *key,
		    size_t n_key, size_t n_value)
{
	size_t shared = 0;
	while (shared < n_old && shared < n_key && old[shared] == key[shared])
		shared++;
	put_varint(block, shared);
	put_varint(block, n_key - shared);
	put_varint(block, n_value);
	put(block, key + shared, n_key - shared);
}

static struct buf make_index(const struct item *item, size_t n, const struct buf *data,
			     const struct how *how)
{
	struct buf file = {0}, block = {0}, top = {0}, handle = {0};
	const char *old = "";
	size_t in_block = 0, n_old = 0;
	for (size_t i = how->no_header; i <= n; i++) {
		struct buf value = {0};
		const char *key = i ? item[i - 1].name : "";
		size_t n_key = i && item[i - 1].name_size ? item[i - 1].name_size : strlen(key);
		if (i)
			put_entry(&value, &item[i - 1], data);
		else
			put(&value, how->header, how->n_header);
		put_key(&block, old, in_block ? n_old : 0, key, n_key, value.n);
		put(&block, value.p, value.n);
		free(value.p);
		old = key;
		n_old = n_key;
		if (++in_block == how->per_block || i == n) {
			size_t begin = how->same_block ? 0 : handle.n;
			put_block(&file, &block, &(uint32_t){0},
				  how->restarts ? (uint32_t)how->restarts : 1, how->type, &handle);
			put_key(&top, "", 0, "z", 1, handle.n - begin);
			put(&top, handle.p + begin, handle.n - begin);
			handle.n = how->same_block ? handle.n : 0;
			in_block = 0;
		}
	}
	handle.n = 0;
	put_block(&file, &block, &(uint32_t){0}, 1, 0, &handle);
	put_block(&file, &top, &(uint32_t){0}, 1, 0, &handle);
	while (handle.n < 40)
		put(&handle, "", 1);
	put(&file, handle.p, 40);
	put(&file, "\x57\xfb\x80\x8b\x24\x75\x47\xdb", 8);
	free(handle.p);
	return file;
}

#define N_WHOLE 8
static const struct item whole[N_WHOLE] = {
	{.name = "conv/bias", .dtype = 1, .n_dim = 1, .dim = {2}, .size = 8},
	{.name = "conv/bias/Adam", .dtype = 1, .n_dim = 1, .dim = {2}, .offset = 8, .size = 8},
	{.name = "conv/kernel", .dtype = 1, .n_dim = 4, .dim = {1, 2, 1, 2}, .offset = 16,
	 .size = 16},
	{.name = "empty", .dtype = 1, .n_dim = 2, .dim = {3, 0}, .offset = 32},
	{.name = "global_step", .dtype = 9, .offset = 32, .size = 8},
	{.name = "half", .dtype = 19, .n_dim = 1, .dim = {2}, .offset = 40, .size = 4},
	{.name = "int8", .dtype = 6, .n_dim = 1, .dim = {4}, .offset = 44, .size = 4},
	{.name = "scalar", .dtype = 2, .offset = 48, .size = 8},
};

static struct buf make_data(void)
{
	const float x[8] = {1, -2, 9, 9, 3, 4, 5, -0.5f};
	const uint16_t half[2] = {0x3c00, 0xc000};
	struct buf b = {0};
	put(&b, x, sizeof x);
	put(&b, &(int64_t){77}, 8);
	put(&b, half, sizeof half);
	put(&b, (int8_t[]){-1, 2, -3, 127}, 4);
	put(&b, &(double){0.25}, 8);
	return b;
}

static int parse(struct mt_weights *w, const struct buf *index, const struct buf *data,
		 struct mt_err *err)
{
	struct mt_bundle_shard s = {(const char *)data->p, data->n};
	*w = (struct mt_weights){0};
	/* right at its end, so that a sanitizer sees what is read beyond */
	char *exact = mt_realloc(NULL, index->n + 1, 1);
	char *p = exact + 1;
	memcpy(p, index->p, index->n);
	int rc = mt_bundle_parse(w, p, index->n, "a.index", &s, 1, err);
	free(exact);
	return rc;
}

static void check_whole(const struct mt_weights *w)
{
	static const struct { const char *name; int n_dim; size_t n; float x[4]; } want[] = {
		{"conv/bias", 1, 2, {1, -2}}, {"conv/kernel", 4, 4, {3, 4, 5, -0.5f}},
		{"empty", 2, 0, {0}}, {"half", 1, 2, {1, -2}}, {"int8", 1, 4, {-1, 2, -3, 127}},
		{"scalar", 0, 1, {0.25f}},
	};
	assert_int_equal(w->n, 6);
	assert_int_equal(w->n_skip, 2);
	for (size_t i = 0; i < 6; i++) {
		const struct mt_weight *t = mt_weights_get(w, want[i].name);
		assert_non_null(t);
		assert_int_equal(t->n_dim, want[i].n_dim);
		assert_int_equal(t->count, want[i].n);
		assert_memory_equal(t->data, want[i].x, want[i].n * sizeof(float));
	}
}

static void test_whole(void **state)
{
	(void)state;
	struct buf data = make_data();
	for (size_t per = 1; per < 12; per++) {
		struct how how = plain;
		struct mt_weights w;
		struct mt_err err;
		how.per_block = per;
		struct buf index = make_index(whole, N_WHOLE, &data, &how);
		if (parse(&w, &index, &data, &err))
			fail_msg("%zu a block: %s", per, err.text);
		check_whole(&w);
		assert_string_equal(w.format, "TensorFlow bundle");
		mt_weights_release(&w);
		free(index.p);
	}
	free(data.p);
	assert_int_equal(mt_crc32c("123456789", 9), 0xe3069283);
}

/* A bundle with one byte changed is refused, or it is the same. */
static void flip_all(struct buf *changed, const struct buf *index, const struct buf *data,
		     int *n_same)
{
	struct mt_weights w;
	struct mt_err err;
	for (size_t i = 0; i < changed->n; i++)
		for (int bit = 0; bit < 9; bit++) {
			unsigned char old = changed->p[i];
			changed->p[i] = (unsigned char)(old ^ (bit < 8 ? 1 << bit : 0xff));
			int rc = parse(&w, index, data, &err);
			if (!rc) {
				check_whole(&w);
				++*n_same;
			} else {
				assert_int_equal(rc, MT_EINPUT);
			}
			mt_weights_release(&w);
			changed->p[i] = old;
		}
}

static void test_flipped(void **state)
{
	(void)state;
	struct buf data = make_data();
	struct how how = plain;
	int n_same = 0;
	how.per_block = 4;
	struct buf index = make_index(whole, N_WHOLE, &data, &how);
	flip_all(&index, &index, &data, &n_same);
	/* the padding of the footer, and what its first handle may point to */
	assert_in_range(n_same, 1, 40 * 9);
	n_same = 0;
	flip_all(&data, &index, &data, &n_same);
	assert_int_equal(n_same, 16 * 9); /* the bytes of Adam and global_step */
	free(index.p);
	free(data.p);
}

static void test_cut(void **state)
{
	(void)state;
	struct mt_weights w;
	struct buf data = make_data(), index = make_index(whole, N_WHOLE, &data, &plain);
	for (size_t n = 0; n < index.n; n++) {
		struct buf cut = {index.p, n};
		assert_int_equal(parse(&w, &cut, &data, NULL), MT_EINPUT);
		mt_weights_release(&w);
	}
	for (size_t n = 0; n < data.n; n++) {
		struct buf cut = {data.p, n};
		struct mt_err err;
		assert_int_equal(parse(&w, &index, &cut, &err), MT_EINPUT);
		mt_weights_release(&w);
	}
	free(index.p);
	free(data.p);
}

#define BIG ((uint64_t)1 << 63)
#define F1 .dtype = 1, .n_dim = 1, .dim = {2}

/* Two tensors, how they are written, and the refusal. */
static const struct {
	struct item item[2];
	struct how how;
	const char *says;
} wrong[] = {
	{{{.name = "a", F1, .size = 8}, {.name = "b", F1, .offset = 4, .size = 8}}, {0},
	 "tensors 'a' and 'b' share bytes"},
	{{{.name = "a", F1, .size = 8}, {.name = "b", F1, .size = 8}}, {0}, "share bytes"},
	{{{.name = "a", F1, .size = 8}, {.name = "a", F1, .offset = 8, .size = 8}}, {0},
	 "names are not in ascending order"},
	{{{.name = "b", F1, .size = 8}, {.name = "a", F1, .offset = 8, .size = 8}}, {0},
	 "names are not in ascending order"},
	{{{.name = "ab", F1, .size = 8}, {.name = "a", F1, .offset = 8, .size = 8}}, {0},
	 "names are not in ascending order"},
	{{{.name = "b", F1, .size = 8}, {.name = "a", F1, .offset = 8, .size = 8}},
	 {.per_block = 2}, "names are not in ascending order"},
	{{{.name = "a", F1, .size = 8, .wrong_crc = true}, {.name = "b", F1, .size = 8}}, {0},
	 "tensor 'a' has CRC-32C"},
	{{{.name = "a", .dtype = 1, .n_dim = 1, .dim = {BIG}, .size = BIG}, {.name = "b"}}, {0},
	 "tensor 'a': shape (9223372036854775808) would take more"},
	{{{.name = "a", .dtype = 1, .n_dim = 2, .dim = {BIG, 2}, .size = 8}, {.name = "b"}}, {0},
	 "tensor 'a': shape (9223372036854775808, 2) would take more"},
	{{{.name = "a", .dtype = 1, .n_dim = 1, .dim = {500}, .size = 2000}, {.name = "b"}}, {0},
	 "tensor 'a': shape (500) would take more"},
	{{{.name = "a", F1, .offset = BIG, .size = 8}, {.name = "b"}}, {0},
	 "tensor 'a' is bytes 9223372036854775808 to 9223372036854775816 of data file 0"},
	{{{.name = "a", F1, .offset = UINT64_MAX - 3, .size = 8}, {.name = "b"}}, {0}, "cut"},
	{{{.name = "a", F1, .size = 4}, {.name = "b"}}, {0}, "4 bytes, but its shape and type "
	 "need 8"},
	{{{.name = "a", F1, .shard = 1, .size = 8}, {.name = "b"}}, {0}, "in data file 1 of 1"},
	{{{.name = "a", F1, .size = 8, .more = "\x3a\x00", .n_more = 2}, {.name = "b"}}, {0},
	 "a partitioned variable"},
	{{{.name = "a", F1, .size = 8, .more = "\x12\x02\x18\x01", .n_more = 4}, {.name = "b"}},
	 {0}, "of unknown rank"},
	{{{.name = "a", .dtype = 1, .n_dim = 9, .dim = {1, 1, 1, 1, 1, 1, 1, 1, 1}, .size = 4},
	  {.name = "b"}}, {0}, "9 dimensions, at most 8"},
	{{{.name = "a", F1, .size = 8, .more = "\x80", .n_more = 1}, {.name = "b"}}, {0},
	 "the entry of tensor 'a' cannot be read"},
	{{{.name = "a", F1, .size = 8, .more = "\x0b", .n_more = 1}, {.name = "b"}}, {0},
	 "the entry of tensor 'a' cannot be read"},
	{{{.name = "a", F1, .size = 8, .more = "\x12\x7f", .n_more = 2}, {.name = "b"}}, {0},
	 "the entry of tensor 'a' cannot be read"},
	{{{.name = "a\0b", F1, .size = 8, .name_size = 3}, {.name = "b"}}, {0}, "has a NUL"},
	{{{.name = "a\xff", F1, .size = 8}, {.name = "b"}}, {0}, "invalid UTF-8"},
	{{{.name = "a\x1b[2J", F1, .size = 8}, {.name = "b"}}, {0}, "a control character"},
	{{{.name = "a", F1, .size = 8}, {.name = "b"}}, {.type = 1}, "compressed (Snappy)"},
	{{{.name = "a", F1, .size = 8}, {.name = "b"}}, {.type = 7}, "of an unknown kind"},
	{{{.name = "a", F1, .size = 8}, {.name = "b"}}, {.header = "\x08\x01\x10\x01",
	 .n_header = 4}, "big-endian"},
	{{{.name = "a", F1, .size = 8}, {.name = "b"}}, {.header = "\x1a\x02\x08\x01",
	 .n_header = 4}, "names 0 data files"},
	{{{.name = "a", F1, .size = 8}, {.name = "b"}}, {.header = "\x08\xe9\x07", .n_header = 3},
	 "names 1001 data files"},
	{{{.name = "a", F1, .size = 8}, {.name = "b"}}, {.no_header = true},
	 "its first entry is not the header"},
	{{{.name = "a", F1, .size = 8}, {.name = "b"}}, {.same_block = true, .per_block = 1},
	 "its blocks overlap"},
};

static void test_wrong(void **state)
{
	(void)state;
	struct buf data = make_data();
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct mt_weights w;
		struct mt_err err = {0};
		struct how how = wrong[i].how;
		if (!how.header) {
			how.header = plain.header;
			how.n_header = plain.n_header;
		}
		if (!how.per_block)
			how.per_block = plain.per_block;
		struct buf index = make_index(wrong[i].item, 2, &data, &how);
		int rc = parse(&w, &index, &data, &err);
		if (rc != MT_EINPUT || strncmp(err.text, "a.index: ", 9) != 0 ||
		    !strstr(err.text, wrong[i].says))
			fail_msg("case %zu: %d, \"%s\" without \"%s\"", i, rc, err.text,
				 wrong[i].says);
		mt_weights_release(&w);
		free(index.p);
	}
	free(data.p);
}

/* A name that is too long, whole or by sharing. */
static void test_long(void **state)
{
	(void)state;
	struct mt_weights w;
	struct mt_err err;
	char a[1002], b[1002];
	memset(a, 'a', sizeof a);
	memset(b, 'a', sizeof b);
	a[999] = a[1001] = b[1001] = '\0';
	struct buf data = make_data();
	struct item item[2] = {{.name = a, F1, .size = 8}, {.name = b, F1, .offset = 8,
								 .size = 8}};
	struct buf index = make_index(item, 2, &data, &plain);
	assert_int_equal(parse(&w, &index, &data, &err), MT_EINPUT);
	assert_non_null(strstr(err.text, "a name of 1001 bytes, at most 1000"));
	mt_weights_release(&w);
	free(index.p);
	b[1000] = '\0';
	index = make_index(item, 2, &data, &plain);
	assert_int_equal(parse(&w, &index, &data, &err), 0);
	assert_int_equal(w.n, 2);
	mt_weights_release(&w);
	free(index.p);
	free(data.p);
}

static int write_files(const char *folder)
{
	struct buf data = make_data(), index = make_index(whole, N_WHOLE, &data, &plain);
	struct mt_err err;
	char *a = mt_strf("%s/tiny.index", folder);
	char *b = mt_strf("%s/tiny.data-00000-of-00001", folder);
	int rc = mt_file_put(a, index.p, index.n, &err) || mt_file_put(b, data.p, data.n, &err);
	free(a);
	free(b);
	free(index.p);
	free(data.p);
	return rc;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole), cmocka_unit_test(test_flipped),
		cmocka_unit_test(test_cut), cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_long),
	};
	if (argc == 3 && !strcmp(argv[1], "--write"))
		return write_files(argv[2]);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("bundle", tests, NULL, NULL);
}
