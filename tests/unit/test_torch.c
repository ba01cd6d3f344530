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
#include "nn/model.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_metadata),
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_refused),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
