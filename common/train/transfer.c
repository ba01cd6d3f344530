/* SPDX-License-Identifier: MIT */
#include "train/transfer.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/params.h"
#include "nn/graph/op.h"

static const char *const embed_param[] = {"embed.model", "embed.crc32", "embed.layer",
					  "embed.pool", "embed.dims"};
#define N_EMBED (sizeof embed_param / sizeof *embed_param)

int mt_embed_json(const struct mt_head *head, char **json, struct mt_err *err)
{
	json_t *o = json_object();
	int rc = MT_OK;
	*json = NULL;
	for (size_t i = 0; !rc && i < N_EMBED; i++) {
		const char *value = mt_head_param(head, embed_param[i]);
		if (value && json_object_set_new(o, embed_param[i], json_string(value)))
			rc = mt_err_set(err, MT_EINPUT, "param %s is not valid UTF-8",
					embed_param[i]);
	}
	if (!rc && json_object_size(o))
		*json = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return rc;
}

static int differs(const char *name, const char *param, const char *want, const char *have,
		   struct mt_err *err)
{
	return mt_err_set(err, MT_EUSAGE, "%s was trained with %s = %s, but this set has %s%s",
			  name, param, want, have ? have : "none", strncmp(param, "embed.", 6) ?
			  "; `melspec like` makes what the model needs" : "");
}

/* Text of a parameter in a model: a string, or a number. */
static const char *param_text(const json_t *v, char buf[40])
{
	if (json_is_number(v))
		snprintf(buf, 40, "%.15g", json_number_value(v));
	return json_is_number(v) ? buf : json_string_value(v);
}

static bool same_value(const char *a, const char *b)
{
	char *end_a, *end_b;
	if (!a || !b || !strcmp(a, b))
		return a && b;
	double x = strtod(a, &end_a), y = strtod(b, &end_b);
	return !*end_a && !*end_b && x == y;
}

/* "embed.model" may be another name of the same model: its CRC decides. Other
 * members of the object are of no interest here. */
static int check_params(json_t *front, const char *name, const struct mt_head *head,
			struct mt_err *err)
{
	const char *param;
	json_t *v;
	char buf[40];
	json_object_foreach(front, param, v) {
		if ((strcmp(param, "rate") != 0 && strncmp(param, "mel.", 4) != 0 &&
		     strncmp(param, "embed.", 6) != 0) || !strcmp(param, "embed.model"))
			continue;
		const char *want = param_text(v, buf), *have = mt_head_param(head, param);
		if (want && !same_value(want, have))
			return differs(name, param, want, have, err);
	}
	return MT_OK;
}

int mt_front_check(const struct mt_tagger *base, const char *name,
		   const struct mt_examples *set, struct mt_err *err)
{
	json_t *o = base->frontend ? json_loads(base->frontend, 0, NULL) : NULL;
	bool embed = json_object_get(o, "embed.crc32") != NULL;
	size_t bands = (size_t)base->net.bands;
	int rc = MT_OK;
	if (o && embed != set->embedding)
		rc = mt_err_set(err, MT_EUSAGE, "%s reads %s, but this set holds %s", name,
				embed ? "embeddings" : "mel", embed ? "mel" : "embeddings");
	else if (o)
		rc = check_params(o, name, &set->head, err);
	json_decref(o);
	if (!rc && bands != set->n_band)
		rc = mt_err_set(err, MT_EUSAGE, "%s reads %zu bands, but this set has %zu",
				name, bands, set->n_band);
	return rc;
}

int mt_tags_json(const struct mt_head *head, char **json, struct mt_err *err)
{
	json_t *tags = json_array();
	int rc = MT_OK;
	for (size_t k = 0; !rc && k < mt_head_n_tag(head); k++)
		if (json_array_append_new(tags, json_string(mt_head_tag(head, k))))
			rc = mt_err_set(err, MT_EINPUT, "tag %zu is not valid UTF-8; a model "
					"file cannot hold it", k);
	*json = rc ? NULL : json_dumps(tags, JSON_COMPACT);
	json_decref(tags);
	return rc;
}

int mt_wish_read(struct mt_net *net, const struct mt_net_wish *w, struct mt_err *err)
{
	if (!w->base)
		return mt_net_load(net, w->name, &w->how, err);
	int rc = mt_net_parse(net, mt_net_json(&w->base->net), &w->how, err);
	return rc ? mt_err_prefix(rc, err, "%s", w->base_name) : MT_OK;
}

/* A net that cannot be loaded: because of the crop? */
static int blame_crop(const struct mt_net_wish *w, struct mt_err *err)
{
	struct mt_net net;
	struct mt_net_wish other = *w;
	other.how.frames = 0;
	if (!w->how.frames || mt_wish_read(&net, &other, NULL))
		return MT_EINPUT;
	int64_t least = net.min_frames;
	mt_net_release(&net);
	return w->how.frames >= least ? MT_EINPUT :
		mt_err_set(err, MT_EUSAGE, "`crop` %lld: net %s takes %lld frames or more",
			   (long long)w->how.frames, w->name, (long long)least);
}

int mt_wish_load(struct mt_net *net, const struct mt_net_wish *w, struct mt_err *err)
{
	struct mt_net raw;
	int rc = mt_wish_read(&raw, w, err);
	if (rc)
		return rc == MT_EINPUT ? blame_crop(w, err) : rc;
	if (!raw.head || !raw.head->scores) {
		mt_net_release(&raw);
		return mt_err_set(err, MT_EINPUT, "net %s: its last layer is not a "
				  "sigmoid or softmax, so its scores would not lie "
				  "between 0 and 1", w->name);
	}
	json_t *o = json_loads(mt_net_json(&raw), 0, NULL);
	json_t *layers = json_object_get(o, "layers");
	json_t *last = json_array_get(layers, json_array_size(layers) - 1);
	json_object_set_new(last, "op", json_string(w->single ? "softmax" : "sigmoid"));
	mt_net_release(&raw);
	char *text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	rc = mt_net_parse(net, text, NULL, err);
	free(text);
	if (!rc && w->freeze && (rc = mt_transfer_freeze(net, w->freeze, err)))
		mt_net_release(net);
	return rc;
}

int mt_net_recommend(const struct mt_net *net,
		     int (*set)(const void *ctx, const char *name, const char *number,
				struct mt_err *err),
		     const void *ctx, struct mt_err *err)
{
	static const char known[] = " epochs batch lr warmup decay momentum mixup "
				    "mask-frames mask-bands average patience ";
	json_t *root = json_loads(mt_net_json(net), 0, NULL), *value;
	json_t *recipe = json_object_get(root, "recipe");
	const char *name;
	int rc = recipe ? MT_OK : MT_END;
	json_object_foreach(recipe, name, value) {
		char *word = mt_strf(" %s ", name), number[40];
		snprintf(number, sizeof number, "%.15g", json_number_value(value));
		if (!strstr(known, word) || !json_is_number(value))
			rc = mt_err_set(err, MT_EINPUT, "net %.60s: its recipe has '%.60s', "
					"which is not a number for the training", net->name,
					name);
		else if ((rc = set(ctx, name, number, err)))
			mt_err_prefix(rc, err, "net %.60s: recipe", net->name);
		free(word);
		if (rc)
			break;
	}
	json_decref(root);
	return rc;
}

bool mt_transfer_same_tags(const struct mt_tagger *base, const struct mt_head *head)
{
	size_t n = mt_head_n_tag(head);
	if (n != base->n_tag)
		return false;
	for (size_t k = 0; k < n; k++)
		if (strcmp(base->tag[k], mt_head_tag(head, k)) != 0)
			return false;
	return true;
}

int mt_transfer_params(const struct mt_tagger *base, struct mt_trainer *t,
		       bool keep_head, struct mt_err *err)
{
	int skip = keep_head ? -1 : mt_net_head(t->net);
	return mt_model_layers_to_engine(&base->model, t->net, skip, t->engine, err);
}

int mt_transfer_freeze(struct mt_net *net, const char *layer, struct mt_err *err)
{
	int head = mt_net_head(net), i = -1;
	if (!strcmp(layer, "all-but-head")) {
		mt_net_freeze(net, head);
		return MT_OK;
	}
	while (++i < net->n_node && strcmp(net->node[i].name, layer) != 0)
		;
	if (i >= net->n_node) {
		char list[300] = "";
		size_t at = 0;
		for (int k = 0; k < head && at < sizeof list; k++)
			at += (size_t)snprintf(list + at, sizeof list - at, "%s %s",
					       k ? "," : "", net->node[k].name);
		return mt_err_set(err, MT_EUSAGE, "`freeze`: unknown layer '%.60s'; use "
				  "all-but-head or one of%s", layer, list);
	}
	if (i >= head)
		return mt_err_set(err, MT_EUSAGE, "`freeze` %s: the head, layer %s, would be "
				  "frozen too, which leaves nothing to train; use "
				  "`freeze` all-but-head", layer, net->node[head].name);
	mt_net_freeze(net, i + 1);
	return MT_OK;
}
