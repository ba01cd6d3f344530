/* SPDX-License-Identifier: MIT
 * Chunks of HDF5 tables, which are inflated and put in order here, on any bytes.
 * Eight bytes say how the rows lie, the rest is the chunk. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "msd/h5chunk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 8)
		return 0;
	struct mt_h5_chunk c = {.rows = 1 + data[0], .row_size = 1 + data[1],
				.shuffle = data[2] & 1, .deflate = data[2] & 2,
				.skipped = data[3] & 3};
	struct mt_h5_cell cell[2] = {{.is_text = data[2] & 4},
				     {.is_text = data[2] & 8}};
	void *out[2] = {NULL, NULL};
	for (int i = 0; i < 2; i++) {
		cell[i].size = cell[i].is_text ? 1 + data[4 + i] % c.row_size
					       : data[2] & 16 ? 4 : 8;
		if (cell[i].size > c.row_size) {
			free(out[0]);
			return 0;
		}
		cell[i].at = data[6 + i] % (c.row_size - cell[i].size + 1);
		out[i] = mt_calloc(c.rows, cell[i].is_text ? cell[i].size : 8);
	}
	c.size = size - 8;
	c.data = mt_calloc(c.size + 1, 1);
	memcpy(c.data, data + 8, c.size);
	mt_h5_chunk_columns(&c, cell, 2, out, c.rows - data[4] % c.rows);
	mt_h5_chunk_release(&c);
	free(out[0]);
	free(out[1]);
	return 0;
}
