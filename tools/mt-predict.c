/* SPDX-License-Identifier: MIT
 * mt-predict: scores of a trained model for every record. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/datadir.h"
#include "base/finite.h"
#include "base/half.h"
#include "base/mem.h"
#include "data/scoretext.h"
#include "dsp/mel.h"
#include "dsp/mono.h"
#include "nn/modelpath.h"
#include "nn/tagger.h"
#include "stream/filter.h"

#define MAX_NAMED 10 /* tags listed in a message */
#define BATCH 8  /* windows at once; more cost memory and gain nothing */

static struct opts {
	const char *model, *backend;
	int64_t top, n_window;
	double threshold;
	bool tsv, json, windows;
} opts = {.backend = "onednn", .threshold = -1};

#define AT(field) offsetof(struct opts, field)

static const struct mt_opt rows[] = {
	{'m', "model", "MODEL", MT_OPT_PATH, AT(model),
	 "file or name of an installed model [msd-musicnn]", NULL, 0, 0},
	{0, "top", "N", MT_OPT_I64, AT(top),
	 "print a table of the N best tags [5 in a table, else all]", NULL, 1,
	 1e6},
	{'t', "threshold", "X", MT_OPT_F64, AT(threshold),
	 "print a table of the tags with a score of X or more", NULL, 0, 1},
	{0, "at-least", "N", MT_OPT_I64, AT(n_window),
	 "average at least N windows of a long clip [what covers it]", NULL, 1,
	 1e6},
	{0, "windows", NULL, MT_OPT_FLAG, AT(windows),
	 "add the scores of each window and its first second", NULL, 0, 0},
	{0, "tsv", NULL, MT_OPT_FLAG, AT(tsv),
	 "print key, tag and score, tab-separated, no table", NULL, 0, 0},
	{0, "json", NULL, MT_OPT_FLAG, AT(json), "print an object a record, no table",
	 NULL, 0, 0},
	{0, "backend", "NAME", MT_OPT_CHOICE, AT(backend),
	 "onednn or blas [onednn]", "onednn|blas", 0, 0},
	{0},
};
static const struct mt_opt_set sets[] = {{rows, &opts}, {NULL, NULL}};

static const struct mt_tool tool = {
	.name = "mt-predict",
	.purpose = "score records with a trained model",
	.synopsis = "[options] [-m model] [stream|set ...]",
	.sets = sets,
	.flags = MT_TOOL_FILTER,
};

static struct predict {
	char *path, *name;       /* the model's; name of the default only */
	struct mt_tagger tagger;
	struct mt_mel_opts front;
	struct mt_mel mel;
	bool has_front, has_mel, from_audio;
	int *label_of;           /* [K] place in the stream's labels, -1 where
				  * they do not know the tag; NULL: labels are
				  * not passed on */
	size_t n_label;          /* of the stream */
	bool told;               /* of tags that one side does not know */
	struct mt_scoretext text; /* where scores are printed */
} run;

struct worker {
	struct mt_scorer scorer;
	struct mt_mel_work work;
	struct mt_err err;       /* of its making; told by the first step */
	int rc;
	float *x;                /* mono samples, mel as float */
	size_t cap;
};

static int put_text(void *state, struct mt_rec *rec, struct mt_err *err);

static void set_text(void)
{
	bool table = !opts.tsv && !opts.json;
	run.text = (struct mt_scoretext){
		.f = stdout, .kind = opts.json ? MT_SCORE_JSON : opts.tsv
			? MT_SCORE_TSV : MT_SCORE_TABLE,
		.tag = run.tagger.tag, .n_tag = run.tagger.n_tag,
		.top = opts.top ? (size_t)opts.top
		       : table && opts.threshold < 0 ? 5 : SIZE_MAX,
		.threshold = opts.threshold < 0 ? (double)-INFINITY : opts.threshold,
		.windows = opts.windows,
	};
}

/* opts.model is what the user calls it, run.path its file. */
static int find_model(struct mt_err *err)
{
	const char *const *folders = mt_model_folders();
	if (opts.model)
		return mt_model_find(&run.path, opts.model, folders, err);
	int rc = mt_model_default(&run.name, &run.path, folders, err);
	if (!rc)
		mt_info("model %s, %s; -m chooses another", run.name, run.path);
	opts.model = run.name;
	return rc;
}

static int check(struct mt_filter *f, char **operand, int *n,
		 struct mt_err *err)
{
	(void)operand, (void)n;
	if (opts.tsv && opts.json)
		return mt_err_set(err, MT_EUSAGE, "--tsv and --json exclude "
				  "each other");
	bool table = !mt_common.output && isatty(STDOUT_FILENO);
	if (opts.tsv || opts.json || table || opts.top ||
	    opts.threshold >= 0) {
		if (mt_common.output)
			return mt_err_set(err, MT_EUSAGE, "-o is for the score "
					  "stream; redirect printed text");
		f->put = put_text;
	}
	int rc = find_model(err);
	if (!rc)
		rc = mt_tagger_open(&run.tagger, run.path, err);
	if (!rc && run.tagger.frontend) {
		run.front = (struct mt_mel_opts)MT_MEL_UNSET;
		rc = mt_mel_from_json(&run.front, run.tagger.frontend, err);
		run.has_front = !rc;
	}
	if (!rc && run.has_front && run.front.bands != run.tagger.net.bands)
		rc = mt_err_set(err, MT_EINPUT, "%s: its front end makes %" PRId64
				" bands, its net reads %" PRId64, opts.model,
				run.front.bands, run.tagger.net.bands);
	set_text();
	return rc;
}

/* The stream's front end against the model's. */
static int same_front(const struct mt_head *h, struct mt_err *err)
{
	char want[64];
	const char *name;
	for (size_t i = 0; run.has_front &&
	     (name = mt_mel_param(&run.front, i, want, sizeof want)); i++) {
		const char *have = mt_head_param(h, name);
		if (!have || strcmp(have, want) != 0)
			return mt_err_set(err, MT_EUSAGE, "%s was trained with "
					  "%s = %s, this stream has %s; mt-melspec "
					  "--like makes what the model needs",
					  opts.model, name, want,
					  have ? have : "none");
	}
	return MT_OK;
}

static bool is_among(const char *tag, char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i], tag))
			return true;
	return false;
}

/* "a, b, c and 4 more": the tags of one list that the other lacks; NULL when
 * it lacks none. New memory. */
static char *missing(char *const *of, size_t n_of, char *const *in, size_t n_in,
		     size_t *n)
{
	char *text = NULL;
	*n = 0;
	for (size_t i = 0; i < n_of; i++) {
		if (is_among(of[i], in, n_in) || ++*n > MAX_NAMED)
			continue;
		char *longer = mt_strf("%s%s%s", text ? text : "",
				       text ? ", " : "", of[i]);
		free(text);
		text = longer;
	}
	if (*n > MAX_NAMED) {
		char *longer = mt_strf("%s and %zu more", text, *n - MAX_NAMED);
		free(text);
		text = longer;
	}
	return text;
}

/* Once: which tags only one side knows. A slip of the pen there would
 * otherwise look like a tag that no item has. */
static void tell_labels(char *const *tag, size_t n_tag)
{
	const struct mt_tagger *t = &run.tagger;
	size_t n;
	char *names = missing(t->tag, t->n_tag, tag, n_tag, &n);
	if (!run.label_of)
		mt_info("labels are not passed on: they share no tag with the "
			"model, which has %s", names);
	else if (names)
		mt_info("the labels do not know %zu of the model's %zu tags, "
			"passed on as given to no item: %s", n, t->n_tag,
			names);
	free(names);
	names = run.label_of ? missing(tag, n_tag, t->tag, t->n_tag, &n) : NULL;
	if (names)
		mt_info("the model does not know %zu of the %zu tags of the "
			"labels, left out: %s", n, n_tag, names);
	free(names);
}

/* Where the stream's labels have each of the model's tags. */
static void map_labels(const struct mt_head *h)
{
	size_t k = run.tagger.n_tag, n = mt_head_n_tag(h), shared = 0;
	char **tag = mt_calloc(n, sizeof *tag);
	for (size_t j = 0; j < n; j++)
		tag[j] = mt_strdup(mt_head_tag(h, j));
	run.n_label = n;
	free(run.label_of);
	run.label_of = mt_calloc(k, sizeof *run.label_of);
	for (size_t i = 0; i < k; i++) {
		size_t j = 0;
		while (j < n && strcmp(tag[j], run.tagger.tag[i]) != 0)
			j++;
		run.label_of[i] = j < n ? (int)j : -1;
		shared += j < n;
	}
	if (!shared) {
		free(run.label_of);
		run.label_of = NULL;
	}
	if (!run.told)
		tell_labels(tag, n);
	run.told = true;
	for (size_t j = 0; j < n; j++)
		free(tag[j]);
	free(tag);
}

static int head(void *state, struct mt_head *h, struct mt_err *err)
{
	(void)state;
	char shape[32];
	int rc = MT_OK;
	run.from_audio = !mt_head_has_field(h, "mel");
	if (!run.from_audio) {
		rc = same_front(h, err);
	} else if (!run.has_front) {
		rc = mt_err_set(err, MT_EUSAGE, "%s does not say how its mel "
				"was made; give a mel stream", opts.model);
	} else if (!run.has_mel) {
		rc = mt_mel_init(&run.mel, &run.front, err);
		run.has_mel = !rc;
	}
	if (rc)
		return rc;
	if (mt_head_has_field(h, "label"))
		map_labels(h);
	mt_head_set_kind(h, "score");
	mt_head_drop_field(h, "mel");
	mt_head_drop_field(h, "pcm");
	mt_head_drop_field(h, "label");
	mt_head_drop(h, "tag", NULL);
	snprintf(shape, sizeof shape, "%zu", run.tagger.n_tag);
	mt_head_set_field(h, "score", "f4", shape, "0 to 1, one a tag");
	if (run.label_of)
		mt_head_set_field(h, "label", "u1", shape,
				  "1 where the item has the tag");
	if (opts.windows) {
		snprintf(shape, sizeof shape, "W,%zu", run.tagger.n_tag);
		mt_head_set_field(h, "windows", "f4", shape,
				  "scores of each window");
		mt_head_set_field(h, "window_start", "f8", "W", "seconds");
	}
	for (size_t i = 0; i < run.tagger.n_tag; i++)
		mt_head_add_tag(h, run.tagger.tag[i]);
	mt_head_add_from(h, "model", run.tagger.model.crc, opts.model);
	return MT_OK;
}

static void *worker_new(void *state)
{
	(void)state;
	struct worker *w = mt_calloc(1, sizeof *w);
	w->rc = mt_tagger_scorer(&run.tagger, &w->scorer, opts.backend, BATCH,
				 1, &w->err);
	if (run.has_mel)
		mt_mel_work_init(&w->work, &run.mel);
	return w;
}

static void worker_free(void *worker)
{
	struct worker *w = worker;
	mt_scorer_release(&w->scorer);
	if (run.has_mel)
		mt_mel_work_release(&w->work);
	free(w->x);
	free(w);
}

static float *room(struct worker *w, size_t n)
{
	if (n > w->cap) {
		free(w->x);
		w->cap = n + n / 4;
		w->x = mt_alloc64(w->cap * sizeof *w->x);
	}
	return w->x;
}

static int no_field(const struct mt_rec *rec, const char *what,
		    struct mt_err *err)
{
	size_t n;
	const char *key = mt_rec_key(rec, &n);
	return mt_err_item(err, "predict.field", "%.*s: %s",
			   n > 200 ? 200 : (int)n, key, what);
}

/* The record's mel as floats; *mel may be in the record or the worker's. */
static int get_mel(struct worker *w, struct mt_rec *rec, const float **mel,
		   size_t *n_frame, struct mt_err *err)
{
	size_t m = (size_t)run.tagger.net.bands;
	const struct mt_field *f = mt_rec_get(rec, run.from_audio ? "pcm"
								  : "mel");
	if (!f || f->n_dim != 2 || !f->dim[0] || !f->dim[1])
		return no_field(rec, run.from_audio ? "has no samples"
						    : "has no mel", err);
	if (run.from_audio) {
		double rate = 0;
		size_t n = (size_t)f->dim[1];
		mt_rec_num(rec, "rate", &rate);
		if ((int64_t)rate != run.front.rate)
			return mt_err_item(err, "predict.rate", "the model "
					   "needs %" PRId64 " Hz, the sound "
					   "has %g", run.front.rate, rate);
		float *x = room(w, n);
		if (!mt_mono_mix(x, f->data, f->dtype, (size_t)f->dim[0], n))
			return no_field(rec, "has samples of a type that is "
					"neither f4 nor i2", err);
		*n_frame = mt_mel_frames(&run.mel, n);
		float *out = mt_rec_alloc(rec, *n_frame * m * sizeof *out);
		*mel = out;
		return mt_mel_run(&run.mel, &w->work, out, x, n, err);
	}
	if (f->dim[1] != m)
		return no_field(rec, "has a mel of other bands than the model",
				err);
	*n_frame = (size_t)f->dim[0];
	*mel = f->data;
	if (!strcmp(f->dtype, "f2")) {
		float *x = room(w, *n_frame * m);
		mt_half_to_array(x, f->data, *n_frame * m);
		*mel = x;
	} else if (strcmp(f->dtype, "f4") != 0) {
		return no_field(rec, "has a mel that is neither f4 nor f2",
				err);
	}
	return MT_OK;
}

/* A ReLU would take what is no number for 0 and give scores like any other. */
static int check_mel(const struct mt_rec *rec, const float *mel, size_t n_frame,
		     struct mt_err *err)
{
	size_t m = (size_t)run.tagger.net.bands, n;
	size_t i = mt_finite_f4(mel, n_frame * m);
	if (i == n_frame * m)
		return MT_OK;
	const char *key = mt_rec_key(rec, &n);
	return mt_err_item(err, "predict.nonfinite", "%.*s: frame %zu, band "
			   "%zu of the mel is %g, not finite",
			   n > 200 ? 200 : (int)n, key, i / m, i % m,
			   (double)mel[i]);
}

/* Nor may a net that overflows. */
static int check_score(const struct mt_rec *rec, const float *score,
		       struct mt_err *err)
{
	size_t k = run.tagger.n_tag, n, i = mt_finite_f4(score, k);
	if (i == k)
		return MT_OK;
	const char *key = mt_rec_key(rec, &n);
	return mt_err_item(err, "predict.nonfinite", "%.*s: the net's score of "
			   "'%.100s' is %g, not finite",
			   n > 200 ? 200 : (int)n, key, run.tagger.tag[i],
			   (double)score[i]);
}

static void put_label(struct mt_rec *rec)
{
	size_t k = run.tagger.n_tag;
	const struct mt_field *f = mt_rec_get(rec, "label");
	if (!f || !run.label_of || f->size != run.n_label) {
		mt_rec_drop(rec, "label");
		return;
	}
	const uint8_t *old = f->data;
	uint8_t *new = mt_rec_alloc(rec, k);
	for (size_t i = 0; i < k; i++)
		new[i] = run.label_of[i] >= 0 ? old[run.label_of[i]] : 0;
	mt_rec_put(rec, "label", "u1", 1, &(uint64_t){k}, new);
}

static void put_windows(struct mt_rec *rec, const float *each, size_t n,
			size_t n_frame)
{
	double *start = mt_rec_alloc(rec, n * sizeof *start);
	double hop = run.has_front ? (double)run.front.hop /
				     (double)run.front.rate : 1;
	for (size_t i = 0; i < n; i++)
		start[i] = hop * (double)mt_window_first(n_frame,
						run.tagger.crop, n, i);
	mt_rec_put(rec, "windows", "f4", 2,
		   (uint64_t[]){n, run.tagger.n_tag}, each);
	mt_rec_put(rec, "window_start", "f8", 1, &(uint64_t){n}, start);
}

static int step(void *state, void *worker, struct mt_rec *rec,
		struct mt_emit *emit, struct mt_err *err)
{
	(void)state, (void)emit;
	struct worker *w = worker;
	size_t n_frame = 0, k = run.tagger.n_tag;
	const float *mel = NULL;
	if (w->rc) {
		if (err)
			*err = w->err;
		return w->rc;
	}
	int rc = get_mel(w, rec, &mel, &n_frame, err);
	if (!rc)
		rc = check_mel(rec, mel, n_frame, err);
	if (rc)
		return rc;
	size_t n = mt_window_count(n_frame, run.tagger.crop,
				   (size_t)opts.n_window);
	float *score = mt_rec_alloc(rec, k * sizeof *score);
	float *each = opts.windows ? mt_rec_alloc(rec, n * k * sizeof *each)
				   : NULL;
	rc = mt_scorer_add(&w->scorer, score, each, mel, n_frame, n, err);
	if (!rc)
		rc = mt_scorer_flush(&w->scorer, err);
	if (!rc)
		rc = check_score(rec, score, err);
	if (rc)
		return rc;
	mt_rec_drop(rec, "mel");
	mt_rec_drop(rec, "pcm");
	put_label(rec);
	mt_rec_put(rec, "score", "f4", 1, &(uint64_t){k}, score);
	if (opts.windows)
		put_windows(rec, each, n, n_frame);
	return MT_OK;
}

static int put_text(void *state, struct mt_rec *rec, struct mt_err *err)
{
	(void)state;
	/* the filter, or an earlier program, has said it */
	if (rec->type == MT_FAIL)
		return MT_OK;
	mt_scoretext_put(&run.text, rec);
	return ferror(stdout) ? mt_err_sys(err, "standard output: cannot write")
			      : MT_OK;
}

static void release(void *state)
{
	(void)state;
	if (run.has_mel)
		mt_mel_release(&run.mel);
	mt_tagger_close(&run.tagger);
	free(run.label_of);
	free(run.path);
	free(run.name);
}

int main(int argc, char **argv)
{
	struct mt_filter f = {
		.tool = &tool, .kinds = "audio|mel|example", .check = check,
		.head = head, .step = step, .worker_new = worker_new,
		.worker_free = worker_free, .release = release,
	};
	return mt_filter_run(&f, argc, argv);
}
