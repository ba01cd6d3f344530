/* SPDX-License-Identifier: MIT
 * demo-score DIR: the demo's music as MIDI files, and labels.tsv.
 *
 * Eight instruments, two tempi, melody or chords, with or without drums. The
 * melodies of each split are its own: what is tested was never heard before.
 * The same files every time. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/rng.h"

#define TICKS 96             /* of a quarter note */
#define SECONDS 3.0

static const struct { const char *name; int program; } instruments[] = {
	{"piano", 0}, {"marimba", 12}, {"organ", 19}, {"guitar", 25},
	{"violin", 40}, {"trumpet", 56}, {"flute", 73}, {"synth", 81},
};
static const int scale[] = {0, 2, 4, 5, 7, 9, 11, 12, 14, 16};

struct event {
	int tick, order;
	unsigned char byte[3];
	int n;
};

struct track {
	struct event event[4096];
	int n;
};

static void add(struct track *t, int tick, int a, int b, int c)
{
	struct event *e = &t->event[t->n];
	*e = (struct event){tick, t->n++, {(unsigned char)a, (unsigned char)b,
					   (unsigned char)c}, c < 0 ? 2 : 3};
}

static void note(struct track *t, int channel, int tick, int length, int pitch,
		 int loud)
{
	add(t, tick, 0x90 | channel, pitch, loud);
	add(t, tick + length, 0x80 | channel, pitch, 0);
}

static int by_time(const void *a, const void *b)
{
	const struct event *x = a, *y = b;
	return x->tick != y->tick ? x->tick - y->tick : x->order - y->order;
}

static void big_endian(FILE *f, unsigned long v, int n)
{
	while (n--)
		fputc((int)(v >> 8 * n & 255), f);
}

static void variable(FILE *f, int v)
{
	if (v >= 128)
		fputc(v >> 7 | 128, f);
	fputc(v & 127, f);
}

/* A format 0 MIDI file (MIDI 1.0 specification, Standard MIDI Files). */
static void write_midi(const char *path, struct track *t, int bpm)
{
	char *data = NULL;
	size_t size;
	FILE *f = open_memstream(&data, &size);
	int now = 0;
	qsort(t->event, (size_t)t->n, sizeof *t->event, by_time);
	fwrite("\0\xff\x51\x03", 1, 4, f);
	big_endian(f, 60000000UL / (unsigned)bpm, 3);
	for (int i = 0; i < t->n; i++) {
		variable(f, t->event[i].tick - now);
		now = t->event[i].tick;
		fwrite(t->event[i].byte, 1, (size_t)t->event[i].n, f);
	}
	fwrite("\0\xff\x2f\0", 1, 4, f);
	fclose(f);
	FILE *out = fopen(path, "wb");
	if (!out) {
		perror(path);
		exit(4);
	}
	fwrite("MThd\0\0\0\6\0\0\0\1\0\x60MTrk", 1, 18, out);
	big_endian(out, size, 4);
	fwrite(data, 1, size, out);
	if (fclose(out)) {
		perror(path);
		exit(4);
	}
	free(data);
}

static void compose(struct track *t, int program, bool fast, bool chords,
		    bool drums, uint64_t melody)
{
	struct mt_rng rng;
	mt_rng_init(&rng, 2026, MT_RNG_TEST, 0, melody);
	int bpm = fast ? 168 : 72, degree = (int)mt_rng_below(&rng, 8);
	int root = 55 + (int)mt_rng_below(&rng, 10);
	int end = (int)(SECONDS * bpm / 60 * TICKS);
	t->n = 0;
	add(t, 0, 0xc0, program, -1);
	for (int at = 0; at < end;) {
		int length = chords ? TICKS : TICKS / 2;
		if (mt_rng_below(&rng, 4) == 0)
			length *= 2;
		degree += (int)mt_rng_below(&rng, 5) - 2;
		degree = degree < 0 ? 1 : degree > 7 ? 6 : degree;
		int loud = 70 + (int)mt_rng_below(&rng, 50);
		note(t, 0, at, length - 4, root + scale[degree], loud);
		if (chords) {
			note(t, 0, at, length - 4, root + scale[degree] - 5,
			     loud - 10);
			note(t, 0, at, length - 4, root + scale[degree] - 8,
			     loud - 10);
		}
		at += length;
	}
	for (int at = 0; drums && at < end; at += TICKS / 2) {
		note(t, 9, at, 10, 42, 70);
		if (at / (TICKS / 2) % 4 == 0)
			note(t, 9, at, 10, 36, 110);
		if (at / (TICKS / 2) % 4 == 2)
			note(t, 9, at, 10, 38, 100);
	}
}

int main(int argc, char **argv)
{
	static struct track t;
	static const char *const split_of[] = {"train", "train", "train",
		"train", "train", "train", "valid", "test", "test"};
	if (argc != 2)
		return 2;
	char *path = mt_strf("%s/labels.tsv", argv[1]);
	mkdir(argv[1], 0777);
	FILE *labels = fopen(path, "w");
	if (!labels) {
		perror(path);
		return 4;
	}
	free(path);
	fputs("path\tsplit\ttags\n", labels);
	uint64_t melody = 0;
	for (size_t i = 0; i < sizeof instruments / sizeof *instruments; i++)
		for (int kind = 0; kind < 4; kind++)
			for (int k = 0; k < 9; k++) {
				bool fast = kind & 1, chords = kind & 2;
				bool drums = (k + kind) & 1;
				char *name = mt_strf("%s-%03d",
					instruments[i].name, (int)melody);
				path = mt_strf("%s/%s.mid", argv[1], name);
				compose(&t, instruments[i].program, fast,
					chords, drums, melody++);
				write_midi(path, &t, fast ? 168 : 72);
				fprintf(labels, "%s.mp3\t%s\t%s,%s,%s%s\n", name,
					split_of[k], instruments[i].name,
					fast ? "fast" : "slow",
					chords ? "chords" : "melody",
					drums ? ",drums" : "");
				free(path);
				free(name);
			}
	return fclose(labels) ? 4 : 0;
}
