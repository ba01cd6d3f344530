/* SPDX-License-Identifier: MIT
 * A packed data set from outside: a folder whose manifest.json names its
 * parts, each an mtrec stream (mtpack(5)). Making one is data/'s business. */
#ifndef MT_STREAM_SET_H
#define MT_STREAM_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct mt_set_part {
	char *name;              /* "part-00000.mtp", within the folder */
	uint64_t bytes, n_data, n_fail;
	uint32_t crc;            /* CRC-32 of the whole file */
};

struct mt_set {
	char *folder;
	struct mt_set_part *part;
	size_t n_part;
	uint64_t n_data, n_fail; /* of all parts */
};

/* Is it a folder with a manifest.json? */
bool mt_set_is(const char *path);
/* Read the manifest; each part must be there with the size that it says.
 * Errors: MT_EINPUT, naming folder and part. */
int mt_set_read(struct mt_set *set, const char *folder, struct mt_err *err)
	MT_USE_RESULT;
void mt_set_release(struct mt_set *set);

#endif
