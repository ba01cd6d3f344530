/* SPDX-License-Identifier: MIT */
#include "stream/spool.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define BLOCK (1 << 20)

/* A record is: layout, then for each field its dimensions and its bytes. */
struct mt_spool_block {
	struct mt_spool_block *next;
	size_t size, cap;
	unsigned char data[];
};

/* A layout as a word: of each field what does not change from record to record. All
 * of it is bytes, so there is no padding to compare. */
struct row {
	char name[MT_NAME_SIZE + 1], dtype[5];
	unsigned char n_dim;
};
struct layout {
	unsigned char type, n_field;
	struct row row[MT_REC_FIELDS];
};

/* Number of the record's layout. */
static uint32_t layout(struct mt_spool *s, const struct mt_rec *rec)
{
	struct layout l;
	size_t size = offsetof(struct layout, row) + (size_t)rec->n_field * sizeof *l.row;
	memset(&l, 0, size);
	l.type = (unsigned char)rec->type;
	l.n_field = (unsigned char)rec->n_field;
	for (int i = 0; i < rec->n_field; i++) {
		const struct mt_field *f = &rec->field[i];
		memcpy(l.row[i].name, f->name, strlen(f->name));
		memcpy(l.row[i].dtype, f->dtype, strlen(f->dtype));
		l.row[i].n_dim = (unsigned char)f->n_dim;
	}
	return (uint32_t)mt_words_find(&s->layout, (const char *)&l, size);
}

static unsigned char *room(struct mt_spool *s, size_t size)
{
	struct mt_spool_block *b = s->last;
	if (!b || b->cap - b->size < size) {
		size_t cap = size > BLOCK ? size : BLOCK;
		b = mt_realloc(NULL, sizeof *b + cap, 1);
		*b = (struct mt_spool_block){.cap = cap};
		if (s->last)
			s->last->next = b;
		else
			s->first = b;
		s->last = b;
	}
	unsigned char *p = b->data + b->size;
	b->size += size;
	return p;
}

static unsigned char *put(unsigned char *p, const void *data, size_t size)
{
	if (size)
		memcpy(p, data, size);
	return p + size;
}

void mt_spool_put(struct mt_spool *s, const struct mt_rec *rec)
{
	uint32_t no = layout(s, rec);
	size_t size = sizeof no;
	for (int i = 0; i < rec->n_field; i++)
		size += (size_t)rec->field[i].n_dim * sizeof(uint64_t) +
			rec->field[i].size;
	unsigned char *p = put(room(s, size), &no, sizeof no);
	for (int i = 0; i < rec->n_field; i++) {
		const struct mt_field *f = &rec->field[i];
		p = put(p, f->dim, (size_t)f->n_dim * sizeof f->dim[0]);
		p = put(p, f->data, f->size);
	}
	s->n++;
}

int mt_spool_get(struct mt_spool *s, struct mt_rec *rec)
{
	struct mt_spool_block *b = s->first;
	uint32_t no;
	if (b && s->at == b->size) {
		s->first = b->next;
		s->at = 0;
		if (!s->first)
			s->last = NULL;
		free(b);
		b = s->first;
	}
	if (!b)
		return MT_END;
	const unsigned char *p = b->data + s->at;
	memcpy(&no, p, sizeof no);
	p += sizeof no;
	const struct layout *l = (const void *)s->layout.word[no].word;
	mt_rec_reset(rec, (enum mt_rec_type)l->type);
	for (int i = 0; i < l->n_field; i++) {
		const struct row *f = &l->row[i];
		struct mt_field *to = &rec->field[i];
		*to = (struct mt_field){.n_dim = f->n_dim};
		memcpy(to->name, f->name, sizeof f->name);
		memcpy(to->dtype, f->dtype, sizeof f->dtype);
		memcpy(to->dim, p, (size_t)f->n_dim * sizeof to->dim[0]);
		p += (size_t)f->n_dim * sizeof to->dim[0];
		to->size = mt_dtype_size(f->dtype);
		for (int k = 0; k < f->n_dim; k++)
			to->size *= to->dim[k];
		void *data = mt_rec_alloc(rec, (size_t)to->size);
		memcpy(data, p, (size_t)to->size);
		to->data = data;
		p += to->size;
	}
	rec->n_field = l->n_field;
	s->at = (size_t)(p - b->data);
	s->n--;
	return MT_OK;
}

void mt_spool_release(struct mt_spool *s)
{
	while (s->first) {
		struct mt_spool_block *b = s->first;
		s->first = b->next;
		free(b);
	}
	mt_words_release(&s->layout);
	*s = (struct mt_spool){0};
}
