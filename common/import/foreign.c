/* SPDX-License-Identifier: MIT
 * Safetensors files of other systems, by the reader of our own models. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "import/readers.h"
#include "model/model.h"

/* A value takes one byte at least in the file, and four here. */
#define FACTOR 4

static const struct {
	const char *name;
	enum mt_weight_type type;
} types[] = {
	{"F32", MT_WEIGHT_F32}, {"F64", MT_WEIGHT_F64}, {"F16", MT_WEIGHT_F16},
	{"BF16", MT_WEIGHT_BF16}, {"I64", MT_WEIGHT_I64}, {"I32", MT_WEIGHT_I32},
	{"I16", MT_WEIGHT_I16}, {"I8", MT_WEIGHT_I8}, {"U8", MT_WEIGHT_U8},
	{"BOOL", MT_WEIGHT_BOOL},
};

bool mt_foreign_match(const char *path, const unsigned char *head, size_t size)
{
	uint64_t n = 0;
	(void)path;
	if (size < 10)
		return false;
	memcpy(&n, head, 8);
	return n >= 2 && n <= (uint64_t)100 << 20 && head[8] == '{';
}

static int add(struct mt_weights *w, const struct mt_model_tensor *t, const char *path,
	       uint64_t limit, struct mt_err *err)
{
	struct mt_weight *v;
	size_t i = 0, n = sizeof types / sizeof *types;
	while (i < n && strcmp(types[i].name, t->dtype) != 0)
		i++;
	if (i == n)
		return mt_err_set(err, MT_EINPUT, "%s: tensor '%.100s': type %s is not read; "
				  "save it as F32", path, t->name, t->dtype);
	int rc = mt_weights_add(w, t->name, t->n_dim, t->dim, limit, &v, err);
	if (rc) {
		mt_err_prefix(rc, err, "%.150s", path);
		return rc;
	}
	v->type = types[i].type;
	if (v->count)
		mt_weight_fill(v->data, t->data, v->count, v->type);
	return MT_OK;
}

static char *metadata(const struct mt_model *m)
{
	json_t *all = json_object();
	for (size_t i = 0; i < m->n_meta; i++)
		json_object_set_new(all, m->meta[i].name, json_string(m->meta[i].value));
	char *text = m->n_meta ? json_dumps(all, JSON_COMPACT) : NULL;
	json_decref(all);
	return text;
}

int mt_foreign_read(struct mt_weights *w, const char *path, struct mt_err *err)
{
	struct mt_model m;
	char *data;
	size_t size;
	int rc = mt_file_get(path, MT_WEIGHTS_MAX_FILE, &data, &size, err);
	if (rc)
		return rc;
	rc = mt_model_parse(&m, data, size, path, err);
	if (rc) {
		free(data);
		return rc;
	}
	if (mt_model_text(&m, "net") && mt_model_text(&m, "frontend"))
		rc = mt_err_set(err, MT_EINPUT, "%s: is a model of mt already; give it to "
				"`predict model` as it is", path);
	uint64_t limit = 0;
	for (size_t i = 0; i < m.n_tensor; i++)
		limit += m.tensor[i].size * FACTOR;
	for (size_t i = 0; i < m.n_tensor && !rc; i++)
		rc = add(w, &m.tensor[i], path, limit, err);
	w->format = mt_strdup("safetensors");
	w->metadata = metadata(&m);
	mt_model_close(&m);
	free(data);
	return rc;
}
