/* SPDX-License-Identifier: MIT */
#include "format/rectable.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crc.h"
#include "base/mem.h"
#include "format/rectext.h"
#include "stream/layout.h"

static void add(char ***list, size_t *n, size_t *cap, const char *name)
{
	if (*n == *cap) {
		*cap = *cap ? 2 * *cap : 16;
		*list = mt_realloc(*list, *cap, sizeof **list);
	}
	(*list)[(*n)++] = mt_strdup(name);
}

void mt_rectable_head(struct mt_rectable *t, const struct mt_head *head)
{
	if (t->declared)
		return;
	t->declared = true;
	add(&t->name, &t->n, &t->cap, "key");
	for (size_t i = 0; i < head->n_line; i++) {
		const struct mt_head_line *l = &head->line[i];
		if (strcmp(l->word[0], "field") != 0 || l->n_word < 3 ||
		    mt_head_field(head, l->word[1]) != l ||
		    !mt_field_name_ok(l->word[1]) || !strcmp(l->word[1], "key"))
			continue;
		bool one = !strcmp(l->word[2], "s") || l->n_word < 4 ||
			   !*l->word[3] || !strcmp(l->word[3], "1");
		if (one)
			add(&t->name, &t->n, &t->cap, l->word[1]);
		else
			add(&t->array, &t->n_array, &t->cap_array, l->word[1]);
	}
}

static bool has(char *const *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i], name))
			return true;
	return false;
}

/* Column of a name, or t->n; near is where the last record had it. */
static size_t column(const struct mt_rectable *t, const char *name, size_t near)
{
	if (near < t->n && !strcmp(t->name[near], name))
		return near;
	size_t i = 0;
	while (i < t->n && strcmp(t->name[i], name) != 0)
		i++;
	return i;
}

static void add_undeclared(struct mt_rectable *t, const char *name)
{
	if (t->n_more == MT_RECTABLE_MORE || column(t, name, 0) < t->n ||
	    has(t->array, t->n_array, name))
		return;
	add(&t->name, &t->n, &t->cap, name);
	t->n_more++;
}

static bool is_one(const struct mt_field *f)
{
	return f->dtype[0] == 's' || mt_rectext_n(f) == 1;
}

/* A window on a file, so that small records cost less than a read each. */
struct window {
	int fd;
	uint64_t at;
	size_t size;
	unsigned char data[1 << 16];
};

static const unsigned char *look(struct window *w, uint64_t at, size_t n)
{
	if (at >= w->at && at - w->at + n <= w->size)
		return w->data + (at - w->at);
	w->at = at;
	w->size = 0;
	while (w->size < n) {
		ssize_t got = pread(w->fd, w->data + w->size, sizeof w->data - w->size,
				    (off_t)(at + w->size));
		if (got <= 0)
			return NULL;
		w->size += (size_t)got;
	}
	return w->data;
}

/* A row of a frame: does it hold one value, and what is its name? */
static bool row_is_one(const unsigned char *row, char name[MT_NAME_SIZE + 1])
{
	char dtype[5] = "";
	uint64_t n = 1;
	memcpy(name, row, MT_NAME_SIZE);
	name[MT_NAME_SIZE] = 0;
	memcpy(dtype, row + MT_ROW_DTYPE, 4);
	for (uint32_t k = 0; k < mt_get_u32(row + MT_ROW_NDIM) && k < 4; k++)
		if (mt_get_u64(row + MT_ROW_DIM + 8 * k) != 1)
			n = 0;
	return mt_field_name_ok(name) && mt_dtype_size(dtype) && (n || dtype[0] == 's');
}

static void scan(struct mt_rectable *t, struct window *w, uint64_t at)
{
	char name[MT_NAME_SIZE + 1];
	const unsigned char *h, *row;
	while (t->n_more < MT_RECTABLE_MORE && (h = look(w, at, MT_FRAME_HEAD)) &&
	       !memcmp(h, MT_SYNC, 4) &&
	       mt_crc32(0, h, MT_AT_HCRC) == mt_get_u32(h + MT_AT_HCRC)) {
		uint64_t size = mt_get_u64(h + MT_AT_SIZE);
		uint32_t n = mt_get_u32(h + MT_AT_NFIELD);
		bool is_data = !memcmp(h + MT_AT_TYPE, "DATA", 4);
		if (size > MT_MAX_FRAME || n > MT_REC_FIELDS)
			return;
		at += MT_FRAME_HEAD;
		row = is_data && n ? look(w, at, n * MT_ROW) : NULL;
		for (uint32_t i = 0; row && i < n; i++)
			if (row_is_one(row + i * MT_ROW, name))
				add_undeclared(t, name);
		at += size;
	}
}

void mt_rectable_scan(struct mt_rectable *t, const char *path)
{
	struct stat st;
	bool in = !strcmp(path, "-");
	int fd = in ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	off_t at = in ? lseek(fd, 0, SEEK_CUR) : 0;
	if (fd >= 0 && at >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode)) {
		struct window *w = mt_calloc(1, sizeof *w);
		w->fd = fd;
		scan(t, w, (uint64_t)at);
		free(w);
	}
	if (fd >= 0 && !in)
		close(fd);
}

/* No column is added any more. */
static void put_names(struct mt_rectable *t)
{
	t->column = mt_calloc(t->n + 1, sizeof *t->column);
	t->of = mt_calloc(t->n + 1, sizeof *t->of);
	for (size_t i = 0; i < t->n; i++)
		t->column[i] = (struct mt_column)MT_COL(t->name[i], TEXT);
	mt_print_begin(&t->print, t->out, t->format, t->column, t->n);
	t->headed = true;
}

static void note_lost(struct mt_rectable *t, const struct mt_rec *rec,
		      const struct mt_field *f)
{
	size_t n;
	const char *key = mt_rec_key(rec, &n);
	if (!t->n_lost++) {
		memcpy(t->lost_field, f->name, sizeof t->lost_field);
		t->lost_key = mt_strndup(key, (size_t)mt_rec_key_shown(key, n));
	}
}

void mt_rectable_put(struct mt_rectable *t, const struct mt_rec *rec)
{
	bool lost = false;
	for (int i = 0; i < rec->n_field && !t->headed; i++)
		if (is_one(&rec->field[i]))
			add_undeclared(t, rec->field[i].name);
	if (!t->headed)
		put_names(t);
	memset(t->of, 0, t->n * sizeof *t->of);
	for (int i = 0; i < rec->n_field; i++) {
		const struct mt_field *f = &rec->field[i];
		size_t c = column(t, f->name, t->guess[i]);
		t->guess[i] = c;
		if (c < t->n && is_one(f)) {
			t->of[c] = f;
		} else if (!lost && (c < t->n || (is_one(f) &&
				     !has(t->array, t->n_array, f->name)))) {
			note_lost(t, rec, f);
			lost = true;
		}
	}
	for (size_t c = 0; c < t->n; c++)
		if (!t->of[c])
			mt_print_none(&t->print);
		else
			mt_rectext_put(&t->print, t->of[c], 0);
	mt_print_row(&t->print);
}

void mt_rectable_end(struct mt_rectable *t)
{
	if (!t->headed && t->declared)
		put_names(t);
}

void mt_rectable_release(struct mt_rectable *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->name[i]);
	for (size_t i = 0; i < t->n_array; i++)
		free(t->array[i]);
	free(t->name);
	free(t->array);
	free(t->column);
	free(t->of);
	free(t->lost_key);
	*t = (struct mt_rectable){0};
}
