/* SPDX-License-Identifier: MIT
 * Weights of Keras 1 and 2 in HDF5: the root, or the group model_weights of a
 * whole model, has the attribute layer_names; the group of each layer has
 * weight_names, paths of its data sets. The library runs in a child process,
 * which sends names, shapes and values through a pipe: a head, the two names,
 * the values, for each tensor, and a head with the metadata in the end. */
#include <hdf5.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/child.h"
#include "base/escape.h"
#include "base/file.h"
#include "base/h5safe.h"
#include "base/mem.h"
#include "import/readers.h"

#define FACTOR 16                    /* bytes of all values, by the file's size */
#define MEMORY ((uint64_t)256 << 20) /* of the library, beside the values */
#define SECONDS 60
#define MAX_NAMES 100000             /* strings of a list */
#define MAX_PARTS 1000               /* attributes that hold one list */
#define MAX_NAME 500                 /* bytes of a name */
#define MAX_TEXT (4u << 20)          /* bytes of an attribute */

struct head {
	uint32_t n_name, n_long;     /* bytes of the names that follow */
	int32_t n_dim;               /* -1: metadata, the end */
	uint32_t type;
	uint64_t dim[MT_WEIGHT_DIMS];
};

struct keras {
	const char *path;
	uint64_t size;               /* of the file */
	struct mt_weights *w;
	hid_t file;                  /* in the child */
	const char *root;            /* "" or "/model_weights" */
	int fd;
};

bool mt_keras_match(const char *path, const unsigned char *head, size_t size)
{
	(void)path;
	return size >= 8 && !memcmp(head, "\x89HDF\r\n\x1a\n", 8);
}

static int bad(const struct keras *k, const char *where, const char *what, struct mt_err *err)
{
	return mt_err_set(err, MT_EINPUT, "%.150s: %.100s: %s", k->path, where, what);
}

/* A list of strings, each in new memory. */
struct names {
	char **s;
	size_t n;
};

static void drop(struct names *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->s[i]);
	free(l->s);
	*l = (struct names){0};
}

/* Of fixed length, filled up with NUL or blanks, or of variable length. */
static bool read_strings(hid_t attr, hid_t type, hid_t space, size_t n, struct names *l)
{
	bool variable = H5Tis_variable_str(type) > 0;
	size_t size = variable ? sizeof(char *) : H5Tget_size(type);
	if (!n)
		return true;
	if (!size || n > MAX_NAMES || size > MAX_TEXT / n)
		return false;
	char *raw = mt_calloc(n, size);
	bool ok = H5Aread(attr, type, raw) >= 0;
	l->s = mt_calloc(n, sizeof *l->s);
	for (size_t i = 0; i < n && ok; i++) {
		const char *at = raw + i * size;
		if (variable)
			memcpy(&at, at, size); /* a pointer to the text */
		size_t len = !at ? 0 : variable ? strlen(at) : strnlen(at, size);
		l->s[l->n++] = mt_strndup(at ? at : "", len < MAX_TEXT ? len : MAX_TEXT);
	}
	if (ok && variable)
		H5Dvlen_reclaim(type, space, H5P_DEFAULT, raw);
	free(raw);
	return ok;
}

/* MT_END: there is no such attribute. */
static int attribute(const struct keras *k, hid_t object, const char *where, const char *name,
		     struct names *l, struct mt_err *err)
{
	if (H5Aexists(object, name) <= 0)
		return MT_END;
	hid_t attr = H5Aopen(object, name, H5P_DEFAULT);
	hid_t type = attr < 0 ? -1 : H5Aget_type(attr);
	hid_t space = attr < 0 ? -1 : H5Aget_space(attr);
	hssize_t n = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
	bool ok = type >= 0 && n >= 0 && H5Tget_class(type) == H5T_STRING &&
		  read_strings(attr, type, space, (size_t)n, l);
	if (space >= 0)
		H5Sclose(space);
	if (type >= 0)
		H5Tclose(type);
	if (attr >= 0)
		H5Aclose(attr);
	/* Keras writes the empty list of a layer without weights as one of numbers */
	if (!n)
		return MT_OK;
	return ok ? MT_OK : mt_err_set(err, MT_EINPUT, "%.150s: %.100s: attribute '%s' is not a "
				       "list of strings, or damaged", k->path, where, name);
}

/* As Keras splits a long list: name0, name1, ... */
static int list(const struct keras *k, hid_t object, const char *where, const char *name,
		struct names *l, struct mt_err *err)
{
	int rc = attribute(k, object, where, name, l, err);
	for (int i = 0; rc == MT_END; i++) {
		struct names part = {0};
		char numbered[40];
		snprintf(numbered, sizeof numbered, "%s%d", name, i);
		int more = attribute(k, object, where, numbered, &part, err);
		if (more == MT_END)
			return i ? MT_OK : MT_END;
		if (!more && (l->n + part.n > MAX_NAMES || i >= MAX_PARTS))
			more = mt_err_set(err, MT_EINPUT, "%.150s: %.100s: attributes '%s0' and on "
					  "are over %d, or have over %d names", k->path, where,
					  name, MAX_PARTS, MAX_NAMES);
		if (more) {
			drop(&part);
			return more;
		}
		l->s = mt_realloc(l->s, l->n + part.n, sizeof *l->s);
		if (part.n)
			memcpy(l->s + l->n, part.s, part.n * sizeof *part.s);
		l->n += part.n;
		free(part.s);
	}
	return rc;
}

static int element(hid_t type, uint32_t *found)
{
	size_t size = H5Tget_size(type);
	H5T_class_t class = H5Tget_class(type);
	if (class == H5T_FLOAT && (size == 2 || size == 4 || size == 8))
		*found = size == 2 ? MT_WEIGHT_F16 : size == 4 ? MT_WEIGHT_F32 : MT_WEIGHT_F64;
	else if (class == H5T_INTEGER && (size == 1 || size == 2 || size == 4 || size == 8))
		*found = size == 1 ? MT_WEIGHT_I8 : size == 2 ? MT_WEIGHT_I16
			 : size == 4 ? MT_WEIGHT_I32 : MT_WEIGHT_I64;
	else
		return MT_END;
	return MT_OK;
}

/* Shape, type and layout: only what lies in the file as it is. */
static int look(const struct keras *k, hid_t set, const char *name, struct head *h,
		uint64_t *count, struct mt_err *err)
{
	int rc = mt_h5safe_set(set, k->path, name, err);
	if (rc)
		return rc;
	hid_t made = H5Dget_create_plist(set), type = H5Dget_type(set), space = H5Dget_space(set);
	hsize_t dim[H5S_MAX_RANK];
	H5D_layout_t layout = made < 0 ? H5D_LAYOUT_ERROR : H5Pget_layout(made);
	h->n_dim = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
	*count = 1;
	if (h->n_dim < 0 || h->n_dim > MT_WEIGHT_DIMS)
		rc = bad(k, name, "has too many dimensions, or is damaged", err);
	else if (type < 0 || element(type, &h->type))
		rc = bad(k, name, "holds neither floats nor integers", err);
	else if (layout != H5D_CONTIGUOUS && layout != H5D_COMPACT)
		rc = bad(k, name, "is stored in chunks; make it plain with h5repack -l CONTI", err);
	else
		H5Sget_simple_extent_dims(space, dim, NULL);
	for (int i = 0; !rc && i < h->n_dim; i++) {
		h->dim[i] = dim[i];
		if (__builtin_mul_overflow(*count, (uint64_t)dim[i], count))
			rc = bad(k, name, "is too large", err);
	}
	if (!rc && *count > k->size / H5Tget_size(type))
		rc = bad(k, name, "is larger than the file; damaged or cut", err);
	if (made >= 0)
		H5Pclose(made);
	if (type >= 0)
		H5Tclose(type);
	if (space >= 0)
		H5Sclose(space);
	return rc;
}

static int send(const struct keras *k, const struct head *h, const char *name,
		const char *longer, struct mt_err *err)
{
	int rc = mt_write_all(k->fd, h, sizeof *h, k->path, err);
	if (!rc)
		rc = mt_write_all(k->fd, name, h->n_name, k->path, err);
	return rc || !h->n_long ? rc : mt_write_all(k->fd, longer, h->n_long, k->path, err);
}

static int send_set(const struct keras *k, const char *layer, const char *name,
		    struct mt_err *err)
{
	struct head h = {0};
	bool has;
	uint64_t count;
	char *path = mt_strf("%s/%s/%s", k->root, layer, name);
	char *longer = mt_strf("%s/%s", layer, name);
	int rc = mt_h5safe_find(k->file, k->path, path, &has, err);
	if (!rc && !has)
		rc = bad(k, path, "is named, but is missing; damaged", err);
	hid_t set = rc ? -1 : H5Dopen2(k->file, path, H5P_DEFAULT);
	if (!rc && set < 0)
		rc = bad(k, path, "is not a data set, or damaged", err);
	if (!rc)
		rc = look(k, set, path, &h, &count, err);
	float *data = rc ? NULL : mt_try_alloc64((size_t)count * 4 + 1);
	if (!rc && !data)
		rc = mt_err_set(err, MT_ESYS, "%s: no memory for %s", k->path, path);
	if (!rc && count && H5Dread(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT,
				    data) < 0)
		rc = bad(k, path, "cannot be read; damaged or cut", err);
	h.n_name = (uint32_t)strlen(name);
	h.n_long = (uint32_t)strlen(longer);
	if (!rc)
		rc = send(k, &h, name, longer, err);
	if (!rc && count)
		rc = mt_write_all(k->fd, data, (size_t)count * 4, k->path, err);
	if (set >= 0)
		H5Dclose(set);
	free(data);
	free(path);
	free(longer);
	return rc;
}

static bool is_name(const char *s)
{
	size_t n = strlen(s);
	return n && n <= MAX_NAME && *s != '/' && s[n - 1] != '/' && !strstr(s, "//");
}

/* A group of this file, or -1. */
static int open_group(const struct keras *k, const char *path, hid_t *group, struct mt_err *err)
{
	bool has = true;
	int rc = *path ? mt_h5safe_find(k->file, k->path, path, &has, err) : MT_OK;
	*group = rc || !has ? -1 : H5Gopen2(k->file, *path ? path : "/", H5P_DEFAULT);
	return rc;
}

static int send_layer(const struct keras *k, const char *layer, struct mt_err *err)
{
	struct names weights = {0};
	hid_t group;
	if (!is_name(layer))
		return bad(k, "layer_names", "a name that is empty, long or an absolute path", err);
	char *path = mt_strf("%s/%s", k->root, layer);
	int rc = open_group(k, path, &group, err);
	if (!rc && group < 0)
		rc = bad(k, path, "is in layer_names, but is missing; damaged", err);
	if (!rc)
		rc = list(k, group, path, "weight_names", &weights, err);
	if (rc == MT_END)
		rc = bad(k, path, "has no attribute weight_names", err);
	for (size_t i = 0; i < weights.n && !rc; i++)
		rc = is_name(weights.s[i]) ? send_set(k, layer, weights.s[i], err)
			: bad(k, path, "weight_names has a name that is empty, long or an "
			      "absolute path", err);
	if (group >= 0)
		H5Gclose(group);
	drop(&weights);
	free(path);
	return rc;
}

/* Keras's own words about the model, which are text or JSON. */
static int send_metadata(const struct keras *k, struct mt_err *err)
{
	static const char *const name[] = {"keras_version", "backend", "model_config"};
	struct head h = {.n_dim = -1};
	json_t *all = json_object();
	hid_t group;
	const char *from[] = {"", k->root};
	for (int g = 0; g < (*k->root ? 2 : 1); g++) {
		if (open_group(k, from[g], &group, NULL) || group < 0)
			continue;
		for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
			struct names one = {0};
			if (!attribute(k, group, "", name[i], &one, NULL) && one.n == 1) {
				json_t *v = json_loads(one.s[0], JSON_REJECT_DUPLICATES, NULL);
				if (!json_is_object(v)) {
					json_decref(v);
					v = mt_escape_json(one.s[0], strlen(one.s[0]));
				}
				json_object_set_new(all, name[i], v);
			}
			drop(&one);
		}
		H5Gclose(group);
	}
	char *text = json_object_size(all) ? json_dumps(all, JSON_COMPACT) : mt_strdup("");
	json_decref(all);
	h.n_name = (uint32_t)strlen(text);
	int rc = send(k, &h, text, NULL, err);
	free(text);
	return rc;
}

static int send_all(struct keras *k, struct mt_err *err)
{
	struct names layers = {0};
	hid_t group;
	int rc = MT_END;
	static const char *const roots[] = {"", "/model_weights"};
	for (size_t i = 0; i < 2 && rc == MT_END; i++) {
		k->root = roots[i];
		rc = open_group(k, roots[i], &group, err);
		if (rc)
			return rc;
		rc = group < 0 ? MT_END : list(k, group, "/", "layer_names", &layers, err);
		if (group >= 0)
			H5Gclose(group);
	}
	if (rc == MT_END)
		return mt_err_set(err, MT_EINPUT, "%s: is HDF5 without the attribute layer_names, "
				  "not weights of Keras 1 or 2", k->path);
	for (size_t i = 0; i < layers.n && !rc; i++)
		rc = send_layer(k, layers.s[i], err);
	drop(&layers);
	return rc ? rc : send_metadata(k, err);
}

/* In the child. */
static int work(void *ctx, int fd, struct mt_err *err)
{
	struct keras *k = ctx;
	k->fd = fd;
	H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
	H5PLset_loading_state(0);  /* no filters of shared libraries */
	hid_t how = H5Pcreate(H5P_FILE_ACCESS);
	H5Pset_file_locking(how, 0, 1);
	k->file = H5Fopen(k->path, H5F_ACC_RDONLY, how);
	H5Pclose(how);
	if (k->file < 0)
		return mt_err_set(err, MT_EINPUT, "%s: is an HDF5 file that is damaged or cut",
				  k->path);
	int rc = send_all(k, err);
	H5Fclose(k->file);
	return rc;
}

/* MT_END where there are fewer bytes. */
static int get(const struct keras *k, int fd, void *to, size_t size, struct mt_err *err)
{
	size_t got;
	int rc = mt_read_full(fd, to, size, &got, k->path, err);
	return rc ? rc : got == size ? MT_OK : MT_END;
}

static int get_text(const struct keras *k, int fd, uint32_t n, char **text, struct mt_err *err)
{
	*text = NULL;
	if (n > 8 * MAX_TEXT)
		return bad(k, "metadata", "is too long", err);
	*text = mt_calloc((size_t)n + 1, 1);
	return get(k, fd, *text, n, err);
}

static int take_one(struct keras *k, int fd, const struct head *h, char *name, char *longer,
		    struct mt_err *err)
{
	struct mt_weight *v;
	bool taken = mt_weights_get(k->w, name);
	int rc = mt_weights_add(k->w, taken ? longer : name, h->n_dim, h->dim, k->size * FACTOR,
				&v, err);
	if (rc) {
		mt_err_prefix(rc, err, "%.150s", k->path);
		return rc;
	}
	v->type = h->type < MT_N_WEIGHT_TYPE ? (enum mt_weight_type)h->type : MT_WEIGHT_F32;
	return v->count ? get(k, fd, v->data, v->count * sizeof *v->data, err) : MT_OK;
}

/* In the caller. */
static int take(void *ctx, int fd, struct mt_err *err)
{
	struct keras *k = ctx;
	struct head h;
	int rc;
	while (!(rc = get(k, fd, &h, sizeof h, err))) {
		char *name, *longer = NULL;
		rc = get_text(k, fd, h.n_name, &name, err);
		if (!rc && h.n_dim >= 0)
			rc = get_text(k, fd, h.n_long, &longer, err);
		if (!rc && h.n_dim < 0) {
			k->w->metadata = *name ? name : NULL;
			if (!*name)
				free(name);
			break;
		}
		if (!rc)
			rc = take_one(k, fd, &h, name, longer, err);
		free(name);
		free(longer);
		if (rc)
			break;
	}
	return rc;
}

int mt_keras_read(struct mt_weights *w, const char *path, struct mt_err *err)
{
	struct stat st;
	if (stat(path, &st))
		return mt_err_sys(err, "%s: cannot open", path);
	struct keras k = {.path = path, .size = (uint64_t)st.st_size, .w = w};
	struct mt_child child = {.work = work, .take = take, .name = path,
				 .what = "the HDF5 library", .memory = MEMORY + k.size * 4,
				 .seconds = SECONDS};
	int rc = mt_child_run(&child, &k, err);
	if (!rc && !w->n)
		rc = mt_err_set(err, MT_EINPUT, "%s: has no weights: its layers are empty", path);
	w->format = mt_strdup("Keras HDF5");
	return rc;
}
