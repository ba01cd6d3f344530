/* SPDX-License-Identifier: MIT */
#include "stream/rec.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/half.h"
#include "base/mem.h"
#include "stream/layout.h"

/* The record's memory: blocks of which only the newest is carved. A reset
 * keeps the largest one, so a steady stream soon allocates nothing. */
struct mt_block {
	struct mt_block *older;
	size_t size, used;
	unsigned char *data;
};

void mt_rec_init(struct mt_rec *rec)
{
	*rec = (struct mt_rec){.type = MT_DATA};
}

static void block_free(struct mt_block *b)
{
	free(b->data);
	free(b);
}

void mt_rec_release(struct mt_rec *rec)
{
	for (struct mt_block *b = rec->block, *older; b; b = older) {
		older = b->older;
		block_free(b);
	}
	rec->block = NULL;
	rec->n_field = 0;
}

void mt_rec_reset(struct mt_rec *rec, enum mt_rec_type type)
{
	struct mt_block *keep = rec->block;
	for (struct mt_block *b = rec->block; b; b = b->older)
		if (b->size > keep->size)
			keep = b;
	for (struct mt_block *b = rec->block, *older; b; b = older) {
		older = b->older;
		if (b != keep)
			block_free(b);
	}
	if (keep) {
		keep->older = NULL;
		keep->used = 0;
	}
	rec->block = keep;
	rec->n_field = 0;
	rec->full = rec->large = false;
	rec->type = type;
}

void *mt_rec_try_alloc(struct mt_rec *rec, size_t size)
{
	if (size > SIZE_MAX / 2)
		return NULL;
	size = mt_pad64(size ? size : 1);
	struct mt_block *b = rec->block;
	if (!b || b->size - b->used < size) {
		/* an eighth more, so that the next record, a little longer,
		 * or with a few small fields in front, fits too */
		size_t room = mt_pad64(size + size / 8 + 4096);
		unsigned char *data = mt_try_alloc64(room);
		if (!data)
			return NULL;
		b = mt_calloc(1, sizeof *b);
		b->size = room;
		b->data = data;
		b->older = rec->block;
		rec->block = b;
	}
	void *p = b->data + b->used;
	b->used += size;
	return p;
}

void *mt_rec_alloc(struct mt_rec *rec, size_t size)
{
	void *p = mt_rec_try_alloc(rec, size);
	return p ? p : mt_alloc64(size);  /* which ends the program */
}

size_t mt_rec_room(const struct mt_rec *rec)
{
	return rec->block ? rec->block->size - rec->block->used : 0;
}

uint64_t mt_rec_bytes(const struct mt_rec *rec)
{
	uint64_t n = (uint64_t)rec->n_field * MT_ROW;
	for (int i = 0; i < rec->n_field; i++)
		n += mt_pad64(rec->field[i].size);
	return n;
}

void mt_rec_copy(struct mt_rec *to, const struct mt_rec *from)
{
	mt_rec_reset(to, from->type);
	to->at = from->at;
	to->full = from->full;
	to->large = from->large;
	to->n_field = from->n_field;
	for (int i = 0; i < from->n_field; i++) {
		const struct mt_field *f = &from->field[i];
		void *p = mt_rec_alloc(to, f->size);
		if (f->size)
			memcpy(p, f->data, f->size);
		to->field[i] = *f;
		to->field[i].data = p;
	}
}

size_t mt_dtype_size(const char *dtype)
{
	static const char known[][3] = {"f2", "f4", "f8", "i1", "i2", "i4",
					"i8", "u1", "u2", "u4", "u8"};
	if (!strcmp(dtype, "s"))
		return 1;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (!strcmp(dtype, known[i]))
			return (size_t)(dtype[1] - '0');
	return 0;
}

bool mt_field_name_ok(const char *name)
{
	size_t n = strlen(name);
	for (const char *p = name; *p; p++)
		if (*p <= ' ' || *p > '~')
			return false;
	return n > 0 && n <= MT_NAME_SIZE;
}

const struct mt_field *mt_rec_get(const struct mt_rec *rec, const char *name)
{
	for (int i = 0; i < rec->n_field; i++)
		if (!strcmp(rec->field[i].name, name))
			return &rec->field[i];
	return NULL;
}

const char *mt_rec_str(const struct mt_rec *rec, const char *name, char *buf,
		       size_t size)
{
	const struct mt_field *f = mt_rec_get(rec, name);
	size_t n = f && !strcmp(f->dtype, "s") ? (size_t)f->size : 0;
	if (n >= size)
		n = size - 1;
	if (n)
		memcpy(buf, f->data, n);
	buf[n] = 0;
	return buf;
}

const char *mt_rec_key(const struct mt_rec *rec, size_t *size)
{
	const struct mt_field *f = mt_rec_get(rec, "key");
	*size = f ? (size_t)f->size : 0;
	return f && f->size ? f->data : "";
}

size_t mt_rec_key_stem(const char *key, size_t n)
{
	size_t i = n;
	if (n < 5 || key[n - 4] != '.')
		return n;
	while (i && (isdigit((unsigned char)key[i - 1]) || i == n - 3))
		i--;
	return i && key[i - 1] == '#' && n - i >= 5 ? i - 1 : n;
}

int mt_rec_key_shown(const char *key, size_t n)
{
	enum { MOST = 200 };
	if (n <= MOST)
		return (int)n;
	int len = MOST;
	while (len > MOST - 4 && ((unsigned char)key[len] & 0xc0) == 0x80)
		len--;
	return ((unsigned char)key[len] & 0xc0) == 0x80 ? MOST : len;
}

#define NUM_OF(type, data) __extension__({ \
	type v_; memcpy(&v_, data, sizeof v_); (double)v_; })

double mt_field_num(const struct mt_field *f, uint64_t i)
{
	const char *p = (const char *)f->data + i * (uint64_t)(f->dtype[1] - '0');
	uint16_t half;
	switch (f->dtype[0] << 8 | f->dtype[1]) {
	case 'f' << 8 | '2':
		memcpy(&half, p, sizeof half);
		return (double)mt_half_to(half);
	case 'f' << 8 | '4':
		return NUM_OF(float, p);
	case 'f' << 8 | '8':
		return NUM_OF(double, p);
	case 'i' << 8 | '1':
		return NUM_OF(int8_t, p);
	case 'i' << 8 | '2':
		return NUM_OF(int16_t, p);
	case 'i' << 8 | '4':
		return NUM_OF(int32_t, p);
	case 'i' << 8 | '8':
		return NUM_OF(int64_t, p);
	case 'u' << 8 | '1':
		return NUM_OF(uint8_t, p);
	case 'u' << 8 | '2':
		return NUM_OF(uint16_t, p);
	case 'u' << 8 | '4':
		return NUM_OF(uint32_t, p);
	default:
		return NUM_OF(uint64_t, p);
	}
}

bool mt_rec_num(const struct mt_rec *rec, const char *name, double *value)
{
	const struct mt_field *f = mt_rec_get(rec, name);
	if (!f || f->dtype[0] == 's' || !f->size)
		return false;
	*value = mt_field_num(f, 0);
	return true;
}

void mt_rec_put(struct mt_rec *rec, const char *name, const char *dtype,
		int n_dim, const uint64_t *dim, const void *data)
{
	MT_BUG(strlen(name) > MT_NAME_SIZE || !mt_dtype_size(dtype));
	/* whole before it is stored: the arguments may be parts of the field
	 * that it replaces */
	struct mt_field new = {.n_dim = n_dim, .data = data};
	memcpy(new.name, name, strlen(name));
	memcpy(new.dtype, dtype, strlen(dtype));
	new.size = mt_dtype_size(dtype);
	for (int i = 0; i < n_dim; i++) {
		new.dim[i] = dim[i];
		new.size *= dim[i];
	}
	struct mt_field *f = NULL;
	for (int i = 0; i < rec->n_field && !f; i++)
		if (!strcmp(rec->field[i].name, name))
			f = &rec->field[i];
	if (!f && rec->n_field == MT_REC_FIELDS) {
		rec->full = true;
		return;
	}
	*(f ? f : &rec->field[rec->n_field++]) = new;
}

void mt_rec_put_str(struct mt_rec *rec, const char *name, const char *text,
		    size_t size)
{
	char *p = mt_rec_alloc(rec, size);
	if (size)
		memcpy(p, text, size);
	mt_rec_put(rec, name, "s", 1, &(uint64_t){size}, p);
}

static void put_scalar(struct mt_rec *rec, const char *name, const char *dtype,
		       const void *value, size_t size)
{
	void *p = mt_rec_alloc(rec, size);
	memcpy(p, value, size);
	mt_rec_put(rec, name, dtype, 0, NULL, p);
}

void mt_rec_put_f8(struct mt_rec *rec, const char *name, double value)
{
	put_scalar(rec, name, "f8", &value, sizeof value);
}

void mt_rec_put_i8(struct mt_rec *rec, const char *name, int64_t value)
{
	put_scalar(rec, name, "i8", &value, sizeof value);
}

void mt_rec_put_i4(struct mt_rec *rec, const char *name, int32_t value)
{
	put_scalar(rec, name, "i4", &value, sizeof value);
}

void mt_rec_drop(struct mt_rec *rec, const char *name)
{
	for (int i = 0; i < rec->n_field; i++)
		if (!strcmp(rec->field[i].name, name)) {
			memmove(&rec->field[i], &rec->field[i + 1],
				(size_t)(rec->n_field - i - 1) *
					sizeof rec->field[0]);
			rec->n_field--;
			return;
		}
}

void mt_rec_fail(struct mt_rec *rec, const char *stage, const char *code,
		 const char *text)
{
	struct mt_field key = {0};
	const struct mt_field *f = mt_rec_get(rec, "key");
	if (f)
		key = *f;
	rec->type = MT_FAIL;
	rec->n_field = 0;
	rec->full = false;
	mt_rec_put(rec, "key", "s", 1, &(uint64_t){key.size}, key.data);
	mt_rec_put_str(rec, "stage", stage, strlen(stage));
	mt_rec_put_str(rec, "code", code, strlen(code));
	mt_rec_put_str(rec, "text", text, strlen(text));
}
