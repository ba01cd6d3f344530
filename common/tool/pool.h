/* SPDX-License-Identifier: MIT
 * The ordered worker pool behind mt_filter_run(): jobs are pulled one at a
 * time in order, worked on by n threads, and their results taken in the order
 * of the jobs. A job may have many results; a bounded queue for each job in
 * flight keeps memory bounded, and the job whose turn it is always drains, so
 * nothing can lock up.
 * With one job no thread is started: everything runs in the caller. */
#ifndef MT_TOOL_POOL_H
#define MT_TOOL_POOL_H

#include <stdbool.h>

#include "base/err.h"
#include "stream/rec.h"

/* Where a job sends results before the one that it returns. new gives a fresh
 * record to fill, then put; the pool owns it. put blocks while this job's queue is
 * full, which keeps memory bounded. */
struct mt_emit;
struct mt_rec *mt_emit_new(struct mt_emit *emit);
int mt_emit_put(struct mt_emit *emit, struct mt_rec *rec, struct mt_err *err)
	MT_USE_RESULT;

struct mt_pool_calls {
	void *ctx;
	/* The next job into rec; MT_END after the last; under the input's
	 * lock. *alone: this job must see no other in flight (a header). */
	int (*pull)(void *ctx, struct mt_rec *rec, bool *alone,
		    struct mt_err *err);
	/* For a job that asked to be alone: called when it is. */
	int (*alone)(void *ctx, struct mt_rec *rec, struct mt_err *err);
	/* One job; scratch is this thread's. Returns MT_OK (rec is a result),
	 * MT_DROP or a fatal status. */
	int (*work)(void *ctx, void **scratch, struct mt_rec *rec,
		    struct mt_emit *emit, struct mt_err *err);
	void (*scratch_free)(void *ctx, void *scratch);
	/* A result, in order, on the thread that called mt_pool_run(). */
	int (*take)(void *ctx, struct mt_rec *rec, struct mt_err *err);
	/* On that thread too, before it waits for a result of another; optional. */
	void (*idle)(void *ctx);
	/* pull runs a callback of the tool: never leave it running. */
	bool pull_is_tool;
};

/* Runs until the end or the first error in job order. After an error threads
 * that wait in pull() are left waiting; nothing of ctx is touched by them any
 * more, and the process is expected to end. */
int mt_pool_run(const struct mt_pool_calls *calls, int n_thread,
		struct mt_err *err) MT_USE_RESULT;

#endif
