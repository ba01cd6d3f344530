/* SPDX-License-Identifier: MIT
 * What a file is that is not sound, so that a message can name it: a page or a
 * pointer that was downloaded in the place of a song, a playlist, a picture. */
#ifndef MT_AUDIO_KIND_H
#define MT_AUDIO_KIND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define MT_KIND_LOOK 4096  /* bytes worth giving */

struct mt_kind {
	const char *name;        /* "HTML", "JPEG picture"; NULL: perhaps sound */
	bool playlist;           /* it names other files */
};

/* By a file's first n bytes. */
struct mt_kind mt_kind_of(const unsigned char *p, size_t n);
/* By the name that libavformat has for its format; name NULL: a format of sound,
 * read from its own bytes alone. */
struct mt_kind mt_kind_of_format(const char *format);

/* Say so: MT_EITEM with the code stage.open. */
int mt_kind_refuse(struct mt_kind kind, const char *stage, const char *name,
		   struct mt_err *err);

#endif
