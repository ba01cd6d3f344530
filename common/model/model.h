/* SPDX-License-Identifier: MIT
 * Model files: safetensors, which any Python user can open. Eight bytes with
 * the length of a JSON header, the header, the tensors, little-endian.
 * Everything that a model depends on stands in the header's __metadata__ as
 * strings.
 * Source: the safetensors format description; agrees with safetensors 0.4 and
 * later (tests/ref/model_ref.py). */
#ifndef MT_MODEL_MODEL_H
#define MT_MODEL_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "base/api.h"
#include "base/err.h"

MT_API_BEGIN

#define MT_MODEL_DIMS 8

struct mt_model_tensor {
	char *name;
	char dtype[8];           /* "F32", "F16", "BF16", "I64", ... */
	int n_dim;
	uint64_t dim[MT_MODEL_DIMS];
	const void *data;        /* at any address: copy it to where floats lie */
	uint64_t size;           /* bytes */
};

struct mt_model_meta {
	char *name, *value;
};

struct mt_model {
	struct mt_model_tensor *tensor; /* sorted by name */
	size_t n_tensor;
	struct mt_model_meta *meta;     /* sorted by name */
	size_t n_meta;
	uint32_t crc;            /* CRC-32 of the tensors' bytes */
	void *file;              /* its bytes; private */
};

/* Read a file and check it whole: sizes against the file, tensors side by side
 * without gap or overlap, known types, names once, and the CRC-32 in the
 * metadata ("crc32", where it is there). MT_EINPUT with file and tensor. */
int mt_model_open(struct mt_model *m, const char *path, struct mt_err *err)
	MT_USE_RESULT;
/* The same from memory that must outlive the model. */
int mt_model_parse(struct mt_model *m, const void *data, size_t size,
		   const char *name, struct mt_err *err) MT_USE_RESULT;
void mt_model_close(struct mt_model *m);

/* NULL when there is none of that name. */
const struct mt_model_tensor *mt_model_get(const struct mt_model *m,
					   const char *name);
const char *mt_model_text(const struct mt_model *m, const char *name);

/* Write a model file, complete or not at all; "crc32" is added to the
 * metadata. Tensors are F32 and stand in the order given. The same content
 * gives the same bytes. */
int mt_model_save(const char *path, const struct mt_model_tensor *tensor,
		  size_t n_tensor, const struct mt_model_meta *meta,
		  size_t n_meta, struct mt_err *err) MT_USE_RESULT;

/* The header of that file, in new memory: JSON padded with blanks so that the
 * tensors begin at a multiple of 64. The file is its length (8 bytes), it, and
 * the tensors. */
char *mt_model_header(const struct mt_model_tensor *tensor, size_t n_tensor,
		      const struct mt_model_meta *meta, size_t n_meta);

MT_API_END

#endif
