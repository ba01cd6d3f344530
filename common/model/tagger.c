/* SPDX-License-Identifier: MIT */
#include "model/tagger.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/finite.h"
#include "base/mem.h"
#include "model/params.h"

#define MAX_CROP 1000000  /* frames; samples of nets that read those */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Of two outputs of one name nobody could say which a score is of. */
static int check_twice(const struct mt_tagger *t, const char *path, struct mt_err *err)
{
	char **sorted = mt_calloc(t->n_tag, sizeof *sorted);
	int rc = MT_OK;
	memcpy(sorted, t->tag, t->n_tag * sizeof *sorted);
	qsort(sorted, t->n_tag, sizeof *sorted, by_text);
	for (size_t i = 1; !rc && i < t->n_tag; i++)
		if (!strcmp(sorted[i - 1], sorted[i]))
			rc = mt_err_set(err, MT_EINPUT, "%s: its metadata names the tag '%.100s' "
					"twice", path, sorted[i]);
	free(sorted);
	return rc;
}

static int read_tags(struct mt_tagger *t, const char *path, struct mt_err *err)
{
	const char *text = mt_model_text(&t->model, "tags");
	json_t *list = text ? json_loads(text, 0, NULL) : NULL;
	size_t n = json_array_size(list);
	int rc = MT_OK;
	t->tag = mt_calloc(n, sizeof *t->tag);
	for (size_t i = 0; i < n; i++) {
		const char *s = json_string_value(json_array_get(list, i));
		if (!s)
			break;
		t->tag[t->n_tag++] = mt_strdup(s);
	}
	if (!n || t->n_tag != n)
		rc = mt_err_set(err, MT_EINPUT, "%s: its metadata have no "
				"tags", path);
	json_decref(list);
	return rc ? rc : check_twice(t, path, err);
}

static int read_recipe(struct mt_tagger *t, const char *path,
		       struct mt_err *err)
{
	const char *text = mt_model_text(&t->model, "recipe");
	json_t *o = text ? json_loads(text, 0, NULL) : NULL;
	json_int_t crop = json_integer_value(json_object_get(o, "crop"));
	json_decref(o);
	if (crop > MAX_CROP)
		return mt_err_set(err, MT_EINPUT, "%s: a crop of %lld frames, at most %d",
				  path, (long long)crop, MAX_CROP);
	if (crop < 1)
		return mt_err_set(err, MT_EINPUT, "%s: its metadata have no "
				  "crop", path);
	t->crop = (size_t)crop;
	return MT_OK;
}

/* A net with such values gives scores all the same, of nothing. */
static int check_values(const struct mt_tagger *t, const char *path, struct mt_err *err)
{
	enum { SOME = 4096 };
	float x[SOME];  /* a file may place tensors where floats do not lie */
	for (int i = 0; i < t->net.n_param; i++) {
		const struct mt_param *p = &t->net.param[i];
		const char *data = mt_model_get(&t->model, p->name)->data;
		size_t n = (size_t)p->count;
		for (size_t at = 0; at < n; at += SOME) {
			size_t some = n - at < SOME ? n - at : SOME;
			memcpy(x, data + at * sizeof *x, some * sizeof *x);
			size_t bad = mt_finite_f4(x, some), k = 0;
			while (p->positive && k < bad && x[k] >= 0)
				k++;
			bad = p->positive ? k : bad;
			if (bad < some)
				return mt_err_set(err, MT_EINPUT, "%s: tensor '%.100s': value %zu "
						  "is %g, %s", path, p->name, at + bad,
						  (double)x[bad], isfinite(x[bad]) ?
						  "a variance below zero" : "not finite");
		}
	}
	return MT_OK;
}

int mt_tagger_open(struct mt_tagger *t, const char *path, struct mt_err *err)
{
	*t = (struct mt_tagger){0};
	int rc = mt_model_open(&t->model, path, err);
	if (rc)
		return rc;
	const char *json = mt_model_text(&t->model, "net");
	if (!json)
		rc = mt_err_set(err, MT_EINPUT, "%s: its metadata has no net",
				path);
	else if ((rc = mt_net_parse(&t->net, json, NULL, err)))
		mt_err_prefix(rc, err, "%s", path);
	/* a net may ask for more memory than the file has weights for */
	if (!rc && (rc = mt_model_fits(&t->model, &t->net, err)))
		mt_err_prefix(rc, err, "%s", path);
	if (!rc)
		rc = check_values(t, path, err);
	if (!rc)
		rc = read_tags(t, path, err);
	if (!rc)
		rc = read_recipe(t, path, err);
	if (!rc && t->n_tag != (size_t)t->net.n_class)
		rc = mt_err_set(err, MT_EINPUT, "%s: names %zu tags, its net "
				"has %lld outputs", path, t->n_tag,
				(long long)t->net.n_class);
	t->frontend = mt_model_text(&t->model, "frontend");
	if (rc)
		mt_tagger_close(t);
	return rc;
}

int mt_tagger_open_scorer(const struct mt_tagger *t, struct mt_scorer *s,
			  const struct mt_scorer_opt *opt, struct mt_err *err)
{
	struct mt_scorer_opt o = *opt;
	o.crop = t->crop;
	o.max_bytes = MT_SCORER_BYTES;
	int rc = mt_scorer_open(s, &t->net, &o, err);
	return rc ? rc : mt_model_to_engine(&t->model, &t->net, s->engine, err);
}

int mt_tagger_scorer(const struct mt_tagger *t, struct mt_scorer *s,
		     const char *backend, size_t batch, int n_thread,
		     struct mt_err *err)
{
	struct mt_scorer_opt opt = {.backend = backend, .batch = batch, .n_thread = n_thread};
	return mt_tagger_open_scorer(t, s, &opt, err);
}

void mt_tagger_close(struct mt_tagger *t)
{
	mt_net_release(&t->net);
	mt_model_close(&t->model);
	for (size_t i = 0; i < t->n_tag; i++)
		free(t->tag[i]);
	free(t->tag);
	*t = (struct mt_tagger){0};
}
