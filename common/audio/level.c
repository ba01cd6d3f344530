/* SPDX-License-Identifier: MIT */
#include "audio/level.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#define LOOKS 32  /* samples of a frame */

/* Full scale 1. */
static double value(const AVFrame *f, int c, int i)
{
	enum AVSampleFormat form = (enum AVSampleFormat)f->format;
	int n = f->ch_layout.nb_channels;
	bool planar = av_sample_fmt_is_planar(form);
	const void *p = f->extended_data[planar ? c : 0];
	int at = planar ? i : i * n + c;
	switch (av_get_packed_sample_fmt(form)) {
	case AV_SAMPLE_FMT_U8:
		return (((const uint8_t *)p)[at] - 128) / 128.0;
	case AV_SAMPLE_FMT_S16:
		return ((const int16_t *)p)[at] / 32768.0;
	case AV_SAMPLE_FMT_S32:
		return ((const int32_t *)p)[at] / 2147483648.0;
	case AV_SAMPLE_FMT_FLT:
		return ((const float *)p)[at];
	case AV_SAMPLE_FMT_DBL:
		return ((const double *)p)[at];
	default:
		return 0;
	}
}

void mt_level_add(struct mt_level *l, const AVFrame *f)
{
	int n = f->ch_layout.nb_channels;
	int step = f->nb_samples / LOOKS + 1;
	for (int i = 0; i < f->nb_samples; i += step) {
		double sum = 0, energy = 0;
		for (int c = 0; c < n; c++) {
			double v = value(f, c, i);
			sum += v;
			energy += v * v;
		}
		if (!isfinite(energy))
			continue;
		l->apart += energy / n;
		l->together += sum / n * (sum / n);
	}
}

double mt_level_db(const struct mt_level *l)
{
	return l->apart > 0 ? 10 * log10(l->together / l->apart + 1e-30) : 0;
}
