/* SPDX-License-Identifier: MIT
 * A labelled stream or packed set of mel or embeddings as arrays to train from.
 * Everything is read once with all the stream's checks; the mels of the first
 * examples stay in memory, as float or half, the others are read again from
 * their files whenever they are wanted, so that a set may be larger than the
 * memory. What is read again must be the same bytes as at first: a CRC-32 of
 * each mel is kept. An embedding of D numbers is a mel of one frame and D bands. */
#ifndef MT_TRAIN_BATCH_H
#define MT_TRAIN_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stream/reader.h"

struct mt_example {
	char *key;
	uint64_t hash;           /* mt_hash64 of the key: names its randomness */
	int split;               /* index in mt_examples.split_name */
	size_t n_frame;          /* T */
	uint16_t *half;          /* [T][M] mel, binary16; or ... */
	float *mel;              /* ... [T][M] float; or neither, then it */
	size_t file;             /* stands in this file of mt_examples */
	uint64_t at;             /* from this byte on */
	uint32_t crc;            /* CRC-32 of the mel's bytes */
	uint8_t *label;          /* [K], 0 or 1 */
};

struct mt_example_file;

struct mt_examples {
	struct mt_example *item;
	size_t n, cap;
	bool embedding;          /* the field is "embedding", not "mel" */
	size_t n_band;           /* M */
	size_t n_tag;            /* K */
	char **split_name;       /* those of the examples; of the others some */
	size_t n_split;
	struct mt_head head;     /* of the first segment: vocabulary, params */
	uint64_t room;           /* bytes of mel that may still be kept */
	struct mt_example_file *file; /* those that are read again; private */
	size_t n_file, n_open;
	struct mt_rec rec;       /* the record that was last read again ... */
	const struct mt_example *held; /* ... and whose it is */
	uint64_t n_fail;         /* failed records that were passed over */
	uint32_t crc;            /* CRC-32 over the keys, mels and labels */
};

/* Read everything of these operands (sets, streams; none: standard input)
 * whose split is one of wanted[n_wanted] (n_wanted 0: all). A stream without
 * mel or embedding is MT_EUSAGE, a record without label or mel MT_EINPUT; so are ones whose
 * number of bands differs, or with values that are infinite or NaN.
 *   memory  bytes of mel to keep; what comes by a pipe is always kept */
int mt_examples_read(struct mt_examples *e, char *const *operand, int n,
		     const char *const *wanted, size_t n_wanted,
		     uint64_t memory, struct mt_err *err) MT_USE_RESULT;
/* Number of a split's name, -1 when it was not met. */
int mt_examples_split(const struct mt_examples *e, const char *name);
/* No example is of this split: MT_EINPUT with why and what to do. */
int mt_examples_none(const struct mt_examples *e, const char *split,
		     struct mt_err *err) MT_USE_RESULT;
/* Number of tags carried by none, or by all, of the split's examples; *first is
 * the lowest of them. */
size_t mt_examples_idle(const struct mt_examples *e, const char *split,
			size_t *first);
/* Does each example have exactly one tag? */
bool mt_examples_single(const struct mt_examples *e);
/* Is there something to learn from this split? MT_EINPUT where there are no tags,
 * or each of them is carried by none or all of the examples. */
int mt_examples_learnable(const struct mt_examples *e, const char *split,
			  struct mt_err *err) MT_USE_RESULT;
/* Frames first .. first + n of example i as float; frames outside of it are
 * taken as if the clip were repeated without end.
 *   out  out [n][M]
 * An example that is read again may fail: MT_ESYS, or MT_EINPUT when its file
 * was changed meanwhile. One thread at a time. */
int mt_examples_frames(struct mt_examples *e, size_t i, int64_t first, size_t n,
		       float *out, struct mt_err *err) MT_USE_RESULT;
void mt_examples_release(struct mt_examples *e);

#endif
