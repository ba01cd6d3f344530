/* SPDX-License-Identifier: MIT
 * FLAC whose frames are not as its first header says: streams of other depth
 * that were joined, or a block size that the header has too small. libavcodec
 * takes the header's word and refuses such frames. */
#ifndef MT_AUDIO_FLACFIT_H
#define MT_AUDIO_FLACFIT_H

#include <stdbool.h>

#include <libavcodec/codec_par.h>
#include <libavcodec/packet.h>

/* Change the header in par to fit a packet's frame. False: it fits already, or
 * this is not a frame of FLAC. */
bool mt_flac_fit(AVCodecParameters *par, const AVPacket *packet);

#endif
