/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/mem.h"
#include "import/torch.h"

#define MAX_KEY 100    /* bytes of a storage's key: a number as text */
#define MAX_NOTE 200   /* bytes of a string that becomes metadata */
#define MAX_NOTES 100
#define PREFIX "module."  /* of a DataParallel model's keys */

static const struct mt_pickle_value *item(const struct mt_torch *t,
					  const struct mt_pickle_value *v, uint32_t i)
{
	return &t->pickle.value[v->item[i]];
}

static MT_PRINTF(4, 5) int bad(const struct mt_torch *t, const struct mt_pickle_value *v,
			       struct mt_err *err, const char *fmt, ...)
{
	char text[300];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return mt_err_set(err, MT_EINPUT, "%.150s: pickle at byte %" PRIu64 ": %s", t->path,
			  v->at, text);
}

static int compare_keys(const char *a, size_t n_a, const char *b, size_t n_b)
{
	int way = memcmp(a, b, n_a < n_b ? n_a : n_b);
	return way ? way : (n_a > n_b) - (n_a < n_b);
}

static int by_key(const void *a, const void *b)
{
	const struct mt_torch_storage *x = a, *y = b;
	return compare_keys(x->key, x->n_key, y->key, y->n_key);
}

/* A persistent id: ("storage", type, key, location, count[, None]). */
static int describe(const struct mt_torch *t, const struct mt_pickle_value *ref,
		    struct mt_torch_storage *s, struct mt_err *err)
{
	const struct mt_pickle_value *id = &t->pickle.value[ref->arg];
	if (id->n < 5 || id->n > 6 || !mt_pickle_is(item(t, id, 0), "storage"))
		return bad(t, ref, err, "a persistent id that is not a storage's; refused");
	const struct mt_pickle_value *type = item(t, id, 1), *key = item(t, id, 2),
				     *count = item(t, id, 4);
	if (type->kind != MT_PICKLE_GLOBAL || type->what < MT_PICKLE_STORAGE ||
	    key->kind != MT_PICKLE_TEXT || count->kind != MT_PICKLE_INT || count->i < 0)
		return bad(t, ref, err, "a storage without type, key or size; damaged");
	if (key->n > MAX_KEY) /* storages are sorted by it */
		return bad(t, ref, err, "a storage's key of %u bytes, at most %d; refused",
			   key->n, MAX_KEY);
	if (id->n == 6 && item(t, id, 5)->kind != MT_PICKLE_NONE)
		return bad(t, ref, err, "a view of another storage; load the file with PyTorch "
			   "and save it again");
	*s = (struct mt_torch_storage){
		.key = key->text, .n_key = key->n, .count = (uint64_t)count->i,
		.type = (enum mt_weight_type)(type->what - MT_PICKLE_STORAGE)};
	return MT_OK;
}

static int find_storages(struct mt_torch *t, struct mt_err *err)
{
	const struct mt_pickle *p = &t->pickle;
	size_t n = 0;
	for (uint32_t i = 0; i < p->n; i++)
		n += p->value[i].kind == MT_PICKLE_REF;
	t->storage = mt_calloc(n ? n : 1, sizeof *t->storage);
	n = 0;
	for (uint32_t i = 0; i < p->n; i++) {
		if (p->value[i].kind != MT_PICKLE_REF)
			continue;
		int rc = describe(t, &p->value[i], &t->storage[n++], err);
		if (rc)
			return rc;
	}
	if (n)
		qsort(t->storage, n, sizeof *t->storage, by_key);
	for (size_t i = 0; i < n; i++) {
		struct mt_torch_storage *s = &t->storage[i], *last =
			t->n_storage ? &t->storage[t->n_storage - 1] : NULL;
		if (!last || by_key(last, s)) {
			t->storage[t->n_storage++] = *s;
			continue;
		}
		if (last->type != s->type || last->count != s->count)
			return mt_err_set(err, MT_EINPUT, "%s: storage %.*s has %" PRIu64
					  " elements of %s, and %" PRIu64 " of %s; damaged",
					  t->path, s->n_key > 40 ? 40 : (int)s->n_key, s->key,
					  last->count, mt_weight_type_name(last->type),
					  s->count, mt_weight_type_name(s->type));
	}
	return MT_OK;
}

struct mt_torch_storage *mt_torch_storage(const struct mt_torch *t, const char *key,
					  size_t n_key)
{
	struct mt_torch_storage want = {.key = key, .n_key = n_key};
	return t->n_storage ? bsearch(&want, t->storage, t->n_storage, sizeof want, by_key)
			    : NULL;
}

struct view {
	int n_dim;
	uint64_t dim[MT_WEIGHT_DIMS], stride[MT_WEIGHT_DIMS], offset;
	struct mt_torch_storage *storage;
};

static int numbers(const struct mt_torch *t, const struct mt_pickle_value *v, uint64_t *out)
{
	if ((v->kind != MT_PICKLE_TUPLE && v->kind != MT_PICKLE_LIST) || v->n > MT_WEIGHT_DIMS)
		return -1;
	for (uint32_t i = 0; i < v->n; i++) {
		const struct mt_pickle_value *x = item(t, v, i);
		if (x->kind != MT_PICKLE_INT || x->i < 0)
			return -1;
		out[i] = (uint64_t)x->i;
	}
	return (int)v->n;
}

/* Inside the storage, and no two elements at one place: in the order of their
 * strides, each one passes over all that the smaller ones reach. */
static int check_view(const struct mt_torch *t, const struct mt_pickle_value *v,
		      const struct view *w, struct mt_err *err)
{
	uint64_t last = w->offset, step;
	int order[MT_WEIGHT_DIMS], n = 0;
	bool over = false;
	for (int d = 0; d < w->n_dim; d++) {
		if (!w->dim[d])
			return MT_OK;
		if (w->dim[d] == 1)
			continue;
		over |= __builtin_mul_overflow(w->dim[d] - 1, w->stride[d], &step) ||
			__builtin_add_overflow(last, step, &last);
		int at = n++;
		for (; at && w->stride[order[at - 1]] > w->stride[d]; at--)
			order[at] = order[at - 1];
		order[at] = d;
	}
	if (over || last >= w->storage->count)
		return bad(t, v, err, "a tensor reaches beyond its storage of %" PRIu64
			   " elements; damaged", w->storage->count);
	uint64_t reach = 0;
	for (int i = 0; i < n; i++) {
		if (w->stride[order[i]] <= reach)
			return bad(t, v, err, "the elements of a tensor overlap (stride %" PRIu64
				   "); save tensor.contiguous() instead", w->stride[order[i]]);
		reach += (w->dim[order[i]] - 1) * w->stride[order[i]];
	}
	return MT_OK;
}

/* _rebuild_tensor(storage, offset, size, stride), and in version 2 more that
 * does not matter here. */
static int read_view(const struct mt_torch *t, const struct mt_pickle_value *v,
		     struct view *w, struct mt_err *err)
{
	const struct mt_pickle_value *args = &t->pickle.value[v->arg];
	if (args->n < 4)
		return bad(t, v, err, "a tensor of %u arguments, expected 4 or more; damaged",
			   args->n);
	const struct mt_pickle_value *ref = item(t, args, 0), *offset = item(t, args, 1);
	if (ref->kind != MT_PICKLE_REF || offset->kind != MT_PICKLE_INT || offset->i < 0)
		return bad(t, v, err, "a tensor without storage or offset; damaged");
	struct mt_torch_storage named;
	int rc = describe(t, ref, &named, err);
	if (rc)
		return rc;
	w->storage = mt_torch_storage(t, named.key, named.n_key);
	w->offset = (uint64_t)offset->i;
	w->n_dim = numbers(t, item(t, args, 2), w->dim);
	int n_stride = numbers(t, item(t, args, 3), w->stride);
	if (w->n_dim < 0 || n_stride != w->n_dim)
		return bad(t, v, err, "a tensor whose shape is not up to %d sizes and as many "
			   "strides, none negative; refused", MT_WEIGHT_DIMS);
	return check_view(t, v, w, err);
}

static bool is_packed(const struct view *w)
{
	uint64_t step = 1;
	for (int d = w->n_dim; d--;) {
		if (w->dim[d] != 1 && w->stride[d] != step)
			return false;
		step *= w->dim[d];
	}
	return true;
}

static void copy(const struct view *w, float *out, uint64_t count)
{
	enum mt_weight_type type = w->storage->type;
	size_t size = mt_weight_type_size(type);
	if (!count)
		return;
	if (is_packed(w)) {
		mt_weight_fill(out, w->storage->data + w->offset * size, count, type);
		return;
	}
	uint64_t at = w->offset, index[MT_WEIGHT_DIMS] = {0};
	for (uint64_t i = 0; i < count; i++) {
		mt_weight_fill(out + i, w->storage->data + at * size, 1, type);
		int d = w->n_dim;
		while (d--) {
			at += w->stride[d];
			if (++index[d] < w->dim[d])
				break;
			at -= w->dim[d] * w->stride[d];
			index[d] = 0;
		}
	}
}

static int add(struct mt_torch *t, struct mt_weights *w, const char *name,
	       const struct mt_pickle_value *v, struct mt_err *err)
{
	struct view view = {0};
	struct mt_weight *weight;
	int rc = read_view(t, v, &view, err);
	if (!rc) {
		rc = mt_weights_add(w, name, view.n_dim, view.dim, t->limit, &weight, err);
		if (rc)
			mt_err_prefix(rc, err, "%.150s", t->path);
	}
	if (!rc) {
		weight->type = view.storage->type;
		if (weight->count && !view.storage->data)
			rc = t->find(t, view.storage, err);
	}
	if (!rc)
		copy(&view, weight->data, weight->count);
	return rc;
}

static bool has_tensors(const struct mt_torch *t, const struct mt_pickle_value *v)
{
	if (!v || v->kind != MT_PICKLE_DICT)
		return false;
	for (uint32_t i = 1; i < v->n; i += 2)
		if (item(t, v, i)->kind == MT_PICKLE_TENSOR)
			return true;
	return false;
}

/* Is each tensor's key one of a DataParallel model? */
static bool has_prefix(const struct mt_torch *t, const struct mt_pickle_value *dict)
{
	for (uint32_t i = 0; i < dict->n; i += 2) {
		const struct mt_pickle_value *key = item(t, dict, i);
		if (item(t, dict, i + 1)->kind == MT_PICKLE_TENSOR &&
		    (key->kind != MT_PICKLE_TEXT || key->n <= strlen(PREFIX) ||
		     memcmp(key->text, PREFIX, strlen(PREFIX)) != 0))
			return false;
	}
	return true;
}

/* Numbers and short strings beside the tensors, as a JSON object. */
static char *notes(const struct mt_torch *t, const struct mt_pickle_value *dict)
{
	json_t *all = json_object();
	for (uint32_t i = 0; i < dict->n && json_object_size(all) < MAX_NOTES; i += 2) {
		const struct mt_pickle_value *key = item(t, dict, i), *v = item(t, dict, i + 1);
		json_t *value = NULL;
		if (key->kind != MT_PICKLE_TEXT || key->n > MAX_NOTE)
			continue;
		if (v->kind == MT_PICKLE_BOOL)
			value = json_boolean(v->i);
		else if (v->kind == MT_PICKLE_INT)
			value = json_integer(v->i);
		else if (v->kind == MT_PICKLE_FLOAT)
			value = json_real(v->f);
		else if (v->kind == MT_PICKLE_TEXT && v->n <= MAX_NOTE)
			value = mt_escape_json(v->text, v->n);
		char *name = mt_strndup(key->text, key->n);
		json_object_set_new(all, name, value); /* refuses NULL: NaN */
		free(name);
	}
	char *text = json_object_size(all) ? json_dumps(all, JSON_COMPACT) : NULL;
	json_decref(all);
	return text;
}

static int no_tensors(const struct mt_torch *t, const struct mt_pickle_value *root,
		      struct mt_err *err)
{
	if (root->kind != MT_PICKLE_DICT)
		return mt_err_set(err, MT_EINPUT, "%.150s: holds %s, not a state dict; save "
				  "model.state_dict()", t->path, mt_pickle_kind_name(root->kind));
	char keys[200] = "";
	size_t n = 0;
	for (uint32_t i = 0; i < root->n && n + 50 < sizeof keys; i += 2) {
		const struct mt_pickle_value *key = item(t, root, i);
		if (key->kind != MT_PICKLE_TEXT)
			continue;
		n += (size_t)snprintf(keys + n, sizeof keys - n, "%s'", n ? ", " : "");
		for (uint32_t k = 0; k < key->n && k < 30; k++)
			keys[n++] = key->text[k] < ' ' || key->text[k] > '~' ? '?'
									     : key->text[k];
		n += (size_t)snprintf(keys + n, sizeof keys - n, "'");
	}
	return mt_err_set(err, MT_EINPUT, "%.150s: no tensors at the top or under 'state_dict', "
			  "'model_state_dict' or 'model'; its keys: %s", t->path,
			  *keys ? keys : "none");
}

int mt_torch_find(struct mt_torch *t, struct mt_err *err)
{
	static const char *const under[] = {"state_dict", "model_state_dict", "model"};
	const struct mt_pickle_value *root = &t->pickle.value[t->pickle.root];
	t->dict = root;
	for (size_t i = 0; root->kind == MT_PICKLE_DICT && i < 3 && t->dict == root; i++) {
		const struct mt_pickle_value *v = mt_pickle_get(&t->pickle, root, under[i]);
		t->dict = has_tensors(t, v) ? v : root;
	}
	return has_tensors(t, t->dict) ? find_storages(t, err) : no_tensors(t, root, err);
}

int mt_torch_state(struct mt_torch *t, struct mt_weights *w, struct mt_err *err)
{
	const struct mt_pickle_value *dict = t->dict;
	size_t skip = has_prefix(t, dict) ? strlen(PREFIX) : 0;
	int rc = MT_OK;
	for (uint32_t i = 0; i < dict->n && !rc; i += 2) {
		const struct mt_pickle_value *key = item(t, dict, i), *v = item(t, dict, i + 1);
		if (v->kind != MT_PICKLE_TENSOR)
			continue;
		if (key->kind != MT_PICKLE_TEXT || memchr(key->text, 0, key->n))
			return bad(t, key, err, "the name of a tensor is %s; refused",
				   key->kind == MT_PICKLE_TEXT ? "a string with a NUL"
				   : mt_pickle_kind_name(key->kind));
		char *name = mt_strndup(key->text + skip, key->n - skip);
		rc = add(t, w, name, v, err);
		free(name);
	}
	w->metadata = rc ? NULL : notes(t, &t->pickle.value[t->pickle.root]);
	return rc;
}
