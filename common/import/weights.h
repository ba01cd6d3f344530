/* SPDX-License-Identifier: MIT
 * Weights of other systems: named tensors read from a file of any format that
 * mt-convert knows. Use it to bring published weights into a model file; an
 * mt model itself is read with model/model.h.
 *
 * A format is one file: a reader, its two prototypes in import/readers.h and a
 * row of mt_weight_formats (formats.c). A reader opens only the files it is
 * given, executes nothing, and takes memory in proportion to the file's size. */
#ifndef MT_IMPORT_WEIGHTS_H
#define MT_IMPORT_WEIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define MT_WEIGHT_DIMS 8
#define MT_WEIGHTS_MAX_FILE ((uint64_t)4 << 30)  /* bytes of a source file */

/* Type of a value in a source; little-endian. */
enum mt_weight_type {
	MT_WEIGHT_F32, MT_WEIGHT_F64, MT_WEIGHT_F16, MT_WEIGHT_BF16,
	MT_WEIGHT_I8, MT_WEIGHT_I16, MT_WEIGHT_I32, MT_WEIGHT_I64,
	MT_WEIGHT_U8, MT_WEIGHT_BOOL, MT_N_WEIGHT_TYPE
};

struct mt_weight {
	char *name;                    /* as the source spells it, UTF-8 */
	enum mt_weight_type type;      /* as stored; the reader may set it */
	int n_dim;                     /* 0: a scalar */
	uint64_t dim[MT_WEIGHT_DIMS];
	uint64_t count;                /* product of dim */
	float *data;                   /* row-major [count], whatever the type; 64-byte aligned */
};

/* A file that was read, and the SHA-256 of its bytes. */
struct mt_weights_file {
	char *path;
	char sha256[65];               /* hex */
};

/* Owned by the caller; start from zero, end with mt_weights_release(). */
struct mt_weights {
	struct mt_weight *item;        /* in the source's order; names are unique */
	size_t n;
	char *format;                  /* "TensorFlow bundle", "PyTorch zip", ... */
	char *metadata;                /* what the source says of itself, or NULL */
	struct mt_weights_file *file;
	size_t n_file;
	size_t n_skip;                 /* tensors passed over: optimizer state, strings */
	size_t *slot, n_slot;          /* private: hash table of names */
	size_t cap;
	uint64_t bytes;                /* taken by values so far */
};

/* One source format. */
struct mt_weight_format {
	const char *name;              /* for messages: "PyTorch (.pth)" */
	/* Do these first bytes of the file begin it? size is at most 4096. path
	 * is for formats that are told by neighbours or by their end. */
	bool (*match)(const char *path, const unsigned char *head, size_t size);
	/* Read every tensor; set w->format. MT_EINPUT with path, tensor and
	 * both values. What is in w after a failure, the caller releases. */
	int (*read)(struct mt_weights *w, const char *path, struct mt_err *err);
};
extern const struct mt_weight_format mt_weight_formats[]; /* ended by name NULL */

/* Find the format by looking and read. A folder is searched for the one file in
 * it that has a known format. Of a TensorFlow bundle any file may be named, or
 * NAME alone. MT_EINPUT lists the formats if none fits. On failure w is empty. */
int mt_weights_read(struct mt_weights *w, const char *path,
		    struct mt_err *err) MT_USE_RESULT;
void mt_weights_release(struct mt_weights *w);
/* Is this file a model of mt's own, with net and tags? Such a one is passed over in
 * a folder. */
bool mt_weights_is_model(const char *path);

/* Add a tensor with room for its values (zeroed), which the reader fills; the
 * name is copied. *item is valid until the next call. MT_EINPUT if the name is
 * taken, is not UTF-8 or is too long, or if the values of all tensors together
 * would take more than limit bytes (the source's size times a stated factor). */
int mt_weights_add(struct mt_weights *w, const char *name, int n_dim,
		   const uint64_t *dim, uint64_t limit, struct mt_weight **item,
		   struct mt_err *err) MT_USE_RESULT;
/* Read a whole file of the source into new memory, followed by a NUL that is not
 * counted, and note it with its hash; readers use it, so that the hash is of the
 * bytes that were read. What a reader does not note, mt_weights_read() does. */
int mt_weights_load(struct mt_weights *w, const char *path, char **data,
		    size_t *size, struct mt_err *err) MT_USE_RESULT;
/* NULL if there is none of that name. */
const struct mt_weight *mt_weights_get(const struct mt_weights *w, const char *name);

/* Bytes of one value of this type; its name ("float32"). */
size_t mt_weight_type_size(enum mt_weight_type type);
const char *mt_weight_type_name(enum mt_weight_type type);
/* Convert count values of this type, at any address, to floats. */
void mt_weight_fill(float *to, const void *from, uint64_t count,
		    enum mt_weight_type type);
/* The shape as "(7, 38, 1, 204)" into text, cut if size is too small. */
char *mt_weight_shape(char *text, size_t size, int n_dim, const uint64_t *dim);

#endif
