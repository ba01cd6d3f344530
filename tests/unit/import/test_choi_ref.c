/* SPDX-License-Identifier: MIT
 * The compact CNN of Choi (2017) against PyTorch on both backends:
 * tests/ref/choi_ref.txt, written by tests/ref/choi_ref.py. A Keras 1 file with the
 * names and shapes of the published one and made weights is written here; the
 * published weights_theano.hdf5 is tested where MT_CHOI names it. */
#include <hdf5.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/rng.h"
#include "import/fit.h"
#include "import/weights.h"
#include "nn/engine/engine.h"
#include "has_backend.h"

#define REF "tests/ref/choi_ref.txt"
#define BANDS 96
#define FRAMES 1360
#define N_TAG 50

/* A file under construction: a layer's group and the names of its weights. */
struct file {
	hid_t h5, group;
	char name[40][40];
	hsize_t n;
	uint64_t stream;         /* of the next made tensor */
};

static void put(struct file *f, const char *name, int n_dim, const hsize_t *dim, const float *x)
{
	hid_t space = H5Screate_simple(n_dim, dim, NULL);
	hid_t set = H5Dcreate2(f->group, name, H5T_NATIVE_FLOAT, space, H5P_DEFAULT, H5P_DEFAULT,
			       H5P_DEFAULT);
	assert_true(H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, x) >= 0);
	H5Dclose(set);
	H5Sclose(space);
	snprintf(f->name[f->n++], sizeof *f->name, "%s", name);
}

/* made_weights() of choi_ref.py; bound 0: u + 0.5. */
static void made(struct file *f, const char *name, int n_dim, const hsize_t *dim, float bound)
{
	struct mt_rng rng;
	size_t n = 1;
	for (int i = 0; i < n_dim; i++)
		n *= dim[i];
	float *x = mt_calloc(n, sizeof *x);
	mt_rng_init(&rng, 7, MT_RNG_TEST, 2, f->stream++);
	for (size_t i = 0; i < n; i++) {
		float u = mt_rng_f32(&rng);
		x[i] = bound > 0 ? (2 * u - 1) * bound : u + 0.5f;
	}
	put(f, name, n_dim, dim, x);
	free(x);
}

static void names(hid_t at, const char *attribute, const char (*name)[40], hsize_t n)
{
	hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate_simple(1, &n, NULL);
	H5Tset_size(type, 40);
	hid_t a = H5Acreate2(at, attribute, type, space, H5P_DEFAULT, H5P_DEFAULT);
	assert_true(H5Awrite(a, type, name) >= 0);
	H5Aclose(a);
	H5Sclose(space);
	H5Tclose(type);
}

static void begin_layer(struct file *f, const char *name)
{
	f->group = H5Gcreate2(f->h5, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
	f->n = 0;
}

static void end_layer(struct file *f)
{
	names(f->group, "weight_names", (const char (*)[40])f->name, f->n);
	H5Gclose(f->group);
}

static void convolutions(struct file *f)
{
	static const float zero[32], one[32] = {1, 1, 1, 1};
	const hsize_t C[1] = {32};
	char name[40];
	begin_layer(f, "ConvBNEluDr");
	for (int i = 1; i <= 5; i++) {
		snprintf(name, sizeof name, "convolution2d_%d_W", i);
		made(f, name, 4, (hsize_t[]){32, i > 1 ? 32 : 1, 3, 3}, 0.25f);
		snprintf(name, sizeof name, "convolution2d_%d_b", i);
		made(f, name, 1, C, 0.25f);
		snprintf(name, sizeof name, "batchnormalization_%d_gamma", i);
		made(f, name, 1, C, 0);
		snprintf(name, sizeof name, "batchnormalization_%d_beta", i);
		made(f, name, 1, C, 0.5f);
	}
	/* not used, so their values do not matter */
	for (int i = 1; i <= 5; i++) {
		snprintf(name, sizeof name, "batchnormalization_%d_running_mean", i);
		put(f, name, 1, C, zero);
		snprintf(name, sizeof name, "batchnormalization_%d_running_std", i);
		put(f, name, 1, C, one);
	}
	end_layer(f);
}

/* An HDF5 file of the published one's structure; dense: with the output layer. */
static char *write_file(bool dense)
{
	static const char layers[3][40] = {"melgram", "ConvBNEluDr", "dense_1"};
	static const float filter[6];
	char *path = mt_strdup("/tmp/mt-test-choi-XXXXXX");
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	struct file f = {.h5 = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT)};
	assert_true(f.h5 >= 0);
	begin_layer(&f, "melgram");
	put(&f, "param_0", 4, (hsize_t[]){2, 1, 1, 3}, filter);
	put(&f, "param_1", 4, (hsize_t[]){2, 1, 1, 3}, filter);
	put(&f, "param_2", 2, (hsize_t[]){3, 2}, filter);
	end_layer(&f);
	convolutions(&f);
	if (dense) {
		begin_layer(&f, "dense_1");
		made(&f, "dense_1_W", 2, (hsize_t[]){32, N_TAG}, 0.5f);
		made(&f, "dense_1_b", 1, (hsize_t[]){N_TAG}, 0.5f);
		end_layer(&f);
	}
	names(f.h5, "layer_names", layers, dense ? 3 : 2);
	H5Fclose(f.h5);
	return path;
}

/* made_input() of choi_ref.py */
static float *make_input(void)
{
	struct mt_rng rng;
	float *x = mt_calloc((size_t)FRAMES * BANDS, sizeof *x);
	mt_rng_init(&rng, 7, MT_RNG_TEST, 3, 0);
	for (int t = 0; t < FRAMES; t++)
		for (int f = 0; f < BANDS; f++)
			x[t * BANDS + f] = -40 - (float)f * 0.25f +
				(float)(20 * ((7 * f + t / 40) % 12 == 0) + 8 * (t % 31 < 6)) +
				10 * mt_rng_f32(&rng);
	return x;
}

static struct mt_fit load(const char *path)
{
	static const struct mt_fit_opt opt;
	struct mt_weights w;
	struct mt_fit fit;
	struct mt_err err = {0};
	if (mt_weights_read(&w, path, &err) || mt_fit_find(&fit, &w, &opt, path, &err) ||
	    mt_fit_take(&fit, &w, path, &err))
		fail_msg("%s", err.text);
	assert_string_equal(fit.net.name, "choi-compact");
	assert_string_equal(fit.family.front, "choi");
	mt_weights_release(&w);
	return fit;
}

/* Line by line of the file: the values of these weights and this layer. */
static void compare(const char *weights, const char *layer, const float *got, int n)
{
	char *line = NULL, *want = mt_strf("%s %s ", weights, layer), *end;
	size_t room = 0;
	bool found = false;
	double worst = 0, top = 0;
	FILE *f = fopen(REF, "r");
	assert_non_null(f);
	while (getline(&line, &room, f) > 0) {
		if (strncmp(line, want, strlen(want)))
			continue;
		char *at = line + strlen(want);
		for (int i = 0; i < n; i++, at = end) {
			double value = strtod(at, &end), diff = fabs(value - (double)got[i]);
			top = fmax(top, fabs(value));
			assert_true(end != at);
			worst = diff > worst || isnan(diff) ? diff : worst;
		}
		assert_string_equal(at, "\n");
		found = true;
	}
	fclose(f);
	free(line);
	assert_true(found);
	if (getenv("MT_PRETRAINED_PRINT"))
		print_message("# %s: %.2g\n", want, worst);
	if (!(worst <= 1e-5 * (strcmp(layer, "scores") ? top + 1 : 1)))
		fail_msg("%s: differs by %.3g", want, worst);
	free(want);
}

/* A batch of two clips: the second, of another level and twice as contrasted, must
 * not change the first. */
static void check(const char *weights, struct mt_fit *fit, const char *backend)
{
	struct mt_engine_opt opt = {.mode = MT_INFER, .backend = backend, .batch = 2,
				    .frames = FRAMES, .n_thread = 2, .embed = true};
	struct mt_err err = {0};
	struct mt_engine *e;
	size_t n = (size_t)FRAMES * BANDS;
	float *x = make_input(), *both = mt_calloc(2 * n, sizeof *both), y[2 * N_TAG], v[2 * 32];
	memcpy(both, x, n * sizeof *x);
	for (size_t i = 0; i < n; i++)
		both[n + i] = 2 * x[n - 1 - i] + 3;
	if (mt_engine_new(&e, &fit->net, &opt, &err))
		fail_msg("%s", err.text);
	assert_int_equal(mt_engine_n_embed(e), 32);
	for (int i = 0; i < fit->net.n_param; i++)
		assert_int_equal(mt_engine_set(e, i, MT_VALUE, fit->tensor[i].data, &err), MT_OK);
	for (int clips = 1; clips <= 2; clips++) {
		assert_int_equal(mt_engine_forward(e, clips, both, y, &err), MT_OK);
		assert_int_equal(mt_engine_embed(e, clips, v, &err), MT_OK);
		compare(weights, "embed", v, 32);
		compare(weights, "scores", y, N_TAG);
	}
	mt_engine_free(e);
	free(both);
	free(x);
}

static void test_made(void **state)
{
	NEED_BACKEND(*state);
	char *path = write_file(true);
	struct mt_fit fit = load(path);
	unlink(path);
	assert_null(fit.known);
	check("made", &fit, *state);
	mt_fit_release(&fit);
	free(path);
}

static void test_published(void **state)
{
	NEED_BACKEND(*state);
	const char *path = getenv("MT_CHOI");
	if (!path)
		skip();
	struct mt_fit fit = load(path);
	assert_non_null(fit.known);
	assert_string_equal(fit.known->tags, "msd");
	check("published", &fit, *state);
	mt_fit_release(&fit);
}

/* The published file for TensorFlow ends before the output layer. */
static void test_headless(void **state)
{
	(void)state;
	static const struct mt_fit_opt opt;
	char *path = write_file(false);
	struct mt_weights w;
	struct mt_fit fit;
	struct mt_err err = {0};
	assert_int_equal(mt_weights_read(&w, path, &err), MT_OK);
	unlink(path);
	assert_int_equal(mt_fit_find(&fit, &w, &opt, "x.hdf5", &err), MT_EINPUT);
	if (!strstr(err.text, "the closest is choi-compact (20 of 22 tensors do): 'dense_1_W' is "
		    "missing"))
		fail_msg("%s", err.text);
	mt_weights_release(&w);
	free(path);
}

int main(void)
{
	static char onednn[] = "onednn", blas[] = "blas";
	const struct CMUnitTest tests[] = {
		{"made onednn", test_made, NULL, NULL, onednn},
		{"made blas", test_made, NULL, NULL, blas},
		{"published onednn", test_published, NULL, NULL, onednn},
		{"published blas", test_published, NULL, NULL, blas},
		cmocka_unit_test(test_headless),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("choi_ref", tests, NULL, NULL);
}
