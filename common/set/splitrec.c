/* SPDX-License-Identifier: MIT */
#include "set/splitrec.h"

#include <string.h>

/* By lists: a segment by its own key, else by that of its file. */
static const char *find(const struct mt_split_by *by, const char *key, size_t n)
{
	const char *split = mt_split_find(by->lists, key, n);
	size_t stem = mt_rec_key_stem(key, n);
	return split || stem == n ? split
				  : mt_split_find(by->lists, key, stem);
}

void mt_split_note(const struct mt_split_by *by, const char *key, size_t n)
{
	if (by->has_lists)
		find(by, key, n);
}

int mt_split_rec(const struct mt_split_by *by, struct mt_rec *rec, struct mt_err *err)
{
	size_t n;
	const char *key = mt_rec_key(rec, &n), *split = NULL;
	if (by->has_lists)
		split = find(by, key, n);
	if (!split && by->field) {
		const struct mt_field *f = mt_rec_get(rec, by->field);
		if (!f)
			return mt_err_item(err, "pack.group", "%.*s: has no "
					   "field '%s' to split by",
					   mt_rec_key_shown(key, n),
					   key, by->field);
		split = mt_split_of(by->shares, f->data, f->size);
	} else if (!split && by->shares->n) {
		split = mt_split_of(by->shares, key,
				    mt_rec_key_stem(key, n));
	}
	if (split)
		mt_rec_put_str(rec, "split", split, strlen(split));
	else if (by->has_lists)
		return mt_err_item(err, "pack.split", "%.*s: is in no "
				   "list of `split-list`", mt_rec_key_shown(key, n), key);
	const struct mt_field *own = mt_rec_get(rec, "split");
	if (own && own->size >= MT_SPLIT_NAME)
		return mt_err_item(err, "pack.split", "%.*s: the name of its "
				   "split has %zu bytes, at most %d are taken",
				   mt_rec_key_shown(key, n), key, (size_t)own->size,
				   MT_SPLIT_NAME - 1);
	return MT_OK;
}
