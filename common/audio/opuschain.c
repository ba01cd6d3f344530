/* SPDX-License-Identifier: MIT */
#include "audio/opuschain.h"

#include <string.h>

#include <libavutil/intreadwrite.h>

#define HEAD 19  /* bytes of OpusHead without a channel mapping */
#define SKIP 10  /* bytes of libavcodec's side data on what to drop */

int mt_opus_header(const AVPacket *packet)
{
	if (packet->size >= 8 && !memcmp(packet->data, "OpusTags", 8))
		return 0;
	if (packet->size < HEAD || memcmp(packet->data, "OpusHead", 8))
		return -1;
	return AV_RL16(packet->data + 10);
}

void mt_opus_skip(AVPacket *packet, int n)
{
	size_t size = 0;
	enum AVPacketSideDataType type = AV_PKT_DATA_SKIP_SAMPLES;
	uint8_t *p = av_packet_get_side_data(packet, type, &size);
	if (!p && (p = av_packet_new_side_data(packet, type, SKIP)))
		memset(p, 0, size = SKIP);
	if (p && size >= 4)
		AV_WL32(p, (uint32_t)n);
}
