/* SPDX-License-Identifier: MIT
 * Small pieces of made-up music, and MP3 files of them. */
#ifndef MINISOUND_H
#define MINISOUND_H

#include <stdbool.h>
#include <stddef.h>

#define MINI_RATE 22050  /* Hz */

enum mini_genre { ROCK, ELECTRONIC, AMBIENT, JAZZ, FOLK, N_GENRE };

/* x[n] becomes a piece of this genre, with a singing voice or without; the
 * same seed gives the same samples. */
void mini_render(float *x, size_t n, enum mini_genre genre, bool voice,
		 unsigned long seed);
/* Encode x[n] at MINI_RATE, mono, as MP3 at path; false: the reason is on
 * standard error. */
bool mini_mp3(const char *path, const float *x, size_t n);

#endif
