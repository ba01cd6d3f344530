/* SPDX-License-Identifier: MIT
 * The gradient of a one-channel map. oneDNN computes sixteen channels at a
 * time, of which a first convolution needs one, and so spends as long on it
 * as on the rest of the layer; here the rows of dy are added, tap by tap. */
#include "nn/dev/cpu/onednn/onednn.h"

#if defined __x86_64__ && defined __GNUC__
#define MT_WIDE __attribute__((target("avx512f")))
#define HAVE_WIDE __builtin_cpu_supports("avx512f")
#endif

struct first {
	int64_t B, H, W, O, OH, OW, kh, kw, top, left;
	const float *dy, *w;
	float *dx;
};

/* dx[h,w] = sum over o, i, j of w[o,i,j] dy[o, h + top - i, w + left - j] */
static inline __attribute__((always_inline)) void add_row(const struct first *f, int64_t row)
{
	int64_t b = row / f->H, h = row % f->H;
	float *restrict dx = f->dx + row * f->W;
	for (int64_t w = 0; w < f->W; w++)
		dx[w] = 0;
	for (int64_t o = 0; o < f->O; o++)
		for (int64_t k = 0; k < f->kh * f->kw; k++) {
			int64_t oh = h + f->top - k / f->kw, off = f->left - k % f->kw;
			if (oh < 0 || oh >= f->OH)
				continue;
			const float *dy = f->dy + ((b * f->O + o) * f->OH + oh) * f->OW + off;
			float c = f->w[o * f->kh * f->kw + k];
			int64_t from = off < 0 ? -off : 0;
			int64_t to = f->OW - off < f->W ? f->OW - off : f->W;
			for (int64_t w = from; w < to; w++)
				dx[w] += c * dy[w];
		}
}

static void add_row_any(const struct first *f, int64_t row)
{
	add_row(f, row);
}

#ifdef MT_WIDE
MT_WIDE static void add_row_wide(const struct first *f, int64_t row)
{
	add_row(f, row);
}
#endif

int mt_dnn_is_first(const struct mt_step *st)
{
	return st->op == MT_OP_CONV && st->in[0]->dim[1] == 1 && st->a.stride[0] == 1 &&
	       st->a.stride[1] == 1;
}

void mt_dnn_plan_first(struct dnn_planner *pl, struct mt_step *st, struct plan *p, dnn_md w,
		       dnn_md dst)
{
	const int64_t *i = st->in[0]->dim, *o = st->out->dim;
	int64_t wd[4] = {o[1], i[1], st->a.kernel[0], st->a.kernel[1]};
	dnn_md wp = mt_dnn_plain(pl, 4, wd), dyp = mt_dnn_plain(pl, 4, o);
	if (pl->rc)
		return;
	p->first = 1;
	p->first_w = mt_dnn_tmp(st, wp).off;
	p->first_dy = mt_dnn_tmp(st, dyp).off;
	mt_dnn_reorder(pl, &p->bwd, w, mt_dnn_at(&st->param[0]->w.data), wp,
		       (struct dnn_place){&st->tmp, p->first_w});
	mt_dnn_reorder(pl, &p->bwd, dst, mt_dnn_at(&st->dout->data), dyp,
		       (struct dnn_place){&st->tmp, p->first_dy});
}

void mt_dnn_run_first(struct mt_step *st, const struct plan *p)
{
	const int64_t *i = st->in[0]->dim, *o = st->out->dim;
	struct first f = {.B = i[0], .H = i[2], .W = i[3], .O = o[1], .OH = o[2], .OW = o[3],
			  .kh = st->a.kernel[0], .kw = st->a.kernel[1], .top = st->a.pad[0],
			  .left = st->a.pad[2], .dx = st->din[0]->data};
	void (*run)(const struct first *, int64_t) = add_row_any;
	f.w = (const float *)(const void *)(st->tmp + p->first_w);
	f.dy = (const float *)(const void *)(st->tmp + p->first_dy);
#ifdef MT_WIDE
	if (HAVE_WIDE)
		run = add_row_wide;
#endif
#pragma omp parallel for
	for (int64_t row = 0; row < f.B * f.H; row++)
		run(&f, row);
}
