/* SPDX-License-Identifier: MIT
 * Tracks as sorted sets of tags, and how often tags occur together.
 *
 * Items are numbers 1 .. n_item: tags chosen or canonical ones. All counts are
 * of distinct tracks. */
#ifndef MT_TAGS_ASK_SETS_H
#define MT_TAGS_ASK_SETS_H

#include "tags/db/tagdb.h"

struct mt_sets {
	size_t n_set;            /* the greatest track number */
	uint32_t n_item;
	uint32_t *off;           /* [n_set + 2]; set t is item[off[t]] ..
				  * item[off[t + 1] - 1], ascending */
	uint32_t *item;
	double *val;             /* the greatest of the same pair; NAN unknown;
				  * NULL: not kept */
};

/* map [n_tag + 1] gives the item of a tag, 0 none; pairs with val <= min_val
 * or without one are left out unless min_val is NAN. */
void mt_sets_make(struct mt_sets *s, const struct mt_tagdb *db,
		  const uint32_t *map, uint32_t n_item, double min_val,
		  bool keep_val);
void mt_sets_release(struct mt_sets *s);
bool mt_sets_has(const struct mt_sets *s, size_t set, uint32_t item);
/* Tracks of each item, [n_item + 1]. */
uint32_t *mt_sets_count(const struct mt_sets *s);
/* Give every set the parents of its items too, with the greatest val of those
 * that have them; parent[i] (NULL or) a list ended by 0, transitive. */
void mt_sets_add_parents(struct mt_sets *s, uint32_t *const *parent);

/* Together [n_item + 1][n_item + 1], symmetric; the diagonal is the count.
 * NULL where there is no memory for it. */
uint32_t *mt_sets_pairs(const struct mt_sets *s);
/* The same of three, [mt_sets_triple(i, j, k)]. */
uint32_t *mt_sets_triples(const struct mt_sets *s);
size_t mt_sets_n_triple(size_t n);
size_t mt_sets_triple(size_t i, size_t j, size_t k);  /* any order */

/* Experiment 1: whoever has i gets j, where the share of i's tracks that have
 * j is over the threshold. 2: those that have both lose j; 3: they lose i.
 * Pairs row by row, the shares those at the beginning. added (may be NULL)
 * gets, for 1, the additions as tid, item in their order. False where there is
 * no memory. */
struct mt_sets_added {
	uint32_t *tid, *item;
	size_t n, cap;
};
bool mt_sets_experiment(struct mt_sets *s, int which, double threshold,
			struct mt_sets_added *added);

#endif
