/* SPDX-License-Identifier: MIT
 * The splits of packed sets, counted in their records and compared with what the
 * manifests say. A manifest whose records were moved from one split to another keeps
 * every sum right, so only counting finds it. */
#ifndef MT_SET_SPLITS_H
#define MT_SET_SPLITS_H

#include "base/words.h"
#include "set/set.h"

struct mt_splits {               /* begins as {0} */
	struct mt_words says, has;
};

/* One set more: the numbers of its manifest. */
void mt_splits_expect(struct mt_splits *s, const struct mt_set *set);
/* One record more; failed ones are in no split. */
void mt_splits_count(struct mt_splits *s, const struct mt_rec *rec);
/* After the last record. Nothing is compared if a manifest has a name that is not
 * UTF-8. Errors: MT_EINPUT, with name (of the set or sets), the split, both numbers. */
int mt_splits_check(struct mt_splits *s, const char *name, struct mt_err *err)
	MT_USE_RESULT;
void mt_splits_release(struct mt_splits *s);

#endif
