/* SPDX-License-Identifier: MIT */
#include "import/weights.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libavutil/mem.h>
#include <libavutil/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utf8proc.h>

#include "base/file.h"
#include "base/half.h"
#include "base/mem.h"
#include "model/model.h"

#define MAX_NAME 1000   /* bytes */
#define HEAD 4096       /* bytes that a format is told by */

static const struct { const char *name; size_t size; } types[MT_N_WEIGHT_TYPE] = {
	[MT_WEIGHT_F32] = {"float32", 4}, [MT_WEIGHT_F64] = {"float64", 8},
	[MT_WEIGHT_F16] = {"float16", 2}, [MT_WEIGHT_BF16] = {"bfloat16", 2},
	[MT_WEIGHT_I8] = {"int8", 1}, [MT_WEIGHT_I16] = {"int16", 2},
	[MT_WEIGHT_I32] = {"int32", 4}, [MT_WEIGHT_I64] = {"int64", 8},
	[MT_WEIGHT_U8] = {"uint8", 1}, [MT_WEIGHT_BOOL] = {"bool", 1},
};

size_t mt_weight_type_size(enum mt_weight_type type)
{
	return types[type].size;
}

const char *mt_weight_type_name(enum mt_weight_type type)
{
	return types[type].name;
}

static float one_value(const unsigned char *p, enum mt_weight_type type)
{
	double f8;
	int64_t i8;
	int32_t i4;
	int16_t i2;
	uint16_t u2;
	uint32_t u4;
	float f4;
	switch (type) {
	case MT_WEIGHT_F64: memcpy(&f8, p, 8); return (float)f8;
	case MT_WEIGHT_I64: memcpy(&i8, p, 8); return (float)i8;
	case MT_WEIGHT_I32: memcpy(&i4, p, 4); return (float)i4;
	case MT_WEIGHT_I16: memcpy(&i2, p, 2); return (float)i2;
	case MT_WEIGHT_F16: memcpy(&u2, p, 2); return mt_half_to(u2);
	case MT_WEIGHT_BF16:
		memcpy(&u2, p, 2);
		u4 = (uint32_t)u2 << 16;
		memcpy(&f4, &u4, 4);
		return f4;
	case MT_WEIGHT_I8: return (float)(int8_t)*p;
	case MT_WEIGHT_BOOL: return *p ? 1 : 0;
	default: return (float)*p;
	}
}

void mt_weight_fill(float *to, const void *from, uint64_t count,
		    enum mt_weight_type type)
{
	const unsigned char *p = from;
	if (type == MT_WEIGHT_F32) {
		if (count)
			memcpy(to, from, count * 4);
		return;
	}
	for (uint64_t i = 0; i < count; i++)
		to[i] = one_value(p + i * types[type].size, type);
}

char *mt_weight_shape(char *text, size_t size, int n_dim, const uint64_t *dim)
{
	size_t n = (size_t)snprintf(text, size, "(");
	for (int i = 0; i < n_dim && n < size; i++)
		n += (size_t)snprintf(text + n, size - n, "%s%" PRIu64,
				      i ? ", " : "", dim[i]);
	if (n < size)
		snprintf(text + n, size - n, ")");
	return text;
}

/* FNV-1a */
static uint64_t hash(const char *name)
{
	uint64_t h = 0xcbf29ce484222325;
	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 0x100000001b3;
	return h ^ h >> 32;
}

/* The name's place in the table: its own, or the free one. */
static size_t find_slot(const struct mt_weights *w, const char *name)
{
	size_t i = (size_t)hash(name) & (w->n_slot - 1);
	while (w->slot[i] && strcmp(w->item[w->slot[i] - 1].name, name) != 0)
		i = (i + 1) & (w->n_slot - 1);
	return i;
}

static void grow(struct mt_weights *w)
{
	w->cap = w->cap ? 2 * w->cap : 64;
	w->item = mt_realloc(w->item, w->cap, sizeof *w->item);
	free(w->slot);
	w->n_slot = 2 * w->cap;
	w->slot = mt_calloc(w->n_slot, sizeof *w->slot);
	for (size_t i = 0; i < w->n; i++)
		w->slot[find_slot(w, w->item[i].name)] = i + 1;
}

const struct mt_weight *mt_weights_get(const struct mt_weights *w, const char *name)
{
	size_t at = w->n ? w->slot[find_slot(w, name)] : 0;
	return at ? &w->item[at - 1] : NULL;
}

static int check_name(const char *name, struct mt_err *err)
{
	const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)name;
	size_t n = strnlen(name, MAX_NAME + 1);
	utf8proc_int32_t c;
	if (!n || n > MAX_NAME)
		return mt_err_set(err, MT_EINPUT, n ? "tensor '%.40s...': its name is longer "
				  "than %d bytes" : "a tensor%.0s has no name", name, MAX_NAME);
	for (utf8proc_ssize_t k, at = 0; at < (utf8proc_ssize_t)n; at += k) {
		k = utf8proc_iterate(p + at, (utf8proc_ssize_t)n - at, &c);
		if (k <= 0 || c < 32 || c == 127)
			return mt_err_set(err, MT_EINPUT, "the name of a tensor has %s at "
					  "byte %td", k <= 0 ? "invalid UTF-8"
					  : "a control character", at);
	}
	return MT_OK;
}

int mt_weights_add(struct mt_weights *w, const char *name, int n_dim,
		   const uint64_t *dim, uint64_t limit, struct mt_weight **item,
		   struct mt_err *err)
{
	uint64_t count = 1, bytes;
	int rc = check_name(name, err);
	if (rc)
		return rc;
	if (n_dim < 0 || n_dim > MT_WEIGHT_DIMS)
		return mt_err_set(err, MT_EINPUT, "tensor '%.200s': %d dimensions, at most %d",
				  name, n_dim, MT_WEIGHT_DIMS);
	bool over = false, none = false;
	/* sizes beside a 0 must not be beyond all limits either: strides are products */
	for (int i = 0; i < n_dim; i++) {
		over |= __builtin_mul_overflow(count, dim[i] ? dim[i] : 1, &count);
		none |= !dim[i];
	}
	over |= count > INT64_MAX;
	count = none ? 0 : count;
	over |= __builtin_mul_overflow(count, sizeof(float), &bytes);
	if (over || bytes > limit || w->bytes > limit - bytes) {
		char shape[160];
		return mt_err_set(err, MT_EINPUT, "tensor '%.200s': shape %s would take more "
				  "than the %" PRIu64 " bytes that all tensors of a file of "
				  "this size can have", name,
				  mt_weight_shape(shape, sizeof shape, n_dim, dim), limit);
	}
	if (w->n == w->cap)
		grow(w);
	size_t at = find_slot(w, name);
	if (w->slot[at])
		return mt_err_set(err, MT_EINPUT, "two tensors are named '%.200s'", name);
	float *data = mt_try_alloc64(bytes ? bytes : 1);
	if (!data)
		return mt_err_set(err, MT_ESYS, "tensor '%.200s': no memory for %" PRIu64
				  " bytes", name, bytes);
	memset(data, 0, bytes ? bytes : 1);
	w->bytes += bytes;
	w->slot[at] = ++w->n;
	*item = &w->item[w->n - 1];
	**item = (struct mt_weight){.name = mt_strdup(name), .n_dim = n_dim,
				    .count = count, .data = data};
	if (n_dim)
		memcpy((*item)->dim, dim, (size_t)n_dim * sizeof *dim);
	return MT_OK;
}

static void note_file(struct mt_weights *w, const char *path, const void *data,
		      size_t size)
{
	unsigned char sum[32];
	struct AVSHA *sha = av_sha_alloc();
	if (!sha)
		mt_calloc(SIZE_MAX / 2, 1);  /* no memory: end as any allocation does */
	av_sha_init(sha, 256);
	av_sha_update(sha, data, size);
	av_sha_final(sha, sum);
	av_free(sha);
	w->file = mt_realloc(w->file, w->n_file + 1, sizeof *w->file);
	struct mt_weights_file *f = &w->file[w->n_file++];
	f->path = mt_strdup(path);
	for (int i = 0; i < 32; i++)
		snprintf(f->sha256 + 2 * i, 3, "%02x", sum[i]);
}

int mt_weights_load(struct mt_weights *w, const char *path, char **data,
		    size_t *size, struct mt_err *err)
{
	struct stat st;
	*data = NULL;
	if (stat(path, &st))
		return mt_err_sys(err, "%s: cannot open", path);
	if (!S_ISREG(st.st_mode))
		return mt_err_set(err, MT_EINPUT, "%s: not a regular file", path);
	int rc = mt_file_get(path, MT_WEIGHTS_MAX_FILE, data, size, err);
	if (!rc)
		note_file(w, path, *data, *size);
	return rc;
}

void mt_weights_release(struct mt_weights *w)
{
	for (size_t i = 0; i < w->n; i++) {
		free(w->item[i].name);
		free(w->item[i].data);
	}
	for (size_t i = 0; i < w->n_file; i++)
		free(w->file[i].path);
	free(w->item);
	free(w->file);
	free(w->slot);
	free(w->format);
	free(w->metadata);
	*w = (struct mt_weights){0};
}

/* The format of a regular file into *format, NULL if none is known. */
static int look(const char *path, const struct mt_weight_format **format,
		struct mt_err *err)
{
	unsigned char head[HEAD];
	size_t got;
	struct stat st;
	*format = NULL;
	/* a pipe without a writer must not hang the search of a folder */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st)) {
		mt_err_sys(err, "%s: cannot open", path);
		if (fd >= 0)
			close(fd);
		return MT_ESYS;
	}
	int rc = MT_OK;
	if (!S_ISREG(st.st_mode))
		rc = mt_err_set(err, MT_EINPUT, "%s: is a pipe or device; write it to a file "
				"first", path);
	else if ((uint64_t)st.st_size > MT_WEIGHTS_MAX_FILE)
		rc = mt_err_set(err, MT_EINPUT, "%s: %jd bytes, at most %" PRIu64, path,
				(intmax_t)st.st_size, MT_WEIGHTS_MAX_FILE);
	else
		rc = mt_read_full(fd, head, sizeof head, &got, path, err);
	close(fd);
	if (rc)
		return rc;
	const struct mt_weight_format *f = mt_weight_formats;
	while (f->name && !f->match(path, head, got))
		f++;
	*format = f->name ? f : NULL;
	return MT_OK;
}

/* People name a checkpoint of TensorFlow by its data file, or by what its files
 * begin with. The index beside it, in new memory; NULL where there is none. */
static char *index_beside(const char *path)
{
	const char *data = strrchr(path, '.');
	bool part = data && !strncmp(data, ".data-", 6);
	if (!part && !access(path, F_OK))
		return NULL;
	char *index = mt_strf("%.*s.index", part ? (int)(data - path) : (int)strlen(path), path);
	if (access(index, R_OK)) {
		free(index);
		index = NULL;
	}
	return index;
}

static char *format_names(void)
{
	char *all = NULL;
	for (const struct mt_weight_format *f = mt_weight_formats; f->name; f++) {
		char *more = all ? mt_strf("%s, %s", all, f->name) : mt_strdup(f->name);
		free(all);
		all = more;
	}
	return all ? all : mt_strdup("none");
}

static int wanted(const struct dirent *e)
{
	return strcmp(e->d_name, ".") && strcmp(e->d_name, "..") &&
	       strncmp(e->d_name, "._", 2) != 0;
}

bool mt_weights_is_model(const char *path)
{
	struct mt_model m;
	struct stat st;
	if (stat(path, &st) || !S_ISREG(st.st_mode) || mt_model_open(&m, path, NULL))
		return false;
	bool own = mt_model_text(&m, "net") && mt_model_text(&m, "tags");
	mt_model_close(&m);
	return own;
}

/* The one file of the folder that has a known format, in new memory. */
static int search(const char *folder, char **found, struct mt_err *err)
{
	struct dirent **entry;
	const struct mt_weight_format *format;
	struct stat st;
	int n = scandir(folder, &entry, wanted, alphasort), rc = MT_OK;
	if (n < 0)
		return mt_err_sys(err, "%s: cannot read the folder", folder);
	for (int i = 0; i < n; i++) {
		char *path = mt_strf("%s/%s", folder, entry[i]->d_name);
		free(entry[i]);
		if (!rc && !stat(path, &st) && S_ISREG(st.st_mode) &&
		    !look(path, &format, NULL) && format && !mt_weights_is_model(path)) {
			if (*found)
				rc = mt_err_set(err, MT_EINPUT, "%s: both %s and %s have "
						"weights; name one of them", folder,
						strrchr(*found, '/') + 1,
						strrchr(path, '/') + 1);
			else
				*found = mt_strdup(path);
		}
		free(path);
	}
	free(entry);
	if (!rc && !*found) {
		char *names = format_names();
		rc = mt_err_set(err, MT_EINPUT, "%s: no file in this folder has weights of a "
				"known format (%s)", folder, names);
		free(names);
	}
	return rc;
}

int mt_weights_read(struct mt_weights *w, const char *path, struct mt_err *err)
{
	const struct mt_weight_format *format = NULL;
	struct stat st;
	char *found = NULL;
	int rc = MT_OK;
	*w = (struct mt_weights){0};
	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		rc = search(path, &found, err);
	else
		found = index_beside(path);
	if (!rc)
		rc = look(found ? found : path, &format, err);
	if (!rc && !format) {
		char *names = format_names();
		rc = mt_err_set(err, MT_EINPUT, "%s: not weights of a known format (%s)",
				path, names);
		free(names);
	}
	if (!rc)
		rc = format->read(w, found ? found : path, err);
	if (!rc && !w->n_file) {
		char *data;
		size_t size;
		rc = mt_weights_load(w, found ? found : path, &data, &size, err);
		free(data);
	}
	if (rc)
		mt_weights_release(w);
	free(found);
	return rc;
}
