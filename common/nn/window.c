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
	return MT_OK;
}

int mt_scorer_run(struct mt_scorer *s, float *out, float *each,
		  const float *mel, size_t n_frame, size_t n,
		  struct mt_err *err)
{
	size_t k = s->n_tag, one = s->crop * s->n_band;
	memset(out, 0, k * sizeof *out);
	for (size_t w = 0; w < n; w += s->batch) {
		size_t m = n - w < s->batch ? n - w : s->batch;
		for (size_t i = 0; i < m; i++)
			mt_window_copy(s->x + i * one, mel, n_frame, s->n_band,
				       mt_window_first(n_frame, s->crop, n,
						       w + i), s->crop);
		int rc = mt_engine_forward(s->engine, (int64_t)m, s->x, s->y,
					   err);
		if (rc)
			return rc;
		for (size_t i = 0; i < m * k; i++)
			out[i % k] += s->y[i];
		if (each)
			memcpy(each + w * k, s->y, m * k * sizeof *each);
	}
	for (size_t i = 0; i < k; i++)
		out[i] /= (float)n;
	return MT_OK;
}

void mt_scorer_release(struct mt_scorer *s)
{
	if (s->engine)
		mt_engine_free(s->engine);
	free(s->x);
	free(s->y);
	*s = (struct mt_scorer){0};
}
