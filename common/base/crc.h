/* SPDX-License-Identifier: MIT
 * CRC-32 as in zlib, gzip and PNG (IEEE 802.3), computed by libdeflate. */
#ifndef MT_BASE_CRC_H
#define MT_BASE_CRC_H

#include <libdeflate.h>
#include <stddef.h>
#include <stdint.h>

/* Continue crc (0 at the start) over size bytes. */
static inline uint32_t mt_crc32(uint32_t crc, const void *data, size_t size)
{
	/* libdeflate starts anew when data is NULL, as an empty field's is */
	return size ? libdeflate_crc32(crc, data, size) : crc;
}

#endif
