/* SPDX-License-Identifier: MIT */
#include "nn/engine/engine.h"

#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/flush.h"
#include "base/mem.h"
#include "nn/dev/backend.h"
#include "nn/engine/engine_impl.h"

void mt_engine_id(const char *backend, char *buf, size_t size)
{
	const struct mt_ops *ops = mt_ops_get(backend ? backend : MT_BACKEND_DEFAULT, NULL);
	*buf = 0;
	if (ops)
		ops->id(buf, size);
}

int mt_engine_new(struct mt_engine **out, const struct mt_net *net,
		  const struct mt_engine_opt *opt, struct mt_err *err)
{
	const struct mt_ops *ops = mt_ops_get(opt->backend ? opt->backend : MT_BACKEND_DEFAULT,
					      err);
	*out = NULL;
	if (!ops)
		return MT_EUSAGE;
	if (opt->batch < 1)
		return mt_err_set(err, MT_EUSAGE, "a batch of %lld clips", (long long)opt->batch);
	struct mt_engine *e = mt_calloc(1, sizeof *e);
	e->net = net;
	e->ops = ops;
	e->opt = *opt;
	e->B = opt->batch;
	e->T = opt->frames > 0 ? opt->frames : net->frames;
	e->n_thread = opt->n_thread > 0 ? opt->n_thread : mt_cpu_count();
	int status = ops->open(&e->ctx, e->n_thread, err);
	if (!status) {
		ops->begin(e->ctx);
		status = mt_engine_plan(e, err);
	}
	if (status) {
		mt_engine_free(e);
		return status;
	}
	size_t n = (size_t)(e->B * net->n_class);
	e->out = mt_calloc(n, sizeof *e->out);
	e->dout = mt_calloc(n, sizeof *e->dout);
	*out = e;
	return MT_OK;
}

int mt_engine_too_large(struct mt_err *err, double bytes, const struct mt_engine_opt *opt,
			uint64_t max_bytes)
{
	double MiB = 1 << 20;
	return mt_err_set(err, MT_EINPUT, "the net needs %.0f MiB for windows of %lld frames, "
			  "more than the limit of %.0f MiB a thread", bytes / MiB,
			  (long long)opt->frames, (double)max_bytes / MiB);
}

void mt_engine_free(struct mt_engine *e)
{
	if (!e)
		return;
	mt_engine_free(e->part);
	for (int i = 0; e->step && i < e->n_step; i++) {
		e->ops->release(e->ctx, &e->step[i].s);
		e->ops->forget(&e->step[i].fold_bias.w);
	}
	for (int i = 0; e->value && i < e->n_value; i++)
		e->ops->forget(&e->value[i].t);
	mt_engine_param_free(e);
	if (e->ctx)
		e->ops->close(e->ctx);
	free(e->value);
	free(e->step);
	free(e->value_of);
	free(e->arena);
	free(e->out);
	free(e->dout);
	free(e);
}

/* Before anything is computed: the number of threads, and numbers too small
 * for a float count as zero, here and in OpenMP's threads. leave() undoes the
 * latter here. (OpenBLAS has threads of its own, out of reach; blas is the
 * reference, and for inference runs on the caller's thread.) */
static uint64_t enter(struct mt_engine *e)
{
	uint64_t old = mt_flush_on();
	e->ops->begin(e->ctx);
	if (e->n_thread > 1) {
#pragma omp parallel
		mt_flush_on();
	}
	return old;
}

static void leave(uint64_t old)
{
	mt_flush_restore(old);
}

/* Clips (T,M) into the input value, (M,T) where bands go down; the rows of
 * absent clips become zero. */
static void put_input(struct mt_engine *e, int64_t n, const float *x)
{
	int64_t M = e->net->bands, T = e->T, one = M * T;
	float *to = e->value[0].t.data;
	int turn = M > 1 && (e->net->layout == MT_LAYOUT_BCFT || e->net->layout == MT_LAYOUT_BFT);
#pragma omp parallel for
	for (int64_t b = 0; b < n; b++) {
		if (!turn) {
			memcpy(to + b * one, x + b * one, (size_t)one * sizeof *to);
			continue;
		}
		/* Sixteen frames at a time, so that each written line is whole. */
		for (int64_t t0 = 0; t0 < T; t0 += 16)
			for (int64_t m = 0; m < M; m++)
				for (int64_t t = t0; t < T && t < t0 + 16; t++)
					to[b * one + m * T + t] = x[b * one + t * M + m];
	}
	if (n < e->B)
		memset(to + n * one, 0, (size_t)((e->B - n) * one) * sizeof *to);
}

static int run_forward(struct mt_engine *e, const struct mt_train *t, struct mt_err *err)
{
	for (int i = 0; i < e->n_step; i++) {
		struct mt_step *s = &e->step[i].s;
		if (t) {
			s->seed = t->seed;
			s->step_no = (uint32_t)t->step;
			s->key = (uint64_t)e->step[i].node;
		}
		int status = e->ops->forward(e->ctx, s, err);
		if (status)
			return mt_err_prefix(status, err, "layer %s",
					     e->net->node[e->step[i].node].name);
	}
	return MT_OK;
}

static int run_backward(struct mt_engine *e, struct mt_err *err)
{
	for (int i = e->n_step - 1; i >= 0; i--) {
		struct step *st = &e->step[i];
		if (!e->value[st->out].want_grad)
			continue;
		int status = e->ops->backward(e->ctx, &st->s, err);
		if (status)
			return mt_err_prefix(status, err, "layer %s", e->net->node[st->node].name);
		for (int k = 0; k < st->s.n_in; k++) {
			if (!st->s.din[k] || !st->add[k])
				continue;
			float *to = e->value[st->in[k]].g.data;
			const float *from = st->spare[k].data;
			size_t n = st->spare[k].size;
#pragma omp parallel for
			for (size_t j = 0; j < n; j++)
				to[j] += from[j];
		}
	}
	return MT_OK;
}

static struct value *last_value(struct mt_engine *e)
{
	return &e->value[e->value_of[e->net->n_node - 1]];
}

static int check_batch(const struct mt_engine *e, int64_t n, enum mt_engine_mode mode,
		       struct mt_err *err)
{
	if (e->opt.mode != mode)
		return mt_err_set(err, MT_EUSAGE, "this engine was planned for %s",
				  mode == MT_TRAIN ? "inference" : "training");
	if (n < 1 || n > e->B)
		return mt_err_set(err, MT_EUSAGE, "a batch of %lld clips, planned for %lld",
				  (long long)n, (long long)e->B);
	return MT_OK;
}

int mt_engine_forward(struct mt_engine *e, int64_t n, const float *x, float *out,
		      struct mt_err *err)
{
	int status = check_batch(e, n, MT_INFER, err);
	if (status)
		return status;
	uint64_t old = enter(e);
	if (e->dirty)
		status = mt_engine_fold(e, err);
	if (!status) {
		put_input(e, n, x);
		status = run_forward(e, NULL, err);
	}
	if (!status)
		status = e->ops->get(e->ctx, &last_value(e)->t, e->out, err);
	leave(old);
	if (!status)
		memcpy(out, e->out, (size_t)(n * e->net->n_class) * sizeof *out);
	return status;
}

static const struct mt_tensor *embed_tensor(const struct mt_engine *e)
{
	if (!e->opt.embed || e->net->embed < 0 || e->opt.mode != MT_INFER)
		return NULL;
	return &e->value[e->value_of[e->net->embed]].t;
}

int64_t mt_engine_n_embed(const struct mt_engine *e)
{
	const struct mt_tensor *t = embed_tensor(e);
	return t ? mt_tensor_count(t) / e->B : 0;
}

int mt_engine_embed(struct mt_engine *e, int64_t n, float *out, struct mt_err *err)
{
	const struct mt_tensor *t = embed_tensor(e);
	if (!t || n < 1 || n > e->B)
		return mt_err_set(err, MT_EUSAGE, "this engine keeps no embedding of %lld clips",
				  (long long)n);
	float *all = mt_realloc(NULL, (size_t)mt_tensor_count(t), sizeof *all);
	int status = e->ops->get(e->ctx, t, all, err);
	if (!status)
		memcpy(out, all, (size_t)(n * mt_engine_n_embed(e)) * sizeof *out);
	free(all);
	return status;
}

/* The engine for n clips: e itself or its smaller one, made when first
 * wanted, with e's values. */
static int part_engine(struct mt_engine *e, int64_t n, struct mt_engine **part,
		       struct mt_err *err)
{
	*part = e;
	if (n == e->B)
		return MT_OK;
	if (e->part && e->part->B != n) {
		mt_engine_free(e->part);
		e->part = NULL;
	}
	if (!e->part) {
		struct mt_engine_opt opt = e->opt;
		opt.batch = n;
		opt.average = 0;
		opt.gradient_only = 1;
		int status = mt_engine_new(&e->part, e->net, &opt, err);
		if (status)
			return status;
	}
	*part = e->part;
	return mt_engine_copy(e->part, e, MT_VALUE, err);
}

/* Gradients and running statistics of the smaller engine come back. */
static int part_return(struct mt_engine *e, struct mt_engine *part, struct mt_err *err)
{
	int status = MT_OK;
	for (int i = 0; !status && i < e->net->n_param; i++) {
		if (e->net->param[i].frozen)
			continue;
		enum mt_what what = e->net->param[i].trainable ? MT_GRAD : MT_VALUE;
		float *tmp = mt_realloc(NULL, (size_t)e->net->param[i].count + 1, sizeof *tmp);
		status = mt_engine_get(part, i, what, tmp, err);
		if (!status)
			status = mt_engine_set(e, i, what, tmp, err);
		free(tmp);
	}
	return status;
}

static int both_ways(struct mt_engine *e, int64_t n, const float *x, const float *target,
		     const struct mt_train *t, double *loss, struct mt_err *err)
{
	struct value *last = last_value(e);
	put_input(e, n, x);
	int status = run_forward(e, t, err);
	if (!status)
		status = e->ops->get(e->ctx, &last->t, e->out, err);
	if (status)
		return status;
	double l = mt_loss_run(t->loss, e->dout, e->out, target, n, e->net->n_class);
	if (loss)
		*loss = l;
	status = e->ops->put(e->ctx, &last->g, e->dout, err);
	return status ? status : run_backward(e, err);
}

int mt_engine_gradient(struct mt_engine *e, int64_t n, const float *x, const float *target,
		       const struct mt_train *t, double *loss, struct mt_err *err)
{
	struct mt_engine *p;
	int status = check_batch(e, n, MT_TRAIN, err);
	if (status || (status = part_engine(e, n, &p, err)))
		return status;
	uint64_t old = enter(p);
	status = both_ways(p, n, x, target, t, loss, err);
	leave(old);
	return p == e || status ? status : part_return(e, p, err);
}

float *mt_engine_grads(struct mt_engine *e, size_t *count)
{
	*count = e->n_w;
	return e->g;
}

void mt_engine_update(struct mt_engine *e, const struct mt_train *t)
{
	uint64_t old = enter(e);
	mt_optim_step(&t->optim, e->w, e->m, e->v, e->g, e->n_w, t->step);
	leave(old);
}

void mt_engine_average(struct mt_engine *e, double share)
{
	MT_BUG(!e->w_mean);
	uint64_t old = enter(e);
	mt_optim_average(e->w_mean, e->w, e->n_w, share);
	mt_optim_average(e->buffer_mean, e->buffer, e->n_buffer, share);
	leave(old);
}

int mt_engine_train_step(struct mt_engine *e, int64_t n, const float *x, const float *target,
			 const struct mt_train *t, double *loss, struct mt_err *err)
{
	int status = mt_engine_gradient(e, n, x, target, t, loss, err);
	if (!status)
		mt_engine_update(e, t);
	return status;
}

struct mt_engine_size mt_engine_size(const struct mt_engine *e)
{
	return e->size;
}
