/* SPDX-License-Identifier: MIT
 * Numbers from text, strictly: the whole text must be one number in range,
 * with no blanks around it; false otherwise, and *out is untouched. */
#ifndef MT_BASE_NUM_H
#define MT_BASE_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool mt_num_i64(const char *s, int64_t *out);
bool mt_num_u64(const char *s, uint64_t *out);
bool mt_num_f64(const char *s, double *out);  /* finite */
/* A number as the shortest text that gives the same value again when it is read
 * as a double (bits 64), a float (32) or a half (16); "nan", "inf" and "-inf". In
 * buf of MT_NUM_TEXT bytes, which is returned. */
#define MT_NUM_TEXT 32
const char *mt_num_text(char *buf, double v, int bits);

/* A number of bytes: "4096", or a number that may have a decimal point and is
 * followed by K, M, G or T, in either case and also as "MiB": powers of 1024. */
bool mt_num_size(const char *s, uint64_t *out);
/* The reverse for people, "960 bytes", "1 GiB", "2.6 GiB"; returns buf. */
const char *mt_num_size_text(char *buf, size_t size, uint64_t bytes);
/* The same for a size and the limit that it exceeds. Where both would read alike they
 * become "1073741828 bytes" and "1073741824". */
#define MT_NUM_SIZE 32
void mt_num_size_pair(char have[MT_NUM_SIZE], char most[MT_NUM_SIZE], uint64_t bytes,
		      uint64_t limit);

#endif
