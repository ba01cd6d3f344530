/* SPDX-License-Identifier: MIT
 * From a net to a list of steps with memory.
 *
 * Fusion: in MT_INFER a norm that is an affine map of channels goes into the
 * weights of the layer before it, and dropout vanishes; a relu goes into the step
 * before it. Each only where nobody else reads the value between.
 *
 * Time: the input is made at 0, step s runs forward at 1 + s, the loss at
 * S + 1, step s backward at 2 S + 1 - s. A block of memory lives from its
 * first to its last moment; blocks whose lives do not meet share bytes. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "nn/engine/engine_impl.h"
#include "nn/graph/op.h"

struct block {
	size_t size;
	int from, to;
	size_t at;
	void **where;   /* gets the address */
	char **where2;
};

static int value_of(const struct mt_engine *e, int node)
{
	return node < 0 ? 0 : e->value_of[node];
}

/* How many layers read node's output; the embedding counts as a reader. */
static int n_reader(const struct mt_engine *e, int node)
{
	int n = e->opt.embed && e->net->embed == node;
	for (int i = 0; i < e->net->n_node; i++)
		for (int k = 0; k < e->net->node[i].n_from; k++)
			n += e->net->node[i].from[k] == node;
	return n;
}

/* Whether somebody else reads the value of layer node, of which one reader is
 * known: the layer, or one before it that idle layers only pass on. */
static int is_shared(const struct mt_engine *e, int node)
{
	int v = value_of(e, node), n = 0;
	for (int i = node; i >= 0 && value_of(e, i) == v; i = e->net->node[i].from[0]) {
		if ((n = n_reader(e, i)) != 1)
			break;
		if (!e->net->node[i].op->idle)
			break;
	}
	return n != 1;
}

/* Join node to the step that makes its input; true when that was possible. */
static int fuse(struct mt_engine *e, int node)
{
	const struct mt_node *nd = &e->net->node[node];
	int train = e->opt.mode == MT_TRAIN, from = nd->from[0];
	if (nd->op->idle && nd->op->idle(nd, train && !nd->frozen))
		goto alias;
	if (from < 0 || is_shared(e, from))
		return 0;
	int producer = e->value[value_of(e, from)].producer;
	struct step *s = producer < 0 ? NULL : &e->step[producer];
	const struct mt_op *before = s && !s->s.relu ? e->net->node[s->node].op : NULL;
	if (before && before->absorb && s->fold < 0 && !train && nd->op->folds &&
	    nd->op->folds(nd))
		s->fold = node;
	else if (before && before->takes_relu && nd->op->is_relu)
		s->s.relu = 1;
	else
		return 0;
alias:
	e->value_of[node] = value_of(e, from);
	return 1;
}

static void add_step(struct mt_engine *e, int node, const int64_t dim[4])
{
	const struct mt_node *nd = &e->net->node[node];
	struct step *st = &e->step[e->n_step];
	struct mt_step *s = &st->s;
	int v = e->n_value++, train = e->opt.mode == MT_TRAIN && !nd->frozen;
	*st = (struct step){.node = node, .out = v, .fold = -1};
	s->op = nd->op->id;
	s->any_layout = nd->op->any_layout;
	s->a = nd->a;
	s->train = train;
	s->n_in = nd->n_from;
	e->value_of[node] = v;
	e->value[v] = (struct value){.producer = e->n_step};
	e->value[v].want_grad = nd->n_param > 0 && !nd->frozen;
	e->value[v].t = mt_tensor_make(e->B, dim[1], dim[2], dim[3]);
	for (int k = 0; k < nd->n_from; k++) {
		st->in[k] = value_of(e, nd->from[k]);
		e->value[st->in[k]].n_use++;
		e->value[v].want_grad |= e->value[st->in[k]].want_grad;
	}
	for (int k = 0; k < nd->n_param; k++)
		s->param[e->net->param[nd->param + k].slot] = &e->param[nd->param + k];
	e->n_step++;
}

static int make_steps(struct mt_engine *e, struct mt_err *err)
{
	const struct mt_net *net = e->net;
	int64_t (*dim)[4] = mt_calloc((size_t)net->n_node, sizeof *dim);
	int status = mt_net_shape(net, e->T, dim, err);
	static const int64_t one[4] = {1, 1, 1, 1};
	const int64_t *last = status ? one : dim[net->n_node - 1];
	if (!status && last[1] * last[2] * last[3] != net->n_class)
		status = mt_err_set(err, MT_EINPUT, "%lld frames give %lld outputs, not %lld",
				    (long long)e->T, (long long)(last[1] * last[2] * last[3]),
				    (long long)net->n_class);
	int64_t m = net->bands, t = e->T;
	e->value[0] = (struct value){.producer = -1};
	e->value[0].t = net->layout == MT_LAYOUT_BCFT ? mt_tensor_make(e->B, 1, m, t) :
		net->layout == MT_LAYOUT_BCTF ? mt_tensor_make(e->B, 1, t, m) :
		net->layout == MT_LAYOUT_BFT ? mt_tensor_make(e->B, m, 1, t) :
		mt_tensor_make(e->B, 1, 1, t);
	e->n_value = 1;
	for (int i = 0; !status && i < net->n_node; i++) {
		int head = i == net->n_node - 1 && net->head;
		if (head && e->opt.mode == MT_TRAIN)
			e->value_of[i] = value_of(e, net->node[i].from[0]);
		else if (!fuse(e, i))
			add_step(e, i, dim[i]);
	}
	free(dim);
	if (!status && e->opt.mode == MT_TRAIN &&
	    !e->value[value_of(e, net->n_node - 1)].want_grad)
		status = mt_err_set(err, MT_EUSAGE, "the net has nothing to train");
	return status;
}

/* Gradients go into the value's own g for the reader that runs backward
 * first, into a spare tensor that is added for the others. */
static void wire(struct mt_engine *e)
{
	int *seen = mt_calloc((size_t)e->n_value, sizeof *seen);
	for (int i = e->n_step - 1; i >= 0; i--) {
		struct step *st = &e->step[i];
		struct mt_step *s = &st->s;
		for (int k = 0; k < s->n_in; k++) {
			struct value *v = &e->value[st->in[k]];
			s->in[k] = &v->t;
			st->add[k] = seen[st->in[k]]++;
			if (s->train && v->want_grad)
				s->din[k] = st->add[k] ? &st->spare[k] : &v->g;
		}
		s->out = &e->value[st->out].t;
		s->dout = s->train ? &e->value[st->out].g : NULL;
	}
	free(seen);
}

static int plan_steps(struct mt_engine *e, struct mt_err *err)
{
	for (int i = 0; i < e->n_step; i++) {
		struct step *st = &e->step[i];
		if (st->fold >= 0 && !st->s.param[1]) {
			st->s.a.bias = 1;
			st->fold_bias.w = mt_tensor_make(st->s.a.out, 1, 1, 1);
			st->s.param[1] = &st->fold_bias;
		}
		int status = e->ops->plan(e->ctx, &st->s, err);
		if (status)
			return mt_err_prefix(status, err, "layer %s", e->net->node[st->node].name);
		struct value *v = &e->value[st->out];
		v->g = v->t;
		for (int k = 0; k < st->s.n_in; k++)
			st->spare[k] = *st->s.in[k];
	}
	e->value[0].g = e->value[0].t;
	return MT_OK;
}

static int by_size(const void *a, const void *b)
{
	const struct block *x = a, *y = b;
	if (x->size != y->size)
		return x->size < y->size ? 1 : -1;
	return x->from - y->from;
}

/* Largest first, each at the lowest place that is free all its life. */
static size_t place(struct block *b, int n)
{
	size_t top = 0;
	qsort(b, (size_t)n, sizeof *b, by_size);
	for (int i = 0; i < n; i++) {
		size_t at = 0;
		for (int k = 0; k < i; k++) {
			int meet = b[k].from <= b[i].to && b[i].from <= b[k].to;
			if (meet && b[k].at < at + b[i].size && at < b[k].at + b[k].size) {
				at = b[k].at + b[k].size;
				k = -1;
			}
		}
		b[i].at = at;
		top = at + b[i].size > top ? at + b[i].size : top;
	}
	return top;
}

static struct block make_block(size_t size, int from, int to)
{
	return (struct block){.size = mt_pad64(size ? size : 1), .from = from, .to = to};
}

/* First and last moment of value i's data and gradient. */
static void life(const struct mt_engine *e, int i, struct block *data, struct block *grad)
{
	const struct value *v = &e->value[i];
	int S = e->n_step, out = value_of(e, e->net->n_node - 1), p = v->producer;
	int from = 1 + p, to = from, first_back = 3 * S, end = 2 * S + 2;
	if (i == out)
		to = first_back = S + 1;
	if (e->opt.embed && e->net->embed >= 0 && i == value_of(e, e->net->embed))
		to = end;
	for (int s = 0; s < S; s++)
		for (int k = 0; k < e->step[s].s.n_in; k++) {
			if (e->step[s].in[k] != i)
				continue;
			int back = 2 * S + 1 - s;
			int use = e->step[s].s.train && e->step[s].s.need_in ? back : 1 + s;
			to = use > to ? use : to;
			first_back = back < first_back ? back : first_back;
		}
	if (p >= 0 && e->step[p].s.train && e->step[p].s.need_out && to < 2 * S + 1 - p)
		to = 2 * S + 1 - p;
	*data = make_block(v->t.size * sizeof(float), from < 0 ? 0 : from, to);
	*grad = make_block(v->t.size * sizeof(float), first_back, 2 * S + 1 - p);
}

static int lay_out(struct mt_engine *e, struct mt_err *err)
{
	struct block *b = mt_calloc((size_t)(e->n_value * 2 + e->n_step * 2 + 2), sizeof *b);
	int n = 0, S = e->n_step;
	size_t tmp = 0, spare = 0;
	for (int i = 0; i < e->n_value; i++) {
		struct block data, grad;
		life(e, i, &data, &grad);
		data.where = &e->value[i].t.data;
		grad.where = &e->value[i].g.data;
		b[n++] = data;
		if (e->opt.mode == MT_TRAIN && e->value[i].want_grad)
			b[n++] = grad;
	}
	for (int i = 0; i < S; i++) {
		struct step *st = &e->step[i];
		b[n] = make_block(st->s.work_size, 1 + i, st->s.train ? 2 * S + 1 - i : 1 + i);
		b[n++].where2 = &st->s.work;
		tmp = st->s.tmp_size > tmp ? st->s.tmp_size : tmp;
		for (int k = 0; k < st->s.n_in; k++)
			if (st->add[k] && st->spare[k].size > spare)
				spare = st->spare[k].size;
	}
	size_t at_tmp = place(b, n), at_spare = at_tmp + mt_pad64(tmp + 1);
	for (int i = 0; i < n; i++)
		e->size.unshared += b[i].size;
	/* A step with two inputs may add to both: room for each. */
	size_t spare_size = mt_pad64(spare * sizeof(float));
	e->size.arena = at_spare + spare_size * (spare ? MT_MAX_FROM : 0) + MT_ALIGN;
	e->size.unshared += e->size.arena - at_tmp;
	double all = (double)e->size.arena;
	for (int i = 0; i < e->net->n_param; i++)
		all += (double)e->net->param[i].count * sizeof(float);
	if (e->opt.max_bytes && all > (double)e->opt.max_bytes) {
		free(b);
		return mt_engine_too_large(err, all, &e->opt, e->opt.max_bytes);
	}
	e->arena = mt_alloc64(e->size.arena);
	memset(e->arena, 0, e->size.arena);
	for (int i = 0; i < n; i++)
		if (b[i].where)
			*b[i].where = e->arena + b[i].at;
		else
			*b[i].where2 = e->arena + b[i].at;
	for (int i = 0; i < S; i++) {
		e->step[i].s.tmp = e->arena + at_tmp;
		for (int k = 0; k < e->step[i].s.n_in; k++)
			e->step[i].spare[k].data = e->arena + at_spare + spare_size * (size_t)k;
	}
	free(b);
	return MT_OK;
}

/* Bytes that are needed at the least, from the shapes alone, so that a backend
 * does not plan what will be refused. */
static int check_size(const struct mt_engine *e, struct mt_err *err)
{
	double all = 0, most = 0;
	if (!e->opt.max_bytes)
		return MT_OK;
	for (int i = 0; i < e->net->n_param; i++)
		all += (double)e->net->param[i].count * sizeof(float);
	for (int i = 0; i < e->n_step; i++) {
		const struct mt_step *s = &e->step[i].s;
		double maps = (double)s->out->size;
		for (int k = 0; k < s->n_in; k++)
			maps += (double)s->in[k]->size;
		most = maps > most ? maps : most;
		all += e->ops->plan_bytes ? e->ops->plan_bytes(s) : 0;
	}
	all += most * sizeof(float);
	return all > (double)e->opt.max_bytes ?
		mt_engine_too_large(err, all, &e->opt, e->opt.max_bytes) : MT_OK;
}

int mt_engine_plan(struct mt_engine *e, struct mt_err *err)
{
	size_t n = (size_t)e->net->n_node;
	e->value = mt_calloc(n + 1, sizeof *e->value);
	e->step = mt_calloc(n + 1, sizeof *e->step);
	e->value_of = mt_calloc(n + 1, sizeof *e->value_of);
	e->param = mt_calloc((size_t)e->net->n_param + 1, sizeof *e->param);
	for (int i = 0; i < e->net->n_param; i++) {
		const struct mt_param *p = &e->net->param[i];
		struct mt_tensor *w = &e->param[i].w;
		*w = (struct mt_tensor){.dtype = MT_F4, .n_dim = p->n_dim,
					.size = (size_t)p->count};
		memcpy(w->dim, p->dim, sizeof w->dim);
	}
	int status = make_steps(e, err);
	if (status)
		return status;
	wire(e);
	if ((status = check_size(e, err)) || (status = plan_steps(e, err)))
		return status;
	if ((status = lay_out(e, err)))
		return status;
	mt_engine_param_alloc(e);
	return MT_OK;
}
