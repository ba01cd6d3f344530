/* SPDX-License-Identifier: MIT */
#include "stream/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "base/crc.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/num.h"
#include "stream/layout.h"

#define MAX_RAW ((uint64_t)1 << 30)
#define MAX_RATIO 1000                /* beyond it max_raw holds */
#define GROW_FIRST ((size_t)1 << 20)  /* bytes believed before they arrive */

/* A frame as it came: header, content. */
struct raw {
	unsigned char head[MT_FRAME_HEAD];
	unsigned char *body;
	uint64_t at, size, seq;
	uint32_t n_field;
	char type[5];
};

int mt_reader_open(struct mt_reader *r, const char *path, struct mt_err *err)
{
	*r = (struct mt_reader){.fd = STDIN_FILENO, .max_size = MT_MAX_FRAME,
				.max_raw = MAX_RAW};
	if (path && strcmp(path, "-") != 0) {
		r->fd = open(path, O_RDONLY | O_CLOEXEC);
		if (r->fd < 0)
			return mt_err_sys(err, "%s: cannot open", path);
		struct stat st;
		if (!fstat(r->fd, &st) && S_ISDIR(st.st_mode)) {
			close(r->fd);
			r->fd = -1;
			return mt_err_set(err, MT_EINPUT, "%s: is a folder "
					  "without manifest.json, not a packed "
					  "set or not a complete one; `scan` "
					  "lists the sound files in a folder",
					  path);
		}
		r->own_fd = true;
		r->name = mt_strdup(path);
		return MT_OK;
	}
	if (isatty(r->fd))
		return mt_err_set(err, MT_EUSAGE, "standard input is a "
				  "terminal: give a stream by a pipe or name "
				  "a file");
	r->name = mt_strdup("standard input");
	mt_pipe_widen(r->fd);
	return MT_OK;
}

void mt_reader_open_mem(struct mt_reader *r, const void *data, size_t size,
			const char *name)
{
	*r = (struct mt_reader){.fd = -1, .mem = data, .mem_size = size,
				.max_size = MT_MAX_FRAME, .max_raw = MAX_RAW};
	r->name = mt_strdup(name);
}

void mt_reader_close(struct mt_reader *r)
{
	if (r->own_fd)
		close(r->fd);
	mt_head_release(&r->head);
	ZSTD_freeDCtx(r->zstd);
	free(r->name);
	*r = (struct mt_reader){.fd = -1};
}

/* As mt_read_full(), with a word to the caller before each wait. */
static int read_live(struct mt_reader *r, void *out, size_t size, size_t *got,
		     struct mt_err *err)
{
	struct pollfd fd = {.fd = r->fd, .events = POLLIN};
	*got = 0;
	while (*got < size) {
		int n_ready = 0;
		if (r->ready < size - *got) {
			/* bytes in the pipe: not one call more for each read */
			if (ioctl(r->fd, FIONREAD, &n_ready) || n_ready < 0)
				n_ready = 0;
			r->ready = (size_t)n_ready;
			if (!n_ready && !poll(&fd, 1, 0))
				r->idle(NULL);
		}
		ssize_t n = read(r->fd, (char *)out + *got, size - *got);
		if (n < 0 && errno != EINTR)
			return mt_err_sys(err, "%s: cannot read", r->name);
		if (!n)
			break;
		size_t came = n < 0 ? 0 : (size_t)n;
		*got += came;
		r->ready -= came < r->ready ? came : r->ready;
	}
	return MT_OK;
}

static int fetch(struct mt_reader *r, void *out, size_t size, size_t *got,
		 struct mt_err *err)
{
	if (r->fd >= 0) {
		int rc = r->idle ? read_live(r, out, size, got, err)
				 : mt_read_full(r->fd, out, size, got, r->name,
						err);
		r->at += *got;
		if (r->sum)
			r->crc = mt_crc32(r->crc, out, *got);
		return rc;
	}
	size_t left = r->mem_size - r->mem_at;
	*got = size < left ? size : left;
	memcpy(out, (const char *)r->mem + r->mem_at, *got);
	r->mem_at += *got;
	r->at += *got;
	return MT_OK;
}

static int bad(struct mt_reader *r, uint64_t at, struct mt_err *err,
	       const char *what)
{
	return mt_err_set(err, MT_EINPUT, "%s: frame %" PRIu64 " at byte %"
			  PRIu64 ": %s", r->name, r->seq, at, what);
}

/* Do these bytes begin a sound file, as people give them to the wrong tool? */
static bool is_sound(const unsigned char *p, size_t n)
{
	static const char *const magic[] = {"OggS", "RIFF", "fLaC", "ID3"};
	bool yes = n > 1 && p[0] == 0xff && (p[1] & 0xe0) == 0xe0;
	for (size_t i = 0; i < sizeof magic / sizeof *magic; i++) {
		size_t len = strlen(magic[i]);
		yes |= n >= len && !memcmp(p, magic[i], len);
	}
	return yes || (n >= 8 && !memcmp(p + 4, "ftyp", 4));
}

/* The bytes found where a frame is due, as text fit for a message. */
static int not_a_frame(struct mt_reader *r, const struct raw *f, size_t n,
		       struct mt_err *err)
{
	char text[17];
	size_t i = 0;
	for (; i < 16 && i < n; i++)
		text[i] = f->head[i] >= ' ' && f->head[i] < 127
				  ? (char)f->head[i] : '.';
	text[i] = 0;
	if (n < 64 && n >= 4 && !memcmp(f->head, MT_SYNC, 4))
		return mt_err_set(err, MT_EINPUT, "%s: stream cut at byte %"
				  PRIu64 " inside the header of frame %" PRIu64,
				  r->name, r->at, r->seq);
	return mt_err_set(err, MT_EINPUT, "%s: byte %" PRIu64 ": not a frame, "
			  "found \"%s\"%s", r->name, f->at, text,
			  !f->at && is_sound(f->head, n) ?
			  "; this is a sound file, which `decode` reads" : "");
}

/* The content, in a buffer that grows as the bytes come. */
static int fetch_body(struct mt_reader *r, struct raw *f, struct mt_rec *rec,
		      struct mt_err *err)
{
	size_t have = 0, sure = mt_rec_room(rec);
	if (sure < GROW_FIRST)
		sure = GROW_FIRST;
	size_t cap = f->size < sure ? f->size : sure;
	unsigned char *body = mt_rec_alloc(rec, cap ? cap : 1);
	for (;;) {
		size_t got;
		int rc = fetch(r, body + have, cap - have, &got, err);
		if (rc)
			return rc;
		have += got;
		if (have < cap)
			return mt_err_set(err, MT_EINPUT, "%s: stream cut at "
					  "byte %" PRIu64 " inside frame %"
					  PRIu64 ": %zu of its %" PRIu64
					  " bytes came", r->name, r->at, r->seq,
					  have, f->size);
		if (have == f->size)
			break;
		cap = f->size - have < 7 * have ? f->size : 8 * have;
		unsigned char *more = mt_rec_alloc(rec, cap);
		memcpy(more, body, have);
		body = more;
	}
	f->body = body;
	return MT_OK;
}

/* One frame with its checksums verified; MT_END when nothing comes. */
static int fetch_frame(struct mt_reader *r, struct raw *f, struct mt_rec *rec,
		       struct mt_err *err)
{
	size_t got;
	f->at = r->at;
	int rc = fetch(r, f->head, MT_FRAME_HEAD, &got, err);
	if (rc)
		return rc;
	if (!got)
		return MT_END;
	if (got < MT_FRAME_HEAD || memcmp(f->head, MT_SYNC, 4) != 0)
		return not_a_frame(r, f, got, err);
	if (mt_crc32(0, f->head, MT_AT_HCRC) != mt_get_u32(f->head + MT_AT_HCRC))
		return bad(r, f->at, err, "header damaged (checksum)");
	memcpy(f->type, f->head + MT_AT_TYPE, 4);
	f->type[4] = 0;
	f->size = mt_get_u64(f->head + MT_AT_SIZE);
	f->seq = mt_get_u64(f->head + MT_AT_SEQ);
	f->n_field = mt_get_u32(f->head + MT_AT_NFIELD);
	if (f->size % MT_ALIGN || f->size > r->max_size)
		return mt_err_set(err, MT_EINPUT, "%s: frame %" PRIu64 " at "
				  "byte %" PRIu64 ": a size of %" PRIu64
				  " bytes is not taken (a multiple of 64, at "
				  "most %" PRIu64 ")", r->name, r->seq, f->at,
				  f->size, r->max_size);
	rc = fetch_body(r, f, rec, err);
	if (rc)
		return rc;
	r->body_crc = mt_get_u32(f->head + MT_AT_CCRC);
	if (mt_crc32(0, f->body, f->size) != r->body_crc)
		return bad(r, f->at, err, "content damaged (checksum)");
	return MT_OK;
}

static int unpack(struct mt_reader *r, struct raw *f, struct mt_rec *rec,
		  struct mt_err *err)
{
	uint64_t rows = (uint64_t)f->n_field * MT_ROW;
	uint64_t raw = mt_get_u64(f->head + MT_AT_RAW);
	unsigned char *z = f->body + rows;
	size_t z_size = ZSTD_findFrameCompressedSize(z, f->size - rows);
	if (ZSTD_isError(z_size))
		return bad(r, f->at, err, "its zstd frame is damaged");
	unsigned long long told = ZSTD_getFrameContentSize(z, z_size);
	if (told != ZSTD_CONTENTSIZE_UNKNOWN && told != raw)
		return bad(r, f->at, err, "its zstd frame does not unpack to its raw size");
	/* zstd's ratio is bounded, so a lying size cannot ask for everything:
	 * at most 128 KiB a block of 3 bytes */
	if (raw % MT_ALIGN || raw > r->max_size ||
	    raw / 44000 > f->size - rows)
		return bad(r, f->at, err, "its raw size is impossible");
	char have[24], most[24];
	if (raw > r->max_raw && raw / MAX_RATIO > z_size)
		return mt_err_set(err, MT_EINPUT, "%s: frame %" PRIu64 " at byte %"
				  PRIu64 ": %zu bytes that unpack to %s, more than "
				  "`max-record` %s", r->name, r->seq, f->at, z_size,
				  mt_num_size_text(have, sizeof have, raw),
				  mt_num_size_text(most, sizeof most, r->max_raw));
	unsigned char *out = mt_rec_try_alloc(rec, rows + raw);
	if (!out)
		return mt_err_set(err, MT_ESYS, "%s: frame %" PRIu64 " at byte %"
				  PRIu64 ": no memory for its %s", r->name, r->seq,
				  f->at, mt_num_size_text(have, sizeof have, raw));
	memcpy(out, f->body, rows);
	if (!r->zstd)
		r->zstd = ZSTD_createDCtx();
	size_t n = ZSTD_decompressDCtx(r->zstd, out + rows, raw, z, z_size);
	if (ZSTD_isError(n) || n != raw)
		return bad(r, f->at, err, "its zstd frame is damaged");
	f->body = out;
	f->size = rows + raw;
	return MT_OK;
}

/* One row into a field, every claim checked. */
static const char *parse_row(const struct raw *f, uint32_t i,
			     struct mt_rec *rec)
{
	const unsigned char *row = f->body + (size_t)i * MT_ROW;
	struct mt_field *d = &rec->field[i];
	memset(d, 0, sizeof *d);
	memcpy(d->name, row, MT_NAME_SIZE);
	memcpy(d->dtype, row + MT_ROW_DTYPE, 4);
	for (size_t k = strlen(d->name); k < MT_NAME_SIZE; k++)
		if (row[k])
			return "a field's name has a zero byte in it";
	if (!mt_field_name_ok(d->name))
		return "a field's name is empty or not printable ASCII";
	size_t elem = mt_dtype_size(d->dtype);
	uint32_t n_dim = mt_get_u32(row + MT_ROW_NDIM);
	if (!elem)
		return "a field's type is unknown";
	if (n_dim > 4 || (d->dtype[0] == 's' && n_dim != 1))
		return "a field has a wrong number of dimensions";
	d->n_dim = (int)n_dim;
	uint64_t size = elem;
	for (uint32_t k = 0; k < n_dim; k++) {
		d->dim[k] = mt_get_u64(row + MT_ROW_DIM + 8 * k);
		if (__builtin_mul_overflow(size, d->dim[k], &size))
			return "a field's dimensions overflow";
	}
	uint64_t off = mt_get_u64(row + MT_ROW_OFF);
	if (off % MT_ALIGN || off < (uint64_t)f->n_field * MT_ROW ||
	    off > f->size || size > f->size - off)
		return "a field extends beyond its frame";
	for (uint32_t k = 0; k < i; k++)
		if (!strcmp(rec->field[k].name, d->name))
			return "two fields have one name";
	d->data = f->body + off;
	d->size = size;
	return NULL;
}

static int parse_fields(struct mt_reader *r, struct raw *f, struct mt_rec *rec,
			struct mt_err *err)
{
	uint32_t flags = mt_get_u32(f->head + MT_AT_FLAGS);
	if (f->n_field > MT_REC_FIELDS ||
	    (uint64_t)f->n_field * MT_ROW > f->size)
		return bad(r, f->at, err, "it claims too many fields");
	if (flags & ~MT_FLAG_ZSTD)
		return bad(r, f->at, err, "it has flags of a newer version");
	if (flags & MT_FLAG_ZSTD) {
		int rc = unpack(r, f, rec, err);
		if (rc)
			return rc;
	}
	for (uint32_t i = 0; i < f->n_field; i++) {
		const char *why = parse_row(f, i, rec);
		if (why)
			return bad(r, f->at, err, why);
	}
	rec->n_field = (int)f->n_field;
	rec->at = f->at;
	return MT_OK;
}

static int take_head(struct mt_reader *r, struct raw *f, struct mt_rec *rec,
		     struct mt_err *err)
{
	const struct mt_field *text = mt_rec_get(rec, "text");
	struct mt_head head;
	if (r->open)
		return mt_err_set(err, MT_EINPUT, "%s: byte %" PRIu64 ": a new "
				  "stream begins before the last one ended "
				  "(was a shard cut?)", r->name, f->at);
	if (!text || text->dtype[0] != 's' || text->size > MT_MAX_HEAD)
		return bad(r, f->at, err, "its header text is missing or too "
			   "long");
	int rc = mt_head_parse(&head, text->data, text->size, err);
	if (rc)
		return mt_err_prefix(rc, err, "%s", r->name);
	if (r->n_segment) {
		rc = mt_head_same(&r->head, &head, err);
		if (rc) {
			mt_head_release(&head);
			return mt_err_prefix(rc, err, "%s: segment %" PRIu64,
					     r->name, r->n_segment + 1);
		}
	}
	mt_head_release(&r->head);
	r->head = head;
	r->open = true;
	r->n_segment++;
	r->seq = 0;
	r->digest = 0;
	r->seg_start = f->at;
	r->seg = (struct mt_tally){0};
	return MT_OK;
}

static int take_done(struct mt_reader *r, struct raw *f, struct mt_rec *rec,
		     struct mt_err *err)
{
	const struct mt_field *t = mt_rec_get(rec, "tally");
	if (!t || strcmp(t->dtype, "u8") != 0 || t->size < 64)
		return bad(r, f->at, err, "DONE has no tally");
	uint64_t tally[8];
	memcpy(tally, t->data, sizeof tally);
	if (tally[2])
		return mt_err_set(err, MT_EINPUT, "%s: the previous tool gave up "
				  "(status %" PRIu64 ")%s%s", r->name, tally[2],
				  r->last_fail[0] ? ": " : "", r->last_fail);
	if (tally[0] != r->seg.n_data || tally[1] != r->seg.n_fail)
		return mt_err_set(err, MT_EINPUT, "%s: the end frame counts %"
				  PRIu64 " records and %" PRIu64 " failures, %"
				  PRIu64 " and %" PRIu64 " came", r->name,
				  tally[0], tally[1], r->seg.n_data,
				  r->seg.n_fail);
	if (tally[4] != r->digest || tally[5] != f->at - r->seg_start)
		return bad(r, f->at, err, "the end frame's digest differs: "
			   "frames were lost or changed");
	r->open = false;
	return MT_OK;
}

static int type_of(const char *s)
{
	static const char *const known[] = {"HEAD", "DATA", "FAIL", "DONE"};
	for (int i = 0; i < 4; i++)
		if (!strcmp(s, known[i]))
			return i;
	return -1;
}

static int at_end(struct mt_reader *r, struct mt_err *err)
{
	if (!r->n_segment)
		return mt_err_set(err, MT_EINPUT, "%s: empty input: no stream "
				  "header (did the previous tool fail?)",
				  r->name);
	if (r->open)
		return mt_err_set(err, MT_EINPUT, "%s: stream cut at byte %"
				  PRIu64 " after %" PRIu64 " records: no end "
				  "frame (did the previous tool fail?)",
				  r->name, r->at, r->all.n_data);
	return MT_END;
}

/* Order and place of a frame; before its content is believed. */
static int check_place(struct mt_reader *r, const struct raw *f, int type,
		       struct mt_err *err)
{
	if (type < 0 && f->type[0] >= 'A' && f->type[0] <= 'Z')
		return mt_err_set(err, MT_EINPUT, "%s: byte %" PRIu64 ": frame "
				  "type '%s' needs a newer version", r->name,
				  f->at, f->type);
	if (type == MT_HEAD && !r->open)
		return f->seq ? bad(r, f->at, err, "a header frame with a "
				    "sequence number other than 0") : MT_OK;
	if (type != MT_HEAD && !r->open)
		return mt_err_set(err, MT_EINPUT, "%s: byte %" PRIu64 ": a "
				  "frame outside of any stream segment",
				  r->name, f->at);
	if (type != MT_HEAD && f->seq != r->seq)
		return mt_err_set(err, MT_EINPUT, "%s: byte %" PRIu64 ": frame "
				  "%" PRIu64 ", expected %" PRIu64 ": "
				  "records were lost or repeated", r->name, f->at,
				  f->seq, r->seq);
	return MT_OK;
}

static int take(struct mt_reader *r, struct raw *f, int type,
		struct mt_rec *rec, struct mt_err *err)
{
	rec->type = (enum mt_rec_type)type;
	if (type == MT_HEAD)
		return take_head(r, f, rec, err);
	if (type == MT_DONE)
		return take_done(r, f, rec, err);
	const struct mt_field *key = mt_rec_get(rec, "key");
	if (!key || key->dtype[0] != 's')
		return bad(r, f->at, err, "the record has no key");
	if (type == MT_FAIL && !key->size)
		mt_rec_str(rec, "text", r->last_fail, sizeof r->last_fail);
	r->seg.n_data += type == MT_DATA;
	r->all.n_data += type == MT_DATA;
	r->seg.n_fail += type == MT_FAIL;
	r->all.n_fail += type == MT_FAIL;
	return MT_OK;
}

int mt_reader_next(struct mt_reader *r, struct mt_rec *rec, struct mt_err *err)
{
	for (;;) {
		struct raw f = {0};
		mt_rec_reset(rec, MT_DATA);
		int rc = fetch_frame(r, &f, rec, err);
		if (rc == MT_END)
			return at_end(r, err);
		if (rc)
			return rc;
		int type = type_of(f.type);
		rc = check_place(r, &f, type, err);
		if (!rc)
			rc = parse_fields(r, &f, rec, err);
		if (!rc && type >= 0)
			rc = take(r, &f, type, rec, err);
		if (rc)
			return rc;
		r->seq++;
		r->digest = mt_crc32(r->digest, f.head + MT_AT_HCRC, 4);
		if (type >= 0)
			return MT_OK;
	}
}

int mt_reader_at(struct mt_reader *r, uint64_t offset, struct mt_rec *rec,
		 struct mt_err *err)
{
	struct stat st;
	uint64_t end = r->fd < 0 ? r->mem_size : INT64_MAX;
	if (r->fd >= 0 && !fstat(r->fd, &st) && S_ISREG(st.st_mode))
		end = (uint64_t)st.st_size;
	if (offset > end)
		return mt_err_set(err, MT_EINPUT, "%s: byte %" PRIu64 " is named "
				  "as the place of a frame, but there are %" PRIu64
				  " bytes", r->name, offset, end);
	if (r->fd >= 0 && lseek(r->fd, (off_t)offset, SEEK_SET) < 0)
		return mt_err_sys(err, "%s: cannot seek to byte %" PRIu64,
				  r->name, offset);
	r->mem_at = r->fd < 0 ? (size_t)offset : 0;
	r->at = offset;
	struct raw f = {0};
	mt_rec_reset(rec, MT_DATA);
	int rc = fetch_frame(r, &f, rec, err);
	if (rc == MT_END)
		return mt_err_set(err, MT_EINPUT, "%s: nothing at byte %"
				  PRIu64, r->name, offset);
	int type = rc ? -1 : type_of(f.type);
	if (!rc && !strcmp(f.type, "indx"))
		type = MT_INDX;
	if (!rc && type < 0)
		rc = bad(r, offset, err, "not a record");
	if (!rc)
		rc = parse_fields(r, &f, rec, err);
	rec->type = (enum mt_rec_type)type;
	return rc;
}

int mt_reader_head_at(struct mt_reader *r, uint64_t offset, struct mt_rec *rec,
		      struct mt_head *head, struct mt_err *err)
{
	int rc = mt_reader_at(r, offset, rec, err);
	const struct mt_field *text = rc ? NULL : mt_rec_get(rec, "text");
	if (rc)
		return rc;
	if (rec->type != MT_HEAD || !text || text->dtype[0] != 's' ||
	    text->size > MT_MAX_HEAD)
		return mt_err_set(err, MT_EINPUT, "%s: there is no header at byte %"
				  PRIu64, r->name, offset);
	rc = mt_head_parse(head, text->data, text->size, err);
	return rc ? mt_err_prefix(rc, err, "%s", r->name) : MT_OK;
}
