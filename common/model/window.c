/* SPDX-License-Identifier: MIT */
#include "model/window.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

size_t mt_window_count(size_t n_frame, size_t crop, size_t want)
{
	size_t n = n_frame <= crop ? 1 : (n_frame + crop - 1) / crop;
	return n_frame > crop && want > n ? want : n;
}

size_t mt_window_first(size_t n_frame, size_t crop, size_t n, size_t w)
{
	if (n_frame <= crop || n < 2)
		return 0;
	return (w * (n_frame - crop) + (n - 1) / 2) / (n - 1);
}

void mt_window_copy(float *out, const float *mel, size_t n_frame,
		    size_t n_band, size_t first, size_t crop)
{
	size_t t = first % n_frame;
	for (size_t done = 0; done < crop;) {
		size_t run = n_frame - t;
		if (run > crop - done)
			run = crop - done;
		memcpy(out + done * n_band, mel + t * n_band,
		       run * n_band * sizeof *out);
		done += run;
		t = 0;
	}
}

size_t mt_window_count_plain(size_t n_frame, size_t crop)
{
	return n_frame < crop ? 1 : n_frame / crop;
}

struct mt_scorer_slot {
	struct mt_scorer_out out;  /* each, each_embed: this window's row */
	float weight;
	bool first;                /* of its clip */
};

/* Floats that wait and are given back, besides the engine. */
static double own_bytes(const struct mt_scorer *s)
{
	return (double)s->batch * sizeof(float) *
	       ((double)s->crop * (double)s->n_band + (double)s->n_tag + (double)s->n_embed);
}

static int try_batch(struct mt_scorer *s, const struct mt_net *net,
		     const struct mt_scorer_opt *opt, size_t batch, struct mt_err *err)
{
	*s = (struct mt_scorer){.batch = batch, .crop = opt->crop, .plain = opt->plain,
				.n_band = (size_t)net->bands, .n_tag = (size_t)net->n_class};
	double own = own_bytes(s);
	struct mt_engine_opt how = {
		.mode = MT_INFER, .backend = opt->backend, .batch = (int64_t)batch,
		.frames = (int64_t)opt->crop, .n_thread = opt->n_thread, .embed = opt->embed,
		.max_bytes = opt->max_bytes,
	};
	if (opt->max_bytes && own > (double)opt->max_bytes)
		return mt_engine_too_large(err, own, &how, opt->max_bytes);
	return mt_engine_new(&s->engine, net, &how, err);
}

int mt_scorer_open(struct mt_scorer *s, const struct mt_net *net,
		   const struct mt_scorer_opt *opt, struct mt_err *err)
{
	size_t batch = opt->batch;
	int rc = try_batch(s, net, opt, batch, err);
	while (rc == MT_EINPUT && opt->max_bytes && batch > 1)
		rc = try_batch(s, net, opt, batch /= 2, err);
	if (rc)
		return rc;
	s->n_embed = opt->embed ? (size_t)mt_engine_n_embed(s->engine) : 0;
	s->x = mt_alloc64(batch * s->crop * s->n_band * sizeof *s->x);
	s->y = mt_alloc64(batch * s->n_tag * sizeof *s->y);
	s->e = s->n_embed ? mt_alloc64(batch * s->n_embed * sizeof *s->e) : NULL;
	s->slot = mt_calloc(batch, sizeof *s->slot);
	return MT_OK;
}

int mt_scorer_init(struct mt_scorer *s, const struct mt_net *net,
		   const char *backend, size_t batch, size_t crop,
		   int n_thread, struct mt_err *err)
{
	struct mt_scorer_opt opt = {.backend = backend, .batch = batch, .crop = crop,
				    .n_thread = n_thread};
	return mt_scorer_open(s, net, &opt, err);
}

size_t mt_scorer_count(const struct mt_scorer *s, size_t n_frame, size_t want)
{
	return s->plain ? mt_window_count_plain(n_frame, s->crop)
			: mt_window_count(n_frame, s->crop, want);
}

size_t mt_scorer_first(const struct mt_scorer *s, size_t n_frame, size_t n, size_t w)
{
	return s->plain ? w * s->crop : mt_window_first(n_frame, s->crop, n, w);
}

/* Window i of the batch has been computed. */
static void take_row(struct mt_scorer *s, size_t i)
{
	const struct mt_scorer_slot *slot = &s->slot[i];
	const struct mt_scorer_out *out = &slot->out;
	const float *y = s->y + i * s->n_tag, *e = s->e + i * s->n_embed;
	for (size_t j = 0; j < s->n_tag; j++)
		out->score[j] += slot->weight * y[j];
	if (out->each)
		memcpy(out->each, y, s->n_tag * sizeof *y);
	for (size_t j = 0; out->mean && j < s->n_embed; j++)
		out->mean[j] += slot->weight * e[j];
	for (size_t j = 0; out->peak && j < s->n_embed; j++)
		/* what is not a number stays */
		if (slot->first || !(e[j] <= out->peak[j]))
			out->peak[j] = e[j];
	if (out->each_embed)
		memcpy(out->each_embed, e, s->n_embed * sizeof *e);
}

int mt_scorer_flush(struct mt_scorer *s, struct mt_err *err)
{
	if (!s->n)
		return MT_OK;
	int rc = mt_engine_forward(s->engine, (int64_t)s->n, s->x, s->y, err);
	if (!rc && s->n_embed)
		rc = mt_engine_embed(s->engine, (int64_t)s->n, s->e, err);
	for (size_t i = 0; !rc && i < s->n; i++)
		take_row(s, i);
	s->n = 0;
	return rc;
}

int mt_scorer_put(struct mt_scorer *s, const struct mt_scorer_out *out,
		  const float *mel, size_t n_frame, size_t n,
		  struct mt_err *err)
{
	memset(out->score, 0, s->n_tag * sizeof *out->score);
	if (out->mean)
		memset(out->mean, 0, s->n_embed * sizeof *out->mean);
	for (size_t w = 0; w < n; w++) {
		size_t i = s->n++;
		mt_window_copy(s->x + i * s->crop * s->n_band, mel, n_frame,
			       s->n_band, mt_scorer_first(s, n_frame, n, w),
			       s->crop);
		struct mt_scorer_slot *slot = &s->slot[i];
		*slot = (struct mt_scorer_slot){.out = *out, .weight = 1 / (float)n, .first = !w};
		if (out->each)
			slot->out.each += w * s->n_tag;
		if (out->each_embed)
			slot->out.each_embed += w * s->n_embed;
		int rc = s->n == s->batch ? mt_scorer_flush(s, err) : MT_OK;
		if (rc)
			return rc;
	}
	return MT_OK;
}

int mt_scorer_add(struct mt_scorer *s, float *out, float *each,
		  const float *mel, size_t n_frame, size_t n,
		  struct mt_err *err)
{
	struct mt_scorer_out to = {.score = out, .each = each};
	return mt_scorer_put(s, &to, mel, n_frame, n, err);
}

void mt_scorer_release(struct mt_scorer *s)
{
	if (s->engine)
		mt_engine_free(s->engine);
	free(s->x);
	free(s->y);
	free(s->e);
	free(s->slot);
	*s = (struct mt_scorer){0};
}
