/* SPDX-License-Identifier: MIT
 * Layers from JSON: names, what they read, the input. */
#include <string.h>

#include "base/mem.h"
#include "nn/graph/net_impl.h"
#include "nn/graph/op.h"

static int find_node(const struct mt_net *net, const char *name)
{
	for (int i = 0; name && i < net->n_node; i++)
		if (!strcmp(net->node[i].name, name))
			return i;
	return name && !strcmp(name, "input") ? -1 : -2;
}

static int read_from(struct mt_net *net, const json_t *l, struct mt_node *node,
		     struct mt_err *err)
{
	const json_t *from = json_object_get(l, "from");
	int list = json_is_array(from), many = node->op->many;
	size_t n = list ? json_array_size(from) : 1;
	if (n < 1 || n > MT_MAX_FROM || (many ? n < 2 : n != 1))
		return mt_err_set(err, MT_EINPUT, "\"from\" has %zu names", from ? n : 0);
	node->n_from = (int)n;
	node->from[0] = net->n_node - 1;
	for (size_t i = 0; from && i < n; i++) {
		const char *s = json_string_value(list ? json_array_get(from, i) : from);
		if ((node->from[i] = find_node(net, s)) < -1)
			return mt_err_set(err, MT_EINPUT, "\"from\": no earlier layer is called "
					  "\"%s\"", s ? s : "?");
	}
	return MT_OK;
}

static int read_node(struct mt_net *net, const json_t *l, struct mt_err *err)
{
	struct mt_node *node = &net->node[net->n_node];
	const char *op = json_string_value(json_object_get(l, "op"));
	const char *name;
	int rc = mt_net_read_word(l, "name", &name, err);
	if (rc)
		return mt_err_prefix(rc, err, "layer %d", net->n_node + 1);
	node->op = mt_op_find(op, &node->alias);
	if (!node->op)
		return mt_err_set(err, MT_EINPUT, "layer %d: unknown op \"%s\"", net->n_node + 1,
				  op ? op : "");
	node->name = name ? mt_strdup(name) : mt_strf("%s%d", op, net->n_node + 1);
	int twice = find_node(net, node->name) > -2;
	int status = read_from(net, l, node, err);
	net->n_node++;
	if (twice)
		return mt_err_set(err, MT_EINPUT, "two layers are called \"%s\"", node->name);
	if (!status)
		status = mt_net_read_attr(net, l, node, err);
	return status ? mt_err_prefix(status, err, "layer %s", node->name) : MT_OK;
}

static int read_input(struct mt_net *net, const json_t *root, struct mt_err *err)
{
	static const char *const layouts[] = {"BCFT", "BCTF", "BFT", "BCT"};
	const json_t *in = json_object_get(root, "input");
	const char *name = json_string_value(json_object_get(root, "name"));
	const char *layout = json_string_value(json_object_get(in, "layout"));
	int k = 0;
	while (k < 4 && (!layout || strcmp(layout, layouts[k])))
		k++;
	if (k == 4)
		return mt_err_set(err, MT_EINPUT, "the input's layout is \"%s\", not BCFT, BCTF, "
				  "BFT or BCT", layout ? layout : "");
	net->name = mt_strdup(name ? name : "net");
	net->layout = (enum mt_layout)k;
	net->bands = 1;
	if (net->layout != MT_LAYOUT_BCT &&
	    mt_net_read_ints(json_object_get(in, "bands"), "bands", 1, &net->bands, 1, err))
		return MT_EINPUT;
	return mt_net_read_ints(json_object_get(in, "frames"), "frames", 1, &net->frames, 1, err);
}

int mt_net_read(struct mt_net *net, const json_t *root, struct mt_err *err)
{
	const json_t *layers = json_object_get(root, "layers"), *l;
	const char *embed;
	size_t i;
	int status = mt_net_read_word(root, "embed", &embed, err);
	if (!status)
		status = read_input(net, root, err);
	net->node = mt_calloc(json_array_size(layers) + 1, sizeof *net->node);
	json_array_foreach(layers, i, l)
		if (!status)
			status = read_node(net, l, err);
	if (!status && !net->n_node)
		status = mt_err_set(err, MT_EINPUT, "the net has no layers");
	if (!status && embed && (net->embed = find_node(net, embed)) < 0)
		status = mt_err_set(err, MT_EINPUT, "\"embed\": no layer is called \"%s\"", embed);
	return status ? status : mt_net_finish(net, err);
}
