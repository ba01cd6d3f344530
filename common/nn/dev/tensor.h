/* SPDX-License-Identifier: MIT
 * Tensor: a pointer, an element type and up to five sizes. No strides: a
 * tensor whose layout is NULL is row-major (B,C,H,W); 1-D signals have H = 1.
 * Any other layout is known only to the backend that set it. */
#ifndef MT_NN_DEV_TENSOR_H
#define MT_NN_DEV_TENSOR_H

#include <stddef.h>
#include <stdint.h>

#include "base/api.h"

MT_API_BEGIN

#define MT_MAX_DIM 5

enum mt_dtype {
	MT_F4 = 0,   /* IEEE float */
	MT_BF16 = 1, /* upper half of a float; no backend computes in it yet */
};

struct mt_tensor {
	enum mt_dtype dtype;
	int n_dim;
	int64_t dim[MT_MAX_DIM]; /* logical sizes, unused ones are 1 */
	void *data;              /* not owned; 64-byte aligned */
	size_t size;             /* elements in memory, padding of the layout included */
	void *layout;            /* backend's own, NULL: row-major */
};

/* Product of the logical sizes. */
static inline int64_t mt_tensor_count(const struct mt_tensor *t)
{
	return t->dim[0] * t->dim[1] * t->dim[2] * t->dim[3] * t->dim[4];
}

/* A row-major f4 tensor of these sizes, without memory. */
static inline struct mt_tensor mt_tensor_make(int64_t b, int64_t c, int64_t h, int64_t w)
{
	struct mt_tensor t = {.dtype = MT_F4, .n_dim = 4, .dim = {b, c, h, w, 1}};
	t.size = (size_t)(b * c * h * w);
	return t;
}

MT_API_END

#endif
