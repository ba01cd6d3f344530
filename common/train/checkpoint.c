/* SPDX-License-Identifier: MIT */
#include "train/checkpoint.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

#define MT_RECIPE_DUMP (JSON_COMPACT | JSON_REAL_PRECISION(15))

/* "`lr` was 0.03, now 0.1" of one option, appended to *text. */
static void add_change(char **text, const char *option, const json_t *was,
		       const json_t *now)
{
	char *a = was ? json_dumps(was, MT_RECIPE_DUMP | JSON_ENCODE_ANY) : NULL;
	char *b = now ? json_dumps(now, MT_RECIPE_DUMP | JSON_ENCODE_ANY) : NULL;
	char *longer = mt_strf("%s%s`%s` was %.60s, now %.60s", *text, **text ?
			       ", " : "", option, a ? a : "not given",
			       b ? b : "not given");
	free(a);
	free(b);
	free(*text);
	*text = longer;
}

/* "NAME CRC-32" of two models: a file that was moved is the same model. */
static bool same_model(const char *was, const char *now)
{
	const char *a = was ? strrchr(was, ' ') : NULL, *b = now ? strrchr(now, ' ') : NULL;
	return a && b && !strcmp(a, b);
}

/* More epochs than before are no change: the run goes on. */
static bool same_option(const char *name, const json_t *was, const json_t *now)
{
	if (!strcmp(name, "epochs") && json_is_integer(was) && json_is_integer(now))
		return json_integer_value(was) <= json_integer_value(now);
	if (!strcmp(name, "from") &&
	    same_model(json_string_value(was), json_string_value(now)))
		return true;
	return was && now && json_equal(was, now);
}

static int check_recipe(struct mt_checkpoint *c, const char *text, const char *path,
			struct mt_err *err)
{
	json_t *was = json_loads(text, 0, NULL), *now = json_loads(c->recipe, 0, NULL);
	json_t *value;
	const char *name;
	char *changes = mt_strdup("");
	json_object_foreach(now, name, value)
		if (!same_option(name, json_object_get(was, name), value))
			add_change(&changes, name, json_object_get(was, name), value);
	json_object_foreach(was, name, value)
		if (!json_object_get(now, name))
			add_change(&changes, name, value, NULL);
	c->was_epochs = (size_t)json_integer_value(json_object_get(was, "epochs"));
	int rc = !*changes ? MT_OK : mt_err_set(err, MT_EUSAGE, "%s: the run to resume "
		"had other options: %.300s; give the same, or start over with `force`",
		path, changes);
	free(changes);
	json_decref(was);
	json_decref(now);
	return rc;
}

/* Two nets that are not the same: by name and size, else by the first layer. */
static int check_net(const struct mt_net *now, const char *text, const char *path,
		     struct mt_err *err)
{
	struct mt_net was;
	if (!strcmp(text, mt_net_json(now)))
		return MT_OK;
	int rc = mt_net_parse(&was, text, NULL, err);
	if (rc)
		return mt_err_prefix(rc, err, "%s", path);
	long long a = (long long)mt_net_n_param(&was, 0), b = (long long)mt_net_n_param(now, 0);
	if (a != b || strcmp(was.name, now->name) != 0) {
		rc = mt_err_set(err, MT_EUSAGE, "%s: the run to resume had another net: "
				"'%.60s' with %lld parameters, now '%.60s' with %lld; give "
				"the same `net` and `width`, or start over with `force`",
				path, was.name, a, now->name, b);
	} else {
		int i = 0, n = was.n_node < now->n_node ? was.n_node : now->n_node;
		while (i < n - 1 && was.node[i].op == now->node[i].op &&
		       !strcmp(was.node[i].name, now->node[i].name) &&
		       !memcmp(&was.node[i].a, &now->node[i].a, sizeof was.node[i].a))
			i++;
		rc = mt_err_set(err, MT_EUSAGE, "%s: the run to resume had another net '%.60s': "
				"layer '%.60s', or one after it, was different; give the same "
				"`net`, or start over with `force`", path, was.name,
				was.node[i].name);
	}
	mt_net_release(&was);
	return rc;
}

static int check_tags(const char *now, const char *text, const char *path,
		      struct mt_err *err)
{
	if (!strcmp(text, now))
		return MT_OK;
	json_t *a = json_loads(text, 0, NULL), *b = json_loads(now, 0, NULL);
	size_t n_a = json_array_size(a), n_b = json_array_size(b), i = 0;
	while (i < n_a && i < n_b && json_equal(json_array_get(a, i), json_array_get(b, i)))
		i++;
	const char *was = json_string_value(json_array_get(a, i));
	const char *is = json_string_value(json_array_get(b, i));
	int rc = mt_err_set(err, MT_EUSAGE, "%s: the run to resume had other tags: %zu, now %zu; "
			    "tag %zu was '%.60s', now '%.60s'; give the same set, or start "
			    "over with `force`", path, n_a, n_b, i + 1, was ? was : "",
			    is ? is : "");
	json_decref(a);
	json_decref(b);
	return rc;
}

static const char *text_of(const struct mt_model *m, const char *name)
{
	const char *text = mt_model_text(m, name);
	return text ? text : "";
}

static int check_same(struct mt_checkpoint *c, const struct mt_trainer *t,
		      const struct mt_model *m, const char *path,
		      struct mt_err *err)
{
	char crc[16];
	snprintf(crc, sizeof crc, "%08x", t->data->crc);
	int rc = check_recipe(c, text_of(m, "recipe"), path, err);
	if (!rc)
		rc = check_tags(c->tags, text_of(m, "tags"), path, err);
	if (!rc)
		rc = check_net(t->net, text_of(m, "net"), path, err);
	if (!rc && strcmp(text_of(m, "data_crc32"), crc) != 0)
		rc = mt_err_set(err, MT_EUSAGE, "%s: the run to resume had other examples: "
				"CRC-32 %.16s, now %s; give the same set, or start over "
				"with `force`", path, text_of(m, "data_crc32"), crc);
	return rc;
}

int mt_checkpoint_load(struct mt_checkpoint *c, struct mt_trainer *t,
		       const char *path, struct mt_err *err)
{
	struct mt_model m;
	if (access(path, F_OK))
		return MT_END;
	int rc = mt_model_open(&m, path, err);
	if (rc)
		return rc;
	rc = check_same(c, t, &m, path, err);
	const char *place = mt_model_text(&m, "place");
	const char *history = mt_model_text(&m, "history");
	unsigned long long step = 0;
	size_t epoch = 0;
	if (!rc && (!place || !history ||
		    sscanf(place, "%zu %llu %" SCNd64 " %la", &epoch, &step,
			   &c->best_epoch, &c->best) != 4))
		rc = mt_err_set(err, MT_EINPUT, "%s: is not a checkpoint", path);
	if (!rc)
		rc = mt_trainer_load(t, &m, err);
	if (!rc) {
		t->epoch = epoch;
		t->step = step;
		free(c->metrics);
		c->metrics = mt_strdup(history);
	}
	mt_model_close(&m);
	return rc;
}

static const char *const inherited[] = {"licence", "source", "origin"};

void mt_checkpoint_inherit(struct mt_checkpoint *c, const struct mt_model *m)
{
	for (size_t i = 0; i < sizeof inherited / sizeof *inherited; i++) {
		const char *text = mt_model_text(m, inherited[i]);
		free(c->inherited[i]);
		c->inherited[i] = text ? mt_strdup(text) : NULL;
	}
}

/* The newest line of the metrics, in new memory. */
static char *last_line(const char *text)
{
	size_t n = strlen(text);
	const char *last = text + (n ? n - 1 : 0);
	while (last > text && last[-1] != '\n')
		last--;
	return mt_strndup(last, strcspn(last, "\n"));
}

int mt_checkpoint_save(const struct mt_checkpoint *c, struct mt_trainer *t,
		       const char *path, bool whole, struct mt_err *err)
{
	char epoch[32], crc[16], place[96], id[200], engine[240];
	snprintf(epoch, sizeof epoch, "%zu", t->epoch);
	snprintf(crc, sizeof crc, "%08x", t->data->crc);
	snprintf(place, sizeof place, "%zu %llu %" PRId64 " %a", t->epoch,
		 (unsigned long long)t->step, c->best_epoch, c->best);
	mt_engine_id(t->recipe.backend, id, sizeof id);
	snprintf(engine, sizeof engine, "%s, %d threads", id,
		 t->recipe.n_thread);
	char *line = last_line(c->metrics);
	struct mt_model_meta meta[16] = {
		{"format", "mt 1"},
		{"net", (char *)(uintptr_t)mt_net_json(t->net)},
		{"tags", c->tags}, {"recipe", c->recipe},
		{"provenance", c->provenance}, {"epoch", epoch},
		{"data_crc32", crc}, {"metrics", line}, {"engine", engine},
	};
	size_t n_meta = 9;
	if (c->frontend)
		meta[n_meta++] = (struct mt_model_meta){"frontend",
							c->frontend};
	for (size_t i = 0; i < sizeof inherited / sizeof *inherited; i++)
		if (c->inherited[i])
			meta[n_meta++] = (struct mt_model_meta){
				(char *)(uintptr_t)inherited[i], c->inherited[i]};
	if (whole) {
		meta[n_meta++] = (struct mt_model_meta){"place", place};
		meta[n_meta++] = (struct mt_model_meta){"history", c->metrics};
	}
	int rc = mt_trainer_save(t, path, whole, meta, n_meta, err);
	free(line);
	return rc;
}

void mt_checkpoint_release(struct mt_checkpoint *c)
{
	free(c->tags);
	free(c->frontend);
	free(c->recipe);
	free(c->provenance);
	free(c->metrics);
	for (size_t i = 0; i < sizeof inherited / sizeof *inherited; i++)
		free(c->inherited[i]);
	*c = (struct mt_checkpoint){0};
}
