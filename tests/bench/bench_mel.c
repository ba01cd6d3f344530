/* SPDX-License-Identifier: MIT
 * Microseconds that one core takes for a mel frame: bench_mel PROFILE SECONDS
 * RUNS prints the median of the runs, over 30 s of noise unless said
 * otherwise. bench_mel.py compares it with librosa and torchaudio. */
#include <stdio.h>
#include <stdlib.h>

#include "base/cpu.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/rng.h"
#include "dsp/mel.h"
#include "tool/tool.h"

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	struct mt_mel_opts o = MT_MEL_UNSET;
	struct mt_mel mel;
	struct mt_mel_work work;
	struct mt_err err = {0};
	int64_t seconds = 30, runs = 31;
	o.profile = argc > 1 ? argv[1] : "orpheus";
	if ((argc > 2 && !mt_num_i64(argv[2], &seconds)) ||
	    (argc > 3 && !mt_num_i64(argv[3], &runs)) || seconds < 1 ||
	    runs < 1 || mt_mel_init(&mel, &o, &err)) {
		fprintf(stderr, "bench_mel: %s\n", err.text);
		return 2;
	}
	mt_mel_work_init(&work, &mel);
	size_t n = (size_t)(mel.opts.rate * seconds);
	size_t T = mt_mel_frames(&mel, n);
	float *x = mt_calloc(n, sizeof *x);
	float *y = mt_calloc(T * (size_t)mel.opts.bands, sizeof *y);
	double *took = mt_calloc((size_t)runs, sizeof *took);
	struct mt_rng rng;
	mt_rng_init(&rng, 1, MT_RNG_TEST, 0, 0);
	for (size_t i = 0; i < n; i++)
		x[i] = 0.1f * (float)mt_rng_normal(&rng);
	for (int64_t i = -2; i < runs; i++) {
		double start = mt_clock();
		if (mt_mel_run(&mel, &work, y, x, n, &err))
			return 1;
		if (i >= 0)
			took[i] = mt_clock() - start;
	}
	qsort(took, (size_t)runs, sizeof *took, by_value);
	printf("%s\t%zu\t%.3f\n", o.profile, T, 1e3 * took[runs / 2]);
	free(took);
	free(y);
	free(x);
	mt_mel_work_release(&work);
	mt_mel_release(&mel);
	return 0;
}
