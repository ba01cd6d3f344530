/* SPDX-License-Identifier: MIT
 * Time of a training step and of inference of each net, in seconds.
 * Usage: bench_nn [BACKEND [THREADS]]; one line for each:
 *   NET MODE BATCH SECONDS CLIPS/S GFLOP/S ARENA-MiB */
#include <stdio.h>
#include <stdlib.h>

#include "base/cpu.h"
#include "base/mem.h"
#include "nn/engine/engine.h"
#include "tool/tool.h"

static int fail(const struct mt_err *err)
{
	fprintf(stderr, "bench_nn: %s\n", err->text);
	return 4;
}

/* Best of the runs of about two seconds. */
static int run(const char *name, enum mt_engine_mode mode, int64_t batch, int64_t frames,
	       const char *backend, int n_thread)
{
	struct mt_err err = {0};
	struct mt_net net;
	struct mt_net_opt no = {.n_class = 50};
	struct mt_engine_opt opt = {.mode = mode, .backend = backend, .batch = batch,
				    .frames = frames, .n_thread = n_thread};
	struct mt_engine *e;
	struct mt_train t = {.loss = MT_LOSS_BCE, .seed = 1};
	int status;
	if ((status = mt_net_load(&net, name, &no, &err)) ||
	    (status = mt_engine_new(&e, &net, &opt, &err)) ||
	    (status = mt_engine_init(e, 1, &err)))
		return fail(&err);
	int64_t T = frames ? frames : net.frames;
	float *x = mt_calloc((size_t)(batch * T * net.bands), sizeof *x);
	float *y = mt_calloc((size_t)(batch * net.n_class), sizeof *y);
	for (int64_t i = 0; i < batch * T * net.bands; i++)
		x[i] = (float)((i * 7919) % 1000) * 1e-3F;
	mt_optim_init(&t.optim, MT_OPTIM_ADAM);
	double best = 1e9, all = 0;
	for (int i = 0; i < 3 || all < 2; i++) {
		double start = mt_clock(), loss;
		t.step = (uint64_t)i + 1;
		status = mode == MT_TRAIN ? mt_engine_train_step(e, batch, x, y, &t, &loss, &err) :
			mt_engine_forward(e, batch, x, y, &err);
		if (status)
			return fail(&err);
		double took = mt_clock() - start;
		best = took < best ? took : best;
		all += took;
	}
	double flop = 2e-9 * (double)mt_net_mac(&net, T) * (double)batch *
		(mode == MT_TRAIN ? 3 : 1);
	printf("%s %s %lld %.5f %.2f %.1f %.0f\n", name, mode == MT_TRAIN ? "train" : "infer",
	       (long long)batch, best, (double)batch / best, flop / best,
	       (double)mt_engine_size(e).arena / 1048576);
	fflush(stdout);
	mt_engine_free(e);
	mt_net_release(&net);
	free(x);
	free(y);
	return 0;
}

int main(int argc, char **argv)
{
	const char *backend = argc > 1 ? argv[1] : "onednn";
	int n = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 0, bad = 0;
	bad |= run("small", MT_TRAIN, 32, 100, backend, n);
	bad |= run("small", MT_INFER, 32, 100, backend, n);
	bad |= run("won-fcn", MT_TRAIN, 4, 0, backend, n);
	bad |= run("won-fcn", MT_INFER, 4, 0, backend, n);
	bad |= run("fcn4", MT_TRAIN, 2, 0, backend, n);
	bad |= run("fcn4", MT_INFER, 2, 0, backend, n);
	return bad;
}
