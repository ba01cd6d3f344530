/* SPDX-License-Identifier: MIT
 * Numbers too small for a normal float count as zero in every thread that computes, and only
 * there. */
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/flush.h"
#include "base/mem.h"
#include "dsp/mel.h"
#include "nn/engine/engine.h"
#include "has_backend.h"

/* The weights of c1 are subnormal, those of c2 make its output large again. */
static const char json[] =
	"{\"input\": {\"layout\": \"BCFT\", \"bands\": 16, \"frames\": 24}, \"layers\": ["
	"{\"op\": \"conv2d\", \"name\": \"c1\", \"out\": 16, \"kernel\": 3, \"bias\": false},"
	"{\"op\": \"elu\", \"name\": \"e1\"},"
	"{\"op\": \"conv2d\", \"name\": \"c2\", \"out\": 16, \"kernel\": 3},"
	"{\"op\": \"globalpool\", \"name\": \"p\"},"
	"{\"op\": \"dense\", \"name\": \"d\", \"out\": 4}]}";

enum { B = 8, K = 4, ONE = 16 * 24 };

struct job {
	const struct mt_net *net;
	const char *backend;
	int n_thread;
	float tiny, score[B * K];
};

static void *run(void *arg)
{
	struct job *j = arg;
	struct mt_engine_opt opt = {.mode = MT_INFER, .backend = j->backend, .batch = B,
				    .n_thread = j->n_thread};
	struct mt_engine *e;
	struct mt_err err;
	static const float value[] = {0, 1e38F, 0.25F, 0.5F, -0.125F};
	float *x = mt_calloc(B * ONE, sizeof *x);
	if (mt_engine_new(&e, j->net, &opt, &err))
		fail_msg("%s", err.text);
	for (int i = 0; i < j->net->n_param; i++) {
		size_t n = (size_t)j->net->param[i].count;
		float *w = mt_calloc(n, sizeof *w);
		for (size_t k = 0; k < n; k++)
			w[k] = i ? value[i] : j->tiny;
		assert_int_equal(mt_engine_set(e, i, MT_VALUE, w, NULL), MT_OK);
		free(w);
	}
	for (int i = 0; i < B * ONE; i++)
		x[i] = (float)(i % 7 + 1);
	for (int again = 0; again < 3; again++)
		assert_int_equal(mt_engine_forward(e, B, x, j->score, NULL), MT_OK);
	mt_engine_free(e);
	free(x);
	return NULL;
}

static void test_engine(void **state)
{
	struct mt_net net;
	struct job zero, tiny;
	(void)state;
	assert_int_equal(mt_net_parse(&net, json, NULL, NULL), MT_OK);
	for (int k = 0; k < N_BACKEND; k++)
		for (int n = 1; n <= 4; n += 3) {
			const char *backend = k ? "onednn" : "blas";
			if (!k && n > 1)
				continue;  /* OpenBLAS has threads of its own */
			zero = (struct job){.net = &net, .backend = backend, .n_thread = n};
			tiny = zero;
			tiny.tiny = 1e-39F;
			run(&zero);
			for (int other = 0; other < 2; other++) {
				pthread_t thread;
				memset(tiny.score, 0, sizeof tiny.score);
				if (other) {
					assert_int_equal(pthread_create(&thread, NULL, run, &tiny),
							 0);
					pthread_join(thread, NULL);
				} else {
					run(&tiny);
				}
				assert_memory_equal(tiny.score, zero.score, sizeof zero.score);
			}
		}
	mt_net_release(&net);
}

/* The caller's own arithmetic stays as it was. */
static void test_caller(void **state)
{
	volatile float small = 1e-30F, one = 1;
	(void)state;
	test_engine(NULL);
	assert_true(small * 1e-9F > 0);
	small = 1e-39F;
	assert_true(small * one > 0);
}

static void test_mel(void **state)
{
	struct mt_mel_opts o = MT_MEL_UNSET;
	struct mt_mel mel;
	struct mt_mel_work work;
	float x[4096], out[64 * 96];
	(void)state;
	o.profile = "musicnn";
	o.log = "none";
	o.round = "none";
	for (int i = 0; i < 4096; i++)
		x[i] = 1e-20F * (float)sin(i * 0.3);
	assert_int_equal(mt_mel_init(&mel, &o, NULL), MT_OK);
	mt_mel_work_init(&work, &mel);
	assert_true(mt_mel_frames(&mel, 4096) * 96 <= 64 * 96);
	assert_int_equal(mt_mel_run(&mel, &work, out, x, 4096, NULL), MT_OK);
	for (size_t i = 0; i < mt_mel_frames(&mel, 4096) * 96; i++)
		assert_int_not_equal(fpclassify(out[i]), FP_SUBNORMAL);
	mt_mel_work_release(&work);
	mt_mel_release(&mel);
}

/* Valgrind's CPU has no such switch. */
static int has_switch(void)
{
	volatile float small = 1e-39F, one = 1, product;
	uint64_t old = mt_flush_on();
	product = small * one;
	mt_flush_restore(old);
	return !(product > 0);
}

int main(void)
{
	if (!has_switch()) {
		puts("1..0 # SKIP this CPU does not flush small numbers to zero");
		return 0;
	}
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_engine),
		cmocka_unit_test(test_caller),
		cmocka_unit_test(test_mel),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("flush", tests, NULL, NULL);
}
