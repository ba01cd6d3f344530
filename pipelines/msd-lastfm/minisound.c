/* SPDX-License-Identifier: MIT */
#include "minisound.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include "base/mem.h"
#include "base/rng.h"

#define TAU 6.283185307179586

/* A piece being made: everything adds to x. */
struct piece {
	float *x;
	size_t n;
	struct mt_rng rng;
	double root;             /* Hz */
	double beat;             /* seconds */
	const int *scale;        /* of 7 semitones */
};

static const int major[7] = {0, 2, 4, 5, 7, 9, 11};
static const int minor[7] = {0, 2, 3, 5, 7, 8, 10};

static double pitch(const struct piece *p, int degree)
{
	int octave = (degree + 700) / 7 - 100;
	int step = p->scale[degree - octave * 7];
	return p->root * exp2(octave + step / 12.0);
}

enum shape { SINE, SAW, SQUARE, TRIANGLE };

static double wave(enum shape shape, double phase)
{
	double f = phase - floor(phase);
	switch (shape) {
	case SAW: return 2 * f - 1;
	case SQUARE: return f < 0.5 ? 0.7 : -0.7;
	case TRIANGLE: return 4 * fabs(f - 0.5) - 1;
	default: return sin(TAU * f);
	}
}

/* A tone from second `at`, with an attack and an exponential end. */
static void tone(struct piece *p, double at, double length, double hz,
		 enum shape shape, double loud, double attack, double decay)
{
	size_t first = (size_t)(at * MINI_RATE);
	size_t count = (size_t)(length * MINI_RATE);
	for (size_t i = 0; i < count && first + i < p->n; i++) {
		double t = (double)i / MINI_RATE;
		double end = (length - t) / 0.02;
		double level = fmin(1, t / attack) * exp(-t / decay) *
			       fmin(1, end);
		p->x[first + i] += (float)(loud * level *
					   wave(shape, hz * t));
	}
}

/* A burst of noise; dark: through a one-pole low-pass with this share. */
static void noise(struct piece *p, double at, double length, double loud,
		  double decay, double dark)
{
	size_t first = (size_t)(at * MINI_RATE);
	size_t count = (size_t)(length * MINI_RATE);
	double low = 0;
	for (size_t i = 0; i < count && first + i < p->n; i++) {
		double v = 2 * mt_rng_f64(&p->rng) - 1;
		low += (1 - dark) * (v - low);
		p->x[first + i] += (float)(loud * low *
			exp(-(double)i / MINI_RATE / decay));
	}
}

static void kick(struct piece *p, double at)
{
	size_t first = (size_t)(at * MINI_RATE);
	for (size_t i = 0; i < MINI_RATE / 5 && first + i < p->n; i++) {
		double t = (double)i / MINI_RATE;
		p->x[first + i] += (float)(0.6 * exp(-t / 0.06) *
			sin(TAU * (48 * t + 3 * (1 - exp(-t / 0.02)))));
	}
}

/* A plucked string: a delay line with a low-pass (Karplus and Strong 1983). */
static void pluck(struct piece *p, double at, double length, double hz,
		  double loud)
{
	float line[2048];
	size_t size = (size_t)(MINI_RATE / hz), k = 0;
	if (size < 2 || size > 2048)
		return;
	for (size_t i = 0; i < size; i++)
		line[i] = (float)(2 * mt_rng_f64(&p->rng) - 1);
	size_t first = (size_t)(at * MINI_RATE);
	size_t count = (size_t)(length * MINI_RATE);
	for (size_t i = 0; i < count && first + i < p->n; i++) {
		size_t next = k + 1 < size ? k + 1 : 0;
		p->x[first + i] += (float)loud * line[k];
		line[k] = 0.498f * (line[k] + line[next]);
		k = next;
	}
}

static int any(struct piece *p, int n)
{
	return (int)mt_rng_below(&p->rng, (uint64_t)n);
}

static void rock(struct piece *p, double seconds)
{
	for (double t = 0; t < seconds; t += 4 * p->beat) {
		int chord = any(p, 5) - 7;
		for (int i = 0; i < 8; i++)
			for (int k = 0; k < 3; k++)
				tone(p, t + i * p->beat / 2, p->beat * 0.45,
				     pitch(p, chord + (int[]){0, 4, 7}[k]),
				     SAW, 0.5, 0.003, 1);
	}
	for (size_t i = 0; i < p->n; i++)
		p->x[i] = 0.35f * tanhf(4 * p->x[i]);
	int i = 0;
	for (double t = 0; t < seconds; t += p->beat, i++) {
		if (i % 2)
			noise(p, t, 0.25, 0.5, 0.08, 0.3);
		else
			kick(p, t);
		noise(p, t + p->beat / 2, 0.05, 0.2, 0.02, 0);
	}
}

static void electronic(struct piece *p, double seconds)
{
	int figure[8];
	for (int i = 0; i < 8; i++)
		figure[i] = any(p, 10);
	int i = 0;
	for (double t = 0; t < seconds; t += p->beat / 4, i++) {
		tone(p, t, p->beat / 4, pitch(p, figure[i % 8] + 7), SQUARE,
		     0.2, 0.002, 0.1);
		if (i % 4 == 0)
			kick(p, t);
		if (i % 4 == 2) {
			noise(p, t, 0.06, 0.2, 0.03, 0);
			tone(p, t, p->beat / 2, pitch(p, -14), SAW, 0.25,
			     0.005, 0.3);
		}
	}
}

static void ambient(struct piece *p, double seconds)
{
	for (double t = 0; t < seconds; t += 2.5)
		for (int k = 0; k < 5; k++)
			tone(p, t, 3.5, pitch(p, any(p, 14)) *
			     (1 + 0.003 * mt_rng_normal(&p->rng)), SINE, 0.12,
			     1.2, 4);
	noise(p, 0, seconds, 0.2, 1e9, 0.97);
}

static void jazz(struct piece *p, double seconds)
{
	int i = 0;
	for (double t = 0; t < seconds; t += p->beat, i++) {
		tone(p, t, p->beat, pitch(p, any(p, 7) - 14), TRIANGLE, 0.4,
		     0.005, 0.4);
		noise(p, t, 0.2, 0.12, 0.08, 0);
		noise(p, t + p->beat * 0.66, 0.1, 0.1, 0.04, 0);
		if (i % 4 == 1 || i % 4 == 2)
			for (int k = 0; k < 4; k++)
				tone(p, t + p->beat * 0.66, p->beat,
				     pitch(p, 2 * k + any(p, 3)), SINE, 0.12,
				     0.005, 0.35);
	}
}

static void folk(struct piece *p, double seconds)
{
	int chord = 0, i = 0;
	for (double t = 0; t < seconds; t += p->beat / 2, i++) {
		if (i % 8 == 0)
			chord = (int[]){0, 3, 4, 5}[any(p, 4)];
		pluck(p, t, 1.2, pitch(p, chord + (int[]){-7, 0, 2, 4}[i % 4]),
		      0.4);
	}
}

/* Syllables of a tone with vibrato, whose overtones follow two formants. */
static void sing(struct piece *p, double seconds)
{
	double phase = 0;
	int degree = 9;
	for (double at = 0; at < seconds; at += p->beat) {
		degree += any(p, 5) - 2;
		degree = degree < 6 ? 7 : degree > 14 ? 13 : degree;
		double hz = pitch(p, degree);
		double one = 600 + 80 * any(p, 5), two = 1100 + 150 * any(p, 5);
		size_t first = (size_t)(at * MINI_RATE);
		size_t count = (size_t)(p->beat * 0.9 * MINI_RATE);
		for (size_t i = 0; i < count && first + i < p->n; i++) {
			double t = (double)i / MINI_RATE, v = 0;
			double level = fmin(1, t / 0.04) *
				       fmin(1, (p->beat * 0.9 - t) / 0.05);
			phase += hz * (1 + 0.012 * sin(TAU * 5.5 * t)) /
				 MINI_RATE;
			for (int k = 1; k <= 10; k++) {
				double a = (k * hz - one) / 250;
				double b = (k * hz - two) / 300;
				v += (exp(-a * a) + 0.6 * exp(-b * b) +
				      0.05 / k) * sin(TAU * k * phase);
			}
			p->x[first + i] += (float)(0.4 * level * v);
		}
	}
}

void mini_render(float *x, size_t n, enum mini_genre genre, bool voice,
		 unsigned long seed)
{
	static void (*const play[N_GENRE])(struct piece *, double) = {
		rock, electronic, ambient, jazz, folk};
	struct piece p = {.x = x, .n = n};
	double seconds = (double)n / MINI_RATE, peak = 0.01;
	for (size_t i = 0; i < n; i++)
		x[i] = 0;
	mt_rng_init(&p.rng, seed, MT_RNG_TEST, 0, 1);
	p.root = 196 * exp2((any(&p, 12) - 6) / 12.0);
	p.beat = 60.0 / (90 + any(&p, 50));
	p.scale = any(&p, 2) ? major : minor;
	play[genre](&p, seconds);
	if (voice)
		sing(&p, seconds);
	for (size_t i = 0; i < n; i++)
		peak = fmax(peak, fabs(x[i]));
	double level = (0.3 + 0.5 * mt_rng_f64(&p.rng)) / peak;
	for (size_t i = 0; i < n; i++)
		x[i] = (float)(level * x[i]);
}

static bool give(AVFormatContext *file, AVCodecContext *c, AVPacket *packet,
		 const AVFrame *frame)
{
	int no = avcodec_send_frame(c, frame);
	while (no >= 0) {
		no = avcodec_receive_packet(c, packet);
		if (no == AVERROR(EAGAIN) || no == AVERROR_EOF)
			return true;
		if (no >= 0) {
			av_packet_rescale_ts(packet, c->time_base,
					     file->streams[0]->time_base);
			no = av_interleaved_write_frame(file, packet);
		}
	}
	return false;
}

static bool encode(AVFormatContext *file, AVCodecContext *c, const float *x,
		   size_t n)
{
	AVPacket *packet = av_packet_alloc();
	AVFrame *f = av_frame_alloc();
	bool good = true;
	for (size_t at = 0; good && at < n; at += (size_t)f->nb_samples) {
		size_t step = (size_t)c->frame_size;
		av_frame_unref(f);
		f->nb_samples = (int)(n - at < step ? n - at : step);
		f->format = c->sample_fmt;
		f->sample_rate = c->sample_rate;
		f->pts = (int64_t)at;
		av_channel_layout_copy(&f->ch_layout, &c->ch_layout);
		good = av_frame_get_buffer(f, 0) >= 0;
		for (int i = 0; good && i < f->nb_samples; i++)
			((float *)f->data[0])[i] = x[at + (size_t)i];
		good = good && give(file, c, packet, f);
	}
	good = good && give(file, c, packet, NULL);
	av_frame_free(&f);
	av_packet_free(&packet);
	return good;
}

bool mini_mp3(const char *path, const float *x, size_t n)
{
	AVFormatContext *file = NULL;
	const AVCodec *codec = avcodec_find_encoder(AV_CODEC_ID_MP3);
	if (!codec || avformat_alloc_output_context2(&file, NULL, "mp3",
						     path) < 0) {
		fprintf(stderr, "%s: no encoder of MP3 here\n", path);
		return false;
	}
	AVCodecContext *c = avcodec_alloc_context3(codec);
	c->sample_fmt = AV_SAMPLE_FMT_FLTP;
	c->sample_rate = MINI_RATE;
	c->time_base = (AVRational){1, MINI_RATE};
	c->bit_rate = 64000;
	av_channel_layout_default(&c->ch_layout, 1);
	AVStream *s = avformat_new_stream(file, NULL);
	s->time_base = c->time_base;
	bool good = avcodec_open2(c, codec, NULL) >= 0 &&
		    avcodec_parameters_from_context(s->codecpar, c) >= 0 &&
		    avio_open(&file->pb, path, AVIO_FLAG_WRITE) >= 0 &&
		    avformat_write_header(file, NULL) >= 0 &&
		    encode(file, c, x, n) && av_write_trailer(file) >= 0;
	if (!good)
		fprintf(stderr, "%s: cannot encode\n", path);
	avcodec_free_context(&c);
	avio_closep(&file->pb);
	avformat_free_context(file);
	return good;
}
