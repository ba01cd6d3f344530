/* SPDX-License-Identifier: MIT
 * Which canonical tag every raw tag becomes, by which rule.
 *
 * The order, whatever that of the lines: classes, deny, allow, words; then the
 * candidates; the folds as they stand; merge, add and drop as they stand. A
 * row is one canonical tag with all its spellings. Rows of candidates come by
 * the popularity of their commonest spelling, which gives them their name and
 * place; those of classes last, in the order of the file. */
#ifndef MT_TAGS_CLEAN_DECIDE_H
#define MT_TAGS_CLEAN_DECIDE_H

#include "tags/clean/rules.h"
#include "tags/db/tagdb.h"

/* Why a raw tag is where it is. */
struct mt_why {
	const struct mt_rule *rule;      /* NULL: a default, no rule */
	const struct mt_rule_name *name; /* of the rule, where one matched */
};

struct mt_row {
	char *name;              /* canonical, lower case */
	uint32_t raw;            /* tag number of the commonest spelling; 0 a
				  * class */
	uint32_t n_raw;          /* spellings */
	uint32_t *parent;        /* rows above, nearest or not, ended by 0 */
};

struct mt_decide {
	const struct mt_rules *rules;
	const struct mt_tagdb *db;
	uint32_t *count;         /* [n_tag + 1] popularity */
	uint32_t *rank;          /* tags by popularity, commonest first */
	size_t n_rank;
	uint64_t candidates, pool; /* as counts */
	struct mt_row *row;      /* [n_row + 1], from 1 on: the new numbers */
	size_t n_row;
	uint32_t *to;            /* [n_tag + 1] row of a raw tag, 0 dropped */
	struct mt_why *why;      /* [n_tag + 1] */
};

/* rows: count rows of pairs as the original does, not tracks. The rules and
 * the database must outlive d. A tag of which a fold leaves nothing, or two
 * rows of the same name, is MT_EINPUT with file and line. */
int mt_decide(struct mt_decide *d, const struct mt_rules *rules,
	      const struct mt_tagdb *db, bool rows, struct mt_err *err)
	MT_USE_RESULT;
void mt_decide_release(struct mt_decide *d);

/* "fold strip plural", "below the pool of 10"; the buffer ends with a zero. */
void mt_why_text(const struct mt_decide *d, uint32_t tag, char *text,
		 size_t size);
/* "lastfm.rules:12", or "-" for a default. */
void mt_why_place(const struct mt_decide *d, uint32_t tag, char *text,
		  size_t size);

#endif
