/* SPDX-License-Identifier: MIT */
#include "nn/tagger.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/mem.h"
#include "nn/train.h"

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
		rc = mt_err_set(err, MT_EINPUT, "%s: its metadata names no "
				"tags", path);
	json_decref(list);
	return rc;
}

static int read_recipe(struct mt_tagger *t, const char *path,
		       struct mt_err *err)
{
	const char *text = mt_model_text(&t->model, "recipe");
	json_t *o = text ? json_loads(text, 0, NULL) : NULL;
	json_int_t crop = json_integer_value(json_object_get(o, "crop"));
	json_decref(o);
	if (crop < 1 || crop > 1000000)
		return mt_err_set(err, MT_EINPUT, "%s: its metadata names no "
				  "crop", path);
	t->crop = (size_t)crop;
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
	if (!rc)
		rc = mt_net_parse(&t->net, json, NULL, err);
	/* a net may ask for more memory than the file has weights for */
	if (!rc && (rc = mt_model_fits(&t->model, &t->net, err)))
		mt_err_prefix(err, "%s", path);
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

int mt_tagger_scorer(const struct mt_tagger *t, struct mt_scorer *s,
		     const char *backend, size_t batch, int n_thread,
		     struct mt_err *err)
{
	int rc = mt_scorer_init(s, &t->net, backend, batch, t->crop, n_thread,
				err);
	return rc ? rc : mt_model_to_engine(&t->model, &t->net, s->engine, err);
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
