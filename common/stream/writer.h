/* SPDX-License-Identifier: MIT
 * Writing a stream: one writev a record, straight from the caller's arrays.
 * Nothing says "complete" until mt_writer_done(). */
#ifndef MT_STREAM_WRITER_H
#define MT_STREAM_WRITER_H

#include "base/api.h"
#include "base/file.h"
#include "stream/head.h"
#include "stream/reader.h"
#include "stream/rec.h"

MT_API_BEGIN

/* A record as the bytes of its frame, sequence number and header checksum
 * still open; made by any thread, written by one. */
struct mt_frame {
	unsigned char *data;   /* header, rows and fields; 64-byte aligned */
	size_t size, cap;
	char *key;             /* for the index */
	bool is_data;
	void *zstd;            /* compressor, kept between frames; private */
};

struct mt_writer {
	int fd;
	struct mt_file file;     /* when writing to a named file */
	bool own_file;
	char *name;
	uint64_t at, seg_start, seq;
	uint32_t digest;
	uint32_t crc;            /* CRC-32 of every byte of a named file so far */
	bool open;
	struct mt_tally seg, all;
	bool index;              /* write an indx frame before DONE */
	uint64_t *off;           /* index so far: offset of each DATA frame */
	size_t n_off, cap_off;
	char *keys;              /* their keys, one a line */
	size_t keys_size, keys_cap;
	unsigned char *rows;     /* scratch for the frame header and rows */
};

/* path NULL or "-": standard output (a terminal is MT_EUSAGE); a named file
 * appears under its name at mt_writer_close(). */
int mt_writer_open(struct mt_writer *w, const char *path, struct mt_err *err)
	MT_USE_RESULT;
/* Begin a segment. */
int mt_writer_head(struct mt_writer *w, const struct mt_head *head,
		   struct mt_err *err) MT_USE_RESULT;
int mt_writer_put(struct mt_writer *w, const struct mt_rec *rec,
		  struct mt_err *err) MT_USE_RESULT;
/* Make the frame of a record, fields in one zstd frame if level > 0 and if
 * that is smaller; the reverse is the reader's. */
void mt_frame_make(struct mt_frame *frame, const struct mt_rec *rec, int level);
void mt_frame_release(struct mt_frame *frame);
int mt_writer_put_frame(struct mt_writer *w, const struct mt_frame *frame,
			struct mt_err *err) MT_USE_RESULT;
/* End the segment: index if asked for, then DONE with status 0. */
int mt_writer_done(struct mt_writer *w, struct mt_err *err) MT_USE_RESULT;
/* After the last segment: flush; commit a named file. */
int mt_writer_close(struct mt_writer *w, struct mt_err *err) MT_USE_RESULT;
/* Give up: nothing stays under the final name. */
void mt_writer_abort(struct mt_writer *w);

MT_API_END

#endif
