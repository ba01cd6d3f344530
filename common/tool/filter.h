/* SPDX-License-Identifier: MIT
 * The loop of every tool. It owns: start, options, input, the ordered worker
 * pool, FAIL records, provenance, progress, end and exit code. A tool brings
 * callbacks:
 *
 *   check  after parsing: look at options and operands, open side inputs
 *   run    instead of the loop, for calls that need none
 *   head   for each input segment: check its header, turn it into the output's
 *   step   one record in; on the worker's thread, j of them at once
 *   put    a sink's taking of the results, in input order, on the main thread
 *   end    after the input was seen whole to its end: commit
 *
 * A source (mt-scan, mt-decode) brings next instead of an input stream.
 * Results leave in input order, so the bytes do not depend on -j. */
#ifndef MT_TOOL_FILTER_H
#define MT_TOOL_FILTER_H

#include "stream/head.h"
#include "stream/reader.h"
#include "stream/rec.h"
#include "tool/pool.h"
#include "tool/tool.h"

struct mt_filter {
	const struct mt_tool *tool;
	/* Kinds that are read, as "audio|mel"; NULL: any. */
	const char *kinds;

	/* operands are argv-like; a source takes them all (*n_op = 0 leaves no
	 * stream to open). May set f->next. Optional. */
	int (*check)(struct mt_filter *f, char **operand, int *n_op,
		     struct mt_err *err);
	/* The whole run, where a call does not loop over records, such as a look at
	 * one record by an index; MT_END: the loop is needed. Optional. */
	int (*run)(char **operand, int n_op, struct mt_err *err);
	/* head: in the input's header, out the output's (without this tool's
	 * prog line, which is added after it). For a source: in an empty
	 * header. Called again for each further segment. */
	int (*head)(struct mt_head *head, struct mt_err *err);
	/* Source: fill rec with the next job (at least its key); MT_END at the
	 * end. Called by one thread at a time. MT_EITEM makes a FAIL record. */
	int (*next)(struct mt_rec *rec, struct mt_err *err);
	/* Scratch of a worker thread. Optional. */
	void *(*worker_new)(void);
	void (*worker_free)(void *worker);
	/* Change rec in place into the result: MT_OK it is sent on; MT_DROP it
	 * is not; MT_EITEM (mt_err_item) it becomes a FAIL record; else the run
	 * ends. Records given to mt_emit_put() go before it. NULL: pass on. */
	int (*step)(void *worker, struct mt_rec *rec, struct mt_emit *emit,
		    struct mt_err *err);
	/* Sink: take a DATA or FAIL record instead of writing it to the output
	 * stream. NULL: it is written. */
	int (*put)(struct mt_rec *rec, struct mt_err *err);
	/* The input has ended well; tally counts what left the steps. */
	int (*end)(const struct mt_tally *tally, struct mt_err *err);
	/* Always called last, also after failure: free, remove temporaries. */
	void (*release)(void);
	/* Items in all where a source knows it (for the ETA); else 0. */
	uint64_t total;
	/* Wanted from FAIL records too? Then step sees them (mt-label: no). */
	bool step_fail;
	/* FAIL records are news, not failures of this run: never exit 1. */
	bool any_fail;
};

/* May a record of that many bytes be made? Else MT_EITEM "limit.record":
 * "WHAT is 2.6 GiB in one record, more than --max-record 1 GiB; WAY". To be
 * asked before the memory is; mt_filter_run() asks of every result. */
int mt_filter_limit(uint64_t bytes, const char *what, const char *way,
		    struct mt_err *err) MT_USE_RESULT;

/* Runs the tool; returns the program's exit code. */
int mt_filter_run(struct mt_filter *f, int argc, char **argv);

#endif
