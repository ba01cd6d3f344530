/* SPDX-License-Identifier: MIT
 * Writes a stream as it is described on standard input, right or wrong, with
 * checksums in order: what a faulty or hostile writer could send. A line is
 *
 *   head KIND              begin a segment; its header text is the two first lines
 *   line TEXT              one more line of the header
 *   lines N TEXT           N of them, "%d" in TEXT is their number
 *   data KEY | fail KEY    begin a record
 *   s NAME TEXT            its field of that text
 *   f4 NAME [D,D] V ...    its field of numbers, of any number type; no [D,D]: one value
 *   share N SIZE           N fields share0 ... of SIZE bytes that lie in one place
 *   zip                    compress this record
 *   raw SIZE               ... and claim this size
 *   index OFF KEY ...      an index; OFF "@" is the right one
 *   done                   end the segment
 *
 * \t, \n, \r, \\, \s (space) and \xHH stand for bytes. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/crc.h"
#include "base/mem.h"
#include "stream/layout.h"
#include "stream/rec.h"

static struct {
	uint64_t at, start, seq, index, n_data, n_fail;
	uint64_t off[4096];
	uint32_t digest;
	char *text;              /* of the header */
	size_t size;
	FILE *head;
	struct mt_rec rec;
	const char *type;        /* of the record that is open; NULL: none */
	uint64_t raw;
	bool zip;
} c;

static void put(const char *type, const unsigned char *body, size_t size, int n_field)
{
	unsigned char h[MT_FRAME_HEAD] = {0};
	memcpy(h, MT_SYNC, 4);
	memcpy(h + MT_AT_TYPE, type, 4);
	mt_set_u64(h + MT_AT_SIZE, size);
	mt_set_u64(h + MT_AT_SEQ, c.seq++);
	mt_set_u32(h + MT_AT_NFIELD, (uint32_t)n_field);
	mt_set_u32(h + MT_AT_FLAGS, c.zip ? MT_FLAG_ZSTD : 0);
	mt_set_u64(h + MT_AT_RAW, c.raw);
	mt_set_u32(h + MT_AT_CCRC, mt_crc32(0, body, size));
	mt_set_u32(h + MT_AT_HCRC, mt_crc32(0, h, MT_AT_HCRC));
	c.digest = mt_crc32(c.digest, h + MT_AT_HCRC, 4);
	fwrite(h, 1, sizeof h, stdout);
	fwrite(body, 1, size, stdout);
	c.at += sizeof h + size;
}

static bool is_shared(const struct mt_field *f)
{
	return !strncmp(f->name, "share", 5) && strcmp(f->name, "share0") != 0;
}

/* The open record as a frame; fields that are shared lie where the first is. */
static void put_rec(const char *type)
{
	const struct mt_rec *r = &c.rec;
	size_t rows = (size_t)r->n_field * MT_ROW, size = rows, at = 0;
	for (int i = 0; i < r->n_field; i++)
		size += is_shared(&r->field[i]) ? 0 : mt_pad64(r->field[i].size);
	unsigned char *body = mt_calloc(size, 1);
	size = rows;
	for (int i = 0; i < r->n_field; i++) {
		const struct mt_field *f = &r->field[i];
		unsigned char *row = body + (size_t)i * MT_ROW;
		memcpy(row, f->name, MT_NAME_SIZE);
		memcpy(row + MT_ROW_DTYPE, f->dtype, 4);
		mt_set_u32(row + MT_ROW_NDIM, (uint32_t)f->n_dim);
		for (int d = 0; d < f->n_dim; d++)
			mt_set_u64(row + MT_ROW_DIM + 8 * d, f->dim[d]);
		if (!is_shared(f)) {
			at = size;
			if (f->size)
				memcpy(body + at, f->data, f->size);
			size += mt_pad64(f->size);
		}
		mt_set_u64(row + MT_ROW_OFF, at);
	}
	if (c.zip) {
		size_t room = ZSTD_compressBound(size) + MT_ALIGN;
		unsigned char *packed = mt_calloc(rows + room, 1);
		memcpy(packed, body, rows);
		size_t n = ZSTD_compress(packed + rows, room, body + rows, size - rows, 1);
		c.raw = c.raw ? c.raw : size - rows;
		free(body);
		body = packed;
		size = rows + mt_pad64(n);
	}
	put(type, body, size, r->n_field);
	free(body);
	mt_rec_reset(&c.rec, MT_DATA);
	c.zip = false;
	c.raw = 0;
}

/* What is open ends where something else begins. */
static void flush(void)
{
	if (c.head) {
		fclose(c.head);
		c.head = NULL;
		mt_rec_put_str(&c.rec, "text", c.text, c.size);
		put_rec("HEAD");
		free(c.text);
	}
	if (c.type) {
		if (!strcmp(c.type, "DATA") && c.n_data < 4096)
			c.off[c.n_data] = c.at - c.start;
		c.n_data += !strcmp(c.type, "DATA");
		c.n_fail += !strcmp(c.type, "FAIL");
		put_rec(c.type);
	}
	c.type = NULL;
}

/* Decode in place; the length, for a byte may be zero. */
static size_t decode(char *start)
{
	char *s = start, *to = start;
	for (char hex[3] = ""; *s; s++) {
		if (*s != '\\' || !s[1]) {
			*to++ = *s;
			continue;
		}
		s++;
		if (*s == 'x' && s[1] && s[2]) {
			memcpy(hex, s + 1, 2);
			*to++ = (char)strtoul(hex, NULL, 16);
			s += 2;
		} else {
			const char *e = strchr("t\tn\nr\rs ", *s);
			*to++ = e && isalpha((unsigned char)*s) ? e[1] : *s;
		}
	}
	*to = 0;
	return (size_t)(to - start);
}

static char *word(char **rest)
{
	char *w = *rest, *space = strchr(w, ' ');
	*rest = space ? space + 1 : w + strlen(w);
	if (space)
		*space = 0;
	return w;
}

static void put_value(unsigned char *to, const char *dtype, const char *text)
{
	double d = strtod(text, NULL);
	float f = (float)d;
	int64_t i = dtype[0] == 'u' ? (int64_t)strtoull(text, NULL, 10)
				    : strtoll(text, NULL, 10);
	if (!strcmp(dtype, "f8"))
		memcpy(to, &d, 8);
	else if (!strcmp(dtype, "f4"))
		memcpy(to, &f, 4);
	else  /* f2: by its bits */
		memcpy(to, &i, mt_dtype_size(dtype));
}

static void add_numbers(const char *dtype, char *rest)
{
	size_t step = mt_dtype_size(dtype), n = 1;
	char *name = word(&rest);
	uint64_t dim[4] = {0};
	int n_dim = 0;
	decode(name);
	if (*rest == '[')
		for (char *d = word(&rest) + 1; n_dim < 4 && *d; n_dim++) {
			dim[n_dim] = strtoull(d, &d, 10);
			n *= dim[n_dim];
			d += *d != 0;
		}
	unsigned char *data = mt_rec_alloc(&c.rec, n * step);
	memset(data, 0, n * step);
	for (size_t i = 0; i < n && *rest; i++)
		put_value(data + i * step, dtype, word(&rest));
	mt_rec_put(&c.rec, name, dtype, n_dim, dim, data);
}

static void add_shared(char *rest)
{
	int n = (int)strtol(word(&rest), NULL, 10);
	uint64_t size = strtoull(rest, NULL, 10);
	char name[MT_NAME_SIZE + 1];
	unsigned char *data = mt_rec_alloc(&c.rec, size);
	memset(data, 0, size);
	for (int i = 0; i < n; i++) {
		snprintf(name, sizeof name, "share%d", i);
		mt_rec_put(&c.rec, name, "u1", 1, &size, data);
	}
}

static void add_index(char *rest)
{
	uint64_t off[4096], n = 0;
	char *keys = NULL;
	size_t size;
	FILE *f = open_memstream(&keys, &size);
	for (; *rest && n < 4096; n++) {
		char *o = word(&rest), *key = word(&rest);
		off[n] = *o == '@' ? c.off[n] : strtoull(o, NULL, 10);
		fwrite(key, 1, decode(key), f);
		fputc('\n', f);
	}
	fclose(f);
	c.index = c.at - c.start;
	mt_rec_put(&c.rec, "off", "u8", 1, &n, off);
	mt_rec_put_str(&c.rec, "key", keys, size);
	put_rec("indx");
	free(keys);
}

static void add_lines(char *rest)
{
	int n = (int)strtol(word(&rest), NULL, 10);
	decode(rest);
	for (int i = 0; i < n; i++) {
		const char *s = rest;
		for (const char *d; (d = strstr(s, "%d")); s = d + 2)
			fprintf(c.head, "%.*s%d", (int)(d - s), s, i);
		fprintf(c.head, "%s\n", s);
	}
}

static void one(char *rest)
{
	const char *verb = word(&rest);
	bool is_new = !strcmp(verb, "head") || !strcmp(verb, "data") || !strcmp(verb, "fail") ||
		      !strcmp(verb, "index") || !strcmp(verb, "done");
	if (is_new)
		flush();
	if (!strcmp(verb, "head")) {
		c.seq = c.index = c.n_data = c.n_fail = c.digest = 0;
		c.start = c.at;
		c.head = open_memstream(&c.text, &c.size);
		fprintf(c.head, "mtrec\t1\nkind\t%s\n", rest);
	} else if (!strcmp(verb, "line")) {
		fwrite(rest, 1, decode(rest), c.head);
		fputc('\n', c.head);
	} else if (!strcmp(verb, "lines")) {
		add_lines(rest);
	} else if (!strcmp(verb, "data") || !strcmp(verb, "fail")) {
		c.type = verb[0] == 'd' ? "DATA" : "FAIL";
		mt_rec_put_str(&c.rec, "key", rest, decode(rest));
	} else if (!strcmp(verb, "s")) {
		char *name = word(&rest);
		decode(name);
		mt_rec_put_str(&c.rec, name, rest, decode(rest));
	} else if (!strcmp(verb, "share")) {
		add_shared(rest);
	} else if (!strcmp(verb, "zip")) {
		c.zip = true;
	} else if (!strcmp(verb, "raw")) {
		c.raw = strtoull(rest, NULL, 10);
	} else if (!strcmp(verb, "index")) {
		add_index(rest);
	} else if (!strcmp(verb, "done")) {
		uint64_t tally[8] = {c.n_data, c.n_fail, 0, c.index, c.digest,
				     c.at - c.start};
		mt_rec_put(&c.rec, "tally", "u8", 1, &(uint64_t){8}, tally);
		put_rec("DONE");
	} else if (mt_dtype_size(verb)) {
		add_numbers(verb, rest);
	} else if (*verb && *verb != '#') {
		fprintf(stderr, "craft: unknown word '%s'\n", verb);
		exit(2);
	}
}

int main(void)
{
	char *line = NULL;
	size_t cap = 0;
	mt_rec_init(&c.rec);
	for (ssize_t n; (n = getline(&line, &cap, stdin)) >= 0;) {
		if (n && line[n - 1] == '\n')
			line[n - 1] = 0;
		one(line);
	}
	flush();
	free(line);
	mt_rec_release(&c.rec);
	return fflush(stdout) != 0;
}
