/* SPDX-License-Identifier: MIT
 * Questions about tags that occur together. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tags/ask/tagask.h"

enum { MAX_PAIRS = 20000, MAX_TRIPLES = 1000 };

/* The tags that the matrix is over: each is one tag, or all spellings of one. */
struct items {
	uint32_t *tag;           /* [n + 1] the first tag of each, from 1 on */
	uint32_t n;
	uint32_t *map;           /* [n_tag + 1] item of a tag */
	struct mt_sets sets;
	uint32_t *pairs, *triples;
};

static void add_item(struct items *it, const uint32_t *tag, size_t n)
{
	it->tag = mt_realloc(it->tag, it->n + 2, sizeof *it->tag);
	it->tag[++it->n] = tag[0];
	for (size_t k = 0; k < n; k++)
		it->map[tag[k]] = it->n;
}

static void choose_named(struct mt_ask *ask, struct items *it)
{
	size_t n;
	for (size_t i = 0; i < ask->n_id; i++) {
		uint32_t *tag = mt_ask_find_tags(ask, ask->id[i], &n);
		if (n && !it->map[tag[0]])  /* named twice: one */
			add_item(it, tag, n);
		free(tag);
	}
}

static int choose(struct mt_ask *ask, struct items *it, struct mt_err *err)
{
	const struct mt_tagdb *db = ask->db;
	size_t n, len, max = ask->dim == 3 ? MAX_TRIPLES : MAX_PAIRS;
	*it = (struct items){.map = mt_calloc(db->tag.n + 1, sizeof(uint32_t)),
			     .tag = mt_calloc(1, sizeof(uint32_t))};
	if (ask->n_id) {
		choose_named(ask, it);
	} else if (ask->top) {
		uint32_t *count = mt_tagdb_count(db, true);
		uint32_t *rank = mt_tagdb_rank(db, count, &n);
		for (size_t i = 0; i < n && i < (size_t)ask->top && i <= max; i++)
			add_item(it, &rank[i], 1);
		free(count);
		free(rank);
	} else {
		for (uint32_t i = 1; i <= db->tag.n && it->n <= max; i++)
			if (mt_texts_get(&db->tag, i, &len))
				add_item(it, &i, 1);
	}
	if (it->n > max)
		return mt_err_set(err, MT_EUSAGE, "that is more than %zu tags, "
				  "the most that a matrix of %d dimensions is "
				  "made for: name some, or say `top` N", max,
				  ask->dim);
	mt_sets_make(&it->sets, db, it->map, it->n, ask->min_val, false);
	it->pairs = mt_sets_pairs(&it->sets);
	if (ask->dim == 3)
		it->triples = mt_sets_triples(&it->sets);
	if (!it->pairs || (ask->dim == 3 && !it->triples))
		return mt_err_set(err, MT_ESYS, "no memory for a matrix of %u "
				  "tags", it->n);
	return MT_OK;
}

static void release(struct items *it)
{
	free(it->tag);
	free(it->map);
	free(it->pairs);
	free(it->triples);
	mt_sets_release(&it->sets);
}

static uint32_t pair(const struct items *it, uint32_t i, uint32_t j)
{
	return it->pairs[(size_t)i * ((size_t)it->n + 1) + j];
}

static uint32_t triple(const struct items *it, uint32_t i, uint32_t j,
		       uint32_t k)
{
	return it->triples[mt_sets_triple(i, j, k)];
}

/* Answers to be sorted: count, and items in the order that they are told. */
struct answer {
	uint32_t count, item[3];
};
struct answers {
	struct answer *a;
	size_t n, cap;
};

static void add(struct answers *to, uint32_t count, uint32_t i, uint32_t j,
		uint32_t k)
{
	if (to->n == to->cap) {
		to->cap = 2 * to->cap + 1024;
		to->a = mt_realloc(to->a, to->cap, sizeof *to->a);
	}
	to->a[to->n++] = (struct answer){count, {i, j, k}};
}

static const uint32_t *sort_tag;  /* for qsort's comparison, one thread */

static int by_count(const void *a, const void *b)
{
	const struct answer *x = a, *y = b;
	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	for (int i = 0; i < 3; i++) {
		uint32_t p = sort_tag[x->item[i]], q = sort_tag[y->item[i]];
		if (p != q)
			return p < q ? -1 : 1;
	}
	return 0;
}

static void sort(struct answers *to, const struct items *it)
{
	sort_tag = it->tag;
	if (to->n)
		qsort(to->a, to->n, sizeof *to->a, by_count);
}

static void put_tags(struct mt_ask *ask, const struct items *it,
		     const struct answer *a)
{
	for (int k = 0; k < 3 && a->item[k]; k++)
		mt_ask_put_tag(ask, it->tag[a->item[k]]);
}

#define A_B MT_COL("a", TEXT), MT_COL("b", TEXT)
#define A_B_C A_B, MT_COL("c", TEXT)

static const struct mt_column count_column[] = {MT_COL("count", INT)};
static const struct mt_column together_column[2][4] = {
	{A_B, MT_COL("count", INT)},
	{A_B_C, MT_COL("count", INT)},
};
static const struct mt_column correlation_column[2][5] = {
	{A_B, MT_COL("count", INT), MT_COL("share", REAL)},
	{A_B_C, MT_COL("count", INT), MT_COL("share", REAL)},
};
static const struct mt_column over_column[5] = {
	A_B, MT_COL("count", INT), MT_COL("a_is_b", REAL), MT_COL("b_is_a", REAL),
};
static const struct mt_column either_column[5] = {
	A_B_C, MT_COL("count", INT), MT_COL("a_is_b_or_c", REAL),
};

static void put_share(struct mt_ask *ask, double share)
{
	mt_print_fixed(&ask->print, share, 6);
}

/* Tracks with all the tags (any: one of them) and none of without. */
int mt_ask_count(struct mt_ask *ask, struct mt_err *err)
{
	uint32_t *map = mt_calloc(ask->db->tag.n + 1, sizeof *map);
	uint64_t *want = mt_calloc(ask->db->tag.n + 1, sizeof *want);
	size_t n, count = 0;
	struct mt_sets s;
	uint64_t all = 0, no = 0;
	if (ask->n_id + ask->n_without > 64 || !ask->n_id) {
		free(map);
		free(want);
		return mt_err_set(err, MT_EUSAGE, "count takes 1 to 64 tags");
	}
	for (size_t i = 0; i < ask->n_id + ask->n_without; i++) {
		bool not = i >= ask->n_id;
		const char *s0 = not ? ask->without[i - ask->n_id] : ask->id[i];
		uint32_t *tag = mt_ask_find_tags(ask, s0, &n);
		for (size_t k = 0; k < n; k++) {
			map[tag[k]] = tag[k];
			want[tag[k]] |= UINT64_C(1) << i;
		}
		*(not ? &no : &all) |= UINT64_C(1) << i;
		free(tag);
	}
	mt_sets_make(&s, ask->db, map, (uint32_t)ask->db->tag.n, ask->min_val,
		     false);
	for (size_t t = 1; t <= s.n_set; t++) {
		uint64_t has = 0;
		for (uint32_t i = s.off[t]; i < s.off[t + 1]; i++)
			has |= want[s.item[i]];
		bool yes = ask->any ? (has & all) != 0 : (has & all) == all;
		count += yes && !(has & no);
	}
	mt_ask_begin(ask, count_column, 1);
	mt_print_uint(&ask->print, count);
	mt_print_row(&ask->print);
	mt_sets_release(&s);
	free(map);
	free(want);
	return mt_ask_done(ask, "tag", err);
}

int mt_ask_together(struct mt_ask *ask, struct mt_err *err)
{
	struct items it;
	struct answers to = {0};
	int rc = choose(ask, &it, err);
	for (uint32_t i = 1; !rc && i <= it.n; i++)
		for (uint32_t j = 1; j <= i; j++) {
			if (ask->dim == 2 && pair(&it, i, j))
				add(&to, pair(&it, i, j), i, j, 0);
			for (uint32_t k = 1; ask->dim == 3 && k <= j; k++)
				if (triple(&it, i, j, k))
					add(&to, triple(&it, i, j, k), i, j, k);
		}
	if (!rc) {
		sort(&to, &it);
		mt_ask_begin(ask, together_column[ask->dim == 3], (size_t)ask->dim + 1);
		for (size_t n = 0; n < to.n; n++) {
			put_tags(ask, &it, &to.a[n]);
			mt_print_uint(&ask->print, to.a[n].count);
			mt_print_row(&ask->print);
		}
	}
	free(to.a);
	release(&it);
	return rc ? rc : mt_ask_done(ask, "tag", err);
}

static double share(uint32_t part, uint32_t all)
{
	return all ? (double)part / all : 0;
}

/* Tracks with i and at least one of j and k. */
static uint32_t either(const struct items *it, uint32_t i, uint32_t j,
		       uint32_t k)
{
	return pair(it, i, j) + pair(it, i, k) - triple(it, i, j, k);
}

static void put_shares(struct mt_ask *ask, const struct items *it, uint32_t i,
		      uint32_t j, uint32_t k)
{
	uint32_t n = k ? either(it, i, j, k) : pair(it, i, j);
	if (!n)
		return;
	put_tags(ask, it, &(struct answer){n, {i, j, k}});
	mt_print_uint(&ask->print, n);
	put_share(ask, share(n, pair(it, i, i)));
	mt_print_row(&ask->print);
}

int mt_ask_correlation(struct mt_ask *ask, struct mt_err *err)
{
	struct items it;
	int rc = choose(ask, &it, err);
	if (!rc)
		mt_ask_begin(ask, correlation_column[ask->dim == 3], (size_t)ask->dim + 2);
	for (uint32_t i = 1; !rc && i <= it.n; i++)
		for (uint32_t j = 1; j <= it.n; j++) {
			if (ask->dim == 2)
				put_shares(ask, &it, i, j, 0);
			for (uint32_t k = 1; ask->dim == 3 && k <= j; k++)
				put_shares(ask, &it, i, j, k);
		}
	release(&it);
	return rc ? rc : mt_ask_done(ask, "tag", err);
}

/* Pairs over the threshold; both: in both directions, each pair once. */
static int over(struct mt_ask *ask, bool both, struct mt_err *err)
{
	struct items it;
	struct answers to = {0};
	ask->dim = 2;
	int rc = choose(ask, &it, err);
	for (uint32_t i = 1; !rc && i <= it.n; i++)
		for (uint32_t j = 1; j <= it.n; j++) {
			uint32_t n = pair(&it, i, j);
			bool yes = share(n, pair(&it, i, i)) > ask->threshold;
			if (both)
				yes = yes && j > i && share(n, pair(&it, j, j)) >
				      ask->threshold;
			if (yes && i != j)
				add(&to, n, i, j, 0);
		}
	if (!rc) {
		sort(&to, &it);
		mt_ask_begin(ask, over_column, 5);
	}
	for (size_t n = 0; !rc && n < to.n; n++) {
		const struct answer *a = &to.a[n];
		put_tags(ask, &it, a);
		mt_print_uint(&ask->print, a->count);
		for (int k = 0; k < 2; k++)
			put_share(ask, share(a->count, pair(&it, a->item[k], a->item[k])));
		mt_print_row(&ask->print);
	}
	free(to.a);
	release(&it);
	return rc ? rc : mt_ask_done(ask, "tag", err);
}

int mt_ask_equivalent(struct mt_ask *ask, struct mt_err *err)
{
	return over(ask, true, err);
}

int mt_ask_implies(struct mt_ask *ask, struct mt_err *err)
{
	return over(ask, false, err);
}

int mt_ask_either(struct mt_ask *ask, struct mt_err *err)
{
	struct items it;
	struct answers to = {0};
	ask->dim = 3;
	int rc = choose(ask, &it, err);
	for (uint32_t i = 1; !rc && i <= it.n; i++)
		for (uint32_t j = 1; j <= it.n; j++)
			for (uint32_t k = j + 1; j != i && k <= it.n; k++) {
				if (k == i)
					continue;
				uint32_t n = either(&it, i, j, k);
				if (share(n, pair(&it, i, i)) > ask->threshold)
					add(&to, n, i, j, k);
			}
	if (!rc) {
		sort(&to, &it);
		mt_ask_begin(ask, either_column, 5);
	}
	for (size_t n = 0; !rc && n < to.n; n++) {
		const struct answer *a = &to.a[n];
		put_tags(ask, &it, a);
		mt_print_uint(&ask->print, a->count);
		put_share(ask, share(a->count, pair(&it, a->item[0], a->item[0])));
		mt_print_row(&ask->print);
	}
	free(to.a);
	release(&it);
	return rc ? rc : mt_ask_done(ask, "tag", err);
}
