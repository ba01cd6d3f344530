/* SPDX-License-Identifier: MIT
 * Numbers from text, strictly: the whole text must be one number in range,
 * with no blanks around it; false otherwise, and *out is untouched. */
#ifndef MT_BASE_NUM_H
#define MT_BASE_NUM_H

#include <stdbool.h>
#include <stdint.h>

bool mt_num_i64(const char *s, int64_t *out);
bool mt_num_u64(const char *s, uint64_t *out);
bool mt_num_f64(const char *s, double *out);  /* finite */

#endif
