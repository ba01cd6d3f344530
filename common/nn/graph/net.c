/* SPDX-License-Identifier: MIT
 * Load and edit the JSON of a net. Options are written into the JSON before
 * it is read, so that mt_net_json() of the result needs no options. */
#include "nn/graph/net.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/near.h"
#include "nn/graph/net_impl.h"
#include "nn/graph/op.h"

#define MAX_NODE 1000

static const struct mt_op *find_op(const json_t *layer)
{
	int alias;
	return mt_op_find(json_string_value(json_object_get(layer, "op")), &alias);
}

/* What an option replaces must be right, too: -4 times a width became 1. */
static int check_size(const json_t *v, const char *what, struct mt_err *err)
{
	if (!v || (json_is_integer(v) && json_integer_value(v) > 0 &&
		   json_integer_value(v) <= MT_NET_MAX_SIZE))
		return MT_OK;
	char *text = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);
	mt_err_set(err, MT_EINPUT, "bad \"%s\": %.60s; it must be from 1 to %lld", what,
		   text ? text : "", (long long)MT_NET_MAX_SIZE);
	free(text);
	return MT_EINPUT;
}

static int check_outs(const json_t *layers, const json_t *last, struct mt_err *err)
{
	json_t *l;
	size_t i;
	json_array_foreach(layers, i, l) {
		const json_t *out = json_object_get(l, "out");
		const char *word = l == last || !find_op(l) ? json_string_value(out) : NULL;
		if (word && !strcmp(word, "classes"))
			continue;
		int status = check_size(out, "out", err);
		if (status) {
			const char *name = json_string_value(json_object_get(l, "name"));
			return name ? mt_err_prefix(status, err, "layer %s", name) :
				mt_err_prefix(status, err, "layer %zu", i + 1);
		}
	}
	return MT_OK;
}

static int put_out(json_t *layers, const struct mt_net_opt *opt, struct mt_err *err)
{
	json_t *l, *last = NULL;
	size_t i;
	json_array_foreach(layers, i, l)
		if (find_op(l) && find_op(l)->outputs)
			last = l;
	int status = check_outs(layers, last, err);
	if (status)
		return status;
	json_array_foreach(layers, i, l) {
		json_t *out = json_object_get(l, "out");
		if (l == last || !json_is_integer(out) || !(opt->width > 0))
			continue;
		long long n = llround((double)json_integer_value(out) * opt->width);
		json_object_set_new(l, "out", json_integer(n < 1 ? 1 : n));
	}
	if (!last)
		return MT_OK;
	if (opt->n_class > 0)
		json_object_set_new(last, "out", json_integer(opt->n_class));
	else if (json_is_string(json_object_get(last, "out")))
		return mt_err_set(err, MT_EUSAGE, "the net requires a number of classes");
	return MT_OK;
}

static int put_options(json_t *root, const struct mt_net_opt *opt, struct mt_err *err)
{
	json_t *layers = json_object_get(root, "layers"), *input = json_object_get(root, "input");
	if (!json_is_array(layers) || !json_is_object(input))
		return mt_err_set(err, MT_EINPUT, "the net has no \"layers\" list or no \"input\"");
	if (check_size(json_object_get(input, "bands"), "bands", err) ||
	    check_size(json_object_get(input, "frames"), "frames", err))
		return MT_EINPUT;
	if (opt->bands > 0)
		json_object_set_new(input, "bands", json_integer(opt->bands));
	if (opt->frames > 0)
		json_object_set_new(input, "frames", json_integer(opt->frames));
	return put_out(layers, opt, err);
}

int mt_net_parse(struct mt_net *net, const char *json, const struct mt_net_opt *opt,
		 struct mt_err *err)
{
	static const struct mt_net_opt none;
	json_error_t je;
	*net = (struct mt_net){.embed = -1};
	json_t *root = json_loads(json, JSON_REJECT_DUPLICATES, &je);
	if (!root)
		return mt_err_set(err, MT_EINPUT, "the net is not JSON: line %d, column %d: %s",
				  je.line, je.column, je.text);
	int status = put_options(root, opt ? opt : &none, err);
	if (!status && json_array_size(json_object_get(root, "layers")) > MAX_NODE)
		status = mt_err_set(err, MT_EINPUT, "the net has more than %d layers", MAX_NODE);
	if (!status)
		status = mt_net_read(net, root, err);
	if (!status) {
		char *text = json_dumps(root, JSON_COMPACT);
		net->json = mt_strdup(text ? text : "");
		free(text);
	} else {
		mt_net_release(net);
	}
	json_decref(root);
	return status;
}

char *mt_net_names(void)
{
	char *all = mt_strdup("");
	for (const struct mt_net_builtin *b = mt_net_builtin; b->name; b++) {
		char *next = mt_strf("%s%s%s", all, *all ? ", " : "", b->name);
		free(all);
		all = next;
	}
	return all;
}

static int read_file(const char *path, char **text, struct mt_err *err)
{
	json_t *root;
	int status = mt_json_load(&root, path, MT_EINPUT, err);
	if (status)
		return status;
	*text = json_dumps(root, JSON_COMPACT);
	status = *text ? MT_OK : mt_err_set(err, MT_EINPUT, "%s: not a net", path);
	if (!status && (status = mt_net_check_names(root, err)))
		mt_err_prefix(status, err, "%s", path);
	json_decref(root);
	return status;
}

static int unknown(const char *name, struct mt_err *err)
{
	const char *known[32], *near;
	size_t n = 0;
	for (const struct mt_net_builtin *b = mt_net_builtin; b->name && n < 32; b++)
		known[n++] = b->name;
	char *names = mt_net_names(), *hint = NULL;
	if ((near = mt_near(name, known, n)))
		hint = mt_strf(", did you mean '%s'?", near);
	mt_err_set(err, MT_EUSAGE, "unknown net '%.60s'%s the built-in nets are %s; or give a "
		   ".json file", name, hint ? hint : ";", names);
	free(hint);
	free(names);
	return MT_EUSAGE;
}

int mt_net_load(struct mt_net *net, const char *name, const struct mt_net_opt *opt,
		struct mt_err *err)
{
	size_t n = strlen(name);
	*net = (struct mt_net){0};
	for (const struct mt_net_builtin *b = mt_net_builtin; b->name; b++) {
		if (strcmp(b->name, name))
			continue;
		int status = mt_net_parse(net, b->json, opt, err);
		return status ? mt_err_prefix(status, err, "net %s", name) : MT_OK;
	}
	if (!strchr(name, '/') && (n < 5 || strcmp(name + n - 5, ".json"))) {
		return unknown(name, err);
	}
	char *text = NULL;
	int status = read_file(name, &text, err);
	if (!status && (status = mt_net_parse(net, text, opt, err)))
		mt_err_prefix(status, err, "%s", name);
	free(text);
	return status;
}

int mt_net_find_layer(const struct mt_net *net, const char *name)
{
	for (int i = 0; i < net->n_node; i++)
		if (!strcmp(net->node[i].name, name))
			return i;
	return -1;
}

/* "a, b, c": as many of the names as fit. */
static void list_layers(const struct mt_net *net, char *to, size_t size)
{
	size_t at = 0;
	for (int i = 0; i < net->n_node; i++) {
		size_t n = strlen(net->node[i].name);
		if (at + n + 8 > size) {
			snprintf(to + at, size - at, ", ...");
			return;
		}
		at += (size_t)snprintf(to + at, size - at, "%s%s", i ? ", " : "",
				       net->node[i].name);
	}
}

int mt_net_set_embed(struct mt_net *net, const char *layer, struct mt_err *err)
{
	char list[380] = "";
	int i = mt_net_find_layer(net, layer);
	if (i < 0) {
		list_layers(net, list, sizeof list);
		return mt_err_set(err, MT_EUSAGE, "unknown layer '%.60s'; the net has %s",
				  layer, list);
	}
	net->embed = i;
	return MT_OK;
}

void mt_net_release(struct mt_net *net)
{
	for (int i = 0; i < net->n_node && net->node; i++)
		free(net->node[i].name);
	for (int i = 0; i < net->n_param && net->param; i++)
		free(net->param[i].name);
	free(net->node);
	free(net->param);
	free(net->name);
	free(net->json);
	*net = (struct mt_net){0};
}

const char *mt_net_json(const struct mt_net *net)
{
	return net->json;
}
