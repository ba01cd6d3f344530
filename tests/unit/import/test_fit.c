/* SPDX-License-Identifier: MIT
 * Weights in memory against the built-in families: every family fits its own
 * names; what is missing, of another shape, too much or no number is named. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "import/fit.h"

#define LIMIT ((uint64_t)1 << 30)

/* The size of source axis i that a row's steps turn into the net's shape, by
 * undoing the steps that families use. */
static void source_shape(const struct mt_family_row *row, const struct mt_param *p, int *n,
			 uint64_t *dim)
{
	int64_t order[4], sum[6] = {0};
	const char *t = row->steps ? strstr(row->steps, "transpose ") : NULL;
	*n = p->n_dim;
	for (int i = 0; i < *n; i++)
		dim[i] = (uint64_t)p->dim[i];
	if (t && sscanf(t, "transpose %ld %ld %ld %ld", &order[0], &order[1], &order[2],
			&order[3]) == *n) {
		for (int i = 0; i < *n; i++)
			dim[order[i]] = (uint64_t)p->dim[i];
	} else if (row->steps && strstr(row->steps, "reshape -1 256")) {
		dim[0] = 256, dim[1] = (uint64_t)p->dim[0];
	} else if (row->steps && sscanf(row->steps, "reshape %ld %ld 1 %ld", &sum[0], &sum[1],
					&sum[2]) == 3) {
		*n = 3;
		dim[2] = dim[3];
	}
}

/* Weights as the family's source has them, with k outputs. */
static void make(struct mt_weights *w, const struct mt_family *f, int64_t k)
{
	struct mt_net net;
	struct mt_weight *item;
	*w = (struct mt_weights){.format = mt_strdup("a test")};
	assert_int_equal(mt_net_load(&net, f->net, &(struct mt_net_opt){.n_class = k}, NULL), 0);
	for (int i = 0; i < net.n_param; i++) {
		const struct mt_family_row *row = mt_family_row(f, net.param[i].name);
		int n;
		uint64_t dim[MT_WEIGHT_DIMS];
		assert_non_null(row);
		source_shape(row, &net.param[i], &n, dim);
		assert_int_equal(mt_weights_add(w, row->from, n, dim, LIMIT, &item, NULL), 0);
		for (uint64_t j = 0; j < item->count; j++)
			item->data[j] = (float)(j % 251) + 1;
	}
	assert_int_equal(f->n_row, net.n_param);
	mt_net_release(&net);
}

static void test_families(void **state)
{
	(void)state;
	static const struct mt_fit_opt none;
	int n = 0;
	for (const struct mt_text_builtin *b = mt_family_builtin; b->name; b++, n++) {
		struct mt_family f;
		struct mt_weights w;
		struct mt_fit fit;
		struct mt_err err = {0};
		if (mt_family_parse(&f, b->text, b->name, &err))
			fail_msg("%s", err.text);
		assert_non_null(f.front);
		assert_non_null(f.licence);
		for (size_t i = 0; i < f.n_known; i++) {
			char **tag;
			size_t n_tag;
			assert_int_equal(mt_taglist_load(&tag, &n_tag, f.known[i].tags, &err), 0);
			assert_int_equal(n_tag, 50);
			mt_taglist_release(tag, n_tag);
		}
		make(&w, &f, 7);
		if (mt_fit_find(&fit, &w, &none, "x", &err) || mt_fit_take(&fit, &w, "x", &err))
			fail_msg("%s: %s", b->name, err.text);
		assert_string_equal(fit.family.name, b->name);
		assert_int_equal(fit.net.n_class, 7);
		assert_int_equal(fit.n_tensor, fit.net.n_param);
		assert_null(fit.known);
		mt_fit_release(&fit);
		mt_weights_release(&w);
		mt_family_release(&f);
	}
	assert_int_equal(n, 5);
}

/* A state dict with the net's own names, as a user of PyTorch may have it. */
static void test_own(void **state)
{
	(void)state;
	struct mt_weights w = {.format = mt_strdup("a test")};
	struct mt_weight *item;
	struct mt_net net;
	struct mt_fit fit;
	struct mt_err err = {0};
	static const struct mt_fit_opt none;
	assert_int_equal(mt_net_load(&net, "small", &(struct mt_net_opt){.n_class = 9}, NULL), 0);
	for (int i = 0; i < net.n_param; i++) {
		uint64_t dim[MT_WEIGHT_DIMS];
		for (int d = 0; d < net.param[i].n_dim; d++)
			dim[d] = (uint64_t)net.param[i].dim[d];
		assert_int_equal(mt_weights_add(&w, net.param[i].name, net.param[i].n_dim, dim,
						LIMIT, &item, NULL), 0);
	}
	assert_int_equal(mt_weights_add(&w, "bn1.num_batches_tracked", 0, NULL, LIMIT, &item,
					NULL), 0);
	mt_net_release(&net);
	if (mt_fit_find(&fit, &w, &none, "x", &err))
		fail_msg("%s", err.text);
	assert_string_equal(fit.net.name, "small");
	assert_int_equal(fit.net.n_class, 9);
	mt_fit_release(&fit);
	mt_weights_release(&w);
}

static struct mt_weight *find(struct mt_weights *w, const char *name)
{
	return (struct mt_weight *)(uintptr_t)mt_weights_get(w, name);
}

static void refused(struct mt_weights *w, const char *says)
{
	static const struct mt_fit_opt none;
	struct mt_fit fit;
	struct mt_err err = {0};
	int rc = mt_fit_find(&fit, w, &none, "x.pth", &err);
	if (!rc) {
		rc = mt_fit_take(&fit, w, "x.pth", &err);
		mt_fit_release(&fit);
	}
	if (rc != MT_EINPUT || strncmp(err.text, "x.pth: ", 7) != 0 || !strstr(err.text, says))
		fail_msg("%d, \"%s\" without \"%s\"", rc, err.text, says);
}

static void test_refused(void **state)
{
	(void)state;
	struct mt_family f;
	struct mt_weights w;
	struct mt_weight *t;
	const struct mt_text_builtin *b = mt_family_builtin;
	while (strcmp(b->name, "won-fcn") != 0)
		b++;
	assert_int_equal(mt_family_parse(&f, b->text, b->name, NULL), 0);
	make(&w, &f, 50);
	t = find(&w, "layer3.conv.weight");
	t->data[100] = NAN;
	refused(&w, "tensor 'layer3.conv.weight': a value is nan");
	t->data[100] = -INFINITY;
	refused(&w, "tensor 'layer3.conv.weight': a value is -inf");
	t->data[100] = 0;
	find(&w, "layer2.bn.running_var")->data[3] = -0.25f;
	refused(&w, "tensor 'layer2.bn.running_var': a variance is -0.25, below 0");
	find(&w, "layer2.bn.running_var")->data[3] = 0;
	t->dim[2] = 5;
	refused(&w, "a test with 36 tensors does not fit any known net, the closest is won-fcn (35 "
		"of 36 tensors do): 'layer3.conv.weight' has shape (128, 128, 5, 3), expected "
		"(128, 128, 3, 3)");
	t->dim[2] = 3;
	assert_int_equal(mt_weights_add(&w, "extra.weight", 0, NULL, LIMIT, &t, NULL), 0);
	refused(&w, "'extra.weight' is not part of it");
	free(t->name);
	t->name = mt_strdup("spec.window");
	struct mt_fit fit;
	static const struct mt_fit_opt none;
	find(&w, "dense.bias")->data[4] = 1e-39f;
	find(&w, "dense.bias")->data[5] = -1e-45f;
	assert_int_equal(mt_fit_find(&fit, &w, &none, "x", NULL), 0);
	assert_int_equal(mt_fit_take(&fit, &w, "x", NULL), 0);
	assert_int_equal(fit.n_flushed, 2);
	const float *bias = fit.tensor[fit.n_tensor - 1].data;
	assert_true(bias[4] == 0 && bias[5] == 0 && bias[6] > 0);
	mt_fit_release(&fit);
	mt_weights_release(&w);
	mt_family_release(&f);
}

static void test_skip(void **state)
{
	(void)state;
	struct mt_family f;
	static const struct { const char *pattern, *name; bool skips; } t[] = {
		{"a", "a", true}, {"a", "ab", false}, {"ab", "a", false}, {"*", "", true},
		{"*", "abc", true}, {"*.x", "a.x.x", true}, {"*.x", "a.x.y", false},
		{"a*", "a", true}, {"a*b*c", "a-b-b-c", true}, {"a*b*c", "a-c-b", false},
		{"**a**", "bab", true}, {"?", "a", false},
	};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		char *text = mt_strf("skip: %s\n", t[i].pattern);
		assert_int_equal(mt_family_parse(&f, text, "x", NULL), 0);
		if (mt_family_skips(&f, t[i].name) != t[i].skips)
			fail_msg("%s %s", t[i].pattern, t[i].name);
		mt_family_release(&f);
		free(text);
	}
	/* a pattern that a matcher with two ways at each star would never finish */
	char *slow = mt_strdup("skip: *a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b\n");
	char name[900];
	memset(name, 'a', sizeof name);
	name[899] = '\0';
	assert_int_equal(mt_family_parse(&f, slow, "x", NULL), 0);
	assert_false(mt_family_skips(&f, name));
	mt_family_release(&f);
	free(slow);
}

static void check_steps(const char *steps, int n, const float *want, int n_dim,
			const uint64_t *dim)
{
	struct mt_err err = {0};
	struct mt_steps s = {.n_dim = 2, .dim = {2, 4}};
	s.data = mt_realloc(NULL, 8, sizeof *s.data);
	for (int i = 0; i < 8; i++)
		s.data[i] = (float)i;
	if (mt_steps_run(&s, steps, &err))
		fail_msg("%s: %s", steps, err.text);
	assert_int_equal(s.n_dim, n_dim);
	assert_memory_equal(s.dim, dim, (size_t)n_dim * sizeof *dim);
	assert_memory_equal(s.data, want, (size_t)n * sizeof *want);
	free(s.data);
}

static void test_steps(void **state)
{
	(void)state;
	check_steps("transpose 1 0", 8, (float[]){0, 4, 1, 5, 2, 6, 3, 7}, 2, (uint64_t[]){4, 2});
	check_steps("deinterleave 1", 8, (float[]){0, 2, 1, 3, 4, 6, 5, 7}, 2, (uint64_t[]){2, 4});
	check_steps("flip 0", 8, (float[]){4, 5, 6, 7, 0, 1, 2, 3}, 2, (uint64_t[]){2, 4});
	check_steps("flip 0 1", 8, (float[]){7, 6, 5, 4, 3, 2, 1, 0}, 2, (uint64_t[]){2, 4});
	check_steps("reshape 2 -1 2, transpose 2 0 1", 8, (float[]){0, 2, 4, 6, 1, 3, 5, 7}, 3,
		    (uint64_t[]){2, 2, 2});
	static const char *const bad[] = {
		"", "turn", "transpose 0", "transpose 0 0", "transpose 0 2", "transpose 0 1 2",
		"reshape -1 -1", "reshape 3 -1", "reshape 0 8", "reshape 4294967296 4294967296",
		"reshape 9", "deinterleave", "deinterleave 2", "flip", "flip -1", "flip x",
		"transpose 1 0,", "reshape 9223372036854775807 4",
		"reshape 1 1 1 1 1 1 1 1 8", "reshape 1 8,,flip 0",
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct mt_steps s = {.n_dim = 2, .dim = {2, 4}};
		if (mt_steps_run(&s, bad[i], NULL) != MT_EUSAGE)
			fail_msg("\"%s\" is taken", bad[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_families), cmocka_unit_test(test_own),
		cmocka_unit_test(test_refused), cmocka_unit_test(test_steps),
		cmocka_unit_test(test_skip),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("fit", tests, NULL, NULL);
}
