/* SPDX-License-Identifier: MIT
 * What is asked of an HDF5 data set of unknown origin before the library may
 * read it: that its bytes are in the named file, and that they fit into memory.
 *
 * HDF5 has many ways to another file: external links, raw data in external
 * files, virtual data sets, filters in shared libraries. All are refused by
 * name, and so is what a small file can make large: chunks over 64 MiB, rows
 * over 64 MiB, chunks that inflate to more than they hold, and tables whose
 * rows are not there. */
#ifndef MT_BASE_H5SAFE_H
#define MT_BASE_H5SAFE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define MT_H5_CHUNK (1u << 26)  /* bytes of a chunk, and of a row */

/* file and set are the library's handles (hid_t). */

/* Is there an object of that name, an absolute path? Follows only hard links:
 * another on the way is MT_EINPUT. */
int mt_h5safe_find(int64_t file, const char *path, const char *name, bool *has,
		   struct mt_err *err) MT_USE_RESULT;
/* Layout and filters of an open data set; before its dimensions are asked for. */
int mt_h5safe_set(int64_t set, const char *path, const char *name,
		  struct mt_err *err) MT_USE_RESULT;
/* Its n rows against what is stored: at most 1032 bytes, as deflate makes of one,
 * for each, and 64 MiB more. */
int mt_h5safe_rows(int64_t set, uint64_t n, const char *path, const char *name,
		   struct mt_err *err) MT_USE_RESULT;
/* Before the library inflates them: no chunk gives more than it should. */
int mt_h5safe_chunks(int64_t set, uint64_t n, const char *path, const char *name,
		     struct mt_err *err) MT_USE_RESULT;

#endif
