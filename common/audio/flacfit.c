/* SPDX-License-Identifier: MIT */
#include "audio/flacfit.h"

#include <stdint.h>

#define STREAMINFO 34  /* bytes */

/* Samples of a block by the four bits that say so; 0: they stand elsewhere. */
static unsigned block_size(unsigned code)
{
	return code == 1 ? 192 : code >= 2 && code <= 5 ? 576u << (code - 2)
	       : code >= 8 ? 256u << (code - 8) : 0;
}

bool mt_flac_fit(AVCodecParameters *par, const AVPacket *packet)
{
	static const unsigned char depths[8] = {0, 8, 12, 0, 16, 20, 24, 32};
	const uint8_t *p = packet->data;
	uint8_t *x = par->extradata;
	if (par->codec_id != AV_CODEC_ID_FLAC || par->extradata_size != STREAMINFO ||
	    packet->size < 6 || p[0] != 0xff || (p[1] & 0xfc) != 0xf8)
		return false;
	unsigned depth = depths[p[3] >> 1 & 7], block = block_size(p[2] >> 4);
	unsigned old_depth = ((x[12] & 1u) << 4 | x[13] >> 4) + 1;
	unsigned old_block = (unsigned)x[2] << 8 | x[3];
	bool other_depth = depth && depth != old_depth;
	bool larger = block ? block > old_block : old_block < 65535;
	if (!other_depth && !larger)
		return false;
	if (other_depth) {
		x[12] = (uint8_t)((x[12] & 0xfe) | (depth - 1) >> 4);
		x[13] = (uint8_t)((x[13] & 0x0f) | ((depth - 1) & 15) << 4);
	}
	x[2] = x[3] = 0xff;
	return true;
}
