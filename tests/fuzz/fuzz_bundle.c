/* SPDX-License-Identifier: MIT
 * Bundles of TensorFlow: the first byte is the size of the data file, which
 * follows; the rest is the index. Its blocks get the checksums that they should
 * have, so that what is behind them is reached; those of tensors stay. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "import/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t varint(const uint8_t *p, size_t size, size_t *at)
{
	uint64_t v = 0;
	for (int shift = 0; shift < 63 && *at < size; shift += 7) {
		uint8_t b = p[(*at)++];
		v |= (uint64_t)(b & 127) << shift;
		if (b < 128)
			break;
	}
	return v;
}

/* Right the checksum of the block whose handle is at *at; its place. */
static uint8_t *mend(uint8_t *index, size_t size, const uint8_t *p, size_t n, size_t *at,
		     uint64_t *n_block)
{
	uint64_t offset = varint(p, n, at);
	*n_block = varint(p, n, at);
	if (offset > size || *n_block > size - offset || size - offset - *n_block < 5)
		return NULL;
	uint32_t crc = mt_crc32c_mask(mt_crc32c(index + offset, *n_block + 1));
	memcpy(index + offset + *n_block + 1, &crc, 4);
	return index + offset;
}

static void mend_all(uint8_t *index, size_t size)
{
	uint8_t foot[48];
	size_t at = 0, in = 0;
	uint64_t n = 0;
	if (size < sizeof foot)
		return;
	size -= sizeof foot;
	memcpy(foot, index + size, sizeof foot);
	mend(index, size, foot, 40, &at, &n);
	uint8_t *top = mend(index, size, foot, 40, &at, &n);
	while (top && in < n) {
		uint64_t n_key, n_block;
		varint(top, n, &in);
		n_key = varint(top, n, &in);
		varint(top, n, &in);
		if (n_key > n - in)
			break;
		in += n_key;
		mend(index, size, top, n, &in, &n_block);
	}
	/* what was righted may be part of what was righted before */
	at = 0;
	mend(index, size, foot, 40, &at, &n);
	mend(index, size, foot, 40, &at, &n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mt_weights w = {0};
	struct mt_err err = {0};
	if (!size)
		return 0;
	size_t n_data = data[0] < size - 1 ? data[0] : size - 1, n = size - 1 - n_data;
	uint8_t *index = mt_calloc(n + 1, 1);
	memcpy(index, data + 1 + n_data, n);
	mend_all(index, n);
	struct mt_bundle_shard shard = {(const char *)data + 1, n_data};
	uint64_t n_shard = 0;
	int head = mt_bundle_shards((const char *)index, n, "x", &n_shard, &err);
	int rc = mt_bundle_parse(&w, (const char *)index, n, "x", &shard, 1, &err);
	MT_BUG(rc && rc != MT_EINPUT);
	MT_BUG(rc && !*err.text);
	MT_BUG(!rc && (head || !n_shard));
	MT_BUG(w.bytes > 4 * n_data);
	for (size_t i = 0; i < w.n; i++) {
		const struct mt_weight *t = &w.item[i];
		uint64_t count = 1;
		for (int d = 0; d < t->n_dim; d++)
			count *= t->dim[d];
		MT_BUG(count != t->count);
		MT_BUG(mt_weights_get(&w, t->name) != t);
	}
	mt_weights_release(&w);
	free(index);
	return 0;
}
