/* SPDX-License-Identifier: MIT */
#include "train/batch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/crc.h"
#include "base/finite.h"
#include "base/half.h"
#include "base/mem.h"
#include "base/rng.h"
#include "set/input.h"
#include "set/split.h"

#define MOST_OPEN 200        /* files kept open at a time, or fewer */
#define MOST_SPLITS 64       /* names kept of splits that are not wanted */

struct mt_example_file {
	char *path;
	struct mt_reader reader;
	bool is_open;
};

int mt_examples_split(const struct mt_examples *e, const char *name)
{
	for (size_t i = 0; i < e->n_split; i++)
		if (!strcmp(e->split_name[i], name))
			return (int)i;
	return -1;
}

static int split_number(struct mt_examples *e, const char *name)
{
	int i = mt_examples_split(e, name);
	if (i >= 0)
		return i;
	e->split_name = mt_realloc(e->split_name, e->n_split + 1,
				   sizeof *e->split_name);
	e->split_name[e->n_split] = mt_strdup(name);
	return (int)e->n_split++;
}

static bool is_wanted(const char *split, const char *const *wanted, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(split, wanted[i]))
			return true;
	return !n;
}

static const char *field_name(const struct mt_examples *e)
{
	return e->embedding ? "embedding" : "mel";
}

static int check_head(struct mt_examples *e, const char *name, struct mt_err *err)
{
	const struct mt_head *h = &e->head;
	const char *kind = mt_head_kind(h);
	bool mel = !strcmp(kind, "mel") || mt_head_has_field(h, "mel");
	e->embedding = !mel && (!strcmp(kind, "embedding") ||
				mt_head_has_field(h, "embedding"));
	if (!mel && !e->embedding)
		return mt_err_set(err, MT_EUSAGE, "%s: kind %.32s, but this "
				  "tool reads mel or embedding; `melspec` makes mel", name, kind);
	return MT_OK;
}

/* Frames and bands of a mel, or of an embedding: one frame. */
static size_t n_frame(const struct mt_examples *e, const struct mt_field *f)
{
	return e->embedding ? 1 : (size_t)f->dim[0];
}

static size_t n_band(const struct mt_examples *e, const struct mt_field *f)
{
	return (size_t)f->dim[e->embedding ? 0 : 1];
}

static bool good_field(const struct mt_examples *e, const struct mt_field *f)
{
	return f && f->n_dim == (e->embedding ? 1 : 2) && f->dtype[0] == 'f' &&
		f->dtype[1] != '8' && f->size;
}

static int check_fields(const struct mt_examples *e, const struct mt_rec *rec,
			const struct mt_field *mel,
			const struct mt_field *label, struct mt_err *err)
{
	size_t n;
	const char *key = mt_rec_key(rec, &n);
	int len = mt_rec_key_shown(key, n);
	if (!good_field(e, mel))
		return mt_err_set(err, MT_EINPUT, "record '%.*s' has no %s of "
				  "f4 or f2, %s", len, key, field_name(e),
				  e->embedding ? "one axis" : "frames by bands");
	if (!label || label->n_dim != 1 || strcmp(label->dtype, "u1") != 0)
		return mt_err_set(err, MT_EINPUT, "record '%.*s' has no label; "
				  "`label` adds labels", len, key);
	if (e->n && (n_band(e, mel) != e->n_band || label->dim[0] != e->n_tag))
		return mt_err_set(err, MT_EINPUT, "record '%.*s' has %zu %s and %"
				  PRIu64 " tags, those before it %zu and %zu",
				  len, key, n_band(e, mel), e->embedding ?
				  "values" : "bands", label->dim[0], e->n_band,
				  e->n_tag);
	if (label->dim[0] != mt_head_n_tag(&e->head))
		return mt_err_set(err, MT_EINPUT, "record '%.*s' has %" PRIu64
				  " labels, the header names %zu tags", len,
				  key, label->dim[0], mt_head_n_tag(&e->head));
	return MT_OK;
}

/* The file that is being read, as one to come back to: its number in *file.
 * False for pipes and the like, which give their bytes once. */
static bool come_back(struct mt_examples *e, const struct mt_reader *r,
		      size_t *file)
{
	struct stat st;
	*file = e->n_file - 1;
	if (e->n_file && !strcmp(e->file[*file].path, r->name))
		return true;
	if (!r->own_fd || fstat(r->fd, &st) || !S_ISREG(st.st_mode))
		return false;
	e->file = mt_realloc(e->file, e->n_file + 1, sizeof *e->file);
	*file = e->n_file++;
	e->file[*file] = (struct mt_example_file){.path = mt_strdup(r->name)};
	return true;
}

/* Keep a copy of the mel, or its place and CRC. */
static void keep(struct mt_examples *e, struct mt_example *x,
		 const struct mt_field *mel, const struct mt_rec *rec,
		 const struct mt_reader *r)
{
	x->crc = mt_crc32(0, mel->data, mel->size);
	if (mel->size > e->room && come_back(e, r, &x->file)) {
		x->at = rec->at;
		return;
	}
	e->room -= mel->size < e->room ? mel->size : e->room;
	void *copy = mt_alloc64(mel->size);
	memcpy(copy, mel->data, mel->size);
	if (mel->dtype[1] == '2')
		x->half = copy;
	else
		x->mel = copy;
}

/* A net's ReLU would take NaN for 0 and learn from it without a word. */
static int check_values(const struct mt_examples *e, const struct mt_rec *rec,
			const struct mt_field *mel, struct mt_err *err)
{
	size_t n, len, m = n_band(e, mel);
	const char *key = mt_rec_key(rec, &len);
	size_t at;
	if (mel->dtype[1] == '2')
		at = mt_finite_f2(mel->data, n = mel->size / 2);
	else
		at = mt_finite_f4(mel->data, n = mel->size / 4);
	if (at == n)
		return MT_OK;
	if (e->embedding)
		return mt_err_set(err, MT_EINPUT, "record '%.*s': value %zu of its "
				  "embedding is NaN or infinite",
				  mt_rec_key_shown(key, len), key, at);
	return mt_err_set(err, MT_EINPUT, "record '%.*s': its mel is not a number "
			  "in frame %zu, band %zu", mt_rec_key_shown(key, len),
			  key, at / m, at % m);
}

static int add(struct mt_examples *e, const struct mt_rec *rec,
	       const struct mt_reader *r, const char *split, struct mt_err *err)
{
	const struct mt_field *mel = mt_rec_get(rec, field_name(e));
	const struct mt_field *label = mt_rec_get(rec, "label");
	int rc = check_fields(e, rec, mel, label, err);
	if (!rc)
		rc = check_values(e, rec, mel, err);
	if (rc)
		return rc;
	if (e->n == e->cap) {
		e->cap = e->cap ? 2 * e->cap : 256;
		e->item = mt_realloc(e->item, e->cap, sizeof *e->item);
	}
	struct mt_example *x = &e->item[e->n++];
	size_t n;
	const char *key = mt_rec_key(rec, &n);
	*x = (struct mt_example){
		.key = mt_strndup(key, n), .hash = mt_hash64(key, n),
		.split = split_number(e, split),
		.n_frame = n_frame(e, mel),
		.label = mt_calloc(label->size, 1),
	};
	keep(e, x, mel, rec, r);
	for (size_t k = 0; k < label->size; k++)
		x->label[k] = ((const uint8_t *)label->data)[k] != 0;
	e->n_band = n_band(e, mel);
	e->n_tag = (size_t)label->dim[0];
	e->crc = mt_crc32(e->crc, key, n);
	e->crc = mt_crc32(e->crc, mel->data, mel->size);
	e->crc = mt_crc32(e->crc, label->data, label->size);
	return MT_OK;
}

int mt_examples_read(struct mt_examples *e, char *const *operand, int n,
		     const char *const *wanted, size_t n_wanted,
		     uint64_t memory, struct mt_err *err)
{
	struct mt_input in;
	struct mt_rec rec;
	bool any = false;
	*e = (struct mt_examples){.room = memory};
	mt_rec_init(&e->rec);
	int rc = mt_input_open(&in, operand, n, err);
	if (rc)
		return rc;
	mt_rec_init(&rec);
	while (!(rc = mt_input_next(&in, &rec, err))) {
		char split[MT_SPLIT_NAME];
		if (rec.type == MT_HEAD && !any) {
			mt_head_copy(&e->head, &in.reader.head);
			any = true;
			rc = check_head(e, in.reader.name, err);
			if (rc)
				break;
		}
		e->n_fail += rec.type == MT_FAIL;
		if (rec.type != MT_DATA)
			continue;
		mt_rec_str(&rec, "split", split, sizeof split);
		if (is_wanted(split, wanted, n_wanted))
			rc = add(e, &rec, &in.reader, split, err);
		else if (e->n_split < MOST_SPLITS)
			split_number(e, split);
		if (rc)
			break;
	}
	mt_rec_release(&rec);
	mt_input_close(&in);
	if (rc < 0) {
		mt_examples_release(e);
		return rc;
	}
	return MT_OK;
}

int mt_examples_none(const struct mt_examples *e, const char *split,
		     struct mt_err *err)
{
	char names[300] = "";
	size_t at = 0;
	for (size_t i = 0; i < e->n_split && at < sizeof names; i++)
		if (*e->split_name[i])
			at += (size_t)snprintf(names + at, sizeof names - at,
					       "%s'%s'", at ? ", " : "",
					       e->split_name[i]);
	if (!e->n_split)
		return mt_err_set(err, MT_EINPUT, "the input has no examples; "
				  "`view summary` counts what is in it");
	return mt_err_set(err, MT_EINPUT, "split '%s' has no examples%s%s",
			  split, at ? "; the splits are " : ", nor has any other; "
			  "`pack split` draws splits", names);
}

size_t mt_examples_idle(const struct mt_examples *e, const char *split,
			size_t *first)
{
	int number = mt_examples_split(e, split);
	size_t idle = 0;
	for (size_t k = e->n_tag; k--;) {
		size_t n = 0, ones = 0;
		for (size_t i = 0; i < e->n; i++)
			if (e->item[i].split == number) {
				n++;
				ones += e->item[i].label[k];
			}
		if (!ones || ones == n) {
			idle++;
			*first = k;
		}
	}
	return idle;
}

bool mt_examples_single(const struct mt_examples *e)
{
	for (size_t i = 0; i < e->n; i++) {
		size_t ones = 0;
		for (size_t k = 0; k < e->n_tag; k++)
			ones += e->item[i].label[k];
		if (ones != 1)
			return false;
	}
	return true;
}

int mt_examples_learnable(const struct mt_examples *e, const char *split,
			  struct mt_err *err)
{
	int number = mt_examples_split(e, split);
	size_t n = 0, with = 0, first;
	if (!e->n_tag)
		return mt_err_set(err, MT_EINPUT, "the labels have no tags, so there is "
				  "nothing to learn; `label` gives labels");
	if (mt_examples_idle(e, split, &first) < e->n_tag)
		return MT_OK;
	for (size_t i = 0; i < e->n; i++)
		if (e->item[i].split == number) {
			n++;
			for (size_t k = 0; k < e->n_tag; k++)
				if (e->item[i].label[k]) {
					with++;
					break;
				}
		}
	return mt_err_set(err, MT_EINPUT, with ? "all %zu examples of split '%s' have the "
			  "same tags, so there is nothing to learn; add examples with other "
			  "tags" : "none of the %zu examples of split '%s' has a tag, so "
			  "there is nothing to learn; check the table of `label`", n, split);
}

static void close_all(struct mt_examples *e)
{
	for (size_t i = 0; i < e->n_file; i++)
		if (e->file[i].is_open) {
			mt_reader_close(&e->file[i].reader);
			e->file[i].is_open = false;
		}
	e->n_open = 0;
}

/* The reader of a file, opened if it is not; all others are closed when there
 * are many. */
static int reader_of(struct mt_examples *e, size_t file, struct mt_reader **r,
		     struct mt_err *err)
{
	struct mt_example_file *f = &e->file[file];
	*r = &f->reader;
	if (f->is_open)
		return MT_OK;
	if (e->n_open >= MOST_OPEN)
		close_all(e);
	int rc = mt_reader_open(&f->reader, f->path, err);
	if (rc && errno == EMFILE && e->n_open) {
		close_all(e);
		rc = mt_reader_open(&f->reader, f->path, err);
	}
	f->is_open = !rc;
	e->n_open += !rc;
	return rc;
}

/* The mel of an example that was not kept, in e->rec. */
static int read_again(struct mt_examples *e, const struct mt_example *x,
		      const struct mt_field **mel, struct mt_err *err)
{
	struct mt_reader *r;
	size_t n = 0;
	if (e->held != x) {
		e->held = NULL;
		int rc = reader_of(e, x->file, &r, err);
		if (!rc)
			rc = mt_reader_at(r, x->at, &e->rec, err);
		if (rc)
			return rc;
	}
	const char *key = mt_rec_key(&e->rec, &n);
	*mel = mt_rec_get(&e->rec, field_name(e));
	if (e->rec.type != MT_DATA || n != strlen(x->key) ||
	    memcmp(key, x->key, n) != 0 || !good_field(e, *mel) ||
	    n_frame(e, *mel) != x->n_frame || n_band(e, *mel) != e->n_band)
		return mt_err_set(err, MT_EINPUT, "%s: byte %" PRIu64 ": '%s' "
				  "was here when the file was first read; "
				  "do not change a file that is in use",
				  e->file[x->file].path, x->at, x->key);
	if (e->held != x && mt_crc32(0, (*mel)->data, (*mel)->size) != x->crc)
		return mt_err_set(err, MT_EINPUT, "%s: the %s of '%s' is not what "
				  "it was when the file was first read; do not "
				  "change a file that is in use",
				  e->file[x->file].path, field_name(e), x->key);
	e->held = x;
	return MT_OK;
}

int mt_examples_frames(struct mt_examples *e, size_t i, int64_t first, size_t n,
		       float *out, struct mt_err *err)
{
	const struct mt_example *x = &e->item[i];
	const uint16_t *half = x->half;
	const float *mel = x->mel;
	if (!half && !mel) {
		const struct mt_field *f;
		int rc = read_again(e, x, &f, err);
		if (rc)
			return rc;
		if (f->dtype[1] == '2')
			half = f->data;
		else
			mel = f->data;
	}
	int64_t len = (int64_t)x->n_frame;
	size_t m = e->n_band;
	int64_t t = first % len;
	if (t < 0)
		t += len;
	for (size_t done = 0; done < n;) {
		size_t run = (size_t)(len - t);
		if (run > n - done)
			run = n - done;
		size_t from = (size_t)t * m;
		if (half)
			mt_half_to_array(out + done * m, half + from, run * m);
		else
			memcpy(out + done * m, mel + from,
			       run * m * sizeof *out);
		done += run;
		t = 0;
	}
	return MT_OK;
}

void mt_examples_release(struct mt_examples *e)
{
	for (size_t i = 0; i < e->n; i++) {
		free(e->item[i].key);
		free(e->item[i].half);
		free(e->item[i].mel);
		free(e->item[i].label);
	}
	for (size_t i = 0; i < e->n_split; i++)
		free(e->split_name[i]);
	close_all(e);
	for (size_t i = 0; i < e->n_file; i++)
		free(e->file[i].path);
	free(e->file);
	mt_rec_release(&e->rec);
	free(e->split_name);
	free(e->item);
	mt_head_release(&e->head);
	*e = (struct mt_examples){0};
}
