/* SPDX-License-Identifier: MIT
 * mt-silence: measure, limit and trim the silence of clips. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "dsp/mono.h"
#include "dsp/silence.h"
#include "tool/filter.h"

static struct opts {
	double min_effective, max_total, max_run;
	bool measure_only, trim, drop_audio;
} opts = {.min_effective = (double)NAN, .max_total = (double)NAN,
	  .max_run = (double)NAN};
static struct mt_silence_opts how = MT_SILENCE_DEFAULT;

#define AT(field) offsetof(struct opts, field)

static const struct mt_opt rows[] = {
	MT_OPT(0, "min-effective", "S", F64, AT(min_effective),
	       "fail clips with less than S seconds from first to last sound", MT_RANGE(0, 1e9)),
	MT_OPT(0, "max-total", "S", F64, AT(max_total),
	       "fail clips with more than S seconds of inner silence in total", MT_RANGE(0, 1e9)),
	MT_OPT(0, "max-run", "S", F64, AT(max_run),
	       "fail clips with an inner silence longer than S seconds", MT_RANGE(0, 1e9)),
	MT_FLAG(0, "measure-only", AT(measure_only), "apply no limit and do not trim"),
	MT_FLAG(0, "trim", AT(trim), "cut off the silence at both ends"),
	MT_FLAG(0, "drop-audio", AT(drop_audio), "drop the samples and keep the measures"),
	{0},
};

#define HOW(field) offsetof(struct mt_silence_opts, field)

static const struct mt_opt how_rows[] = {
	MT_OPT(0, "frame", "N", I64, HOW(frame), "samples of a frame [2048]", MT_RANGE(1, 1 << 24)),
	MT_OPT(0, "hop", "N", I64, HOW(hop), "samples from frame to frame [512]",
	       MT_RANGE(1, 1 << 24)),
	MT_OPT(0, "threshold", "DB", F64, HOW(threshold),
	       "silent from so far below the loudest frame on [60]", MT_RANGE(0.1, 1e4)),
	MT_OPT(0, "floor", "DB", F64, HOW(floor), "silent up to this level, full scale 0 [-100]",
	       MT_RANGE(-1e4, 100)),
	MT_FLAG(0, "no-floor", HOW(no_floor),
		"no such level: digital silence sounds, as for librosa"),
	MT_OPT(0, "pad", "HOW", CHOICE, HOW(pad), "pad the ends with reflect or zero [reflect]",
	       .choices = "reflect|zero"),
	{0},
};
static const struct mt_opt_set sets[] = {
	{rows, &opts}, {how_rows, &how}, {NULL, NULL},
};

static const struct mt_tool tool = {
	.name = "mt-silence",
	.purpose = "measure silence, refuse and trim silent clips",
	.synopsis = "[options] [stream|set ...]",
	.sets = sets,
	.flags = MT_TOOL_FILTER,
};

static double head_rate;  /* of the open segment; 0: each record has its own */

struct worker {
	struct mt_silence silence;
	float *mono;
	size_t cap;
};

static int head(struct mt_head *h, struct mt_err *err)
{
	(void)err;
	static const char *const fields[][2] = {
		{"audio_start", "s, where sound begins"},
		{"audio_end", "s, where sound ends"},
		{"effective", "s, from the first to the last sound"},
		{"silence_total", "s, inner silence"},
		{"silence_run", "s, longest inner silence"},
		{"sounding", "s, effective without inner silence"},
		{"silence_percent", "of effective"},
	};
	const char *rate = mt_head_param(h, "rate");
	if (strcmp(mt_head_kind(h), "audio") && !mt_head_has_field(h, "pcm"))
		return mt_err_set(err, MT_EUSAGE, "kind %.32s without samples, "
				  "but this tool reads audio",
				  mt_head_kind(h));
	if (!rate || !mt_num_f64(rate, &head_rate))
		head_rate = 0;
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		mt_head_set_field(h, fields[i][0], "f8", "", fields[i][1]);
	mt_head_set_field(h, "silence_gaps", "f8", "G,2",
			  "s, begin and end of each inner silence");
	mt_head_set_field(h, "silence_lengths", "f8", "G",
			  "s, length of each inner silence");
	mt_head_set_param(h, "silence.frame", "%lld", (long long)how.frame);
	mt_head_set_param(h, "silence.hop", "%lld", (long long)how.hop);
	mt_head_set_param(h, "silence.threshold", "%g", how.threshold);
	if (how.no_floor)
		mt_head_set_param(h, "silence.floor", "none");
	else
		mt_head_set_param(h, "silence.floor", "%g", how.floor);
	mt_head_set_param(h, "silence.pad", "%s", how.pad);
	if (opts.drop_audio) {
		mt_head_set_kind(h, "clip");
		mt_head_drop_field(h, "pcm");
	}
	return MT_OK;
}

static void *worker_new(void)
{
	return mt_calloc(1, sizeof(struct worker));
}

static void worker_free(void *worker)
{
	struct worker *w = worker;
	if (!w)
		return;
	mt_silence_release(&w->silence);
	free(w->mono);
	free(w);
}

static void put_measures(struct mt_rec *rec, const struct mt_silence *s,
			 const struct mt_silence_measure *m, double rate)
{
	mt_rec_put_f8(rec, "audio_start", m->start);
	mt_rec_put_f8(rec, "audio_end", m->end);
	mt_rec_put_f8(rec, "effective", m->effective);
	mt_rec_put_f8(rec, "silence_total", m->inner);
	mt_rec_put_f8(rec, "silence_run", m->longest);
	mt_rec_put_f8(rec, "sounding", m->sound);
	mt_rec_put_f8(rec, "silence_percent", m->percent);
	size_t n = s->n ? s->n - 1 : 0;
	double *gap = mt_rec_alloc(rec, 2 * n * sizeof *gap);
	double *len = mt_rec_alloc(rec, n * sizeof *len);
	for (size_t i = 0; i < n; i++) {
		gap[2 * i] = (double)s->span[i].end / rate;
		gap[2 * i + 1] = (double)s->span[i + 1].start / rate;
		len[i] = (double)(s->span[i + 1].start - s->span[i].end) / rate;
	}
	mt_rec_put(rec, "silence_gaps", "f8", 2, (uint64_t[]){n, 2}, gap);
	mt_rec_put(rec, "silence_lengths", "f8", 1, (uint64_t[]){n}, len);
}

static int limits(const struct mt_silence_measure *m, struct mt_err *err)
{
	if (m->effective < opts.min_effective)
		return mt_err_item(err, "silence.effective", "%.3f s from the "
				   "first to the last sound, less than "
				   "--min-effective %g s", m->effective, opts.min_effective);
	if (m->inner > opts.max_total)
		return mt_err_item(err, "silence.total", "%.3f s of inner "
				   "silence, at most %g s are allowed",
				   m->inner, opts.max_total);
	if (m->longest > opts.max_run)
		return mt_err_item(err, "silence.run", "an inner silence of "
				   "%.3f s, at most %g s are allowed",
				   m->longest, opts.max_run);
	return MT_OK;
}

/* pcm becomes its samples from first to last sound. */
static int trim(struct mt_rec *rec, const struct mt_silence *s, double rate,
		struct mt_err *err)
{
	const struct mt_field *pcm = mt_rec_get(rec, "pcm");
	if (!s->n)
		return mt_err_item(err, "silence.effective", "the clip is "
				   "silent throughout; --trim would leave nothing");
	uint64_t from = s->span[0].start, to = s->span[s->n - 1].end;
	uint64_t C = pcm->dim[0], N = pcm->dim[1], n = to - from;
	size_t elem = mt_dtype_size(pcm->dtype);
	char dtype[sizeof pcm->dtype];
	memcpy(dtype, pcm->dtype, sizeof dtype);
	const char *x = pcm->data;
	char *y = mt_rec_alloc(rec, (size_t)(C * n) * elem);
	for (uint64_t c = 0; c < C; c++)
		memcpy(y + c * n * elem, x + (c * N + from) * elem, n * elem);
	mt_rec_put(rec, "pcm", dtype, 2, (uint64_t[]){C, n}, y);
	if (mt_rec_get(rec, "seconds"))
		mt_rec_put_f8(rec, "seconds", (double)n / rate);
	return MT_OK;
}

static int step(void *worker, struct mt_rec *rec, struct mt_emit *emit,
		struct mt_err *err)
{
	(void)emit;
	struct worker *w = worker;
	struct mt_silence_measure m;
	double rate = head_rate;
	const struct mt_field *pcm = mt_rec_get(rec, "pcm");
	if (!pcm || pcm->n_dim != 2 || !pcm->dim[0])
		return mt_err_item(err, "silence.pcm", "the record has no "
				   "samples [channels, n]");
	mt_rec_num(rec, "rate", &rate);
	if (!(rate > 0))
		return mt_err_item(err, "silence.rate", "neither the stream "
				   "nor the clip names its sample rate");
	size_t C = (size_t)pcm->dim[0], n = (size_t)pcm->dim[1];
	const float *x = pcm->data;
	if (C != 1 || strcmp(pcm->dtype, "f4")) {
		if (n > w->cap) {
			free(w->mono);
			w->mono = mt_alloc64(n * sizeof *w->mono);
			w->cap = n;
		}
		if (!mt_mono_mix(w->mono, x, pcm->dtype, C, n))
			return mt_err_item(err, "silence.pcm", "%zu channels "
					   "of type %s are not known", C,
					   pcm->dtype);
		x = w->mono;
	}
	int rc = mt_silence_run(&w->silence, &how, x, n, err);
	if (rc)
		return rc;
	mt_silence_measure(&m, &w->silence, rate);
	if (!opts.measure_only)
		rc = limits(&m, err);
	if (!rc && opts.trim && !opts.measure_only)
		rc = trim(rec, &w->silence, rate, err);
	if (rc)
		return rc;
	put_measures(rec, &w->silence, &m, rate);
	if (opts.drop_audio)
		mt_rec_drop(rec, "pcm");
	return MT_OK;
}

int main(int argc, char **argv)
{
	struct mt_filter f = {
		.tool = &tool, .kinds = "audio|example", .head = head,
		.worker_new = worker_new, .worker_free = worker_free,
		.step = step,
	};
	return mt_filter_run(&f, argc, argv);
}
