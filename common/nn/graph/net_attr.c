/* SPDX-License-Identifier: MIT
 * Attributes of layers from JSON, as the op's table describes them. */
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/near.h"
#include "nn/graph/net_impl.h"
#include "nn/graph/op.h"

int mt_net_read_ints(const json_t *v, const char *what, int n, int64_t *to, int64_t least,
		     struct mt_err *err)
{
	if (!json_is_integer(v) && (!json_is_array(v) || json_array_size(v) != (size_t)n))
		return mt_err_set(err, MT_EINPUT, "\"%s\" must be a number or a list of %d", what,
				  n);
	for (int i = 0; i < n; i++) {
		const json_t *e = json_is_array(v) ? json_array_get(v, (size_t)i) : v;
		int64_t x = json_integer_value(e);
		if (!json_is_integer(e) || x < least || x > MT_NET_MAX_SIZE)
			return mt_err_set(err, MT_EINPUT, "bad \"%s\": %lld", what, (long long)x);
		to[i] = x;
	}
	return MT_OK;
}

int mt_net_read_word(const json_t *l, const char *what, const char **to, struct mt_err *err)
{
	const json_t *v = json_object_get(l, what);
	*to = json_string_value(v);
	return !v || *to ? MT_OK : mt_err_set(err, MT_EINPUT, "\"%s\" must be a string", what);
}

/* A pair (H, W); one number means the square, or in one dimension (fill, n). */
static int read_pair(const json_t *v, const char *what, bool one_d, int64_t fill, int64_t to[2],
		     int64_t least, struct mt_err *err)
{
	int rc = mt_net_read_ints(v, what, 2, to, least, err);
	if (!rc && one_d && json_is_integer(v))
		to[0] = fill;
	return rc;
}

static int read_pad(const json_t *v, bool one_d, struct mt_attr *a, struct mt_err *err)
{
	const char *word = json_string_value(v);
	int64_t p[2] = {0, 0};
	if (!v || (word && !strcmp(word, "valid")))
		return MT_OK;
	if (word && strcmp(word, "same"))
		return mt_err_set(err, MT_EINPUT, "\"pad\" is \"%s\", not same or valid", word);
	if (json_is_array(v) && json_array_size(v) == 4)
		return mt_net_read_ints(v, "pad", 4, a->pad, 0, err);
	if (!word && read_pair(v, "pad", one_d, 0, p, 0, err))
		return MT_EINPUT;
	for (int i = 0; i < 2; i++) {
		a->pad[2 * i] = word ? (a->kernel[i] - 1) / 2 : p[i];
		a->pad[2 * i + 1] = word ? a->kernel[i] / 2 : p[i];
	}
	return MT_OK;
}

static int read_real(const json_t *v, const struct mt_op_attr *row, float *to, struct mt_err *err)
{
	double x = v ? json_number_value(v) : row->standard;
	if ((v && !json_is_number(v)) || !(fabs(x) <= (double)FLT_MAX))
		return mt_err_set(err, MT_EINPUT, "\"%s\" must be a number%s", row->name,
				  json_is_number(v) ? " of 32 bits" : "");
	*to = (float)x;
	x = (double)*to;
	if (row->says && (!(row->above ? x > row->min : x >= row->min) ||
			  !(row->below ? x < row->max : x <= row->max)))
		return mt_err_set(err, MT_EINPUT, "%s", row->says);
	return MT_OK;
}

static int read_bool(const json_t *v, const struct mt_op_attr *row, int *to, struct mt_err *err)
{
	if (v && !json_is_boolean(v))
		return mt_err_set(err, MT_EINPUT, "\"%s\" must be true or false", row->name);
	*to = v ? json_is_true(v) : row->standard > 0;
	return MT_OK;
}

static int read_row(const struct mt_net *net, const json_t *l, const struct mt_op_attr *row,
		    struct mt_node *node, struct mt_err *err)
{
	const json_t *v = json_object_get(l, row->name);
	bool one_d = net->layout >= MT_LAYOUT_BFT ||
		(node->op->one_d && node->alias >= node->op->one_d);
	void *to = (char *)node + row->at;
	int64_t *pair = to;
	const char *word;
	switch (row->type) {
	case MT_ATTR_INTS:
		return !v && !row->required ? MT_OK :
			mt_net_read_ints(v, row->name, row->n, to, row->least, err);
	case MT_ATTR_PAIR:
		if (!v && row->required)
			return mt_err_set(err, MT_EINPUT, "no \"%s\"", row->name);
		if (v)
			return read_pair(v, row->name, one_d, 1, pair, row->least, err);
		pair[0] = pair[1] = (int64_t)row->standard;
		return MT_OK;
	case MT_ATTR_PAD:
		return read_pad(v, one_d, &node->a, err);
	case MT_ATTR_REAL:
		return read_real(v, row, to, err);
	case MT_ATTR_BOOL:
		return read_bool(v, row, to, err);
	case MT_ATTR_WORD:
		return mt_net_read_word(l, row->name, &word, err) ? MT_EINPUT :
			row->word(net, node, word, err);
	case MT_ATTR_REFUSED:
		return v ? mt_err_set(err, MT_EINPUT, "%s", row->says) : MT_OK;
	}
	return MT_OK;
}

int mt_net_read_attr(const struct mt_net *net, const json_t *l, struct mt_node *node,
		     struct mt_err *err)
{
	int rc = MT_OK;
	for (const struct mt_op_attr *row = node->op->attr; !rc && row->name; row++)
		rc = read_row(net, l, row, node, err);
	return rc || !node->op->check ? rc : node->op->check(net, node, err);
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
	const char *known[4 + MT_OP_MAX_ATTR] = {"op", "name", "from", "comment"};
	const char *name = json_string_value(json_object_get(l, "name"));
	const char *op_name = json_string_value(json_object_get(l, "op"));
	int alias;
	const struct mt_op *op = mt_op_find(op_name, &alias);
	size_t n = 4;
	if (!op)
		return MT_OK;     /* mt_net_read() says so */
	for (const struct mt_op_attr *a = op->attr; a->name; a++)
		known[n++] = a->name;
	char *of = name ? mt_strf("layer %.60s (%s)", name, op_name) :
		mt_strf("layer %zu (%s)", number, op_name);
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
