/* SPDX-License-Identifier: MIT
 * musicnn's four models, made by "make models", against values that TensorFlow and
 * a forward pass in float64 gave: every layer and every score, both backends.
 * Skipped where build/models or the values ($MT_DATA/pretrained) are missing. Of
 * the two models of a net the second has only some layers compared, or with
 * MT_LONG=1 all. MT_PRETRAINED_PRINT=1 prints the largest differences. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "model/params.h"
#include "model/tagger.h"
#include "train/train.h"
#include "has_backend.h"

#define T 187
#define F 96
#define N_CLIP 2
#define TOLERANCE 1e-5

static const char *const clips[N_CLIP] = {"trw", "joram"};
static const struct {
	const char *model, *file;
	size_t n_param;
} models[] = {
	{"MTT_musicnn", "mtt-musicnn", 64}, {"MSD_musicnn", "msd-musicnn", 64},
	{"MTT_vgg", "mtt-vgg", 36}, {"MSD_vgg", "msd-vgg", 36},
};
#define N_MODEL (sizeof models / sizeof *models)

/* Their layers and ours; the others have one name. */
static const char *const layers[][2] = {
	{"input_bn", "bn0"}, {"f74", "f74_max"}, {"f77", "f77_max"}, {"s1", "s1_max"},
	{"s2", "s2_max"}, {"s3", "s3_max"}, {"frontend", "front"}, {"cnn1", "cnn1_bn"},
	{"dense", "dense1_relu"}, {"penultimate", "embed"}, {"conv1", "relu1"},
	{"conv2", "relu2"}, {"conv3", "relu3"}, {"conv4", "relu4"}, {"conv5", "relu5"},
};

static char *golden(const char *file)
{
	const char *data = getenv("MT_DATA");
	return mt_strf("%s/pretrained/%s", data ? data : "../shared/data", file);
}

static char *model_path(size_t i)
{
	const char *build = getenv("MT_BUILD");
	char *path = mt_strf("%s/models/%s.safetensors", build ? build : "build", models[i].file);
	if (access(path, R_OK)) {
		free(path);
		path = mt_strf("build/models/%s.safetensors", models[i].file);
	}
	return path;
}

static void need_all(void)
{
	bool there = true;
	for (size_t i = 0; i <= N_MODEL; i++) {
		char *path = i < N_MODEL ? model_path(i) : golden("layers.tsv");
		there &= !access(path, R_OK);
		free(path);
	}
	if (!there)
		skip();
}

static FILE *open_golden(const char *file)
{
	char *path = golden(file), line[4096];
	FILE *f = fopen(path, "r");
	free(path);
	assert_non_null(f);
	if (!strstr(file, "patch_"))
		assert_non_null(fgets(line, sizeof line, f));
	return f;
}

static void read_patches(float *x)
{
	for (int c = 0; c < N_CLIP; c++) {
		char name[32];
		snprintf(name, sizeof name, "patch_%s.tsv", clips[c]);
		FILE *f = open_golden(name);
		for (int i = 0; i < T * F; i++)
			assert_int_equal(fscanf(f, "%f", &x[c * T * F + i]), 1);
		fclose(f);
	}
}

static int clip_of(const char *name)
{
	return strcmp(name, clips[0]) != 0;
}

/* A layer's output of both clips, [2][E], and its (C,H,W). */
static float *run_layer(const struct mt_model *m, struct mt_net *net, const char *layer,
			const char *backend, const float *x, int64_t *n, int64_t *dim)
{
	struct mt_err err = {0};
	struct mt_engine *e = NULL;
	struct mt_engine_opt opt = {.backend = backend, .batch = N_CLIP, .embed = 1, .n_thread = 1};
	if (mt_net_set_embed(net, layer, &err) || mt_engine_new(&e, net, &opt, &err) ||
	    mt_model_to_engine(m, net, e, &err))
		fail_msg("%s: %s", layer, err.text);
	float *score = mt_calloc((size_t)(N_CLIP * net->n_class), sizeof *score);
	*n = mt_engine_n_embed(e);
	float *out = mt_calloc((size_t)(N_CLIP * *n), sizeof *out);
	assert_int_equal(mt_engine_forward(e, N_CLIP, x, score, &err), 0);
	assert_int_equal(mt_engine_embed(e, N_CLIP, out, &err), 0);
	memcpy(dim, net->node[net->embed].dim + 1, 3 * sizeof *dim);
	mt_engine_free(e);
	free(score);
	return out;
}

/* The place of index "t,c", "t,f,c" or "c" of theirs in our (C,T,F). pool_bn
 * alternates maximum and mean there. */
static int64_t place(const char *layer, const char *index, const int64_t *dim)
{
	long long a, b, c;
	int n = sscanf(index, "%lld,%lld,%lld", &a, &b, &c);
	if (!strcmp(layer, "input_bn"))
		return a * F + b;
	if (n == 3)
		return (c * dim[1] + a) * dim[2] + b;
	if (n == 2)
		return b * dim[1] + a;
	return strcmp(layer, "pool_bn") ? a : a / 2 + a % 2 * (dim[0] / 2);
}

struct worst {
	double absolute, relative; /* relative: to 1e-5 * max + 1e-5 */
};

static void near(double got, double want, double max, struct worst *w, const char *what)
{
	double d = fabs(got - want), limit = TOLERANCE * max + TOLERANCE;
	w->absolute = fmax(w->absolute, d);
	w->relative = fmax(w->relative, d / limit);
	if (!(d <= limit))
		fail_msg("%s: %.9g, not %.9g (at most %.2g apart)", what, got, want, limit);
}

static void compare_layer(char *line, const char *model, const char *layer, const float *out,
			  int64_t n, const int64_t *dim, struct worst *w)
{
	char *save, *name = strtok_r(line, "\t", &save), *clip = strtok_r(NULL, "\t", &save);
	char *which = strtok_r(NULL, "\t", &save), what[200];
	if (strcmp(name, model) != 0 || strcmp(which, layer) != 0)
		return;
	const float *y = out + clip_of(clip) * n;
	double stat[4], sum = 0, square = 0, lo = INFINITY, hi = -INFINITY;
	strtok_r(NULL, "\t", &save);
	for (int i = 0; i < 4; i++)
		stat[i] = strtod(strtok_r(NULL, "\t", &save), NULL);
	double max = fmax(fabs(stat[2]), fabs(stat[3]));
	for (int64_t i = 0; i < n; i++) {
		sum += (double)y[i];
		square += (double)y[i] * (double)y[i];
		lo = fmin(lo, (double)y[i]);
		hi = fmax(hi, (double)y[i]);
	}
	snprintf(what, sizeof what, "%s %s %s", model, clip, layer);
	double mean = sum / (double)n;
	near(mean, stat[0], max, w, what);
	near(sqrt(fmax(0, square / (double)n - mean * mean)), stat[1], max, w, what);
	near(lo, stat[2], max, w, what);
	near(hi, stat[3], max, w, what);
	for (char *p; (p = strtok_r(NULL, " \n", &save));) {
		int64_t at = place(layer, p, dim);
		assert_in_range(at, 0, n - 1);
		near((double)y[at], strtod(strchr(p, ':') + 1, NULL), max, w, what);
	}
	w[1].absolute++;
}

/* Our name of a layer of theirs. */
static const char *our_layer(const struct mt_net *net, const char *layer)
{
	if (!strcmp(layer, "scores"))
		return net->node[net->n_node - 1].name;
	if (!strcmp(layer, "logits"))
		return net->node[net->n_node - 2].name;
	for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
		if (!strcmp(layers[i][0], layer))
			return layers[i][1];
	return layer;
}

/* Is this layer compared without MT_LONG? */
static bool is_short(size_t i, const char *layer)
{
	static const char *const some[] = {"cnn3", "pool_bn", "pool3", "logits"};
	for (size_t k = 0; k < sizeof some / sizeof *some; k++)
		if (!strcmp(some[k], layer))
			return true;
	return i % 2 == 0 || getenv("MT_LONG");
}

static void check_layers(size_t i, const char *backend, const float *x)
{
	struct mt_tagger t;
	struct mt_err err = {0};
	char *path = model_path(i), line[2][4096], last[64] = "";
	FILE *names = open_golden("layers.tsv");
	int n_layer = 0;
	if (mt_tagger_open(&t, path, &err))
		fail_msg("%s", err.text);
	while (fgets(line[0], sizeof line[0], names)) {
		char model[64], clip[64], layer[64];
		assert_int_equal(sscanf(line[0], "%63s %63s %63s", model, clip, layer), 3);
		if (strcmp(model, models[i].model) != 0 || clip_of(clip) || !strcmp(layer, last) ||
		    !is_short(i, layer))
			continue;
		int64_t n, dim[3];
		struct worst w[2] = {{0}};
		FILE *f = open_golden("layers.tsv");
		float *out = run_layer(&t.model, &t.net, our_layer(&t.net, layer), backend, x, &n,
				       dim);
		while (fgets(line[1], sizeof line[1], f))
			compare_layer(line[1], model, layer, out, n, dim, w);
		assert_true(w[1].absolute > 1.5); /* both clips */
		if (getenv("MT_PRETRAINED_PRINT"))
			printf("# %s %s %s: %.2g (%.2f of what is allowed)\n", model, backend,
			       layer, w->absolute, w->relative);
		fclose(f);
		free(out);
		n_layer++;
		snprintf(last, sizeof last, "%s", layer);
	}
	int all = i < 2 ? 17 : 13;
	assert_int_equal(n_layer, is_short(i, "all") ? all : i < 2 ? 3 : 2);
	fclose(names);
	mt_tagger_close(&t);
	free(path);
}

static void check_scores(size_t i, const char *backend, const float *x)
{
	struct mt_tagger t;
	struct mt_err err = {0};
	struct worst w = {0};
	char *path = model_path(i), line[4096];
	int64_t n, dim[3], n_row = 0;
	FILE *f = open_golden("scores.tsv");
	if (mt_tagger_open(&t, path, &err))
		fail_msg("%s", err.text);
	float *out = run_layer(&t.model, &t.net, our_layer(&t.net, "scores"), backend, x, &n, dim);
	assert_int_equal(n, 50);
	while (fgets(line, sizeof line, f)) {
		char *save, *model = strtok_r(line, "\t", &save);
		char *clip = strtok_r(NULL, "\t", &save), *input = strtok_r(NULL, "\t", &save);
		strtok_r(NULL, "\t", &save);
		if (strcmp(model, models[i].model) != 0 || strncmp(input, "patch_", 6) != 0)
			continue;
		for (int k = 0; k < 50; k++)
			near((double)out[clip_of(clip) * n + k],
			     strtod(strtok_r(NULL, "\t", &save), NULL), 0, &w, model);
		n_row++;
	}
	assert_int_equal(n_row, 2);
	if (getenv("MT_PRETRAINED_PRINT"))
		printf("# %s %s all scores: %.2g\n", models[i].model, backend, w.absolute);
	fclose(f);
	free(out);
	mt_tagger_close(&t);
	free(path);
}

static void run_all(const char *backend)
{
	need_all();
	float *x = mt_calloc(N_CLIP * T * F, sizeof *x);
	read_patches(x);
	for (size_t i = 0; i < N_MODEL; i++) {
		check_layers(i, backend, x);
		check_scores(i, backend, x);
	}
	free(x);
}

static void test_onednn(void **state)
{
	(void)state;
	NEED_BACKEND("onednn");
	run_all("onednn");
}

static void test_blas(void **state)
{
	(void)state;
	run_all("blas");
}

/* Shape, sum, sum of squares, first and last value of every tensor. */
static void check_tensor(char *line, const struct mt_model *m)
{
	char *save, *name = (strtok_r(line, "\t", &save), strtok_r(NULL, "\t", &save));
	char *shape = strtok_r(NULL, "\t", &save), have[64] = "";
	const struct mt_model_tensor *t = mt_model_get(m, name);
	double sum = 0, square = 0, want[4];
	assert_non_null(t);
	for (int d = 0, n = 0; d < t->n_dim; d++)
		n += snprintf(have + n, sizeof have - (size_t)n, "%s%llu", d ? "x" : "",
			      (unsigned long long)t->dim[d]);
	assert_string_equal(have, shape);
	size_t n = t->size / sizeof(float);
	float *x = mt_calloc(n, sizeof *x);
	memcpy(x, t->data, t->size);
	for (size_t i = 0; i < n; i++) {
		sum += (double)x[i];
		square += (double)x[i] * (double)x[i];
	}
	for (int i = 0; i < 4; i++)
		want[i] = strtod(strtok_r(NULL, "\t", &save), NULL);
	const double got[4] = {sum, square, (double)x[0], (double)x[n - 1]};
	for (int i = 0; i < 4; i++)
		if (!(fabs(got[i] - want[i]) <= 1e-6 * fmax(1e-3, fabs(want[i]))))
			fail_msg("%s, value %d: %.9g, not %.9g", name, i, got[i], want[i]);
	free(x);
}

static void test_tensors(void **state)
{
	(void)state;
	need_all();
	for (size_t i = 0; i < N_MODEL; i++) {
		struct mt_tagger t;
		struct mt_err err = {0};
		char *path = model_path(i), line[4096];
		size_t n = 0, k = strlen(models[i].model);
		FILE *f = open_golden("imported.tsv");
		if (mt_tagger_open(&t, path, &err))
			fail_msg("%s", err.text);
		while (fgets(line, sizeof line, f))
			if (!strncmp(line, models[i].model, k) && line[k] == '\t') {
				check_tensor(line, &t.model);
				n++;
			}
		assert_int_equal(n, models[i].n_param);
		assert_int_equal(t.model.n_tensor, n);
		assert_int_equal(t.crop, T);
		assert_non_null(strstr(mt_model_text(&t.model, "licence"), "Copyright"));
		fclose(f);
		mt_tagger_close(&t);
		free(path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tensors), cmocka_unit_test(test_onednn),
		cmocka_unit_test(test_blas),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("pretrained", tests, NULL, NULL);
}
