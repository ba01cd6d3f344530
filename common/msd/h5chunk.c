/* SPDX-License-Identifier: MIT */
#include "msd/h5chunk.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* The chunk's bytes before compression, or NULL. */
static const unsigned char *inflate(struct mt_h5_chunk *c)
{
	size_t want = c->rows * c->row_size;
	if (!c->deflate || c->skipped & c->deflate)
		return c->size == want ? c->data : NULL;
	if (!c->raw)
		c->raw = mt_try_alloc64(want);
	if (!c->inflate)
		c->inflate = libdeflate_alloc_decompressor();
	if (!c->raw || !c->inflate)
		return NULL;
	/* exactly that many bytes, or an error */
	return libdeflate_zlib_decompress(c->inflate, c->data, c->size, c->raw,
					  want, NULL) == LIBDEFLATE_SUCCESS
		       ? c->raw : NULL;
}

/* Text of n rows, a byte plane for each place in it. */
static void planes(unsigned char *to, const unsigned char *from, size_t size,
		   size_t rows, size_t n)
{
	for (size_t b = 0; b < size; b++)
		for (size_t i = 0; i < n; i++)
			to[i * size + b] = from[b * rows + i];
}

static void numbers(void *out, const unsigned char *from, size_t size,
		    bool shuffled, size_t rows, size_t row_size, size_t n)
{
	size_t step = shuffled ? rows : 1, next = shuffled ? 1 : row_size;
	for (size_t i = 0; i < n; i++) {
		uint64_t v = 0;
		for (size_t b = 0; b < size; b++)
			v |= (uint64_t)from[i * next + b * step] << (8 * b);
		if (size == 4)
			v = (uint64_t)(int64_t)(int32_t)(uint32_t)v;
		memcpy((char *)out + 8 * i, &v, 8);
	}
}

bool mt_h5_chunk_columns(struct mt_h5_chunk *c, const struct mt_h5_cell *cell,
			 size_t n_cell, void *const *out, size_t n)
{
	const unsigned char *raw = inflate(c);
	/* shuffling a single byte a row is no change */
	bool shuffled = c->shuffle && !(c->skipped & c->shuffle);
	if (!raw)
		return false;
	for (size_t k = 0; k < n_cell; k++) {
		size_t at = cell[k].at, size = cell[k].size;
		const unsigned char *from = raw + (shuffled ? at * c->rows : at);
		if (!cell[k].is_text) {
			numbers(out[k], from, size, shuffled, c->rows,
				c->row_size, n);
			continue;
		}
		if (shuffled)
			planes(out[k], from, size, c->rows, n);
		for (size_t i = 0; !shuffled && i < n; i++)
			memcpy((char *)out[k] + i * size,
			       from + i * c->row_size, size);
	}
	return true;
}

void mt_h5_chunk_release(struct mt_h5_chunk *c)
{
	free(c->data);
	free(c->raw);
	if (c->inflate)
		libdeflate_free_decompressor(c->inflate);
	*c = (struct mt_h5_chunk){0};
}
