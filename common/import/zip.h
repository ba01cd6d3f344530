/* SPDX-License-Identifier: MIT
 * Zip archives in memory, with zip64 and data descriptors: entries that are
 * stored or deflated, found by name. The central directory alone says what
 * there is; all of it is checked against the file before the first entry is
 * read, and an entry's CRC-32 when it is.
 * Source: PKWARE's APPNOTE.TXT 6.3. */
#ifndef MT_IMPORT_ZIP_H
#define MT_IMPORT_ZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Bytes that all deflated entries together may have, as a multiple of the
 * archive's size. */
#define MT_ZIP_FACTOR 16

struct mt_zip_entry {
	char *name;                /* no NUL in it */
	uint64_t size, packed;     /* bytes as they are and in the archive */
	uint64_t at;               /* of the packed bytes in the archive */
	uint32_t crc;
	uint16_t method;           /* 0 stored, 8 deflated */
	unsigned char *inflated;   /* private */
};

struct mt_zip {
	const unsigned char *data;
	size_t size;
	const char *path;
	struct mt_zip_entry *entry; /* sorted by name, each once */
	size_t n;
	uint64_t inflated;         /* bytes so far */
	bool no_crc;               /* the writer left out all checksums */
};

/* Read the directory; data and path must outlive the archive. MT_EINPUT; end
 * with mt_zip_close() on success. */
int mt_zip_open(struct mt_zip *zip, const void *data, size_t size, const char *path,
		struct mt_err *err) MT_USE_RESULT;
void mt_zip_close(struct mt_zip *zip);
/* NULL if there is none of that name. */
struct mt_zip_entry *mt_zip_find(const struct mt_zip *zip, const char *name);
/* An entry's bytes, checked; they are valid until the archive is closed. */
int mt_zip_get(struct mt_zip *zip, struct mt_zip_entry *entry, const unsigned char **data,
	       struct mt_err *err) MT_USE_RESULT;

#endif
