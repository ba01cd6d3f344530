/* SPDX-License-Identifier: MIT */
#include "tags/ask/tagask.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "tags/ask/tagout.h"
#include "tags/clean/fold.h"

static void put_text(struct mt_print *p, const struct mt_texts *t, uint32_t number)
{
	size_t n;
	const char *s = mt_texts_get(t, number, &n);
	if (s)
		mt_print_text(p, s, n);
	else
		mt_print_none(p);
}

static void put_number(struct mt_print *p, const struct mt_texts *t, uint32_t number)
{
	mt_print_int(p, mt_texts_row(t, number));
}

void mt_ask_begin(struct mt_ask *ask, const struct mt_column *column, size_t n)
{
	mt_print_begin(&ask->print, ask->f, ask->format, column, n);
}

void mt_ask_put_tag(struct mt_ask *ask, uint32_t tag)
{
	if (ask->num)
		put_number(&ask->print, &ask->db->tag, tag);
	else
		put_text(&ask->print, &ask->db->tag, tag);
}

static void put_tid(struct mt_ask *ask, uint32_t tid)
{
	if (ask->num)
		put_number(&ask->print, &ask->db->tid, tid);
	else
		put_text(&ask->print, &ask->db->tid, tid);
}

static void unknown(struct mt_ask *ask, const char *text)
{
	if (!ask->n_unknown++)
		snprintf(ask->unknown, sizeof ask->unknown, "%s", text);
}

int mt_ask_done(struct mt_ask *ask, const char *what, struct mt_err *err)
{
	if (!ask->n_unknown)
		return MT_OK;
	if (ask->n_unknown == 1)
		return mt_err_item(err, "tags.unknown", "%s: unknown %s "
				   "'%s'", ask->db->path, what, ask->unknown);
	return mt_err_item(err, "tags.unknown", "%s: unknown %s '%s' and "
			   "%zu more", ask->db->path, what, ask->unknown,
			   ask->n_unknown - 1);
}

static uint32_t find_number(const struct mt_texts *t, const char *text)
{
	int64_t v;
	size_t n, k = mt_num_i64(text, &v) ? mt_texts_at_row(t, v) : 0;
	return mt_texts_get(t, k, &n) ? (uint32_t)k : 0;
}

static uint32_t find_tid(struct mt_ask *ask, const char *text, bool num)
{
	if (!num && !ask->tids.slot)
		mt_texts_index(&ask->tids, &ask->db->tid);
	uint32_t t = num ? find_number(&ask->db->tid, text)
			 : (uint32_t)mt_texts_find(&ask->tids, text,
						   strlen(text));
	if (!t)
		unknown(ask, text);
	return t;
}

/* Tags by the key of their case fold. */
static void index_keys(struct mt_ask *ask)
{
	struct mt_text key = {0};
	const struct mt_texts *tag = &ask->db->tag;
	size_t n;
	mt_texts_index(&ask->keys, &ask->key);
	ask->first = mt_calloc(tag->n + 2, sizeof *ask->first);
	ask->next = mt_calloc(tag->n + 2, sizeof *ask->next);
	for (size_t i = tag->n; i > 0; i--) {
		const char *s = mt_texts_get(tag, i, &n);
		if (!s)
			continue;
		mt_fold_key(&key, MT_FOLD_CASE, false, s, n);
		size_t k = mt_texts_find(&ask->keys, key.s, key.n);
		if (!k) {
			mt_texts_add(&ask->key, key.s, key.n);
			k = mt_texts_insert(&ask->keys, ask->key.n);
		}
		ask->next[i] = ask->first[k];
		ask->first[k] = (uint32_t)i;
	}
	free(key.s);
}

uint32_t *mt_ask_find_tags(struct mt_ask *ask, const char *text, size_t *n)
{
	uint32_t *list = mt_calloc(2, sizeof *list);
	*n = 0;
	if (ask->num) {
		list[0] = find_number(&ask->db->tag, text);
	} else if (!ask->fold) {
		if (!ask->tags.slot)
			mt_texts_index(&ask->tags, &ask->db->tag);
		list[0] = (uint32_t)mt_texts_find(&ask->tags, text,
						  strlen(text));
	} else {
		struct mt_text key = {0};
		if (!ask->keys.slot)
			index_keys(ask);
		mt_fold_key(&key, MT_FOLD_CASE, false, text, strlen(text));
		size_t k = mt_texts_find(&ask->keys, key.s, key.n);
		for (uint32_t t = k ? ask->first[k] : 0; t; t = ask->next[t]) {
			list = mt_realloc(list, *n + 2, sizeof *list);
			list[(*n)++] = t;
		}
		free(key.s);
	}
	if (!ask->fold || ask->num)
		*n = list[0] != 0;
	if (!*n)
		unknown(ask, text);
	return list;
}

void mt_ask_release(struct mt_ask *ask)
{
	mt_texts_index_release(&ask->tids);
	mt_texts_index_release(&ask->tags);
	mt_texts_index_release(&ask->keys);
	mt_texts_release(&ask->key);
	free(ask->first);
	free(ask->next);
}

static void put_count(struct mt_ask *ask, const char *what, size_t n)
{
	mt_print_word(&ask->print, what);
	mt_print_uint(&ask->print, n);
	mt_print_row(&ask->print);
}

int mt_ask_info(struct mt_ask *ask, struct mt_err *err)
{
	(void)err;
	static const struct mt_column column[] = {MT_COL("what", TEXT), MT_COL("n", INT)};
	const struct mt_tagdb *db = ask->db;
	uint32_t *count = mt_tagdb_count(db, true), *tids, *order;
	size_t n_used, n_tid = 0, distinct = 0;
	uint32_t *rank = mt_tagdb_rank(db, count, &n_used);
	for (size_t i = 1; i <= db->tag.n; i++)
		distinct += count[i];
	mt_pairs_by(db->pair_tid, db->n_pair, db->tid.n, &tids, &order);
	mt_print_bare(&ask->print, ask->f, ask->format, column, 2);
	for (size_t t = 1; t <= db->tid.n; t++)
		n_tid += tids[t] < tids[t + 1];
	put_count(ask, "tids", db->tid.n_text);
	put_count(ask, "tids with a tag", n_tid);
	put_count(ask, "tags", db->tag.n_text);
	put_count(ask, "tags with a track", n_used);
	put_count(ask, "pairs", db->n_pair);
	put_count(ask, "distinct pairs", distinct);
	put_count(ask, "odd pairs", db->n_odd);
	mt_print_word(&ask->print, "val");
	mt_print_word(&ask->print, db->pair_val ? "yes" : "no");
	mt_print_row(&ask->print);
	free(count);
	free(rank);
	free(tids);
	free(order);
	return MT_OK;
}

static int put_list(struct mt_ask *ask, const struct mt_texts *t,
		    const char *name)
{
	const struct mt_column column[] = {MT_COL("number", INT), MT_COL(name, TEXT)};
	size_t n;
	mt_ask_begin(ask, column, 2);
	for (uint32_t i = 1; i <= t->n; i++) {
		const char *s = mt_texts_get(t, i, &n);
		if (!s)
			continue;
		put_number(&ask->print, t, i);
		mt_print_text(&ask->print, s, n);
		mt_print_row(&ask->print);
	}
	return MT_OK;
}

int mt_ask_list_tags(struct mt_ask *ask, struct mt_err *err)
{
	(void)err;
	return put_list(ask, &ask->db->tag, "tag");
}

int mt_ask_list_tids(struct mt_ask *ask, struct mt_err *err)
{
	(void)err;
	return put_list(ask, &ask->db->tid, "tid");
}

/* One line for each id that is there, in the order asked. */
static void put_found(struct mt_ask *ask, const struct mt_texts *t,
		      uint32_t number)
{
	if (!number)
		return;
	put_number(&ask->print, t, number);
	put_text(&ask->print, t, number);
	mt_print_row(&ask->print);
}

static int by_tag(struct mt_ask *ask, struct mt_err *err)
{
	static const struct mt_column column[] = {MT_COL("number", INT), MT_COL("tag", TEXT)};
	size_t n;
	mt_ask_begin(ask, column, 2);
	for (size_t i = 0; i < ask->n_id; i++) {
		uint32_t *tag = mt_ask_find_tags(ask, ask->id[i], &n);
		for (size_t k = 0; k < n; k++)
			put_found(ask, &ask->db->tag, tag[k]);
		free(tag);
	}
	return mt_ask_done(ask, "tag", err);
}

int mt_ask_tag_num(struct mt_ask *ask, struct mt_err *err)
{
	ask->num = false;
	return by_tag(ask, err);
}

int mt_ask_tag_name(struct mt_ask *ask, struct mt_err *err)
{
	ask->num = true;
	return by_tag(ask, err);
}

static int by_tid(struct mt_ask *ask, bool num, struct mt_err *err)
{
	static const struct mt_column column[] = {MT_COL("number", INT), MT_COL("tid", TEXT)};
	mt_ask_begin(ask, column, 2);
	for (size_t i = 0; i < ask->n_id; i++)
		put_found(ask, &ask->db->tid, find_tid(ask, ask->id[i], num));
	return mt_ask_done(ask, "track", err);
}

int mt_ask_tid_name(struct mt_ask *ask, struct mt_err *err)
{
	return by_tid(ask, true, err);
}

int mt_ask_tid_num(struct mt_ask *ask, struct mt_err *err)
{
	return by_tid(ask, false, err);
}

/* All tags as they are. */
static void all_sets(const struct mt_ask *ask, struct mt_sets *s, bool val)
{
	const struct mt_tagdb *db = ask->db;
	uint32_t *map = mt_calloc(db->tag.n + 1, sizeof *map);
	for (uint32_t i = 1; i <= db->tag.n; i++)
		map[i] = i;
	mt_sets_make(s, db, map, (uint32_t)db->tag.n, ask->min_val, val);
	free(map);
}

/* NaN: the pair has none. */
static void put_val(struct mt_print *p, double v)
{
	if (isnan(v))
		mt_print_none(p);
	else
		mt_print_real(p, v, 64);
}

int mt_ask_tags_of(struct mt_ask *ask, struct mt_err *err)
{
	static const struct mt_column column[] = {
		MT_COL("tid", TEXT), MT_COL("tag", TEXT), MT_COL("val", REAL),
	};
	struct mt_sets s;
	all_sets(ask, &s, true);
	mt_ask_begin(ask, column, s.val ? 3 : 2);
	for (size_t i = 0; i < ask->n_id; i++) {
		uint32_t t = find_tid(ask, ask->id[i], ask->num);
		for (uint32_t k = s.off[t]; t && k < s.off[t + 1]; k++) {
			put_tid(ask, t);
			mt_ask_put_tag(ask, s.item[k]);
			if (s.val)
				put_val(&ask->print, s.val[k]);
			mt_print_row(&ask->print);
		}
	}
	mt_sets_release(&s);
	return mt_ask_done(ask, "track", err);
}

int mt_ask_tids_with(struct mt_ask *ask, struct mt_err *err)
{
	static const struct mt_column column[] = {MT_COL("tag", TEXT), MT_COL("tid", TEXT)};
	const struct mt_tagdb *db = ask->db;
	uint32_t *map = mt_calloc(db->tag.n + 1, sizeof *map);
	uint32_t **tag = mt_calloc(ask->n_id + 1, sizeof *tag);
	size_t *n = mt_calloc(ask->n_id + 1, sizeof *n);
	struct mt_sets s;
	mt_ask_begin(ask, column, 2);
	/* operands by themselves, for they may share spellings */
	for (size_t i = 0; i < ask->n_id; i++) {
		tag[i] = mt_ask_find_tags(ask, ask->id[i], &n[i]);
		for (size_t k = 0; k < n[i]; k++)
			map[tag[i][k]] = tag[i][k];
	}
	mt_sets_make(&s, db, map, (uint32_t)db->tag.n, ask->min_val, false);
	for (size_t i = 0; i < ask->n_id; i++)
		for (uint32_t t = 1; t <= s.n_set; t++) {
			bool has = false;
			for (size_t k = 0; !has && k < n[i]; k++)
				has = mt_sets_has(&s, t, tag[i][k]);
			if (!has)
				continue;
			mt_print_text(&ask->print, ask->id[i], strlen(ask->id[i]));
			put_tid(ask, t);
			mt_print_row(&ask->print);
		}
	for (size_t i = 0; i < ask->n_id; i++)
		free(tag[i]);
	free(tag);
	free(n);
	free(map);
	mt_sets_release(&s);
	return mt_ask_done(ask, "tag", err);
}

/* Tracks with their number of tags: all (no id), or those asked for. */
static int count_tags(struct mt_ask *ask, int64_t min, bool count,
		      struct mt_err *err)
{
	static const struct mt_column column[] = {MT_COL("tid", TEXT), MT_COL("count", INT)};
	struct mt_sets s;
	all_sets(ask, &s, false);
	size_t n = ask->n_id ? ask->n_id : s.n_set, len;
	mt_ask_begin(ask, column, count ? 2 : 1);
	for (size_t i = 0; i < n; i++) {
		uint32_t t = ask->n_id ? find_tid(ask, ask->id[i], ask->num)
				       : (uint32_t)i + 1;
		if (!mt_texts_get(&ask->db->tid, t, &len) ||
		    s.off[t + 1] - s.off[t] < min)
			continue;
		put_tid(ask, t);
		if (count)
			mt_print_uint(&ask->print, s.off[t + 1] - s.off[t]);
		mt_print_row(&ask->print);
	}
	mt_sets_release(&s);
	return mt_ask_done(ask, "track", err);
}

int mt_ask_tag_count(struct mt_ask *ask, struct mt_err *err)
{
	return count_tags(ask, 0, true, err);
}

int mt_ask_min_tags(struct mt_ask *ask, struct mt_err *err)
{
	return count_tags(ask, ask->min, false, err);
}

int mt_ask_popularity(struct mt_ask *ask, struct mt_err *err)
{
	(void)err;
	static const struct mt_column column[] = {
		MT_COL("rank", INT), MT_COL("tag", TEXT), MT_COL("number", INT),
		MT_COL("count", INT),
	};
	const struct mt_tagdb *db = ask->db;
	uint32_t *count = mt_tagdb_count(db, !ask->rows);
	size_t n;
	uint32_t *rank = mt_tagdb_rank(db, count, &n);
	uint64_t all = 0, sum = 0;
	for (size_t i = 0; i < n; i++)
		all += count[rank[i]];
	mt_ask_begin(ask, column, 4);
	for (size_t i = 0; i < n; i++) {
		uint32_t c = count[rank[i]];
		if (c < ask->min || (ask->top && i >= (size_t)ask->top) ||
		    (double)sum >= ask->percent / 100 * (double)all)
			break;
		sum += c;
		mt_print_uint(&ask->print, i + 1);
		put_text(&ask->print, &db->tag, rank[i]);
		put_number(&ask->print, &db->tag, rank[i]);
		mt_print_uint(&ask->print, c);
		mt_print_row(&ask->print);
	}
	free(count);
	free(rank);
	return MT_OK;
}

int mt_ask_pairs(struct mt_ask *ask, struct mt_err *err)
{
	(void)err;
	const struct mt_tagdb *db = ask->db;
	bool all = isnan(ask->min_val), val = db->pair_val != NULL;
	ask->num = !ask->names;
	/* with names, the header is one that mt-tags and mt-tags-clean read */
	const struct mt_column column[] = {
		MT_COL(ask->names ? "track" : "tid", TEXT), MT_COL("tag", TEXT),
		MT_COL(ask->names ? "weight" : "val", REAL),
	};
	mt_ask_begin(ask, column, val ? 3 : 2);
	for (size_t i = 0; i < db->n_pair; i++) {
		if (!all && !(db->pair_val[i] > ask->min_val))
			continue;
		put_tid(ask, db->pair_tid[i]);
		mt_ask_put_tag(ask, db->pair_tag[i]);
		if (val)
			put_val(&ask->print, db->pair_val[i]);
		mt_print_row(&ask->print);
	}
	return MT_OK;
}

/* One of the three tables into the folder. */
static int dump(struct mt_ask *ask, const char *table, mt_ask_fn *fn,
		struct mt_err *err)
{
	struct mt_outfile o;
	FILE *f = ask->f;
	char *path = mt_strf("%s/%s.%s", ask->id[0], table, ask->format->ending);
	int rc = mt_outfile_open(&o, path, err);
	if (!rc) {
		ask->f = o.f;
		rc = fn(ask, err);
		ask->f = f;
		rc = mt_outfile_close(&o, rc, err);
	}
	free(path);
	return rc;
}

int mt_ask_dump(struct mt_ask *ask, struct mt_err *err)
{
	ask->names = false;
	int rc = dump(ask, "tags", mt_ask_list_tags, err);
	if (!rc)
		rc = dump(ask, "tids", mt_ask_list_tids, err);
	return rc ? rc : dump(ask, "tid_tag", mt_ask_pairs, err);
}
