/* SPDX-License-Identifier: MIT */
#include "tags/db/tagdb.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "tags/db/tagread.h"

const char *mt_texts_get(const struct mt_texts *t, size_t number, size_t *n)
{
	if (!number || number > t->n || t->at[number] == UINT64_MAX)
		return NULL;
	*n = t->len[number];
	return t->data + t->at[number];
}

int64_t mt_texts_row(const struct mt_texts *t, size_t number)
{
	return t->row && number ? t->row[number] : (int64_t)number;
}

size_t mt_texts_at_row(const struct mt_texts *t, int64_t row)
{
	size_t lo = 1, hi = t->n + 1;
	if (!t->row)
		return row > 0 && (uint64_t)row <= t->n ? (size_t)row : 0;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (t->row[mid] < row)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo <= t->n && t->row[lo] == row ? lo : 0;
}

void mt_texts_add(struct mt_texts *t, const char *s, size_t n)
{
	if (!t->at || !((t->n + 1) & t->n)) {
		size_t room = t->at ? 2 * (t->n + 1) : 2;
		t->at = mt_realloc(t->at, room, sizeof *t->at);
		t->len = mt_realloc(t->len, room, sizeof *t->len);
		t->at[0] = UINT64_MAX;
	}
	t->at[++t->n] = UINT64_MAX;
	if (!s)
		return;
	if (t->size + n + 1 > t->cap) {
		t->cap = 2 * (t->size + n + 1);
		t->data = mt_realloc(t->data, t->cap, 1);
	}
	t->at[t->n] = t->size;
	t->len[t->n] = (uint32_t)n;
	memcpy(t->data + t->size, s, n);
	t->data[t->size + n] = 0;
	t->size += n + 1;
	t->n_text++;
}

void mt_texts_release(struct mt_texts *t)
{
	free(t->data);
	free(t->at);
	free(t->len);
	free(t->row);
	*t = (struct mt_texts){0};
}

static void place(struct mt_texts_index *x, size_t number)
{
	size_t n = 0;
	const char *s = mt_texts_get(x->texts, number, &n);
	size_t mask = x->n_slot - 1, i = mt_hash64(s, n) & mask;
	while (x->slot[i])
		i = (i + 1) & mask;
	x->slot[i] = (uint32_t)number;
}

size_t mt_texts_find(const struct mt_texts_index *x, const char *s, size_t n)
{
	size_t mask = x->n_slot - 1, i = mt_hash64(s, n) & mask, len = 0;
	for (; x->slot[i]; i = (i + 1) & mask) {
		const char *t = mt_texts_get(x->texts, x->slot[i], &len);
		if (len == n && !memcmp(t, s, n))
			return x->slot[i];
	}
	return 0;
}

size_t mt_texts_insert(struct mt_texts_index *x, size_t number)
{
	size_t n = 0;
	const char *s = mt_texts_get(x->texts, number, &n);
	size_t is = mt_texts_find(x, s, n);
	if (is)
		return is;
	if (2 * number > x->n_slot) {
		uint32_t *old = x->slot;
		size_t n_old = x->n_slot;
		x->n_slot *= 2;
		x->slot = mt_calloc(x->n_slot, sizeof *x->slot);
		for (size_t i = 0; i < n_old; i++)
			if (old[i])
				place(x, old[i]);
		free(old);
	}
	place(x, number);
	return number;
}

void mt_texts_index(struct mt_texts_index *x, const struct mt_texts *t)
{
	size_t len;
	*x = (struct mt_texts_index){.texts = t, .n_slot = 1024};
	while (x->n_slot < 2 * t->n)
		x->n_slot *= 2;
	x->slot = mt_calloc(x->n_slot, sizeof *x->slot);
	for (size_t i = 1; i <= t->n; i++)
		if (mt_texts_get(t, i, &len))
			mt_texts_insert(x, i);
}

void mt_texts_index_release(struct mt_texts_index *x)
{
	free(x->slot);
	*x = (struct mt_texts_index){0};
}

void mt_pairs_by(const uint32_t *key, size_t n, size_t n_key, uint32_t **off,
		 uint32_t **order)
{
	uint32_t *o = mt_calloc(n_key + 2, sizeof *o);
	uint32_t *to = mt_realloc(NULL, n ? n : 1, sizeof *to);
	for (size_t i = 0; i < n; i++)
		o[key[i] + 1]++;
	for (size_t k = 1; k <= n_key + 1; k++)
		o[k] += o[k - 1];
	for (size_t i = 0; i < n; i++)
		to[o[key[i]]++] = (uint32_t)i;
	/* each o[k] now stands where k ends, which is where k + 1 begins */
	memmove(o + 1, o, (n_key + 1) * sizeof *o);
	o[0] = 0;
	*off = o;
	*order = to;
}

uint32_t *mt_tagdb_count(const struct mt_tagdb *db, bool distinct)
{
	uint32_t *count = mt_calloc(db->tag.n + 1, sizeof *count);
	if (!distinct) {
		for (size_t i = 0; i < db->n_pair; i++)
			count[db->pair_tag[i]]++;
		return count;
	}
	uint32_t *off, *order;
	uint32_t *last = mt_calloc(db->tag.n + 1, sizeof *last);
	mt_pairs_by(db->pair_tid, db->n_pair, db->tid.n, &off, &order);
	for (size_t t = 1; t <= db->tid.n; t++)
		for (uint32_t i = off[t]; i < off[t + 1]; i++) {
			uint32_t tag = db->pair_tag[order[i]];
			count[tag] += last[tag] != t;
			last[tag] = (uint32_t)t;
		}
	free(off);
	free(order);
	free(last);
	return count;
}

static int by_count(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

uint32_t *mt_tagdb_rank(const struct mt_tagdb *db, const uint32_t *count,
			size_t *n)
{
	uint64_t *key = mt_calloc(db->tag.n + 1, sizeof *key);
	*n = 0;
	for (size_t i = 1; i <= db->tag.n; i++)
		if (count[i])
			key[(*n)++] = (uint64_t)(UINT32_MAX - count[i]) << 32 |
				      i;
	qsort(key, *n, sizeof *key, by_count);
	uint32_t *rank = mt_calloc(*n + 1, sizeof *rank);
	for (size_t i = 0; i < *n; i++)
		rank[i] = (uint32_t)key[i];
	free(key);
	return rank;
}

/* Keep pairs whose track and tag have a text. */
static void drop_odd(struct mt_tagdb *db)
{
	size_t k = 0;
	for (size_t i = 0; i < db->n_pair; i++) {
		uint32_t t = db->pair_tid[i], g = db->pair_tag[i];
		if (!t || t > db->tid.n || db->tid.at[t] == UINT64_MAX || !g ||
		    g > db->tag.n || db->tag.at[g] == UINT64_MAX)
			continue;
		db->pair_tid[k] = t;
		db->pair_tag[k] = g;
		if (db->pair_val)
			db->pair_val[k] = db->pair_val[i];
		k++;
	}
	db->n_odd += db->n_pair - k;
	db->n_pair = k;
}

static int finish(struct mt_tagdb *db, unsigned parts, int rc)
{
	if (rc)
		mt_tagdb_release(db);
	else if (parts & MT_TAGDB_PAIRS)
		drop_odd(db);
	return rc;
}

int mt_tagdb_read_how(struct mt_tagdb *db, const char *path, unsigned parts,
		      const struct mt_tagdb_how *how, struct mt_err *err)
{
	*db = (struct mt_tagdb){.path = path};
	bool sql = false;
	int rc = mt_tagread_kind(path, &sql, err);
	if (!rc && sql && (how->column || how->names))
		rc = mt_err_set(err, MT_EUSAGE, "%s: a column or names of tags "
				"are for tables, not for a database", path);
	if (!rc)
		rc = sql ? mt_tagread_sql(db, parts, err)
			 : mt_tagread_text(db, parts, how, err);
	return finish(db, parts, rc);
}

int mt_tagdb_read(struct mt_tagdb *db, const char *path, unsigned parts,
		  struct mt_err *err)
{
	return mt_tagdb_read_how(db, path, parts, &(struct mt_tagdb_how){0},
				 err);
}

int mt_tagdb_parse(struct mt_tagdb *db, const char *path, char *data,
		   size_t size, unsigned parts, const struct mt_tagdb_how *how,
		   struct mt_err *err)
{
	*db = (struct mt_tagdb){.path = path};
	return finish(db, parts, mt_tagread_table(db, data, size, parts, how,
						  err));
}

/* The end of key that is a file's name, then without its ending. */
static const char *stem(const char *key, size_t *n)
{
	const char *slash = memrchr(key, '/', *n);
	if (slash) {
		*n -= (size_t)(slash + 1 - key);
		key = slash + 1;
	}
	const char *dot = memrchr(key, '.', *n);
	*n = dot && dot > key ? (size_t)(dot - key) : *n;
	return key;
}

static size_t find_low(const struct mt_texts_index *x, const char *key,
		       size_t n)
{
	const char *dot = memrchr(key, '.', n);
	if (!dot || dot - key < 4 || memcmp(dot - 4, ".low", 4) != 0)
		return 0;
	size_t head = (size_t)(dot - 4 - key), tail = n - head - 4;
	char *less = mt_strndup(key, head + tail);
	memcpy(less + head, dot, tail);
	size_t hit = mt_texts_find(x, less, head + tail);
	free(less);
	return hit;
}

static size_t find_youtube(const struct mt_texts_index *x, const char *key,
			   size_t n)
{
	enum { ID = 11 };
	size_t hit = 0;
	for (int skip = 0; !hit && skip < 2; skip++)
		if (n >= (size_t)(ID + skip) && (!skip || *key == 'Y') &&
		    (n == (size_t)(ID + skip) || key[ID + skip] == '_'))
			hit = mt_texts_find(x, key + skip, ID);
	return hit;
}

size_t mt_tagdb_track(const struct mt_tagdb *db, const struct mt_texts_index *x,
		      const char *key, size_t n)
{
	size_t hit = mt_texts_find(x, key, n), len;
	while (!hit && n > 2 && key[0] == '.' && key[1] == '/') {
		key += 2;
		n -= 2;
		hit = mt_texts_find(x, key, n);
	}
	if (hit || db->keys == MT_TAGKEYS_SAME)
		return hit;
	if (db->keys == MT_TAGKEYS_LOW)
		return find_low(x, key, n);
	const char *end = key + n, *s = stem(key, &n);
	len = db->keys == MT_TAGKEYS_FILE ? (size_t)(end - s) : n;
	if (db->keys == MT_TAGKEYS_YOUTUBE)
		return find_youtube(x, s, len);
	while (db->keys == MT_TAGKEYS_NUMBER && len > 1 && *s == '0')
		s++, len--;
	return mt_texts_find(x, s, len);
}

void mt_tagdb_release(struct mt_tagdb *db)
{
	mt_texts_release(&db->tid);
	mt_texts_release(&db->tag);
	free(db->pair_tid);
	free(db->pair_tag);
	free(db->pair_val);
	*db = (struct mt_tagdb){0};
}
