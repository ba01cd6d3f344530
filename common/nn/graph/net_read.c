/* SPDX-License-Identifier: MIT
 * Layers and their attributes from JSON. */
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/near.h"
#include "nn/graph/net_impl.h"

/* Names and what each op reads beside op, name, from and comment. A pool reads
 * "pad" to refuse it. */
static const struct op_name {
	const char *name;
	enum mt_op op;
	const char *attr[5];
} op_names[] = {
	{"conv2d", MT_OP_CONV, {"out", "kernel", "stride", "pad", "bias"}},
	{"conv1d", MT_OP_CONV, {"out", "kernel", "stride", "pad", "bias"}},
	{"dense", MT_OP_DENSE, {"out", "bias"}},
	{"batchnorm", MT_OP_BATCHNORM, {"axis", "eps", "momentum", "fixed"}},
	{"scalarnorm", MT_OP_BATCHNORM, {"axis", "eps", "momentum", "fixed"}},
	{"relu", MT_OP_RELU, {0}}, {"elu", MT_OP_ELU, {"alpha"}},
	{"sigmoid", MT_OP_SIGMOID, {0}}, {"softmax", MT_OP_SOFTMAX, {0}},
	{"logsoftmax", MT_OP_LOGSOFTMAX, {0}},
	{"maxpool", MT_OP_MAXPOOL, {"size", "stride", "pad"}},
	{"avgpool", MT_OP_AVGPOOL, {"size", "stride", "pad"}},
	{"globalpool", MT_OP_GLOBALPOOL, {"mode", "over"}},
	{"dropout", MT_OP_DROPOUT, {"rate"}}, {"add", MT_OP_ADD, {0}},
	{"concat", MT_OP_CONCAT, {0}}, {"reshape", MT_OP_RESHAPE, {"shape"}},
	{"flatten", MT_OP_RESHAPE, {"shape"}}, {"permute", MT_OP_PERMUTE, {"order"}},
	{"pad", MT_OP_PAD, {"pad"}}, {"instancenorm", MT_OP_INSTANCENORM, {"eps"}},
};
#define N_OP_NAME (sizeof op_names / sizeof *op_names)

static const struct op_name *find_op(const char *op)
{
	size_t k = 0;
	while (op && k < N_OP_NAME && strcmp(op, op_names[k].name))
		k++;
	return op && k < N_OP_NAME ? &op_names[k] : NULL;
}

static int bad(struct mt_err *err, const char *what, long long value)
{
	return mt_err_set(err, MT_EINPUT, "bad \"%s\": %lld", what, value);
}

/* An integer, or a list of exactly n of them; a single one fills all (one_d:
 * only the last of each pair, the others become fill). */
static int get_ints(const json_t *v, const char *what, int n, int64_t *to, int64_t min,
		    struct mt_err *err)
{
	if (!json_is_integer(v) && (!json_is_array(v) || json_array_size(v) != (size_t)n))
		return mt_err_set(err, MT_EINPUT, "\"%s\" must be a number or a list of %d", what,
				  n);
	for (int i = 0; i < n; i++) {
		const json_t *e = json_is_array(v) ? json_array_get(v, (size_t)i) : v;
		int64_t x = json_integer_value(e);
		if (!json_is_integer(e) || x < min || x > MT_NET_MAX_SIZE)
			return bad(err, what, (long long)x);
		to[i] = x;
	}
	return MT_OK;
}

/* A pair (H, W); one number means the square, or in one dimension (1d, n). */
static int get_pair(const json_t *l, const char *what, int one_d, int64_t fill, int64_t to[2],
		    int64_t min, struct mt_err *err)
{
	const json_t *v = json_object_get(l, what);
	if (!v)
		return MT_OK;
	int status = get_ints(v, what, 2, to, min, err);
	if (!status && one_d && json_is_integer(v))
		to[0] = fill;
	return status;
}

static int get_pad(const json_t *l, int one_d, struct mt_attr *a, struct mt_err *err)
{
	const json_t *v = json_object_get(l, "pad");
	const char *word = json_string_value(v);
	int64_t p[2] = {0, 0};
	if (!v || (word && !strcmp(word, "valid")))
		return MT_OK;
	if (word && strcmp(word, "same"))
		return mt_err_set(err, MT_EINPUT, "\"pad\" is \"%s\", not same or valid", word);
	if (json_is_array(v) && json_array_size(v) == 4)
		return get_ints(v, "pad", 4, a->pad, 0, err);
	if (!word && get_pair(l, "pad", one_d, 0, p, 0, err))
		return MT_EINPUT;
	for (int i = 0; i < 2; i++) {
		a->pad[2 * i] = word ? (a->kernel[i] - 1) / 2 : p[i];
		a->pad[2 * i + 1] = word ? a->kernel[i] / 2 : p[i];
	}
	return MT_OK;
}

static int get_real(const json_t *l, const char *what, double standard, float *to,
		    struct mt_err *err)
{
	const json_t *v = json_object_get(l, what);
	double x = v ? json_number_value(v) : standard;
	if ((v && !json_is_number(v)) || !(fabs(x) <= (double)FLT_MAX))
		return mt_err_set(err, MT_EINPUT, "\"%s\" must be a number%s", what,
				  json_is_number(v) ? " of 32 bits" : "");
	*to = (float)x;
	return MT_OK;
}

/* A text, or NULL where there is none. */
static int get_word(const json_t *l, const char *what, const char **to, struct mt_err *err)
{
	const json_t *v = json_object_get(l, what);
	*to = json_string_value(v);
	return !v || *to ? MT_OK : mt_err_set(err, MT_EINPUT, "\"%s\" must be a string", what);
}

/* The axis that a letter means under this layout; 0 for a wrong letter. */
static int axis_of(enum mt_layout layout, char letter)
{
	switch (letter) {
	case 'C':
		return MT_AXIS_C;
	case 'F':
		return layout == MT_LAYOUT_BCFT ? MT_AXIS_H :
		       layout == MT_LAYOUT_BCTF ? MT_AXIS_W : MT_AXIS_C;
	case 'T':
		return layout == MT_LAYOUT_BCTF ? MT_AXIS_H : MT_AXIS_W;
	default:
		return 0;
	}
}

static int read_conv(const struct mt_net *net, const json_t *l, struct mt_node *node,
		     struct mt_err *err)
{
	struct mt_attr *a = &node->a;
	const char *op = json_string_value(json_object_get(l, "op"));
	int one_d = !strcmp(op, "conv1d") || net->layout >= MT_LAYOUT_BFT;
	int pool = node->op == MT_OP_MAXPOOL || node->op == MT_OP_AVGPOOL;
	const char *size = pool ? "size" : "kernel";
	const json_t *bias = json_object_get(l, "bias");
	if (bias && !json_is_boolean(bias))
		return mt_err_set(err, MT_EINPUT, "\"bias\" must be true or false");
	a->bias = !bias || json_is_true(bias);
	if (node->op != MT_OP_DENSE && node->op != MT_OP_PAD) {
		if (!json_object_get(l, size))
			return mt_err_set(err, MT_EINPUT, "no \"%s\"", size);
		if (get_pair(l, size, one_d, 1, a->kernel, 1, err))
			return MT_EINPUT;
		a->stride[0] = pool ? a->kernel[0] : 1;
		a->stride[1] = pool ? a->kernel[1] : 1;
		if (get_pair(l, "stride", one_d, 1, a->stride, 1, err))
			return MT_EINPUT;
	}
	if (pool && json_object_get(l, "pad"))
		return mt_err_set(err, MT_EINPUT, "a pool has no \"pad\": put a pad layer before");
	if (!pool && node->op != MT_OP_DENSE && get_pad(l, one_d, a, err))
		return MT_EINPUT;
	if (!pool && node->op != MT_OP_PAD)
		return get_ints(json_object_get(l, "out"), "out", 1, &a->out, 1, err);
	return MT_OK;
}

static int read_norm(const struct mt_net *net, const json_t *l, struct mt_node *node,
		     struct mt_err *err)
{
	const char *op = json_string_value(json_object_get(l, "op"));
	const char *axis;
	if (get_word(l, "axis", &axis, err))
		return MT_EINPUT;
	if (!axis)
		axis = !strcmp(op, "scalarnorm") ? "all" : "C";
	node->a.axis = !strcmp(axis, "all") ? MT_AXIS_ALL :
		axis_of(net->layout, *axis && axis[1] ? 0 : *axis);
	if (!node->a.axis)
		return mt_err_set(err, MT_EINPUT, "\"axis\" is \"%s\", not C, F, T or all", axis);
	const json_t *fixed = json_object_get(l, "fixed");
	if (fixed && !json_is_boolean(fixed))
		return mt_err_set(err, MT_EINPUT, "\"fixed\" must be true or false");
	node->fixed = node->frozen = json_is_true(fixed);
	if (node->fixed && (node->from[0] >= 0 || net->n_node > 1))
		return mt_err_set(err, MT_EINPUT, "a \"fixed\" norm must be the first layer");
	if (node->fixed && *axis == 'T')
		return mt_err_set(err, MT_EINPUT, "a \"fixed\" norm has no axis T");
	if (get_real(l, "eps", 1e-5, &node->a.eps, err) ||
	    get_real(l, "momentum", 0.1, &node->a.momentum, err))
		return MT_EINPUT;
	if (!(node->a.eps > 0) || !(node->a.momentum >= 0) || !(node->a.momentum <= 1))
		return mt_err_set(err, MT_EINPUT, "\"eps\" or \"momentum\" is out of range");
	return MT_OK;
}

static int read_instancenorm(const json_t *l, struct mt_node *node, struct mt_err *err)
{
	if (get_real(l, "eps", 1e-5, &node->a.eps, err))
		return MT_EINPUT;
	return node->a.eps > 0 ? MT_OK :
		mt_err_set(err, MT_EINPUT, "\"eps\" is out of range");
}

static int read_global(const struct mt_net *net, const json_t *l, struct mt_node *node,
		       struct mt_err *err)
{
	const char *mode, *over;
	if (get_word(l, "mode", &mode, err) || get_word(l, "over", &over, err))
		return MT_EINPUT;
	node->a.mode = !mode || !strcmp(mode, "mean") ? MT_POOL_MEAN :
		       !strcmp(mode, "max") ? MT_POOL_MAX :
		       !strcmp(mode, "max+mean") ? MT_POOL_MAX_MEAN : 0;
	if (!node->a.mode)
		return mt_err_set(err, MT_EINPUT, "\"mode\" is \"%s\", not mean, max or max+mean",
				  mode);
	for (const char *c = over ? over : "FT"; *c; c++) {
		int axis = axis_of(net->layout, *c);
		if (net->layout < MT_LAYOUT_BFT && axis != MT_AXIS_H && axis != MT_AXIS_W)
			return mt_err_set(err, MT_EINPUT, "\"over\" is \"%s\", not F, T or FT",
					  over);
		if (axis == MT_AXIS_H || axis == MT_AXIS_W)
			node->a.axis |= axis == MT_AXIS_H ? 1 : 2;
	}
	return MT_OK;
}

static int read_attr(const struct mt_net *net, const json_t *l, struct mt_node *node,
		     struct mt_err *err)
{
	struct mt_attr *a = &node->a;
	const json_t *v;
	switch (node->op) {
	case MT_OP_CONV: case MT_OP_DENSE: case MT_OP_MAXPOOL: case MT_OP_AVGPOOL:
	case MT_OP_PAD:
		return read_conv(net, l, node, err);
	case MT_OP_BATCHNORM:
		return read_norm(net, l, node, err);
	case MT_OP_INSTANCENORM:
		return read_instancenorm(l, node, err);
	case MT_OP_GLOBALPOOL:
		return read_global(net, l, node, err);
	case MT_OP_DROPOUT:
		if (get_real(l, "rate", 0.5, &a->rate, err))
			return MT_EINPUT;
		if (!(a->rate >= 0 && a->rate < 1))
			return mt_err_set(err, MT_EINPUT, "\"rate\" must be in [0, 1)");
		return MT_OK;
	case MT_OP_ELU:
		return get_real(l, "alpha", 1, &a->alpha, err);
	case MT_OP_RESHAPE:
		v = json_object_get(l, "shape");
		return v ? get_ints(v, "shape", 3, a->perm + 1, 1, err) : MT_OK;
	case MT_OP_PERMUTE:
		if (get_ints(json_object_get(l, "order"), "order", 4, a->perm, 0, err))
			return MT_EINPUT;
		for (int i = 0, seen = 0; i < 4; i++)
			if (a->perm[i] > 3 || (i == 0) != (a->perm[i] == 0) ||
			    (seen & 1 << a->perm[i]))
				return bad(err, "order", (long long)a->perm[i]);
			else
				seen |= 1 << a->perm[i];
		return MT_OK;
	default:
		return MT_OK;
	}
}

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
	int list = json_is_array(from), many = node->op == MT_OP_ADD || node->op == MT_OP_CONCAT;
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
	int rc = get_word(l, "name", &name, err);
	if (rc)
		return mt_err_prefix(rc, err, "layer %d", net->n_node + 1);
	const struct op_name *known = find_op(op);
	if (!known)
		return mt_err_set(err, MT_EINPUT, "layer %d: unknown op \"%s\"", net->n_node + 1,
				  op ? op : "");
	node->op = known->op;
	node->name = name ? mt_strdup(name) : mt_strf("%s%d", op, net->n_node + 1);
	int twice = find_node(net, node->name) > -2;
	int status = read_from(net, l, node, err);
	net->n_node++;
	if (twice)
		return mt_err_set(err, MT_EINPUT, "two layers are called \"%s\"", node->name);
	if (!status)
		status = read_attr(net, l, node, err);
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
	    get_ints(json_object_get(in, "bands"), "bands", 1, &net->bands, 1, err))
		return MT_EINPUT;
	return get_ints(json_object_get(in, "frames"), "frames", 1, &net->frames, 1, err);
}

int mt_net_read(struct mt_net *net, const json_t *root, struct mt_err *err)
{
	const json_t *layers = json_object_get(root, "layers"), *l;
	const char *embed;
	size_t i;
	int status = get_word(root, "embed", &embed, err);
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

/* Every member of an object must be one of the n known names. */
static int check_members(const json_t *object, const char *of, const char *const *known, size_t n,
			 struct mt_err *err)
{
	char list[160] = "";
	const char *name;
	json_t *v;
	json_object_foreach((json_t *)(uintptr_t)object, name, v) {
		size_t i = 0, at = 0;
		while (i < n && strcmp(name, known[i]))
			i++;
		if (i < n)
			continue;
		const char *near = mt_near(name, known, n);
		if (near)
			return mt_err_set(err, MT_EINPUT, "%s: unknown attribute \"%.40s\", did "
					  "you mean \"%s\"?", of, name, near);
		for (i = 0; i < n; i++)
			at += (size_t)snprintf(list + at, sizeof list - at, "%s%s", i ? ", " : "",
					       known[i]);
		return mt_err_set(err, MT_EINPUT, "%s: unknown attribute \"%.40s\"; known are %s",
				  of, name, list);
	}
	return MT_OK;
}

static int check_layer(const json_t *l, size_t number, struct mt_err *err)
{
	const char *known[9] = {"op", "name", "from", "comment"};
	const char *name = json_string_value(json_object_get(l, "name"));
	const struct op_name *op = find_op(json_string_value(json_object_get(l, "op")));
	size_t n = 4;
	if (!op)
		return MT_OK;     /* mt_net_read() says so */
	for (size_t i = 0; i < sizeof op->attr / sizeof *op->attr && op->attr[i]; i++)
		known[n++] = op->attr[i];
	char *of = name ? mt_strf("layer %.60s (%s)", name, op->name) :
		mt_strf("layer %zu (%s)", number, op->name);
	int rc = check_members(l, of, known, n, err);
	free(of);
	return rc;
}

int mt_net_check_names(const json_t *root, struct mt_err *err)
{
	static const char *const top[] = {"name", "input", "layers", "embed", "recipe", "comment"};
	static const char *const input[] = {"layout", "bands", "frames", "min_frames", "comment"};
	const json_t *layers = json_object_get(root, "layers"), *l;
	size_t i;
	int rc = check_members(root, "the net", top, sizeof top / sizeof *top, err);
	if (!rc)
		rc = check_members(json_object_get(root, "input"), "the net's input", input,
				   sizeof input / sizeof *input, err);
	json_array_foreach(layers, i, l)
		if (!rc)
			rc = check_layer(l, i + 1, err);
	return rc;
}
