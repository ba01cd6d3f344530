/* SPDX-License-Identifier: MIT
 * The floor under mt-decode: nothing but the libav calls that decode the files
 * named, every channel as planar or packed as the codec gives it, written as
 * it is. Usage: bench_decode FILE ... > /dev/null */
#include <stdio.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

static void drain(AVCodecContext *codec, AVFrame *frame)
{
	while (avcodec_receive_frame(codec, frame) >= 0) {
		int planes = av_sample_fmt_is_planar(frame->format)
				     ? frame->ch_layout.nb_channels : 1;
		size_t size = (size_t)frame->nb_samples *
			      (size_t)av_get_bytes_per_sample(frame->format) *
			      (planes > 1 ? 1 : (size_t)frame->ch_layout.nb_channels);
		for (int i = 0; i < planes; i++)
			fwrite(frame->extended_data[i], 1, size, stdout);
	}
}

static int decode(const char *path)
{
	AVFormatContext *file = NULL;
	const AVCodec *decoder = NULL;
	if (avformat_open_input(&file, path, NULL, NULL) < 0)
		return 1;
	avformat_find_stream_info(file, NULL);
	int n = av_find_best_stream(file, AVMEDIA_TYPE_AUDIO, -1, -1, &decoder, 0);
	if (n < 0) {
		avformat_close_input(&file);
		return 1;
	}
	AVCodecContext *codec = avcodec_alloc_context3(decoder);
	AVPacket *packet = av_packet_alloc();
	AVFrame *frame = av_frame_alloc();
	avcodec_parameters_to_context(codec, file->streams[n]->codecpar);
	codec->thread_count = 1;
	int bad = avcodec_open2(codec, decoder, NULL) < 0;
	while (!bad && av_read_frame(file, packet) >= 0) {
		if (packet->stream_index == n && avcodec_send_packet(codec, packet) >= 0)
			drain(codec, frame);
		av_packet_unref(packet);
	}
	if (!bad && avcodec_send_packet(codec, NULL) >= 0)
		drain(codec, frame);
	av_frame_free(&frame);
	av_packet_free(&packet);
	avcodec_free_context(&codec);
	avformat_close_input(&file);
	return bad;
}

int main(int argc, char **argv)
{
	int bad = 0;
	av_log_set_level(AV_LOG_QUIET);
	for (int i = 1; i < argc; i++)
		bad |= decode(argv[i]);
	return bad;
}
