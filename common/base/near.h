/* SPDX-License-Identifier: MIT
 * The name that a misspelt one was probably meant to be, for "did you mean". */
#ifndef MT_BASE_NEAR_H
#define MT_BASE_NEAR_H

#include <stddef.h>

/* The one of n names that takes the fewest edits (a letter put in, left out or
 * replaced, or two neighbours swapped; capitals do not count) to become word; the
 * first of equals. One edit is near for a word of 2 letters, two from 5, three
 * from 8. NULL if no name is near; a word or name of more than 64 bytes never is. */
const char *mt_near(const char *word, const char *const *name, size_t n);

#endif
