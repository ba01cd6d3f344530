/* SPDX-License-Identifier: MIT
 * A labelled mel stream or packed set as arrays to train from: every example
 * of the wanted splits in memory, as float or half, read once with all the
 * stream's checks. */
#ifndef MT_DATA_BATCH_H
#define MT_DATA_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stream/head.h"

struct mt_example {
	char *key;
	uint64_t hash;           /* mt_hash64 of the key: names its randomness */
	int split;               /* index in mt_examples.split_name */
	size_t n_frame;          /* T */
	uint16_t *half;          /* [T][M] mel, binary16; or ... */
	float *mel;              /* ... [T][M] float; one of the two */
	float *label;            /* [K], 0 or 1 */
};

struct mt_examples {
	struct mt_example *item;
	size_t n, cap;
	size_t n_band;           /* M */
	size_t n_tag;            /* K */
	char **split_name;
	size_t n_split;
	struct mt_head head;     /* of the first segment: vocabulary, params */
	uint64_t n_fail;         /* failed records that were passed over */
	uint32_t crc;            /* CRC-32 over the keys, mels and labels */
};

/* Read everything of these operands (sets, streams; none: standard input)
 * whose split is one of wanted[n_wanted] (n_wanted 0: all). Records without
 * label or mel are MT_EINPUT; so are ones whose number of bands differs. */
int mt_examples_read(struct mt_examples *e, char *const *operand, int n,
		     const char *const *wanted, size_t n_wanted,
		     struct mt_err *err) MT_USE_RESULT;
/* Number of a split's name, -1 when no example has it. */
int mt_examples_split(const struct mt_examples *e, const char *name);
/* Frames first .. first + n of example i as float; frames outside of it are
 * taken as if the clip were repeated without end.
 *   out  out [n][M] */
void mt_examples_frames(const struct mt_examples *e, size_t i, int64_t first,
			size_t n, float *out);
void mt_examples_release(struct mt_examples *e);

#endif
