/* SPDX-License-Identifier: MIT */
#include "tags/label/vocab.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "format/cells.h"

/* The next tag of a list, in new memory; NULL at the end. */
static char *next_tag(const char **at, const char *end)
{
	return mt_cells_item(at, end);
}

/* The tags of a list in the order of their bytes. */
struct names {
	char **name;
	size_t n;
};

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static struct names read_names(const char *list)
{
	struct names l = {0};
	const char *end = list + strlen(list);
	char *t;
	while ((t = next_tag(&list, end))) {
		if (!(l.n & (l.n + 1)))
			l.name = mt_realloc(l.name, 2 * l.n + 2, sizeof *l.name);
		l.name[l.n++] = t;
	}
	if (l.n)
		qsort(l.name, l.n, sizeof *l.name, by_bytes);
	return l;
}

static bool in_names(const struct names *l, const char *name)
{
	return l->n && bsearch(&name, l->name, l->n, sizeof *l->name, by_bytes);
}

static void release_names(struct names *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->name[i]);
	free(l->name);
}

static int by_from(const void *a, const void *b)
{
	return strcmp(((const struct mt_vocab_alias *)a)->from,
		      ((const struct mt_vocab_alias *)b)->from);
}

static struct mt_vocab_alias *alias_of(const struct mt_vocab *v,
				       const char *tag)
{
	struct mt_vocab_alias want = {.from = (char *)(uintptr_t)tag};
	return v->n_alias ? bsearch(&want, v->alias, v->n_alias, sizeof want,
				    by_from) : NULL;
}

static const char *meaning(const struct mt_vocab *v, const char *tag)
{
	const struct mt_vocab_alias *hit = alias_of(v, tag);
	return hit ? hit->to : tag;
}

/* What ends the new name: "=", or a comma; in quotes both are text. */
static const char *merge_sign(const char *rule)
{
	const char *s = rule;
	if (*s == '"') {
		for (s++; *s && (*s != '"' || s[1] == '"'); s++)
			s += *s == '"';
		if (*s && (s[1] == '=' || s[1] == ','))
			return s + 1;
	}
	return strpbrk(rule, "=,");
}

int mt_vocab_merge(struct mt_vocab *v, const char *rule, struct mt_err *err)
{
	const char *eq = merge_sign(rule), *at = eq ? eq + 1 : "";
	char *to = NULL, *from;
	if (eq && *rule == '"') {
		const char *name = rule;
		to = mt_cells_item(&name, eq);
	} else if (eq) {
		to = mt_strndup(rule, (size_t)(eq - rule));
	}
	if (!to || !*to || !*at) {
		free(to);
		return mt_err_set(err, MT_EUSAGE, "`merge` takes new=old,old, "
				  "not '%s'", rule);
	}
	int rc = MT_OK;
	const char *end = at + strlen(at);
	while (!rc && (from = next_tag(&at, end))) {
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
			rc = mt_err_set(err, MT_EUSAGE, "`merge` '%s': '%s' or "
					"'%s' is in another rule already",
					rule, to, from);
			free(from);
			break;
		}
		v->alias = mt_realloc(v->alias, v->n_alias + 1,
				      sizeof *v->alias);
		v->alias[v->n_alias++] = (struct mt_vocab_alias){
			.from = from, .to = mt_strdup(to)};
		qsort(v->alias, v->n_alias, sizeof *v->alias, by_from);
	}
	free(to);
	return rc;
}

/* The slot of a name in the hash table: its own, or the free one for it. */
static uint32_t *slot_of(const struct mt_vocab *v, const char *name)
{
	size_t k = mt_hash64(name, strlen(name)) & (v->n_slot - 1);
	while (v->slot[k] && strcmp(v->tag[v->slot[k] - 1].name, name) != 0)
		k = (k + 1) & (v->n_slot - 1);
	return &v->slot[k];
}

static void grow(struct mt_vocab *v)
{
	v->cap = v->cap ? 2 * v->cap : 64;
	v->n_slot = 2 * v->cap;
	v->tag = mt_realloc(v->tag, v->cap, sizeof *v->tag);
	free(v->slot);
	v->slot = mt_calloc(v->n_slot, sizeof *v->slot);
	for (size_t i = 0; i < v->n; i++)
		*slot_of(v, v->tag[i].name) = (uint32_t)i + 1;
}

void mt_vocab_item(struct mt_vocab *v)
{
	v->n_item++;
}

void mt_vocab_tag(struct mt_vocab *v, const char *s)
{
	struct mt_vocab_alias *alias = alias_of(v, s);
	const char *name = alias ? alias->to : s;
	if (alias)
		alias->seen = true;
	if (v->n == v->cap || !v->n_slot)
		grow(v);
	uint32_t *slot = slot_of(v, name);
	if (!*slot) {
		v->tag[v->n] = (struct mt_vocab_tag){
			.name = mt_strdup(name), .number = v->n + 1};
		v->n++;
		*slot = (uint32_t)v->n;
	}
	/* "a, a" and "old, new" are one tag each */
	struct mt_vocab_tag *tag = &v->tag[*slot - 1];
	tag->count += tag->last != v->n_item;
	tag->last = v->n_item;
}

void mt_vocab_add(struct mt_vocab *v, const char *tags)
{
	mt_vocab_item(v);
	mt_vocab_more(v, tags);
}

void mt_vocab_more(struct mt_vocab *v, const char *tags)
{
	const char *end = tags + strlen(tags);
	char *t;
	while ((t = next_tag(&tags, end))) {
		mt_vocab_tag(v, t);
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

static int first_number(const void *a, const void *b)
{
	const struct mt_vocab_tag *x = a, *y = b;
	return (x->number > y->number) - (x->number < y->number);
}

static void sort_tags(struct mt_vocab *v, bool by_number)
{
	if (v->n)
		qsort(v->tag, v->n, sizeof *v->tag,
		      by_number ? first_number : commonest);
}

static const struct mt_vocab *sorting;  /* qsort has no room for it */

static int name_of(const void *a, const void *b)
{
	return strcmp(sorting->tag[*(const uint32_t *)a].name,
		      sorting->tag[*(const uint32_t *)b].name);
}

/* Does everything occur that is spoken of? */
static int check_occur(struct mt_vocab *v, const char *with,
		       const char *without, struct mt_err *err)
{
	const char *end = with + strlen(with);
	const char *out_end = without + strlen(without);
	char *t;
	int rc = MT_OK;
	for (size_t i = 0; !rc && i < v->n_alias; i++)
		if (!v->alias[i].seen)
			rc = mt_err_set(err, MT_EUSAGE, "`merge`: the tag '%s' "
					"does not occur", v->alias[i].from);
	while (!rc && (t = next_tag(&with, end))) {
		if (!v->n_slot || !*slot_of(v, t))
			rc = mt_err_set(err, MT_EUSAGE, "the tag '%s' does not "
					"occur", t);
		free(t);
	}
	while (!rc && (t = next_tag(&without, out_end))) {
		bool absent = !v->n_slot || !*slot_of(v, t);
		v->n_absent += absent;
		if (absent && !v->absent)
			v->absent = t;
		else
			free(t);
	}
	return rc;
}

bool mt_vocab_occurs(const struct mt_vocab *v, const char *tag)
{
	uint32_t k = v->n_slot ? *slot_of(v, meaning(v, tag)) : 0;
	return k && v->tag[k - 1].count;
}

int mt_vocab_order(struct mt_vocab *v, const struct mt_vocab_choice *choice,
		   struct mt_err *err)
{
	const char *with = choice->with ? choice->with : "";
	const char *without = choice->without ? choice->without : "";
	int rc = check_occur(v, with, without, err);
	if (rc)
		return rc;
	struct names in = read_names(with), out = read_names(without);
	free(v->slot);  /* it is about the old order */
	v->slot = NULL;
	v->n_slot = 0;
	sort_tags(v, choice->top_by_number);
	size_t n = 0, left = choice->top;
	for (size_t i = 0; i < v->n; i++) {
		bool no = in_names(&out, v->tag[i].name);
		bool first = v->tag[i].count && !no &&
			     (choice->top ? left > 0 : !choice->with);
		left -= first && left;
		if (first || (!no && in_names(&in, v->tag[i].name)))
			v->tag[n++] = v->tag[i];
		else
			free(v->tag[i].name);
	}
	release_names(&in);
	release_names(&out);
	v->n = n;
	sort_tags(v, choice->order_by_number);
	v->by_name = mt_realloc(v->by_name, n, sizeof *v->by_name);
	for (size_t i = 0; i < n; i++)
		v->by_name[i] = (uint32_t)i;
	sorting = v;
	if (n)
		qsort(v->by_name, n, sizeof *v->by_name, name_of);
	return MT_OK;
}

int64_t mt_vocab_find(const struct mt_vocab *v, const char *tag)
{
	const char *name = meaning(v, tag);
	size_t lo = 0, hi = v->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		uint32_t k = v->by_name[mid];
		int c = strcmp(v->tag[k].name, name);
		if (!c)
			return k;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return -1;
}

size_t mt_vocab_label(const struct mt_vocab *v, const char *tags,
		      uint8_t *label)
{
	memset(label, 0, v->n);
	return mt_vocab_label_more(v, tags, label);
}

size_t mt_vocab_label_more(const struct mt_vocab *v, const char *tags,
			   uint8_t *label)
{
	const char *end = tags + strlen(tags);
	char *t;
	size_t n = 0;
	while ((t = next_tag(&tags, end))) {
		int64_t k = mt_vocab_find(v, t);
		if (k >= 0) {
			n += !label[k];
			label[k] = 1;
		}
		free(t);
	}
	return n;
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
	free(v->slot);
	free(v->by_name);
	free(v->alias);
	free(v->absent);
	*v = (struct mt_vocab){0};
}
