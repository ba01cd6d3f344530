/* SPDX-License-Identifier: MIT
 * A trained model ready to score: file, net, vocabulary, crop. */
#ifndef MT_MODEL_TAGGER_H
#define MT_MODEL_TAGGER_H

#include "base/api.h"
#include "model/model.h"
#include "model/window.h"

MT_API_BEGIN

struct mt_tagger {
	struct mt_model model;
	struct mt_net net;
	char **tag;              /* [K] */
	size_t n_tag;
	size_t crop;             /* frames of a window */
	const char *frontend;    /* JSON; NULL when the model has none */
};

/* Memory of a scorer, so of a thread: a net that needs more is refused. */
#define MT_SCORER_BYTES ((uint64_t)1 << 30)

/* MT_EINPUT when the file is damaged, lacks net, tags or recipe, or has a value
 * among its parameters that is not finite, or a variance below zero. */
int mt_tagger_open(struct mt_tagger *t, const char *path, struct mt_err *err)
	MT_USE_RESULT;
/* A scorer with the model's parameters; many may exist at once. opt.crop and
 * opt.max_bytes are set here. */
int mt_tagger_open_scorer(const struct mt_tagger *t, struct mt_scorer *s,
			  const struct mt_scorer_opt *opt, struct mt_err *err)
	MT_USE_RESULT;
int mt_tagger_scorer(const struct mt_tagger *t, struct mt_scorer *s,
		     const char *backend, size_t batch, int n_thread,
		     struct mt_err *err) MT_USE_RESULT;
void mt_tagger_close(struct mt_tagger *t);

MT_API_END

#endif
