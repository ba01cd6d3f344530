/* SPDX-License-Identifier: MIT
 * Hostile pickles and archives: each gets a sentence, none gets memory or time
 * beyond the stated bounds, and nothing is executed. */
#include <libdeflate.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "base/crc.h"
#include "base/file.h"
#include "base/mem.h"
#include "import/pickle.h"
#include "import/torch.h"

#define DIR "tests/ref/weights/"
#define ODICT "ccollections\nOrderedDict\n)R"

struct bytes {
	unsigned char *p;
	size_t n, cap;
};

static void put(struct bytes *b, const void *p, size_t n)
{
	if (b->n + n >= b->cap)
		b->p = mt_realloc(b->p, b->cap = 2 * (b->n + n + 1), 1);
	if (n)
		memcpy(b->p + b->n, p, n);
	b->n += n;
}

static void put_n(struct bytes *b, uint64_t v, size_t n)
{
	put(b, &v, n);
}

static void fill(struct bytes *b, int c, size_t n)
{
	if (b->n + n >= b->cap)
		b->p = mt_realloc(b->p, b->cap = 2 * (b->n + n + 1), 1);
	memset(b->p + b->n, c, n);
	b->n += n;
}

#define TEXT(b, s) put(b, s, sizeof(s) - 1)

static void end(struct bytes *b)
{
	free(b->p);
	*b = (struct bytes){0};
}

/* An entry of an archive, and its line of the directory. */
struct zip {
	struct bytes file, dir;
	int n;
};

static void entry(struct zip *z, const char *name, const void *data, size_t size,
		  size_t inflated, uint32_t crc, int method, int flags)
{
	size_t at = z->file.n, n = strlen(name);
	for (int local = 1; local >= 0; local--) {
		struct bytes *b = local ? &z->file : &z->dir;
		if (local)
			TEXT(b, "PK\3\4");
		else
			TEXT(b, "PK\1\2\24\0");
		put_n(b, 20, 2);
		put_n(b, (uint64_t)flags, 2);
		put_n(b, (uint64_t)method, 2);
		put_n(b, 0, 4);
		put_n(b, crc, 4);
		put_n(b, size, 4);
		put_n(b, inflated, 4);
		put_n(b, n, 2);
		put_n(b, 0, 2);
		if (!local) {
			put_n(b, 0, 8);
			put_n(b, 0, 2);
			put_n(b, at, 4);
		}
		put(b, name, n);
	}
	put(&z->file, data, size);
	z->n++;
}

static void store(struct zip *z, const char *name, const void *data, size_t size)
{
	entry(z, name, data, size, size, mt_crc32(0, data, size), 0, 0);
}

static void finish(struct zip *z)
{
	size_t at = z->file.n;
	put(&z->file, z->dir.p, z->dir.n);
	TEXT(&z->file, "PK\5\6\0\0\0\0");
	put_n(&z->file, (uint64_t)z->n, 2);
	put_n(&z->file, (uint64_t)z->n, 2);
	put_n(&z->file, z->dir.n, 4);
	put_n(&z->file, at, 4);
	put_n(&z->file, 0, 2);
	end(&z->dir);
}

static void expect(const char *what, const struct bytes *b, const char *sentence)
{
	struct mt_weights w = {0};
	struct mt_err err = {0};
	unsigned char *exact = malloc(b->n ? b->n : 1); /* so that the sanitizer sees its end */
	if (b->n)
		memcpy(exact, b->p, b->n);
	int rc = mt_torch_parse(&w, exact, b->n, "x.pth", &err);
	free(exact);
	if (sentence ? rc != MT_EINPUT || strncmp(err.text, "x.pth: ", 7) ||
		       !strstr(err.text, sentence) : rc)
		fail_msg("%s: %d '%s', expected '%s'", what, rc, err.text,
			 sentence ? sentence : "success");
	mt_weights_release(&w);
}

/* The same pickle in an archive with a storage "0" of four floats, and in a
 * legacy file. */
static void both(const char *what, const struct bytes *pickle, const char *sentence)
{
	static const float data[4] = {1, 2, 3, 4};
	struct zip z = {0};
	store(&z, "x/data.pkl", pickle->p, pickle->n);
	store(&z, "x/data/0", data, sizeof data);
	finish(&z);
	expect(what, &z.file, sentence);
	struct bytes b = {0};
	TEXT(&b, "\x80\2\x8a\n\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\2M\xe9\3.");
	TEXT(&b, "\x80\2}X\15\0\0\0little_endian\x88s.");
	put(&b, pickle->p, pickle->n);
	TEXT(&b, "\x80\2]X\1\0\0\0" "0a.");
	put_n(&b, 4, 8);
	put(&b, data, sizeof data);
	expect(what, &b, sentence);
	end(&b);
	end(&z.file);
}

static const struct {
	const char *what, *p;
	size_t n;
	const char *sentence;
} small[] = {
#define CASE(what, p, sentence) {what, p, sizeof(p) - 1, sentence}
	CASE("os.system", "\x80\2cos\nsystem\nX\4\0\0\0true\x85R.",
	     "global 'os system' is not a tensor's; refused"),
	CASE("eval", "\x80\4\x8c\10builtins\x8c\4eval\x93(X\1\0\0\0" "1tR.",
	     "global 'builtins eval' is not a tensor's; refused"),
	CASE("escape", "\x80\2c\x1b[2J\nx\n.", "global '?[2J x' is not a tensor's"),
	CASE("inst", "\x80\2(ios\nsystem\n.", "opcode INST is not used for tensors; refused"),
	CASE("obj", "\x80\2(ccollections\nOrderedDict\no.", "opcode OBJ is not used"),
	CASE("newobj", "\x80\2ccollections\nOrderedDict\n)\x81.", "opcode NEWOBJ is not used"),
	CASE("extension", "\x80\2\x82\1.", "opcode EXT1 is not used"),
	CASE("class", "\x80\2cmodels\nNet\nq\1)\x81}b.",
	     "an object of class 'models Net', not a state dict"),
	CASE("unknown", "\x80\2\xff.", "opcode 0xff is unknown; refused"),
	CASE("zero", "\x80\2\0.", "opcode 0x00 is unknown; refused"),
	CASE("protocol", "\x80\6.", "protocol 6, but only 2 to 5 are read"),
	CASE("storage called", "\x80\2ctorch\nFloatStorage\nK\1\x85R.",
	     "calls a type of PyTorch; refused"),
	CASE("text called", "\x80\2U\1x)R.", "calls a string with a tuple; refused"),
	CASE("attributes of a list", "\x80\2]}b.", "sets attributes of a list; refused"),
	CASE("long list", "\x80\2\x8b\xff\xff\xff\x7f.", "2147483647 bytes are needed, but "),
	CASE("negative long", "\x80\2\x8b\xff\xff\xff\xff.", "4294967295 bytes are needed"),
	CASE("text of 2^63", "\x80\4\x8d\0\0\0\0\0\0\0\x80.",
	     "9223372036854775808 bytes are needed, but "),
	CASE("frame", "\x80\4\x95\xff\xff\xff\xff\xff\xff\xff\x7f.", "bytes are needed"),
	CASE("memo", "\x80\2]r\xff\xff\xff\xff.", "memo entry 4294967295, at most 1048575"),
	CASE("memo unset", "\x80\2h\7.", "memo entry 7 was never set"),
	CASE("list of itself", "\x80\2]q\0h\0a.", "a list contains itself; refused"),
	CASE("dict of itself", "\x80\2}q\0U\5modelh\0s.", "a dict contains itself; refused"),
	CASE("cycle", "\x80\2]q\0]q\1h\0aa.", "a list contains itself; refused"),
	CASE("cycle by a call", "\x80\2]q\0ctorch._utils\n_rebuild_tensor\nh\0\x85Ra.",
	     "contains itself; refused"),
	CASE("nothing on the stack", "\x80\2.", "0 values and 0 marks on the stack at its end"),
	CASE("two on the stack", "\x80\2NN.", "2 values and 0 marks"),
	CASE("below the mark", "\x80\2]](Na.", "needs 2 values on the stack, but there are 1"),
	CASE("no mark", "\x80\2Nt.", "needs a mark, but the stack has none"),
	CASE("odd dict", "\x80\2}(Nu.", "a dict's last key has no value"),
	CASE("item of a number", "\x80\2K\1Na.", "sets items of an integer as if it were a list"),
	CASE("id", "\x80\2NQ.", "a persistent id is None, not a tuple"),
	CASE("other id", "\x80\2)Q.", "holds a storage, not a state dict"),
	CASE("pairs", "\x80\2ccollections\nOrderedDict\n]Na\x85R.", "something other than pairs"),
	CASE("empty", "\x80\2}.", "its keys: none"),
	CASE("number", "\x80\2K\1.", "holds an integer, not a state dict"),
};

static void test_small(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof small / sizeof *small; i++) {
		struct bytes b = {0};
		put(&b, small[i].p, small[i].n);
		both(small[i].what, &b, small[i].sentence);
		end(&b);
	}
}

static void test_place(void **state)
{
	(void)state;
	struct mt_pickle p;
	struct mt_err err;
	assert_int_equal(mt_pickle_read(&p, "\x80\2cos\nsystem\n.", 14, 100, "x.pth", &err),
			 MT_EINPUT);
	assert_string_equal(err.text, "x.pth: pickle at byte 102: global 'os system' is not a "
			    "tensor's; refused");
	assert_int_equal(mt_pickle_read(&p, "\x80\2N", 3, 0, "x.pth", &err), MT_EINPUT);
	assert_string_equal(err.text, "x.pth: pickle at byte 3: ends without STOP; damaged or cut");
}

/* Every opcode on an empty stack and on one of some values. */
static void test_opcodes(void **state)
{
	(void)state;
	for (int code = 0; code < 256; code++)
		for (int full = 0; full < 2; full++) {
			struct bytes b = {0};
			struct mt_pickle p;
			struct mt_err err = {0};
			TEXT(&b, "\x80\2");
			if (full)
				TEXT(&b, "]}N((NK\1");
			put_n(&b, (uint64_t)code, 1);
			put_n(&b, 0, 8);
			TEXT(&b, "\n\n.");
			if (!mt_pickle_read(&p, b.p, b.n, 0, "x", &err))
				mt_pickle_release(&p);
			else
				assert_true(err.status == MT_EINPUT && *err.text);
			end(&b);
		}
}

/* A tensor of storage "0" (4 floats) with offset, sizes and strides. */
static void tensor(const char *what, uint64_t offset, int n, const uint64_t *size,
		   const uint64_t *stride, const char *sentence)
{
	struct bytes b = {0};
	TEXT(&b, "\x80\2}U\1wctorch._utils\n_rebuild_tensor_v2\n((U\7storagectorch\nFloatStorage\n"
		 "U\1" "0U\3cpuK\4tQ");
	for (int of = 0; of < 3; of++) {
		if (of)
			TEXT(&b, "(");
		for (int i = 0; i < (of ? n : 1); i++) {
			TEXT(&b, "\x8a\10");
			put_n(&b, !of ? offset : of == 1 ? size[i] : stride[i], 8);
		}
		if (of)
			TEXT(&b, "t");
	}
	TEXT(&b, "\x89" ODICT "tRs.");
	both(what, &b, sentence);
	end(&b);
}

static void test_views(void **state)
{
	(void)state;
	const uint64_t top = INT64_MAX, neg = UINT64_MAX;
#define L(...) (const uint64_t[]){__VA_ARGS__}
	tensor("plain", 0, 2, L(2, 2), L(2, 1), NULL);
	tensor("transposed", 0, 2, L(2, 2), L(1, 2), NULL);
	tensor("empty", 4, 2, L(0, top), L(top, top), NULL);
	tensor("2^63 - 1", 0, 1, L(top), L(1), "a tensor reaches beyond its storage of 4");
	tensor("2^63", 0, 1, L(top + 1), L(1), "none negative; refused");
	tensor("2^64", 0, 2, L(1u << 31, 2ull << 32), L(2ull << 32, 1), "reaches beyond");
	tensor("wraps", 0, 2, L(top, 3), L(2, 2), "reaches beyond");
	tensor("offset wraps", top, 2, L(top, 2), L(1, 1), "reaches beyond");
	tensor("offset", 1, 1, L(4), L(1), "reaches beyond");
	tensor("offset at the end", 4, 1, L(1), L(1), "reaches beyond");
	tensor("negative offset", neg, 1, L(1), L(1), "without storage or offset");
	tensor("negative stride", 3, 1, L(4), L(neg), "none negative; refused");
	tensor("stride 0", 0, 1, L(top), L(0), "the elements of a tensor overlap (stride 0)");
	tensor("overlap", 0, 2, L(2, 3), L(1, 1), "the elements of a tensor overlap (stride 1)");
	tensor("nine sizes", 0, 9, L(1, 1, 1, 1, 1, 1, 1, 1, 1), L(1, 1, 1, 1, 1, 1, 1, 1, 1),
	       "whose shape is not up to 8 sizes");
}

static void test_bombs(void **state)
{
	(void)state;
	struct bytes b = {0};
	TEXT(&b, "\x80\2");
	fill(&b, ']', 200000);
	fill(&b, 'a', 199999);
	TEXT(&b, ".");
	both("deep lists", &b, "values nested deeper than 64 levels; refused");
	end(&b);

	TEXT(&b, "\x80\2N");
	for (int i = 0; i < 60; i++) /* 2^60 leaves, and 61 values */
		TEXT(&b, "q\0h\0\x86");
	TEXT(&b, ".");
	both("doubled", &b, "holds a tuple");
	end(&b);

	TEXT(&b, "\x80\2");
	fill(&b, 'N', 2000000);
	TEXT(&b, ".");
	both("values", &b, "more than 1048576 values; refused");
	end(&b);

	TEXT(&b, "\x80\2");
	fill(&b, '(', 2000000);
	TEXT(&b, ".");
	both("marks", &b, "more than 1000 marks; refused");
	end(&b);

	TEXT(&b, "\x80\2]q\0(");
	for (int i = 0; i < 100000; i++)
		TEXT(&b, "NN\x86");
	TEXT(&b, "eccollections\nOrderedDict\nq\1");
	for (int i = 0; i < 1000; i++)
		TEXT(&b, "h\1h\0\x85R");
	TEXT(&b, ".");
	both("calls", &b, "more than 4194304 items; refused");
	end(&b);
}

/* Equal keys of a megabyte, each to be compared with many others. */
static void test_keys(void **state)
{
	(void)state;
	struct bytes b = {0};
	TEXT(&b, "\x80\2}U\1wctorch._utils\n_rebuild_tensor\n((U\7storagectorch\nFloatStorage\nX");
	put_n(&b, 1 << 20, 4);
	fill(&b, '0', 1 << 20);
	TEXT(&b, "U\3cpuK\4tq\0QK\0(K\4t(K\1ttRsU\1v(");
	for (int i = 0; i < 300000; i++)
		TEXT(&b, "h\0Q");
	TEXT(&b, "ls.");
	both("keys", &b, "a storage's key of 1048576 bytes, at most 100; refused");
	end(&b);
}

/* Storages that are missing, or of another size than the pickle says; bytes behind
 * the last one. */
static void test_storages(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		static const char *const sentence[] = {
			"entry 'x/data/0' has 16 bytes, but the pickle says 5 elements of float32",
			"the archive has no entry 'x/data/1'",
			"storage at byte 149 has 5 elements of 4 bytes, but 16 bytes are left",
			"1 bytes after the last storage"};
		struct bytes b = {0}, f = {0};
		struct zip z = {0};
		TEXT(&b, "\x80\2}U\1wctorch._utils\n_rebuild_tensor\n((U\7storagectorch\n"
			 "FloatStorage\nU\1");
		put(&b, i == 1 ? "1" : "0", 1);
		TEXT(&b, "U\3cpuK");
		put(&b, i == 0 || i == 2 ? "\5" : "\4", 1);
		TEXT(&b, "tQK\0(K\4t(K\1ttRs.");
		store(&z, "x/data.pkl", b.p, b.n);
		store(&z, "x/data/0", "0123456789abcdef", 16);
		finish(&z);
		TEXT(&f, "\x80\2\x8a\n\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\2M\xe9\3.");
		TEXT(&f, "\x80\2}X\15\0\0\0little_endian\x88s.");
		put(&f, b.p, b.n);
		TEXT(&f, "\x80\2]X\1\0\0\0" "0a.");
		put_n(&f, i == 2 ? 5 : 4, 8);
		put(&f, "0123456789abcdefg", i == 3 ? 17 : 16);
		expect("storages", i < 2 ? &z.file : &f, sentence[i]);
		end(&z.file);
		end(&b);
		end(&f);
	}
}

/* Sizes in a zip64 field, where the directory has none. */
static void test_zip64(void **state)
{
	(void)state;
	for (int missing = 0; missing < 2; missing++) {
		struct bytes b = {0};
		struct zip z = {0};
		TEXT(&b, "\x80\2}.");
		store(&z, "x/data.pkl", b.p, b.n);
		memset(z.dir.p + 20, 0xff, 8);
		z.dir.p[30] = missing ? 4 : 20;
		put_n(&z.dir, missing ? 0 : 1, 2);
		put_n(&z.dir, missing ? 0 : 16, 2);
		if (!missing) {
			put_n(&z.dir, b.n, 8);
			put_n(&z.dir, b.n, 8);
		}
		finish(&z);
		expect("zip64", &z.file, missing ? "entry 'x/data.pkl' has a damaged zip64 field"
						 : "no tensors at the top");
		end(&z.file);
		end(&b);
	}
}

static void test_tar(void **state)
{
	(void)state;
	struct bytes b = {0};
	TEXT(&b, "sys_info");
	fill(&b, 0, 249);
	TEXT(&b, "ustar");
	fill(&b, 0, 1000);
	expect("tar", &b, "is a tar archive of PyTorch 0.1; load the file with PyTorch");
	end(&b);
}

static void test_archives(void **state)
{
	(void)state;
	static const char zeros[1 << 20];
	static const char plain[] = "\x80\2}.";
	char packed[4096];
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(9);
	size_t n = libdeflate_deflate_compress(c, zeros, sizeof zeros, packed, sizeof packed);
	libdeflate_free_compressor(c);
	uint32_t crc = mt_crc32(0, zeros, sizeof zeros);
	for (int i = 0; i < 11; i++) {
		static const char *const sentence[] = {
			"inflates to 1048576 bytes, over 16 times the file's size; refused",
			"entry 'x/data.pkl' does not inflate to its size", "is there twice",
			"is encrypted", "is neither stored nor deflated", "its byte order is not",
			"has CRC-32", "its entries overlap", "a zip archive without data.pkl",
			"stored, but has two sizes", "a Keras 3 archive"};
		struct zip z = {0};
		switch (i) {
		case 0: entry(&z, "x/data.pkl", packed, n, sizeof zeros, crc, 8, 0); break;
		case 1: entry(&z, "x/data.pkl", packed, n, 1000, crc, 8, 0); break;
		case 2: store(&z, "x/data.pkl", plain, 4);
			store(&z, "x/data.pkl", plain, 4); break;
		case 3: entry(&z, "x/data.pkl", plain, 4, 4, 1, 0, 1); break;
		case 4: entry(&z, "x/data.pkl", plain, 4, 4, 1, 12, 0); break;
		case 5: store(&z, "x/data.pkl", plain, 4);
			store(&z, "x/byteorder", "big", 3); break;
		case 6: entry(&z, "x/data.pkl", plain, 4, 4, 1, 0, 0); break;
		case 7: store(&z, "x/data.pkl", plain, 4);
			store(&z, "x/data.pk2", zeros, 5000);
			for (int k = 0; k < 9; k++) { /* nine more lines for the second */
				unsigned char line[56];
				memcpy(line, z.dir.p + 56, 56);
				put(&z.dir, line, 56);
				z.n++;
			}
			break;
		case 8: store(&z, "x", plain, 4); break;
		case 9: entry(&z, "x/data.pkl", plain, 4, 5, 1, 0, 0); break;
		default: store(&z, "model.weights.h5", plain, 4);
		}
		finish(&z);
		expect("archive", &z.file, sentence[i]);
		end(&z.file);
	}
}

static bool same(const struct mt_weights *a, const struct mt_weights *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->item[i].name, b->item[i].name) ||
		    a->item[i].count != b->item[i].count ||
		    memcmp(a->item[i].data, b->item[i].data, a->item[i].count * 4))
			return false;
	return true;
}

/* Cut anywhere: refused. A byte changed: refused, or of no effect where a
 * checksum covers it. */
static void damage(const char *name, bool checked)
{
	char *path = mt_strf(DIR "%s", name), *data;
	size_t size;
	struct mt_weights whole = {0}, w = {0};
	struct mt_err err = {0};
	assert_int_equal(mt_file_get(path, 1 << 20, &data, &size, NULL), MT_OK);
	assert_int_equal(mt_torch_parse(&whole, data, size, path, NULL), MT_OK);
	const char *env = getenv("STRIDE"); /* for the slow builds */
	size_t step = env ? strtoul(env, NULL, 10) : 1;
	for (size_t n = 0; n < size; n += step) {
		char *part = malloc(n ? n : 1);
		memcpy(part, data, n);
		int rc = mt_torch_parse(&w, part, n, path, &err);
		if (rc != MT_EINPUT || strncmp(err.text, path, strlen(path)))
			fail_msg("%s: %zu of %zu bytes: %d '%s'", path, n, size, rc, err.text);
		mt_weights_release(&w);
		free(part);
	}
	for (size_t at = 0; at < size; at += step)
		for (int bit = 0; bit < 8; bit += 3) {
			data[at] = (char)(data[at] ^ 1 << bit);
			int rc = mt_torch_parse(&w, data, size, path, &err);
			data[at] = (char)(data[at] ^ 1 << bit);
			if (rc ? rc != MT_EINPUT || strncmp(err.text, path, strlen(path))
			       : checked && !same(&w, &whole))
				fail_msg("%s: byte %zu, bit %d: %d '%s'", path, at, bit, rc,
					 rc ? err.text : "other weights");
			mt_weights_release(&w);
		}
	mt_weights_release(&whole);
	free(data);
	free(path);
}

static void test_damage(void **state)
{
	(void)state;
	damage("zip.pth", true);
	damage("zip4.pth", true);
	damage("deflated.pth", true);
	damage("piped.pth", true);
	damage("nocrc.pth", false);
	damage("legacy.pth", false);
	damage("legacy4.pth", false);
	damage("strided-legacy.pth", false);
}

/* Bounded memory: the whole program runs in half a GiB. The sanitizers and
 * valgrind need more room than that. */
static int bound(void **state)
{
	(void)state;
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	struct rlimit most = {512u << 20, 512u << 20};
	const char *preload = getenv("LD_PRELOAD");
	return preload && strstr(preload, "vgpreload") ? 0 : setrlimit(RLIMIT_AS, &most);
#else
	return 0;
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small),
		cmocka_unit_test(test_place),
		cmocka_unit_test(test_opcodes),
		cmocka_unit_test(test_views),
		cmocka_unit_test(test_bombs),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_storages),
		cmocka_unit_test(test_zip64),
		cmocka_unit_test(test_tar),
		cmocka_unit_test(test_archives),
		cmocka_unit_test(test_damage),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, bound, NULL);
}
