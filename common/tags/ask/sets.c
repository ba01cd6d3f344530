/* SPDX-License-Identifier: MIT */
#include "tags/ask/sets.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static void sort(uint32_t *x, size_t n)
{
	if (n > 48) {
		qsort(x, n, sizeof *x, by_number);
		return;
	}
	for (size_t i = 1; i < n; i++) {
		uint32_t v = x[i];
		size_t k = i;
		for (; k && x[k - 1] > v; k--)
			x[k] = x[k - 1];
		x[k] = v;
	}
}

/* Sort each set and drop what stands twice; best [n_item + 1] is scratch. */
static void tidy(struct mt_sets *s)
{
	double *best = mt_calloc((size_t)s->n_item + 1, sizeof *best);
	uint32_t *last = mt_calloc((size_t)s->n_item + 1, sizeof *last);
	uint32_t to = 0, from = 0;
	for (size_t t = 1; t <= s->n_set; t++) {
		uint32_t start = to, end = s->off[t + 1];
		for (uint32_t i = from; i < end; i++) {
			uint32_t item = s->item[i];
			double v = s->val ? s->val[i] : NAN;
			if (last[item] != t) {
				last[item] = (uint32_t)t;
				best[item] = v;
				s->item[to++] = item;
			} else if (!(best[item] >= v) && !isnan(v)) {
				best[item] = v;
			}
		}
		from = end;
		sort(s->item + start, to - start);
		for (uint32_t i = start; s->val && i < to; i++)
			s->val[i] = best[s->item[i]];
		s->off[t] = start;
		s->off[t + 1] = to;
		/* off[t + 1] was read as end: the next set's is still whole */
	}
	free(best);
	free(last);
}

void mt_sets_make(struct mt_sets *s, const struct mt_tagdb *db,
		  const uint32_t *map, uint32_t n_item, double min_val,
		  bool keep_val)
{
	bool all = isnan(min_val) || !db->pair_val;
	*s = (struct mt_sets){.n_set = db->tid.n, .n_item = n_item};
	s->off = mt_calloc(s->n_set + 2, sizeof *s->off);
	uint32_t *at = mt_calloc(s->n_set + 2, sizeof *at);
	size_t n = 0;
	for (size_t i = 0; i < db->n_pair; i++)
		if (map[db->pair_tag[i]] &&
		    (all || db->pair_val[i] > min_val)) {
			s->off[db->pair_tid[i] + 1]++;
			n++;
		}
	for (size_t t = 1; t <= s->n_set + 1; t++)
		s->off[t] += s->off[t - 1];
	memcpy(at, s->off, (s->n_set + 2) * sizeof *at);
	s->item = mt_calloc(n + 1, sizeof *s->item);
	if (keep_val && db->pair_val)
		s->val = mt_calloc(n + 1, sizeof *s->val);
	for (size_t i = 0; i < db->n_pair; i++) {
		uint32_t item = map[db->pair_tag[i]];
		if (!item || !(all || db->pair_val[i] > min_val))
			continue;
		uint32_t k = at[db->pair_tid[i]]++;
		s->item[k] = item;
		if (s->val)
			s->val[k] = db->pair_val[i];
	}
	free(at);
	tidy(s);
}

void mt_sets_release(struct mt_sets *s)
{
	free(s->off);
	free(s->item);
	free(s->val);
	*s = (struct mt_sets){0};
}

bool mt_sets_has(const struct mt_sets *s, size_t set, uint32_t item)
{
	const uint32_t *at = s->item + s->off[set];
	size_t n = s->off[set + 1] - s->off[set];
	return n && bsearch(&item, at, n, sizeof item, by_number) != NULL;
}

uint32_t *mt_sets_count(const struct mt_sets *s)
{
	uint32_t *count = mt_calloc((size_t)s->n_item + 1, sizeof *count);
	for (uint32_t i = 0; i < s->off[s->n_set + 1]; i++)
		count[s->item[i]]++;
	return count;
}

void mt_sets_add_parents(struct mt_sets *s, uint32_t *const *parent)
{
	uint32_t old = s->off[s->n_set + 1];
	size_t room = old;
	for (uint32_t i = 0; i < old; i++)
		for (const uint32_t *p = parent[s->item[i]]; p && *p; p++)
			room++;
	uint32_t *item = mt_calloc(room + 1, sizeof *item), n = 0;
	double *val = s->val ? mt_calloc(room + 1, sizeof *val) : NULL;
	uint32_t i = 0;
	for (size_t t = 1; t <= s->n_set; t++) {
		uint32_t end = s->off[t + 1];
		for (; i < end; i++) {
			const uint32_t own[2] = {s->item[i], 0};
			const uint32_t *list[2] = {own, parent[own[0]]};
			for (int k = 0; k < 2; k++)
				for (const uint32_t *p = list[k]; p && *p; p++) {
					if (val)
						val[n] = s->val[i];
					item[n++] = *p;
				}
		}
		s->off[t + 1] = n;
	}
	free(s->item);
	free(s->val);
	s->item = item;
	s->val = val;
	tidy(s);
}

uint32_t *mt_sets_pairs(const struct mt_sets *s)
{
	size_t w = (size_t)s->n_item + 1;
	uint32_t *m = w < 65536 ? calloc(w * w, sizeof *m) : NULL;
	for (size_t t = 1; m && t <= s->n_set; t++) {
		const uint32_t *x = s->item + s->off[t];
		size_t n = s->off[t + 1] - s->off[t];
		for (size_t i = 0; i < n; i++) {
			uint32_t *row = m + x[i] * w;
			for (size_t k = 0; k <= i; k++)
				row[x[k]]++;
		}
	}
	for (size_t i = 1; m && i < w; i++)
		for (size_t k = 1; k < i; k++)
			m[k * w + i] = m[i * w + k];
	return m;
}

size_t mt_sets_n_triple(size_t n)
{
	return n * (n + 1) / 2 * (n + 2) / 3;
}

size_t mt_sets_triple(size_t i, size_t j, size_t k)
{
	size_t a = i > j ? i : j, b = i > j ? j : i;
	size_t top = a > k ? a : k, low = b < k ? b : k;
	size_t mid = i + j + k - top - low;
	return mt_sets_n_triple(top - 1) + mid * (mid - 1) / 2 + low - 1;
}

uint32_t *mt_sets_triples(const struct mt_sets *s)
{
	uint32_t *m = s->n_item < 2000
		? calloc(mt_sets_n_triple(s->n_item) + 1, sizeof *m) : NULL;
	for (size_t t = 1; m && t <= s->n_set; t++) {
		const uint32_t *x = s->item + s->off[t];
		size_t n = s->off[t + 1] - s->off[t];
		for (size_t i = 0; i < n; i++) {
			uint32_t *top = m + mt_sets_n_triple(x[i] - 1);
			for (size_t j = 0; j <= i; j++) {
				uint32_t *row = top + (size_t)x[j] *
						(x[j] - 1) / 2;
				for (size_t k = 0; k <= j; k++)
					row[x[k] - 1]++;
			}
		}
	}
	return m;
}

/* Sets as bits, to be changed at random. */
struct bits {
	uint64_t *word;
	size_t width;            /* words a set */
};

static bool get(const struct bits *b, size_t set, uint32_t item)
{
	return b->word[set * b->width + item / 64] >> (item % 64) & 1;
}

static void flip(struct bits *b, size_t set, uint32_t item)
{
	b->word[set * b->width + item / 64] ^= UINT64_C(1) << (item % 64);
}

static void note(struct mt_sets_added *a, size_t set, uint32_t item)
{
	if (!a)
		return;
	if (a->n == a->cap) {
		a->cap = 2 * a->cap + 1024;
		a->tid = mt_realloc(a->tid, a->cap, sizeof *a->tid);
		a->item = mt_realloc(a->item, a->cap, sizeof *a->item);
	}
	a->tid[a->n] = (uint32_t)set;
	a->item[a->n++] = item;
}

static void change(struct bits *b, size_t n_set, int which, uint32_t i,
		   uint32_t j, struct mt_sets_added *added)
{
	for (size_t t = 1; t <= n_set; t++) {
		if (!get(b, t, i))
			continue;
		bool both = get(b, t, j);
		if (which == 1 && !both) {
			flip(b, t, j);
			note(added, t, j);
		} else if (which != 1 && both) {
			flip(b, t, which == 2 ? j : i);
		}
	}
}

static double val_of(const struct mt_sets *s, size_t set, uint32_t item)
{
	for (uint32_t i = s->off[set]; i < s->off[set + 1]; i++)
		if (s->item[i] == item)
			return s->val[i];
	return NAN;
}

static void from_bits(struct mt_sets *s, const struct bits *b)
{
	size_t n = 0, w = b->width;
	for (size_t i = 0; i < (s->n_set + 1) * w; i++)
		n += (size_t)__builtin_popcountll(b->word[i]);
	uint32_t *item = mt_calloc(n + 1, sizeof *item), k = 0;
	uint32_t *off = mt_calloc(s->n_set + 2, sizeof *off);
	double *val = s->val ? mt_calloc(n + 1, sizeof *val) : NULL;
	for (size_t t = 1; t <= s->n_set; t++) {
		off[t] = k;
		for (size_t i = 0; i < w; i++)
			for (uint64_t x = b->word[t * w + i]; x; x &= x - 1) {
				item[k] = (uint32_t)(64 * i) +
					  (uint32_t)__builtin_ctzll(x);
				if (val)
					val[k] = val_of(s, t, item[k]);
				k++;
			}
	}
	off[s->n_set + 1] = k;
	mt_sets_release(&(struct mt_sets){.off = s->off, .item = s->item,
					  .val = s->val});
	s->off = off;
	s->item = item;
	s->val = val;
}

bool mt_sets_experiment(struct mt_sets *s, int which, double threshold,
			struct mt_sets_added *added)
{
	struct bits b = {.width = (size_t)s->n_item / 64 + 1};
	size_t w = (size_t)s->n_item + 1;
	uint32_t *m = mt_sets_pairs(s);
	b.word = calloc((s->n_set + 1) * b.width, sizeof *b.word);
	bool ok = m && b.word;
	for (size_t t = 1; ok && t <= s->n_set; t++)
		for (uint32_t i = s->off[t]; i < s->off[t + 1]; i++)
			flip(&b, t, s->item[i]);
	for (uint32_t i = 1; ok && i < w; i++)
		for (uint32_t j = 1; j < w; j++) {
			double n = m[i * w + i];
			if (i != j && n > 0 && m[i * w + j] / n > threshold)
				change(&b, s->n_set, which, i, j, added);
		}
	if (ok)
		from_bits(s, &b);
	free(m);
	free(b.word);
	return ok;
}
