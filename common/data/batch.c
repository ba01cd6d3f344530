/* SPDX-License-Identifier: MIT */
#include "data/batch.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crc.h"
#include "base/half.h"
#include "base/mem.h"
#include "stream/input.h"
#include "stream/set.h"

/* A file in the address space. */
struct mt_map {
	char *path;
	void *data;
	size_t size;
};

/* What one thread needs while it reads; kept for the next one that comes. */
struct mt_examples_lane {
	struct mt_examples_lane *next;
	struct mt_reader reader; /* keeps its decompressor */
	struct mt_rec rec;
};

static int map_file(struct mt_examples *e, const char *path,
		    struct mt_err *err)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return mt_err_sys(err, "%s: cannot open", path);
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || !st.st_size) {
		close(fd);
		return mt_err_set(err, MT_EINPUT, "%s: is no file with "
				  "something in it; examples are read again "
				  "and again, so a pipe will not do", path);
	}
	size_t size = (size_t)st.st_size;
	void *data = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	int rc = data == MAP_FAILED ? mt_err_sys(err, "%s: cannot map", path)
				    : MT_OK;
	close(fd);
	if (rc)
		return rc;
	e->file = mt_realloc(e->file, e->n_file + 1, sizeof *e->file);
	e->file[e->n_file++] = (struct mt_map){mt_strdup(path), data, size};
	return MT_OK;
}

/* The record's mel, checked; its bands must be those of the others. */
static int check_mel(struct mt_examples *e, const struct mt_rec *rec,
		     const struct mt_field **mel, struct mt_err *err)
{
	const struct mt_field *f = mt_rec_get(rec, "mel");
	size_t n;
	const char *key = mt_rec_key(rec, &n);
	if (!f)
		return mt_err_set(err, MT_EINPUT, "%.*s: has no mel: run "
				  "mt-melspec before mt-pack", (int)n, key);
	if (f->n_dim != 2 || !f->dim[1] || f->dim[0] > UINT32_MAX ||
	    f->dim[1] > UINT32_MAX ||
	    (strcmp(f->dtype, "f2") != 0 && strcmp(f->dtype, "f4") != 0))
		return mt_err_set(err, MT_EINPUT, "%.*s: its mel is %s with %d "
				  "dimensions, not f2 or f4 [time][band]",
				  (int)n, key, f->dtype, f->n_dim);
	if (!e->n)
		e->m = (uint32_t)f->dim[1];
	if (f->dim[1] != e->m)
		return mt_err_set(err, MT_EINPUT, "%.*s: has %" PRIu64
				  " bands, those before %u", (int)n, key,
				  f->dim[1], e->m);
	*mel = f;
	return MT_OK;
}

/* The split names are few: each is kept once. */
static const char *split_name(const struct mt_examples *e,
			      const struct mt_rec *rec)
{
	char buf[256];
	mt_rec_str(rec, "split", buf, sizeof buf);
	for (size_t i = e->n; i > 0 && i + 8 > e->n; i--)
		if (!strcmp(e->item[i - 1].split, buf))
			return e->item[i - 1].split;
	for (size_t i = 0; i < e->n; i++)
		if (!strcmp(e->item[i].split, buf))
			return e->item[i].split;
	return mt_strdup(buf);
}

static int add(struct mt_examples *e, const struct mt_rec *rec, uint64_t room,
	       struct mt_err *err)
{
	const struct mt_field *label = mt_rec_get(rec, "label"), *mel = NULL;
	size_t n;
	const char *key = mt_rec_key(rec, &n);
	int rc = check_mel(e, rec, &mel, err);
	if (rc)
		return rc;
	if (label && (strcmp(label->dtype, "u1") != 0 ||
		      label->size != e->n_tag))
		return mt_err_set(err, MT_EINPUT, "%.*s: its label is %s of %"
				  PRIu64 " bytes, the vocabulary has %zu tags",
				  (int)n, key, label->dtype, label->size,
				  e->n_tag);
	if (e->n == e->cap) {
		e->cap = e->cap ? 2 * e->cap : 1024;
		e->item = mt_realloc(e->item, e->cap, sizeof *e->item);
	}
	struct mt_example *x = &e->item[e->n];
	*x = (struct mt_example){
		.key = mt_strndup(key, n), .split = split_name(e, rec),
		.t = (uint32_t)mel->dim[0], .file = (uint32_t)e->n_file - 1,
		.at = rec->at,
	};
	memcpy(x->dtype, mel->dtype, sizeof x->dtype);
	e->crc = mt_crc32(e->crc, key, n);
	e->crc = mt_crc32(e->crc, mel->data, mel->size);
	if (label) {
		uint8_t *y = mt_calloc(label->size, 1);
		memcpy(y, label->data, label->size);
		x->label = y;
		e->crc = mt_crc32(e->crc, y, label->size);
	}
	if (mel->size && e->kept + mel->size <= room) {
		x->kept = mt_alloc64(mt_pad64(mel->size));
		memcpy(x->kept, mel->data, mel->size);
		e->kept += mel->size;
	}
	e->n++;
	return MT_OK;
}

static void take_head(struct mt_examples *e, const struct mt_head *head)
{
	mt_head_copy(&e->head, head);
	e->n_tag = mt_head_n_tag(&e->head);
	e->tag = mt_calloc(e->n_tag, sizeof *e->tag);
	for (size_t i = 0; i < e->n_tag; i++)
		e->tag[i] = mt_head_tag(&e->head, i);
}

static int read_all(struct mt_examples *e, const char *path, uint64_t room,
		    struct mt_err *err)
{
	struct mt_input in;
	struct mt_rec rec;
	char *operand[] = {(char *)(uintptr_t)path, NULL};
	size_t opened = 0;
	int rc = mt_input_open(&in, operand, 1, err);
	if (rc)
		return rc;
	mt_rec_init(&rec);
	while (!rc && !(rc = mt_input_next(&in, &rec, err))) {
		if (rec.type == MT_HEAD && !e->head.n_line)
			take_head(e, &in.reader.head);
		/* a file may hold several segments, a set several files */
		if (rec.type == MT_HEAD && opened != in.next) {
			opened = in.next;
			rc = map_file(e, in.path[in.next - 1], err);
		} else if (rec.type == MT_DATA) {
			rc = add(e, &rec, room, err);
			if (rc)
				mt_err_prefix(err, "%s", path);
		}
		e->n_fail += rec.type == MT_FAIL;
	}
	mt_rec_release(&rec);
	mt_input_close(&in);
	return rc == MT_END ? MT_OK : rc;
}

int mt_examples_open(struct mt_examples *e, const char *path, uint64_t room,
		     struct mt_err *err)
{
	*e = (struct mt_examples){0};
	pthread_mutex_init(&e->lock, NULL);
	int rc = read_all(e, path, room, err);
	if (rc)
		mt_examples_close(e);
	return rc;
}

size_t mt_examples_split(const struct mt_examples *e, const char *name,
			 int labelled, uint32_t **list)
{
	size_t n = 0;
	*list = mt_calloc(e->n, sizeof **list);
	for (size_t i = 0; i < e->n; i++)
		if ((!name || !strcmp(e->item[i].split, name)) &&
		    (!labelled || e->item[i].label))
			(*list)[n++] = (uint32_t)i;
	return n;
}

static struct mt_examples_lane *lane_take(struct mt_examples *e)
{
	pthread_mutex_lock(&e->lock);
	struct mt_examples_lane *l = e->lane;
	if (l)
		e->lane = l->next;
	pthread_mutex_unlock(&e->lock);
	if (!l) {
		l = mt_calloc(1, sizeof *l);
		mt_rec_init(&l->rec);
		mt_reader_open_mem(&l->reader, NULL, 0, "examples");
	}
	return l;
}

static void lane_give(struct mt_examples *e, struct mt_examples_lane *l)
{
	pthread_mutex_lock(&e->lock);
	l->next = e->lane;
	e->lane = l;
	pthread_mutex_unlock(&e->lock);
}

static void widen(float *out, const struct mt_example *x, const void *mel,
		  size_t from, size_t n)
{
	if (!strcmp(x->dtype, "f2"))
		mt_half_to_array(out, (const uint16_t *)mel + from, n);
	else
		memcpy(out, (const float *)mel + from, n * sizeof *out);
}

int mt_examples_mel(struct mt_examples *e, size_t i, uint32_t t0, uint32_t n,
		    float *out, struct mt_err *err)
{
	const struct mt_example *x = &e->item[i];
	MT_BUG(i >= e->n || n > x->t || t0 > x->t - n);
	size_t from = (size_t)t0 * e->m, count = (size_t)n * e->m;
	if (x->kept || !count) {
		if (count)
			widen(out, x, x->kept, from, count);
		return MT_OK;
	}
	struct mt_examples_lane *l = lane_take(e);
	const struct mt_map *f = &e->file[x->file];
	l->reader.mem = f->data;
	l->reader.mem_size = f->size;
	int rc = mt_reader_at(&l->reader, x->at, &l->rec, err);
	const struct mt_field *mel = rc ? NULL : mt_rec_get(&l->rec, "mel");
	if (mel && mel->n_dim == 2 && mel->dim[0] == x->t &&
	    mel->dim[1] == e->m && !strcmp(mel->dtype, x->dtype))
		widen(out, x, mel->data, from, count);
	else if (rc)
		mt_err_prefix(err, "%s", f->path);
	else
		rc = mt_err_set(err, MT_EINPUT, "%s: '%.200s' changed while "
				"it was in use", f->path, x->key);
	lane_give(e, l);
	return rc;
}

static void free_items(struct mt_examples *e)
{
	/* a split's name is shared by those that follow */
	for (size_t i = 0; i < e->n; i++) {
		const char *s = e->item[i].split;
		for (size_t k = i; s && k < e->n; k++)
			if (e->item[k].split == s)
				e->item[k].split = NULL;
		free((void *)(uintptr_t)s);
	}
	for (size_t i = 0; i < e->n; i++) {
		free((void *)(uintptr_t)e->item[i].key);
		free((void *)(uintptr_t)e->item[i].label);
		free(e->item[i].kept);
	}
	free(e->item);
}

void mt_examples_close(struct mt_examples *e)
{
	free_items(e);
	for (struct mt_examples_lane *l = e->lane, *next; l; l = next) {
		next = l->next;
		mt_rec_release(&l->rec);
		mt_reader_close(&l->reader);
		free(l);
	}
	for (size_t i = 0; i < e->n_file; i++) {
		munmap(e->file[i].data, e->file[i].size);
		free(e->file[i].path);
	}
	free(e->file);
	free(e->tag);
	mt_head_release(&e->head);
	pthread_mutex_destroy(&e->lock);
	*e = (struct mt_examples){0};
}
