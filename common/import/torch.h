/* SPDX-License-Identifier: MIT
 * State dicts of PyTorch (.pth, .pt): zip archives (1.6 and later) and the
 * legacy format. Private to the two files of the reader and its tests.
 *
 * A state dict maps names to tensors. It is the pickled object itself or lies
 * under "state_dict", "model_state_dict" or "model" in it. Tensors are copied
 * row by row, whatever their strides, if no two elements share a place. What
 * else a checkpoint holds, numbers and short strings, becomes metadata. */
#ifndef MT_IMPORT_TORCH_H
#define MT_IMPORT_TORCH_H

#include "import/pickle.h"
#include "import/weights.h"

/* Values of all tensors together, in bytes: at most this many times the file's
 * size. A bool or int8 becomes four bytes, and views may share a storage. */
#define MT_TORCH_FACTOR 16

/* One storage, as the pickle describes it. */
struct mt_torch_storage {
	const char *key;             /* n_key bytes, in the pickle */
	size_t n_key;
	enum mt_weight_type type;
	uint64_t count;              /* elements */
	const unsigned char *data;   /* NULL until it is found */
};

struct mt_torch {
	const char *path;
	struct mt_pickle pickle;     /* the object */
	const struct mt_pickle_value *dict; /* the state dict */
	struct mt_torch_storage *storage; /* sorted by key, each once */
	size_t n_storage;
	uint64_t limit;
	/* Set data of a storage: count elements of its type. */
	int (*find)(struct mt_torch *t, struct mt_torch_storage *s, struct mt_err *err);
	void *source;                /* for find */
};

/* Find the state dict and the storages in t->pickle. */
int mt_torch_find(struct mt_torch *t, struct mt_err *err) MT_USE_RESULT;
struct mt_torch_storage *mt_torch_storage(const struct mt_torch *t, const char *key,
					  size_t n_key);
/* Copy the tensors of the state dict. */
int mt_torch_state(struct mt_torch *t, struct mt_weights *w, struct mt_err *err)
	MT_USE_RESULT;

/* Read a file's bytes; path is for messages. */
int mt_torch_parse(struct mt_weights *w, const void *data, size_t size, const char *path,
		   struct mt_err *err) MT_USE_RESULT;

#endif
