/* SPDX-License-Identifier: MIT
 * Layer normalisation, as PyTorch's LayerNorm over the last axes.
 *   layernorm  axes (1): how many of the last axes of (C,H,W) are normalised
 *              together, 1 to 3; eps (1e-5)
 * Each clip, and each entry of the axes before those, has its own mean and
 * biased variance, in training and inference alike. Parameters: weight and
 * bias, one value an entry of the normalised axes, with their shape; axes of
 * size 1 are left out, so that for a dense layer's output (C,1,1) and axes 3
 * they have PyTorch's shape (C). A net that normalises over channels at each
 * place, as transformers do, turns them to the end and back:
 *   {"op": "permute", "order": [0, 2, 3, 1]}, {"op": "layernorm"},
 *   {"op": "permute", "order": [0, 3, 1, 2]} */
#include <math.h>

#include "nn/graph/op.h"

#define AXES a.perm[0]

static int layernorm_check(const struct mt_net *net, struct mt_node *node, struct mt_err *err)
{
	(void)net;
	if (!node->AXES)
		node->AXES = 1;
	return node->AXES <= 3 ? MT_OK : mt_err_set(err, MT_EINPUT, "\"axes\" must be 1, 2 or 3");
}

static int layernorm_shape(const struct mt_node *node, int64_t (*in)[4], int64_t out[4],
			   struct mt_err *err)
{
	(void)out;
	for (int64_t i = 4 - node->AXES; i < 4; i++)
		if (in[0][i] > 1)
			return MT_OK;
	return mt_op_bad_shape(err, "a layernorm of one value is constant; give it more axes",
			       in[0]);
}

static int layernorm_param(const struct mt_node *node, const int64_t in[4], struct mt_op_param *p)
{
	for (int64_t i = 4 - node->AXES; i < 4; i++)
		if (in[i] > 1)
			p[0].dim[p[0].n_dim++] = in[i];
	p[1] = p[0];
	p[0].name = "weight";
	p[0].fill = 1;
	p[1].name = "bias";
	p[1].slot = 1;
	return 2;
}

const struct mt_op mt_op_layernorm = {
	.id = MT_OP_LAYERNORM, .name = {"layernorm"},
	.attr = {
		{.name = "axes", .type = MT_ATTR_INTS, .at = MT_AT(AXES), .n = 1, .least = 1},
		{.name = "eps", .type = MT_ATTR_REAL, .at = MT_AT(a.eps), .standard = 1e-5,
		 .above = true, .max = INFINITY, .says = "\"eps\" is out of range"},
	},
	.check = layernorm_check, .shape = layernorm_shape, .param = layernorm_param,
	.unit = "values",
};
