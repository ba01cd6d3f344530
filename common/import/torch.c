/* SPDX-License-Identifier: MIT
 * The two containers of PyTorch's files. A zip archive has <root>/data.pkl and
 * a stored entry <root>/data/<key> for each storage. A legacy file is five
 * pickles, one after the other: a magic number, a version, what the system was,
 * the object, the list of storage keys; then for each key, in that order, an
 * int64 with the number of elements and the elements. */
#include "import/torch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "import/readers.h"
#include "import/zip.h"

#define LEGACY_VERSION 1001

static const unsigned char magic[] = {0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50,
				      0x19};

static bool is_zip(const unsigned char *head, size_t size)
{
	return size >= 4 && !memcmp(head, "PK\3\4", 4);
}

static bool is_pickle(const unsigned char *head, size_t size)
{
	return size >= 2 && head[0] == 0x80 && head[1] >= 2 && head[1] <= 5;
}

/* The oldest files, up to 0.1.1. */
static bool is_tar(const unsigned char *head, size_t size)
{
	return size >= 512 && !memcmp(head + 257, "ustar", 5) &&
	       (!strncmp((const char *)head, "sys_info", 100) ||
		!strncmp((const char *)head, "pickle", 100) ||
		!strncmp((const char *)head, "storages", 100) ||
		!strncmp((const char *)head, "tensors", 100));
}

bool mt_torch_match(const char *path, const unsigned char *head, size_t size)
{
	(void)path;
	return is_zip(head, size) || is_pickle(head, size) || is_tar(head, size);
}

/* The only entry with that name behind its last folder, of the shortest path. */
static struct mt_zip_entry *find_tail(const struct mt_zip *z, const char *tail)
{
	struct mt_zip_entry *best = NULL;
	size_t n = strlen(tail);
	for (size_t i = 0; i < z->n; i++) {
		struct mt_zip_entry *e = &z->entry[i];
		size_t len = strlen(e->name);
		if (len >= n && !strcmp(e->name + len - n, tail) &&
		    (!best || len < strlen(best->name)))
			best = e;
	}
	return best;
}

struct archive {
	struct mt_zip zip;
	char *root;            /* "name/" or "" */
};

static int find_in_zip(struct mt_torch *t, struct mt_torch_storage *s, struct mt_err *err)
{
	struct archive *a = t->source;
	char *name = mt_strf("%sdata/%.*s", a->root, s->n_key > 1000 ? 1000 : (int)s->n_key,
			     s->key);
	struct mt_zip_entry *e = mt_zip_find(&a->zip, name);
	uint64_t bytes;
	int rc;
	if (!e)
		rc = mt_err_set(err, MT_EINPUT, "%.150s: the archive has no entry '%.100s'; "
				"damaged or cut", t->path, name);
	else if (__builtin_mul_overflow(s->count, mt_weight_type_size(s->type), &bytes) ||
		 bytes != e->size)
		rc = mt_err_set(err, MT_EINPUT, "%.150s: entry '%.100s' has %" PRIu64 " bytes, "
				"but the pickle says %" PRIu64 " elements of %s; damaged",
				t->path, name, e->size, s->count, mt_weight_type_name(s->type));
	else
		rc = mt_zip_get(&a->zip, e, &s->data, err);
	free(name);
	return rc;
}

/* What the archive is, if it is not a state dict's. */
static int not_torch(const struct mt_zip *z, struct mt_err *err)
{
	const char *what = find_tail(z, "model.weights.h5")
		? "a Keras 3 archive; save the weights as HDF5: model.save_weights('x.h5')"
		: find_tail(z, ".npy") ? "a NumPy archive (.npz); save a safetensors file instead"
		: "a zip archive without data.pkl, not a PyTorch file";
	return mt_err_set(err, MT_EINPUT, "%s: is %s", z->path, what);
}

static int check_archive(struct archive *a, const char *path, struct mt_err *err)
{
	const unsigned char *data;
	char *name = mt_strf("%sbyteorder", a->root);
	struct mt_zip_entry *e = mt_zip_find(&a->zip, name);
	free(name);
	int rc = e ? mt_zip_get(&a->zip, e, &data, err) : MT_OK;
	if (!rc && e && (e->size != 6 || memcmp(data, "little", 6) != 0))
		rc = mt_err_set(err, MT_EINPUT, "%s: its byte order is not little-endian; load "
				"and save it on another machine", path);
	name = mt_strf("%sconstants.pkl", a->root);
	if (!rc && mt_zip_find(&a->zip, name))
		rc = mt_err_set(err, MT_EINPUT, "%s: is a TorchScript program, which is not "
				"run; save model.state_dict() instead", path);
	free(name);
	return rc;
}

static int parse_zip(struct mt_torch *t, struct mt_weights *w, const void *bytes, size_t size,
		     struct mt_err *err)
{
	struct archive a = {0};
	const unsigned char *data;
	int rc = mt_zip_open(&a.zip, bytes, size, t->path, err);
	if (rc)
		return rc;
	struct mt_zip_entry *e = find_tail(&a.zip, "/data.pkl");
	e = e ? e : mt_zip_find(&a.zip, "data.pkl");
	if (!e) {
		rc = not_torch(&a.zip, err);
	} else {
		a.root = mt_strndup(e->name, strlen(e->name) - strlen("data.pkl"));
		t->source = &a;
		t->find = find_in_zip;
		rc = check_archive(&a, t->path, err);
		if (!rc)
			rc = mt_zip_get(&a.zip, e, &data, err);
		if (!rc)
			rc = mt_pickle_read(&t->pickle, data, (size_t)e->size, 0, t->path, err);
		if (!rc)
			rc = mt_torch_find(t, err);
		if (!rc)
			rc = mt_torch_state(t, w, err);
	}
	free(a.root);
	mt_zip_close(&a.zip);
	return rc;
}

struct legacy {
	const char *path;
	const unsigned char *data;
	size_t size, at;
};

/* The next of the five pickles. */
static int next_pickle(struct legacy *f, struct mt_pickle *p, struct mt_err *err)
{
	int rc = mt_pickle_read(p, f->data + f->at, f->size - f->at, f->at, f->path, err);
	if (!rc)
		f->at += p->used;
	return rc;
}

static int check_magic(struct legacy *f, struct mt_err *err)
{
	struct mt_pickle p;
	int rc = next_pickle(f, &p, err);
	if (rc)
		return rc;
	const struct mt_pickle_value *v = &p.value[p.root];
	if (v->kind != MT_PICKLE_LONG || v->n != sizeof magic ||
	    memcmp(v->text, magic, sizeof magic) != 0)
		rc = mt_err_set(err, MT_EINPUT, "%s: is a pickle of %s, not a PyTorch file, which "
				"begins with a magic number; save with torch.save()", f->path,
				mt_pickle_kind_name(v->kind));
	mt_pickle_release(&p);
	if (!rc)
		rc = next_pickle(f, &p, err);
	if (rc)
		return rc;
	v = &p.value[p.root];
	if (v->kind != MT_PICKLE_INT || v->i != LEGACY_VERSION)
		rc = mt_err_set(err, MT_EINPUT, "%s: version %" PRId64 " of PyTorch's legacy "
				"format, but only %d is read", f->path,
				v->kind == MT_PICKLE_INT ? v->i : -1, LEGACY_VERSION);
	mt_pickle_release(&p);
	return rc;
}

static int check_system(struct legacy *f, struct mt_err *err)
{
	struct mt_pickle p;
	int rc = next_pickle(f, &p, err);
	if (rc)
		return rc;
	const struct mt_pickle_value *v = &p.value[p.root], *little;
	little = v->kind == MT_PICKLE_DICT ? mt_pickle_get(&p, v, "little_endian") : NULL;
	if (!little || little->kind != MT_PICKLE_BOOL)
		rc = mt_err_set(err, MT_EINPUT, "%s: its system information has no "
				"'little_endian'; damaged", f->path);
	else if (!little->i)
		rc = mt_err_set(err, MT_EINPUT, "%s: its byte order is not little-endian; load "
				"and save it on another machine", f->path);
	mt_pickle_release(&p);
	return rc;
}

/* The bytes of one storage, which are next in the file. */
static int place(struct legacy *f, struct mt_torch *t, const struct mt_pickle_value *key,
		 struct mt_err *err)
{
	struct mt_torch_storage *s = key->kind != MT_PICKLE_TEXT ? NULL
		: mt_torch_storage(t, key->text, key->n);
	if (!s || s->data)
		return mt_err_set(err, MT_EINPUT, "%s: pickle at byte %" PRIu64 ": the list of "
				  "storages has one %s; damaged", f->path, key->at,
				  s ? "twice" : "that no tensor uses");
	size_t left = f->size - f->at, one = mt_weight_type_size(s->type);
	uint64_t count = 0;
	if (left >= 8)
		memcpy(&count, f->data + f->at, 8);
	if (left < 8 || s->count > (left - 8) / one)
		return mt_err_set(err, MT_EINPUT, "%s: storage at byte %zu has %" PRIu64
				  " elements of %zu bytes, but %zu bytes are left; damaged or "
				  "cut", f->path, f->at, s->count, one,
				  left < 8 ? 0 : left - 8);
	if (count != s->count)
		return mt_err_set(err, MT_EINPUT, "%s: storage at byte %zu has %" PRIu64
				  " elements, but the pickle says %" PRIu64 "; damaged", f->path,
				  f->at, count, s->count);
	s->data = f->data + f->at + 8;
	f->at += 8 + (size_t)(s->count * one);
	return MT_OK;
}

/* All storages were found before. */
static int find_nowhere(struct mt_torch *t, struct mt_torch_storage *s, struct mt_err *err)
{
	return mt_err_set(err, MT_EINPUT, "%s: storage '%.*s' is not in the list of storages; "
			  "damaged", t->path, s->n_key > 40 ? 40 : (int)s->n_key, s->key);
}

static int parse_legacy(struct mt_torch *t, struct mt_weights *w, const void *bytes,
			size_t size, struct mt_err *err)
{
	struct legacy f = {.path = t->path, .data = bytes, .size = size};
	struct mt_pickle keys;
	int rc = check_magic(&f, err);
	if (!rc)
		rc = check_system(&f, err);
	if (!rc)
		rc = next_pickle(&f, &t->pickle, err);
	if (!rc)
		rc = mt_torch_find(t, err);
	if (!rc)
		rc = next_pickle(&f, &keys, err);
	if (rc)
		return rc;
	const struct mt_pickle_value *list = &keys.value[keys.root];
	if (list->kind != MT_PICKLE_LIST)
		rc = mt_err_set(err, MT_EINPUT, "%s: pickle at byte %" PRIu64 ": %s where the list "
				"of storages should be; damaged", f.path, list->at,
				mt_pickle_kind_name(list->kind));
	for (uint32_t i = 0; !rc && i < list->n; i++)
		rc = place(&f, t, &keys.value[list->item[i]], err);
	mt_pickle_release(&keys);
	if (!rc && f.at != f.size)
		rc = mt_err_set(err, MT_EINPUT, "%s: %zu bytes after the last storage; damaged",
				f.path, f.size - f.at);
	t->find = find_nowhere;
	return rc ? rc : mt_torch_state(t, w, err);
}

int mt_torch_parse(struct mt_weights *w, const void *data, size_t size, const char *path,
		   struct mt_err *err)
{
	struct mt_torch t = {.path = path};
	int rc;
	if (__builtin_mul_overflow((uint64_t)size, MT_TORCH_FACTOR, &t.limit))
		t.limit = UINT64_MAX;
	if (is_tar(data, size))
		return mt_err_set(err, MT_EINPUT, "%s: is a tar archive of PyTorch 0.1; load the "
				  "file with PyTorch and save it again", path);
	bool zip = is_zip(data, size);
	w->format = mt_strdup(zip ? "PyTorch" : "PyTorch, legacy format");
	rc = zip ? parse_zip(&t, w, data, size, err) : parse_legacy(&t, w, data, size, err);
	free(t.storage);
	mt_pickle_release(&t.pickle);
	return rc;
}

int mt_torch_read(struct mt_weights *w, const char *path, struct mt_err *err)
{
	char *data;
	size_t size;
	int rc = mt_file_get(path, MT_WEIGHTS_MAX_FILE, &data, &size, err);
	if (rc)
		return rc;
	rc = mt_torch_parse(w, data, size, path, err);
	free(data);
	return rc;
}
