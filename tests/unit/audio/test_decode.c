/* SPDX-License-Identifier: MIT
 * Gapless decoding: a known sound is encoded by libav's encoders with the
 * headers that each format has for delay and padding, decoded, and laid over
 * the original: the number of samples and the lag must be exact. */
#include <malloc.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include "audio/decode.h"
#include "base/mem.h"

#define N 70001         /* samples of the sound: no whole number of frames */
#define MAX_LAG 1600
#define FROM 20000      /* where lag and likeness are measured */
#define SPAN 16384
#define VORBIS_DELAY (LIBAVCODEC_VERSION_MAJOR >= 61 ? 128 : 0) /* half a block */

static float sound[N];
static char path[64];

static void make_sound(void **state)
{
	(void)state;
	for (int i = 0; i < N; i++) {
		double t = i / 44100.0;
		sound[i] = (float)(0.4 * sin(2 * M_PI * (200 + 900 * t) * t) *
				   (1 + 0.5 * sin(2 * M_PI * 7 * t)));
	}
}

/* What one encoder needs to be told. */
struct form {
	const char *name, *codec, *ext;
	int rate, channels;
	int64_t bit_rate;
	int delay;              /* with keep_padding, samples; -1: not told */
	double like;            /* least correlation with the original */
	const char *option, *value;  /* of the muxer, or NULL */
};

static void fill(AVFrame *f, const AVCodecContext *c, int at, int n)
{
	f->nb_samples = n;
	f->format = c->sample_fmt;
	av_channel_layout_copy(&f->ch_layout, &c->ch_layout);
	f->sample_rate = c->sample_rate;
	f->pts = at;
	assert_true(av_frame_get_buffer(f, 0) >= 0);
	int channels = c->ch_layout.nb_channels;
	bool planar = av_sample_fmt_is_planar(c->sample_fmt);
	for (int i = 0; i < n * channels; i++) {
		int ch = planar ? i / n : i % channels;
		int k = planar ? i % n : i / channels;
		uint8_t *to = planar ? f->extended_data[ch] : f->data[0];
		int slot = planar ? k : i;
		float x = sound[at + k] * (ch ? 0.5f : 1.0f);
		if (av_get_packed_sample_fmt(c->sample_fmt) == AV_SAMPLE_FMT_S16)
			((int16_t *)to)[slot] = (int16_t)lrintf(x * 32768);
		else if (av_get_packed_sample_fmt(c->sample_fmt) == AV_SAMPLE_FMT_S32)
			((int32_t *)to)[slot] = (int32_t)(x * 2147483647.0f);
		else
			((float *)to)[slot] = x;
	}
}

/* Whatever the encoder has ready into the file. */
static void drain(AVFormatContext *file, AVCodecContext *c, AVPacket *p)
{
	while (avcodec_receive_packet(c, p) >= 0) {
		av_packet_rescale_ts(p, c->time_base,
				     file->streams[0]->time_base);
		p->stream_index = 0;
		assert_true(av_interleaved_write_frame(file, p) >= 0);
	}
}

/* In the first of these sample formats that the encoder takes. */
static AVCodecContext *open_encoder(const struct form *form, int flags)
{
	static const enum AVSampleFormat formats[] = {AV_SAMPLE_FMT_FLT, AV_SAMPLE_FMT_FLTP,
						      AV_SAMPLE_FMT_S16, AV_SAMPLE_FMT_S32};
	const AVCodec *codec = avcodec_find_encoder_by_name(form->codec);
	AVCodecContext *c = NULL;
	for (int i = 0; codec && !c; i++) {
		assert_in_range(i, 0, 3);
		c = avcodec_alloc_context3(codec);
		c->sample_fmt = formats[i];
		c->sample_rate = form->rate;
		c->time_base = (AVRational){1, form->rate};
		c->bit_rate = form->bit_rate;
		av_channel_layout_default(&c->ch_layout, form->channels);
		c->strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL;
		c->flags |= flags & AVFMT_GLOBALHEADER ? AV_CODEC_FLAG_GLOBAL_HEADER : 0;
		if (avcodec_open2(c, codec, NULL) < 0)
			avcodec_free_context(&c);
	}
	return c;
}

/* The sound as a file at path; false: this libav has no such encoder. */
static bool encode(const struct form *form)
{
	AVFormatContext *file = NULL;
	snprintf(path, sizeof path, "/tmp/mt-decode-%ld.%s", (long)getpid(), form->ext);
	assert_true(avformat_alloc_output_context2(&file, NULL, NULL, path) >= 0);
	AVCodecContext *c = open_encoder(form, file->oformat->flags);
	if (!c) {
		avformat_free_context(file);
		return false;
	}
	AVStream *s = avformat_new_stream(file, NULL);
	s->time_base = c->time_base;
	assert_true(avcodec_parameters_from_context(s->codecpar, c) >= 0);
	assert_true(avio_open(&file->pb, path, AVIO_FLAG_WRITE) >= 0);
	AVDictionary *opt = NULL;
	if (form->option)
		av_dict_set(&opt, form->option, form->value, 0);
	assert_true(avformat_write_header(file, &opt) >= 0);
	av_dict_free(&opt);
	AVPacket *p = av_packet_alloc();
	int step = c->frame_size ? c->frame_size : 4096;
	for (int at = 0; at < N; at += step) {
		AVFrame *f = av_frame_alloc();
		fill(f, c, at, N - at < step ? N - at : step);
		assert_true(avcodec_send_frame(c, f) >= 0);
		av_frame_free(&f);
		drain(file, c, p);
	}
	assert_true(avcodec_send_frame(c, NULL) >= 0);
	drain(file, c, p);
	assert_true(av_write_trailer(file) >= 0);
	av_packet_free(&p);
	avcodec_free_context(&c);
	avio_closep(&file->pb);
	avformat_free_context(file);
	return true;
}

static struct mt_pcm decode(const struct mt_decode_opts *how)
{
	struct mt_err err = {0};
	struct mt_decoder *d;
	struct mt_pcm pcm = {0};
	if (mt_decoder_open(&d, path, how, &err) ||
	    mt_decoder_read(d, &pcm, SIZE_MAX, &err) != MT_END)
		fail_msg("%s", err.text);
	assert_int_equal(mt_decoder_damaged(d), 0);
	mt_decoder_close(d);
	return pcm;
}

/* How many samples y is behind the sound, and how like it then. */
static int lag_of(const float *y, double *like)
{
	double best = -1;
	int lag = 0;
	for (int l = -MAX_LAG; l <= MAX_LAG; l++) {
		double xy = 0, xx = 0, yy = 0;
		for (int i = FROM; i < FROM + SPAN; i++) {
			double a = sound[i], b = y[i + l];
			xy += a * b, xx += a * a, yy += b * b;
		}
		double r = xy / sqrt(xx * yy);
		if (r > best)
			best = r, lag = l;
	}
	*like = best;
	return lag;
}

static const struct form forms[] = {
	{"WAV", "pcm_s16le", "wav", 44100, 1, 0, 0, 0.999999, NULL, NULL},
	{"FLAC", "flac", "flac", 44100, 1, 0, 0, 0.999999, NULL, NULL},
	{"FLAC of two channels", "flac", "flac", 44100, 2, 0, 0, 0.999999, NULL, NULL},
	/* LAME's encoder is 576 samples late, a decoder of MP3 528 + 1 */
	{"MP3", "libmp3lame", "mp3", 44100, 1, 128000, 1105, 0.99, NULL, NULL},
	{"MP3 of two channels", "libmp3lame", "mp3", 44100, 2, 192000, 1105, 0.99, NULL, NULL},
	{"MP3 of low rate", "libmp3lame", "mp3", 16000, 1, 64000, 1105, 0.99, NULL, NULL},
	/* by default the edit list is in milliseconds, see test_edit_list() */
	{"AAC in MP4", "aac", "m4a", 44100, 1, 128000, 1024, 0.99, "movie_timescale", "44100"},
	{"Vorbis", "libvorbis", "ogg", 44100, 1, 0, VORBIS_DELAY, 0.99, NULL, NULL},
	/* RFC 7845: 6.5 ms of 48 kHz are libopus' pre-skip */
	{"Opus", "libopus", "opus", 48000, 1, 128000, 312, 0.99, NULL, NULL},
};

static void check_form(const struct form *form)
{
	double like;
	if (!encode(form)) {
		print_message("# skipped: no encoder %s\n", form->codec);
		return;
	}
	struct mt_pcm pcm = decode(&(struct mt_decode_opts){0});
	int lag = lag_of(pcm.x[0], &like);
	if (pcm.n != N || lag || like < form->like)
		fail_msg("%s: %zu samples, not %d; %d late, likeness %.7f",
			 form->name, pcm.n, N, lag, like);
	mt_pcm_release(&pcm);

	pcm = decode(&(struct mt_decode_opts){.keep_padding = true});
	lag = lag_of(pcm.x[0], &like);
	if (lag != form->delay || pcm.n < (size_t)(N + lag) ||
	    (lag && pcm.n == N))
		fail_msg("%s with its padding: %zu samples, %d late, not %d",
			 form->name, pcm.n, lag, form->delay);
	mt_pcm_release(&pcm);
	unlink(path);
}

static void test_gapless(void **state)
{
	make_sound(state);
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		check_form(&forms[i]);
}

static const struct form aac = {
	"AAC", "aac", "m4a", 44100, 1, 128000, 1024, 0.99, "use_editlist", "1"};

/* An edit list in milliseconds ends up to one of them too early. */
static void test_edit_list(void **state)
{
	double like;
	make_sound(state);
	assert_true(encode(&aac));
	struct mt_pcm pcm = decode(&(struct mt_decode_opts){0});
	assert_int_equal(lag_of(pcm.x[0], &like), 0);
	assert_in_range(pcm.n, N - 44, N);
	mt_pcm_release(&pcm);
	unlink(path);
}

/* A box of MP4 around n bytes at p, which it moves. */
static size_t box(char *p, size_t n, const char *type)
{
	uint32_t size = (uint32_t)n + 8;
	memmove(p + 8, p, n);
	for (int i = 0; i < 4; i++)
		p[i] = (char)(size >> (24 - 8 * i));
	memcpy(p + 4, type, 4);
	return n + 8;
}

/* Append to the file, whose last box is moov, the tag by which iTunes tells
 * delay, padding and length. */
static void tag_gapless(unsigned delay, unsigned padding, unsigned length)
{
	char b[1024] = "", *p = b;
	static char whole[1 << 20];
	memcpy(p, "\0\0\0\0com.apple.iTunes", 20);
	p += box(p, 20, "mean");
	memcpy(p, "\0\0\0\0iTunSMPB", 12);
	p += box(p, 12, "name");
	int n = snprintf(p + 8, 200, " 00000000 %08X %08X %016X 00000000", delay,
			 padding, length);
	memcpy(p, "\0\0\0\1\0\0\0\0", 8);
	p += box(p, (size_t)n + 8, "data");
	size_t size = box(b, (size_t)(p - b), "----");
	size = box(b, size, "ilst");
	char hdlr[33] = {0};
	memcpy(hdlr + 8, "mdirappl", 8);
	char meta[1200] = {0};
	memcpy(meta + 4, hdlr, sizeof hdlr);
	size_t m = 4 + box(meta + 4, sizeof hdlr, "hdlr");
	memcpy(meta + m, b, size);
	size = box(meta, m + size, "meta");
	size = box(meta, size, "udta");

	FILE *f = fopen(path, "r+");
	assert_non_null(f);
	size_t total = fread(whole, 1, sizeof whole - 1, f), at = 0;
	for (uint32_t step = 0; memcmp(whole + at + 4, "moov", 4); at += step) {
		step = 0;
		for (int i = 0; i < 4; i++)
			step = step << 8 | (uint8_t)whole[at + (size_t)i];
		assert_in_range(step, 8, total - at - 8);
	}
	uint32_t moov = (uint32_t)(total - at + size);
	for (int i = 0; i < 4; i++)
		whole[at + (size_t)i] = (char)(moov >> (24 - 8 * i));
	rewind(f);
	assert_int_equal(fwrite(whole, 1, total, f), total);
	assert_int_equal(fwrite(meta, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

static void test_itunes(void **state)
{
	double like;
	struct form form = aac;
	form.value = "0";
	make_sound(state);
	assert_true(encode(&form));
	struct mt_pcm pcm = decode(&(struct mt_decode_opts){0});
	assert_int_equal(lag_of(pcm.x[0], &like), 1024);  /* nobody told */
	mt_pcm_release(&pcm);
	/* shorter than the packets say, so that it is the tag that counts */
	tag_gapless(1024, 70 * 1024 - (N - 100), N - 100);
	pcm = decode(&(struct mt_decode_opts){0});
	assert_int_equal(lag_of(pcm.x[0], &like), 0);
	assert_int_equal(pcm.n, N - 100);
	mt_pcm_release(&pcm);
	/* a length that cannot be is not believed */
	assert_true(encode(&form));
	tag_gapless(1024, 0, 1000);
	pcm = decode(&(struct mt_decode_opts){0});
	assert_in_range(pcm.n, N, N + 2048);
	mt_pcm_release(&pcm);
	unlink(path);
}

/* Left is the sound, right half of it: mono is 0.75 of it. */
static void test_channels(void **state)
{
	make_sound(state);
	assert_true(encode(&forms[2]));
	struct mt_pcm both = decode(&(struct mt_decode_opts){.all_channels = true});
	struct mt_pcm mono = decode(&(struct mt_decode_opts){0});
	assert_int_equal(both.n_channel, 2);
	assert_int_equal(mono.n_channel, 1);
	for (size_t i = 0; i < N; i++) {
		assert_float_equal(both.x[0][i], sound[i], 1.0 / 32768);
		assert_float_equal(both.x[1][i], 0.5 * sound[i], 1.0 / 32768);
		assert_float_equal(mono.x[0][i],
				   0.5 * (both.x[0][i] + both.x[1][i]), 1e-6);
	}
	mt_pcm_release(&both);
	mt_pcm_release(&mono);
	unlink(path);
}

/* Memory that is lent is filled, and left when it is too small: the samples
 * are the same in any case. */
static void test_lent(void **state)
{
	struct mt_err err = {0};
	make_sound(state);
	assert_true(encode(&forms[1]));
	struct mt_decode_opts how = {.rate = 16000};
	struct mt_pcm want = decode(&how);
	size_t caps[] = {1, 5000, want.n, 100000};
	for (size_t i = 0; i < sizeof caps / sizeof *caps; i++) {
		struct mt_decoder *d;
		struct mt_pcm pcm = {0};
		float *base = mt_calloc(caps[i], sizeof *base);
		mt_pcm_lend(&pcm, base, 1, caps[i]);
		assert_int_equal(mt_decoder_open(&d, path, &how, &err), 0);
		int channels;
		size_t n;
		mt_decoder_expect(d, &channels, &n);
		assert_int_equal(channels, 1);
		assert_in_range(n, want.n, want.n + 70000);
		assert_int_equal(mt_decoder_read(d, &pcm, SIZE_MAX, &err), MT_END);
		assert_int_equal(pcm.n, want.n);
		assert_memory_equal(pcm.x[0], want.x[0], want.n * sizeof(float));
		assert_int_equal(pcm.lent, caps[i] == 100000);
		if (pcm.lent)
			assert_ptr_equal(pcm.x[0], base);
		mt_pcm_release(&pcm);
		mt_decoder_close(d);
		free(base);
	}
	mt_pcm_release(&want);
	unlink(path);
}

/* An encoder's count of MP3 frames is exact; the room for them, too. */
static void test_counted(void **state)
{
	struct mt_err err = {0};
	struct mt_decoder *d;
	int channels;
	size_t n;
	make_sound(state);
	if (!encode(&forms[4]))
		skip();
	for (int i = 0; i < 3; i++) {
		struct mt_decode_opts how = {.all_channels = true, .start = i == 1,
					     .keep_padding = i == 2};
		assert_int_equal(mt_decoder_open(&d, path, &how, &err), 0);
		mt_decoder_expect(d, &channels, &n);
		assert_int_equal(channels, 2);
		if (!i)
			assert_int_equal(n, N);
		else
			assert_in_range(n, N + 1, N + 70000);
		mt_decoder_close(d);
	}
	unlink(path);
}

static void *feed_pipe(void *fd)
{
	static char buf[1 << 16];
	FILE *f = fopen(path, "rb");
	int to = *(int *)fd;
	for (size_t n; (n = fread(buf, 1, sizeof buf, f)) > 0;)
		if (write(to, buf, n) != (ssize_t)n)
			break;
	fclose(f);
	close(to);
	return NULL;
}

static struct mt_pcm decode_piped(void)
{
	int fd[2], old = dup(0);
	pthread_t thread;
	struct mt_decode_opts how = {.spool = "."};
	assert_int_equal(pipe(fd), 0);
	dup2(fd[0], 0);
	close(fd[0]);
	pthread_create(&thread, NULL, feed_pipe, &fd[1]);
	struct mt_decoder *d;
	struct mt_err err = {0};
	struct mt_pcm pcm = {0};
	if (mt_decoder_open(&d, NULL, &how, &err) ||
	    mt_decoder_read(d, &pcm, SIZE_MAX, &err) != MT_END)
		fail_msg("%s", err.text);
	mt_decoder_close(d);
	dup2(old, 0);
	pthread_join(thread, NULL);
	return pcm;
}

static void append_id3v1(void)
{
	static char tag[128] = "TAGTitle";
	FILE *f = fopen(path, "ab");
	fwrite(tag, 1, sizeof tag, f);
	fclose(f);
}

/* A pipe gives the samples that the file gives, in every form. */
static void test_pipe(void **state)
{
	static const struct form more[] = {
		{"MP3 without a count", "libmp3lame", "mp3", 44100, 2, 128000, 0, 0,
		 "write_xing", "0"},
		{"MP4 with its index in front", "aac", "m4a", 44100, 1, 128000, 0, 0,
		 "movflags", "+faststart"},
		{"ADTS", "aac", "aac", 44100, 1, 128000, 0, 0, NULL, NULL},
		{"WavPack", "wavpack", "wv", 44100, 1, 0, 0, 0, NULL, NULL},
		{"Matroska", "flac", "mka", 44100, 1, 0, 0, 0, NULL, NULL},
		{"AIFF", "pcm_s16be", "aiff", 44100, 1, 0, 0, 0, NULL, NULL},
		{"Wave64", "pcm_s16le", "w64", 44100, 1, 0, 0, 0, NULL, NULL},
	};
	enum { FORMS = sizeof forms / sizeof *forms };
	make_sound(state);
	for (size_t i = 0; i < FORMS + sizeof more / sizeof *more; i++) {
		const struct form *form = i < FORMS ? &forms[i] : &more[i - FORMS];
		if (!encode(form))
			continue;
		if (!strcmp(form->ext, "mp3"))
			append_id3v1();
		struct mt_pcm file = decode(&(struct mt_decode_opts){0});
		struct mt_pcm piped = decode_piped();
		if (file.n != piped.n || file.n_channel != piped.n_channel ||
		    memcmp(file.x[0], piped.x[0], file.n * sizeof(float)) != 0)
			fail_msg("%s: %zu samples, from a pipe %zu", form->name,
				 file.n, piped.n);
		mt_pcm_release(&file);
		mt_pcm_release(&piped);
		unlink(path);
	}
}

static void put_le(FILE *f, uint32_t v, int n)
{
	for (; n--; v >>= 8)
		fputc((int)(v & 255), f);
}

/* DTS in a WAV file that calls it PCM, as discs were copied. */
static void test_dts_in_wav(void **state)
{
	static const struct form dts = {"DTS", "dca", "dts", 44100, 2, 1411200,
					0, 0.99, NULL, NULL};
	static char data[1 << 21];
	double like;
	make_sound(state);
	if (!encode(&dts))
		skip();
	FILE *f = fopen(path, "r+b");
	uint32_t n = (uint32_t)fread(data, 1, sizeof data, f);
	rewind(f);
	fwrite("RIFF", 4, 1, f), put_le(f, n + 36, 4);
	fwrite("WAVEfmt ", 8, 1, f), put_le(f, 16, 4);
	put_le(f, 1, 2), put_le(f, 2, 2), put_le(f, 44100, 4);
	put_le(f, 176400, 4), put_le(f, 4, 2), put_le(f, 16, 2);
	fwrite("data", 4, 1, f), put_le(f, n, 4);
	fwrite(data, n, 1, f);
	fclose(f);
	struct mt_pcm pcm = decode(&(struct mt_decode_opts){.all_channels = true});
	assert_int_equal(pcm.n_channel, 2);
	lag_of(pcm.x[0], &like);
	if (like < 0.99)
		fail_msg("likeness %g", like);
	mt_pcm_release(&pcm);
	unlink(path);
}

/* Resampled sound keeps its place and length. */
static void test_resampled(void **state)
{
	double like;
	make_sound(state);
	assert_true(encode(&forms[1]));
	for (int r = MT_RESAMPLER_FFT; r <= MT_RESAMPLER_SWR; r++) {
		struct mt_pcm up = decode(&(struct mt_decode_opts){
			.rate = 88200, .resampler = (enum mt_resampler)r});
		for (size_t i = 0; i < up.n / 2; i++)
			up.x[0][i] = up.x[0][2 * i];
		assert_int_equal(lag_of(up.x[0], &like), 0);
		assert_true(like > 0.99999);
		assert_in_range(up.n, 2 * N - 40, 2 * N + 40);
		mt_pcm_release(&up);
	}
	unlink(path);
}

/* A tone of freq Hz at 44.1 kHz through a resampler to 16 kHz: dB of what is
 * left of it, -300 for nothing. */
static double left_of(double freq, enum mt_resampler resampler)
{
	static const struct form wav = {"WAV", "pcm_f32le", "wav", 44100, 1, 0, 0,
					1, NULL, NULL};
	for (int i = 0; i < N; i++)
		sound[i] = (float)(0.5 * sin(2 * M_PI * freq / 44100 * i));
	assert_true(encode(&wav));
	struct mt_pcm pcm = decode(&(struct mt_decode_opts){
		.rate = 16000, .resampler = resampler});
	double sum = 0;
	for (size_t i = 4000; i < 20000; i++)
		sum += (double)pcm.x[0][i] * pcm.x[0][i];
	mt_pcm_release(&pcm);
	unlink(path);
	return 10 * log10(sum / 16000 / 0.125 + 1e-30);
}

/* What passes and what folds back, as the manual page states it. */
static void test_quality(void **state)
{
	(void)state;
	assert_true(fabs(left_of(7200, MT_RESAMPLER_FFT)) < 0.01);
	assert_true(left_of(8020, MT_RESAMPLER_FFT) < -115);
	assert_true(fabs(left_of(7200, MT_RESAMPLER_SOXR)) < 0.05);
	assert_true(left_of(8200, MT_RESAMPLER_SOXR) < -120);
	assert_true(fabs(left_of(7200, MT_RESAMPLER_SWR) + 1) < 0.5);
	assert_true(left_of(8200, MT_RESAMPLER_SWR) < -12);
	assert_true(left_of(9000, MT_RESAMPLER_SWR) < -50);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	mallopt(M_PERTURB, 85);  /* what is freed does not keep its samples */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gapless),
		cmocka_unit_test(test_edit_list),
		cmocka_unit_test(test_itunes),
		cmocka_unit_test(test_channels),
		cmocka_unit_test(test_lent),
		cmocka_unit_test(test_counted),
		cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_dts_in_wav),
		cmocka_unit_test(test_resampled),
		cmocka_unit_test(test_quality),
	};
	return cmocka_run_group_tests_name("decode", tests, NULL, NULL);
}
