/* SPDX-License-Identifier: MIT
 * Records of scores as text: bars for people, rows of key, tag and score,
 * or a JSON object a line. Tags from the best down. */
#ifndef MT_FORMAT_SCORETEXT_H
#define MT_FORMAT_SCORETEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "format/format.h"
#include "stream/rec.h"

struct mt_scoretext {
	FILE *f;                 /* the caller looks at ferror() */
	const struct mt_format *format; /* mt_format_table: with bars, a block a record;
				  * JSON: an object a record; else a row a tag */
	char *const *tag;        /* [n_tag] */
	size_t n_tag;
	size_t top;              /* at most so many tags of a record or window */
	double threshold;        /* of them those with this score or more */
	bool windows;            /* the scores of each window too */
	bool any;                /* a record was printed */
	struct mt_print print;   /* private */
};

/* One DATA record with the fields score [n_tag] and, where windows are asked
 * for, windows [W][n_tag] and window_start [W]. */
void mt_scoretext_put(struct mt_scoretext *t, const struct mt_rec *rec);

#endif
