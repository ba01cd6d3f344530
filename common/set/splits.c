/* SPDX-License-Identifier: MIT */
#include "set/splits.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

void mt_splits_expect(struct mt_splits *s, const struct mt_set *set)
{
	for (size_t i = 0; i < set->n_split; i++) {
		const char *name = set->split[i].name;
		size_t at = mt_words_find(&s->says, name, strlen(name));
		s->says.word[at].n += set->split[i].n;
	}
}

void mt_splits_count(struct mt_splits *s, const struct mt_rec *rec)
{
	const struct mt_field *f = rec->type == MT_DATA ? mt_rec_get(rec, "split") : NULL;
	if (f && f->dtype[0] == 's' && f->size) {
		size_t at = mt_words_find(&s->has, f->data, (size_t)f->size);
		s->has.word[at].n++;
	}
}

int mt_splits_check(struct mt_splits *s, const char *name, struct mt_err *err)
{
	bool hex = false;        /* a name that is not UTF-8, as the manifest writes it */
	for (size_t i = 0; i < s->says.n; i++)
		hex |= !strncmp(s->says.word[i].word, "hex:", 4);
	/* a split that just one side has is there with 0 records on the other */
	for (size_t i = 0; !hex && i < s->has.n; i++)
		mt_words_find(&s->says, s->has.word[i].word, s->has.word[i].size);
	for (size_t i = 0; !hex && i < s->says.n; i++) {
		const struct mt_word *says = &s->says.word[i];
		size_t at = mt_words_find(&s->has, says->word, says->size);
		if (s->has.word[at].n != says->n)
			return mt_err_set(err, MT_EINPUT, "%s: the manifest says %" PRIu64
					  " records of split '%.80s', its parts have %" PRIu64,
					  name, says->n, says->word, s->has.word[at].n);
	}
	return MT_OK;
}

void mt_splits_release(struct mt_splits *s)
{
	mt_words_release(&s->says);
	mt_words_release(&s->has);
}
