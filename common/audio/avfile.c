/* SPDX-License-Identifier: MIT */
#include "audio/avfile.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>

#include "audio/avhint.h"
#include "audio/kind.h"
#include "audio/mpeg.h"
#include "base/mem.h"

/* Samples that the end of the sound plausibly lies before the last packet:
 * what says otherwise (a header that lies, one of a first fragment) is not
 * believed. */
#define END_PADDING 4096
#define IO_SIZE 32768

static _Thread_local char complaint[160];
static _Thread_local int checksums;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* libav's log, kept for the message instead of flooding the terminal. */
static void take_log(void *ctx, int level, const char *fmt, va_list ap)
{
	(void)ctx;
	if (level <= AV_LOG_WARNING && strstr(fmt, "CRC"))
		checksums++;
	if (level > AV_LOG_ERROR || complaint[0])
		return;
	vsnprintf(complaint, sizeof complaint, fmt, ap);
	for (char *p = complaint; *p; p++)
		if (*p == '\n' || *p == '\r')
			*p = p[1] ? ' ' : 0;
	size_t n = strlen(complaint);
	while (n && (complaint[n - 1] == '.' || complaint[n - 1] == ' '))
		complaint[--n] = 0;
}

static void start_log(void)
{
	av_log_set_callback(take_log);
}

const char *mt_avfile_complaint(void)
{
	return complaint;
}

int mt_avfile_checksums(void)
{
	return checksums;
}

void mt_avfile_clear(void)
{
	complaint[0] = 0;
}

static int refuse(struct mt_err *err, const char *stage, const char *name,
		  const char *reason, const char *what, int no)
{
	char code[32], why[AV_ERROR_MAX_STRING_SIZE] = "";
	snprintf(code, sizeof code, "%s.%s", stage, reason);
	bool bad = no == AVERROR(EINVAL) || no == AVERROR_INVALIDDATA ||
		   no == AVERROR_EOF;
	if (bad)
		what = "not a readable sound file";
	/* libav's complaint says more than its code for bad data */
	if (no && !(bad && (complaint[0] || no != AVERROR_EOF)))
		av_strerror(no, why, sizeof why);
	return mt_err_item(err, code, "%s: %s%s%s%s%s%s", name, what,
			   why[0] ? ": " : "", why, complaint[0] ? " (" : "",
			   complaint, complaint[0] ? ")" : "");
}

static int next_bytes(void *source, uint8_t *buf, int n)
{
	struct mt_source *s = source;
	ssize_t got = mt_source_next(s, buf, n > 0 ? (size_t)n : 0);
	return got > 0 ? (int)got : got < 0 ? AVERROR(s->error) : AVERROR_EOF;
}

static int64_t move(void *source, int64_t to, int how)
{
	struct mt_source *s = source;
	if (how & AVSEEK_SIZE)
		return s->size;
	if ((how & ~AVSEEK_FORCE) != SEEK_SET || to < 0)
		return AVERROR(EINVAL);
	return s->at = to;
}

/* A demuxer asks for another file. */
static int refuse_file(AVFormatContext *fmt, AVIOContext **io, const char *url,
		       int flags, AVDictionary **options)
{
	(void)fmt, (void)io, (void)url, (void)flags, (void)options;
	return AVERROR(EPERM);
}

/* Its format, by its first bytes or by libavformat; those that are not sound
 * are refused. */
static int find_format(struct mt_avfile *f, const struct mt_avhint *hint,
		       const char *url, const char *stage, const AVInputFormat **format,
		       struct mt_err *err)
{
	const char *name = f->source.name;
	*format = hint->format ? av_find_input_format(hint->format) : NULL;
	if (*format)
		return MT_OK;
	int no = av_probe_input_buffer2(f->io, format, url, NULL, 0, 0);
	if (no < 0)
		return refuse(err, stage, name, "open", "cannot open", no);
	struct mt_kind kind = mt_kind_of_format((*format)->name);
	return kind.name ? mt_kind_refuse(kind, stage, name, err) : MT_OK;
}

static int find_stream(struct mt_avfile *f, const char *stage, struct mt_err *err)
{
	int no = avformat_find_stream_info(f->fmt, NULL);
	if (no >= 0)
		no = av_find_best_stream(f->fmt, AVMEDIA_TYPE_AUDIO, -1, -1, NULL, 0);
	if (no < 0) {
		bool none = no == AVERROR_STREAM_NOT_FOUND;
		return refuse(err, stage, f->source.name, none ? "nostream" : "open",
			      none ? "holds no audio stream" : "cannot open",
			      none ? 0 : no);
	}
	f->stream = no;
	for (unsigned i = 0; i < f->fmt->nb_streams; i++)
		if ((int)i != no)
			f->fmt->streams[i]->discard = AVDISCARD_ALL;
	return MT_OK;
}

static int open_format(struct mt_avfile *f, const char *path, const char *stage,
		       struct mt_err *err)
{
	struct mt_avhint hint = mt_avhint_of(&f->source);
	const AVInputFormat *format;
	AVDictionary *opt = NULL;
	char *url = path ? mt_strf("file:%s", path) : mt_strdup("pipe:0");
	f->seconds = hint.seconds;
	f->io = avio_alloc_context(av_malloc(IO_SIZE), IO_SIZE, 0, &f->source,
				   next_bytes, NULL, f->source.live ? NULL : move);
	if (!f->source.live)
		f->io->seekable = AVIO_SEEKABLE_NORMAL;
	int rc = find_format(f, &hint, url, stage, &format, err);
	if (rc) {
		free(url);
		return rc;
	}
	f->fmt = avformat_alloc_context();
	f->fmt->pb = f->io;
	f->fmt->io_open = refuse_file;
	f->fmt->error_recognition |= AV_EF_CRCCHECK;
	av_dict_set(&opt, "protocol_whitelist", "none", 0);
	av_dict_set(&opt, "format_whitelist", format->name, 0);
	if (hint.no_probe)
		av_dict_set(&opt, "max_probe_packets", "0", 0);
	int no = avformat_open_input(&f->fmt, url, format, &opt);
	av_dict_free(&opt);
	free(url);
	if (no < 0)
		return refuse(err, stage, f->source.name, "open", "cannot open", no);
	return find_stream(f, stage, err);
}

/* What a file is for sure that libavformat could not open. */
static int explain(struct mt_avfile *f, const char *stage, struct mt_err *err)
{
	unsigned char p[4096];
	ssize_t n = mt_source_read(&f->source, 0, p, sizeof p), zeros = 0;
	int64_t tag = mt_mpeg_behind_id3(f->source.fd);
	while (zeros < n && !p[zeros])
		zeros++;
	if (f->source.error || f->source.live)
		return MT_EITEM;
	if (tag > 0 && tag >= f->source.whole)
		return refuse(err, stage, f->source.name, "nostream",
			      "holds no audio, only an ID3 tag", 0);
	if (n > 0 && zeros == n)
		return refuse(err, stage, f->source.name, "open", "is not a sound "
			      "file (it begins with zeros)", 0);
	return MT_EITEM;
}

int mt_avfile_open(struct mt_avfile *f, const char *path, const char *stage,
		   const char *spool, struct mt_err *err)
{
	pthread_once(&once, start_log);
	mt_avfile_clear();
	int rc = f->source.name ? MT_OK
		 : mt_source_open(&f->source, path, stage, spool, err);
	if (!rc) {
		mt_riff_fix(&f->riff, &f->source);
		rc = open_format(f, path, stage, err);
		if (rc == MT_EITEM) {
			mt_avfile_clear();
			rc = explain(f, stage, err);
		}
	}
	if (rc)
		mt_avfile_close(f);
	return rc;
}

void mt_avfile_close(struct mt_avfile *f)
{
	avformat_close_input(&f->fmt);
	if (f->io)
		av_freep(&f->io->buffer);
	avio_context_free(&f->io);
	if (f->source.name)
		mt_source_close(&f->source);
	*f = (struct mt_avfile){0};
}

double mt_avfile_claim(const struct mt_avfile *f)
{
	const AVStream *s = f->fmt->streams[f->stream];
	const struct mt_riff *r = &f->riff;
	if (r->byte_rate > 0 && (r->corrected || r->missing || r->behind))
		return (double)(r->size + r->missing + r->behind) / r->byte_rate;
	if (f->seconds > 0)
		return f->seconds;
	if (r->corrected || (f->source.live && r->byte_rate > 0) ||
	    f->fmt->duration_estimation_method != AVFMT_DURATION_FROM_STREAM)
		return 0;
	if (s->duration > 0)
		return (double)s->duration * av_q2d(s->time_base);
	/* Matroska has one length for all its streams */
	bool whole = f->fmt->nb_streams == 1 && f->fmt->duration > 0;
	return whole ? (double)f->fmt->duration / AV_TIME_BASE : 0;
}

double mt_avfile_passed(struct mt_avfile *f, int64_t at, bool rest)
{
	unsigned char buf[4096];
	while (rest && avio_read(f->io, buf, sizeof buf) > 0)
		;
	int64_t now = avio_tell(f->io);
	return now > at ? (double)(now - at) : 0;
}

int64_t mt_avfile_end(const struct mt_avfile *f)
{
	const AVFormatContext *fmt = f->fmt;
	AVStream *s = fmt->streams[f->stream];
	int n = avformat_index_get_entries_count(s);
	const AVIndexEntry *last = n ? avformat_index_get_entry(s, n - 1) : NULL;
	if (!last || s->duration <= 0 || !strstr(fmt->iformat->name, "mp4") ||
	    s->codecpar->codec_id != AV_CODEC_ID_AAC)
		return AV_NOPTS_VALUE;
	int64_t end = s->duration;  /* of the edit list, else of the packets */
	const AVDictionaryEntry *e =
		av_dict_get(fmt->metadata, "iTunSMPB", NULL, 0);
	unsigned before, after;
	uint64_t length;
	if (e && sscanf(e->value, "%*x %x %x %" SCNx64, &before, &after,
			&length) == 3 &&
	    length <= (uint64_t)end && before + length <= (uint64_t)end &&
	    before + length + after >= (uint64_t)end)
		end = (int64_t)(before + length);
	int rate = s->codecpar->sample_rate;
	if (rate <= 0)
		return AV_NOPTS_VALUE;
	int64_t least = last->timestamp -
			av_rescale_q(END_PADDING, (AVRational){1, rate},
				     s->time_base);
	return end > least ? end : AV_NOPTS_VALUE;
}
