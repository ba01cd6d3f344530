/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <libavcodec/avcodec.h>

#include "audio/avfile.h"
#include "audio/decode.h"

int mt_probe(struct mt_probe *p, const char *path, struct mt_err *err)
{
	struct stat st;
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
	AVFormatContext *fmt;
	int stream;
	int rc = mt_avfile_open(&fmt, &stream, path, "scan", err);
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
	avformat_close_input(&fmt);
	if (p->rate <= 0 || p->channels <= 0)
		return mt_err_item(err, "scan.open", "%s: its header gives %d "
				   "Hz and %d channels", path, p->rate,
				   p->channels);
	return MT_OK;
}
