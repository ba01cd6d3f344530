/* SPDX-License-Identifier: MIT
 * Shapes and parameters of a net. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "nn/graph/net_impl.h"
#include "nn/graph/op.h"

#define MAX_COUNT ((int64_t)1 << 32)

static void input_dim(const struct mt_net *net, int64_t frames, int64_t d[4])
{
	int64_t m = net->bands, t = frames;
	const int64_t all[4][4] = {{1, 1, m, t}, {1, 1, t, m}, {1, m, 1, t}, {1, 1, 1, t}};
	memcpy(d, all[net->layout], sizeof all[0]);
}

/* Sizes of a node's first input. */
static void first_in(const struct mt_net *net, const struct mt_node *node, int64_t frames,
		     int64_t (*dim)[4], int64_t in[4])
{
	if (node->from[0] < 0)
		input_dim(net, frames, in);
	else
		memcpy(in, dim[node->from[0]], 4 * sizeof *in);
}

/* What the parameters of a layer were made for must be what they get now. */
static int check_made(const struct mt_net *net, const struct mt_node *node, const int64_t in[4],
		      struct mt_err *err)
{
	struct mt_op_param now[MT_MAX_PARAM] = {0};
	if (!node->n_param)
		return MT_OK;
	MT_BUG(node->op->param(node, in, now) != node->n_param);
	for (int k = 0; k < node->n_param; k++) {
		const struct mt_param *p = &net->param[node->param + k];
		int i = 0;
		while (i < MT_MAX_DIM && p->dim[i] == (i < now[k].n_dim ? now[k].dim[i] : 1))
			i++;
		if (i < MT_MAX_DIM)
			return mt_err_set(err, MT_EINPUT, "%lld %s, made for %lld",
					  (long long)now[k].dim[i], node->op->unit,
					  (long long)p->dim[i]);
	}
	return MT_OK;
}

int mt_net_shape(const struct mt_net *net, int64_t frames, int64_t (*dim)[4],
		 struct mt_err *err)
{
	int64_t first[4];
	input_dim(net, frames, first);
	if (mt_op_count(first) > MAX_COUNT)
		return mt_op_bad_shape(err, "the net's input is too large", first);
	for (int i = 0; i < net->n_node; i++) {
		const struct mt_node *node = &net->node[i];
		int64_t in[MT_MAX_FROM][4];
		for (int k = 0; k < node->n_from; k++)
			if (node->from[k] < 0)
				memcpy(in[k], first, sizeof in[k]);
			else
				memcpy(in[k], dim[node->from[k]], sizeof in[k]);
		memcpy(dim[i], in[0], sizeof in[0]);
		int status = node->op->shape ? node->op->shape(node, in, dim[i], err) : MT_OK;
		if (!status)
			status = check_made(net, node, in[0], err);
		if (!status && (mt_op_count(dim[i]) > MAX_COUNT || dim[i][1] > MAX_COUNT))
			status = mt_op_bad_shape(err, "the output is too large", in[0]);
		if (status)
			return mt_err_prefix(status, err, "%lld bands, %lld frames: layer %s",
					     (long long)net->bands, (long long)frames,
					     node->name);
	}
	return MT_OK;
}

/* The parameters that layer i declares. */
static int add_params(struct mt_net *net, int i, const int64_t in[4], struct mt_err *err)
{
	struct mt_op_param made[MT_MAX_PARAM] = {0};
	struct mt_node *node = &net->node[i];
	int n = node->op->param ? node->op->param(node, in, made) : 0;
	net->param = mt_realloc(net->param, (size_t)(net->n_param + n + 1), sizeof *net->param);
	node->param = n ? net->n_param : 0;
	for (int k = 0; k < n; k++) {
		const struct mt_op_param *m = &made[k];
		struct mt_param *p = &net->param[net->n_param];
		*p = (struct mt_param){.n_dim = m->n_dim, .dim = {1, 1, 1, 1, 1}, .count = 1,
				       .node = i, .slot = m->slot, .positive = m->positive,
				       .trainable = !m->buffer && !node->frozen,
				       .frozen = node->frozen, .bound = m->bound,
				       .fill = m->fill};
		for (int d = 0; d < m->n_dim; d++)
			p->count = mt_op_times(p->count, p->dim[d] = m->dim[d]);
		if (p->count > MAX_COUNT)
			return mt_err_set(err, MT_EINPUT, "layer %s: too many weights",
					  node->name);
		p->name = mt_strf("%s.%s", node->name, m->name);
		node->n_param++;
		net->n_param++;
	}
	return MT_OK;
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
	for (int i = 0; !status && i < net->n_node; i++) {
		struct mt_node *node = &net->node[i];
		int64_t in[4];
		first_in(net, node, net->frames, dim, in);
		memcpy(node->dim, dim[i], sizeof node->dim);
		status = add_params(net, i, in, err);
	}
	if (!status) {
		const struct mt_node *last = &net->node[net->n_node - 1];
		net->n_class = mt_op_count(last->dim);
		net->head = last->op->head ? last->op : NULL;
		net->any_length = !mt_net_shape(net, net->frames * 2 + 1, dim, NULL) &&
			mt_op_count(dim[net->n_node - 1]) == net->n_class;
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
	while (i >= 0 && !net->node[i].op->outputs)
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
	int64_t (*dim)[4] = mt_calloc((size_t)net->n_node, sizeof *dim), n = 0, in[4];
	int rc = mt_net_shape(net, frames, dim, NULL);
	for (int i = 0; !rc && i < net->n_node; i++) {
		const struct mt_node *node = &net->node[i];
		if (!node->op->mac)
			continue;
		first_in(net, node, frames, dim, in);
		int64_t k = node->op->mac(node, in, dim[i]);
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
