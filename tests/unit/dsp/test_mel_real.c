/* SPDX-License-Identifier: MIT
 * Mel spectrograms of real clips against librosa (mel.tsv, by mel_ref.py). */
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
#include "dsp/mel.h"

#define N_WORD 6  /* words of a row before the values */

static double number(const char *word)
{
	double v = 0;
	if (!mt_num_f64(word, &v))
		fail_msg("'%s' is no number", word);
	return v;
}

static void near(char **word, double got, const char *want)
{
	if (!(fabs(got - number(want)) <= 2e-3))
		fail_msg("%s %s: %.6f, not %s", word[0], word[1], got, want);
}

static void compare(char **word, int n_word, const char *data)
{
	struct mt_err err = {0};
	struct mt_decode_opts how = {0};
	struct mt_decoder *d;
	struct mt_pcm pcm = {0};
	struct mt_mel mel;
	struct mt_mel_work work;
	struct mt_mel_opts o = MT_MEL_UNSET;
	char *path = mt_strf("%s/%s", data, word[0]);
	o.profile = word[1];
	o.rate = (int64_t)number(word[2]);
	o.bands = (int64_t)number(word[3]);
	o.fmax = number(word[4]);
	if (mt_decoder_open(&d, path, &how, &err) ||
	    mt_decoder_read(d, &pcm, SIZE_MAX, &err) != MT_END ||
	    mt_mel_init(&mel, &o, &err))
		fail_msg("%s: %s", path, err.text);
	mt_mel_work_init(&work, &mel);
	size_t T = mt_mel_frames(&mel, pcm.n), n = T * (size_t)o.bands;
	assert_int_equal(T, (size_t)number(word[5]));
	float *y = mt_calloc(n, sizeof *y);
	assert_int_equal(mt_mel_run(&mel, &work, y, pcm.x[0], pcm.n, &err), 0);
	double sum = 0, min = INFINITY, max = -INFINITY;
	for (size_t i = 0; i < n; i++) {
		sum += (double)y[i];
		min = fmin(min, (double)y[i]);
		max = fmax(max, (double)y[i]);
	}
	near(word, sum / (double)n, word[N_WORD]);
	near(word, min, word[N_WORD + 1]);
	near(word, max, word[N_WORD + 2]);
	for (int i = N_WORD + 3; i < n_word; i++)
		near(word, (double)y[n / 20 * (size_t)(i - N_WORD - 3)],
		     word[i]);
	free(y);
	free(path);
	mt_mel_work_release(&work);
	mt_mel_release(&mel);
	mt_pcm_release(&pcm);
	mt_decoder_close(d);
}

static void test_librosa(void **state)
{
	(void)state;
	const char *data = getenv("MT_DATA");
	data = data ? data : "../shared/data";
	char *probe = mt_strf("%s/audio", data);
	int there = !access(probe, R_OK);
	free(probe);
	if (!there) {
		print_message("# no real clips in %s\n", data);
		skip();
	}
	FILE *f = fopen("tests/ref/mel.tsv", "r");
	assert_non_null(f);
	char *line = NULL;
	size_t cap = 0;
	int n_row = 0;
	while (getline(&line, &cap, f) > 0) {
		char *word[64], *rest = line, *w;
		int n = 0;
		while (n < 64 && (w = strsep(&rest, "\t\n")) && *w)
			word[n++] = w;
		assert_true(n > N_WORD + 20);
		compare(word, n, data);
		n_row++;
	}
	assert_true(n_row >= 15);
	free(line);
	fclose(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_librosa)};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("mel_real", tests, NULL, NULL);
}
