/* SPDX-License-Identifier: MIT
 * One chunk of an HDF5 table, as it is stored, taken apart into columns. */
#ifndef MT_MSD_H5CHUNK_H
#define MT_MSD_H5CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a column lies in a row: little-endian integers of 4 or 8 bytes, floats
 * of 8, or text. */
struct mt_h5_cell {
	size_t at, size;
	bool is_text;
};

struct mt_h5_chunk {
	size_t rows, row_size;   /* of a whole chunk */
	uint32_t shuffle, deflate; /* the bit of each filter, 0 without it */
	unsigned char *data;     /* stored bytes, [cap] */
	size_t size, cap;
	uint32_t skipped;        /* filters that this chunk went without */
	unsigned char *raw;      /* scratch: inflated */
	struct libdeflate_decompressor *inflate;
};

/* The first n rows: numbers as int64_t or double, text as it is, column i into
 * out[i]. Returns false when the bytes do not inflate to a whole chunk. */
bool mt_h5_chunk_columns(struct mt_h5_chunk *c, const struct mt_h5_cell *cell,
			 size_t n_cell, void *const *out, size_t n);
void mt_h5_chunk_release(struct mt_h5_chunk *c);

#endif
