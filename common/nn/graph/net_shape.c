/* SPDX-License-Identifier: MIT
 * Shapes and parameters of a net. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "nn/graph/net_impl.h"

#define MAX_COUNT ((int64_t)1 << 32)

/* Product of sizes that come from a file: too large stays too large. */
static int64_t times(int64_t a, int64_t b)
{
	int64_t c;
	return __builtin_mul_overflow(a, b, &c) ? INT64_MAX : c;
}

static int64_t count3(const int64_t d[4])
{
	return times(times(d[1], d[2]), d[3]);
}

static int bad_shape(struct mt_err *err, const char *why, const int64_t d[4])
{
	return mt_err_set(err, MT_EINPUT, "%s: the input is %lld x %lld x %lld (C,H,W)", why,
			  (long long)d[1], (long long)d[2], (long long)d[3]);
}

static int window_shape(const struct mt_node *node, const int64_t in[4], int64_t out[4],
			struct mt_err *err)
{
	const struct mt_attr *a = &node->a;
	for (int i = 0; i < 2; i++) {
		int64_t room = in[2 + i] + a->pad[2 * i] + a->pad[2 * i + 1] - a->kernel[i];
		if (room < 0)
			return bad_shape(err, "a window is larger than its input", in);
		out[2 + i] = room / a->stride[i] + 1;
	}
	return MT_OK;
}

static int join_shape(const struct mt_node *node, int64_t (*in)[4], int64_t out[4],
		      struct mt_err *err)
{
	int cat = node->op == MT_OP_CONCAT;
	for (int i = 1; i < node->n_from; i++) {
		if ((!cat && in[i][1] != in[0][1]) || in[i][2] != in[0][2] || in[i][3] != in[0][3])
			return bad_shape(err, "inputs differ in shape", in[i]);
		if (cat)
			out[1] += in[i][1];
	}
	return MT_OK;
}

int mt_node_shape(const struct mt_node *node, int64_t (*in)[4], int64_t out[4],
		  struct mt_err *err)
{
	const struct mt_attr *a = &node->a;
	memcpy(out, in[0], 4 * sizeof *out);
	switch (node->op) {
	case MT_OP_CONV:
		out[1] = a->out;
		return window_shape(node, in[0], out, err);
	case MT_OP_MAXPOOL: case MT_OP_AVGPOOL:
		return window_shape(node, in[0], out, err);
	case MT_OP_DENSE:
		out[1] = a->out;
		out[2] = out[3] = 1;
		return MT_OK;
	case MT_OP_BATCHNORM:
		if ((a->axis == MT_AXIS_H || a->axis == MT_AXIS_W) && in[0][1] != 1)
			return bad_shape(err, "a norm over bands or frames requires one channel",
					 in[0]);
		return MT_OK;
	case MT_OP_SOFTMAX: case MT_OP_LOGSOFTMAX:
		return in[0][2] * in[0][3] == 1 ? MT_OK : bad_shape(err, "softmax of a map", in[0]);
	case MT_OP_GLOBALPOOL:
		out[2] = a->axis & 1 ? 1 : out[2];
		out[3] = a->axis & 2 ? 1 : out[3];
		return MT_OK;
	case MT_OP_ADD: case MT_OP_CONCAT:
		return join_shape(node, in, out, err);
	case MT_OP_RESHAPE:
		for (int i = 1; i < 4; i++)
			out[i] = a->perm[1] ? a->perm[i] : i == 1 ? count3(in[0]) : 1;
		return count3(out) == count3(in[0]) ? MT_OK :
			bad_shape(err, "\"shape\" has another size than its input", in[0]);
	case MT_OP_PERMUTE:
		for (int i = 1; i < 4; i++)
			out[i] = in[0][a->perm[i]];
		return MT_OK;
	case MT_OP_PAD:
		out[2] += a->pad[0] + a->pad[1];
		out[3] += a->pad[2] + a->pad[3];
		return MT_OK;
	default:
		return MT_OK;
	}
}

static void input_dim(const struct mt_net *net, int64_t frames, int64_t d[4])
{
	int64_t m = net->bands, t = frames;
	const int64_t all[4][4] = {{1, 1, m, t}, {1, 1, t, m}, {1, m, 1, t}, {1, 1, 1, t}};
	memcpy(d, all[net->layout], sizeof all[0]);
}

/* What the parameters of node i were made for must be what they get now. */
static int check_fixed(const struct mt_net *net, int i, const int64_t in[4], struct mt_err *err)
{
	const struct mt_node *node = &net->node[i];
	const struct mt_param *p = node->n_param ? &net->param[node->param] : NULL;
	if (p && node->op == MT_OP_DENSE && p->dim[1] != count3(in))
		return mt_err_set(err, MT_EINPUT, "%lld features, made for %lld",
				  (long long)count3(in), (long long)p->dim[1]);
	if (p && node->op == MT_OP_INSTANCENORM && p->dim[0] != in[1])
		return mt_err_set(err, MT_EINPUT, "%lld channels, made for %lld",
				  (long long)in[1], (long long)p->dim[0]);
	if (p && node->op == MT_OP_BATCHNORM && node->a.axis != MT_AXIS_ALL &&
	    p->dim[0] != in[node->a.axis])
		return mt_err_set(err, MT_EINPUT, "%lld entries, made for %lld",
				  (long long)in[node->a.axis], (long long)p->dim[0]);
	return MT_OK;
}

int mt_net_shape(const struct mt_net *net, int64_t frames, int64_t (*dim)[4],
		 struct mt_err *err)
{
	int64_t first[4];
	input_dim(net, frames, first);
	if (count3(first) > MAX_COUNT)
		return bad_shape(err, "the net's input is too large", first);
	for (int i = 0; i < net->n_node; i++) {
		const struct mt_node *node = &net->node[i];
		int64_t in[MT_MAX_FROM][4];
		for (int k = 0; k < node->n_from; k++)
			if (node->from[k] < 0)
				memcpy(in[k], first, sizeof in[k]);
			else
				memcpy(in[k], dim[node->from[k]], sizeof in[k]);
		int status = mt_node_shape(node, in, dim[i], err);
		if (!status)
			status = check_fixed(net, i, in[0], err);
		if (!status && (count3(dim[i]) > MAX_COUNT || dim[i][1] > MAX_COUNT))
			status = bad_shape(err, "the output is too large", in[0]);
		if (status)
			return mt_err_prefix(status, err, "%lld bands, %lld frames: layer %s",
					     (long long)net->bands, (long long)frames,
					     node->name);
	}
	return MT_OK;
}

static void add_param(struct mt_net *net, int node, int slot, int n_dim, const int64_t d[4])
{
	static const char *const names[] = {"weight", "bias", "running_mean", "running_var"};
	struct mt_param *p = &net->param[net->n_param];
	struct mt_node *n = &net->node[node];
	*p = (struct mt_param){.n_dim = n_dim, .dim = {1, 1, 1, 1}, .count = 1, .node = node,
			       .slot = slot, .trainable = slot < 2 && !n->frozen,
			       .frozen = n->frozen};
	p->name = mt_strf("%s.%s", n->name, names[slot]);
	for (int i = 0; i < n_dim; i++)
		p->count *= p->dim[i] = d[i];
	if (!n->n_param++)
		n->param = net->n_param;
	net->n_param++;
}

static void add_params(struct mt_net *net, int i, const int64_t in[4])
{
	const struct mt_attr *a = &net->node[i].a;
	enum mt_op op = net->node[i].op;
	int first = net->n_param;
	if (op == MT_OP_CONV || op == MT_OP_DENSE) {
		int conv = op == MT_OP_CONV;
		int64_t d[4] = {a->out, conv ? in[1] : count3(in), a->kernel[0], a->kernel[1]};
		add_param(net, i, 0, conv ? 4 : 2, d);
		if (a->bias)
			add_param(net, i, 1, 1, d);
		double fan_in = (double)(net->param[first].count / a->out);
		for (int k = first; k < net->n_param; k++)
			net->param[k].bound = 1 / sqrt(fan_in);
	} else if (op == MT_OP_BATCHNORM) {
		int64_t d[4] = {a->axis == MT_AXIS_ALL ? 1 : in[a->axis], 1, 1, 1};
		for (int k = 0; k < 4; k++)
			add_param(net, i, k, 1, d);
		net->param[first].fill = 1;
		net->param[first + 3].fill = 1;
	} else if (op == MT_OP_INSTANCENORM) {
		add_param(net, i, 0, 1, (int64_t[4]){in[1], 1, 1, 1});
		add_param(net, i, 1, 1, (int64_t[4]){in[1], 1, 1, 1});
		net->param[first].fill = 1;
	}
}

/* Shortest length that has a shape; shapes only fail below some length. */
static int64_t find_min_frames(const struct mt_net *net, int64_t (*dim)[4])
{
	int64_t lo = 0, hi = net->frames;
	while (net->any_length && hi - lo > 1) {
		int64_t mid = lo + (hi - lo) / 2;
		if (mt_net_shape(net, mid, dim, NULL))
			lo = mid;
		else
			hi = mid;
	}
	return hi;
}

/* Every layer but the last must lead somewhere, else it has no gradient. */
static int check_read(const struct mt_net *net, struct mt_err *err)
{
	for (int i = 0; i + 1 < net->n_node; i++) {
		int n = 0;
		for (int k = i + 1; k < net->n_node; k++)
			for (int j = 0; j < net->node[k].n_from; j++)
				n += net->node[k].from[j] == i;
		if (!n)
			return mt_err_set(err, MT_EINPUT, "layer %s: no layer reads its output",
					  net->node[i].name);
	}
	return MT_OK;
}

int mt_net_finish(struct mt_net *net, struct mt_err *err)
{
	int64_t (*dim)[4] = mt_calloc((size_t)net->n_node, sizeof *dim);
	int status = check_read(net, err);
	if (!status)
		status = mt_net_shape(net, net->frames, dim, err);
	net->param = mt_calloc((size_t)net->n_node * 4, sizeof *net->param);
	for (int i = 0; !status && i < net->n_node; i++) {
		struct mt_node *node = &net->node[i];
		int64_t in[4];
		if (node->from[0] < 0)
			input_dim(net, net->frames, in);
		else
			memcpy(in, dim[node->from[0]], sizeof in);
		memcpy(node->dim, dim[i], sizeof node->dim);
		double n = node->op == MT_OP_CONV ?
			(double)in[1] * (double)(node->a.kernel[0] * node->a.kernel[1]) :
			(double)count3(in);
		if (node->a.out && n * (double)node->a.out > (double)MAX_COUNT)
			status = mt_err_set(err, MT_EINPUT, "layer %s: too many weights",
					    node->name);
		else
			add_params(net, i, in);
	}
	if (!status) {
		const struct mt_node *last = &net->node[net->n_node - 1];
		net->n_class = count3(last->dim);
		if (last->op == MT_OP_SIGMOID || last->op == MT_OP_SOFTMAX ||
		    last->op == MT_OP_LOGSOFTMAX)
			net->head = last->op;
		net->any_length = !mt_net_shape(net, net->frames * 2 + 1, dim, NULL) &&
			count3(dim[net->n_node - 1]) == net->n_class;
		net->min_frames = find_min_frames(net, dim);
	}
	free(dim);
	return status;
}

void mt_net_freeze(struct mt_net *net, int n)
{
	for (int i = 0; i < net->n_node && i < n; i++) {
		struct mt_node *node = &net->node[i];
		node->frozen = 1;
		for (int k = 0; k < node->n_param; k++) {
			net->param[node->param + k].trainable = 0;
			net->param[node->param + k].frozen = 1;
		}
	}
}

int mt_net_head(const struct mt_net *net)
{
	int i = net->n_node - 1;
	while (i >= 0 && net->node[i].op != MT_OP_DENSE && net->node[i].op != MT_OP_CONV)
		i--;
	return i;
}

int64_t mt_net_n_param(const struct mt_net *net, int trainable_only)
{
	int64_t n = 0;
	for (int i = 0; i < net->n_param; i++)
		n += net->param[i].trainable || !trainable_only ? net->param[i].count : 0;
	return n;
}

int64_t mt_net_mac(const struct mt_net *net, int64_t frames)
{
	int64_t (*dim)[4] = mt_calloc((size_t)net->n_node, sizeof *dim), n = 0;
	if (!mt_net_shape(net, frames, dim, NULL))
		for (int i = 0; i < net->n_node; i++) {
			if (!net->node[i].a.out)
				continue;
			int64_t k = times(net->param[net->node[i].param].count,
					  times(dim[i][2], dim[i][3]));
			n = k > INT64_MAX - n ? INT64_MAX : n + k;
		}
	free(dim);
	return n;
}

void mt_net_init(const struct mt_net *net, int i, uint64_t seed, float *out)
{
	const struct mt_param *p = &net->param[i];
	struct mt_rng rng;
	mt_rng_init(&rng, seed, MT_RNG_INIT, 0, (uint64_t)i);
	for (int64_t k = 0; k < p->count; k++)
		out[k] = p->bound > 0 ?
			(2 * mt_rng_f32(&rng) - 1) * (float)p->bound : p->fill;
}

int mt_net_find(const struct mt_net *net, const char *name)
{
	for (int i = 0; i < net->n_param; i++)
		if (!strcmp(net->param[i].name, name))
			return i;
	return -1;
}
