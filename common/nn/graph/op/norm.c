/* SPDX-License-Identifier: MIT
 * Normalisation by statistics.
 *   batchnorm     axis "C"|"F"|"T"|"all" ("C"), eps (1e-5), momentum (.1),
 *                 fixed (false): it reads "input", and its statistics are
 *                 those of the training set, measured once before the first
 *                 step; it standardises and learns nothing
 *   scalarnorm    batchnorm with axis "all"
 *   instancenorm  eps (1e-5): each channel of each clip by its own mean and
 *                 variance over bands and frames, also in inference
 * Parameters, one value an entry of the axis: weight, bias and, of batchnorm,
 * running_mean, running_var. */
#include <math.h>
#include <string.h>

#include "nn/graph/op.h"

static int batchnorm_axis(const struct mt_net *net, struct mt_node *node, const char *axis,
			  struct mt_err *err)
{
	if (!axis)
		axis = node->alias ? "all" : "C";
	node->a.axis = !strcmp(axis, "all") ? MT_AXIS_ALL :
		mt_op_axis(net, *axis && axis[1] ? 0 : *axis);
	return node->a.axis ? MT_OK :
		mt_err_set(err, MT_EINPUT, "\"axis\" is \"%s\", not C, F, T or all", axis);
}

static int batchnorm_check(const struct mt_net *net, struct mt_node *node, struct mt_err *err)
{
	node->frozen = node->fixed;
	if (node->fixed && (node->from[0] >= 0 || net->n_node > 1))
		return mt_err_set(err, MT_EINPUT, "a \"fixed\" norm must be the first layer");
	if (node->fixed && node->a.axis == mt_op_axis(net, 'T'))
		return mt_err_set(err, MT_EINPUT, "a \"fixed\" norm has no axis T");
	return MT_OK;
}

static int batchnorm_shape(const struct mt_node *node, int64_t (*in)[4], int64_t out[4],
			   struct mt_err *err)
{
	(void)out;
	if ((node->a.axis == MT_AXIS_H || node->a.axis == MT_AXIS_W) && in[0][1] != 1)
		return mt_op_bad_shape(err, "a norm over bands or frames requires one channel",
				       in[0]);
	return MT_OK;
}

/* weight 1, bias 0 */
static int norm_param(int64_t n, struct mt_op_param *p)
{
	p[0] = (struct mt_op_param){.name = "weight", .n_dim = 1, .dim = {n}, .fill = 1};
	p[1] = (struct mt_op_param){.name = "bias", .slot = 1, .n_dim = 1, .dim = {n}};
	return 2;
}

static int batchnorm_param(const struct mt_node *node, const int64_t in[4], struct mt_op_param *p)
{
	int64_t n = node->a.axis == MT_AXIS_ALL ? 1 : in[node->a.axis];
	norm_param(n, p);
	p[2] = (struct mt_op_param){.name = "running_mean", .slot = 2, .n_dim = 1, .dim = {n},
				    .buffer = true};
	p[3] = (struct mt_op_param){.name = "running_var", .slot = 3, .n_dim = 1, .dim = {n},
				    .buffer = true, .positive = true, .fill = 1};
	return 4;
}

static bool batchnorm_folds(const struct mt_node *node)
{
	return node->a.axis == MT_AXIS_C;
}

static struct mt_op_affine batchnorm_affine(const struct mt_node *node, float *const *value,
					    int64_t c)
{
	struct mt_op_affine f = {.mean = (double)value[2][c], .shift = (double)value[1][c]};
	f.scale = value[0][c] / sqrt((double)value[3][c] + (double)node->a.eps);
	return f;
}

#define ATTR_EPS(text) {.name = "eps", .type = MT_ATTR_REAL, .at = MT_AT(a.eps), \
	.standard = 1e-5, .above = true, .max = INFINITY, .says = (text)}
#define BATCHNORM_RANGE "\"eps\" or \"momentum\" is out of range"

const struct mt_op mt_op_batchnorm = {
	.id = MT_OP_BATCHNORM, .name = {"batchnorm", "scalarnorm"},
	.attr = {
		{.name = "axis", .type = MT_ATTR_WORD, .word = batchnorm_axis},
		ATTR_EPS(BATCHNORM_RANGE),
		{.name = "momentum", .type = MT_ATTR_REAL, .at = MT_AT(a.momentum),
		 .standard = 0.1, .max = 1, .says = BATCHNORM_RANGE},
		{.name = "fixed", .type = MT_ATTR_BOOL, .at = MT_AT(fixed)},
	},
	.takes_relu = true, .check = batchnorm_check, .shape = batchnorm_shape,
	.param = batchnorm_param, .unit = "entries", .folds = batchnorm_folds,
	.affine = batchnorm_affine,
};

static int instancenorm_param(const struct mt_node *node, const int64_t in[4],
			      struct mt_op_param *p)
{
	(void)node;
	return norm_param(in[1], p);
}

const struct mt_op mt_op_instancenorm = {
	.id = MT_OP_INSTANCENORM, .name = {"instancenorm"},
	.attr = {ATTR_EPS("\"eps\" is out of range")},
	.param = instancenorm_param, .unit = "channels",
};
