/* SPDX-License-Identifier: MIT
 * CRC-32C by a table of 256 entries: 300 MB/s, and a checkpoint has a few MB. */
#include <pthread.h>

#include "import/bundle.h"

static uint32_t table[256];

static void fill(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;
		for (int k = 0; k < 8; k++)
			c = c >> 1 ^ (c & 1 ? 0x82f63b78 : 0);
		table[i] = c;
	}
}

uint32_t mt_crc32c(const void *data, size_t size)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	const unsigned char *p = data;
	uint32_t c = 0xffffffff;
	pthread_once(&once, fill);
	for (size_t i = 0; i < size; i++)
		c = table[(c ^ p[i]) & 255] ^ c >> 8;
	return ~c;
}

uint32_t mt_crc32c_mask(uint32_t crc)
{
	return (crc >> 15 | crc << 17) + 0xa282ead8;
}
