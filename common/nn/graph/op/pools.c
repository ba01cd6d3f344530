/* SPDX-License-Identifier: MIT
 * Pools.
 *   maxpool, avgpool  size, stride (size); windows past the edge are dropped
 *   globalpool        mode "mean"|"max"|"max+mean", over "F"|"T"|"FT" ("FT") */
#include <string.h>

#include "nn/graph/op.h"

static int pool_check(const struct mt_net *net, struct mt_node *node, struct mt_err *err)
{
	(void)net;
	(void)err;
	if (!node->a.stride[0])
		memcpy(node->a.stride, node->a.kernel, sizeof node->a.stride);
	return MT_OK;
}

static int pool_shape(const struct mt_node *node, int64_t (*in)[4], int64_t out[4],
		      struct mt_err *err)
{
	return mt_op_window(node, in[0], out, err);
}

#define POOL(number, word) { \
	.id = number, .name = {word}, \
	.attr = { \
		{.name = "size", .type = MT_ATTR_PAIR, .at = MT_AT(a.kernel), .required = true, \
		 .least = 1}, \
		{.name = "stride", .type = MT_ATTR_PAIR, .at = MT_AT(a.stride), .least = 1}, \
		{.name = "pad", .type = MT_ATTR_REFUSED, \
		 .says = "a pool has no \"pad\": put a pad layer before"}, \
	}, \
	.check = pool_check, .shape = pool_shape, \
}

const struct mt_op mt_op_maxpool = POOL(MT_OP_MAXPOOL, "maxpool");
const struct mt_op mt_op_avgpool = POOL(MT_OP_AVGPOOL, "avgpool");

static int global_mode(const struct mt_net *net, struct mt_node *node, const char *mode,
		       struct mt_err *err)
{
	(void)net;
	node->a.mode = !mode || !strcmp(mode, "mean") ? MT_POOL_MEAN :
		       !strcmp(mode, "max") ? MT_POOL_MAX :
		       !strcmp(mode, "max+mean") ? MT_POOL_MAX_MEAN : 0;
	return node->a.mode ? MT_OK :
		mt_err_set(err, MT_EINPUT, "\"mode\" is \"%s\", not mean, max or max+mean", mode);
}

/* axis: bit 0 = H, bit 1 = W. In one dimension the bands are channels, and stay. */
static int global_over(const struct mt_net *net, struct mt_node *node, const char *over,
		       struct mt_err *err)
{
	for (const char *c = over ? over : "FT"; *c; c++) {
		int axis = mt_op_axis(net, *c);
		if (net->layout < MT_LAYOUT_BFT && axis != MT_AXIS_H && axis != MT_AXIS_W)
			return mt_err_set(err, MT_EINPUT, "\"over\" is \"%s\", not F, T or FT",
					  over);
		if (axis == MT_AXIS_H || axis == MT_AXIS_W)
			node->a.axis |= axis == MT_AXIS_H ? 1 : 2;
	}
	return MT_OK;
}

static int global_shape(const struct mt_node *node, int64_t (*in)[4], int64_t out[4],
			struct mt_err *err)
{
	(void)in;
	(void)err;
	out[2] = node->a.axis & 1 ? 1 : out[2];
	out[3] = node->a.axis & 2 ? 1 : out[3];
	return MT_OK;
}

static bool global_peak(const struct mt_node *node)
{
	return node->a.mode == MT_POOL_MAX;
}

const struct mt_op mt_op_globalpool = {
	.id = MT_OP_GLOBALPOOL, .name = {"globalpool"},
	.attr = {
		{.name = "mode", .type = MT_ATTR_WORD, .word = global_mode},
		{.name = "over", .type = MT_ATTR_WORD, .word = global_over},
	},
	.shape = global_shape, .peak = global_peak,
};
