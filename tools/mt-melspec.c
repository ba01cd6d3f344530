/* SPDX-License-Identifier: MIT
 * mt-melspec: samples to mel spectrograms. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/datadir.h"
#include "base/half.h"
#include "base/mem.h"
#include "base/num.h"
#include "dsp/mel.h"
#include "dsp/mono.h"
#include "model/model.h"
#include "model/modelpath.h"
#include "stream/layout.h"
#include "tool/filter.h"
#include "tool/rows.h"

static struct opts {
	const char *like, *dtype;
} opts = {.dtype = "f4"};
static struct mt_mel_opts front = MT_MEL_UNSET;

#define AT(field) offsetof(struct opts, field)

static const struct mt_opt rows[] = {
	MT_OPT(0, "like", "MODEL", PATH, AT(like),
	       "use the front end of this model, a file or an installed one"),
	MT_OPT(0, "dtype", "TYPE", CHOICE, AT(dtype), "values as f4 or f2 [f4]",
	       .choices = "f4|f2"),
	{0},
};
static const struct mt_opt_set sets[] = {
	{rows, &opts}, {mt_mel_rows, &front}, {NULL, NULL},
};

static const struct mt_tool tool = {
	.name = "mt-melspec",
	.purpose = "turn an audio stream into mel spectrograms",
	.synopsis = "[options] [stream|set ...]",
	.sets = sets,
	.flags = MT_TOOL_FILTER,
};

static struct {
	struct mt_mel mel;
	uint32_t model_crc;
} spec;

struct worker {
	struct mt_mel_work work;
	float *mono, *mel;
	size_t mono_cap, mel_cap;
};

static int read_like(struct mt_err *err)
{
	if (mt_tool_given(mt_mel_rows))
		return mt_err_set(err, MT_EUSAGE, "--like takes the whole "
				  "front end from the model: remove the "
				  "other options of the front end");
	struct mt_model model;
	char *path;
	int rc = mt_model_find(&path, opts.like, mt_model_folders(), err);
	if (!rc)
		rc = mt_model_open(&model, path, err);
	free(path);
	if (rc)
		return rc;
	const char *text = mt_model_text(&model, "frontend");
	if (text)
		rc = mt_mel_from_json(&front, text, err);
	else
		rc = mt_err_set(err, MT_EINPUT, "the model has no front "
				"end");
	spec.model_crc = model.crc;
	mt_model_close(&model);
	return rc ? mt_err_prefix(rc, err, "%s", opts.like) : MT_OK;
}

static int check(struct mt_filter *f, char **operand, int *n,
		 struct mt_err *err)
{
	(void)f, (void)operand, (void)n;
	int rc = opts.like ? read_like(err) : MT_OK;
	/* front is resolved by a model, by init in a copy of its own */
	bool own = !opts.like && (front.rate || front.n_fft || front.bands ||
				  !isnan(front.fmin) || !isnan(front.fmax));
	if (!rc)
		rc = mt_mel_init(&spec.mel, &front, err);
	size_t idle = 0;
	for (int64_t b = 0; !rc && own && b < spec.mel.bank.n_band; b++)
		idle += !spec.mel.bank.row[b].n;
	if (idle)
		mt_info("%zu of %lld bands lie between two bins of the transform "
			"and stay empty: use fewer --bands or a greater --n-fft",
			idle, (long long)spec.mel.bank.n_band);
	return rc;
}

static int head(struct mt_head *h, struct mt_err *err)
{
	const struct mt_mel_opts *o = &spec.mel.opts;
	const char *text = mt_head_param(h, "rate"), *name;
	int64_t rate = 0;
	if (strcmp(mt_head_kind(h), "audio") && !mt_head_has_field(h, "pcm"))
		return mt_err_set(err, MT_EUSAGE, "kind %.32s without samples, "
				  "but this tool reads audio",
				  mt_head_kind(h));
	if (!text || !mt_num_i64(text, &rate))
		return mt_err_set(err, MT_EUSAGE, "the stream has no single "
				  "sample rate, but the front end requires %lld "
				  "Hz; decode with -r %lld", (long long)o->rate,
				  (long long)o->rate);
	if (rate != o->rate)
		return mt_err_set(err, MT_EUSAGE, "sample rate %lld Hz, but "
				  "the front end requires %lld Hz; decode with "
				  "-r %lld", (long long)rate,
				  (long long)o->rate, (long long)o->rate);
	mt_head_set_kind(h, "mel");
	mt_head_drop_field(h, "pcm");
	char shape[32], what[64], value[64];
	snprintf(shape, sizeof shape, "T,%lld", (long long)o->bands);
	snprintf(what, sizeof what, "%s %s, full scale 1", o->log, o->spectrum);
	mt_head_set_field(h, "mel", opts.dtype, shape, what);
	for (size_t i = 0; (name = mt_mel_param(o, i, value, sizeof value));
	     i++)
		mt_head_set_param(h, name, "%s", value);
	if (opts.like)
		mt_head_add_from(h, "model", spec.model_crc, opts.like);
	return MT_OK;
}

static void *worker_new(void)
{
	struct worker *w = mt_calloc(1, sizeof *w);
	mt_mel_work_init(&w->work, &spec.mel);
	return w;
}

static void worker_free(void *worker)
{
	struct worker *w = worker;
	if (!w)
		return;
	mt_mel_work_release(&w->work);
	free(w->mono);
	free(w->mel);
	free(w);
}

static float *room(float **p, size_t *cap, size_t n)
{
	if (n > *cap) {
		free(*p);
		*p = mt_alloc64(n * sizeof **p);
		*cap = n;
	}
	return *p;
}

/* The samples as mono; in place in the record where they are that. */
static const float *mono(struct worker *w, const struct mt_rec *rec, size_t *n,
			 struct mt_err *err)
{
	const struct mt_field *pcm = mt_rec_get(rec, "pcm");
	*n = 0;
	if (!pcm || pcm->n_dim != 2 || !pcm->dim[0]) {
		mt_err_item(err, "melspec.pcm", "the record has no samples "
			    "[channels, n]");
		return NULL;
	}
	*n = (size_t)pcm->dim[1];
	if (pcm->dim[0] == 1 && !strcmp(pcm->dtype, "f4"))
		return pcm->data;
	float *out = room(&w->mono, &w->mono_cap, *n + 1);
	if (mt_mono_mix(out, pcm->data, pcm->dtype, (size_t)pcm->dim[0], *n))
		return out;
	mt_err_item(err, "melspec.pcm", "samples of type %s are not known",
		    pcm->dtype);
	return NULL;
}

static int step(void *worker, struct mt_rec *rec, struct mt_emit *emit,
		struct mt_err *err)
{
	(void)emit;
	struct worker *w = worker;
	size_t n, M = (size_t)spec.mel.opts.bands;
	double rate;
	if (mt_rec_num(rec, "rate", &rate) &&
	    fabs(rate - (double)spec.mel.opts.rate) > 0)
		return mt_err_item(err, "melspec.rate", "the front end needs "
				   "%lld Hz, the clip has %g Hz",
				   (long long)spec.mel.opts.rate, rate);
	const float *x = mono(w, rec, &n, err);
	if (!x)
		return MT_EITEM;
	size_t T = mt_mel_frames(&spec.mel, n);
	bool half = !strcmp(opts.dtype, "f2");
	uint64_t bytes = (uint64_t)T * M * (half ? 2 : 4);
	if (!rec->large || bytes > MT_MAX_FRAME) {
		int over = mt_filter_limit(bytes, "its mel", "cut the sound with mt-decode "
					   "--segment or use a greater --hop", err);
		if (over)
			return over;
	}
	float *y = half ? room(&w->mel, &w->mel_cap, T * M + 1)
			: mt_rec_alloc(rec, T * M * sizeof *y);
	int rc = mt_mel_run(&spec.mel, &w->work, y, x, n, err);
	if (rc)
		return rc;
	void *out = y;
	size_t bad = half ? mt_half_misfit(y, T * M) : T * M;
	if (bad < T * M)
		return mt_err_item(err, "melspec.range", "the value %g of "
				   "frame %zu, band %zu is beyond the limit "
				   "%d of f2", (double)y[bad], bad / M, bad % M,
				   MT_HALF_MAX);
	if (half) {
		out = mt_rec_alloc(rec, T * M * sizeof(uint16_t));
		mt_half_from_array(out, y, T * M);
	}
	mt_rec_drop(rec, "pcm");
	mt_rec_put(rec, "mel", opts.dtype, 2, (uint64_t[]){T, M}, out);
	return MT_OK;
}

static void release(void)
{
	mt_mel_release(&spec.mel);
}

int main(int argc, char **argv)
{
	struct mt_filter f = {
		.tool = &tool, .kinds = "audio|example", .check = check, .head = head,
		.worker_new = worker_new, .worker_free = worker_free,
		.step = step, .release = release,
	};
	return mt_filter_run(&f, argc, argv);
}
