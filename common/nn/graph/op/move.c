/* SPDX-License-Identifier: MIT
 * Ops that put values elsewhere.
 *   add, concat  from (two layers or more); concat joins them along C
 *   reshape      shape [C,H,W], row-major order kept
 *   flatten      reshape to (C*H*W,1,1)
 *   permute      order, e.g. [0,2,1,3]: output axis i is input axis order[i]
 *   pad          pad n | [h,w] | [top,bottom,left,right]: zeros around a map */
#include "nn/graph/op.h"

static int join_shape(const struct mt_node *node, int64_t (*in)[4], int64_t out[4],
		      struct mt_err *err)
{
	bool cat = node->op->joins;
	for (int i = 1; i < node->n_from; i++) {
		if ((!cat && in[i][1] != in[0][1]) || in[i][2] != in[0][2] || in[i][3] != in[0][3])
			return mt_op_bad_shape(err, "inputs differ in shape", in[i]);
		if (cat)
			out[1] += in[i][1];
	}
	return MT_OK;
}

const struct mt_op mt_op_add = {
	.id = MT_OP_ADD, .name = {"add"}, .many = true, .any_layout = true, .shape = join_shape,
};

const struct mt_op mt_op_concat = {
	.id = MT_OP_CONCAT, .name = {"concat"}, .many = true, .joins = true, .shape = join_shape,
};

/* perm[1..3] is the shape; 0 without one */
static int reshape_shape(const struct mt_node *node, int64_t (*in)[4], int64_t out[4],
			 struct mt_err *err)
{
	const int64_t *perm = node->a.perm;
	for (int i = 1; i < 4; i++)
		out[i] = perm[1] ? perm[i] : i == 1 ? mt_op_count(in[0]) : 1;
	return mt_op_count(out) == mt_op_count(in[0]) ? MT_OK :
		mt_op_bad_shape(err, "\"shape\" has another size than its input", in[0]);
}

const struct mt_op mt_op_reshape = {
	.id = MT_OP_RESHAPE, .name = {"reshape", "flatten"},
	.attr = {{.name = "shape", .type = MT_ATTR_INTS, .at = MT_AT(a.perm[1]), .n = 3,
		  .least = 1}},
	.passes = true, .shape = reshape_shape,
};

static int permute_check(const struct mt_net *net, struct mt_node *node, struct mt_err *err)
{
	const int64_t *perm = node->a.perm;
	(void)net;
	for (int i = 0, seen = 0; i < 4; i++)
		if (perm[i] > 3 || (i == 0) != (perm[i] == 0) || (seen & 1 << perm[i]))
			return mt_err_set(err, MT_EINPUT, "bad \"order\": %lld",
					  (long long)perm[i]);
		else
			seen |= 1 << perm[i];
	return MT_OK;
}

static int permute_shape(const struct mt_node *node, int64_t (*in)[4], int64_t out[4],
			 struct mt_err *err)
{
	(void)err;
	for (int i = 1; i < 4; i++)
		out[i] = in[0][node->a.perm[i]];
	return MT_OK;
}

const struct mt_op mt_op_permute = {
	.id = MT_OP_PERMUTE, .name = {"permute"},
	.attr = {{.name = "order", .type = MT_ATTR_INTS, .at = MT_AT(a.perm), .n = 4,
		  .required = true}},
	.check = permute_check, .shape = permute_shape,
};

static int pad_shape(const struct mt_node *node, int64_t (*in)[4], int64_t out[4],
		     struct mt_err *err)
{
	const int64_t *pad = node->a.pad;
	(void)in;
	(void)err;
	out[2] += pad[0] + pad[1];
	out[3] += pad[2] + pad[3];
	return MT_OK;
}

const struct mt_op mt_op_pad = {
	.id = MT_OP_PAD, .name = {"pad"}, .attr = {{.name = "pad", .type = MT_ATTR_PAD}},
	.shape = pad_shape,
};
