/* SPDX-License-Identifier: MIT
 * Memory descriptors of tensors. A tensor's layout is a descriptor of its own,
 * or NULL where it is row-major. */
#ifndef MT_NN_DEV_CPU_ONEDNN_ONEDNN_MD_H
#define MT_NN_DEV_CPU_ONEDNN_ONEDNN_MD_H

#include "base/err.h"
#include "nn/dev/cpu/onednn/onednn_v2.h"
#include "nn/dev/tensor.h"

/* MT_OK, or MT_ESYS with a text: "oneDNN: WHAT: out of memory". */
int mt_dnn_check(dnnl_status_t status, const char *what, struct mt_err *err);

/* A new descriptor of n <= MT_MAX_DIM sizes: row-major, or of any layout, which the
 * primitive chooses. To be destroyed by the caller. */
int mt_dnn_md_plain(dnn_md_own *md, int n, const int64_t *dim, struct mt_err *err);
int mt_dnn_md_any(dnn_md_own *md, int n, const int64_t *dim, struct mt_err *err);
/* A new descriptor of t: a copy of its layout, or row-major. */
int mt_dnn_md_of(dnn_md_own *md, const struct mt_tensor *t, struct mt_err *err);
/* Give t a copy of this layout, NULL where that is row-major, and its size. */
int mt_dnn_md_set(struct mt_tensor *t, dnn_md md, struct mt_err *err);
/* Free t's layout. */
void mt_dnn_md_forget(struct mt_tensor *t);
/* Make t row-major again. */
void mt_dnn_md_reset(struct mt_tensor *t);

#endif
