/* SPDX-License-Identifier: MIT
 * Inside of mt_decide(). A node is a class (0 .. n_class - 1) or a raw tag
 * (n_class + its rank), so that the least node of a row is its head. */
#ifndef MT_TAGS_CLEAN_DECIDE_IMPL_H
#define MT_TAGS_CLEAN_DECIDE_IMPL_H

#include "tags/clean/decide.h"

struct dec {
	struct mt_decide *d;
	uint32_t n_class, n_node;
	bool makes_rows;         /* there is a candidates rule */
	bool any_words;
	/* of each node */
	uint32_t *up;            /* towards the head of its row */
	unsigned char *in_row;   /* belongs to a row */
	unsigned char *in_pool;  /* folds may put it into one */
	unsigned char *target;   /* a candidate */
	unsigned char *small;    /* below the pool */
	struct mt_why *why;
	const struct mt_rule_name **title; /* of a head: a name by a merge */
	struct mt_why *gone;     /* dropped by this; of a head: the whole row */
	uint32_t *id, *next;     /* its name in the rules, if any; node + 1 */
	const struct mt_rule **class_node; /* [n_class] rule that makes it */
	/* of each name in the rules */
	uint32_t *first;         /* commonest raw tag meant, node + 1 */
	struct mt_why *named;    /* deny or allow */
	uint32_t *class_of;      /* class + 1 */
	struct mt_why *class_why;
};

uint32_t mt_dec_root(struct dec *c, uint32_t node);
void mt_dec_join(struct dec *c, uint32_t a, uint32_t b, struct mt_why why);
/* The fold rules. */
int mt_dec_fold(struct dec *c, struct mt_err *err) MT_USE_RESULT;
/* merge, add and drop. */
void mt_dec_edit(struct dec *c);
/* Rows, their names and parents, and where every raw tag goes. */
int mt_dec_rows(struct dec *c, struct mt_err *err) MT_USE_RESULT;

#endif
