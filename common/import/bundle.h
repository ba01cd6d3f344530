/* SPDX-License-Identifier: MIT
 * TensorFlow's checkpoints: a "tensor bundle", NAME.index and its data files
 * NAME.data-00000-of-00001. Use mt_weights_read(); the parts are for tests. */
#ifndef MT_IMPORT_BUNDLE_H
#define MT_IMPORT_BUNDLE_H

#include "import/weights.h"

/* The bytes of the data files ("shards"), in their order. */
struct mt_bundle_shard {
	const char *data;
	size_t size;
};

/* Number of data files that the index names. name is for messages. MT_EINPUT. */
int mt_bundle_shards(const char *index, size_t size, const char *name,
		     uint64_t *n, struct mt_err *err) MT_USE_RESULT;
/* Read the tensors; their checksums and places are checked. */
int mt_bundle_parse(struct mt_weights *w, const char *index, size_t size,
		    const char *name, const struct mt_bundle_shard *shard,
		    size_t n_shard, struct mt_err *err) MT_USE_RESULT;

/* CRC-32C (Castagnoli), and the form in which files of TensorFlow store it. */
uint32_t mt_crc32c(const void *data, size_t size);
uint32_t mt_crc32c_mask(uint32_t crc);

#endif
