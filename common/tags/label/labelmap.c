/* SPDX-License-Identifier: MIT */
#include "tags/label/labelmap.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define MAX_NAMED 10 /* tags listed in a message */

void mt_labelmap_init(struct mt_labelmap *map, const struct mt_head *head,
		      char *const *tag, size_t n_tag)
{
	*map = (struct mt_labelmap){.n_tag = n_tag, .n_old = mt_head_n_tag(head)};
	map->place = mt_calloc(n_tag, sizeof *map->place);
	for (size_t i = 0; i < n_tag; i++) {
		map->place[i] = (int)mt_head_find_tag(head, tag[i]);
		map->shared |= map->place[i] >= 0;
	}
}

void mt_labelmap_release(struct mt_labelmap *map)
{
	free(map->place);
	*map = (struct mt_labelmap){0};
}

/* "a, b, c and 4 more"; takes *text over. */
static char *add_name(char *text, const char *name, size_t n)
{
	if (n > MAX_NAMED)
		return text;
	char *longer = mt_strf("%s%s%s", text ? text : "", text ? ", " : "", name);
	free(text);
	return longer;
}

static char *add_rest(char *text, size_t n)
{
	if (n <= MAX_NAMED)
		return text;
	char *longer = mt_strf("%s and %zu more", text, n - MAX_NAMED);
	free(text);
	return longer;
}

/* The tags of head that the map does not use. */
static char *unused(const struct mt_labelmap *map, const struct mt_head *head, size_t *n)
{
	char *text = NULL;
	bool *used = mt_calloc(map->n_old, sizeof *used);
	for (size_t i = 0; i < map->n_tag; i++)
		if (map->place[i] >= 0)
			used[map->place[i]] = true;
	*n = 0;
	for (size_t j = 0; j < map->n_old; j++)
		if (!used[j])
			text = add_name(text, mt_head_tag(head, j), ++*n);
	free(used);
	return add_rest(text, *n);
}

void mt_labelmap_tell(const struct mt_labelmap *map, const struct mt_head *head,
		      char *const *tag, char **missing, char **left_out)
{
	char *names = NULL;
	size_t n = 0;
	*missing = *left_out = NULL;
	for (size_t i = 0; i < map->n_tag; i++)
		if (map->place[i] < 0)
			names = add_name(names, tag[i], ++n);
	names = add_rest(names, n);
	if (!map->shared)
		*missing = mt_strf("labels are not passed on, because they share no tag with the "
				   "model, which has %s", names);
	else if (names)
		*missing = mt_strf("the labels lack %zu of the model's %zu tags, which "
				   "count as carried by no item: %s", n, map->n_tag, names);
	free(names);
	names = map->shared ? unused(map, head, &n) : NULL;
	if (names)
		*left_out = mt_strf("the model lacks %zu of the labels' %zu tags, which are "
				    "dropped: %s", n, map->n_old, names);
	free(names);
}

void mt_labelmap_put(const struct mt_labelmap *map, struct mt_rec *rec)
{
	const struct mt_field *f = mt_rec_get(rec, "label");
	if (!f || !map->shared || f->size != map->n_old) {
		mt_rec_drop(rec, "label");
		return;
	}
	const uint8_t *old = f->data;
	uint8_t *new = mt_rec_alloc(rec, map->n_tag);
	for (size_t i = 0; i < map->n_tag; i++)
		new[i] = map->place[i] >= 0 ? old[map->place[i]] : 0;
	mt_rec_put(rec, "label", "u1", 1, &(uint64_t){map->n_tag}, new);
}
