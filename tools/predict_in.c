/* SPDX-License-Identifier: MIT */
#include "predict_in.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/datadir.h"
#include "base/finite.h"
#include "base/half.h"
#include "base/mem.h"
#include "dsp/mono.h"
#include "model/modelpath.h"
#include "tool/filter.h"

/* in->given is what the user calls it, in->model.path its file. */
static int find_model(struct predict_in *in, struct mt_err *err)
{
	const char *const *folders = mt_model_folders();
	if (in->given) {
		in->name = mt_model_stem(in->given);
		return mt_model_find(&in->model.path, in->given, folders, err);
	}
	int rc = mt_model_default(&in->name, &in->model.path, folders, err);
	if (!rc)
		mt_info("model %s, %s; -m chooses another", in->name, in->model.path);
	in->given = in->name;
	return rc;
}

static int open_ear(struct predict_ear *ear, struct mt_err *err)
{
	int rc = mt_tagger_open(&ear->tagger, ear->path, err);
	if (rc || !ear->tagger.frontend)
		return rc;
	ear->front = (struct mt_mel_opts)MT_MEL_UNSET;
	rc = mt_mel_from_json(&ear->front, ear->tagger.frontend, err);
	ear->has_front = !rc;
	if (rc)
		mt_err_prefix(rc, err, "%s", ear->path);
	else if (ear->front.bands != ear->tagger.net.bands)
		rc = mt_err_set(err, MT_EINPUT, "%s: its front end makes %" PRId64
				" bands, its net reads %" PRId64, ear->path,
				ear->front.bands, ear->tagger.net.bands);
	return rc;
}

/* A model of sound, or one of embeddings: its front end says which. */
int predict_in_open(struct predict_in *in, const char *model, struct mt_err *err)
{
	*in = (struct predict_in){.given = model, .ear = &in->model};
	int rc = find_model(in, err);
	if (rc)
		return rc;
	struct mt_tagger *t = &in->model.tagger;
	rc = mt_tagger_open(t, in->model.path, err);
	if (rc)
		return rc;
	rc = mt_embed_from_json(&in->reads, t->frontend, err);
	if (rc == MT_END) {
		mt_tagger_close(t);
		return open_ear(&in->model, err);
	}
	if (rc)
		return mt_err_prefix(rc, err, "%s", in->model.path);
	if (in->reads.dims != (size_t)t->net.bands || t->crop != 1)
		rc = mt_err_set(err, MT_EINPUT, "%s: was trained on embeddings of %zu "
				"values, its net reads %zu frames of %" PRId64,
				in->model.path, in->reads.dims, t->crop,
				t->net.bands);
	return rc;
}

/* The stream's front end against the model's. */
static int same_front(const struct predict_in *in, const struct mt_head *h, struct mt_err *err)
{
	char want[64];
	const char *name;
	for (size_t i = 0; in->ear->has_front &&
	     (name = mt_mel_param(&in->ear->front, i, want, sizeof want)); i++) {
		const char *have = mt_head_param(h, name);
		if (!have || strcmp(have, want) != 0)
			return mt_err_set(err, MT_EUSAGE, "%s was trained with "
					  "%s = %s, but this stream has %s; "
					  "mt-melspec --like makes what the model needs",
					  in->ear == &in->base ? in->reads.model
					  : in->given, name, want,
					  have ? have : "none");
	}
	return MT_OK;
}

/* The embeddings of the stream against those that the model was trained on; a
 * model is told by its CRC, whatever its file is called. */
static int same_embed(const struct predict_in *in, const struct mt_head *h, struct mt_err *err)
{
	char want[256];
	const char *name;
	if (!in->reads.dims)
		return mt_err_set(err, MT_EUSAGE, "%s was trained on mel "
				  "spectrograms, this stream has embeddings; give "
				  "it sound or mel", in->given);
	for (size_t i = 1; (name = mt_embed_param(&in->reads, i, want, sizeof want));
	     i++) {
		const char *have = mt_head_param(h, name), *of;
		if (have && !strcmp(have, want))
			continue;
		of = mt_head_param(h, "embed.model");
		return mt_err_set(err, MT_EUSAGE, "%s was trained with %s = %s (of "
				  "%.60s), but this stream has %.80s (of %.60s); mt-predict "
				  "-m %.60s --embed=%.60s makes what the model needs",
				  in->given, name, want, in->reads.model,
				  have ? have : "none", of ? of : "an unknown model",
				  in->reads.model, in->reads.layer);
	}
	return MT_OK;
}

/* The model whose embeddings in->model reads, for sound and mel. */
static int open_base(struct predict_in *in, bool windows, struct mt_err *err)
{
	const struct mt_embed *e = &in->reads;
	char pool[16];
	if (in->base.path)
		return MT_OK;
	if (windows)
		return mt_err_set(err, MT_EUSAGE, "%s scores the embedding of a whole "
				  "clip; remove --windows", in->given);
	int rc = mt_model_find_crc(&in->base.path, e->model, e->crc,
				   mt_model_folders(), err);
	mt_embed_param(e, MT_EMBED_POOL, pool, sizeof pool);
	if (rc)
		return mt_err_set(err, MT_EUSAGE, "%s reads embeddings of the model "
				  "'%.60s' with CRC-32 %08" PRIx32 ", which is not "
				  "installed; make them with mt-predict -m FILE "
				  "--embed=%.60s --embed-pool=%s", in->given,
				  e->model, e->crc, e->layer, pool);
	rc = open_ear(&in->base, err);
	if (!rc)
		rc = mt_embed_init(&in->makes, &in->base.tagger.net,
				   in->base.tagger.crop, e->model, e->crc, e->layer,
				   pool, err);
	if (!rc && in->makes.dims != e->dims)
		rc = mt_err_set(err, MT_EINPUT, "%s: layer %.60s has %zu values, %s "
				"was trained on %zu", in->base.path, e->layer,
				in->makes.dims, in->given, e->dims);
	return rc;
}

/* Where features come from, and whether they are the right ones. */
int predict_in_head(struct predict_in *in, const struct mt_head *h, bool windows,
		    struct mt_err *err)
{
	bool mel = mt_head_has_field(h, "mel"), audio = mt_head_has_field(h, "pcm");
	bool embed = mt_head_has_field(h, "embedding");
	in->ear = in->reads.dims ? &in->base : &in->model;
	in->from = embed && (in->reads.dims || (!mel && !audio)) ? PREDICT_EMBED :
		   mel ? PREDICT_MEL : PREDICT_AUDIO;
	if (in->from == PREDICT_EMBED)
		return same_embed(in, h, err);
	int rc = in->reads.dims ? open_base(in, windows, err) : MT_OK;
	if (rc)
		return rc;
	if (in->from == PREDICT_MEL)
		return same_front(in, h, err);
	if (!in->ear->has_front)
		return mt_err_set(err, MT_EUSAGE, "%s does not say how its mel "
				  "was made; give a mel stream", in->given);
	if (!in->ear->has_mel) {
		rc = mt_mel_init(&in->ear->mel, &in->ear->front, err);
		in->ear->has_mel = !rc;
	}
	return rc ? mt_err_prefix(rc, err, "%s", in->ear->path) : MT_OK;
}

static float *room(struct predict_in_work *w, size_t n)
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
			   mt_rec_key_shown(key, n), key, what);
}

static int wrong_size(const struct mt_rec *rec, const char *what, uint64_t have, size_t want,
		      struct mt_err *err)
{
	char text[100];
	snprintf(text, sizeof text, "%" PRIu64 " %s, but the model reads %zu", have, what, want);
	return no_field(rec, text, err);
}

/* The record's sound as mel of m bands, in the record's memory. */
static int hear(const struct predict_in *in, struct predict_in_work *w,
		struct mt_rec *rec, const struct mt_field *f, const float **mel,
		size_t *n_frame, struct mt_err *err)
{
	double rate = 0;
	size_t n = (size_t)f->dim[1], m = (size_t)in->ear->front.bands;
	mt_rec_num(rec, "rate", &rate);
	if ((int64_t)rate != in->ear->front.rate)
		return mt_err_item(err, "predict.rate", "sample rate %g Hz, but the "
				   "model expects %" PRId64 " Hz; decode with -r %"
				   PRId64, rate, in->ear->front.rate,
				   in->ear->front.rate);
	float *x = room(w, n);
	if (!mt_mono_mix(x, f->data, f->dtype, (size_t)f->dim[0], n))
		return no_field(rec, "has samples of a type that is neither f4 "
				"nor i2", err);
	*n_frame = mt_mel_frames(&in->ear->mel, n);
	int rc = mt_filter_limit(*n_frame * m * sizeof *x, "its mel", "cut it with "
				 "mt-decode --segment", err);
	if (rc)
		return rc;
	float *out = mt_rec_alloc(rec, *n_frame * m * sizeof *out);
	*mel = out;
	return mt_mel_run(&in->ear->mel, &w->mel, out, x, n, err);
}

/* The record's features as floats, frames by bands, in the record or the
 * worker; an embedding is one frame. */
static int get_features(const struct predict_in *in, struct predict_in_work *w,
			struct mt_rec *rec, const float **x, size_t *n_frame,
			struct mt_err *err)
{
	static const char *const name[] = {"pcm", "mel", "embedding"};
	static const char *const none[] = {"has no samples", "has no mel",
					   "has no embedding"};
	const struct mt_field *f = mt_rec_get(rec, name[in->from]);
	int n_dim = in->from == PREDICT_EMBED ? 1 : 2;
	if (!f || f->n_dim != n_dim || !f->dim[0] || !f->dim[n_dim - 1])
		return no_field(rec, none[in->from], err);
	if (in->from == PREDICT_AUDIO)
		return hear(in, w, rec, f, x, n_frame, err);
	size_t m = in->from == PREDICT_MEL ? (size_t)in->ear->tagger.net.bands
					: in->reads.dims;
	if (f->dim[n_dim - 1] != m)
		return wrong_size(rec, in->from == PREDICT_MEL ? "mel bands" :
				  "values in the embedding", f->dim[n_dim - 1], m, err);
	*n_frame = n_dim == 1 ? 1 : (size_t)f->dim[0];
	*x = f->data;
	if (!strcmp(f->dtype, "f2")) {
		float *to = room(w, *n_frame * m);
		mt_half_to_array(to, f->data, *n_frame * m);
		*x = to;
	} else if (strcmp(f->dtype, "f4") != 0) {
		return no_field(rec, in->from == PREDICT_MEL ? "has a mel that is neither "
				"f4 nor f2" : "has an embedding that is neither f4 "
				"nor f2", err);
	}
	return MT_OK;
}

size_t predict_in_width(const struct predict_in *in)
{
	return in->from == PREDICT_EMBED ? in->reads.dims : (size_t)in->ear->tagger.net.bands;
}

/* A ReLU would take what is not a number for 0 and give scores like any other. */
static int check_finite(const struct predict_in *in, const struct mt_rec *rec,
			const float *x, size_t n_frame, struct mt_err *err)
{
	size_t m = predict_in_width(in), len, i = mt_finite_f4(x, n_frame * m);
	if (i == n_frame * m)
		return MT_OK;
	const char *key = mt_rec_key(rec, &len);
	int n = mt_rec_key_shown(key, len);
	if (in->from == PREDICT_EMBED)
		return mt_err_item(err, "predict.nonfinite", "%.*s: value %zu of the "
				   "embedding is %g, not finite", n, key, i, (double)x[i]);
	return mt_err_item(err, "predict.nonfinite", "%.*s: frame %zu, band %zu of the mel "
			   "is %g, not finite", n, key, i / m, i % m, (double)x[i]);
}

int predict_in_features(const struct predict_in *in, struct predict_in_work *w,
			struct mt_rec *rec, const float **x, size_t *n_frame,
			struct mt_err *err)
{
	int rc = get_features(in, w, rec, x, n_frame, err);
	return rc ? rc : check_finite(in, rec, *x, *n_frame, err);
}

void predict_in_work_init(struct predict_in_work *w, const struct predict_in *in)
{
	*w = (struct predict_in_work){.has_mel = in->ear->has_mel};
	if (w->has_mel)
		mt_mel_work_init(&w->mel, &in->ear->mel);
}

void predict_in_work_release(struct predict_in_work *w)
{
	if (w->has_mel)
		mt_mel_work_release(&w->mel);
	free(w->x);
}

static void release_ear(struct predict_ear *ear)
{
	if (ear->has_mel)
		mt_mel_release(&ear->mel);
	mt_tagger_close(&ear->tagger);
	free(ear->path);
}

void predict_in_release(struct predict_in *in)
{
	release_ear(&in->model);
	release_ear(&in->base);
	mt_embed_release(&in->reads);
	mt_embed_release(&in->makes);
	free(in->name);
}
