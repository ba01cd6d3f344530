/* SPDX-License-Identifier: MIT
 * Records of scores as text: a table for people, tab-separated values, or a
 * JSON object a line. Tags from the best down. */
#ifndef MT_FORMAT_SCORETEXT_H
#define MT_FORMAT_SCORETEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "stream/rec.h"

enum mt_scoretext_kind { MT_SCORE_TABLE, MT_SCORE_TSV, MT_SCORE_JSON };

struct mt_scoretext {
	FILE *f;                 /* the caller looks at ferror() */
	enum mt_scoretext_kind kind;
	char *const *tag;        /* [n_tag] */
	size_t n_tag;
	size_t top;              /* at most so many tags of a record or window */
	double threshold;        /* of them those with this score or more */
	bool windows;            /* the scores of each window too */
	bool any;                /* a record was printed */
};

/* One DATA record with the fields score [n_tag] and, where windows are asked
 * for, windows [W][n_tag] and window_start [W]. */
void mt_scoretext_put(struct mt_scoretext *t, const struct mt_rec *rec);

#endif
