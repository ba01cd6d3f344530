/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <libavcodec/avcodec.h>

#include "audio/avfile.h"
#include "audio/decode.h"
#include "audio/mpeg.h"

/* Is there a single packet of sound? */
static bool sounds(AVFormatContext *fmt, int stream)
{
	AVPacket *packet = av_packet_alloc();
	bool found = !packet;
	while (!found && av_read_frame(fmt, packet) >= 0) {
		found = packet->stream_index == stream && packet->size > 0;
		av_packet_unref(packet);
	}
	av_packet_free(&packet);
	return found;
}

static int nothing(const char *path, struct mt_err *err)
{
	return mt_err_item(err, "scan.empty", "%s: holds no sound", path);
}

static int by_libav(struct mt_probe *p, struct mt_avfile *f, const char *path,
		    struct mt_err *err)
{
	int rc = mt_avfile_open(f, path, "scan", NULL, err);
	if (rc)
		return rc;
	AVFormatContext *fmt = f->fmt;
	const AVStream *s = fmt->streams[f->stream];
	const AVCodecParameters *par = s->codecpar;
	snprintf(p->codec, sizeof p->codec, "%s",
		 avcodec_get_name(par->codec_id));
	p->rate = par->sample_rate;
	p->channels = par->ch_layout.nb_channels;
	p->bit_rate = par->bit_rate ? par->bit_rate : fmt->bit_rate;
	if (f->riff.corrected && f->riff.byte_rate > 0)
		p->seconds = (double)f->riff.size / f->riff.byte_rate;
	else if (s->duration != AV_NOPTS_VALUE && s->duration > 0)
		p->seconds = (double)s->duration * s->time_base.num / s->time_base.den;
	else if (fmt->duration != AV_NOPTS_VALUE && fmt->duration > 0)
		p->seconds = (double)fmt->duration / AV_TIME_BASE;
	if (p->rate <= 0 || p->channels <= 0)
		return mt_err_item(err, "scan.open", "%s: its header gives %d "
				   "Hz and %d channels", path, p->rate,
				   p->channels);
	return p->seconds <= 0 && !sounds(fmt, f->stream) ? nothing(path, err)
							  : MT_OK;
}

static int by_headers(struct mt_probe *p, struct mt_avfile *f, const char *path,
		      struct mt_err *err)
{
	struct mt_mpeg m;
	p->bytes = f->source.whole;
	bool mpeg = mt_mpeg_probe(&m, f->source.fd, f->source.whole);
	/* two or three frames in a row may be chance: what says libav? */
	int rc = mpeg && m.sure ? MT_OK : by_libav(p, f, path, err);
	if (rc || !mpeg || (!m.sure && strncmp(p->codec, "mp", 2) != 0))
		return rc;
	snprintf(p->codec, sizeof p->codec, "mp%d", m.layer);
	p->rate = m.rate;
	p->channels = m.channels;
	p->bit_rate = m.bit_rate;
	p->seconds = m.seconds;
	return m.seconds > 0 ? MT_OK : nothing(path, err);
}

int mt_probe(struct mt_probe *p, const char *path, struct mt_err *err)
{
	struct stat st;
	struct mt_avfile f = {0};
	*p = (struct mt_probe){0};
	if (stat(path, &st))
		return mt_err_item(err, "scan.open", "%s: cannot open: %s",
				   path, strerror(errno));
	/* to open a pipe would wait for its writer */
	if (!S_ISREG(st.st_mode))
		return mt_err_item(err, "scan.open", "%s: is not a regular file",
				   path);
	p->bytes = st.st_size;
	int rc = mt_source_open(&f.source, path, "scan", NULL, err);
	if (!rc)
		rc = by_headers(p, &f, path, err);
	mt_avfile_close(&f);
	return rc;
}

int mt_probe_exact(struct mt_probe *p, const char *path, struct mt_err *err)
{
	struct mt_decoder *d;
	struct mt_decode_opts how = {0};
	struct mt_pcm pcm = {0};
	uint64_t n = 0;
	int rc = mt_decoder_open(&d, path, &how, err);
	if (rc)
		return rc;
	do {
		rc = mt_decoder_read(d, &pcm, 1 << 16, err);
		n += pcm.n;
		mt_pcm_shift(&pcm, pcm.n);
	} while (rc == MT_OK);
	if (rc == MT_END) {
		p->rate = mt_decoder_rate(d);
		p->seconds = (double)n / p->rate;
		rc = MT_OK;
	}
	mt_pcm_release(&pcm);
	mt_decoder_close(d);
	return rc;
}
