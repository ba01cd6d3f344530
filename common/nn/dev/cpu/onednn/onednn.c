/* SPDX-License-Identifier: MIT */
#include "nn/dev/cpu/onednn/onednn.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

struct dnn_place mt_dnn_tmp(struct mt_step *st, dnn_md md)
{
	struct dnn_place at = {&st->tmp, st->tmp_size};
	st->tmp_size += mt_pad64(dnnl_memory_desc_get_size(md));
	return at;
}

struct dnn_place mt_dnn_work(struct mt_step *st, dnn_md md)
{
	struct dnn_place at = {&st->work, st->work_size};
	st->work_size += mt_pad64(dnnl_memory_desc_get_size(md));
	return at;
}

static void close_dnn(void *ctx)
{
	struct dnn *d = ctx;
	if (d->stream)
		dnnl_stream_destroy(d->stream);
	if (d->engine)
		dnnl_engine_destroy(d->engine);
	free(d);
}

static int open_dnn(void **ctx, int n_thread, struct mt_err *err)
{
	struct dnn *d = mt_calloc(1, sizeof *d);
	d->n_thread = n_thread;
	dnnl_status_t status = dnnl_engine_create(&d->engine, dnnl_cpu, 0);
	if (status == dnnl_success)
		status = dnnl_stream_create(&d->stream, d->engine, dnnl_stream_default_flags);
	if (status != dnnl_success) {
		close_dnn(d);
		return mt_dnn_check(status, "open", err);
	}
	*ctx = d;
	return MT_OK;
}

static void begin(void *ctx)
{
	struct dnn *d = ctx;
	omp_set_num_threads(d->n_thread);
}

static void release(void *ctx, struct mt_step *st)
{
	struct plan *p = st->plan;
	(void)ctx;
	if (!p)
		return;
	mt_dnn_drop(&p->fwd);
	mt_dnn_drop(&p->bwd);
	free(p);
	st->plan = NULL;
}

static void plan_norm(struct dnn_planner *pl, struct mt_step *st, struct plan *p)
{
	if (st->a.axis == MT_AXIS_C && st->in[0]->dim[1] > 1)
		mt_dnn_plan_norm(pl, st, p);
	else
		mt_dnn_plan_plain(pl, st, p);
}

/* The ops that oneDNN has primitives for; blas runs the others. */
static void (*const planners[MT_N_OP])(struct dnn_planner *, struct mt_step *, struct plan *) = {
	[MT_OP_CONV] = mt_dnn_plan_linear, [MT_OP_DENSE] = mt_dnn_plan_linear,
	[MT_OP_BATCHNORM] = plan_norm,
	[MT_OP_MAXPOOL] = mt_dnn_plan_pool, [MT_OP_AVGPOOL] = mt_dnn_plan_pool,
};

static int plan(void *ctx, struct mt_step *st, struct mt_err *err)
{
	struct dnn_planner pl = {.d = ctx, .err = err};
	struct plan *p = st->plan = mt_calloc(1, sizeof *p);
	(planners[st->op] ? planners[st->op] : mt_dnn_plan_plain)(&pl, st, p);
	mt_dnn_end(&pl);
	return pl.rc;
}

/* oneDNN writes code of about 1 kB for each column of a convolution's output,
 * a gigabyte for a million frames. */
static double plan_bytes(const struct mt_step *st)
{
	return st->op == MT_OP_CONV ? 1024 * (double)st->out->dim[3] : 0;
}

static int forward(void *ctx, struct mt_step *st, struct mt_err *err)
{
	struct plan *p = st->plan;
	if (p->plain)
		return mt_dnn_run_plain(ctx, st, p, 0, err);
	int status = mt_dnn_run(ctx, &p->fwd, err);
	if (!status && p->stat && st->train)
		mt_dnn_norm_stats(st, p);
	return status;
}

static int backward(void *ctx, struct mt_step *st, struct mt_err *err)
{
	struct plan *p = st->plan;
	if (p->plain)
		return mt_dnn_run_plain(ctx, st, p, 1, err);
	if (p->mask) {
		float *dy = st->dout->data;
		const float *y = st->out->data;
		size_t n = st->out->size;
#pragma omp parallel for simd
		for (size_t i = 0; i < n; i++)
			dy[i] = y[i] > 0 ? dy[i] : 0;
	}
	int status = mt_dnn_run(ctx, &p->bwd, err);
	if (!status && p->first)
		mt_dnn_run_first(st, p);
	return status;
}

static int put(void *ctx, struct mt_tensor *t, const float *from, struct mt_err *err)
{
	return mt_dnn_put(ctx, t, from, err);
}

static int get(void *ctx, const struct mt_tensor *t, float *to, struct mt_err *err)
{
	return mt_dnn_get(ctx, t, to, err);
}

static void id(char *buf, size_t size)
{
	static const struct { dnnl_cpu_isa_t isa; const char *name; } isas[] = {
		{dnnl_cpu_isa_sse41, "sse41"}, {dnnl_cpu_isa_avx, "avx"},
		{dnnl_cpu_isa_avx2, "avx2"}, {dnnl_cpu_isa_avx2_vnni, "avx2_vnni"},
		{dnnl_cpu_isa_avx512_core, "avx512_core"},
		{dnnl_cpu_isa_avx512_core_vnni, "avx512_core_vnni"},
		{dnnl_cpu_isa_avx512_core_bf16, "avx512_core_bf16"},
		{dnnl_cpu_isa_avx512_core_amx, "avx512_core_amx"},
	};
	const dnnl_version_t *v = dnnl_version();
	dnnl_cpu_isa_t isa = dnnl_get_effective_cpu_isa();
	const char *name = "other instructions";
	for (size_t i = 0; i < sizeof isas / sizeof *isas; i++)
		if (isas[i].isa == isa)
			name = isas[i].name;
	snprintf(buf, size, "oneDNN %d.%d.%d %s", v->major, v->minor, v->patch,
		 name);
}

const struct mt_ops mt_ops_onednn = {
	.name = "onednn", .id = id,
	.open = open_dnn, .close = close_dnn, .begin = begin, .plan = plan,
	.plan_bytes = plan_bytes,
	.release = release, .forward = forward, .backward = backward, .put = put, .get = get,
	.forget = mt_dnn_md_forget,
};
