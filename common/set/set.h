/* SPDX-License-Identifier: MIT
 * A packed data set from outside: a folder whose manifest.json names its
 * parts, each an mtrec stream (mtpack(5)). Making one is data/'s business. */
#ifndef MT_SET_SET_H
#define MT_SET_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/api.h"
#include "stream/reader.h"

MT_API_BEGIN

struct mt_set_part {
	char *name;              /* "part-00000.mtp", within the folder */
	uint64_t bytes, n_data, n_fail;
	uint32_t crc;            /* CRC-32 of the whole file */
};

/* What tells one file from another under the same name. */
struct mt_set_id {
	uint64_t dev, ino, size;
	int64_t second, nano;    /* of the last change of its content */
};

struct mt_set_split {
	char *name;
	uint64_t n;              /* records that the manifest says it has */
};

struct mt_set {
	char *folder;
	struct mt_set_id id;     /* of the manifest that was read */
	struct mt_set_part *part;
	size_t n_part;
	uint64_t n_data, n_fail; /* of all parts */
	struct mt_set_split *split;
	size_t n_split;
};

/* Is it a folder with a manifest.json? */
bool mt_set_is(const char *path);
/* Read the manifest and hold the folder against it: its format, names, sums and
 * splits; every part there once, a regular file of the size that it says, and no
 * part beside them. Errors: MT_EINPUT, naming the file, what, and both values. */
int mt_set_read(struct mt_set *set, const char *folder, struct mt_err *err)
	MT_USE_RESULT;
/* Open part i, to be read to its end and held against the manifest then. */
int mt_set_open(const struct mt_set *set, size_t i, struct mt_reader *r,
		struct mt_err *err) MT_USE_RESULT;
/* Has the reader, at its end, had what the manifest says: bytes, records, failed
 * records, CRC-32? */
int mt_set_check(const struct mt_set *set, size_t i, const struct mt_reader *r,
		 struct mt_err *err) MT_USE_RESULT;
/* The same for numbers that were found in another way, of the part's end frames. */
int mt_set_check_counts(const struct mt_set *set, size_t i,
			const struct mt_tally *found, struct mt_err *err)
	MT_USE_RESULT;
/* Reading failed with this status and message: if the set was replaced since its
 * manifest was read, say that instead. Returns the status to go on with. */
int mt_set_blame(const struct mt_set *set, int rc, struct mt_err *err);
void mt_set_release(struct mt_set *set);

MT_API_END

#endif
