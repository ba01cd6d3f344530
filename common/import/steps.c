/* SPDX-License-Identifier: MIT
 * Steps from a source's layout of a tensor to ours. Each is worked out as a
 * gather: for every place of the result, the place of its value before. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "import/family.h"

/* What one step does: result axis i has stride[i] in the old array; on its axis
 * deinterleaved the second half begins anew at 1. */
struct gather {
	uint64_t dim[MT_WEIGHT_DIMS];
	int64_t stride[MT_WEIGHT_DIMS], start;
	int split;                     /* axis, or -1 */
};

static int impossible(const struct mt_steps *s, const char *step, struct mt_err *err)
{
	char shape[200];
	return mt_err_set(err, MT_EUSAGE, "\"%.100s\" is not possible with shape %s", step,
			  mt_weight_shape(shape, sizeof shape, s->n_dim, s->dim));
}

static void run_gather(struct mt_steps *s, const struct gather *g)
{
	uint64_t at[MT_WEIGHT_DIMS] = {0}, count = 1;
	memcpy(s->dim, g->dim, sizeof s->dim);
	for (int i = 0; i < s->n_dim; i++)
		count *= g->dim[i];
	if (!s->data || !count)
		return;
	float *out = mt_realloc(NULL, count, sizeof *out);
	for (uint64_t k = 0; k < count; k++) {
		int64_t from = g->start;
		for (int i = 0; i < s->n_dim; i++) {
			int64_t x = (int64_t)at[i], half = (int64_t)g->dim[i] / 2;
			if (i == g->split)
				x = x < half ? 2 * x : 2 * (x - half) + 1;
			from += x * g->stride[i];
		}
		out[k] = s->data[from];
		for (int i = s->n_dim - 1; i >= 0 && ++at[i] == g->dim[i]; i--)
			at[i] = 0;
	}
	free(s->data);
	s->data = out;
}

static int reshape(struct mt_steps *s, const char *step, const int64_t *arg, int n,
		   struct mt_err *err)
{
	uint64_t count = 1, rest = 1;
	int open = -1;
	for (int i = 0; i < s->n_dim; i++)
		count *= s->dim[i];
	for (int i = 0; i < n; i++) {
		if (arg[i] == -1 && open < 0)
			open = i;
		else if (arg[i] < 1 || __builtin_mul_overflow(rest, (uint64_t)arg[i], &rest) ||
			 rest > INT64_MAX)
			return impossible(s, step, err);
	}
	if (open < 0 ? rest != count : count % rest != 0)
		return impossible(s, step, err);
	for (int i = 0; i < n; i++)
		s->dim[i] = i == open ? count / rest : (uint64_t)arg[i];
	s->n_dim = n;
	return MT_OK;
}

static int one_step(struct mt_steps *s, const char *step, const char *what,
		    const int64_t *arg, int n, struct mt_err *err)
{
	struct gather g = {.split = -1};
	int64_t old[MT_WEIGHT_DIMS], step_size = 1;
	unsigned seen = 0;
	if (!strcmp(what, "reshape"))
		return reshape(s, step, arg, n, err);
	bool turn = !strcmp(what, "transpose"), flip = !strcmp(what, "flip");
	bool split = !strcmp(what, "deinterleave");
	if (!turn && !flip && !split)
		return mt_err_set(err, MT_EUSAGE, "unknown step \"%.60s\"; expected transpose, "
				  "reshape, deinterleave or flip", what);
	for (int i = s->n_dim - 1; i >= 0; i--) {
		old[i] = step_size;
		step_size *= (int64_t)s->dim[i];
	}
	for (int i = 0; i < n; i++) {
		if (arg[i] < 0 || arg[i] >= s->n_dim || (seen & 1u << arg[i]))
			return impossible(s, step, err);
		seen |= 1u << arg[i];
	}
	if (turn ? n != s->n_dim : split ? n != 1 || s->dim[arg[0]] % 2 : n < 1)
		return impossible(s, step, err);
	for (int i = 0; i < s->n_dim; i++) {
		int from = turn ? (int)arg[i] : i;
		g.dim[i] = s->dim[from];
		g.stride[i] = old[from];
		if (flip && (seen & 1u << i)) {
			g.start += old[i] * ((int64_t)s->dim[i] - 1);
			g.stride[i] = -old[i];
		}
	}
	g.split = split ? (int)arg[0] : -1;
	run_gather(s, &g);
	return MT_OK;
}

int mt_steps_run(struct mt_steps *s, const char *steps, struct mt_err *err)
{
	char *copy = mt_strdup(steps), *next = copy, *step;
	int rc = MT_OK;
	while (!rc && (step = strsep(&next, ","))) {
		int64_t arg[MT_WEIGHT_DIMS];
		int n = 0;
		char *whole = mt_strdup(step), *save, *word = strtok_r(step, " ", &save), *v;
		while (!rc && word && (v = strtok_r(NULL, " ", &save)))
			if (n == MT_WEIGHT_DIMS || !mt_num_i64(v, &arg[n++]))
				rc = impossible(s, whole, err);
		if (!rc)
			rc = one_step(s, whole + strspn(whole, " "), word ? word : "", arg, n, err);
		free(whole);
	}
	free(copy);
	return rc;
}
