/* SPDX-License-Identifier: MIT
 * How two tag databases differ, tag by tag, by the names of tags and tracks. */
#include <stdlib.h>

#include "base/mem.h"
#include "tags/ask/tagask.h"

/* Numbers for the texts of both, those of a first. */
static uint32_t *join(struct mt_texts *all, struct mt_texts_index *x,
		      const struct mt_texts *t)
{
	uint32_t *to = mt_calloc(t->n + 1, sizeof *to);
	size_t n;
	for (size_t i = 1; i <= t->n; i++) {
		const char *s = mt_texts_get(t, i, &n);
		if (!s)
			continue;
		size_t is = mt_texts_find(x, s, n);
		if (!is) {
			mt_texts_add(all, s, n);
			is = mt_texts_insert(x, all->n);
		}
		to[i] = (uint32_t)is;
	}
	return to;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

/* Distinct pairs as tag << 32 | track, in joint numbers, ascending. */
static uint64_t *pairs(const struct mt_tagdb *db, const uint32_t *tid,
		       const uint32_t *tag, size_t *n)
{
	uint64_t *p = mt_calloc(db->n_pair + 1, sizeof *p);
	size_t k = 0;
	for (size_t i = 0; i < db->n_pair; i++)
		p[i] = (uint64_t)tag[db->pair_tag[i]] << 32 |
		       tid[db->pair_tid[i]];
	qsort(p, db->n_pair, sizeof *p, by_value);
	for (size_t i = 0; i < db->n_pair; i++)
		if (!i || p[i] != p[i - 1])
			p[k++] = p[i];
	*n = k;
	return p;
}

struct line {
	uint32_t a, b, only_a, only_b;
};

static void put(struct mt_ask *ask, const struct mt_texts *tag, const struct line *l,
		const uint32_t *in_a, const uint32_t *in_b)
{
	static const struct mt_column column[] = {
		MT_COL("tag", TEXT), MT_COL("where", TEXT), MT_COL("tracks_a", INT),
		MT_COL("tracks_b", INT), MT_COL("only_a", INT), MT_COL("only_b", INT),
	};
	struct mt_print *p = &ask->print;
	mt_ask_begin(ask, column, sizeof column / sizeof *column);
	for (size_t i = 1; i <= tag->n; i++) {
		const struct line *at = &l[i];
		bool same = in_a[i] && in_b[i] && !at->only_a && !at->only_b;
		size_t n;
		const char *s = mt_texts_get(tag, i, &n);
		if (same)
			continue;
		mt_print_text(p, s, n);
		mt_print_word(p, !in_b[i] ? "a" : in_a[i] ? "both" : "b");
		mt_print_uint(p, at->a);
		mt_print_uint(p, at->b);
		mt_print_uint(p, at->only_a);
		mt_print_uint(p, at->only_b);
		mt_print_row(p);
	}
}

int mt_ask_diff(struct mt_ask *ask, const struct mt_tagdb *b, struct mt_err *err)
{
	(void)err;
	const struct mt_tagdb *a = ask->db;
	struct mt_texts tid = {0}, tag = {0};
	struct mt_texts_index tids, tags;
	mt_texts_index(&tids, &tid);
	mt_texts_index(&tags, &tag);
	uint32_t *tid_a = join(&tid, &tids, &a->tid);
	uint32_t *tag_a = join(&tag, &tags, &a->tag);
	uint32_t *tid_b = join(&tid, &tids, &b->tid);
	uint32_t *tag_b = join(&tag, &tags, &b->tag);
	uint32_t *in_a = mt_calloc(tag.n + 1, sizeof *in_a);
	uint32_t *in_b = mt_calloc(tag.n + 1, sizeof *in_b);
	for (size_t i = 1; i <= a->tag.n; i++)
		in_a[tag_a[i]] = 1;
	for (size_t i = 1; i <= b->tag.n; i++)
		in_b[tag_b[i]] = 1;
	size_t n_a, n_b, i = 0, k = 0;
	uint64_t *p = pairs(a, tid_a, tag_a, &n_a);
	uint64_t *q = pairs(b, tid_b, tag_b, &n_b);
	struct line *line = mt_calloc(tag.n + 1, sizeof *line);
	while (i < n_a || k < n_b) {
		bool left = k == n_b || (i < n_a && p[i] <= q[k]);
		bool right = i == n_a || (k < n_b && q[k] <= p[i]);
		struct line *l = &line[(left ? p[i] : q[k]) >> 32];
		l->a += left;
		l->b += right;
		l->only_a += left && !right;
		l->only_b += right && !left;
		i += left;
		k += right;
	}
	put(ask, &tag, line, in_a, in_b);
	void *all[] = {tid_a, tag_a, tid_b, tag_b, in_a, in_b, p, q, line};
	for (size_t j = 0; j < sizeof all / sizeof *all; j++)
		free(all[j]);
	mt_texts_index_release(&tids);
	mt_texts_index_release(&tags);
	mt_texts_release(&tid);
	mt_texts_release(&tag);
	return MT_OK;
}
