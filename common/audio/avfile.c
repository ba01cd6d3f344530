/* SPDX-License-Identifier: MIT */
#include "audio/avfile.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audio/avhint.h"
#include "base/mem.h"

/* Samples that the end of the sound plausibly lies before the last packet:
 * what says otherwise (a header that lies, one of a first fragment) is not
 * believed. */
#define END_PADDING 4096

static _Thread_local char complaint[160];
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* libav's log, kept for the message instead of flooding the terminal. */
static void take_log(void *ctx, int level, const char *fmt, va_list ap)
{
	(void)ctx;
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

void mt_avfile_clear(void)
{
	complaint[0] = 0;
}

static int refuse(struct mt_err *err, const char *stage, const char *path,
		  const char *reason, const char *what, int no)
{
	char code[32], why[AV_ERROR_MAX_STRING_SIZE] = "";
	snprintf(code, sizeof code, "%s.%s", stage, reason);
	if (no)
		av_strerror(no, why, sizeof why);
	return mt_err_item(err, code, "%s: %s%s%s%s%s%s",
			   path ? path : "standard input", what,
			   why[0] ? ": " : "", why, complaint[0] ? " (" : "",
			   complaint, complaint[0] ? ")" : "");
}

int mt_avfile_open(AVFormatContext **fmt, int *stream, const char *path,
		   const char *stage, double *seconds, struct mt_err *err)
{
	AVDictionary *opt = NULL;
	struct mt_avhint hint = {0};
	char *url = path ? mt_strf("file:%s", path) : mt_strdup("pipe:0");
	pthread_once(&once, start_log);
	mt_avfile_clear();
	*fmt = NULL;
	/* a playlist must not reach out to other files or the network */
	av_dict_set(&opt, "protocol_whitelist", path ? "file" : "pipe", 0);
	if (path)
		hint = mt_avhint_of(path);
	if (seconds)
		*seconds = hint.seconds;
	if (hint.no_probe)
		av_dict_set(&opt, "max_probe_packets", "0", 0);
	int no = avformat_open_input(fmt, url, hint.format ?
				     av_find_input_format(hint.format) : NULL, &opt);
	av_dict_free(&opt);
	free(url);
	/* the machine's fault, not the file's */
	if (no == AVERROR(EMFILE) || no == AVERROR(ENFILE)) {
		errno = AVUNERROR(no);
		return mt_err_sys(err, "%s: cannot open",
				  path ? path : "standard input");
	}
	if (no == AVERROR(EISDIR))
		return refuse(err, stage, path, "open",
			      "is a folder; mt-scan lists what is in it", 0);
	if (no < 0)
		return refuse(err, stage, path, "open", "cannot open", no);
	no = avformat_find_stream_info(*fmt, NULL);
	if (no >= 0)
		no = av_find_best_stream(*fmt, AVMEDIA_TYPE_AUDIO, -1, -1,
					 NULL, 0);
	if (no < 0) {
		bool none = no == AVERROR_STREAM_NOT_FOUND;
		avformat_close_input(fmt);
		return refuse(err, stage, path, none ? "nostream" : "open",
			      none ? "holds no audio stream" : "cannot open",
			      none ? 0 : no);
	}
	*stream = no;
	for (unsigned i = 0; i < (*fmt)->nb_streams; i++)
		if ((int)i != no)
			(*fmt)->streams[i]->discard = AVDISCARD_ALL;
	return MT_OK;
}

int64_t mt_avfile_end(const AVFormatContext *fmt, int stream)
{
	AVStream *s = fmt->streams[stream];
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
