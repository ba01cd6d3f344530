/* SPDX-License-Identifier: MIT
 * Nets from any text: what is read must write back to itself, its shapes must
 * follow from its layers, and a small one must run. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "nn/engine/engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int64_t count(const int64_t d[4])
{
	return d[1] * d[2] * d[3];
}

/* Numbers that the engine would plan memory with. */
static void check_shapes(const struct mt_net *net)
{
	int64_t (*dim)[4] = mt_calloc((size_t)net->n_node, sizeof *dim);
	MT_BUG(mt_net_shape(net, net->frames, dim, NULL));
	for (int i = 0; i < net->n_node; i++) {
		const struct mt_node *node = &net->node[i];
		MT_BUG(memcmp(dim[i], node->dim, sizeof dim[i]));
		MT_BUG(dim[i][0] != 1 || dim[i][1] < 1 || dim[i][2] < 1 || dim[i][3] < 1);
		MT_BUG(dim[i][1] > (int64_t)1 << 32 || dim[i][2] > (int64_t)1 << 32);
		MT_BUG(count(dim[i]) > (int64_t)1 << 32);
		MT_BUG(node->n_from < 1 || node->n_from > MT_MAX_FROM);
		for (int k = 0; k < node->n_from; k++)
			MT_BUG(node->from[k] < -1 || node->from[k] >= i);
	}
	MT_BUG(count(dim[net->n_node - 1]) != net->n_class);
	MT_BUG(net->embed < -1 || net->embed >= net->n_node);
	/* min_frames is where the shapes begin */
	MT_BUG(net->min_frames < 1 || net->min_frames > net->frames);
	MT_BUG(mt_net_shape(net, net->min_frames, dim, NULL));
	if (net->any_length) {
		MT_BUG(mt_net_shape(net, 2 * net->frames + 1, dim, NULL));
		MT_BUG(net->min_frames > 1 &&
		       !mt_net_shape(net, net->min_frames - 1, dim, NULL));
	} else {
		MT_BUG(net->min_frames != net->frames);
	}
	MT_BUG(mt_net_mac(net, net->frames) < 0);
	free(dim);
}

static void check_params(const struct mt_net *net)
{
	int64_t all = 0, trainable = 0;
	for (int i = 0; i < net->n_param; i++) {
		const struct mt_param *p = &net->param[i];
		int64_t n = 1;
		for (int d = 0; d < MT_MAX_DIM; d++)
			n *= p->dim[d];
		MT_BUG(n != p->count || n < 1);
		MT_BUG(mt_net_find(net, p->name) != i);
		MT_BUG(!(p->bound >= 0 && p->bound <= 1));
		const struct mt_node *node = &net->node[p->node];
		MT_BUG(i < node->param || i >= node->param + node->n_param);
		all += n;
		trainable += p->trainable ? n : 0;
		if (n > 256)
			continue;
		float x[256];
		mt_net_init(net, i, 1, x);
		for (int64_t k = 0; k < n; k++)
			MT_BUG(p->bound > 0 ? !(x[k] >= -(float)p->bound && x[k] <= (float)p->bound)
					    : !(x[k] == p->fill));
	}
	MT_BUG(all != mt_net_n_param(net, 0) || trainable != mt_net_n_param(net, 1));
}

/* The text that a net gives must give the same net. */
static void check_again(const struct mt_net *a)
{
	struct mt_net b;
	MT_BUG(mt_net_parse(&b, mt_net_json(a), NULL, NULL));
	MT_BUG(strcmp(mt_net_json(a), mt_net_json(&b)));
	MT_BUG(a->n_node != b.n_node || a->n_param != b.n_param || a->n_class != b.n_class);
	MT_BUG(a->head != b.head || a->embed != b.embed || a->min_frames != b.min_frames);
	for (int i = 0; i < a->n_param; i++)
		MT_BUG(strcmp(a->param[i].name, b.param[i].name) ||
		       a->param[i].count != b.param[i].count);
	mt_net_release(&b);
}

/* One clip through the plain backend, and again among two. */
static void run(const struct mt_net *net)
{
	int64_t values = net->bands * net->frames;
	for (int i = 0; i < net->n_node; i++)
		values += count(net->node[i].dim);
	if (values > 3000 || net->n_param > 40 || mt_net_n_param(net, 0) > 3000 ||
	    mt_net_mac(net, net->frames) > 30000)
		return;
	size_t n_in = (size_t)(net->bands * net->frames), k = (size_t)net->n_class;
	float *x = mt_calloc(2 * n_in, sizeof *x), *y = mt_calloc(3 * k, sizeof *y);
	for (size_t i = 0; i < n_in; i++)
		x[i] = x[n_in + i] = (float)(i % 7) - 3;
	for (int64_t b = 1; b <= 2; b++) {
		struct mt_engine_opt opt = {.mode = MT_INFER, .backend = "blas", .batch = b,
					    .n_thread = 1, .embed = 1};
		struct mt_engine *e;
		struct mt_err err = {0};
		/* a backend may say no to a layer, but not fall */
		if (mt_engine_new(&e, net, &opt, &err))
			break;
		MT_BUG(mt_engine_init(e, 1, &err));
		MT_BUG(mt_engine_forward(e, b, x, b == 1 ? y : y + k, &err));
		MT_BUG(b == 2 && memcmp(y + k, y + 2 * k, k * sizeof *y));
		mt_engine_free(e);
	}
	free(x);
	free(y);
}

static void check(const char *text, const struct mt_net_opt *opt)
{
	struct mt_net net;
	struct mt_err err = {0};
	int rc = mt_net_parse(&net, text, opt, &err);
	if (rc) {
		MT_BUG(!*err.text);
		mt_net_release(&net);
		return;
	}
	check_shapes(&net);
	check_params(&net);
	check_again(&net);
	run(&net);
	mt_net_release(&net);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct mt_net_opt opts[] = {
		{.n_class = 3}, {.n_class = 2, .bands = 4, .frames = 9, .width = 0.5},
	};
	char *text = mt_strndup((const char *)data, size);
	for (size_t i = 0; i < sizeof opts / sizeof *opts; i++)
		check(text, &opts[i]);
	free(text);
	return 0;
}
