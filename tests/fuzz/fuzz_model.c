/* SPDX-License-Identifier: MIT
 * Model files from any bytes: what is read lies side by side in the file, is
 * found by its name, and writes back to a file that reads the same. Each input
 * is read as it is, and again with the length and checksum made right. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc.h"
#include "base/mem.h"
#include "model/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Make length and "crc32" right: a fuzzer cannot guess either. The header
 * ends with the last '}' of the file. */
static void mend(unsigned char *p, size_t size)
{
	static const char key[] = "\"crc32\":\"";
	size_t end = size;
	while (end > 8 && p[end - 1] != '}')
		end--;
	if (end <= 8)
		return;
	uint64_t n = end - 8;
	memcpy(p, &n, 8);
	char *at = memmem(p + 8, n, key, sizeof key - 1);
	if (!at || (size_t)((unsigned char *)at - p) + sizeof key + 8 > end)
		return;
	char hex[9];
	snprintf(hex, sizeof hex, "%08x", mt_crc32(0, p + end, size - end));
	memcpy(at + sizeof key - 1, hex, 8);
}

static void check_places(const struct mt_model *m, const unsigned char *p, size_t size)
{
	uint64_t n, bytes = 0;
	memcpy(&n, p, 8);
	const unsigned char *first = p + 8 + n, *end = p + size;
	for (size_t i = 0; i < m->n_tensor; i++) {
		const struct mt_model_tensor *t = &m->tensor[i];
		const unsigned char *at = t->data;
		MT_BUG(at < first || at > end || t->size > (size_t)(end - at));
		uint64_t count = 1;
		MT_BUG(t->n_dim < 0 || t->n_dim > MT_MODEL_DIMS);
		for (int d = 0; d < t->n_dim; d++)
			count *= t->dim[d];
		MT_BUG(count ? t->size % count : t->size);
		MT_BUG(mt_model_get(m, t->name) != t);
		MT_BUG(i && strcmp(m->tensor[i - 1].name, t->name) >= 0);
		bytes += t->size;
	}
	/* no gap, no overlap: the sizes add up to the data part */
	MT_BUG(bytes != (uint64_t)(end - first));
	MT_BUG(m->crc != mt_crc32(0, first, bytes));
	for (size_t i = 0; i < m->n_meta; i++) {
		MT_BUG(mt_model_text(m, m->meta[i].name) != m->meta[i].value);
		MT_BUG(i && strcmp(m->meta[i - 1].name, m->meta[i].name) >= 0);
	}
}

/* The file that mt_model_save() would write. */
static char *written(const struct mt_model *m, size_t *size)
{
	char *head = mt_model_header(m->tensor, m->n_tensor, m->meta, m->n_meta);
	uint64_t n = strlen(head), at = 8 + n;
	MT_BUG(at % 64);
	*size = at;
	for (size_t i = 0; i < m->n_tensor; i++)
		*size += m->tensor[i].size;
	char *p = mt_calloc(1, *size);
	memcpy(p, &n, 8);
	memcpy(p + 8, head, n);
	for (size_t i = 0; i < m->n_tensor; i++) {
		memcpy(p + at, m->tensor[i].data, m->tensor[i].size);
		at += m->tensor[i].size;
	}
	free(head);
	return p;
}

static void check_same(const struct mt_model *a, const struct mt_model *b)
{
	MT_BUG(a->n_tensor != b->n_tensor || b->n_meta < a->n_meta);
	for (size_t i = 0; i < a->n_tensor; i++) {
		const struct mt_model_tensor *x = &a->tensor[i], *y = &b->tensor[i];
		MT_BUG(strcmp(x->name, y->name) || strcmp(x->dtype, y->dtype));
		MT_BUG(x->n_dim != y->n_dim || memcmp(x->dim, y->dim, sizeof x->dim));
		MT_BUG(x->size != y->size || memcmp(x->data, y->data, x->size));
	}
	for (size_t i = 0; i < a->n_meta; i++) {
		const char *text = mt_model_text(b, a->meta[i].name);
		MT_BUG(!text);
		MT_BUG(strcmp(a->meta[i].name, "crc32") && strcmp(text, a->meta[i].value));
	}
}

static void check_again(const struct mt_model *m)
{
	struct mt_model b;
	size_t size, size2;
	for (size_t i = 0; i < m->n_tensor; i++)
		if (strcmp(m->tensor[i].dtype, "F32"))
			return;
	char *p = written(m, &size);
	MT_BUG(mt_model_parse(&b, p, size, "again", NULL));
	check_same(m, &b);
	char *q = written(&b, &size2);
	/* "crc32" is added behind the rest, but read in order */
	MT_BUG(size != size2);
	MT_BUG(mt_model_text(m, "crc32") && memcmp(p, q, size));
	mt_model_close(&b);
	free(p);
	free(q);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mt_model m;
	struct mt_err err = {0};
	for (int mended = 0; mended < 2; mended++) {
		unsigned char *p = malloc(size ? size : 1);
		memcpy(p, data, size);
		if (mended)
			mend(p, size);
		if (mt_model_parse(&m, p, size, "fuzz", &err)) {
			MT_BUG(err.status != MT_EINPUT || !*err.text);
		} else {
			check_places(&m, p, size);
			check_again(&m);
			mt_model_close(&m);
		}
		free(p);
	}
	return 0;
}
