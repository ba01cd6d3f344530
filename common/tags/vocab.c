/* SPDX-License-Identifier: MIT */
#include "tags/vocab.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* The next tag of a comma-separated list, trimmed, in new memory; NULL at the
 * end. */
static char *next_tag(const char **at)
{
	while (**at) {
		size_t n = strcspn(*at, ",");
		const char *s = *at;
		*at += n + ((*at)[n] == ',');
		while (n && (*s == ' ' || *s == '\t'))
			s++, n--;
		while (n && (s[n - 1] == ' ' || s[n - 1] == '\t'))
			n--;
		if (n)
			return mt_strndup(s, n);
	}
	return NULL;
}

static bool in_list(const char *list, const char *name)
{
	bool hit = false;
	char *t;
	while (!hit && (t = next_tag(&list))) {
		hit = !strcmp(t, name);
		free(t);
	}
	return hit;
}

static int by_from(const void *a, const void *b)
{
	return strcmp(((const struct mt_vocab_alias *)a)->from,
		      ((const struct mt_vocab_alias *)b)->from);
}

static const char *meaning(const struct mt_vocab *v, char *tag)
{
	struct mt_vocab_alias want = {tag, NULL};
	struct mt_vocab_alias *hit = v->n_alias
		? bsearch(&want, v->alias, v->n_alias, sizeof want, by_from)
		: NULL;
	return hit ? hit->to : tag;
}

int mt_vocab_merge(struct mt_vocab *v, const char *rule, struct mt_err *err)
{
	const char *eq = strchr(rule, '='), *at = eq ? eq + 1 : "";
	char *to = eq ? mt_strndup(rule, (size_t)(eq - rule)) : NULL, *from;
	if (!to || !*to || !*at) {
		free(to);
		return mt_err_set(err, MT_EUSAGE, "--merge takes new=old,old, "
				  "not '%s'", rule);
	}
	int rc = MT_OK;
	while (!rc && (from = next_tag(&at))) {
		if (!strcmp(from, to)) {
			free(from);
			continue;
		}
		const char *now = meaning(v, from);
		bool taken = now != from;
		for (size_t i = 0; i < v->n_alias; i++)
			taken |= !strcmp(v->alias[i].to, from) ||
				 !strcmp(v->alias[i].from, to);
		if (taken) {
			rc = mt_err_set(err, MT_EUSAGE, "--merge '%s': '%s' or "
					"'%s' stands in another rule already",
					rule, to, from);
			free(from);
			break;
		}
		v->alias = mt_realloc(v->alias, v->n_alias + 1,
				      sizeof *v->alias);
		v->alias[v->n_alias++] = (struct mt_vocab_alias){
			from, mt_strdup(to)};
		qsort(v->alias, v->n_alias, sizeof *v->alias, by_from);
	}
	free(to);
	return rc;
}

/* Place of a name among the tags sorted by name. */
static size_t place(const struct mt_vocab *v, const char *name, bool *there)
{
	size_t lo = 0, hi = v->n;
	*there = false;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = strcmp(v->tag[mid].name, name);
		if (!c) {
			*there = true;
			return mid;
		}
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void count_one(struct mt_vocab *v, const char *name)
{
	bool there;
	size_t i = place(v, name, &there);
	if (!there) {
		if (v->n == v->cap) {
			v->cap = v->cap ? 2 * v->cap : 64;
			v->tag = mt_realloc(v->tag, v->cap, sizeof *v->tag);
		}
		memmove(v->tag + i + 1, v->tag + i,
			(v->n++ - i) * sizeof *v->tag);
		v->tag[i] = (struct mt_vocab_tag){mt_strdup(name), 0};
	}
	v->tag[i].count++;
}

void mt_vocab_add(struct mt_vocab *v, const char *tags)
{
	const char *at = tags;
	char *t;
	while ((t = next_tag(&at))) {
		/* "a, a" and "old, new" are one tag each */
		const char *name = meaning(v, t), *before = tags;
		const char *here = at;
		bool again = false;
		char *u;
		while (!again && before < here && (u = next_tag(&before))) {
			again = before != here && !strcmp(meaning(v, u), name);
			free(u);
			if (before == here)
				break;
		}
		if (!again)
			count_one(v, name);
		free(t);
	}
}

static int commonest(const void *a, const void *b)
{
	const struct mt_vocab_tag *x = a, *y = b;
	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return strcmp(x->name, y->name);
}

static const struct mt_vocab *sorting;  /* qsort has no room for it */

static int name_of(const void *a, const void *b)
{
	return strcmp(sorting->tag[*(const uint32_t *)a].name,
		      sorting->tag[*(const uint32_t *)b].name);
}

int mt_vocab_order(struct mt_vocab *v, const char *with, const char *without,
		   size_t top, struct mt_err *err)
{
	const char *at = with ? with : "";
	char *t;
	while ((t = next_tag(&at))) {
		bool there;
		place(v, t, &there);
		if (!there) {
			int rc = mt_err_set(err, MT_EUSAGE, "the tag '%s' does "
					    "not occur", t);
			free(t);
			return rc;
		}
		free(t);
	}
	if (v->n)
		qsort(v->tag, v->n, sizeof *v->tag, commonest);
	size_t n = 0;
	for (size_t i = 0; i < v->n; i++) {
		bool keep = (!with || in_list(with, v->tag[i].name)) &&
			    (!without || !in_list(without, v->tag[i].name)) &&
			    (!top || n < top);
		if (keep)
			v->tag[n++] = v->tag[i];
		else
			free(v->tag[i].name);
	}
	v->n = n;
	v->by_name = mt_realloc(v->by_name, n, sizeof *v->by_name);
	for (size_t i = 0; i < n; i++)
		v->by_name[i] = (uint32_t)i;
	sorting = v;
	if (n)
		qsort(v->by_name, n, sizeof *v->by_name, name_of);
	return MT_OK;
}

void mt_vocab_label(const struct mt_vocab *v, const char *tags, uint8_t *label)
{
	const char *at = tags;
	char *t;
	memset(label, 0, v->n);
	while ((t = next_tag(&at))) {
		const char *name = meaning(v, t);
		size_t lo = 0, hi = v->n;
		while (lo < hi) {
			size_t mid = lo + (hi - lo) / 2;
			uint32_t k = v->by_name[mid];
			int c = strcmp(v->tag[k].name, name);
			if (!c) {
				label[k] = 1;
				break;
			}
			if (c < 0)
				lo = mid + 1;
			else
				hi = mid;
		}
		free(t);
	}
}

void mt_vocab_release(struct mt_vocab *v)
{
	for (size_t i = 0; i < v->n; i++)
		free(v->tag[i].name);
	for (size_t i = 0; i < v->n_alias; i++) {
		free(v->alias[i].from);
		free(v->alias[i].to);
	}
	free(v->tag);
	free(v->by_name);
	free(v->alias);
	*v = (struct mt_vocab){0};
}
