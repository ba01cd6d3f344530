/* SPDX-License-Identifier: MIT
 * Reading a stream with every check of mtrec(5): checksums, sequence,
 * tallies, digest, the end. Memory grows with the bytes that arrive, never by
 * a number that the input claims. */
#ifndef MT_STREAM_READER_H
#define MT_STREAM_READER_H

#include "base/api.h"
#include "stream/head.h"
#include "stream/rec.h"

MT_API_BEGIN

struct mt_tally {
	uint64_t n_data, n_fail;
};

struct mt_reader {
	int fd;
	bool own_fd;
	char *name;              /* for messages */
	const void *mem;         /* reading from memory instead of fd */
	size_t mem_size, mem_at;
	uint64_t at;             /* bytes read */
	void (*idle)(void *ctx); /* set it after opening: called before a read
				  * that has to wait; ctx is NULL */
	size_t ready;            /* bytes that can be read without a wait */
	bool sum;                /* set it after opening: crc is wanted */
	uint32_t crc;            /* CRC-32 of all bytes read so far */
	uint64_t seg_start;      /* where the open segment began */
	uint64_t seq;            /* due in the open segment */
	uint32_t digest;
	uint32_t body_crc;       /* of the last frame's content, as stored */
	bool open;               /* inside a segment */
	uint64_t n_segment;
	struct mt_tally seg, all;/* of the open segment; of everything */
	struct mt_head head;     /* of the open (or last) segment */
	uint64_t max_size;       /* cap of a frame's content, bytes */
	uint64_t max_raw;        /* cap of a compressed record that is more than 1000
				  * times as large as its frame; 1 GiB */
	void *zstd;              /* decompressor; private */
	char last_fail[256];     /* text of the newest FAIL with an empty key */
};

/* path NULL or "-": standard input (a terminal is MT_EUSAGE). */
int mt_reader_open(struct mt_reader *r, const char *path, struct mt_err *err)
	MT_USE_RESULT;
/* From memory that stays the caller's. */
void mt_reader_open_mem(struct mt_reader *r, const void *data, size_t size,
			const char *name);
/* The next frame into rec: MT_OK with rec->type HEAD (r->head is set; equal
 * to the segments before or an error), DATA, FAIL or DONE; MT_END after the
 * last segment's DONE. note, indx and unknown lower-case frames are checked
 * and skipped. Empty input is MT_EINPUT. */
int mt_reader_next(struct mt_reader *r, struct mt_rec *rec, struct mt_err *err)
	MT_USE_RESULT;
void mt_reader_close(struct mt_reader *r);

/* Position on the frame at that offset of a seekable file and read it, of any
 * known type or MT_INDX, with frame checks but without those of sequence and
 * tally. */
int mt_reader_at(struct mt_reader *r, uint64_t offset, struct mt_rec *rec,
		 struct mt_err *err) MT_USE_RESULT;
/* The header that stands at that offset, read in this manner; rec is scratch.
 * The caller releases *head. Something else there is MT_EINPUT. */
int mt_reader_head_at(struct mt_reader *r, uint64_t offset, struct mt_rec *rec,
		      struct mt_head *head, struct mt_err *err) MT_USE_RESULT;

MT_API_END

#endif
