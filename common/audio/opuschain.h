/* SPDX-License-Identifier: MIT
 * Opus files of one serial number joined end to end. libavformat passes the
 * headers of the second file to the decoder as if they were sound, and ignores
 * its encoder delay. */
#ifndef MT_AUDIO_OPUSCHAIN_H
#define MT_AUDIO_OPUSCHAIN_H

#include <libavcodec/packet.h>

/* Is this packet a header of Opus? Returns the encoder delay in samples at
 * 48 kHz for OpusHead, 0 for OpusTags and -1 for sound. */
int mt_opus_header(const AVPacket *packet);

/* Have the decoder drop the first n samples of a packet. */
void mt_opus_skip(AVPacket *packet, int n);

#endif
