/* SPDX-License-Identifier: MIT
 * Tables in HDF5 files: data sets of one dimension whose rows are compounds
 * (PyTables, pandas), read by columns; and plain arrays.
 *
 * Files are only read, without a lock, and no other file is opened for them: see
 * h5safe.h for what is refused. Chunks that are shuffled and deflated
 * at most, as all of the Million Song Dataset are, are inflated here and only
 * the wanted columns are put in order, which is several times faster than the
 * library's own way; all else goes through the library, which is not proof
 * against every damaged file (1.10 divides by a chunk's size of 0). One thread
 * a file. */
#ifndef MT_MSD_H5_H
#define MT_MSD_H5_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum mt_h5_type {
	MT_H5_INT,    /* int64_t */
	MT_H5_FLOAT,  /* double */
	MT_H5_TEXT,   /* char[size], filled up with zero bytes */
};

struct mt_h5_column {
	const char *name;        /* in: the member */
	enum mt_h5_type type;    /* out */
	size_t size;             /* out: bytes of a cell */
};

struct mt_h5;

/* No HDF5 file, or a damaged one: MT_EINPUT. The text of path must outlive
 * the file. */
int mt_h5_open(struct mt_h5 **h5, const char *path, struct mt_err *err)
	MT_USE_RESULT;
void mt_h5_close(struct mt_h5 *h5);

bool mt_h5_has(struct mt_h5 *h5, const char *table);
/* Rows of a table or elements of an array. No such data set: MT_EINPUT. */
int mt_h5_rows(struct mt_h5 *h5, const char *table, uint64_t *n,
	       struct mt_err *err) MT_USE_RESULT;
/* Has the table that member? */
bool mt_h5_has_column(struct mt_h5 *h5, const char *table, const char *name);

/* Fill in type and size of columns. A member that is not there, or is neither a
 * number nor text of fixed length: MT_EINPUT. */
int mt_h5_types(struct mt_h5 *h5, const char *table,
		struct mt_h5_column *column, size_t n_column,
		struct mt_err *err) MT_USE_RESULT;

/* Takes rows [first, first + n): cell[i] is the i-th column's, n of them one
 * after another. Rows come in order, each once. */
typedef int mt_h5_take(void *ctx, uint64_t first, size_t n,
		       const void *const *cell, struct mt_err *err);

/* Read columns of a table, one pass over its rows; errors as mt_h5_types(). */
int mt_h5_scan(struct mt_h5 *h5, const char *table,
	       struct mt_h5_column *column, size_t n_column, mt_h5_take *take,
	       void *ctx, struct mt_err *err) MT_USE_RESULT;

/* A whole array of one dimension into new memory, *n cells of *size bytes;
 * the caller frees it. At most max bytes, else MT_EINPUT. */
int mt_h5_array(struct mt_h5 *h5, const char *name, size_t max,
		struct mt_h5_column *as, void **data, uint64_t *n,
		struct mt_err *err) MT_USE_RESULT;

#endif
