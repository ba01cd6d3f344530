/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

static int by_libav(struct mt_probe *p, const char *path, struct mt_err *err)
{
	AVFormatContext *fmt;
	int stream;
	int rc = mt_avfile_open(&fmt, &stream, path, "scan", NULL, err);
	if (rc)
		return rc;
	const AVStream *s = fmt->streams[stream];
	const AVCodecParameters *par = s->codecpar;
	snprintf(p->codec, sizeof p->codec, "%s",
		 avcodec_get_name(par->codec_id));
	p->rate = par->sample_rate;
	p->channels = par->ch_layout.nb_channels;
	p->bit_rate = par->bit_rate ? par->bit_rate : fmt->bit_rate;
	if (s->duration != AV_NOPTS_VALUE && s->duration > 0)
		p->seconds = (double)s->duration * av_q2d(s->time_base);
	else if (fmt->duration != AV_NOPTS_VALUE && fmt->duration > 0)
		p->seconds = (double)fmt->duration / AV_TIME_BASE;
	bool empty = p->seconds <= 0 && !sounds(fmt, stream);
	avformat_close_input(&fmt);
	if (p->rate <= 0 || p->channels <= 0)
		return mt_err_item(err, "scan.open", "%s: its header gives %d "
				   "Hz and %d channels", path, p->rate,
				   p->channels);
	return empty ? nothing(path, err) : MT_OK;
}

int mt_probe(struct mt_probe *p, const char *path, struct mt_err *err)
{
	struct stat st;
	struct mt_mpeg m;
	*p = (struct mt_probe){0};
	if (stat(path, &st))
		return mt_err_item(err, "scan.open", "%s: cannot open: %s",
				   path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return mt_err_item(err, "scan.open", "%s: is no regular file",
				   path);
	p->bytes = st.st_size;
	if (!st.st_size)
		return mt_err_item(err, "scan.empty", "%s: has 0 bytes", path);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && (errno == EMFILE || errno == ENFILE))
		return mt_err_sys(err, "%s: cannot open", path);
	if (fd < 0)
		return mt_err_item(err, "scan.open", "%s: cannot open: %s",
				   path, strerror(errno));
	bool mpeg = mt_mpeg_probe(&m, fd, st.st_size);
	close(fd);
	/* two or three frames in a row may be chance: what says libav? */
	int rc = mpeg && m.sure ? MT_OK : by_libav(p, path, err);
	if (rc || !mpeg || (!m.sure && strncmp(p->codec, "mp", 2) != 0))
		return rc;
	snprintf(p->codec, sizeof p->codec, "mp%d", m.layer);
	p->rate = m.rate;
	p->channels = m.channels;
	p->bit_rate = m.bit_rate;
	p->seconds = m.seconds;
	return m.seconds > 0 ? MT_OK : nothing(path, err);
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
