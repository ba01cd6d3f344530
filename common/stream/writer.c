/* SPDX-License-Identifier: MIT */
#include "stream/writer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "base/crc.h"
#include "base/mem.h"
#include "stream/layout.h"

static const char *const type_name[] = {
	[MT_HEAD] = "HEAD", [MT_DATA] = "DATA", [MT_FAIL] = "FAIL",
	[MT_DONE] = "DONE", [MT_NOTE] = "note", [MT_INDX] = "indx",
};

static const unsigned char zeros[MT_ALIGN];

int mt_writer_open(struct mt_writer *w, const char *path, struct mt_err *err)
{
	*w = (struct mt_writer){.fd = -1, .file.fd = -1};
	w->rows = mt_alloc64(MT_FRAME_HEAD + MT_REC_FIELDS * MT_ROW);
	if (path && strcmp(path, "-") != 0) {
		int rc = mt_file_open(&w->file, path, err);
		if (rc) {
			mt_writer_abort(w);
			return rc;
		}
		w->own_file = true;
		w->fd = w->file.fd;
		w->name = mt_strdup(path);
		return MT_OK;
	}
	w->fd = STDOUT_FILENO;
	mt_pipe_widen(w->fd);
	w->name = mt_strdup("standard output");
	if (isatty(w->fd)) {
		mt_writer_abort(w);
		return mt_err_set(err, MT_EUSAGE, "standard output is a "
				  "terminal: a binary stream is not written "
				  "there; use a pipe, > FILE or `output FILE`");
	}
	return MT_OK;
}

/* Write rows into out; returns bytes of the fields' part. */
static uint64_t put_rows(unsigned char *out, const struct mt_rec *rec)
{
	uint64_t at = (uint64_t)rec->n_field * MT_ROW, start = at;
	memset(out, 0, at);
	for (int i = 0; i < rec->n_field; i++) {
		const struct mt_field *f = &rec->field[i];
		unsigned char *row = out + (size_t)i * MT_ROW;
		memcpy(row, f->name, MT_NAME_SIZE);
		memcpy(row + MT_ROW_DTYPE, f->dtype, 4);
		mt_set_u32(row + MT_ROW_NDIM, (uint32_t)f->n_dim);
		for (int d = 0; d < f->n_dim; d++)
			mt_set_u64(row + MT_ROW_DIM + 8 * d, f->dim[d]);
		mt_set_u64(row + MT_ROW_OFF, at);
		at += mt_pad64(f->size);
	}
	return at - start;
}

static void put_head(unsigned char *h, enum mt_rec_type type, uint64_t size,
		     int n_field)
{
	memset(h, 0, MT_FRAME_HEAD);
	memcpy(h, MT_SYNC, 4);
	memcpy(h + MT_AT_TYPE, type_name[type], 4);
	mt_set_u64(h + MT_AT_SIZE, size);
	mt_set_u32(h + MT_AT_NFIELD, (uint32_t)n_field);
}

static void grow(unsigned char **data, size_t *cap, size_t need)
{
	if (need <= *cap)
		return;
	free(*data);
	*cap = need + need / 4;
	*data = mt_alloc64(*cap);
}

/* One zstd frame of the fields behind head and rows. Returns its padded
 * size, 0 when it would not be smaller. */
static size_t compress(struct mt_frame *frame, size_t rows,
		       const unsigned char *raw, size_t size, int level)
{
	size_t at = MT_FRAME_HEAD + rows, room = frame->cap - at;
	if (!frame->zstd)
		frame->zstd = ZSTD_createCCtx();
	size_t n = ZSTD_compressCCtx(frame->zstd, frame->data + at, room, raw,
				     size, level);
	MT_BUG(ZSTD_isError(n));
	size_t padded = mt_pad64(n);
	if (padded >= size)
		return 0;
	memset(frame->data + at + n, 0, padded - n);
	return padded;
}

void mt_frame_make(struct mt_frame *frame, const struct mt_rec *rec, int level)
{
	size_t rows = (size_t)rec->n_field * MT_ROW, fields = 0;
	for (int i = 0; i < rec->n_field; i++)
		fields += mt_pad64(rec->field[i].size);
	size_t bound = level > 0 ? ZSTD_compressBound(fields) : 0;
	if (bound < fields)
		bound = fields;
	grow(&frame->data, &frame->cap, MT_FRAME_HEAD + rows + mt_pad64(bound));
	unsigned char *raw = level > 0 ? mt_alloc64(fields)
				       : frame->data + MT_FRAME_HEAD + rows;
	put_rows(frame->data + MT_FRAME_HEAD, rec);
	size_t at = 0;
	for (int i = 0; i < rec->n_field; i++) {
		size_t n = rec->field[i].size, pad = mt_pad64(n);
		if (n)
			memcpy(raw + at, rec->field[i].data, n);
		memset(raw + at + n, 0, pad - n);
		at += pad;
	}
	size_t size = fields, packed = 0;
	if (level > 0) {
		packed = compress(frame, rows, raw, fields, level);
		if (packed)
			size = packed;
		else
			memcpy(frame->data + MT_FRAME_HEAD + rows, raw, fields);
		free(raw);
	}
	put_head(frame->data, rec->type, rows + size, rec->n_field);
	if (packed) {
		mt_set_u32(frame->data + MT_AT_FLAGS, MT_FLAG_ZSTD);
		mt_set_u64(frame->data + MT_AT_RAW, fields);
	}
	mt_set_u32(frame->data + MT_AT_CCRC,
		   mt_crc32(0, frame->data + MT_FRAME_HEAD, rows + size));
	frame->size = MT_FRAME_HEAD + rows + size;
	frame->is_data = rec->type == MT_DATA;
	free(frame->key);
	size_t n;
	const char *key = mt_rec_key(rec, &n);
	frame->key = mt_strndup(key, n);
}

void mt_frame_release(struct mt_frame *frame)
{
	ZSTD_freeCCtx(frame->zstd);
	free(frame->data);
	free(frame->key);
	*frame = (struct mt_frame){0};
}

/* The sequence number and checksum that only the writing order decides. */
static void seal(struct mt_writer *w, unsigned char *head)
{
	mt_set_u64(head + MT_AT_SEQ, w->seq++);
	uint32_t crc = mt_crc32(0, head, MT_AT_HCRC);
	mt_set_u32(head + MT_AT_HCRC, crc);
	w->digest = mt_crc32(w->digest, head + MT_AT_HCRC, 4);
}

static void index_add(struct mt_writer *w, const char *key, size_t size)
{
	if (w->n_off == w->cap_off) {
		w->cap_off = w->cap_off ? 2 * w->cap_off : 256;
		w->off = mt_realloc(w->off, w->cap_off, sizeof *w->off);
	}
	w->off[w->n_off++] = w->at - w->seg_start;
	if (w->keys_size + size + 1 > w->keys_cap) {
		w->keys_cap = 2 * w->keys_cap + size + 4096;
		w->keys = mt_realloc(w->keys, w->keys_cap, 1);
	}
	memcpy(w->keys + w->keys_size, key, size);
	w->keys_size += size;
	w->keys[w->keys_size++] = '\n';
}

static void count(struct mt_writer *w, enum mt_rec_type type, const char *key,
		  size_t key_size)
{
	if (type == MT_DATA) {
		w->seg.n_data++;
		w->all.n_data++;
		if (w->index)
			index_add(w, key, key_size);
	} else if (type == MT_FAIL) {
		w->seg.n_fail++;
		w->all.n_fail++;
	}
}

static int too_large(const struct mt_writer *w, const struct mt_rec *rec,
		     uint64_t size, struct mt_err *err)
{
	size_t n;
	const char *key = mt_rec_key(rec, &n);
	return mt_err_set(err, MT_EINPUT, "%s: the record '%.*s' has %" PRIu64
			  " bytes, more than the %" PRIu64 " that a frame holds",
			  w->name, mt_rec_key_shown(key, n), key, size,
			  MT_MAX_FRAME);
}

int mt_writer_put(struct mt_writer *w, const struct mt_rec *rec,
		  struct mt_err *err)
{
	struct iovec iov[2 + 2 * MT_REC_FIELDS];
	unsigned char *rows = w->rows + MT_FRAME_HEAD;
	size_t rows_size = (size_t)rec->n_field * MT_ROW;
	uint64_t size = rows_size + put_rows(rows, rec);
	if (size > MT_MAX_FRAME)
		return too_large(w, rec, size, err);
	uint32_t crc = mt_crc32(0, rows, rows_size);
	int n = 1;
	for (int i = 0; i < rec->n_field; i++) {
		const struct mt_field *f = &rec->field[i];
		size_t pad = mt_pad64(f->size) - f->size;
		crc = mt_crc32(crc, f->data, f->size);
		crc = mt_crc32(crc, zeros, pad);
		iov[n++] = (struct iovec){(void *)(uintptr_t)f->data, f->size};
		iov[n++] = (struct iovec){(void *)(uintptr_t)zeros, pad};
	}
	put_head(w->rows, rec->type, size, rec->n_field);
	mt_set_u32(w->rows + MT_AT_CCRC, crc);
	size_t key_size;
	const char *key = mt_rec_key(rec, &key_size);
	count(w, rec->type, key, key_size);
	seal(w, w->rows);
	iov[0] = (struct iovec){w->rows, MT_FRAME_HEAD + rows_size};
	w->at += MT_FRAME_HEAD + size;
	for (int i = 0; i < n && w->own_file; i++)
		w->crc = mt_crc32(w->crc, iov[i].iov_base, iov[i].iov_len);
	return mt_writev_all(w->fd, iov, n, w->name, err);
}

int mt_writer_put_frame(struct mt_writer *w, const struct mt_frame *frame,
			struct mt_err *err)
{
	count(w, frame->is_data ? MT_DATA : MT_FAIL, frame->key,
	      strlen(frame->key));
	seal(w, frame->data);
	w->at += frame->size;
	if (w->own_file)
		w->crc = mt_crc32(w->crc, frame->data, frame->size);
	return mt_write_all(w->fd, frame->data, frame->size, w->name, err);
}

int mt_writer_head(struct mt_writer *w, const struct mt_head *head,
		   struct mt_err *err)
{
	MT_BUG(w->open);
	w->open = true;
	w->seq = 0;
	w->digest = 0;
	w->seg_start = w->at;
	w->seg = (struct mt_tally){0};
	w->n_off = 0;
	w->keys_size = 0;
	struct mt_rec rec;
	mt_rec_init(&rec);
	rec.type = MT_HEAD;
	size_t size;
	char *text = mt_head_text(head, &size);
	int rc;
	if (size > MT_MAX_HEAD) {
		rc = mt_err_set(err, MT_EUSAGE, "the header text has %zu "
				"bytes; at most %u fit", size, MT_MAX_HEAD);
	} else {
		mt_rec_put(&rec, "text", "s", 1, &(uint64_t){size}, text);
		rc = mt_writer_put(w, &rec, err);
	}
	free(text);
	mt_rec_release(&rec);
	return rc;
}

int mt_writer_done(struct mt_writer *w, struct mt_err *err)
{
	MT_BUG(!w->open);
	struct mt_rec rec;
	mt_rec_init(&rec);
	uint64_t index_at = 0;
	if (w->index) {
		index_at = w->at - w->seg_start;
		rec.type = MT_INDX;
		mt_rec_put(&rec, "off", "u8", 1, &(uint64_t){w->n_off}, w->off);
		mt_rec_put(&rec, "key", "s", 1, &(uint64_t){w->keys_size},
			   w->keys);
		int rc = mt_writer_put(w, &rec, err);
		if (rc)
			return rc;
	}
	uint64_t tally[8] = {w->seg.n_data, w->seg.n_fail, 0, index_at,
			     w->digest, w->at - w->seg_start};
	mt_rec_reset(&rec, MT_DONE);
	mt_rec_put(&rec, "tally", "u8", 1, &(uint64_t){8}, tally);
	w->open = false;
	return mt_writer_put(w, &rec, err);
}

static void writer_release(struct mt_writer *w)
{
	free(w->name);
	free(w->rows);
	free(w->off);
	free(w->keys);
	*w = (struct mt_writer){.fd = -1, .file.fd = -1};
}

int mt_writer_close(struct mt_writer *w, struct mt_err *err)
{
	MT_BUG(w->open);
	int rc = MT_OK;
	if (w->own_file)
		rc = mt_file_commit(&w->file, err);
	else if (close(w->fd))
		rc = mt_err_sys(err, "%s: cannot close", w->name);
	writer_release(w);
	return rc;
}

void mt_writer_abort(struct mt_writer *w)
{
	if (w->own_file)
		mt_file_abort(&w->file);
	writer_release(w);
}
