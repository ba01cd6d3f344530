/* SPDX-License-Identifier: MIT
 * What mt-predict reads: a model by path or name, and records as the features
 * that its net expects. A model reads mel spectrograms, or sound through its
 * own front end; one that was trained on embeddings reads those, or sound and
 * mel through the model that makes them, if that is installed. */
#ifndef MT_PREDICT_IN_H
#define MT_PREDICT_IN_H

#include <stdbool.h>
#include <stddef.h>

#include "dsp/mel.h"
#include "model/tagger.h"
#include "nn/graph/embed.h"
#include "stream/head.h"
#include "stream/rec.h"

/* A model with its own front end. */
struct predict_ear {
	char *path;
	struct mt_tagger tagger;
	struct mt_mel_opts front;
	struct mt_mel mel;
	bool has_front, has_mel;
};

enum predict_from { PREDICT_AUDIO, PREDICT_MEL, PREDICT_EMBED };

struct predict_in {
	const char *given;       /* what the user calls the model */
	char *name;              /* without folders and ending */
	struct predict_ear model, base;  /* base makes what model reads */
	struct predict_ear *ear; /* that of the two which hears the input */
	struct mt_embed reads;   /* dims > 0: model reads embeddings of that kind */
	struct mt_embed makes;   /* dims > 0: base makes them */
	enum predict_from from;
};

/* Find and open the model; NULL: the default one, named on standard error. */
int predict_in_open(struct predict_in *in, const char *model, struct mt_err *err)
	MT_USE_RESULT;
void predict_in_release(struct predict_in *in);
/* Check the header of an input against the model. windows: scores of each
 * window are wanted. */
int predict_in_head(struct predict_in *in, const struct mt_head *h, bool windows,
		    struct mt_err *err) MT_USE_RESULT;

/* Scratch of one thread; after predict_in_head(). */
struct predict_in_work {
	struct mt_mel_work mel;
	bool has_mel;
	float *x;
	size_t cap;
};
void predict_in_work_init(struct predict_in_work *w, const struct predict_in *in);
void predict_in_work_release(struct predict_in_work *w);

/* Values of a frame: bands, or the size of an embedding, which is one frame. */
size_t predict_in_width(const struct predict_in *in);
/* A record's features, all finite, in the record's or the thread's memory.
 *   x  out  [n_frame][width] */
int predict_in_features(const struct predict_in *in, struct predict_in_work *w,
			struct mt_rec *rec, const float **x, size_t *n_frame,
			struct mt_err *err) MT_USE_RESULT;

#endif
