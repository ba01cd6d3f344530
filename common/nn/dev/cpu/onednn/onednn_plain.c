/* SPDX-License-Identifier: MIT
 * Ops without a primitive worth having run in the blas backend on row-major
 * copies of their inputs; values that are row-major already are used as they
 * are. Ops that go value by value and keep 0 at 0 (any_layout) run on any
 * layout, whose padding is zero, without a copy. */
#include "base/mem.h"
#include "nn/dev/cpu/onednn/onednn.h"

/* All inputs have one layout, and the op does not care which. */
static int any_layout(struct dnn_planner *pl, const struct mt_step *st)
{
	dnn_md first = mt_dnn_of(pl, st->in[0]);
	for (int i = 1; i < st->n_in; i++)
		if (!dnnl_memory_desc_equal(mt_dnn_of(pl, st->in[i]), first))
			return 0;
	return st->any_layout;
}

static struct mt_tensor flat(const struct mt_tensor *t)
{
	return mt_tensor_make(1, 1, 1, (int64_t)t->size);
}

void mt_dnn_plan_plain(struct dnn_planner *pl, struct mt_step *st, struct plan *p)
{
	int any = any_layout(pl, st);
	if (any)
		mt_dnn_set(pl, st->out, mt_dnn_of(pl, st->in[0]));
	if (pl->rc)
		return;
	p->plain = 1;
	p->any = any;
	p->sub = *st;
	p->out = any ? flat(st->out) : *st->out;
	p->sub.out = &p->out;
	for (int i = 0; i < st->n_in; i++) {
		const int64_t *d = st->in[i]->dim;
		p->in[i] = any ? flat(st->in[i]) : mt_tensor_make(d[0], d[1], d[2], d[3]);
		p->sub.in[i] = &p->in[i];
	}
	if ((pl->rc = mt_ops_blas.plan(NULL, &p->sub, pl->err)))
		return;
	st->work_size = p->sub.work_size;
	st->need_in = p->sub.need_in;
	st->need_out = p->sub.need_out;
	st->tmp_size = mt_pad64(p->sub.tmp_size);
	for (int i = 0; i < st->n_in; i++)
		if (!any && st->in[i]->layout)
			st->tmp_size += 2 * mt_pad64(p->in[i].size * sizeof(float));
	p->dout = p->out;
	for (int i = 0; i < st->n_in; i++)
		p->din[i] = p->in[i];
}

/* Point the sub-step at the data, copies where layouts differ. */
static int enter(struct dnn *d, struct mt_step *st, struct plan *p, int back, struct mt_err *err)
{
	char *tmp = st->tmp + mt_pad64(p->sub.tmp_size);
	int rc = MT_OK;
	p->sub.work = st->work;
	p->sub.tmp = st->tmp;
	p->sub.seed = st->seed;
	p->sub.key = st->key;
	p->sub.step_no = st->step_no;
	p->out.data = st->out->data;
	p->dout.data = back ? st->dout->data : NULL;
	p->sub.dout = &p->dout;
	for (int i = 0; i < st->n_in; i++) {
		size_t size = mt_pad64(p->in[i].size * sizeof(float));
		int copy = !p->any && st->in[i]->layout;
		p->in[i].data = copy ? tmp : st->in[i]->data;
		p->sub.din[i] = back && st->din[i] ? &p->din[i] : NULL;
		if (p->sub.din[i])
			p->din[i].data = copy ? tmp + size : st->din[i]->data;
		tmp += copy ? 2 * size : 0;
		if (copy && (!back || st->need_in) &&
		    (rc = mt_dnn_get(d, st->in[i], p->in[i].data, err)))
			return rc;
	}
	return rc;
}

int mt_dnn_run_plain(struct dnn *d, struct mt_step *st, struct plan *p, int back,
		     struct mt_err *err)
{
	int status = enter(d, st, p, back, err);
	if (status)
		return status;
	if (!back)
		return mt_ops_blas.forward(NULL, &p->sub, err);
	status = mt_ops_blas.backward(NULL, &p->sub, err);
	for (int i = 0; !status && i < st->n_in; i++)
		if (p->sub.din[i] && p->din[i].data != st->din[i]->data)
			status = mt_dnn_put(d, st->din[i], p->din[i].data, err);
	return status;
}
