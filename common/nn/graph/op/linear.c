/* SPDX-License-Identifier: MIT
 * Layers with a weight matrix.
 *   conv2d, conv1d  out, kernel, stride (1), pad "same"|"valid"|n|[h,w]|
 *                   [top,bottom,left,right] ("valid"), bias (true)
 *   dense           out, bias (true); the input is flattened as (C,H,W)
 * Parameters: weight (O,C,kh,kw), of dense (O,C*H*W), and bias (O). */
#include <math.h>

#include "nn/graph/op.h"

#define ATTR_OUT {.name = "out", .type = MT_ATTR_INTS, .at = MT_AT(a.out), .n = 1, \
	.required = true, .least = 1}
#define ATTR_BIAS {.name = "bias", .type = MT_ATTR_BOOL, .at = MT_AT(a.bias), .standard = 1}

/* PyTorch's first values: uniform, 1 / sqrt(fan_in). */
static int linear_param(const struct mt_node *node, int64_t fan_in, struct mt_op_param *p)
{
	double bound = 1 / sqrt((double)fan_in);
	p[0].name = "weight";
	p[0].bound = bound;
	p[1] = (struct mt_op_param){.name = "bias", .slot = 1, .n_dim = 1, .dim = {node->a.out},
				    .bound = bound};
	return node->a.bias ? 2 : 1;
}

static void linear_absorb(float *const *value, int64_t o, int64_t n, const struct mt_op_affine *f,
			  float *w, float *b)
{
	const float *from = value[0] + o * n;
	for (int64_t k = 0; k < n; k++)
		w[k] = (float)(from[k] * f->scale);
	*b = (float)(((value[1] ? (double)value[1][o] : 0) - f->mean) * f->scale + f->shift);
}

static int conv_shape(const struct mt_node *node, int64_t (*in)[4], int64_t out[4],
		      struct mt_err *err)
{
	out[1] = node->a.out;
	return mt_op_window(node, in[0], out, err);
}

static int conv_param(const struct mt_node *node, const int64_t in[4], struct mt_op_param *p)
{
	const struct mt_attr *a = &node->a;
	p[0].n_dim = 4;
	p[0].dim[0] = a->out;
	p[0].dim[1] = in[1];
	p[0].dim[2] = a->kernel[0];
	p[0].dim[3] = a->kernel[1];
	return linear_param(node, mt_op_times(in[1], mt_op_times(a->kernel[0], a->kernel[1])), p);
}

static int64_t conv_mac(const struct mt_node *node, const int64_t in[4], const int64_t out[4])
{
	int64_t one = mt_op_times(in[1], mt_op_times(node->a.kernel[0], node->a.kernel[1]));
	return mt_op_times(one, mt_op_count(out));
}

const struct mt_op mt_op_conv = {
	.id = MT_OP_CONV, .name = {"conv2d", "conv1d"}, .one_d = 1,
	.attr = {
		ATTR_OUT,
		{.name = "kernel", .type = MT_ATTR_PAIR, .at = MT_AT(a.kernel), .required = true,
		 .least = 1},
		{.name = "stride", .type = MT_ATTR_PAIR, .at = MT_AT(a.stride), .standard = 1,
		 .least = 1},
		{.name = "pad", .type = MT_ATTR_PAD},
		ATTR_BIAS,
	},
	.outputs = true, .takes_relu = true, .shape = conv_shape, .param = conv_param,
	.unit = "channels", .mac = conv_mac, .absorb = linear_absorb,
};

static int dense_shape(const struct mt_node *node, int64_t (*in)[4], int64_t out[4],
		       struct mt_err *err)
{
	(void)in;
	(void)err;
	out[1] = node->a.out;
	out[2] = out[3] = 1;
	return MT_OK;
}

static int dense_param(const struct mt_node *node, const int64_t in[4], struct mt_op_param *p)
{
	p[0].n_dim = 2;
	p[0].dim[0] = node->a.out;
	p[0].dim[1] = mt_op_count(in);
	return linear_param(node, p[0].dim[1], p);
}

static int64_t dense_mac(const struct mt_node *node, const int64_t in[4], const int64_t out[4])
{
	(void)out;
	return mt_op_times(mt_op_count(in), node->a.out);
}

const struct mt_op mt_op_dense = {
	.id = MT_OP_DENSE, .name = {"dense"}, .attr = {ATTR_OUT, ATTR_BIAS},
	.outputs = true, .takes_relu = true, .shape = dense_shape, .param = dense_param,
	.unit = "features", .mac = dense_mac, .absorb = linear_absorb,
};
