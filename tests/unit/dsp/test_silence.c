/* SPDX-License-Identifier: MIT
 * Silence: hand-made clips, and real ones against librosa (silence.tsv, made
 * by silence_ref.py). */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "audio/decode.h"
#include "base/mem.h"
#include "base/num.h"
#include "dsp/mono.h"
#include "dsp/silence.h"

#define N_WORD 11  /* words of a row before the intervals */

static void run(struct mt_silence *s, const struct mt_silence_opts *o,
		const float *x, size_t n)
{
	struct mt_err err = {0};
	if (mt_silence_run(s, o, x, n, &err))
		fail_msg("%s", err.text);
}

/* The intervals and measures of x against one row of the table. */
static void compare(char **word, int n_word, const struct mt_silence_opts *o,
		    const float *x, size_t n)
{
	struct mt_silence s = {0};
	struct mt_silence_measure m;
	assert_int_equal(n, strtoull(word[3], NULL, 10));
	run(&s, o, x, n);
	mt_silence_measure(&m, &s, strtod(word[2], NULL));
	if ((int)s.n != n_word - N_WORD)
		fail_msg("%s: %zu intervals, not %d", word[0], s.n,
			 n_word - N_WORD);
	for (size_t i = 0; i < s.n; i++) {
		char span[64];
		snprintf(span, sizeof span, "%llu-%llu",
			 (unsigned long long)s.span[i].start,
			 (unsigned long long)s.span[i].end);
		assert_string_equal(span, word[N_WORD + i]);
	}
	const double got[] = {m.start, m.end, m.effective, m.inner, m.longest,
			      m.sound, m.percent};
	for (int i = 0; i < 7; i++) {
		double want;
		assert_true(mt_num_f64(word[4 + i], &want));
		if (fabs(got[i] - want) > 1e-12)
			fail_msg("%s: measure %d is %.17g, not %.17g", word[0],
				 i, got[i], want);
	}
	mt_silence_release(&s);
}

static void compare_clip(char **word, int n_word, const char *data)
{
	struct mt_err err = {0};
	struct mt_silence_opts o = MT_SILENCE_DEFAULT;
	struct mt_decode_opts how = {0};
	struct mt_decoder *d;
	struct mt_pcm pcm = {0};
	char *path = mt_strf("%s/%s", data, word[0]);
	if (mt_decoder_open(&d, path, &how, &err) ||
	    mt_decoder_read(d, &pcm, SIZE_MAX, &err) != MT_END)
		fail_msg("%s: %s", path, err.text);
	assert_int_equal(mt_decoder_rate(d), strtol(word[2], NULL, 10));
	o.pad = word[1];
	for (int i = 0; i < 2; i++) {
		o.no_floor = i;
		compare(word, n_word, &o, pcm.x[0], pcm.n);
	}
	mt_pcm_release(&pcm);
	mt_decoder_close(d);
	free(path);
}

/* "burst:LOUD:SOFT" and "zeros", as silence_ref.py makes them. */
static void compare_made(char **word, int n_word)
{
	struct mt_silence_opts o = MT_SILENCE_DEFAULT;
	int loud = 0, soft = 0;
	bool burst = sscanf(word[0], "burst:%d:%d", &loud, &soft) == 2;
	size_t n = burst ? 100003 : 5000;
	const double db[4] = {loud, loud + soft, loud + soft - 2, loud};
	float *x = mt_calloc(n, sizeof *x);
	for (size_t k = 0; burst && k < 4; k++)
		for (size_t i = 0; i < (k < 3 ? 16384u : 1000u); i++)
			x[5000 + 24000 * k + i] = (float)pow(10, db[k] / 20);
	for (size_t i = 1; i < n; i += 2)
		x[i] *= -1;
	o.pad = word[1];
	o.no_floor = true;
	compare(word, n_word, &o, x, n);
	o.no_floor = false;
	if (burst && loud > -40)
		compare(word, n_word, &o, x, n);
	free(x);
}

static int split_row(char *line, char **word)
{
	char *rest = line, *w;
	int n = 0;
	while (n < 64 && (w = strsep(&rest, "\t\n")) && *w)
		word[n++] = w;
	assert_true(n >= N_WORD);
	return n;
}

static void read_table(const char *data, int *clips, int *made)
{
	FILE *f = fopen("tests/ref/silence.tsv", "r");
	assert_non_null(f);
	char *line = NULL, *word[64];
	size_t cap = 0;
	while (getline(&line, &cap, f) > 0) {
		int n = split_row(line, word);
		bool real = strchr(word[0], '/');
		*(real ? clips : made) += 1;
		if (real && data)
			compare_clip(word, n, data);
		else if (!real && !data)
			compare_made(word, n);
	}
	free(line);
	fclose(f);
}

static void test_librosa(void **state)
{
	(void)state;
	const char *data = getenv("MT_DATA");
	data = data ? data : "../shared/data";
	char *probe = mt_strf("%s/audio", data);
	int there = !access(probe, R_OK), clips = 0, made = 0;
	free(probe);
	if (!there) {
		print_message("# no real clips in %s\n", data);
		skip();
	}
	read_table(data, &clips, &made);
	assert_true(clips >= 12);
}

static void test_bursts(void **state)
{
	(void)state;
	int clips = 0, made = 0;
	read_table(NULL, &clips, &made);
	assert_true(made >= 10);
}

/* 8 frames of 512 each: sound, silence, sound, silence. */
static float *two_sounds(size_t *n)
{
	*n = 40960;
	float *x = mt_calloc(*n, sizeof *x);
	for (size_t i = 0; i < *n; i++)
		if ((i >= 8192 && i < 16384) || (i >= 24576 && i < 32768))
			x[i] = i & 1 ? 0.5f : -0.5f;
	return x;
}

static void test_made(void **state)
{
	(void)state;
	struct mt_silence_opts o = MT_SILENCE_DEFAULT;
	struct mt_silence s = {0};
	struct mt_silence_measure m;
	size_t n;
	float *x = two_sounds(&n);
	run(&s, &o, x, n);
	/* A frame sounds as soon as it touches sound: 1024 samples earlier,
	 * and until its centre is 1024 behind the end. */
	assert_int_equal(s.n, 2);
	assert_int_equal(s.span[0].start, 8192 - 512);
	assert_int_equal(s.span[0].end, 16384 + 1024);
	assert_int_equal(s.span[1].start, 24576 - 512);
	assert_int_equal(s.span[1].end, 32768 + 1024);
	mt_silence_measure(&m, &s, 1024);
	assert_true(fabs(m.start - 7.5) <= 0 && fabs(m.end - 33) <= 0);
	assert_true(fabs(m.effective - 25.5) <= 0);
	assert_true(fabs(m.inner - 6.5) <= 0);
	assert_true(fabs(m.longest - 6.5) <= 0);
	assert_true(fabs(m.sound - 19) <= 0);
	assert_true(fabs(m.percent - 650 / 25.5) < 1e-12);
	/* Shared blocks or none: the same intervals. */
	struct mt_span first = s.span[0];
	o.frame = 2047, o.hop = 512;
	run(&s, &o, x, n);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.span[0].start, first.start);
	o.frame = 512, o.hop = 512;
	run(&s, &o, x, n);
	assert_int_equal(s.n, 2);
	mt_silence_release(&s);
	free(x);
}

static void test_floor(void **state)
{
	(void)state;
	struct mt_silence_opts o = MT_SILENCE_DEFAULT;
	struct mt_silence s = {0};
	struct mt_silence_measure m;
	float x[4096] = {0};
	run(&s, &o, x, 4096);
	assert_int_equal(s.n, 0);
	mt_silence_measure(&m, &s, 16000);
	assert_true(m.effective <= 0 && m.percent <= 0);
	/* -60 dB throughout: loud for librosa, silent under a floor of -50. */
	for (int i = 0; i < 4096; i++)
		x[i] = i & 1 ? 1e-3f : -1e-3f;
	run(&s, &o, x, 4096);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.span[0].end, 4096);
	o.floor = -50;
	run(&s, &o, x, 4096);
	assert_int_equal(s.n, 0);
	mt_silence_release(&s);
}

static void test_short(void **state)
{
	(void)state;
	struct mt_silence_opts o = MT_SILENCE_DEFAULT;
	struct mt_silence s = {0};
	struct mt_err err = {0};
	float x[3] = {0.1f, 0.2f, 0.1f};
	for (size_t n = 1; n <= 3; n++) {
		run(&s, &o, x, n);
		assert_int_equal(s.n, 1);
		assert_int_equal(s.span[0].start, 0);
		assert_int_equal(s.span[0].end, n);
	}
	o.frame = 3, o.hop = 1;
	run(&s, &o, x, 1);
	assert_int_equal(s.n, 1);
	assert_int_equal(mt_silence_run(&s, &o, x, 0, &err), MT_EITEM);
	assert_string_equal(err.code, "silence.empty");
	x[1] = (float)NAN;
	assert_int_equal(mt_silence_run(&s, &o, x, 3, &err), MT_EITEM);
	assert_string_equal(err.code, "silence.value");
	mt_silence_release(&s);
}

static void test_mono(void **state)
{
	(void)state;
	const float x[6] = {1, 2, 3, 3, 0, -3};
	const int16_t z[4] = {32767, -32768, 1, -32768};
	float y[3];
	assert_true(mt_mono_mix(y, x, "f4", 2, 3));
	assert_true(fabsf(y[0] - 2) <= 0 && fabsf(y[1] - 1) <= 0 &&
		    fabsf(y[2]) <= 0);
	assert_true(mt_mono_mix(y, x, "f4", 1, 3));
	assert_true(fabsf(y[2] - 3) <= 0);
	assert_true(mt_mono_mix(y, z, "i2", 2, 2));
	assert_true(fabsf(y[0] - 0.5f) <= 0 && fabsf(y[1] + 1) <= 0);
	assert_false(mt_mono_mix(y, x, "f8", 1, 3));
	assert_false(mt_mono_mix(y, x, "f4", 0, 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_librosa), cmocka_unit_test(test_bursts),
		cmocka_unit_test(test_made),
		cmocka_unit_test(test_floor),   cmocka_unit_test(test_short),
		cmocka_unit_test(test_mono),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("silence", tests, NULL, NULL);
}
