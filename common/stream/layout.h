/* SPDX-License-Identifier: MIT
 * The bytes of a frame (mtrec(5)), for the reader, the writer, and those who look
 * at a frame's header or its place in a file without reading the record. */
#ifndef MT_STREAM_LAYOUT_H
#define MT_STREAM_LAYOUT_H

#include <stdint.h>
#include <string.h>

#include "base/api.h"

MT_API_BEGIN

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "mtrec is read and written on little-endian machines only"
#endif

#define MT_SYNC "\xabMTR"
#define MT_FRAME_HEAD 64      /* bytes of a frame header */
#define MT_ROW 64             /* bytes of a field row */
#define MT_DONE_SIZE 192      /* the whole DONE frame */
#define MT_MAX_HEAD (1u << 20)/* bytes of header text */
#define MT_MAX_FRAME ((uint64_t)1 << 32) /* bytes behind a frame's header, also
				* as they are before compression */
#define MT_FLAG_ZSTD 1u       /* flags bit 0: fields are one zstd frame */

/* Places in the frame header. */
enum {
	MT_AT_TYPE = 4, MT_AT_SIZE = 8, MT_AT_SEQ = 16, MT_AT_NFIELD = 24,
	MT_AT_FLAGS = 28, MT_AT_RAW = 32, MT_AT_CCRC = 56, MT_AT_HCRC = 60,
};

/* Places in a field row. */
enum { MT_ROW_DTYPE = 16, MT_ROW_NDIM = 20, MT_ROW_DIM = 24, MT_ROW_OFF = 56 };

static inline uint32_t mt_get_u32(const unsigned char *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof v);
	return v;
}

static inline uint64_t mt_get_u64(const unsigned char *p)
{
	uint64_t v;
	memcpy(&v, p, sizeof v);
	return v;
}

static inline void mt_set_u32(unsigned char *p, uint32_t v)
{
	memcpy(p, &v, sizeof v);
}

static inline void mt_set_u64(unsigned char *p, uint64_t v)
{
	memcpy(p, &v, sizeof v);
}

MT_API_END

#endif
