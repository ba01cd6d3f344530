/* SPDX-License-Identifier: MIT
 * Labelled examples as arrays, for training: a packed set or stream file is
 * read and checked once from end to end, then any example in any order, from
 * any thread. What fits in the memory that is granted stays there as it was
 * stored (f2 stays f2); the rest is read again from the mapped file, in O(1).
 * Failed records are counted and passed over. */
#ifndef MT_DATA_BATCH_H
#define MT_DATA_BATCH_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "stream/head.h"

struct mt_example {
	const char *key;
	const char *split;       /* "" where the record names none */
	const uint8_t *label;    /* [n_tag] 0 or 1; NULL where unlabelled */
	uint32_t t;              /* frames of its mel */
	uint32_t file;           /* which of the mapped files */
	uint64_t at;             /* its frame's place in there */
	void *kept;              /* [t][m] as stored, or NULL */
	char dtype[5];           /* "f2" or "f4" */
};

struct mt_examples {
	struct mt_head head;     /* of the set: front end, vocabulary */
	size_t n_tag;
	const char **tag;        /* [n_tag] the vocabulary */
	uint32_t m;              /* bands; the same for all */
	struct mt_example *item; /* [n] in the order of the set */
	size_t n, cap;
	uint64_t n_fail;
	uint64_t kept;           /* bytes of mel in memory */
	uint32_t crc;            /* CRC-32 of the keys, labels and mels */
	struct mt_map *file;     /* private from here on */
	size_t n_file;
	struct mt_examples_lane *lane;
	pthread_mutex_t lock;
};

/* path: a set, or a file of kind mel or example (not standard input).
 *   room  bytes of mel that may stay in memory; 0 for none
 * MT_EINPUT: damaged, no mel in it, other numbers of bands, or a label whose
 * length is not the vocabulary's. */
int mt_examples_open(struct mt_examples *e, const char *path, uint64_t room,
		     struct mt_err *err) MT_USE_RESULT;

/* The examples of one split in their order (name NULL: all), as numbers for
 * item[]; labelled: only those that have a label. *list is new memory for the
 * caller to free. Returns how many. */
size_t mt_examples_split(const struct mt_examples *e, const char *name,
			 int labelled, uint32_t **list);

/* Frames t0 .. t0 + n - 1 of example i into out[n][m] as floats; the frames
 * must be there. Any thread. */
int mt_examples_mel(struct mt_examples *e, size_t i, uint32_t t0, uint32_t n,
		    float *out, struct mt_err *err) MT_USE_RESULT;

void mt_examples_close(struct mt_examples *e);

#endif
