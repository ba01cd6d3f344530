/* SPDX-License-Identifier: MIT */
#include "nn/dev/cpu/onednn/onednn.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

int mt_dnn_fail(dnnl_status_t status, const char *what, struct mt_err *err)
{
	static const char *const words[] = {"success", "out of memory", "invalid arguments",
					    "unimplemented", "iterator ends", "runtime error",
					    "not required"};
	size_t k = (size_t)status;
	return mt_err_set(err, MT_ESYS, "oneDNN: %s: %s", what,
			  k < sizeof words / sizeof *words ? words[k] : "unknown error");
}

static dnnl_memory_desc_t plain_desc(int n, const dnnl_dim_t *dim)
{
	static const dnnl_format_tag_t tags[] = {dnnl_format_tag_undef, dnnl_a, dnnl_ab, dnnl_abc,
						 dnnl_abcd, dnnl_abcde};
	dnnl_memory_desc_t md;
	MT_BUG(dnnl_memory_desc_init_by_tag(&md, n, dim, dnnl_f32, tags[n]) != dnnl_success);
	return md;
}

dnnl_memory_desc_t mt_dnn_desc(const struct mt_tensor *t)
{
	if (t->layout)
		return *(const dnnl_memory_desc_t *)t->layout;
	return plain_desc(t->n_dim, t->dim);
}

dnnl_memory_desc_t mt_dnn_any(int n, const int64_t *dim)
{
	dnnl_memory_desc_t md;
	MT_BUG(dnnl_memory_desc_init_by_tag(&md, n, dim, dnnl_f32, dnnl_format_tag_any) !=
	       dnnl_success);
	return md;
}

static void forget(struct mt_tensor *t)
{
	free(t->layout);
	t->layout = NULL;
}

void mt_dnn_set(struct mt_tensor *t, const dnnl_memory_desc_t *md)
{
	dnnl_memory_desc_t plain = plain_desc(md->ndims, md->dims);
	forget(t);
	t->size = dnnl_memory_desc_get_size(md) / sizeof(float);
	if (dnnl_memory_desc_equal(md, &plain))
		return;
	dnnl_memory_desc_t *own = mt_calloc(1, sizeof *own);
	*own = *md;
	t->layout = own;
}

void mt_dnn_plain(struct mt_tensor *t)
{
	forget(t);
	t->size = (size_t)mt_tensor_count(t);
}

const dnnl_memory_desc_t *mt_dnn_query(const_dnnl_primitive_desc_t pd, dnnl_query_t what)
{
	return dnnl_primitive_desc_query_md(pd, what, 0);
}

struct place mt_dnn_tmp(struct mt_step *st, const dnnl_memory_desc_t *md)
{
	struct place at = {&st->tmp, st->tmp_size};
	st->tmp_size += mt_pad64(dnnl_memory_desc_get_size(md));
	return at;
}

struct place mt_dnn_work(struct mt_step *st, const dnnl_memory_desc_t *md)
{
	struct place at = {&st->work, st->work_size};
	st->work_size += mt_pad64(dnnl_memory_desc_get_size(md));
	return at;
}

int mt_dnn_arg(struct dnn *d, struct call *c, int id, const dnnl_memory_desc_t *md,
	       struct place at, struct mt_err *err)
{
	MT_BUG(c->n >= MAX_ARG);
	TRY(dnnl_memory_create(&c->mem[c->n], md, d->engine, DNNL_MEMORY_NONE), "memory");
	c->id[c->n] = id;
	c->at[c->n++] = at;
	return MT_OK;
}

int mt_dnn_reorder(struct dnn *d, struct call *c, const dnnl_memory_desc_t *from,
		   struct place src, const dnnl_memory_desc_t *to, struct place dst,
		   struct mt_err *err)
{
	dnnl_primitive_desc_t pd;
	TRY(dnnl_reorder_primitive_desc_create(&pd, from, d->engine, to, d->engine, NULL),
	    "reorder");
	dnnl_status_t status = dnnl_primitive_create(&c->prim, pd);
	dnnl_primitive_desc_destroy(pd);
	TRY(status, "reorder");
	if (mt_dnn_arg(d, c, DNNL_ARG_FROM, from, src, err) ||
	    mt_dnn_arg(d, c, DNNL_ARG_TO, to, dst, err))
		return MT_ESYS;
	return MT_OK;
}

int mt_dnn_run(struct dnn *d, struct call *c, int n, struct mt_err *err)
{
	for (; n > 0; n--, c++) {
		dnnl_exec_arg_t args[MAX_ARG];
		for (int i = 0; i < c->n; i++) {
			char *base;
			memcpy(&base, c->at[i].base, sizeof base);
			TRY(dnnl_memory_set_data_handle(c->mem[i], base + c->at[i].off), "data");
			args[i] = (dnnl_exec_arg_t){c->id[i], c->mem[i]};
		}
		TRY(dnnl_primitive_execute(c->prim, d->stream, c->n, args), "execute");
	}
	TRY(dnnl_stream_wait(d->stream), "wait");
	return MT_OK;
}

void mt_dnn_drop(struct call *c, int n)
{
	for (; n > 0; n--, c++) {
		for (int i = 0; i < c->n; i++)
			dnnl_memory_destroy(c->mem[i]);
		if (c->prim)
			dnnl_primitive_destroy(c->prim);
	}
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
		return mt_dnn_fail(status, "open", err);
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
	mt_dnn_drop(p->fwd, MAX_CALL);
	mt_dnn_drop(p->bwd, MAX_CALL);
	free(p);
	st->plan = NULL;
}

static int plan(void *ctx, struct mt_step *st, struct mt_err *err)
{
	struct plan *p = st->plan = mt_calloc(1, sizeof *p);
	switch (st->op) {
	case MT_OP_CONV: case MT_OP_DENSE:
		return mt_dnn_plan_linear(ctx, st, p, err);
	case MT_OP_MAXPOOL: case MT_OP_AVGPOOL:
		return mt_dnn_plan_pool(ctx, st, p, err);
	case MT_OP_BATCHNORM:
		if (st->a.axis == MT_AXIS_C && st->in[0]->dim[1] > 1)
			return mt_dnn_plan_norm(ctx, st, p, err);
		return mt_dnn_plan_plain(st, p, err);
	default:
		return mt_dnn_plan_plain(st, p, err);
	}
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
	int status = mt_dnn_run(ctx, p->fwd, p->n_fwd, err);
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
	int status = mt_dnn_run(ctx, p->bwd, p->n_bwd, err);
	if (!status && p->first)
		mt_dnn_run_first(st, p);
	return status;
}

/* Between a row-major array and t. */
static int convert(struct dnn *d, const struct mt_tensor *t, void *array, int put,
		   struct mt_err *err)
{
	dnnl_memory_desc_t md = mt_dnn_desc(t), plain = plain_desc(md.ndims, md.dims);
	struct call c = {0};
	struct place own = mt_dnn_at(&t->data), other = mt_dnn_at(&array);
	if (!t->layout) {
		memcpy(put ? t->data : array, put ? array : t->data, t->size * sizeof(float));
		return MT_OK;
	}
	int status = put ? mt_dnn_reorder(d, &c, &plain, other, &md, own, err) :
		mt_dnn_reorder(d, &c, &md, own, &plain, other, err);
	if (!status)
		status = mt_dnn_run(d, &c, 1, err);
	mt_dnn_drop(&c, 1);
	return status;
}

static int put(void *ctx, struct mt_tensor *t, const float *from, struct mt_err *err)
{
	void *array;
	memcpy(&array, &from, sizeof array);
	return convert(ctx, t, array, 1, err);
}

static int get(void *ctx, const struct mt_tensor *t, float *to, struct mt_err *err)
{
	return convert(ctx, t, to, 0, err);
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
	.forget = forget,
};
