/* SPDX-License-Identifier: MIT */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "dsp/mel.h"

#define AT(x) offsetof(struct mt_mel_opts, x)

static const struct mt_mel_opts profiles[] = {
	{"orpheus", 16000, 2048, 2048, 512, 96, 0, 8000, "hann", "reflect",
	 "power", "slaney", "slaney", "none", "none", "db", 1e-10, 80, "none"},
	{"panns", 32000, 1024, 1024, 320, 64, 50, 14000, "hann", "reflect",
	 "power", "slaney", "slaney", "none", "none", "db", 1e-10, 0, "none"},
	{"musicnn", 16000, 512, 512, 256, 96, 0, 8000, "hann", "reflect",
	 "power", "slaney", "slaney", "none", "half", "log1e4", 0, 0, "none"},
	{"fcn4", 12000, 512, 512, 256, 96, 0, 6000, "hann", "reflect",
	 "power", "slaney", "slaney", "none", "none", "db20", 1e-5, 80, "none"},
	{"mini", 16000, 2048, 2048, 160, 128, 0, 8000, "hann", "reflect",
	 "power", "htk", "none", "window", "none", "log10", 1e-8, 0, "none"},
	{"ms", 11025, 2048, 2048, 512, 128, 0, 5512.5, "hann", "reflect",
	 "power", "slaney", "slaney", "none", "none", "ln", 1e-20, 0, "none"},
	{"won", 16000, 512, 512, 256, 96, 0, 8000, "hann", "reflect",
	 "power", "htk", "none", "none", "none", "db", 1e-10, 0, "none"},
	{"choi", 12000, 512, 512, 256, 96, 0, 6000, "hann", "zero",
	 "power", "slaney", "slaney", "none", "none", "db", 1e-10, 80, "max"},
};

/* Every parameter but the profile, in the order of the param lines. */
static const struct {
	const char *name;
	char type;            /* 'i' int64, 'f' double, 's' a choice */
	size_t at;
	const char *choices;
} params[] = {
	{"rate", 'i', AT(rate), NULL},
	{"mel.n_fft", 'i', AT(n_fft), NULL},
	{"mel.win", 'i', AT(win), NULL},
	{"mel.hop", 'i', AT(hop), NULL},
	{"mel.bands", 'i', AT(bands), NULL},
	{"mel.fmin", 'f', AT(fmin), NULL},
	{"mel.fmax", 'f', AT(fmax), NULL},
	{"mel.window", 's', AT(window), MT_MEL_WINDOWS},
	{"mel.center", 's', AT(center), MT_MEL_CENTERS},
	{"mel.spectrum", 's', AT(spectrum), MT_MEL_SPECTRA},
	{"mel.scale", 's', AT(scale), MT_MEL_SCALES},
	{"mel.norm", 's', AT(norm), MT_MEL_NORMS},
	{"mel.divide", 's', AT(divide), MT_MEL_DIVIDES},
	{"mel.round", 's', AT(round), MT_MEL_ROUNDS},
	{"mel.log", 's', AT(log), MT_MEL_LOGS},
	{"mel.floor", 'f', AT(floor), NULL},
	{"mel.top_db", 'f', AT(top_db), NULL},
	{"mel.standard", 's', AT(standard), MT_MEL_STANDARDS},
};
#define N_PARAM (sizeof params / sizeof *params)

/* One variable of opts, reached by its place in the struct. */
struct slot {
	int64_t *i;
	double *f;
	const char **s;
};

static struct slot slot(const struct mt_mel_opts *opts, size_t p)
{
	void *v = (char *)(uintptr_t)opts + params[p].at;
	return (struct slot){v, v, v};
}

static bool is_set(const struct mt_mel_opts *opts, size_t p)
{
	struct slot v = slot(opts, p);
	if (params[p].type == 'i')
		return *v.i != 0;
	return params[p].type == 'f' ? !isnan(*v.f) : *v.s != NULL;
}

/* The spelling that lies in this file, for any text that equals it. */
static const char *constant(const char *choices, const char *text)
{
	static const char *const words[] = {
		"hann", "hamming", "none", "reflect", "zero", "power",
		"magnitude", "slaney", "htk", "window", "half", "db", "db20",
		"ln", "log10", "log1e4", "clip", "max",
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcmp(words[i], text))
			continue;
		size_t n = strlen(text);
		for (const char *c = choices; *c; c += strcspn(c, "|")) {
			c += *c == '|';
			if (strcspn(c, "|") == n && !memcmp(c, text, n))
				return words[i];
		}
	}
	return NULL;
}

static int check(const struct mt_mel_opts *o, struct mt_err *err)
{
	if (o->rate < 1 || o->n_fft < 2 || o->n_fft > 1 << 20 || o->hop < 1 ||
	    o->bands < 1 || o->bands > 4096)
		return mt_err_set(err, MT_EUSAGE, "mel: rate, n_fft, hop or "
				  "bands is out of range");
	if (o->win < 1 || o->win > o->n_fft)
		return mt_err_set(err, MT_EUSAGE, "mel: a window of %lld "
				  "samples does not fit n_fft %lld",
				  (long long)o->win, (long long)o->n_fft);
	if (o->fmin < 0 || o->fmin >= o->fmax)
		return mt_err_set(err, MT_EUSAGE, "mel: fmin %g Hz is not "
				  "below fmax %g Hz", o->fmin, o->fmax);
	if (o->fmax > 0.5 * (double)o->rate)
		return mt_err_set(err, MT_EUSAGE, "mel: fmax %g Hz is above "
				  "half the rate, %g Hz", o->fmax,
				  0.5 * (double)o->rate);
	bool db = !strncmp(o->log, "db", 2);
	bool needs = strcmp(o->log, "none") && strcmp(o->log, "log1e4");
	if (needs && o->floor < 1.2e-38)
		return mt_err_set(err, MT_EUSAGE, "mel: the floor of log %s "
				  "must be above 1.2e-38, not %g", o->log,
				  o->floor);
	if (o->top_db < 0 || (o->top_db > 0 && !db))
		return mt_err_set(err, MT_EUSAGE, "mel: top-db %g goes with "
				  "log db and db20 only, not with %s",
				  o->top_db, o->log);
	return MT_OK;
}

int mt_mel_resolve(struct mt_mel_opts *opts, struct mt_err *err)
{
	const char *name = opts->profile ? opts->profile : "orpheus";
	const struct mt_mel_opts *p = NULL;
	for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++)
		if (!strcmp(profiles[i].profile, name))
			p = &profiles[i];
	if (!p)
		return mt_err_set(err, MT_EUSAGE, "mel: no profile %.64s; "
				  "there are " MT_MEL_PROFILES, name);
	struct mt_mel_opts base = *p, given = *opts;
	/* What follows from another parameter follows the given one. */
	if (given.n_fft)
		base.win = given.n_fft;
	if (given.rate && given.rate != base.rate &&
	    base.fmax > 0.5 * (double)given.rate)
		base.fmax = 0;
	if (given.log && strcmp(given.log, base.log)) {
		base.top_db = strncmp(given.log, "db", 2) ? 0 : base.top_db;
		base.floor = strcmp(given.log, "log1e4") &&
			     strcmp(given.log, "none") ? 1e-10 : 0;
	}
	*opts = base;
	opts->profile = given.profile;
	for (size_t i = 0; i < N_PARAM; i++) {
		struct slot to = slot(opts, i), from = slot(&given, i);
		if (!is_set(&given, i))
			continue;
		if (params[i].type == 'i')
			*to.i = *from.i;
		else if (params[i].type == 'f')
			*to.f = *from.f;
		else
			*to.s = *from.s;
	}
	if (opts->fmax <= 0)
		opts->fmax = 0.5 * (double)opts->rate;
	return check(opts, err);
}

const char *mt_mel_param(const struct mt_mel_opts *opts, size_t i, char *buf,
			 size_t size)
{
	if (i >= N_PARAM)
		return NULL;
	struct slot v = slot(opts, i);
	if (params[i].type == 'i') {
		snprintf(buf, size, "%lld", (long long)*v.i);
	} else if (params[i].type == 's') {
		snprintf(buf, size, "%s", *v.s);
	} else {
		double back = 0;
		for (int digits = 6; digits <= 17; digits++) {
			snprintf(buf, size, "%.*g", digits, *v.f);
			if (mt_num_f64(buf, &back) && fabs(back - *v.f) <= 0)
				break;
		}
	}
	return params[i].name;
}

int mt_mel_param_set(struct mt_mel_opts *opts, const char *name,
		     const char *value, struct mt_err *err)
{
	size_t i = 0;
	while (i < N_PARAM && strcmp(params[i].name, name))
		i++;
	if (i == N_PARAM)
		return MT_END;
	struct slot v = slot(opts, i);
	const char *word;
	int64_t n;
	double f;
	if (params[i].type == 'i') {
		/* 0 means unset: no parameter of this type may be 0. */
		if (mt_num_i64(value, &n) && n > 0) {
			*v.i = n;
			return MT_OK;
		}
	} else if (params[i].type == 'f') {
		if (mt_num_f64(value, &f) && f >= 0) {
			*v.f = f;
			return MT_OK;
		}
	} else {
		word = constant(params[i].choices, value);
		if (word) {
			*v.s = word;
			return MT_OK;
		}
	}
	return mt_err_set(err, MT_EUSAGE, "front end: %s cannot be \"%.64s\"",
			  name, value);
}

char *mt_mel_to_json(const struct mt_mel_opts *opts)
{
	json_t *o = json_object();
	char buf[64];
	const char *name;
	for (size_t i = 0; (name = mt_mel_param(opts, i, buf, sizeof buf)); i++)
		json_object_set_new(o, name, json_string(buf));
	char *text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	MT_BUG(!text);
	return text;
}

int mt_mel_from_json(struct mt_mel_opts *opts, const char *text,
		     struct mt_err *err)
{
	json_error_t why;
	json_t *o = json_loads(text, JSON_REJECT_DUPLICATES, &why), *item;
	if (!json_is_object(o)) {
		json_decref(o);
		return mt_err_set(err, MT_EINPUT, "front end: not a JSON "
				  "object: %s", why.text);
	}
	*opts = (struct mt_mel_opts)MT_MEL_UNSET;
	const char *name, *base = json_string_value(json_object_get(o, "embed.model"));
	int rc = MT_OK;
	if (base)
		rc = mt_err_set(err, MT_EINPUT, "front end: embeddings of the model "
				"'%.100s', no mel", base);
	json_object_foreach(o, name, item) {
		char num[40] = "";
		if (json_is_number(item))
			snprintf(num, sizeof num, "%.17g",
				 json_number_value(item));
		const char *s = json_is_string(item) ? json_string_value(item)
						     : num;
		if (rc || (rc = mt_mel_param_set(opts, name, s, err)) < 0)
			break;
		/* one of a later version: without it the mel would be another */
		rc = rc == MT_END && !strncmp(name, "mel.", 4) ?
			mt_err_set(err, MT_EINPUT, "front end: unknown parameter "
				   "'%.100s'; a newer version of mt made it", name) : MT_OK;
	}
	json_decref(o);
	for (size_t i = 0; !rc && i < N_PARAM; i++)
		if (!is_set(opts, i))
			return mt_err_set(err, MT_EINPUT, "front end: %s is "
					  "missing", params[i].name);
	if (!rc)
		rc = mt_mel_resolve(opts, err);
	if (rc && err)
		err->status = MT_EINPUT;
	return rc ? MT_EINPUT : MT_OK;
}
