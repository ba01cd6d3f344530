/* SPDX-License-Identifier: MIT */
#include "set/split.h"

#include <inttypes.h>
#include <math.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/names.h"
#include "base/num.h"
#include "base/rng.h"

struct mt_split_key {
	char *key;
	int split;
	size_t place;            /* in the lists */
	atomic_bool found;
};

static int by_key(const void *a, const void *b)
{
	const struct mt_split_key *x = a, *y = b;
	return strcmp(x->key, y->key);
}

static int add_name(struct mt_split *s, const char *name, size_t len)
{
	for (int i = 0; i < s->n; i++)
		if (strlen(s->name[i]) == len && !memcmp(s->name[i], name, len))
			return i;
	if (s->n == MT_SPLITS || !len)
		return -1;
	s->name[s->n] = mt_strndup(name, len);
	return s->n++;
}

int mt_split_parse(struct mt_split *s, const char *text, uint64_t seed,
		   struct mt_err *err)
{
	double sum = 0;
	s->seed = seed;
	for (const char *p = text; *p;) {
		size_t len = strcspn(p, ","), name = strcspn(p, ":,");
		double share = -1;
		char *number = mt_strndup(p + name + (p[name] == ':'),
					  len > name ? len - name - 1 : 0);
		bool ok = p[name] == ':' && mt_num_f64(number, &share);
		free(number);
		int n = s->n;
		int i = ok && share > 0 && share <= 1
				? add_name(s, p, name) : -1;
		if (i < 0 || i != n)
			return mt_err_set(err, MT_EUSAGE, "`split` takes "
					  "name:share,... such as train:0.8,"
					  "test:0.2, not '%s'", text);
		sum += share;
		s->upto[i] = sum;
		p += len + (p[len] == ',');
	}
	if (fabs(sum - 1) > 1e-6)
		return mt_err_set(err, MT_EUSAGE, "the shares of `split` sum "
				  "to %g, not to 1", sum);
	s->upto[s->n - 1] = 1;
	return MT_OK;
}

int mt_split_list(struct mt_split *s, const char *text, struct mt_err *err)
{
	const char *eq = strchr(text, '=');
	int split = eq ? add_name(s, text, (size_t)(eq - text)) : -1;
	if (split < 0)
		return mt_err_set(err, MT_EUSAGE, "`split-list` takes "
				  "NAME=FILE, not '%s'", text);
	struct mt_names list;
	int rc = mt_names_open(&list, eq + 1, false, err);
	if (rc)
		return rc;
	while (!(rc = mt_names_next(&list, err))) {
		if (s->n_key == s->cap_key) {
			s->cap_key = s->cap_key ? 2 * s->cap_key : 1024;
			s->key = mt_realloc(s->key, s->cap_key, sizeof *s->key);
		}
		s->key[s->n_key] = (struct mt_split_key){
			.key = mt_strdup(list.name), .split = split,
			.place = s->n_key};
		s->n_key++;
	}
	mt_names_close(&list);
	if (rc < 0)
		return rc;
	if (s->n_key)
		qsort(s->key, s->n_key, sizeof *s->key, by_key);
	for (size_t i = 1; i < s->n_key; i++)
		if (!strcmp(s->key[i - 1].key, s->key[i].key) &&
		    s->key[i - 1].split != s->key[i].split)
			return mt_err_set(err, MT_EINPUT, "%s: '%.200s' is in "
					  "the lists of %s and of %s", eq + 1,
					  s->key[i].key,
					  s->name[s->key[i - 1].split],
					  s->name[s->key[i].split]);
	return MT_OK;
}

const char *mt_split_of(const struct mt_split *s, const char *key, size_t size)
{
	struct mt_rng rng;
	mt_rng_init(&rng, s->seed, MT_RNG_SPLIT, 0, mt_hash64(key, size));
	double u = mt_rng_f64(&rng);
	int i = 0;
	while (i + 1 < s->n && u >= s->upto[i])
		i++;
	return s->name[i];
}

const char *mt_split_find(const struct mt_split *s, const char *key,
			  size_t size)
{
	char *text = mt_strndup(key, size);
	struct mt_split_key want = {.key = text};
	struct mt_split_key *hit = s->n_key
		? bsearch(&want, s->key, s->n_key, sizeof want, by_key) : NULL;
	free(text);
	if (!hit)
		return NULL;
	atomic_store_explicit(&hit->found, true, memory_order_relaxed);
	return s->name[hit->split];
}

/* One key and those after it that are the same; how many. */
static size_t alike(const struct mt_split *s, size_t at)
{
	size_t n = 1;
	while (at + n < s->n_key && !strcmp(s->key[at].key, s->key[at + n].key))
		n++;
	return n;
}

size_t mt_split_keys(const struct mt_split *s)
{
	size_t n = 0;
	for (size_t i = 0; i < s->n_key; i += alike(s, i))
		n++;
	return n;
}

size_t mt_split_missed(const struct mt_split *s, const char **first)
{
	size_t n = 0, place = SIZE_MAX, same;
	*first = NULL;
	for (size_t i = 0; i < s->n_key; i += same) {
		bool found = false;
		same = alike(s, i);
		for (size_t k = i; k < i + same; k++)
			found |= s->key[k].found;
		n += !found;
		for (size_t k = i; !found && k < i + same; k++)
			if (s->key[k].place < place) {
				place = s->key[k].place;
				*first = s->key[k].key;
			}
	}
	return n;
}

void mt_split_release(struct mt_split *s)
{
	for (int i = 0; i < s->n; i++)
		free(s->name[i]);
	for (size_t i = 0; i < s->n_key; i++)
		free(s->key[i].key);
	free(s->key);
	*s = (struct mt_split){0};
}
