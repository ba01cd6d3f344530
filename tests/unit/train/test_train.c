/* SPDX-License-Identifier: MIT
 * Windows, and what a trainer feeds its net: crops, stripes, blends; its
 * checkpoints; its word when the loss is lost. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/rng.h"
#include "model/params.h"
#include "train/train.h"

#define M 8
#define N 6
#define K 2
#define CROP 16

static const char json[] =
	"{\"name\": \"t\", \"input\": {\"layout\": \"BCFT\", \"bands\": 8, \"frames\": 16},"
	"\"layers\": [{\"op\": \"batchnorm\", \"name\": \"b0\", \"axis\": \"F\"},"
	"{\"op\": \"conv2d\", \"name\": \"c1\", \"out\": 8, \"kernel\": 3, \"pad\": \"same\"},"
	"{\"op\": \"batchnorm\", \"name\": \"b1\"}, {\"op\": \"relu\"},"
	"{\"op\": \"globalpool\", \"name\": \"e\"}, {\"op\": \"dropout\", \"rate\": 0.2},"
	"{\"op\": \"dense\", \"name\": \"fc\", \"out\": 2}, {\"op\": \"softmax\"}]}";

static struct mt_net net;
static struct mt_examples data;

/* Frame t of clip i is 100 i + t, in every band. Clip 0 is shorter than a
 * crop; clips of odd number have tag 1. */
static void make_data(void)
{
	data = (struct mt_examples){.n = N, .n_band = M, .n_tag = K};
	data.item = mt_calloc(N, sizeof *data.item);
	for (size_t i = 0; i < N; i++) {
		struct mt_example *e = &data.item[i];
		e->key = mt_strf("clip%zu", i);
		e->hash = mt_hash64(e->key, strlen(e->key));
		e->n_frame = i ? 20 + i : 5;
		e->mel = mt_calloc(e->n_frame * M, sizeof *e->mel);
		e->label = mt_calloc(K, 1);
		e->label[i % 2] = 1;
		for (size_t t = 0; t < e->n_frame * M; t++)
			e->mel[t] = (float)(100 * i + t / M);
	}
}

static int set_up(void **state)
{
	(void)state;
	make_data();
	return mt_net_parse(&net, json, NULL, NULL);
}

static int tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < N; i++) {
		free(data.item[i].key);
		free(data.item[i].mel);
		free(data.item[i].label);
	}
	free(data.item);
	mt_net_release(&net);
	return 0;
}

static struct mt_recipe plain(void)
{
	struct mt_recipe r = {
		.epochs = 4, .batch = N, .crop = CROP, .seed = 3,
		.loss = MT_LOSS_CE, .schedule = MT_COSINE, .warmup = 0.1,
		.n_thread = 1,
	};
	mt_optim_init(&r.optim, MT_OPTIM_ADAMW);
	return r;
}

/* Train on all clips, validate on the last n_valid. */
static void open_trainer(struct mt_trainer *t, const struct mt_recipe *r, size_t n_valid)
{
	struct mt_err err = {0};
	uint32_t *train = mt_calloc(N, sizeof *train);
	uint32_t *valid = mt_calloc(N, sizeof *valid);
	for (uint32_t i = 0; i < N; i++) {
		train[i] = i;
		valid[i] = (uint32_t)(N - n_valid) + i;
	}
	if (mt_trainer_open(t, r, &net, &data, train, N, valid, n_valid, &err))
		fail_msg("%s", err.text);
}

static double epoch(struct mt_trainer *t)
{
	struct mt_err err = {0};
	double loss = NAN;
	if (mt_trainer_epoch(t, &loss, NULL, &err))
		fail_msg("%s", err.text);
	return loss;
}

static void test_windows(void **state)
{
	(void)state;
	assert_int_equal(mt_window_count(5, 16, 0), 1);
	assert_int_equal(mt_window_count(16, 16, 0), 1);
	assert_int_equal(mt_window_count(17, 16, 0), 2);
	assert_int_equal(mt_window_count(32, 16, 0), 2);
	assert_int_equal(mt_window_count(33, 16, 0), 3);
	assert_int_equal(mt_window_count(33, 16, 7), 7);
	/* a short clip has one window only, however many are wanted */
	assert_int_equal(mt_window_count(5, 16, 7), 1);
	for (size_t n_frame = 16; n_frame < 100; n_frame++) {
		size_t n = mt_window_count(n_frame, 16, 0), seen = 0;
		assert_int_equal(mt_window_first(n_frame, 16, n, 0), 0);
		assert_int_equal(mt_window_first(n_frame, 16, n, n - 1), n_frame - 16);
		for (size_t w = 0; w < n; w++) {
			size_t first = mt_window_first(n_frame, 16, n, w);
			assert_true(first <= seen);
			seen = first + 16;
		}
		assert_int_equal(seen, n_frame);
	}
	assert_int_equal(mt_window_first(33, 16, 3, 1), 9);  /* 8.5 */
	float out[7], mel[] = {1, 2, 3};
	mt_window_copy(out, mel, 3, 1, 0, 7);
	for (int i = 0; i < 7; i++)
		assert_float_equal(out[i], mel[i % 3], 0);
	mt_window_copy(out, mel, 3, 1, 1, 2);
	assert_float_equal(out[0], 2, 0);
	assert_float_equal(out[1], 3, 0);
}

/* Which clip a crop came from; checks that its frames follow each other. */
static size_t check_crop(const float *x)
{
	size_t i = (size_t)(x[0] / 100), n = data.item[i].n_frame;
	size_t first = (size_t)x[0] % 100;
	for (size_t f = 0; f < CROP; f++)
		for (size_t b = 0; b < M; b++)
			assert_float_equal(x[f * M + b], (float)(100 * i + (first + f) % n), 0);
	assert_true(n < CROP || first + CROP <= n);
	return i;
}

static void test_crops(void **state)
{
	(void)state;
	struct mt_recipe r = plain();
	struct mt_trainer t;
	size_t seen[N] = {0}, moved = 0;
	float first[N] = {0};
	open_trainer(&t, &r, 0);
	for (int e = 0; e < 4; e++) {
		epoch(&t);
		for (size_t b = 0; b < N; b++) {
			const float *x = t.x + b * CROP * M;
			size_t i = check_crop(x);
			const float *y = t.target + b * K;
			assert_float_equal(y[i % 2], 1, 0);
			assert_float_equal(y[1 - i % 2], 0, 0);
			seen[i]++;
			moved += e && x[0] != first[i];
			first[i] = x[0];
		}
	}
	for (size_t i = 0; i < N; i++)
		assert_int_equal(seen[i], 4);
	assert_true(moved > N);
	assert_int_equal(t.step, 4);
	mt_trainer_close(&t);
}

/* Every place of every clip comes up, and nothing else; the order changes. */
static void test_places(void **state)
{
	(void)state;
	struct mt_recipe r = plain();
	struct mt_trainer t;
	uint32_t seen[N] = {0}, before[N] = {0};
	int same = 0;
	r.epochs = 100;
	open_trainer(&t, &r, 0);
	for (int e = 0; e < 100; e++) {
		epoch(&t);
		for (size_t b = 0; b < N; b++) {
			const float *x = t.x + b * CROP * M;
			seen[check_crop(x)] |= UINT32_C(1) << (int)x[0] % 100;
		}
		same += !memcmp(before, t.order, sizeof before);
		memcpy(before, t.order, sizeof before);
	}
	for (size_t i = 0; i < N; i++)
		assert_int_equal(seen[i], (UINT32_C(1) << (i ? 5 + i : 5)) - 1);
	assert_in_range(same, 0, 3);
	mt_trainer_close(&t);
}

/* A stripe covers half of the axis at most, so that something is left. */
static void test_wide_stripes(void **state)
{
	(void)state;
	struct mt_recipe r = plain();
	struct mt_trainer t;
	size_t whole = 0;
	r.epochs = 40;
	r.mask_frames = CROP;
	open_trainer(&t, &r, 0);
	for (int e = 0; e < 40; e++) {
		epoch(&t);
		for (size_t b = 0; b < N; b++) {
			const float *x = t.x + b * CROP * M;
			size_t f = 0;
			while (f < CROP && x[f * M] == x[0])
				f++;
			whole += f == CROP;
		}
	}
	assert_in_range(whole, 0, 2);
	mt_trainer_close(&t);
}

/* Values from Python: .5 * (1 + cos(pi * (s - 10) / 91)). */
static void test_rate(void **state)
{
	(void)state;
	static const struct {
		uint64_t step;
		double rate;
	} want[] = {{1, 0.1}, {5, 0.5}, {10, 1}, {11, 0.9997020702755353},
		    {55, 0.5086303204526943}, {100, 0.00029792972446479604}};
	struct mt_recipe r = plain();
	r.optim.lr = 2;
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		double rate = 2 * want[i].rate, flat = want[i].step < 10 ? rate : 2;
		r.schedule = MT_COSINE;
		assert_true(fabs(mt_recipe_rate(&r, want[i].step, 100) - rate) < 1e-12);
		r.schedule = MT_CONSTANT;
		assert_true(fabs(mt_recipe_rate(&r, want[i].step, 100) - flat) < 1e-12);
	}
	r.warmup = 0;
	r.schedule = MT_COSINE;
	assert_true(fabs(mt_recipe_rate(&r, 1, 3) - 2 * 0.8535533905932737) < 1e-12);
	assert_true(fabs(mt_recipe_rate(&r, 3, 3) - 2 * 0.14644660940672627) < 1e-12);
}

/* A net that says nothing loses ln 2 an example, whatever the batches. */
static void test_mean_loss(void **state)
{
	(void)state;
	float zero[64] = {0};
	for (size_t batch = 1; batch <= N; batch++) {
		struct mt_recipe r = plain();
		struct mt_trainer t;
		struct mt_err err;
		r.batch = batch;
		r.optim.lr = 1e-12;
		open_trainer(&t, &r, 0);
		for (const char *const *s = (const char *const[]){
			     "fc.weight", "fc.bias", NULL}; *s; s++)
			assert_int_equal(mt_engine_set(t.engine, mt_net_find(&net, *s),
						       MT_VALUE, zero, &err), 0);
		assert_float_equal(epoch(&t), log(2), 1e-6);
		mt_trainer_close(&t);
	}
}

/* Several tags share the target; an item without any pulls nowhere. */
static void test_targets(void **state)
{
	(void)state;
	struct mt_recipe r = plain();
	struct mt_trainer t;
	uint8_t *label = data.item[3].label;
	label[0] = label[1] = 1;
	open_trainer(&t, &r, 0);
	epoch(&t);
	for (size_t b = 0; b < N; b++)
		if (check_crop(t.x + b * CROP * M) == 3) {
			assert_float_equal(t.target[b * K], 0.5, 0);
			assert_float_equal(t.target[b * K + 1], 0.5, 0);
		}
	mt_trainer_close(&t);
	label[0] = 0;
	const float z[2] = {1, -1}, none[2] = {0}, some[2] = {0.5f, 0.25f};
	float dz[2];
	assert_float_equal(mt_loss_run(MT_LOSS_CE, dz, z, none, 1, 2), 0, 0);
	assert_float_equal(dz[0], 0, 0);
	assert_float_equal(dz[1], 0, 0);
	mt_loss_run(MT_LOSS_CE, dz, z, some, 1, 2);
	for (int k = 0; k < 2; k++) {
		float up[2] = {z[0], z[1]}, down[2] = {z[0], z[1]};
		up[k] += 1e-3f;
		down[k] -= 1e-3f;
		double slope = (mt_loss_run(MT_LOSS_CE, NULL, up, some, 1, 2) -
				mt_loss_run(MT_LOSS_CE, NULL, down, some, 1, 2)) / 2e-3;
		assert_float_equal(dz[k], slope, 1e-4);
	}
}

/* How many of n rows (or columns) differ from those of the plain crop. */
static void test_stripes(void **state)
{
	(void)state;
	struct mt_recipe r = plain();
	struct mt_trainer a, b;
	open_trainer(&a, &r, 0);
	r.mask_frames = 3;
	r.mask_bands = 2;
	open_trainer(&b, &r, 0);
	size_t most_frames = 0, most_bands = 0, at_end = 0;
	for (int e = 0; e < 20; e++) {
		epoch(&a);
		epoch(&b);
		for (size_t n = 0; n < N; n++) {
			const float *x = a.x + n * CROP * M, *y = b.x + n * CROP * M;
			size_t frames = CROP, bands = M;
			double mean = 0;
			for (size_t i = 0; i < CROP * M; i++)
				mean += (double)x[i] / (CROP * M);
			for (size_t i = 0; i < CROP * M; i++)
				assert_true(y[i] == x[i] || fabs((double)y[i] - mean) < 1e-3);
			/* a frame is masked when all of its bands are */
			for (size_t f = 0; f < CROP; f++)
				for (size_t m = 0; m < M; m++)
					if (y[f * M + m] == x[f * M + m]) {
						frames--;
						break;
					}
			for (size_t m = 0; m < M; m++)
				for (size_t f = 0; f < CROP; f++)
					if (y[f * M + m] == x[f * M + m]) {
						bands--;
						break;
					}
			/* the last frame too, apart from a band that is not masked */
			at_end += y[CROP * M - 1] != x[CROP * M - 1] &&
				  y[CROP * M - M] != x[CROP * M - M];
			most_frames = frames > most_frames ? frames : most_frames;
			most_bands = bands > most_bands ? bands : most_bands;
		}
	}
	assert_in_range(most_frames, 4, 6);
	assert_in_range(most_bands, 3, 4);
	assert_true(at_end > 0);
	mt_trainer_close(&a);
	mt_trainer_close(&b);
}

static void test_mixup(void **state)
{
	(void)state;
	struct mt_recipe r = plain();
	struct mt_trainer a, b;
	open_trainer(&a, &r, 0);
	r.mixup = 0.4;
	open_trainer(&b, &r, 0);
	epoch(&a);
	epoch(&b);
	size_t one = CROP * M, blended = 0;
	for (size_t n = 0; n < N; n++) {
		size_t next = (n + 1) % N;
		const float *x = a.x + n * one, *z = a.x + next * one, *got = b.x + n * one;
		/* clips are 100 apart, so the first value tells the weight */
		float keep = (got[0] - z[0]) / (x[0] - z[0]);
		assert_true(keep > -1e-5f && keep < 1 + 1e-5f);
		blended += keep > 0.01f && keep < 0.99f;
		for (size_t i = 0; i < one; i++)
			assert_float_equal(got[i], keep * x[i] + (1 - keep) * z[i], 1e-2);
		for (size_t k = 0; k < K; k++)
			assert_float_equal(b.target[n * K + k],
					   keep * a.target[n * K + k] +
					   (1 - keep) * a.target[next * K + k], 1e-4);
	}
	assert_true(blended > 0);
	mt_trainer_close(&a);
	mt_trainer_close(&b);
}

/* The file's tensors are these of the trainer's engine, to the bit. */
static void compare_file(const char *path, struct mt_trainer *t, enum mt_what what)
{
	struct mt_model m;
	struct mt_err err = {0};
	assert_int_equal(mt_model_open(&m, path, &err), 0);
	assert_int_equal(m.n_tensor, net.n_param);
	for (int i = 0; i < net.n_param; i++) {
		const struct mt_model_tensor *x = mt_model_get(&m, net.param[i].name);
		float *y = mt_calloc((size_t)net.param[i].count, sizeof *y);
		assert_int_equal(mt_engine_get(t->engine, i, what, y, &err), 0);
		assert_memory_equal(x->data, y, (size_t)net.param[i].count * sizeof *y);
		free(y);
	}
	mt_model_close(&m);
}

#define GAMMA 6.9372   /* of width 0.1: (g + 1) / ((g + 2)^2 (g + 3)) = 0.01 */
#define STEPS 7

/* The mean is what the definition says, with s^gamma integrated over each step:
 * step s of t weighs (s / t)^(gamma + 1) - ((s - 1) / t)^(gamma + 1). */
static void test_average(void **state)
{
	(void)state;
	struct mt_recipe r = plain();
	struct mt_trainer a, b;
	struct mt_err err = {0};
	double *sum[32];
	r.epochs = STEPS;
	open_trainer(&b, &r, 2);
	r.average = 0.1;
	open_trainer(&a, &r, 2);
	assert_int_equal(mt_trainer_judged(&a), MT_AVERAGE);
	assert_int_equal(mt_trainer_judged(&b), MT_VALUE);
	assert_in_range(net.n_param, 1, 32);
	for (int i = 0; i < net.n_param; i++)
		sum[i] = mt_calloc((size_t)net.param[i].count, sizeof *sum[i]);
	float x[4096], y[4096];
	bool apart = false;
	for (int s = 1; s <= STEPS; s++) {
		/* averaging does not touch the training itself */
		assert_true(epoch(&a) == epoch(&b));
		double weight = pow((double)s / STEPS, GAMMA + 1) -
				pow((s - 1.0) / STEPS, GAMMA + 1);
		for (int i = 0; i < net.n_param; i++) {
			assert_in_range(net.param[i].count, 1, 4096);
			assert_int_equal(mt_engine_get(a.engine, i, MT_VALUE, x, &err), 0);
			for (int64_t j = 0; j < net.param[i].count; j++)
				sum[i][j] += weight * (double)x[j];
			assert_int_equal(0, mt_engine_get(a.engine, i, MT_AVERAGE, y, &err));
			if (s == 1)
				assert_memory_equal(x, y, (size_t)net.param[i].count * sizeof *x);
		}
	}
	for (int i = 0; i < net.n_param; i++) {
		assert_int_equal(mt_engine_get(a.engine, i, MT_VALUE, x, &err), 0);
		assert_int_equal(mt_engine_get(a.engine, i, MT_AVERAGE, y, &err), 0);
		for (int64_t j = 0; j < net.param[i].count; j++) {
			double want = sum[i][j];
			assert_true(fabs((double)y[j] - want) <= 1e-5 * (fabs(want) + 0.1));
			apart |= fabs((double)x[j] - want) > 1e-3 * (fabs(want) + 0.1);
		}
		free(sum[i]);
	}
	assert_true(apart);
	/* what is validated is the mean: as a net that has it as its values */
	float sa[2 * K], sb[2 * K];
	uint8_t la[2 * K];
	double loss;
	bool flat;
	assert_int_equal(mt_trainer_validate(&a, sa, la, &loss, &flat, &err), 0);
	assert_int_equal(mt_engine_copy(b.engine, a.engine, MT_AVERAGE, &err), 0);
	assert_int_equal(mt_trainer_validate(&b, sb, la, &loss, &flat, &err), 0);
	assert_memory_equal(sa, sb, sizeof sa);
	assert_int_equal(mt_engine_get(b.engine, 0, MT_AVERAGE, x, &err), MT_EUSAGE);
	mt_trainer_close(&a);
	mt_trainer_close(&b);
}

/* Two epochs, a file, two more in another trainer: as four at a stretch. */
static void test_state(void **state)
{
	(void)state;
	static const enum mt_optim_kind kinds[] = {MT_OPTIM_ADAM, MT_OPTIM_ADAMW, MT_OPTIM_SGD};
	char path[] = "/tmp/mt-test-train-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	for (size_t o = 0; o < 3; o++) {
		struct mt_recipe r = plain();
		struct mt_trainer a, b;
		struct mt_model m;
		struct mt_err err = {0};
		mt_optim_init(&r.optim, kinds[o]);
		r.optim.momentum = 0.9;
		r.batch = 4;
		r.mixup = 0.2;
		r.mask_frames = 2;
		r.average = o ? 0.1 : 0;
		open_trainer(&a, &r, 2);
		open_trainer(&b, &r, 2);
		epoch(&a);
		epoch(&a);
		assert_int_equal(mt_trainer_save(&a, path, 1, NULL, 0, &err), 0);
		assert_int_equal(mt_model_open(&m, path, &err), 0);
		assert_int_equal(mt_trainer_load(&b, &m, &err), 0);
		mt_model_close(&m);
		b.epoch = a.epoch;
		b.step = a.step;
		for (int e = 0; e < 2; e++)
			assert_true(epoch(&a) == epoch(&b));
		float sa[2 * K], sb[2 * K];
		uint8_t la[2 * K];
		double va, vb;
		bool flat;
		assert_int_equal(mt_trainer_validate(&a, sa, la, &va, &flat, &err), 0);
		assert_int_equal(mt_trainer_validate(&b, sb, la, &vb, &flat, &err), 0);
		assert_memory_equal(sa, sb, sizeof sa);
		assert_true(va == vb);
		/* without moments it is no checkpoint, but what was judged */
		assert_int_equal(mt_trainer_save(&a, path, 0, NULL, 0, &err), 0);
		compare_file(path, &a, mt_trainer_judged(&a));
		assert_int_equal(mt_model_open(&m, path, &err), 0);
		assert_int_equal(mt_trainer_load(&b, &m, &err), MT_EINPUT);
		assert_non_null(strstr(err.text, "is missing"));
		assert_int_equal(mt_model_to_engine(&m, &net, b.engine, &err), 0);
		mt_model_close(&m);
		mt_trainer_close(&a);
		mt_trainer_close(&b);
	}
	unlink(path);
}

static void test_learns(void **state)
{
	(void)state;
	struct mt_recipe r = plain();
	struct mt_trainer t;
	struct mt_err err = {0};
	r.epochs = 60;
	r.optim.lr = 0.02;
	/* loud ones against soft ones */
	for (size_t i = 0; i < N; i++) {
		data.item[i].label[i / 3] = 1;
		data.item[i].label[1 - i / 3] = 0;
	}
	open_trainer(&t, &r, N);
	double first = epoch(&t), last = first;
	while (t.epoch < r.epochs)
		last = epoch(&t);
	assert_true(last < first / 2);
	float score[N * K];
	uint8_t label[N * K];
	double loss, sum = 0;
	bool flat;
	assert_int_equal(mt_trainer_validate(&t, score, label, &loss, &flat, &err), 0);
	for (size_t i = 0; i < N; i++) {
		assert_float_equal(score[i * K] + score[i * K + 1], 1, 1e-5);
		assert_int_equal(label[i * K + i / 3], 1);
		sum -= log((double)score[i * K + i / 3]) / N;
	}
	assert_float_equal(loss, sum, 1e-6);
	/* BCE: a mean over items and tags, of those that it has not, too */
	t.recipe.loss = MT_LOSS_BCE;
	assert_int_equal(mt_trainer_validate(&t, score, label, &loss, &flat, &err), 0);
	sum = 0;
	for (size_t i = 0; i < N * K; i++)
		sum -= log(label[i] ? (double)score[i] : 1 - (double)score[i]) / (N * K);
	assert_float_equal(loss, sum, 1e-6);
	mt_trainer_close(&t);
}

/* Values that are NaN show in the loss, or at the latest, where a ReLU
 * took them for 0, when the parameters are to be saved. */
static void test_lost(void **state)
{
	(void)state;
	struct mt_recipe r = plain();
	struct mt_trainer t;
	struct mt_err err = {0};
	double loss;
	float was = data.item[2].mel[30];
	unlink("/tmp/mt-test-train-lost");
	open_trainer(&t, &r, 0);
	for (size_t i = 0; i < data.item[2].n_frame * M; i++)
		data.item[2].mel[i] = NAN;
	int rc = mt_trainer_epoch(&t, &loss, NULL, &err);
	if (!rc)
		rc = mt_trainer_save(&t, "/tmp/mt-test-train-lost", 1, NULL, 0, &err);
	assert_int_equal(rc, MT_EINPUT);
	assert_non_null(strstr(err.text, "diverged"));
	assert_int_equal(access("/tmp/mt-test-train-lost", F_OK), -1);
	mt_trainer_close(&t);
	for (size_t i = 0; i < data.item[2].n_frame * M; i++)
		data.item[2].mel[i] = (float)(200 + i / M);
	assert_true(data.item[2].mel[30] == was);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_windows), cmocka_unit_test(test_crops),
		cmocka_unit_test(test_places), cmocka_unit_test(test_wide_stripes),
		cmocka_unit_test(test_rate), cmocka_unit_test(test_mean_loss),
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_stripes), cmocka_unit_test(test_mixup),
		cmocka_unit_test(test_average), cmocka_unit_test(test_state),
		cmocka_unit_test(test_learns),
		cmocka_unit_test(test_lost),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("train", tests, set_up, tear_down);
}
