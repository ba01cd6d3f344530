/* SPDX-License-Identifier: MIT */
#include "audio/decode.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>
#include <soxr.h>

#include "audio/avfile.h"
#include "audio/flacfit.h"
#include "audio/level.h"
#include "audio/opuschain.h"
#include "audio/rate.h"
#include "base/finite.h"
#include "base/mem.h"

#define MAX_CHANNEL 64
#define READ_ERRORS 100  /* in a row, after which a demuxer is given up */
#define EXPECT_SLACK 65536 /* a resampler asks for room ahead of what it gives */
#define EXPECT_MAX (64 << 20)
#define EXPAND 64        /* bytes of samples that a file's byte plausibly makes */
#define FRAME_MAX (1 << 22) /* samples of a frame */
#define ROOM_MAX (1 << 28)  /* samples that a frame may become */
#define CUT 0.1          /* seconds that a header may count too many */

/* Where a sample goes: frame -> (convert, mix) -> mixed, at the file's rate
 * -> resampler -> the caller's pcm. */
struct mt_decoder {
	struct mt_decode_opts opts;
	char *name;
	struct mt_avfile file;
	AVCodecContext *codec;
	AVPacket *packet;
	AVFrame *frame;
	int64_t end;             /* of the sound, by the file, in units of the
				  * stream; AV_NOPTS_VALUE: all there is */
	/* what the frames are now; a change begins a new conversion */
	int in_rate, in_format, in_channels;
	int out_rate, out_channels;
	SwrContext *swr;         /* format conversion and mix; also the rate
				  * with MT_RESAMPLER_SWR; NULL: not needed */
	struct mt_rate *rate;    /* NULL: not needed */
	struct mt_pcm mixed;
	uint64_t n_out;          /* samples that left the resampler */
	uint64_t skip, take;     /* still to drop; still to take */
	int damaged, read_errors;
	bool input_over, over;
	/* what was not heard: seconds of damaged packets, bytes of those of
	 * unknown length; seconds that the header promised */
	double lost, lost_bytes, cut;
	double bytes, failed_bytes; /* of all packets; of those not decoded */
	double packet_seconds;   /* of the newest; 0 unknown */
	double packet_heard;     /* what the codec made of it so far */
	int packet_bytes;
	int new_delay;           /* samples of a stream that begins in a chain */
	struct mt_level level;   /* of the channels and their mean */
};

void mt_decoder_id(enum mt_resampler resampler, char *buf, size_t size)
{
	unsigned f = avformat_version(), c = avcodec_version();
	unsigned s = swresample_version();
	int n = snprintf(buf, size, "libavformat %u.%u.%u libavcodec %u.%u.%u ",
			 f >> 16, f >> 8 & 255, f & 255, c >> 16, c >> 8 & 255,
			 c & 255);
	if (n < 0 || (size_t)n >= size)
		return;
	if (resampler == MT_RESAMPLER_SWR)
		snprintf(buf + n, size - (size_t)n, "libswresample %u.%u.%u",
			 s >> 16, s >> 8 & 255, s & 255);
	else
		snprintf(buf + n, size - (size_t)n, "%s%s HQ",
			 resampler == MT_RESAMPLER_FFT ? "fft, else " : "",
			 soxr_version());
}

static int open_codec(struct mt_decoder *d, struct mt_err *err)
{
	const AVStream *s = d->file.fmt->streams[d->file.stream];
	const AVCodecParameters *par = s->codecpar;
	const AVCodec *codec = avcodec_find_decoder(par->codec_id);
	int no = AVERROR_DECODER_NOT_FOUND;
	if (codec) {
		d->codec = avcodec_alloc_context3(codec);
		no = avcodec_parameters_to_context(d->codec, par);
		d->codec->thread_count = 1;
		d->codec->err_recognition |= AV_EF_CRCCHECK;
		d->codec->max_samples = FRAME_MAX;
		d->codec->pkt_timebase = s->time_base;
		if (d->opts.keep_padding)
			d->codec->flags2 |= AV_CODEC_FLAG2_SKIP_MANUAL;
		if (no >= 0)
			no = avcodec_open2(d->codec, codec, NULL);
	}
	if (no >= 0)
		return MT_OK;
	char why[AV_ERROR_MAX_STRING_SIZE];
	av_strerror(no, why, sizeof why);
	return mt_err_item(err, "decode.codec", "%s: cannot decode %s: %s",
			   d->name, avcodec_get_name(par->codec_id), why);
}

int mt_decoder_open(struct mt_decoder **out, const char *path,
		    const struct mt_decode_opts *opts, struct mt_err *err)
{
	struct mt_decoder *d = mt_calloc(1, sizeof *d);
	d->opts = *opts;
	d->name = mt_strdup(path ? path : "standard input");
	d->packet = av_packet_alloc();
	d->frame = av_frame_alloc();
	d->take = UINT64_MAX;
	int rc = mt_avfile_open(&d->file, path, "decode", opts->spool, err);
	if (!rc)
		rc = open_codec(d, err);
	if (!rc)
		d->end = opts->keep_padding ? AV_NOPTS_VALUE
					    : mt_avfile_end(&d->file);
	if (rc) {
		mt_decoder_close(d);
		return rc;
	}
	*out = d;
	return MT_OK;
}

static void close_chain(struct mt_decoder *d)
{
	swr_free(&d->swr);
	mt_rate_close(d->rate);
	d->rate = NULL;
}

void mt_decoder_close(struct mt_decoder *d)
{
	close_chain(d);
	mt_pcm_release(&d->mixed);
	av_packet_free(&d->packet);
	av_frame_free(&d->frame);
	avcodec_free_context(&d->codec);
	mt_avfile_close(&d->file);
	free(d->name);
	free(d);
}

int mt_decoder_rate(const struct mt_decoder *d)
{
	return d->out_rate;
}

void mt_decoder_expect(const struct mt_decoder *d, int *n_channel, size_t *n)
{
	const AVStream *s = d->file.fmt->streams[d->file.stream];
	const struct mt_decode_opts *o = &d->opts;
	int rate = o->rate ? o->rate : s->codecpar->sample_rate;
	double seconds = 0, slack = EXPECT_SLACK;
	if (d->file.seconds > 0 && !o->keep_padding)
		seconds = d->file.seconds;
	else if (s->duration != AV_NOPTS_VALUE && s->duration > 0)
		seconds = (double)s->duration * av_q2d(s->time_base);
	else if (d->file.fmt->duration != AV_NOPTS_VALUE && d->file.fmt->duration > 0)
		seconds = (double)d->file.fmt->duration / AV_TIME_BASE;
	/* to the sample: the channels need not be moved together */
	if (seconds == d->file.seconds && rate == s->codecpar->sample_rate &&
	    o->start <= 0 && o->duration <= 0)
		slack = 0;
	seconds -= o->start;
	if (o->duration > 0 && seconds > o->duration)
		seconds = o->duration;
	*n_channel = o->all_channels ? s->codecpar->ch_layout.nb_channels : 1;
	double most = round(seconds * rate) + slack;
	double limit = EXPAND * (double)d->file.source.whole;
	limit = limit > EXPECT_MAX ? limit : EXPECT_MAX;
	if (o->max_bytes)
		limit = fmin(limit, 4 * (double)(o->max_bytes / o->sample_bytes) + 4 * slack);
	*n = rate > 0 && *n_channel > 0 && seconds > 0 &&
	     most * *n_channel * 4 < limit ? (size_t)most : 0;
}

int mt_decoder_damaged(const struct mt_decoder *d)
{
	return d->damaged;
}

void mt_decoder_losses(const struct mt_decoder *d, struct mt_decode_losses *l)
{
	double heard = d->out_rate ? (double)d->n_out / d->out_rate : 0;
	double good = d->bytes - d->failed_bytes;
	*l = (struct mt_decode_losses){.damaged = d->damaged, .heard = heard,
				       .lost = d->lost, .cut = d->cut};
	if (good > 0)
		l->lost += d->lost_bytes * heard / good;
	l->mean_level = mt_level_db(&d->level);
}

static int chain_error(struct mt_decoder *d, struct mt_err *err,
		       const char *what)
{
	return mt_err_item(err, "decode.convert", "%s: %s (%d Hz, %d channels "
			   "to %d Hz, %d)", d->name, what, d->in_rate,
			   d->in_channels, d->out_rate, d->out_channels);
}

/* libswresample: to planar float, mixed to the mean, perhaps resampled. */
static int open_swr(struct mt_decoder *d, struct mt_err *err)
{
	AVChannelLayout in, out;
	bool rate = d->opts.resampler == MT_RESAMPLER_SWR;
	av_channel_layout_default(&in, d->in_channels);
	av_channel_layout_default(&out, d->out_channels);
	if (in.order == AV_CHANNEL_ORDER_UNSPEC)
		av_channel_layout_copy(&in, &(AVChannelLayout){
			.order = AV_CHANNEL_ORDER_UNSPEC,
			.nb_channels = d->in_channels});
	int no = swr_alloc_set_opts2(&d->swr, &out, AV_SAMPLE_FMT_FLTP,
				     rate ? d->out_rate : d->in_rate, &in,
				     (enum AVSampleFormat)d->in_format,
				     d->in_rate, 0, NULL);
	double mix[MAX_CHANNEL * MAX_CHANNEL] = {0};
	for (int o = 0; o < d->out_channels; o++)
		for (int i = 0; i < d->in_channels; i++)
			mix[o * d->in_channels + i] =
				d->out_channels == 1 ? 1.0 / d->in_channels
						     : o == i;
	if (no >= 0)
		no = swr_set_matrix(d->swr, mix, d->in_channels);
	if (no >= 0)
		no = swr_init(d->swr);
	return no < 0 ? chain_error(d, err, "cannot convert") : MT_OK;
}

/* Set the chain up for frames of this kind. */
static int open_chain(struct mt_decoder *d, const AVFrame *f,
		      struct mt_err *err)
{
	d->in_rate = f->sample_rate;
	d->in_format = f->format;
	d->in_channels = f->ch_layout.nb_channels;
	if (d->in_rate <= 0 || d->in_channels <= 0 || d->in_channels > MAX_CHANNEL)
		return mt_err_item(err, "decode.convert", "%s: has %d channels at %d "
				   "Hz, but at most %d are converted", d->name,
				   d->in_channels, d->in_rate, MAX_CHANNEL);
	if (!d->out_rate) {
		d->out_rate = d->opts.rate ? d->opts.rate : d->in_rate;
		d->out_channels = d->opts.all_channels ? d->in_channels : 1;
		d->skip = (uint64_t)llround(d->opts.start * d->out_rate);
		if (d->opts.duration > 0)
			d->take = (uint64_t)llround(d->opts.duration *
						    d->out_rate);
	}
	bool rate = d->in_rate != d->out_rate;
	bool swr = d->opts.resampler == MT_RESAMPLER_SWR;
	bool plain = d->in_format == AV_SAMPLE_FMT_FLTP &&
		     (d->out_channels == 1 ||
		      d->out_channels == d->in_channels);
	int rc = MT_OK;
	if (!plain || (rate && swr))
		rc = open_swr(d, err);
	if (!rc && rate && !swr)
		rc = mt_rate_open(&d->rate, &d->mixed, d->out_channels,
				  d->in_rate, d->out_rate,
				  d->opts.resampler == MT_RESAMPLER_SOXR, err);
	return rc;
}

/* Would n samples more be too many for a record? */
static int check_room(const struct mt_decoder *d, const struct mt_pcm *pcm, double n,
		      struct mt_err *err)
{
	const struct mt_decode_opts *o = &d->opts;
	double claim = mt_avfile_claim(&d->file);
	if (o->duration > 0 && claim > o->duration)
		claim = o->duration;
	return o->max_bytes ? mt_pcm_limit(d->name, (double)pcm->n + n, claim, d->out_rate,
					   d->out_channels, o->sample_bytes, o->max_bytes, err)
			    : MT_OK;
}

/* Planar float in: the mean of C channels, or each as it is. */
static void mix_plain(struct mt_decoder *d, struct mt_pcm *to,
		      float *const *in, size_t n)
{
	float **x = to->x;
	size_t at = to->n;
	if (d->out_channels == d->in_channels) {
		for (int c = 0; c < d->out_channels; c++)
			memcpy(x[c] + at, in[c], n * sizeof **x);
	} else {
		float *y = x[0] + at, scale = 1.0f / (float)d->in_channels;
		const float *a = in[0], *b = in[1];
		for (size_t i = 0; i < n; i++)
			y[i] = a[i] + b[i];
		for (int c = 2; c < d->in_channels; c++)
			for (size_t i = 0; i < n; i++)
				y[i] += in[c][i];
		for (size_t i = 0; i < n; i++)
			y[i] *= scale;
	}
	to->n += n;
}

/* A frame into `to`; f NULL: what libswresample still holds. */
static int mix(struct mt_decoder *d, struct mt_pcm *to, const AVFrame *f,
	       struct mt_err *err)
{
	int n = f ? f->nb_samples : 0;
	int room = d->swr ? swr_get_out_samples(d->swr, n) : n;
	if (room <= 0)
		return MT_OK;
	if ((double)room * d->out_channels > ROOM_MAX)
		return chain_error(d, err, "a frame becomes too long");
	mt_pcm_room(to, d->out_channels, (size_t)room);
	if (!d->swr) {
		mix_plain(d, to, (float *const *)f->extended_data, (size_t)n);
		return MT_OK;
	}
	uint8_t *out[MAX_CHANNEL];
	for (int c = 0; c < d->out_channels; c++)
		out[c] = (uint8_t *)(to->x[c] + to->n);
	n = swr_convert(d->swr, out, room,
			f ? (const uint8_t **)f->extended_data : NULL, n);
	if (n < 0)
		return chain_error(d, err, "cannot convert");
	to->n += (size_t)n;
	return MT_OK;
}

/* Hand n new samples (already behind pcm->n) over: drop, cut, check. */
static int deliver(struct mt_decoder *d, struct mt_pcm *pcm, size_t n,
		   struct mt_err *err)
{
	d->n_out += n;
	size_t drop = d->skip < n ? (size_t)d->skip : n;
	size_t keep = n - drop;
	if (keep > d->take)
		keep = (size_t)d->take;
	int rc = check_room(d, pcm, (double)keep, err);
	if (rc)
		return rc;
	d->skip -= drop;
	for (int c = 0; c < pcm->n_channel; c++) {
		float *x = pcm->x[c] + pcm->n;
		if (drop)
			memmove(x, x + drop, keep * sizeof *x);
		if (mt_finite_f4(x, keep) < keep)
			return mt_err_item(err, "decode.nonfinite", "%s: holds "
					   "a sample that is NaN or infinite, "
					   "near second %.3f", d->name,
					   (double)(d->n_out - n) /
						   d->out_rate);
	}
	pcm->n += keep;
	if (d->take != UINT64_MAX)
		d->take -= keep;
	d->over = d->over || !d->take;
	return MT_OK;
}

/* What d->mixed can give at the new rate into pcm; last: all of it. */
static int resample(struct mt_decoder *d, struct mt_pcm *pcm, bool last,
		    struct mt_err *err)
{
	size_t made = 1;
	int rc = MT_OK;
	while (!rc && made && !d->over) {
		rc = mt_rate_step(d->rate, &d->mixed, last, pcm, &made, err);
		if (!rc)
			rc = deliver(d, pcm, made, err);
	}
	return rc;
}

/* A frame, or with f NULL all that is still held, through the chain to pcm. */
static int convert(struct mt_decoder *d, struct mt_pcm *pcm, const AVFrame *f,
		   struct mt_err *err)
{
	if (d->rate) {
		int rc = mix(d, &d->mixed, f, err);
		if (rc || (f && d->mixed.n < mt_rate_want(d->rate)))
			return rc;
		return resample(d, pcm, !f, err);
	}
	size_t n = pcm->n;
	int rc = mix(d, pcm, f, err);
	size_t new = pcm->n - n;
	pcm->n = n;
	return rc ? rc : deliver(d, pcm, new, err);
}

/* Cut what lies behind the end that the file states; libav itself does so for
 * every format but MP4. */
static void cut_end(const struct mt_decoder *d, AVFrame *f)
{
	if (d->end == AV_NOPTS_VALUE || f->pts == AV_NOPTS_VALUE)
		return;
	int64_t left = av_rescale_q(d->end - f->pts, d->codec->pkt_timebase,
				    (AVRational){1, f->sample_rate});
	if (left < f->nb_samples)
		f->nb_samples = left > 0 ? (int)left : 0;
}

static int take_frame(struct mt_decoder *d, struct mt_pcm *pcm,
		      struct mt_err *err)
{
	AVFrame *f = d->frame;
	if (f->sample_rate > 0)
		d->packet_heard += (double)f->nb_samples / f->sample_rate;
	cut_end(d, f);
	if (f->nb_samples <= 0)
		return MT_OK;
	bool change = f->sample_rate != d->in_rate ||
		      f->format != d->in_format ||
		      f->ch_layout.nb_channels != d->in_channels;
	int rc = MT_OK;
	if (change && d->in_rate) {
		rc = convert(d, pcm, NULL, err);
		close_chain(d);
		/* all channels of a file that changes their number: the first
		 * count stands, frames of another are mixed to it */
		if (!rc && d->out_channels > 1 &&
		    d->out_channels != f->ch_layout.nb_channels)
			rc = mt_err_item(err, "decode.channels", "%s: the "
					 "number of channels changes from %d "
					 "to %d", d->name, d->out_channels,
					 f->ch_layout.nb_channels);
	}
	if (!rc && change)
		rc = open_chain(d, f, err);
	if (!rc && d->out_channels == 1 && d->in_channels > 1)
		mt_level_add(&d->level, f);
	return rc ? rc : convert(d, pcm, f, err);
}

static void lose(struct mt_decoder *d, double seconds)
{
	d->lost += seconds;
	d->lost_bytes += seconds > 0 ? 0 : d->packet_bytes;
}

/* The newest packet did not decode, or only its beginning did (cut PCM). */
static void fail_packet(struct mt_decoder *d)
{
	d->damaged++;
	if (d->packet_heard > 0 && d->packet_seconds > 0) {
		d->lost += fmax(0, d->packet_seconds - d->packet_heard);
		d->packet_seconds = d->packet_heard;
		return;
	}
	d->failed_bytes += d->packet_bytes;
	lose(d, d->packet_seconds);
}

/* One whose checksum is wrong: its samples are kept. MPEG audio's covers some
 * bits alone, and there are encoders that get it wrong. */
static void note_checksums(struct mt_decoder *d, int before, double seconds)
{
	int n = mt_avfile_checksums() - before;
	d->damaged += n;
	if (n && d->codec->codec_id != AV_CODEC_ID_MP3 &&
	    d->codec->codec_id != AV_CODEC_ID_MP2)
		lose(d, seconds);
}

static int send(struct mt_decoder *d)
{
	const AVStream *s = d->file.fmt->streams[d->file.stream];
	AVPacket *p = d->packet;
	if (d->new_delay)
		mt_opus_skip(p, d->new_delay);
	d->new_delay = 0;
	d->packet_bytes = p->size;
	d->packet_heard = 0;
	d->bytes += p->size;
	d->packet_seconds = (double)p->duration * av_q2d(s->time_base);
	if (p->duration <= 0)
		d->packet_seconds = s->codecpar->bit_rate > 0
			? 8.0 * p->size / (double)s->codecpar->bit_rate : 0;
	int no = avcodec_send_packet(d->codec, p);
	if (no == AVERROR_INVALIDDATA && mt_flac_fit(s->codecpar, p)) {
		avcodec_free_context(&d->codec);
		if (!open_codec(d, NULL))
			no = avcodec_send_packet(d->codec, p);
	}
	return no;
}

/* Whether a new stream begins in a chain of Opus files: this is not sound. */
static bool opus_header(struct mt_decoder *d)
{
	bool opus = d->codec->codec_id == AV_CODEC_ID_OPUS;
	int delay = opus ? mt_opus_header(d->packet) : -1;
	if (delay > 0) {
		d->new_delay = delay;
		avcodec_flush_buffers(d->codec);
	}
	return delay >= 0;
}

/* Feed the codec one packet of the stream. */
static void feed(struct mt_decoder *d)
{
	int before = mt_avfile_checksums();
	int64_t at = avio_tell(d->file.io);
	int no = av_read_frame(d->file.fmt, d->packet);
	d->damaged += mt_avfile_checksums() - before;
	if (no < 0) {
		bool end = no == AVERROR_EOF || avio_feof(d->file.io) ||
			   ++d->read_errors > READ_ERRORS;
		if (no != AVERROR_EOF) {
			d->damaged++;
			d->lost_bytes += mt_avfile_passed(&d->file, at, end);
		}
		if (end) {
			avcodec_send_packet(d->codec, NULL);
			d->input_over = true;
		}
		return;
	}
	d->read_errors = 0;
	if (d->packet->stream_index == d->file.stream &&
	    !opus_header(d)) {
		before = mt_avfile_checksums();
		no = send(d);
		if (no < 0 && no != AVERROR(EAGAIN))
			fail_packet(d);
		else
			note_checksums(d, before, d->packet_seconds);
	}
	av_packet_unref(d->packet);
}

/* Seconds that the header counts and nobody found. */
static void note_cut(struct mt_decoder *d)
{
	struct mt_decode_losses l;
	mt_decoder_losses(d, &l);
	double missing = mt_avfile_claim(&d->file) - l.heard - l.lost;
	if (missing > CUT + (d->out_rate ? 1.0 / d->out_rate : 0) && d->take)
		d->cut = missing;
}

static int finish(struct mt_decoder *d, struct mt_pcm *pcm, struct mt_err *err)
{
	int rc = MT_OK;
	d->over = true;
	/* libav takes a disk's error for the end of the file */
	int no = d->file.io ? d->file.io->error : 0;
	if (no < 0) {
		char text[AV_ERROR_MAX_STRING_SIZE];
		av_strerror(no, text, sizeof text);
		return mt_err_item(err, "decode.read", "%s: cannot read: %s",
				   d->name, text);
	}
	if (d->in_rate) {
		d->over = false;  /* let the resampler drain */
		rc = convert(d, pcm, NULL, err);
		d->over = true;
	}
	note_cut(d);
	if (rc || d->n_out)
		return rc;
	if (d->in_rate)
		return mt_err_item(err, "decode.empty", "%s: too short for a "
				   "sample at %d Hz", d->name, d->out_rate);
	const char *why = mt_avfile_complaint();
	return mt_err_item(err, "decode.empty", "%s: no sample could be "
			   "decoded (%d damaged packets)%s%s", d->name,
			   d->damaged, why[0] ? ": " : "", why);
}

int mt_decoder_read(struct mt_decoder *d, struct mt_pcm *pcm, size_t want,
		    struct mt_err *err)
{
	while (!d->over && pcm->n < want) {
		/* decodes the frames that a packet has after its first */
		int before = mt_avfile_checksums();
		int no = avcodec_receive_frame(d->codec, d->frame);
		int rc = MT_OK;
		if (no >= 0 && d->frame->sample_rate > 0)
			note_checksums(d, before, (double)d->frame->nb_samples /
						  d->frame->sample_rate);
		if (no == AVERROR_EOF || (no < 0 && d->input_over))
			rc = finish(d, pcm, err);
		else if (no == AVERROR(EAGAIN))
			feed(d);
		else if (no < 0)
			fail_packet(d), feed(d);
		else
			rc = take_frame(d, pcm, err);
		av_frame_unref(d->frame);
		if (rc)
			return rc;
	}
	return d->over ? MT_END : MT_OK;
}
