/* SPDX-License-Identifier: MIT */
#include "audio/rate.h"

#include <stdlib.h>
#include <string.h>

#include <soxr.h>

#include "audio/resample.h"
#include "base/mem.h"

#define BLOCK 16384  /* samples: libsoxr costs less by the call */
#define MAX_CHANNEL 64
#define STEP_MAX (1 << 22)  /* samples of all channels that one step makes */

struct mt_rate {
	int n_channel, in_rate, out_rate;
	const struct mt_resample *plan; /* NULL: libsoxr */
	float *work;
	uint64_t n_in, n_out;    /* samples that left `in`; that were made */
	soxr_t soxr;
};

static int refused(const struct mt_rate *r, const char *why,
		   struct mt_err *err)
{
	return mt_err_item(err, "decode.convert", "libsoxr: %s (%d channels, "
			   "%d Hz to %d Hz)", why, r->n_channel, r->in_rate,
			   r->out_rate);
}

int mt_rate_open(struct mt_rate **out, struct mt_pcm *in, int n_channel,
		 int in_rate, int out_rate, bool soxr, struct mt_err *err)
{
	struct mt_rate *r = mt_calloc(1, sizeof *r);
	soxr_error_t why = NULL;
	*r = (struct mt_rate){.n_channel = n_channel, .in_rate = in_rate,
			      .out_rate = out_rate};
	in->n = 0;
	if (!soxr)
		r->plan = mt_resample_find(in_rate, out_rate);
	if (r->plan) {
		r->work = mt_alloc64(r->plan->work * sizeof *r->work);
		mt_pcm_zeros(in, n_channel, r->plan->lead);
	} else {
		soxr_io_spec_t io = soxr_io_spec(SOXR_FLOAT32_S,
						 SOXR_FLOAT32_S);
		soxr_quality_spec_t q = soxr_quality_spec(SOXR_HQ, 0);
		soxr_runtime_spec_t run = soxr_runtime_spec(1);
		r->soxr = soxr_create(in_rate, out_rate, (unsigned)n_channel,
				      &why, &io, &q, &run);
	}
	if (why) {
		int rc = refused(r, why, err);
		mt_rate_close(r);
		return rc;
	}
	*out = r;
	return MT_OK;
}

void mt_rate_close(struct mt_rate *r)
{
	if (!r)
		return;
	if (r->soxr)
		soxr_delete(r->soxr);
	free(r->work);
	free(r);
}

size_t mt_rate_want(const struct mt_rate *r)
{
	return r->plan ? r->plan->span : BLOCK;
}

static size_t step_plan(struct mt_rate *r, struct mt_pcm *in, bool last,
			struct mt_pcm *out)
{
	const struct mt_resample *p = r->plan;
	size_t n = p->step_out;
	if (in->n < p->span) {
		/* lead zeros stood in front */
		uint64_t all = mt_resample_length(p, r->n_in + in->n - p->lead);
		if (!last || r->n_out >= all)
			return 0;
		if (all - r->n_out < n)
			n = (size_t)(all - r->n_out);
		size_t real = in->n;
		mt_pcm_zeros(in, r->n_channel, p->span - real);
		in->n = real;
	}
	mt_pcm_room(out, r->n_channel, p->step_out);
	for (int c = 0; c < r->n_channel; c++)
		mt_resample_run(p, r->work, out->x[c] + out->n, in->x[c]);
	size_t used = in->n < p->step_in ? in->n : p->step_in;
	mt_pcm_shift(in, used);
	r->n_in += used;
	r->n_out += n;
	return n;
}

static int step_soxr(struct mt_rate *r, struct mt_pcm *in, bool last,
		     struct mt_pcm *out, size_t *made, struct mt_err *err)
{
	double ratio = (double)r->out_rate / r->in_rate;
	double most = STEP_MAX / ratio / r->n_channel + 1;
	size_t n = (double)in->n < most ? in->n : (size_t)most, used = 0;
	size_t room = (size_t)((double)n * ratio) + 4096;
	const void *from[MAX_CHANNEL];
	void *to[MAX_CHANNEL];
	*made = 0;
	if (!in->n && !last)
		return MT_OK;
	mt_pcm_room(out, r->n_channel, room);
	for (int c = 0; c < r->n_channel; c++) {
		from[c] = in->n ? in->x[c] : NULL;
		to[c] = out->x[c] + out->n;
	}
	soxr_error_t why = soxr_process(r->soxr, in->n ? from : NULL, n,
					&used, to, room, made);
	if (why)
		return refused(r, why, err);
	mt_pcm_shift(in, used);
	/* it may take without giving */
	return !*made && used && (in->n || last)
		? step_soxr(r, in, last, out, made, err) : MT_OK;
}

int mt_rate_step(struct mt_rate *r, struct mt_pcm *in, bool last,
		 struct mt_pcm *out, size_t *made, struct mt_err *err)
{
	if (!r->plan)
		return step_soxr(r, in, last, out, made, err);
	*made = step_plan(r, in, last, out);
	return MT_OK;
}
