/* SPDX-License-Identifier: MIT
 * The stream reader on any bytes. So that a fuzzer gets past the checksums,
 * they are made right first wherever the frames can be walked. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc.h"
#include "stream/layout.h"
#include "stream/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void mend(unsigned char *p, size_t size)
{
	uint32_t digest = 0;
	uint64_t start = 0, seq = 0;
	for (size_t at = 0; size - at >= MT_FRAME_HEAD;) {
		unsigned char *h = p + at;
		uint64_t n = mt_get_u64(h + MT_AT_SIZE);
		if (memcmp(h, MT_SYNC, 4) || n > size - at - MT_FRAME_HEAD)
			return;
		if (!memcmp(h + MT_AT_TYPE, "HEAD", 4)) {
			digest = 0;
			start = at;
			seq = 0;
		}
		mt_set_u64(h + MT_AT_SEQ, seq++);
		if (!memcmp(h + MT_AT_TYPE, "DONE", 4) && n >= 128) {
			mt_set_u64(h + 160, digest);
			mt_set_u64(h + 168, at - start);
		}
		mt_set_u32(h + MT_AT_CCRC,
			   mt_crc32(0, h + MT_FRAME_HEAD, (size_t)n));
		mt_set_u32(h + MT_AT_HCRC, mt_crc32(0, h, MT_AT_HCRC));
		digest = mt_crc32(digest, h + MT_AT_HCRC, 4);
		at += MT_FRAME_HEAD + (size_t)n;
	}
}

/* Touch every byte that a field claims. */
static unsigned touch(const struct mt_rec *rec)
{
	unsigned sum = 0;
	for (int i = 0; i < rec->n_field; i++)
		for (uint64_t k = 0; k < rec->field[i].size; k++)
			sum += ((const unsigned char *)rec->field[i].data)[k];
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static volatile unsigned sink;
	(void)sink;
	unsigned char *p = malloc(size ? size : 1);
	memcpy(p, data, size);
	if (size && data[size - 1] & 1)
		mend(p, size);
	struct mt_reader r;
	struct mt_rec rec;
	struct mt_err err = {0};
	mt_rec_init(&rec);
	mt_reader_open_mem(&r, p, size, "fuzz");
	r.max_size = 1 << 24;
	while (!mt_reader_next(&r, &rec, &err))
		sink += touch(&rec);
	mt_reader_close(&r);
	mt_rec_release(&rec);
	free(p);
	return 0;
}
