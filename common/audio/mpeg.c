/* SPDX-License-Identifier: MIT */
#include "audio/mpeg.h"

#include <string.h>
#include <unistd.h>

#define SEARCH (1 << 20)   /* bytes in which a sync is looked for */
#define MAX_SYNC 1000      /* candidates */
#define ENOUGH 4           /* frames in a row */
#define FALLBACK 2

struct source {
	int fd;
	int64_t at;          /* offset of buf */
	int n;
	unsigned char buf[4096];
};

struct frame {
	int64_t at, length;  /* bytes */
	int version;         /* 0: MPEG-2.5, 2: MPEG-2, 3: MPEG-1 */
	int layer, rate, bit_rate, mono, samples;
	bool counted;        /* a Xing, Info or VBRI header counts frames: */
	double seconds;
	int64_t mean;        /* bit rate by it, 0 unknown */
};

/* n bytes at that offset, n at most 256; NULL behind the end. */
static const unsigned char *bytes(struct source *s, int64_t at, int n)
{
	if (at < s->at || at + n > s->at + s->n) {
		ssize_t got = pread(s->fd, s->buf, sizeof s->buf, at);
		s->at = at;
		s->n = got > 0 ? (int)got : 0;
	}
	return at + n <= s->at + s->n ? s->buf + (at - s->at) : NULL;
}

static uint32_t be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

/* Behind the ID3v2 tags, which may stand one after another. */
static int64_t skip_id3(struct source *s)
{
	int64_t at = 0;
	const unsigned char *p;
	while ((p = bytes(s, at, 10)) && !memcmp(p, "ID3", 3) &&
	       !((p[6] | p[7] | p[8] | p[9]) & 0x80)) {
		int64_t n = p[6] << 21 | p[7] << 14 | p[8] << 7 | p[9];
		if (!n)
			break;
		at += n + 10;
	}
	return at;
}

int64_t mt_mpeg_behind_id3(int fd)
{
	struct source s = {.fd = fd};
	return skip_id3(&s);
}

static bool other_format(struct source *s, int64_t at)
{
	static const char *const magic[] = {
		"RIFF", "RIFX", "RF64", "OggS", "fLaC", "FORM", ".snd", "caff",
		"wvpk", "MAC ", "TTA1", "ADIF", "\x1a\x45\xdf\xa3",
	};
	const unsigned char *p = bytes(s, at, 8);
	for (size_t i = 0; p && i < sizeof magic / sizeof *magic; i++)
		if (!memcmp(p, magic[i], 4))
			return true;
	return p && !memcmp(p + 4, "ftyp", 4);
}

static bool header(struct source *s, int64_t at, struct frame *f)
{
	static const short kbit[5][15] = {
		{0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384,
		 416, 448},
		{0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320,
		 384},
		{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256,
		 320},
		{0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224,
		 256},
		{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
	};
	static const int rates[3] = {44100, 48000, 32000};
	const unsigned char *p = bytes(s, at, 4);
	if (!p || p[0] != 0xff || (p[1] & 0xe0) != 0xe0)
		return false;
	int version = p[1] >> 3 & 3, layer = 4 - (p[1] >> 1 & 3);
	int bits = p[2] >> 4, rate = p[2] >> 2 & 3, pad = p[2] >> 1 & 1;
	if (version == 1 || layer == 4 || rate == 3 || bits == 15 || !bits)
		return false;
	*f = (struct frame){.at = at, .version = version, .layer = layer};
	f->mono = p[3] >> 6 == 3;
	f->bit_rate = 1000 * kbit[version == 3 ? layer - 1
				  : layer == 1 ? 3 : 4][bits];
	f->rate = rates[rate] >> (version == 3 ? 0 : version == 2 ? 1 : 2);
	f->samples = layer == 1 ? 384 : layer == 3 && version != 3 ? 576 : 1152;
	f->length = layer == 1
			    ? (12 * f->bit_rate / f->rate + pad) * 4
			    : f->samples / 8 * f->bit_rate / f->rate + pad;
	return true;
}

/* Samples that the encoder put before and behind the sound, by the tag that
 * LAME and libavcodec write behind the Xing header. */
static int64_t around(struct source *s, int64_t at)
{
	const unsigned char *p = bytes(s, at, 24);
	if (!p || (memcmp(p, "LAME", 4) != 0 && memcmp(p, "L3.99", 5) != 0 &&
		   memcmp(p, "Lavf", 4) != 0 && memcmp(p, "Lavc", 4) != 0))
		return 0;
	return (p[21] << 4 | p[22] >> 4) + ((p[22] & 15) << 8 | p[23]);
}

static int64_t xing_place(const struct frame *f, bool mono)
{
	return f->at + (f->version == 3 ? mono ? 21 : 36 : mono ? 13 : 21);
}

/* Offset of a Xing header in frame f, 0 for none: behind the side information.
 * Old versions of libavformat put it behind that of two channels in any case. */
static int64_t find_xing(struct source *s, const struct frame *f)
{
	for (int mono = f->mono; mono >= 0; mono--) {
		int64_t at = xing_place(f, mono);
		const unsigned char *p = bytes(s, at, 16);
		if (p && (!memcmp(p, "Xing", 4) || !memcmp(p, "Info", 4)))
			return at;
	}
	return 0;
}

/* A Xing or VBRI header in frame f. Returns whether there is one. */
static bool vbr(struct source *s, struct frame *f)
{
	int64_t at = find_xing(s, f);
	const unsigned char *p = at ? bytes(s, at, 16) : NULL;
	uint32_t frames = 0, size = 0;
	int64_t less = 0;
	if (p) {
		uint32_t flags = be32(p + 4);
		frames = flags & 1 ? be32(p + 8) : 0;
		size = flags & 2 ? be32(p + (flags & 1 ? 12 : 8)) : 0;
		less = around(s, at + 8 + (flags & 1 ? 4 : 0) +
				 (flags & 2 ? 4 : 0) + (flags & 4 ? 100 : 0) +
				 (flags & 8 ? 4 : 0));
		size = size > f->length ? size - (uint32_t)f->length : 0;
	} else {
		p = bytes(s, f->at + 36, 18);
		if (!p || memcmp(p, "VBRI", 4) != 0)
			return false;
		size = be32(p + 10);
		frames = be32(p + 14);
	}
	int64_t n = (int64_t)frames * f->samples;
	/* decoders take a header at that place for sound, and trim nothing */
	if (at != xing_place(f, f->mono))
		less = 0;
	f->counted = n > 0;
	if (n > 0 && size)
		f->mean = (int64_t)(8.0 * size * f->rate / (double)n + 0.5);
	f->seconds = (double)(n > less ? n - less : 0) / f->rate;
	return true;
}

/* Frames in a row from that offset, at most ENOUGH. */
static int follow(struct source *s, int64_t at, struct frame *first,
		  bool *tagged)
{
	struct frame f;
	int n = 0;
	for (*tagged = false; n < ENOUGH && header(s, at, &f); n++) {
		if (n && (f.version != first->version ||
			  f.layer != first->layer || f.rate != first->rate))
			break;
		if (f.layer == 3 && vbr(s, &f)) {
			*first = f;
			*tagged = true;
			return n + 1;
		}
		if (!n)
			*first = f;
		at += f.length;
	}
	return n;
}

static bool find(struct source *s, struct frame *found, bool *sure)
{
	int64_t from = skip_id3(s), at = from;
	bool any = false;
	if (other_format(s, from))
		return false;
	for (int tries = 0; tries < MAX_SYNC && at < from + SEARCH; at++) {
		const unsigned char *p = bytes(s, at, 2);
		if (!p)
			break;
		if (p[0] != 0xff || (p[1] & 0xe0) != 0xe0)
			continue;
		struct frame f;
		tries++;
		int n = follow(s, at, &f, sure);
		*sure |= n == ENOUGH;
		if (*sure || (n >= FALLBACK && !any)) {
			*found = f;
			any = true;
		}
		if (*sure)
			break;
	}
	return any;
}

bool mt_mpeg_probe(struct mt_mpeg *m, int fd, int64_t size)
{
	struct source s = {.fd = fd};
	struct frame f = {0};
	bool sure = false;
	if (!find(&s, &f, &sure))
		return false;
	*m = (struct mt_mpeg){
		.rate = f.rate, .channels = f.mono ? 1 : 2, .layer = f.layer,
		/* a header alone counts frames that are not there */
		.sure = sure && size - f.at > f.length,
		.counted = f.counted, .first = f.at == skip_id3(&s),
		.bit_rate = f.mean ? f.mean : f.bit_rate,
		.seconds = f.counted ? f.seconds
			   : 8.0 * (double)(size - f.at) / f.bit_rate,
	};
	return true;
}
