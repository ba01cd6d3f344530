/* SPDX-License-Identifier: MIT
 * mt-predict: scores of a trained model for every record. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/finite.h"
#include "base/mem.h"
#include "format/scoretext.h"
#include "predict_in.h"
#include "nn/dev/backend.h"
#include "nn/dev/ops.h"
#include "tags/label/labelmap.h"
#include "tool/filter.h"
#include "tool/formatopt.h"

/* Windows at once. A batch is computed whole, so that a clip of one window pays
 * for all of it, and a window takes as long in a batch of 2 as of 8. Not 1: dense
 * layers then sum in another order, as OpenBLAS does below 4. */
enum { BATCH = 2, BATCH_BLAS = 4 };

static struct opts {
	const char *model, *backend, *embed, *pool, *windows;
	int64_t top, n_window;
	double threshold;
} opts = {.backend = MT_BACKEND_DEFAULT, .threshold = -1};
static struct mt_format_opts format_opts;

#define AT(field) offsetof(struct opts, field)

static const struct mt_opt rows[] = {
	MT_OPT('m', "model", "MODEL", PATH, AT(model),
	       "file or name of an installed model [msd-musicnn]"),
	MT_OPT(0, "top", "N", I64, AT(top),
	       "print the N best tags, with bars unless a format is chosen [5, else all]",
	       MT_RANGE(1, 1e6)),
	MT_OPT('t', "threshold", "X", F64, AT(threshold),
	       "print the tags with a score of X or more, with bars likewise", MT_RANGE(0, 1)),
	MT_OPT(0, "at-least", "N", I64, AT(n_window),
	       "average at least N windows of a long clip [enough to cover it]", MT_RANGE(1, 1e6)),
	MT_OPT(0, "windows", "HOW", MAYBE, AT(windows),
	       "add the scores and start of each window; even: windows spread over the clip, "
	       "plain: back to back, without the tail [even]", .choices = "even|plain"),
	MT_OPT(0, "embed", "LAYER", MAYBE, AT(embed),
	       "write embeddings, the output of LAYER, instead of scores [the net's own choice]"),
	MT_OPT(0, "embed-pool", "HOW", CHOICE, AT(pool),
	       "pool a clip's windows by mean, max, mean+max or auto: max for values that are "
	       "maxima over time, else mean [auto]", .choices = "auto|mean|max|mean+max"),
	MT_OPT(0, "backend", "NAME", CHOICE, AT(backend), "onednn or blas [" MT_BACKEND_DEFAULT "]",
	       .choices = "onednn|blas"),
	{0},
};
static const struct mt_opt_set sets[] = {
	{rows, &opts}, {mt_format_rows, &format_opts}, {NULL, NULL}};

static const struct mt_tool tool = {
	.name = "mt-predict",
	.purpose = "score records with a trained model",
	.synopsis = "[options] [-m model] [stream|set ...]",
	.sets = sets,
	.flags = MT_TOOL_FILTER,
};

static struct predict {
	struct predict_in in;
	struct mt_embed out;     /* --embed */
	struct mt_labelmap labels;
	bool told;               /* of tags that one side does not know */
	const struct mt_format *format; /* NULL: none was chosen */
	struct mt_scoretext text; /* where scores are printed */
} run;

struct worker {
	struct mt_scorer scorer, base;
	struct predict_in_work in;
	struct mt_err err;       /* of its making; told by the first step */
	int rc;
};

static int put_text(struct mt_rec *rec, struct mt_err *err);

static void set_text(void)
{
	run.text = (struct mt_scoretext){
		.f = stdout, .format = run.format ? run.format : &mt_format_table,
		.tag = run.in.model.tagger.tag, .n_tag = run.in.model.tagger.n_tag,
		.top = opts.top ? (size_t)opts.top
		       : !run.format && opts.threshold < 0 ? 5 : SIZE_MAX,
		.threshold = opts.threshold < 0 ? (double)-INFINITY : opts.threshold,
		.windows = opts.windows,
	};
}

static int check_text(struct mt_filter *f, struct mt_err *err)
{
	bool table = !mt_common.output && isatty(STDOUT_FILENO);
	int rc = mt_format_chosen(&run.format, &format_opts, NULL, err);
	bool text = run.format || opts.top || opts.threshold >= 0;
	if (rc)
		return rc;
	if (text && opts.embed)
		return mt_err_set(err, MT_EUSAGE, "--embed writes a stream, which "
				  "mt-view prints; leave out --%s", run.format ?
				  run.format->name : opts.top ? "top" : "threshold");
	if (text && mt_common.output)
		return mt_err_set(err, MT_EUSAGE, "-o is for the score "
				  "stream; redirect printed text");
	if (text || (table && !opts.embed))
		f->put = put_text;
	return MT_OK;
}

static bool plain(void)
{
	return opts.windows && !strcmp(opts.windows, "plain");
}

static int check(struct mt_filter *f, char **operand, int *n,
		 struct mt_err *err)
{
	(void)operand, (void)n;
	if (plain() && opts.n_window)
		return mt_err_set(err, MT_EUSAGE, "--at-least spreads more windows "
				  "over a clip, --windows=plain does not");
	if (opts.pool && !opts.embed)
		return mt_err_set(err, MT_EUSAGE, "--embed-pool is for --embed");
	if (!mt_ops_get(opts.backend, err))
		return MT_EUSAGE;
	int rc = check_text(f, err);
	if (!rc)
		rc = predict_in_open(&run.in, opts.model, err);
	struct mt_tagger *t = &run.in.model.tagger;
	if (!rc && opts.embed && (rc = mt_embed_init(&run.out, &t->net, t->crop,
			run.in.name, t->model.crc, opts.embed,
			opts.pool ? opts.pool : "auto", err)))
		mt_err_prefix(rc, err, "%s", run.in.given);
	set_text();
	return rc;
}

static void map_labels(const struct mt_head *h)
{
	const struct mt_tagger *t = &run.in.model.tagger;
	char *missing, *left_out;
	mt_labelmap_release(&run.labels);
	mt_labelmap_init(&run.labels, h, t->tag, t->n_tag);
	mt_labelmap_tell(&run.labels, h, t->tag, &missing, &left_out);
	if (missing && !run.told)
		mt_info("%s", missing);
	if (left_out && !run.told)
		mt_info("%s", left_out);
	run.told = true;
	free(missing);
	free(left_out);
}

/* The stream's labels and tags stay: they are what is to be learnt. */
static void head_embed(struct mt_head *h)
{
	char shape[32], value[256];
	const char *name;
	mt_head_set_kind(h, "embedding");
	snprintf(shape, sizeof shape, "%zu", run.out.dims);
	mt_head_set_field(h, "embedding", "f4", shape, "output of an inner layer");
	for (size_t i = 0; (name = mt_embed_param(&run.out, i, value, sizeof value)); i++)
		mt_head_set_param(h, name, "%s", value);
}

static void head_score(struct mt_head *h)
{
	const struct mt_tagger *t = &run.in.model.tagger;
	char shape[32];
	bool had_label = mt_head_has_field(h, "label");
	if (had_label)
		map_labels(h);
	mt_head_set_kind(h, "score");
	mt_head_drop_field(h, "embedding");
	mt_head_drop_field(h, "label");
	mt_head_drop(h, "tag", NULL);
	snprintf(shape, sizeof shape, "%zu", t->n_tag);
	mt_head_set_field(h, "score", "f4", shape, "0 to 1, one a tag");
	if (had_label && run.labels.shared)
		mt_head_set_field(h, "label", "u1", shape,
				  "1 where the item has the tag");
	for (size_t i = 0; i < t->n_tag; i++)
		mt_head_add_tag(h, t->tag[i]);
}

static int head(struct mt_head *h, struct mt_err *err)
{
	char shape[32];
	int rc = predict_in_head(&run.in, h, opts.windows, err);
	if (rc)
		return rc;
	mt_head_drop_field(h, "mel");
	mt_head_drop_field(h, "pcm");
	if (opts.embed)
		head_embed(h);
	else
		head_score(h);
	if (opts.windows) {
		snprintf(shape, sizeof shape, "W,%zu", opts.embed ? run.out.n
						: run.in.model.tagger.n_tag);
		mt_head_set_field(h, "windows", "f4", shape, opts.embed ?
				  "embedding of each window" : "scores of each window");
		mt_head_set_field(h, "window_start", "f8", "W", "seconds");
	}
	if (run.in.from != PREDICT_EMBED && run.in.reads.dims)
		mt_head_add_from(h, "model", run.in.makes.crc, run.in.makes.model);
	mt_head_add_from(h, "model", run.in.model.tagger.model.crc, run.in.given);
	return MT_OK;
}

static void *worker_new(void)
{
	struct worker *w = mt_calloc(1, sizeof *w);
	struct mt_scorer_opt how = {.backend = opts.backend, .n_thread = 1,
				    .batch = strcmp(opts.backend, "blas") ? BATCH
						: BATCH_BLAS,
				    .embed = opts.embed != NULL,
				    .plain = plain()};
	w->rc = mt_tagger_open_scorer(&run.in.model.tagger, &w->scorer, &how, &w->err);
	if (w->rc)
		mt_err_prefix(w->rc, &w->err, "%s", run.in.given);
	how.embed = true;
	if (!w->rc && run.in.makes.dims &&
	    (w->rc = mt_tagger_open_scorer(&run.in.base.tagger, &w->base, &how, &w->err)))
		mt_err_prefix(w->rc, &w->err, "%s", run.in.base.path);
	predict_in_work_init(&w->in, &run.in);
	return w;
}

static void worker_free(void *worker)
{
	struct worker *w = worker;
	mt_scorer_release(&w->scorer);
	mt_scorer_release(&w->base);
	predict_in_work_release(&w->in);
	free(w);
}

/* A net may overflow. */
static int check_finite(const struct mt_rec *rec, const float *y, size_t n, bool embedding,
			struct mt_err *err)
{
	size_t len, i = mt_finite_f4(y, n);
	if (i == n)
		return MT_OK;
	const char *key = mt_rec_key(rec, &len);
	int n_key = mt_rec_key_shown(key, len);
	if (embedding)
		return mt_err_item(err, "predict.nonfinite", "%.*s: value %zu of the net's "
				   "embedding is %g, not finite", n_key, key, i,
				   (double)y[i]);
	return mt_err_item(err, "predict.nonfinite", "%.*s: the net's score of '%.100s' is "
			   "%g, not finite", n_key, key, run.in.model.tagger.tag[i],
			   (double)y[i]);
}

static void put_windows(const struct mt_scorer *s, struct mt_rec *rec,
			const float *each, size_t width, size_t n, size_t n_frame)
{
	double *start = mt_rec_alloc(rec, n * sizeof *start);
	bool timed = run.in.ear->has_front;
	double hop = timed ? (double)run.in.ear->front.hop : 1;
	double rate = timed ? (double)run.in.ear->front.rate : 1;
	for (size_t i = 0; i < n; i++)
		start[i] = hop * (double)mt_scorer_first(s, n_frame, n, i) / rate;
	mt_rec_put(rec, "windows", "f4", 2, (uint64_t[]){n, width}, each);
	mt_rec_put(rec, "window_start", "f8", 1, &(uint64_t){n}, start);
}

struct result {
	float *score, *vector;   /* [K], [D] */
	float *each;             /* of each window, or NULL */
	size_t n;                /* windows */
};

/* One clip through one net; results lie in the record's memory. */
static int run_net(struct mt_scorer *s, const struct mt_embed *embed, bool windows,
		   struct mt_rec *rec, const float *x, size_t n_frame,
		   struct result *r, struct mt_err *err)
{
	size_t n = mt_scorer_count(s, n_frame, (size_t)opts.n_window);
	size_t width = embed ? embed->n : s->n_tag;
	int rc = MT_OK;
	if (windows)
		rc = mt_filter_limit(n * width * sizeof *x, "the result of its windows",
				     "leave out --windows", err);
	if (rc)
		return rc;
	*r = (struct result){.n = n, .score = mt_rec_alloc(rec, s->n_tag * sizeof *x)};
	r->each = windows ? mt_rec_alloc(rec, n * width * sizeof *x) : NULL;
	struct mt_scorer_out out = {.score = r->score, .each = embed ? NULL : r->each,
				    .each_embed = embed ? r->each : NULL};
	if (embed) {
		out.mean = mt_rec_alloc(rec, embed->n * sizeof *x);
		out.peak = mt_rec_alloc(rec, embed->n * sizeof *x);
		r->vector = mt_rec_alloc(rec, embed->dims * sizeof *x);
	}
	rc = mt_scorer_put(s, &out, x, n_frame, n, err);
	if (!rc)
		rc = mt_scorer_flush(s, err);
	if (rc || !embed)
		return rc;
	mt_embed_pool(embed, r->vector, out.mean, out.peak);
	return check_finite(rec, r->vector, embed->dims, true, err);
}

static int step(void *worker, struct mt_rec *rec, struct mt_emit *emit,
		struct mt_err *err)
{
	(void)emit;
	struct worker *w = worker;
	struct mt_embed *embed = opts.embed ? &run.out : NULL;
	size_t n_frame = 0, k = w->scorer.n_tag;
	const float *x = NULL;
	struct result r;
	if (w->rc) {
		if (err)
			*err = w->err;
		return w->rc;
	}
	int rc = predict_in_features(&run.in, &w->in, rec, &x, &n_frame, err);
	if (!rc && run.in.from != PREDICT_EMBED && run.in.reads.dims) {
		rc = run_net(&w->base, &run.in.makes, false, rec, x, n_frame, &r, err);
		x = r.vector;
		n_frame = 1;
	}
	if (!rc)
		rc = run_net(&w->scorer, embed, opts.windows, rec, x, n_frame, &r, err);
	if (!rc && !embed)
		rc = check_finite(rec, r.score, k, false, err);
	if (rc)
		return rc;
	mt_rec_drop(rec, "mel");
	mt_rec_drop(rec, "pcm");
	mt_rec_drop(rec, "embedding");
	if (embed) {
		mt_rec_put(rec, "embedding", "f4", 1, &(uint64_t){embed->dims}, r.vector);
	} else {
		mt_labelmap_put(&run.labels, rec);
		mt_rec_put(rec, "score", "f4", 1, &(uint64_t){k}, r.score);
	}
	if (opts.windows)
		put_windows(&w->scorer, rec, r.each, embed ? embed->n : k, r.n, n_frame);
	return MT_OK;
}

static int put_text(struct mt_rec *rec, struct mt_err *err)
{
	/* the filter, or an earlier program, has said it */
	if (rec->type == MT_FAIL)
		return MT_OK;
	mt_scoretext_put(&run.text, rec);
	return ferror(stdout) ? mt_err_sys(err, "standard output: cannot write")
			      : MT_OK;
}

static void release(void)
{
	predict_in_release(&run.in);
	mt_embed_release(&run.out);
	mt_labelmap_release(&run.labels);
}

int main(int argc, char **argv)
{
	struct mt_filter f = {
		.tool = &tool, .kinds = "audio|mel|example|embedding", .check = check,
		.head = head, .step = step, .worker_new = worker_new,
		.worker_free = worker_free, .release = release,
	};
	return mt_filter_run(&f, argc, argv);
}
