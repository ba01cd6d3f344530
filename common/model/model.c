/* SPDX-License-Identifier: MIT */
#include "model/model.h"

#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crc.h"
#include "base/file.h"
#include "base/mem.h"

#define MOST_FILE ((size_t)32 << 30)      /* bytes of a file */
#define MAX_HEADER ((uint64_t)100 << 20)  /* bytes, as the format says */

static uint64_t dtype_size(const char *dtype)
{
	static const struct { const char *name; uint64_t size; } known[] = {
		{"BOOL", 1}, {"U8", 1}, {"I8", 1}, {"U16", 2}, {"I16", 2},
		{"F16", 2}, {"BF16", 2}, {"U32", 4}, {"I32", 4}, {"F32", 4},
		{"U64", 8}, {"I64", 8}, {"F64", 8},
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (!strcmp(known[i].name, dtype))
			return known[i].size;
	return 0;
}

static int tensor_error(struct mt_err *err, const char *file,
			const char *tensor, const char *what)
{
	return mt_err_set(err, MT_EINPUT, "%s: tensor '%.100s': %s", file,
			  tensor, what);
}

/* One tensor's entry; begin and end within the data part. */
static int parse_tensor(struct mt_model_tensor *t, const char *name, json_t *o,
			const char *file, const unsigned char *data,
			uint64_t size, struct mt_err *err)
{
	const char *dtype;
	json_t *shape, *dim;
	json_int_t begin, end;
	size_t i;
	if (json_unpack(o, "{s:s, s:o, s:[I,I!]}", "dtype", &dtype,
			"shape", &shape, "data_offsets", &begin, &end) ||
	    !json_is_array(shape))
		return tensor_error(err, file, name, "lacks dtype, shape or "
				    "data_offsets");
	uint64_t bytes = dtype_size(dtype);
	if (!bytes)
		return tensor_error(err, file, name, "its dtype is unknown");
	if (json_array_size(shape) > MT_MODEL_DIMS)
		return tensor_error(err, file, name, "has too many dimensions");
	*t = (struct mt_model_tensor){.n_dim = (int)json_array_size(shape)};
	json_array_foreach(shape, i, dim) {
		json_int_t d = json_is_integer(dim) ? json_integer_value(dim)
						    : -1;
		t->dim[i] = (uint64_t)d;
		if (d < 0 || __builtin_mul_overflow(bytes, t->dim[i], &bytes))
			return tensor_error(err, file, name,
					    "its shape is not possible");
	}
	if (begin < 0 || end < begin || (uint64_t)end > size)
		return tensor_error(err, file, name,
				    "lies outside of the file");
	if ((uint64_t)(end - begin) != bytes)
		return tensor_error(err, file, name,
				    "its shape and its offsets differ");
	t->name = mt_strdup(name);
	snprintf(t->dtype, sizeof t->dtype, "%s", dtype);
	t->data = data + begin;
	t->size = bytes;
	return MT_OK;
}

static int by_place(const void *a, const void *b)
{
	const struct mt_model_tensor *x = a, *y = b;
	if (x->data != y->data)
		return (const char *)x->data < (const char *)y->data ? -1 : 1;
	return (x->size > y->size) - (x->size < y->size);
}

static int by_tensor(const void *a, const void *b)
{
	return strcmp(((const struct mt_model_tensor *)a)->name,
		      ((const struct mt_model_tensor *)b)->name);
}

static int by_meta(const void *a, const void *b)
{
	return strcmp(((const struct mt_model_meta *)a)->name,
		      ((const struct mt_model_meta *)b)->name);
}

/* Side by side, from the first byte to the last. */
static int check_places(struct mt_model *m, const char *file,
			const unsigned char *data, uint64_t size,
			struct mt_err *err)
{
	const unsigned char *at = data;
	if (m->n_tensor)
		qsort(m->tensor, m->n_tensor, sizeof *m->tensor, by_place);
	for (size_t i = 0; i < m->n_tensor; i++) {
		const struct mt_model_tensor *t = &m->tensor[i];
		if (t->data != at)
			return tensor_error(err, file, t->name, "overlaps the "
					    "one before it or leaves a gap");
		at += t->size;
	}
	if ((uint64_t)(at - data) != size)
		return mt_err_set(err, MT_EINPUT, "%s: %" PRIu64 " bytes after "
				  "its last tensor", file,
				  size - (uint64_t)(at - data));
	if (m->n_tensor)
		qsort(m->tensor, m->n_tensor, sizeof *m->tensor, by_tensor);
	return MT_OK;
}

static int parse_meta(struct mt_model *m, json_t *o, const char *file,
		      struct mt_err *err)
{
	const char *name;
	json_t *v;
	m->meta = mt_calloc(json_object_size(o), sizeof *m->meta);
	json_object_foreach(o, name, v) {
		if (!json_is_string(v))
			return mt_err_set(err, MT_EINPUT, "%s: metadata "
					  "'%.80s' is not a string", file, name);
		m->meta[m->n_meta++] = (struct mt_model_meta){
			mt_strdup(name), mt_strdup(json_string_value(v))};
	}
	if (m->n_meta)
		qsort(m->meta, m->n_meta, sizeof *m->meta, by_meta);
	return MT_OK;
}

static int parse_header(struct mt_model *m, json_t *root, const char *file,
			const unsigned char *data, uint64_t size,
			struct mt_err *err)
{
	const char *name;
	json_t *o;
	int rc = MT_OK;
	m->tensor = mt_calloc(json_object_size(root), sizeof *m->tensor);
	json_object_foreach(root, name, o) {
		if (!strcmp(name, "__metadata__")) {
			rc = json_is_object(o)
				? parse_meta(m, o, file, err)
				: mt_err_set(err, MT_EINPUT, "%s: __metadata__ "
					     "is not an object", file);
		} else {
			rc = parse_tensor(&m->tensor[m->n_tensor], name, o,
					  file, data, size, err);
			m->n_tensor += !rc;
		}
		if (rc)
			return rc;
	}
	return check_places(m, file, data, size, err);
}

/* Everything but the values, which need not be there yet. */
static int parse_start(struct mt_model *m, const unsigned char *p, size_t size,
		       const char *name, struct mt_err *err)
{
	uint64_t n;
	if (size < 8)
		return mt_err_set(err, MT_EINPUT, "%s: %zu bytes are not a "
				  "model file", name, size);
	memcpy(&n, p, 8);
	if (n > MAX_HEADER || n > size - 8)
		return mt_err_set(err, MT_EINPUT, "%s: not a model file, or cut: "
				  "its header claims %" PRIu64 " bytes, the "
				  "file has %zu", name, n, size);
	json_error_t why;
	json_t *root = json_loadb((const char *)p + 8, (size_t)n,
				  JSON_REJECT_DUPLICATES, &why);
	if (!json_is_object(root)) {
		json_decref(root);
		return mt_err_set(err, MT_EINPUT, "%s: its header is not a JSON "
				  "object: %s", name, why.text);
	}
	int rc = parse_header(m, root, name, p + 8 + n, size - 8 - n, err);
	json_decref(root);
	return rc;
}

static int check_values(struct mt_model *m, const unsigned char *p, size_t size,
			const char *name, struct mt_err *err)
{
	uint64_t n;
	char hex[16];
	memcpy(&n, p, 8);
	m->crc = mt_crc32(0, p + 8 + n, size - 8 - (size_t)n);
	snprintf(hex, sizeof hex, "%08x", m->crc);
	const char *told = mt_model_text(m, "crc32");
	if (!told || !strcmp(told, hex))
		return MT_OK;
	return mt_err_set(err, MT_EINPUT, "%s: damaged: CRC-32 %s, its header "
			  "says %.20s", name, hex, told);
}

int mt_model_parse(struct mt_model *m, const void *bytes, size_t size,
		   const char *name, struct mt_err *err)
{
	*m = (struct mt_model){0};
	int rc = parse_start(m, bytes, size, name, err);
	if (!rc)
		rc = check_values(m, bytes, size, name, err);
	if (rc)
		mt_model_close(m);
	return rc;
}

/* The next bytes of the file up to end, *at of which have come. */
static int read_to(int fd, const char *path, char *data, size_t *at, size_t end,
		   struct mt_err *err)
{
	size_t got, want = end - *at;
	int rc = mt_read_full(fd, data + *at, want, &got, path, err);
	*at += got;
	return rc || got == want ? rc : mt_err_set(err, MT_EINPUT, "%s: cut "
		"at byte %zu while it was read", path, *at);
}

/* Read, not mapped: a file that gets shorter while it is in use would end the
 * program by SIGBUS. The header comes first, so that not all of a large file that
 * is not a model is read. */
static int read_model(struct mt_model *m, int fd, const char *path, size_t size,
		      struct mt_err *err)
{
	size_t at = 0, head = size < 8 ? size : 8;
	uint64_t n = 0;
	char *data = m->file = mt_try_alloc64(size);
	if (!data)
		return mt_err_set(err, MT_ESYS, "%s: no memory for its %zu "
				  "bytes", path, size);
	int rc = read_to(fd, path, data, &at, head, err);
	if (!rc && head == 8) {
		memcpy(&n, data, 8);
		if (n <= MAX_HEADER && n <= size - 8)
			rc = read_to(fd, path, data, &at, 8 + (size_t)n, err);
	}
	if (!rc)
		rc = parse_start(m, (unsigned char *)data, size, path, err);
	if (!rc)
		rc = read_to(fd, path, data, &at, size, err);
	return rc ? rc : check_values(m, (unsigned char *)data, size, path, err);
}

int mt_model_open(struct mt_model *m, const char *path, struct mt_err *err)
{
	*m = (struct mt_model){0};
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	if (fd < 0 || fstat(fd, &st)) {
		mt_err_sys(err, "%s: cannot open", path);
		if (fd >= 0)
			close(fd);
		return MT_ESYS;
	}
	size_t size = (size_t)st.st_size;
	int rc = MT_OK;
	if (S_ISDIR(st.st_mode))
		rc = mt_err_set(err, MT_EINPUT, "%s: is a folder, not a model file; "
				"name the one in it, such as best.safetensors",
				path);
	else if (!S_ISREG(st.st_mode))
		rc = mt_err_set(err, MT_EINPUT, "%s: is a pipe or device, not a "
				"model file", path);
	else if (!size)
		rc = mt_err_set(err, MT_EINPUT, "%s: 0 bytes are not a model file",
				path);
	else if (size > MOST_FILE)
		rc = mt_err_set(err, MT_EINPUT, "%s: %zu bytes, more than the "
				"%zu of the largest model file", path, size,
				MOST_FILE);
	else
		rc = read_model(m, fd, path, size, err);
	close(fd);
	if (rc)
		mt_model_close(m);
	return rc;
}

void mt_model_close(struct mt_model *m)
{
	for (size_t i = 0; i < m->n_tensor; i++)
		free(m->tensor[i].name);
	for (size_t i = 0; i < m->n_meta; i++) {
		free(m->meta[i].name);
		free(m->meta[i].value);
	}
	free(m->tensor);
	free(m->meta);
	free(m->file);
	*m = (struct mt_model){0};
}

const struct mt_model_tensor *mt_model_get(const struct mt_model *m,
					   const char *name)
{
	struct mt_model_tensor want = {.name = (char *)(uintptr_t)name};
	return m->n_tensor ? bsearch(&want, m->tensor, m->n_tensor,
				     sizeof want, by_tensor) : NULL;
}

const char *mt_model_text(const struct mt_model *m, const char *name)
{
	struct mt_model_meta want = {.name = (char *)(uintptr_t)name};
	struct mt_model_meta *hit = m->n_meta
		? bsearch(&want, m->meta, m->n_meta, sizeof want, by_meta)
		: NULL;
	return hit ? hit->value : NULL;
}

char *mt_model_header(const struct mt_model_tensor *tensor, size_t n_tensor,
		      const struct mt_model_meta *meta, size_t n_meta)
{
	uint32_t sum = 0;
	char crc[16];
	for (size_t i = 0; i < n_tensor; i++)
		sum = mt_crc32(sum, tensor[i].data, tensor[i].size);
	snprintf(crc, sizeof crc, "%08x", sum);
	json_t *root = json_object(), *about = json_object();
	for (size_t i = 0; i < n_meta; i++)
		json_object_set_new(about, meta[i].name,
				    json_string(meta[i].value));
	json_object_set_new(about, "crc32", json_string(crc));
	json_object_set_new(root, "__metadata__", about);
	uint64_t at = 0;
	for (size_t i = 0; i < n_tensor; i++) {
		json_t *shape = json_array();
		for (int d = 0; d < tensor[i].n_dim; d++)
			json_array_append_new(shape, json_integer(
				(json_int_t)tensor[i].dim[d]));
		json_object_set_new(root, tensor[i].name, json_pack(
			"{s:s, s:o, s:[I,I]}", "dtype", "F32", "shape", shape,
			"data_offsets", (json_int_t)at,
			(json_int_t)(at + tensor[i].size)));
		at += tensor[i].size;
	}
	char *text = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	MT_BUG(!text);
	size_t n = strlen(text), all = mt_pad64(8 + n) - 8;
	char *out = mt_strf("%-*s", (int)all, text);
	free(text);
	return out;
}

int mt_model_save(const char *path, const struct mt_model_tensor *tensor,
		  size_t n_tensor, const struct mt_model_meta *meta,
		  size_t n_meta, struct mt_err *err)
{
	struct mt_file f;
	char *header = mt_model_header(tensor, n_tensor, meta, n_meta);
	uint64_t n = strlen(header);
	int rc = mt_file_open(&f, path, err);
	if (!rc) {
		rc = mt_file_write(&f, &n, 8, err);
		if (!rc)
			rc = mt_file_write(&f, header, n, err);
		for (size_t i = 0; !rc && i < n_tensor; i++)
			rc = mt_file_write(&f, tensor[i].data, tensor[i].size,
					   err);
		if (rc)
			mt_file_abort(&f);
		else
			rc = mt_file_commit(&f, err);
	}
	free(header);
	return rc;
}
