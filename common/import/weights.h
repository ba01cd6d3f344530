/* SPDX-License-Identifier: MIT
 * Weights of other systems: named tensors read from a file of any format that
 * mt-convert knows. Use it to bring published weights into a model file; an
 * mt model itself is read with nn/model.h.
 *
 * A format is one file: a reader and a row of mt_weight_formats. A reader
 * opens only the files it is given, executes nothing, and takes memory in
 * proportion to the file's size. */
#ifndef MT_IMPORT_WEIGHTS_H
#define MT_IMPORT_WEIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define MT_WEIGHT_DIMS 8

struct mt_weight {
	char *name;                    /* as the source spells it, UTF-8 */
	int n_dim;                     /* 0: a scalar */
	uint64_t dim[MT_WEIGHT_DIMS];
	uint64_t count;                /* product of dim */
	float *data;                   /* row-major [count], whatever the source's type */
};

/* Owned by the caller; start from zero, end with mt_weights_release(). */
struct mt_weights {
	struct mt_weight *item;        /* in the source's order; names are unique */
	size_t n;
	char *format;                  /* "TensorFlow bundle", "PyTorch zip", ... */
	char *metadata;                /* what the source says of itself, or NULL */
};

/* One source format. */
struct mt_weight_format {
	const char *name;              /* for messages: "PyTorch (.pth)" */
	/* Do these first bytes of the file begin it? size is at most 4096. path
	 * is for formats that are told by neighbours or by their end. */
	bool (*match)(const char *path, const unsigned char *head, size_t size);
	/* Read every tensor. MT_EINPUT with path, tensor and both values. */
	int (*read)(struct mt_weights *w, const char *path, struct mt_err *err);
};
extern const struct mt_weight_format mt_weight_formats[]; /* ended by name NULL */

/* Find the format by looking and read. A folder is searched for the one file in
 * it that has a known format. MT_EINPUT lists the formats if none fits. */
int mt_weights_read(struct mt_weights *w, const char *path,
		    struct mt_err *err) MT_USE_RESULT;
void mt_weights_release(struct mt_weights *w);

/* Add a tensor with room for its values, which the reader fills; the name is
 * copied. MT_EINPUT if the name is taken or the size does not fit in memory
 * bounds (limit bytes: the source's size times a stated factor). */
int mt_weights_add(struct mt_weights *w, const char *name, int n_dim,
		   const uint64_t *dim, uint64_t limit, struct mt_weight **item,
		   struct mt_err *err) MT_USE_RESULT;
/* NULL if there is none of that name. */
const struct mt_weight *mt_weights_get(const struct mt_weights *w, const char *name);

#endif
