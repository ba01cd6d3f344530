/* SPDX-License-Identifier: MIT
 * One record of an mtrec stream: named, typed arrays (mtrec(5)).
 *
 * A record owns memory that its fields may live in: the bytes a reader
 * brought, and whatever mt_rec_alloc() gave. It is valid until the record is
 * reset or read into again, and a record is used by one thread at a time. */
#ifndef MT_STREAM_REC_H
#define MT_STREAM_REC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/api.h"
#include "base/err.h"

MT_API_BEGIN

#define MT_REC_FIELDS 64   /* most fields of a record */
#define MT_NAME_SIZE 16    /* bytes of a field's name, padding included */

enum mt_rec_type { MT_HEAD, MT_DATA, MT_FAIL, MT_DONE, MT_NOTE, MT_INDX };

struct mt_field {
	char name[MT_NAME_SIZE + 1];
	char dtype[5];         /* "f4" ... "u8", numpy's letters, or "s" */
	int n_dim;             /* 0 to 4; "s" has 1 */
	uint64_t dim[4];       /* C order */
	const void *data;      /* little-endian; 64-byte aligned when read */
	uint64_t size;         /* bytes */
};

struct mt_block;

struct mt_rec {
	enum mt_rec_type type;
	int n_field;
	bool full;               /* a field found no place any more */
	bool large;              /* came in larger than --max-record */
	struct mt_field field[MT_REC_FIELDS];
	struct mt_block *block;  /* memory that the record owns */
	uint64_t at;             /* byte of the stream where it began */
};

/* An empty record of type DATA. */
void mt_rec_init(struct mt_rec *rec);
void mt_rec_release(struct mt_rec *rec);
/* Forget fields and memory content, keep the memory for reuse. */
void mt_rec_reset(struct mt_rec *rec, enum mt_rec_type type);
/* size bytes at a multiple of 64 that live as long as the content. */
void *mt_rec_alloc(struct mt_rec *rec, size_t size);
/* The same, or NULL when there is no memory: for sizes that an input claims. */
void *mt_rec_try_alloc(struct mt_rec *rec, size_t size);
/* Bytes that mt_rec_alloc() can give from memory that the record has. */
size_t mt_rec_room(const struct mt_rec *rec);
/* Bytes that its rows and fields take in a frame, uncompressed. */
uint64_t mt_rec_bytes(const struct mt_rec *rec);
/* Deep copy. */
void mt_rec_copy(struct mt_rec *to, const struct mt_rec *from);

/* Bytes of one element, 0 for an unknown dtype; "s" has 1. */
size_t mt_dtype_size(const char *dtype);

/* Can a field have that name: 1 to 16 printable characters, no blank? */
bool mt_field_name_ok(const char *name);
/* NULL when there is no such field. */
const struct mt_field *mt_rec_get(const struct mt_rec *rec, const char *name);
/* The field's text copied into buf and ended by NUL; "" when there is none
 * or it is no text. Returns buf. */
const char *mt_rec_str(const struct mt_rec *rec, const char *name, char *buf,
		       size_t size);
/* The key as it lies in the record (not ended by NUL). */
const char *mt_rec_key(const struct mt_rec *rec, size_t *size);
/* Bytes of key [n] without the time that mt-decode --segment puts behind it,
 * "name#00030.000": the file that it is a part of. n where there is none. */
size_t mt_rec_key_stem(const char *key, size_t n);
/* Bytes of key [n] that a message shows, for "%.*s": 200 at most, and no part of a
 * UTF-8 character. */
int mt_rec_key_shown(const char *key, size_t n);
/* Element i of a field that is no text as a double; data may lie at any
 * address. */
double mt_field_num(const struct mt_field *f, uint64_t i);
/* First element as a double, whatever its number type; false if there is no
 * such field or it is text or empty. */
bool mt_rec_num(const struct mt_rec *rec, const char *name, double *value);

/* Add or replace a field (order is kept); the data is not copied and must
 * live as long as the record's content: a constant, or mt_rec_alloc(). With
 * MT_REC_FIELDS there already the new one is left out and rec->full set, which
 * makes it a failed record in mt_filter_run(). */
void mt_rec_put(struct mt_rec *rec, const char *name, const char *dtype,
		int n_dim, const uint64_t *dim, const void *data);
/* The same, copied into the record. */
void mt_rec_put_str(struct mt_rec *rec, const char *name, const char *text,
		    size_t size);
void mt_rec_put_f8(struct mt_rec *rec, const char *name, double value);
void mt_rec_put_i8(struct mt_rec *rec, const char *name, int64_t value);
void mt_rec_put_i4(struct mt_rec *rec, const char *name, int32_t value);
void mt_rec_drop(struct mt_rec *rec, const char *name);

/* Turn rec into a FAIL record that keeps only its key.
 *   stage  the tool ("mt-decode"); code "decode.empty"; text a sentence */
void mt_rec_fail(struct mt_rec *rec, const char *stage, const char *code,
		 const char *text);

MT_API_END

#endif
