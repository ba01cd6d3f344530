/* SPDX-License-Identifier: MIT
 * The readers of mt_weight_formats, one file each; see import/weights.h.
 * NAME_match() tells whether a file is of the format, NAME_read() reads it. */
#ifndef MT_IMPORT_READERS_H
#define MT_IMPORT_READERS_H

#include "import/weights.h"

/* Checkpoints of TensorFlow; see import/bundle.h. */
bool mt_bundle_match(const char *path, const unsigned char *head, size_t size);
int mt_bundle_read(struct mt_weights *w, const char *path, struct mt_err *err) MT_USE_RESULT;
/* State dicts of PyTorch; see import/torch.h. */
bool mt_torch_match(const char *path, const unsigned char *head, size_t size);
int mt_torch_read(struct mt_weights *w, const char *path, struct mt_err *err) MT_USE_RESULT;

/* Safetensors that are not a model of mt. */
bool mt_foreign_match(const char *path, const unsigned char *head, size_t size);
int mt_foreign_read(struct mt_weights *w, const char *path, struct mt_err *err) MT_USE_RESULT;

/* Weights and whole models of Keras 1 and 2, in HDF5. Forks: no other thread may
 * run at that time. */
bool mt_keras_match(const char *path, const unsigned char *head, size_t size);
int mt_keras_read(struct mt_weights *w, const char *path, struct mt_err *err) MT_USE_RESULT;

#endif
