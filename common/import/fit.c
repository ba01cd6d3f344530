/* SPDX-License-Identifier: MIT */
#include "import/fit.h"

#include <float.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc.h"
#include "base/file.h"
#include "base/mem.h"

#define MAX_MAP (1 << 24)   /* bytes of a map file */

/* How well a family fits. */
struct score {
	size_t n_match;          /* tensors of the net that are there, in its shape */
	char differs[400];       /* the first that is not, or what is too many; "" */
};

static void shape_of(const struct mt_param *p, uint64_t *dim)
{
	for (int i = 0; i < p->n_dim; i++)
		dim[i] = (uint64_t)p->dim[i];
}

/* The shape of our tensor that a row gives. */
static int row_shape(const struct mt_family_row *row, const struct mt_weight *item,
		     struct mt_steps *s, struct mt_err *err)
{
	*s = (struct mt_steps){.n_dim = item->n_dim};
	memcpy(s->dim, item->dim, sizeof s->dim);
	return row->steps ? mt_steps_run(s, row->steps, err) : MT_OK;
}

/* Outputs of the source's net: the first size of the net's last parameter. */
static int64_t outputs(const struct mt_family *f, const struct mt_net *net,
		       const struct mt_weights *w)
{
	struct mt_steps s;
	if (!net->n_param)
		return 0;
	const struct mt_family_row *row = mt_family_row(f, net->param[net->n_param - 1].name);
	const struct mt_weight *item = row ? mt_weights_get(w, row->from) : NULL;
	if (!item || row_shape(row, item, &s, NULL) || !s.n_dim || s.dim[0] < 1 ||
	    s.dim[0] > 1000000)
		return 0;
	return (int64_t)s.dim[0];
}

/* Does the source's tensor fit parameter p? What differs goes into text. */
static bool fits(const struct mt_family *f, const struct mt_param *p,
		 const struct mt_weights *w, char *text, size_t size)
{
	struct mt_steps s;
	struct mt_err err;
	char want[120], have[120];
	uint64_t dim[MT_MAX_DIM] = {0};
	const struct mt_family_row *row = mt_family_row(f, p->name);
	const struct mt_weight *item = row ? mt_weights_get(w, row->from) : NULL;
	shape_of(p, dim);
	if (!row)
		snprintf(text, size, "no tensor is named for '%.100s'", p->name);
	else if (!item)
		snprintf(text, size, "'%.100s' is missing", row->from);
	else if (row_shape(row, item, &s, &err))
		snprintf(text, size, "'%.100s': %.200s", row->from, err.text);
	else if (s.n_dim != p->n_dim || memcmp(s.dim, dim, (size_t)s.n_dim * sizeof *dim))
		snprintf(text, size, "'%.100s'%s has shape %s, expected %s", row->from, row->steps
			 ? " rearranged" : "", mt_weight_shape(have, sizeof have, s.n_dim, s.dim),
			 mt_weight_shape(want, sizeof want, p->n_dim, dim));
	else
		return true;
	return false;
}

static int by_from(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The first tensor of the source that neither the family nor "skip" has. */
static const struct mt_weight *surplus(const struct mt_family *f, const struct mt_weights *w)
{
	const struct mt_weight *hit = NULL;
	const char **from = mt_calloc(f->n_row + 1, sizeof *from);
	for (size_t i = 0; i < f->n_row; i++)
		from[i] = f->row[i].from;
	qsort(from, f->n_row, sizeof *from, by_from);
	for (size_t i = 0; !hit && i < w->n; i++) {
		const char *name = w->item[i].name;
		bool skip = bsearch(&name, from, f->n_row, sizeof *from, by_from) != NULL;
		hit = skip || mt_family_skips(f, name) ? NULL : &w->item[i];
	}
	free(from);
	return hit;
}

static void compare(const struct mt_family *f, const struct mt_net *net,
		    const struct mt_weights *w, struct score *s)
{
	char text[400];
	*s = (struct score){0};
	for (int i = 0; i < net->n_param; i++)
		if (fits(f, &net->param[i], w, text, sizeof text))
			s->n_match++;
		else if (!*s->differs)
			snprintf(s->differs, sizeof s->differs, "%s", text);
	const struct mt_weight *more = *s->differs ? NULL : surplus(f, w);
	if (more)
		snprintf(s->differs, sizeof s->differs, "'%.200s' is not part of it",
			 more->name);
}

/* The net with the source's number of outputs. */
static int load_net(struct mt_net *net, const struct mt_family *f, const struct mt_weights *w,
		    struct mt_err *err)
{
	struct mt_net_opt one = {.n_class = 1};
	int rc = mt_net_load(net, f->net, &one, err);
	int64_t k = rc ? 0 : outputs(f, net, w);
	if (rc || k < 2)
		return rc;
	mt_net_release(net);
	return mt_net_load(net, f->net, &(struct mt_net_opt){.n_class = k}, err);
}

/* A family of a net's own names. */
static int own_names(struct mt_family *f, const char *net_name, struct mt_err *err)
{
	struct mt_net net;
	*f = (struct mt_family){.name = mt_strdup(net_name), .net = mt_strdup(net_name)};
	f->skip = mt_realloc(NULL, 1, sizeof *f->skip);
	f->skip[f->n_skip++] = mt_strdup("*num_batches_tracked");
	int rc = mt_net_load(&net, net_name, &(struct mt_net_opt){.n_class = 1}, err);
	for (int i = 0; !rc && i < net.n_param; i++)
		mt_family_add(f, net.param[i].name, net.param[i].name, NULL);
	if (!rc)
		mt_net_release(&net);
	else
		mt_family_release(f);
	return rc;
}

/* Try a family, which is taken over; keep it if it is the best so far. */
static int try_family(struct mt_fit *fit, struct score *best, struct mt_family *f,
		      const struct mt_weights *w, struct mt_err *err)
{
	struct mt_net net;
	struct score s;
	int rc = load_net(&net, f, w, err);
	if (rc) {
		mt_family_release(f);
		return rc;
	}
	compare(f, &net, w, &s);
	bool whole = !*s.differs, was_whole = fit->net.n_node && !*best->differs;
	if (!fit->net.n_node || (whole && !was_whole) ||
	    (whole == was_whole && s.n_match > best->n_match)) {
		mt_fit_release(fit);
		fit->family = *f;
		fit->net = net;
		*best = s;
	} else {
		mt_net_release(&net);
		mt_family_release(f);
	}
	return MT_OK;
}

static int try_all(struct mt_fit *fit, struct score *best, const struct mt_weights *w,
		   const char *net, struct mt_err *err)
{
	struct mt_family f;
	bool known = false;
	int rc = MT_OK;
	for (const struct mt_text_builtin *b = mt_family_builtin; !rc && b->name; b++) {
		rc = mt_family_parse(&f, b->text, b->name, err);
		if (!rc && net && strcmp(f.net, net) != 0)
			mt_family_release(&f);
		else if (!rc)
			rc = try_family(fit, best, &f, w, err);
	}
	for (const struct mt_net_builtin *b = mt_net_builtin; !rc && b->name; b++) {
		if (net && strcmp(b->name, net) != 0)
			continue;
		known = true;
		rc = own_names(&f, b->name, err);
		if (!rc)
			rc = try_family(fit, best, &f, w, err);
	}
	if (!rc && net && !known) {
		rc = own_names(&f, net, err);
		if (!rc)
			rc = try_family(fit, best, &f, w, err);
	}
	return rc;
}

static int try_map(struct mt_fit *fit, struct score *best, const struct mt_weights *w,
		   const struct mt_fit_opt *opt, struct mt_err *err)
{
	struct mt_family f;
	char *text = NULL;
	size_t size;
	int rc = mt_file_get(opt->map, MAX_MAP, &text, &size, err);
	/* licence and origin go into JSON */
	json_t *utf8 = rc ? NULL : json_stringn(text, size);
	if (!rc && (!utf8 || memchr(text, 0, size)))
		rc = mt_err_set(err, MT_EUSAGE, "%s: not text in UTF-8", opt->map);
	json_decref(utf8);
	if (!rc)
		rc = mt_family_parse(&f, text, opt->map, err);
	free(text);
	if (rc)
		return rc;
	if (opt->net) {
		free(f.net);
		f.net = mt_strdup(opt->net);
	}
	if (!f.net) {
		mt_family_release(&f);
		return mt_err_set(err, MT_EUSAGE, "%s: does not name a net; name it with `net`",
				  opt->map);
	}
	return try_family(fit, best, &f, w, err);
}

int mt_fit_find(struct mt_fit *fit, const struct mt_weights *w, const struct mt_fit_opt *opt,
		const char *path, struct mt_err *err)
{
	struct score best = {0};
	*fit = (struct mt_fit){0};
	int rc = opt->map ? try_map(fit, &best, w, opt, err)
			  : try_all(fit, &best, w, opt->net, err);
	if (!rc && *best.differs && !best.n_match && !opt->net && !opt->map)
		rc = mt_err_set(err, MT_EINPUT, "%s: %s with %zu tensors, but no known net has any "
				"of their names; name the net with `net` and its tensors with "
				"`map`", path, w->format, w->n);
	else if (!rc && *best.differs)
		rc = mt_err_set(err, MT_EINPUT, "%s: %s with %zu tensors does not fit %s%.100s "
				"(%zu of %d tensors do): %.240s; see `net` and `map`", path,
				w->format, w->n, opt->net || opt->map ? "the net "
				: "any known net, the closest is ", fit->net.name,
				best.n_match, fit->net.n_param, best.differs);
	if (rc)
		mt_fit_release(fit);
	return rc;
}

/* Check and flush the values of parameter p. */
static int clean(struct mt_fit *fit, const struct mt_param *p, const char *from, float *x,
		 const char *path, struct mt_err *err)
{
	for (int64_t i = 0; i < p->count; i++) {
		if (!isfinite(x[i]))
			return mt_err_set(err, MT_EINPUT, "%s: tensor '%.200s': a value is %g",
					  path, from, (double)x[i]);
		if (p->positive && x[i] < 0)
			return mt_err_set(err, MT_EINPUT, "%s: tensor '%.200s': a variance is %g, "
					  "below 0", path, from, (double)x[i]);
		if (fabsf(x[i]) < FLT_MIN && (x[i] < 0 || x[i] > 0)) {
			x[i] = 0;
			fit->n_flushed++;
		}
	}
	return MT_OK;
}

static int take(struct mt_fit *fit, const struct mt_weights *w, const struct mt_param *p,
		const char *path, struct mt_err *err)
{
	const struct mt_family_row *row = mt_family_row(&fit->family, p->name);
	const struct mt_weight *item = mt_weights_get(w, row->from);
	struct mt_model_tensor *t = &fit->tensor[fit->n_tensor++];
	struct mt_steps s = {.n_dim = item->n_dim};
	memcpy(s.dim, item->dim, sizeof s.dim);
	s.data = mt_realloc(NULL, item->count, sizeof *s.data);
	memcpy(s.data, item->data, item->count * sizeof *s.data);
	int rc = row->steps ? mt_steps_run(&s, row->steps, err) : MT_OK;
	if (!rc)
		rc = clean(fit, p, row->from, s.data, path, err);
	*t = (struct mt_model_tensor){.name = mt_strdup(p->name), .n_dim = p->n_dim,
				      .data = s.data, .size = (uint64_t)p->count * sizeof(float)};
	shape_of(p, t->dim);
	fit->crc = mt_crc32(fit->crc, t->data, t->size);
	return rc;
}

int mt_fit_take(struct mt_fit *fit, const struct mt_weights *w, const char *path,
		struct mt_err *err)
{
	int rc = MT_OK;
	fit->tensor = mt_calloc((size_t)fit->net.n_param + 1, sizeof *fit->tensor);
	for (int i = 0; !rc && i < fit->net.n_param; i++)
		rc = take(fit, w, &fit->net.param[i], path, err);
	for (size_t i = 0; !rc && i < fit->family.n_known; i++)
		if (fit->family.known[i].crc == fit->crc)
			fit->known = &fit->family.known[i];
	return rc;
}

void mt_fit_release(struct mt_fit *fit)
{
	for (size_t i = 0; i < fit->n_tensor; i++) {
		free(fit->tensor[i].name);
		free((void *)(uintptr_t)fit->tensor[i].data);
	}
	free(fit->tensor);
	mt_net_release(&fit->net);
	mt_family_release(&fit->family);
	*fit = (struct mt_fit){0};
}
