/* SPDX-License-Identifier: MIT
 * Questions to a tag database, answered as a table. Ties: greater count first, then
 * smaller number. */
#ifndef MT_TAGS_ASK_TAGASK_H
#define MT_TAGS_ASK_TAGASK_H

#include <stdio.h>

#include "format/format.h"
#include "tags/ask/sets.h"
#include "tags/db/tagdb.h"

struct mt_ask {
	FILE *f;                 /* answers */
	const struct mt_format *format; /* with an ending */
	const struct mt_tagdb *db;
	char **id;               /* [n_id] tracks or tags, by name or number */
	size_t n_id;
	const char **without;    /* [n_without] tags, for count */
	size_t n_without;
	bool num;                /* ids and answers are numbers */
	bool fold;               /* tags mean all that case folding makes equal */
	bool rows;               /* count rows of pairs, not tracks */
	bool names, any;
	double min_val;          /* pairs over this val; NAN: all */
	int64_t min, top;        /* 0: all */
	double percent;          /* 100: all */
	double threshold;
	int dim;                 /* 2 or 3 */
	/* scratch of the answers */
	struct mt_print print;
	struct mt_texts_index tids, tags, keys;
	struct mt_texts key;     /* fold: distinct keys */
	uint32_t *first, *next;  /* fold: tags of a key, by number */
	size_t n_unknown;
	char unknown[128];       /* the first of them */
};

/* Each returns MT_OK, or MT_EITEM when an id is not there (the others are
 * answered), or another error. */
typedef int mt_ask_fn(struct mt_ask *ask, struct mt_err *err);
mt_ask_fn mt_ask_info, mt_ask_list_tags, mt_ask_list_tids, mt_ask_tag_name,
	mt_ask_tag_num, mt_ask_tid_name, mt_ask_tid_num, mt_ask_tags_of,
	mt_ask_tids_with, mt_ask_tag_count, mt_ask_min_tags, mt_ask_popularity,
	mt_ask_pairs;
/* Over chosen tags: those of id, else the top ones, else all. */
mt_ask_fn mt_ask_count, mt_ask_together, mt_ask_correlation, mt_ask_equivalent,
	mt_ask_implies, mt_ask_either;
/* tags, tids and tid_tag as three tables into the folder id[0]. */
mt_ask_fn mt_ask_dump;
/* How another database differs, tag by tag. */
int mt_ask_diff(struct mt_ask *ask, const struct mt_tagdb *other, struct mt_err *err);
void mt_ask_release(struct mt_ask *ask);

/* For the answers themselves. Begin the table of an answer. */
void mt_ask_begin(struct mt_ask *ask, const struct mt_column *column, size_t n);
/* Numbers of the tags that text means, into
 * list[*n] in new memory; none: noted as unknown. */
uint32_t *mt_ask_find_tags(struct mt_ask *ask, const char *text, size_t *n);
void mt_ask_put_tag(struct mt_ask *ask, uint32_t tag);
int mt_ask_done(struct mt_ask *ask, const char *what, struct mt_err *err);

#endif
