/* SPDX-License-Identifier: MIT */
#include "nn/window.h"

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

int mt_scorer_init(struct mt_scorer *s, const struct mt_net *net,
		   const char *backend, size_t batch, size_t crop,
		   int n_thread, struct mt_err *err)
{
	struct mt_engine_opt opt = {
		.mode = MT_INFER, .backend = backend, .batch = (int64_t)batch,
		.frames = (int64_t)crop, .n_thread = n_thread,
	};
	*s = (struct mt_scorer){.batch = batch, .crop = crop,
				.n_band = (size_t)net->bands,
				.n_tag = (size_t)net->n_class};
	int rc = mt_engine_new(&s->engine, net, &opt, err);
	if (rc)
		return rc;
	s->x = mt_alloc64(batch * crop * s->n_band * sizeof *s->x);
	s->y = mt_alloc64(batch * s->n_tag * sizeof *s->y);
	s->row = mt_calloc(batch, sizeof *s->row);
	s->weight = mt_calloc(batch, sizeof *s->weight);
	s->each = mt_calloc(batch, sizeof *s->each);
	return MT_OK;
}

int mt_scorer_flush(struct mt_scorer *s, struct mt_err *err)
{
	size_t k = s->n_tag;
	if (!s->n)
		return MT_OK;
	int rc = mt_engine_forward(s->engine, (int64_t)s->n, s->x, s->y, err);
	for (size_t i = 0; !rc && i < s->n; i++) {
		for (size_t j = 0; j < k; j++)
			s->row[i][j] += s->weight[i] * s->y[i * k + j];
		if (s->each[i])
			memcpy(s->each[i], s->y + i * k, k * sizeof *s->y);
	}
	s->n = 0;
	return rc;
}

int mt_scorer_add(struct mt_scorer *s, float *out, float *each,
		  const float *mel, size_t n_frame, size_t n,
		  struct mt_err *err)
{
	memset(out, 0, s->n_tag * sizeof *out);
	for (size_t w = 0; w < n; w++) {
		size_t i = s->n++;
		mt_window_copy(s->x + i * s->crop * s->n_band, mel, n_frame,
			       s->n_band,
			       mt_window_first(n_frame, s->crop, n, w),
			       s->crop);
		s->row[i] = out;
		s->weight[i] = 1 / (float)n;
		s->each[i] = each ? each + w * s->n_tag : NULL;
		int rc = s->n == s->batch ? mt_scorer_flush(s, err) : MT_OK;
		if (rc)
			return rc;
	}
	return MT_OK;
}

void mt_scorer_release(struct mt_scorer *s)
{
	if (s->engine)
		mt_engine_free(s->engine);
	free(s->x);
	free(s->y);
	free(s->row);
	free(s->weight);
	free(s->each);
	*s = (struct mt_scorer){0};
}
