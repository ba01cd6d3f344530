/* SPDX-License-Identifier: MIT
 * Sample rates on one core: for each pair of rates a line of in, out, ms for 30
 * s by audio/resample.h, ms by libsoxr at high quality. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <soxr.h>

#include "audio/resample.h"
#include "base/mem.h"

#define SECONDS 30
#define BLOCK 16384
#define ROUNDS 7

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static double ours(const struct mt_resample *r, const float *x, float *y)
{
	float *work = mt_alloc64(r->work * sizeof *work);
	size_t want = (size_t)r->out_rate * SECONDS, at = 0;
	double t = now();
	for (size_t made = 0; made < want; made += r->step_out) {
		mt_resample_run(r, work, y + made, x + at);
		at += r->step_in;
	}
	t = now() - t;
	free(work);
	return t;
}

static double theirs(int in_rate, int out_rate, const float *x, float *y)
{
	size_t n = (size_t)in_rate * SECONDS, room = (size_t)out_rate * SECONDS;
	soxr_io_spec_t io = soxr_io_spec(SOXR_FLOAT32_S, SOXR_FLOAT32_S);
	soxr_quality_spec_t q = soxr_quality_spec(SOXR_HQ, 0);
	soxr_runtime_spec_t run = soxr_runtime_spec(1);
	double t = now();
	soxr_t s = soxr_create(in_rate, out_rate, 1, NULL, &io, &q, &run);
	size_t made = 0, used, more;
	for (size_t at = 0; at <= n; at += BLOCK) {
		const void *from[1] = {x + at};
		void *to[1] = {y + made};
		soxr_process(s, from, n - at < BLOCK ? n - at : BLOCK, &used, to,
			     room - made, &more);
		made += more;
	}
	void *to[1] = {y + made};
	soxr_process(s, NULL, 0, NULL, to, room - made, &more);
	soxr_delete(s);
	return now() - t;
}

int main(void)
{
	static const int pair[][2] = {{44100, 16000}, {22050, 16000},
				      {48000, 16000}, {44100, 32000},
				      {44100, 22050}, {8000, 16000}};
	for (size_t k = 0; k < sizeof pair / sizeof *pair; k++) {
		const struct mt_resample *r = mt_resample_find(pair[k][0],
							       pair[k][1]);
		size_t n = (size_t)pair[k][0] * SECONDS + 2 * r->span;
		size_t m = (size_t)pair[k][1] * SECONDS + 2 * r->step_out;
		float *x = mt_calloc(n, sizeof *x), *y = mt_calloc(m, sizeof *y);
		double a = INFINITY, b = INFINITY;
		for (size_t i = 0; i < n; i++)
			x[i] = (float)sin(0.05 * (double)i);
		for (int i = 0; i < ROUNDS; i++) {
			a = fmin(a, ours(r, x, y));
			b = fmin(b, theirs(pair[k][0], pair[k][1], x, y));
		}
		printf("%d %d %.2f %.2f\n", pair[k][0], pair[k][1], a, b);
		free(x);
		free(y);
	}
	return 0;
}
