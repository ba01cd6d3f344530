/* SPDX-License-Identifier: MIT
 * The floor under mt-decode: nothing but the libav calls that decode the files
 * named. Usage:
 *   bench_decode FILE ... > /dev/null      each frame as the codec gives it
 *   bench_decode -r FILE ... > /dev/null   float, mono, 16 kHz, by swresample */
#include <stdio.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libswresample/swresample.h>

static int resampled;
static SwrContext *swr;

/* frame NULL: what the resampler still holds. */
static void convert(AVFrame *frame)
{
	static float out[1 << 16];
	uint8_t *to = (uint8_t *)out;
	int n;
	if (frame && !swr) {
		AVChannelLayout mono = AV_CHANNEL_LAYOUT_MONO;
		swr_alloc_set_opts2(&swr, &mono, AV_SAMPLE_FMT_FLT, 16000,
				    &frame->ch_layout,
				    (enum AVSampleFormat)frame->format,
				    frame->sample_rate, 0, NULL);
		swr_init(swr);
	}
	if (!swr)
		return;
	n = swr_convert(swr, &to, 1 << 16,
			frame ? (const uint8_t **)frame->extended_data : NULL,
			frame ? frame->nb_samples : 0);
	if (n > 0)
		fwrite(out, sizeof *out, (size_t)n, stdout);
}

static void drain(AVCodecContext *codec, AVFrame *frame)
{
	while (avcodec_receive_frame(codec, frame) >= 0) {
		if (resampled) {
			convert(frame);
			continue;
		}
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
	if (resampled)
		convert(NULL);
	swr_free(&swr);
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
	resampled = argc > 1 && !strcmp(argv[1], "-r");
	for (int i = 1 + resampled; i < argc; i++)
		bad |= decode(argv[i]);
	return bad;
}
