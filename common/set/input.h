/* SPDX-License-Identifier: MIT
 * The operands of a filter as one stream: files, packed sets (folders), "-",
 * or standard input when there are none. What comes out is the same as for
 * "cat a b": segments in order, headers checked against one another. */
#ifndef MT_SET_INPUT_H
#define MT_SET_INPUT_H

#include "base/api.h"
#include "set/set.h"
#include "stream/reader.h"

MT_API_BEGIN

/* A file, or a part of a set. */
struct mt_input_path {
	char *name;            /* NULL: part number part of set number set */
	size_t set, part;
};

struct mt_input {
	struct mt_input_path *path;
	size_t n_path, next;
	struct mt_set *set;
	size_t n_set;
	struct mt_reader reader;
	void (*idle)(void *ctx); /* as mt_reader.idle; set it after opening */
	uint64_t max_raw;      /* as mt_reader.max_raw; likewise; 0: the reader's own */
	bool is_open, any;
	struct mt_head first;  /* header of the first segment */
	uint64_t total;        /* records, if known from manifests; else 0 */
};

int mt_input_open(struct mt_input *in, char *const *operand, int n,
		  struct mt_err *err) MT_USE_RESULT;
/* As mt_reader_next(), over all operands. in->reader.head is the header of
 * the open segment. */
int mt_input_next(struct mt_input *in, struct mt_rec *rec, struct mt_err *err)
	MT_USE_RESULT;
void mt_input_close(struct mt_input *in);

MT_API_END

#endif
