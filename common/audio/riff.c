/* SPDX-License-Identifier: MIT */
#include "audio/riff.h"

#include <string.h>

#define MAX_CHUNKS 1000     /* before the sound, or behind it */
#define ENDLESS 0x7ffff000u /* sizes from here on mean "until the end" */
#define WRAP ((int64_t)1 << 32)

/* A family of files in chunks. */
struct form {
	struct mt_source *s;
	bool big;                /* the most significant byte first */
	bool wide;               /* Wave64: ids of 16 bytes, sizes of 8 */
	int64_t at;              /* of the first chunk */
	int64_t long_size;       /* RF64: of the sound, -1 none */
	int64_t long_at;         /* where that stands */
};

struct chunk {
	char id[5];
	int64_t size;            /* of its content, as it says */
	int64_t from;            /* of its content */
};

static uint64_t number(const unsigned char *p, int n, bool big)
{
	uint64_t v = 0;
	for (int i = 0; i < n; i++)
		v = v << 8 | p[big ? i : n - 1 - i];
	return v;
}

static void set_number(struct mt_source *s, int64_t at, uint64_t v, int n, bool big)
{
	unsigned char p[8];
	for (int i = 0; i < n; i++, v >>= 8)
		p[big ? n - 1 - i : i] = (unsigned char)v;
	mt_source_patch(s, at, p, n);
}

static bool get_chunk(const struct form *f, int64_t at, struct chunk *c)
{
	unsigned char p[24];
	int head = f->wide ? 24 : 8;
	if (mt_source_read(f->s, at, p, (size_t)head) != head)
		return false;
	memcpy(c->id, p, 4);
	c->id[4] = 0;
	c->from = at + head;
	uint64_t size = number(p + head - (f->wide ? 8 : 4), f->wide ? 8 : 4, f->big);
	c->size = size > INT64_MAX ? INT64_MAX : (int64_t)size;
	if (f->wide)
		c->size = c->size < 24 ? 0 : c->size - 24;
	return true;
}

/* Behind it, with what fills it up to an even place, or one of eight. */
static int64_t behind(const struct form *f, int64_t from, int64_t size)
{
	int64_t unit = f->wide ? 8 : 2;
	if (size > INT64_MAX - from - unit)
		return INT64_MAX;
	return from + (size + unit - 1) / unit * unit;
}

/* Whether a tag, as editors append them, or only zeros begin there. */
static bool is_tag(struct mt_source *s, int64_t at)
{
	unsigned char p[4096];
	ssize_t n = mt_source_read(s, at, p, sizeof p);
	if (n >= 8 && (!memcmp(p, "ID3", 3) || !memcmp(p, "TAG", 3) ||
		       !memcmp(p, "APETAGEX", 8)))
		return true;
	for (ssize_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

static bool printable(const char *id)
{
	for (int i = 0; i < 4; i++)
		if (id[i] < ' ' || id[i] > '~')
			return false;
	return true;
}

/* Do whole chunks lead from that offset to the end of the file? */
static bool chunks_follow(const struct form *f, int64_t at)
{
	struct chunk c;
	for (int i = 0; i < MAX_CHUNKS && at < f->s->whole; i++) {
		if (!get_chunk(f, at, &c))
			return f->s->whole - at < 8;  /* a crumb */
		if ((!f->wide && !printable(c.id)) || (f->wide && !c.size))
			return false;
		at = behind(f, c.from, c.size);
	}
	/* the last one may lack the byte that fills it up */
	return at == f->s->whole || at == f->s->whole + 1;
}

/* The content of "fmt ": bytes a second if every frame has as many. */
static double fmt_rate(const struct form *f, const struct chunk *c)
{
	unsigned char p[40] = {0};
	ssize_t n = mt_source_read(f->s, c->from, p, c->size < 40 ? (size_t)c->size : 40);
	if (n < 16)
		return 0;
	uint64_t tag = number(p, 2, f->big);
	if (tag == 0xfffe && n >= 26)
		tag = number(p + 24, 2, f->big);
	bool plain = tag == 1 || tag == 3 || tag == 6 || tag == 7;
	return plain ? (double)(number(p + 4, 4, f->big) * number(p + 12, 2, f->big)) : 0;
}

static double comm_rate(const struct form *f, const struct chunk *c)
{
	unsigned char p[22];
	if (c->size < 18 || mt_source_read(f->s, c->from, p, 18) != 18)
		return 0;
	if (c->size >= 22 && mt_source_read(f->s, c->from + 18, p + 18, 4) == 4 &&
	    memcmp(p + 18, "NONE", 4) != 0 && memcmp(p + 18, "sowt", 4) != 0 &&
	    memcmp(p + 18, "twos", 4) != 0)
		return 0;
	/* an extended float of 80 bits, of whole numbers below 2^31 */
	int exponent = (int)number(p + 8, 2, true) - 16383;
	if (exponent < 0 || exponent > 30)
		return 0;
	uint64_t rate = number(p + 10, 8, true) >> (63 - exponent);
	return (double)(rate * number(p, 2, true) * ((number(p + 6, 2, true) + 7) / 8));
}

/* The sound lies from c->from on; how long is it? */
static void measure(struct mt_riff *r, const struct form *f, const struct chunk *c)
{
	int64_t there = f->s->whole - c->from, size = c->size;
	*r = (struct mt_riff){.known = there >= 0, .from = c->from, .byte_rate = r->byte_rate};
	if (f->long_size > 0 || (f->long_size == 0 && size >= ENDLESS))
		size = f->long_size;
	bool endless = size <= 0 ? !chunks_follow(f, c->from)
				 : !f->wide && f->long_size < 0 && size >= ENDLESS &&
				   size > there;
	if (endless) {
		size = there;
	} else if (size > there) {
		r->missing = size - there;
		size = there;
	} else if (behind(f, c->from, size) < f->s->whole &&
		   !chunks_follow(f, behind(f, c->from, size))) {
		if (!f->wide && f->long_size < 0 && there - size >= WRAP)
			size += (there - size) / WRAP * WRAP;
		int64_t end = behind(f, c->from, size);
		if (end < f->s->whole && !chunks_follow(f, end) && !is_tag(f->s, end))
			r->behind = f->s->whole - end;
	}
	r->size = size;
}

/* Have the source say so, and end there. */
static void correct(struct mt_riff *r, const struct form *f, const struct chunk *c,
		    bool aiff)
{
	r->corrected = (f->long_size < 0 ? c->size : f->long_size) !=
		       r->size + r->missing;
	if (!r->corrected) {
		;
	} else if (f->long_size >= 0) {
		if (f->long_at)
			set_number(f->s, f->long_at, (uint64_t)r->size, 8, f->big);
	} else if (f->wide) {
		set_number(f->s, c->from - 8, (uint64_t)r->size + 24, 8, false);
	} else {
		/* for WAV, the largest number is "until the end" */
		int64_t most = UINT32_MAX - (aiff ? 16 : 0);
		set_number(f->s, c->from - (aiff ? 12 : 4), !aiff || r->size > most
			   ? (uint64_t)most : (uint64_t)r->size + 8, 4, f->big);
	}
	/* and that the file holds it */
	if (f->wide && r->from + r->size > 0)
		set_number(f->s, 16, (uint64_t)f->s->whole, 8, false);
	else if (aiff)
		set_number(f->s, 4, 0x7fffffff, 4, true);
	f->s->size = r->from + r->size;
}

static void walk(struct mt_riff *r, struct form *f)
{
	struct chunk c;
	bool fmt = false;
	int64_t at = f->at;
	for (int i = 0; i < MAX_CHUNKS && get_chunk(f, at, &c); i++) {
		if (!strcmp(c.id, "ds64") && f->long_size == 0 && c.size >= 16) {
			unsigned char p[16];
			if (mt_source_read(f->s, c.from, p, 16) != 16)
				return;
			uint64_t v = number(p + 8, 8, f->big);
			f->long_at = c.from + 8;
			f->long_size = v > INT64_MAX ? 0 : (int64_t)v;
		} else if (!strcmp(c.id, "fmt ")) {
			r->byte_rate = fmt_rate(f, &c);
			fmt = true;
		} else if (!strcmp(c.id, "data") && fmt) {
			measure(r, f, &c);
			if (r->known)
				correct(r, f, &c, false);
			return;
		} else if (!strcmp(c.id, "data")) {
			return;
		}
		at = behind(f, c.from, c.size);
	}
}

/* AIFF allows its description behind the sound: then it is left alone. */
static void walk_aiff(struct mt_riff *r, struct form *f)
{
	struct chunk c;
	bool comm = false;
	int64_t at = f->at;
	for (int i = 0; i < MAX_CHUNKS && get_chunk(f, at, &c); i++) {
		if (!strcmp(c.id, "COMM")) {
			r->byte_rate = comm_rate(f, &c);
			comm = true;
		} else if (!strcmp(c.id, "SSND") && comm) {
			unsigned char p[8];
			if (mt_source_read(f->s, c.from, p, 8) != 8 || number(p, 4, true))
				return;
			c.from += 8;  /* offset and block size */
			c.size -= c.size >= 8 ? 8 : c.size;
			measure(r, f, &c);
			if (r->known)
				correct(r, f, &c, true);
			return;
		} else if (!strcmp(c.id, "SSND")) {
			return;
		}
		at = behind(f, c.from, c.size);
	}
}

void mt_riff_fix(struct mt_riff *r, struct mt_source *s)
{
	unsigned char p[40];
	struct form f = {.s = s, .at = 12, .long_size = -1};
	*r = (struct mt_riff){0};
	if (s->live || mt_source_read(s, 0, p, sizeof p) != sizeof p)
		return;
	bool long_sizes = !memcmp(p, "RF64", 4) || !memcmp(p, "BW64", 4);
	f.big = !memcmp(p, "RIFX", 4) || !memcmp(p, "FORM", 4);
	if (long_sizes)
		f.long_size = 0;
	if (!memcmp(p, "riff\x2e\x91\xcf\x11", 8) && !memcmp(p + 24, "wave", 4)) {
		f.wide = true;
		f.at = 40;
		walk(r, &f);
	} else if ((long_sizes || !memcmp(p, "RIF", 3)) && !memcmp(p + 8, "WAVE", 4)) {
		walk(r, &f);
	} else if (!memcmp(p, "FORM", 4) &&
		   (!memcmp(p + 8, "AIFF", 4) || !memcmp(p + 8, "AIFC", 4))) {
		walk_aiff(r, &f);
	}
}
