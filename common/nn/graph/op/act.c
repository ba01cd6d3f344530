/* SPDX-License-Identifier: MIT
 * Activations, heads and dropout: the shape stays.
 *   relu  sigmoid  softmax  logsoftmax  elu: alpha (1)
 *   dropout  rate (.5) */
#include "nn/graph/op.h"

static int softmax_shape(const struct mt_node *node, int64_t (*in)[4], int64_t out[4],
			 struct mt_err *err)
{
	(void)node;
	(void)out;
	return in[0][2] * in[0][3] == 1 ? MT_OK : mt_op_bad_shape(err, "softmax of a map", in[0]);
}

const struct mt_op mt_op_relu = {
	.id = MT_OP_RELU, .name = {"relu"}, .is_relu = true, .any_layout = true,
};

const struct mt_op mt_op_elu = {
	.id = MT_OP_ELU, .name = {"elu"},
	.attr = {{.name = "alpha", .type = MT_ATTR_REAL, .at = MT_AT(a.alpha), .standard = 1}},
	.any_layout = true,
};

const struct mt_op mt_op_sigmoid = {
	.id = MT_OP_SIGMOID, .name = {"sigmoid"}, .head = true, .scores = true,
};

const struct mt_op mt_op_softmax = {
	.id = MT_OP_SOFTMAX, .name = {"softmax"}, .head = true, .scores = true,
	.shape = softmax_shape,
};

const struct mt_op mt_op_logsoftmax = {
	.id = MT_OP_LOGSOFTMAX, .name = {"logsoftmax"}, .head = true, .shape = softmax_shape,
};

static bool dropout_idle(const struct mt_node *node, bool train)
{
	return !train || !(node->a.rate > 0);
}

const struct mt_op mt_op_dropout = {
	.id = MT_OP_DROPOUT, .name = {"dropout"},
	.attr = {{.name = "rate", .type = MT_ATTR_REAL, .at = MT_AT(a.rate), .standard = 0.5,
		  .max = 1, .below = true, .says = "\"rate\" must be in [0, 1)"}},
	.passes = true, .idle = dropout_idle,
};
