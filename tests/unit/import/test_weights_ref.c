/* SPDX-License-Identifier: MIT
 * Weights of other systems as their own libraries read them:
 * tests/ref/weights_ref.txt, written by tests/ref/weights_ref.py. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "import/weights.h"
#include "model/model.h"

#define REF "tests/ref/weights_ref.txt"
#define DIR "tests/ref/weights/"

/* Take the next field off the line. */
static char *field(char **line)
{
	char *at = *line, *tab = strchr(at, '\t');
	if (tab)
		*tab = 0;
	*line = tab ? tab + 1 : at + strlen(at);
	return at;
}

static void compare(const char *file, const struct mt_weight *v, const char *name,
		    const char *shape, char *values)
{
	char text[160] = "scalar", *end = text;
	for (int d = 0; d < v->n_dim; d++)
		end += snprintf(end, 20, "%s%llu", d ? "x" : "", (unsigned long long)v->dim[d]);
	if (strcmp(v->name, name) || strcmp(text, shape))
		fail_msg("%s: %s is %s, expected %s of %s", file, v->name, text, name, shape);
	for (uint64_t i = 0; i < v->count; i++, values = end) {
		double want = strtod(values, &end);
		assert_ptr_not_equal(end, values);
		if ((double)v->data[i] != want)
			fail_msg("%s: %s[%llu] is %.9g, expected %.9g", file, name,
				 (unsigned long long)i, (double)v->data[i], want);
	}
	assert_string_equal(values, "");
}

static void check(const struct mt_weights *w, const char *file, size_t n)
{
	if (*file && n != w->n)
		fail_msg("%s has %zu tensors, expected %zu", file, w->n, n);
}

static void test_values(void **state)
{
	(void)state;
	char *line = NULL, last[64] = "";
	size_t room = 0, n = 0;
	struct mt_weights w = {0};
	struct mt_err err = {0};
	FILE *f = fopen(REF, "r");
	assert_non_null(f);
	while (getline(&line, &room, f) > 0) {
		line[strcspn(line, "\n")] = 0;
		char *at = line, *file = field(&at), *name = field(&at), *shape = field(&at);
		if (strcmp(file, last)) {
			check(&w, last, n);
			mt_weights_release(&w);
			char *path = mt_strf(DIR "%s", file);
			if (mt_weights_read(&w, path, &err))
				fail_msg("%s", err.text);
			free(path);
			snprintf(last, sizeof last, "%s", file);
			n = 0;
		}
		assert_true(n < w.n);
		compare(file, &w.item[n++], name, shape, at);
	}
	check(&w, last, n);
	assert_true(*last);
	mt_weights_release(&w);
	free(line);
	fclose(f);
}

static void test_metadata(void **state)
{
	(void)state;
	struct mt_weights w;
	assert_int_equal(mt_weights_read(&w, DIR "checkpoint.pth", NULL), MT_OK);
	assert_string_equal(w.metadata, "{\"epoch\":3,\"best\":0.75,\"name\":\"a net\"}");
	mt_weights_release(&w);
	assert_int_equal(mt_weights_read(&w, DIR "types.safetensors", NULL), MT_OK);
	assert_string_equal(w.metadata, "{\"format\":\"pt\"}");
	mt_weights_release(&w);
	assert_int_equal(mt_weights_read(&w, DIR "keras2.h5", NULL), MT_OK);
	assert_string_equal(w.metadata, "{\"keras_version\":\"2.4.0\",\"backend\":"
			    "\"tensorflow\"}");
	mt_weights_release(&w);
	assert_int_equal(mt_weights_read(&w, DIR "keras-model.h5", NULL), MT_OK);
	assert_string_equal(w.metadata,
			    "{\"model_config\":{\"class_name\":\"Sequential\"}}");
	mt_weights_release(&w);
}

/* An mt model is not converted. */
static void test_own(void **state)
{
	(void)state;
	struct mt_weights w;
	struct mt_err err = {0};
	char path[] = "/tmp/mt-test-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	struct mt_model_meta meta[] = {{"net", "{}"}, {"frontend", "{}"}};
	float one = 1;
	struct mt_model_tensor t = {.name = "w", .dtype = "F32", .n_dim = 1, .dim = {1},
				    .data = &one, .size = 4};
	assert_int_equal(mt_model_save(path, &t, 1, meta, 2, NULL), MT_OK);
	assert_int_equal(mt_weights_read(&w, path, &err), MT_EINPUT);
	assert_non_null(strstr(err.text, "is a model of mt already"));
	unlink(path);
}

/* Files that are refused, and a part of the sentence. */
static void test_refused(void **state)
{
	(void)state;
	static const char *const bad[][2] = {
		{"module.bad", "an object of class 'torch.nn.modules.container Sequential', not "
			       "a state dict; save model.state_dict()"},
		{"module-legacy.bad", "an object of class '__main__ Tiny'"},
		{"expanded.bad", "the elements of a tensor overlap (stride 0)"},
		{"overlap.bad", "the elements of a tensor overlap (stride 2)"},
		{"list.bad", "holds a list, not a state dict"},
		{"nested.bad", "its keys: 'net', 'epoch'"},
		{"complex.bad", "global 'torch ComplexFloatStorage' is not a tensor's; refused"},
		{"u16.bad", "tensor 'w': type U16 is not read; save it as F32"},
		{"h5-link.bad", "/a/w: is a link to another file"},
		{"h5-soft.bad", "/a/w: is a symbolic link"},
		{"h5-raw.bad", "/a/w: raw data in another file is not read"},
		{"h5-virtual.bad", "/a/w: a virtual data set"},
		{"h5-chunks.bad", "/a/w: is stored in chunks; make it plain with h5repack"},
		{"h5-text.bad", "/a/w: holds neither floats nor integers"},
		{"h5-none.bad", "/a/w: is named, but is missing; damaged"},
		{"h5-group.bad", "/a/w: is not a data set, or damaged"},
		{"h5-huge.bad", "/a/w: is larger than the file; damaged or cut"},
		{"h5-layer.bad", "/b: is in layer_names, but is missing; damaged"},
		{"h5-path.bad", "a name that is empty, long or an absolute path"},
		{"h5-other.bad", "is HDF5 without the attribute layer_names"},
		{"script.bad", "is a TorchScript program"},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct mt_weights w;
		struct mt_err err = {0};
		char *path = mt_strf(DIR "%s", bad[i][0]);
		assert_int_equal(mt_weights_read(&w, path, &err), MT_EINPUT);
		if (!strstr(err.text, bad[i][1]) || strncmp(err.text, path, strlen(path)))
			fail_msg("%s: '%s' lacks '%s'", path, err.text, bad[i][1]);
		assert_int_equal(w.n, 0);
		free(path);
	}
}

/* HDF5 cut and changed: refused with a sentence, or read; never a crash. The
 * library has no checksums. Valgrind would report what goes wrong in the library,
 * which is why it runs in a child. */
static void test_damaged_h5(void **state)
{
	(void)state;
	const char *preload = getenv("LD_PRELOAD");
	if (preload && strstr(preload, "vgpreload"))
		skip();
	char path[] = "/tmp/mt-test-XXXXXX", *data;
	size_t size;
	int fd = mkstemp(path), refused = 0;
	assert_true(fd >= 0);
	assert_int_equal(mt_file_get(DIR "keras2.h5", 1 << 20, &data, &size, NULL), MT_OK);
	for (size_t at = 8; at < size; at += 97)
		for (int cut = 0; cut < 2; cut++) {
			struct mt_weights w;
			struct mt_err err = {0};
			data[at] = (char)(data[at] ^ 0x5a);
			assert_int_equal(ftruncate(fd, 0), 0);
			assert_true(pwrite(fd, data, cut ? at : size, 0) > 0);
			int rc = mt_weights_read(&w, path, &err);
			data[at] = (char)(data[at] ^ 0x5a);
			if (rc && (rc != MT_EINPUT || strncmp(err.text, path, strlen(path))))
				fail_msg("byte %zu: %d '%s'", at, rc, err.text);
			if (cut && !rc)
				fail_msg("cut at %zu of %zu, but read", at, size);
			refused += rc != MT_OK;
			mt_weights_release(&w);
		}
	assert_true(refused > 50);
	close(fd);
	unlink(path);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_metadata),
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_damaged_h5),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
