/* SPDX-License-Identifier: MIT
 * Folds: pool tags with the key of a target go into its row. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "tags/clean/decide_impl.h"

/* Keys of the targets, and which tags of the pool have them. */
struct keys {
	struct mt_texts text;    /* distinct keys, by number */
	struct mt_texts_index index;
	uint32_t *target;        /* [n_target] the targets' nodes, + 1; */
	uint32_t *number;        /* [n_target] and the numbers of their keys */
	size_t n_target, cap;
	uint32_t *first;         /* [text.n + 1] commonest node, + 1 */
	uint32_t *next;          /* [n_node] next one of the same key, + 1 */
	unsigned n_asked;        /* by node_of(), */
	struct mt_texts_index tags; /* which then makes an index */
	uint32_t *node;          /* [tag.n + 1] by the first with that text, + 1 */
};

static const char *text_of(const struct dec *c, uint32_t node, size_t *n)
{
	return mt_texts_get(&c->d->db->tag, c->d->rank[node - c->n_class], n);
}

/* The commonest node of exactly this tag, or 0: the folds of decades look for
 * "80s" where a target has it as a part. */
static uint32_t node_of(struct dec *c, struct keys *k, const char *s, size_t n)
{
	size_t len;
	/* an index is worth its making when there are many questions */
	if (k->n_asked < 32) {
		k->n_asked++;
		for (uint32_t i = c->n_class; i < c->n_node; i++) {
			const char *t = text_of(c, i, &len);
			if (len == n && !memcmp(t, s, n))
				return i + 1;
		}
		return 0;
	}
	if (!k->node) {
		mt_texts_index(&k->tags, &c->d->db->tag);
		k->node = mt_calloc(c->d->db->tag.n + 1, sizeof *k->node);
		for (uint32_t i = c->n_node; i-- > c->n_class;) {
			const char *t = text_of(c, i, &len);
			k->node[mt_texts_find(&k->tags, t, len)] = i + 1;
		}
	}
	size_t tag = mt_texts_find(&k->tags, s, n);
	return tag ? k->node[tag] : 0;
}

static void release(struct keys *k)
{
	mt_texts_release(&k->text);
	mt_texts_index_release(&k->index);
	free(k->target);
	free(k->number);
	free(k->first);
	free(k->next);
	mt_texts_index_release(&k->tags);
	free(k->node);
}

static void add_target(struct keys *k, uint32_t node, const struct mt_text *key)
{
	size_t number = mt_texts_find(&k->index, key->s, key->n);
	if (!number) {
		mt_texts_add(&k->text, key->s, key->n);
		number = mt_texts_insert(&k->index, k->text.n);
	}
	if (k->n_target == k->cap) {
		k->cap = 2 * k->cap + 256;
		k->target = mt_realloc(k->target, k->cap, sizeof *k->target);
		k->number = mt_realloc(k->number, k->cap, sizeof *k->number);
	}
	k->target[k->n_target] = node;
	k->number[k->n_target++] = (uint32_t)number;
}

/* Keys of the targets that this fold looks at. */
static int find_targets(struct dec *c, const struct mt_rule *rule,
			struct keys *k, struct mt_err *err)
{
	struct mt_text key = {0};
	const char *at;
	size_t n, len;
	int rc = MT_OK;
	mt_texts_index(&k->index, &k->text);
	for (uint32_t i = c->n_class; !rc && i < c->n_node; i++) {
		if (!c->target[i])
			continue;
		const char *s = text_of(c, i, &n);
		if (!mt_fold_target(rule->fold, s, n, &at, &len))
			continue;
		mt_fold_key(&key, rule->fold, rule->plural, at, len);
		uint32_t whole = len == n ? i + 1 : node_of(c, k, at, len);
		if (!key.n)
			rc = mt_rules_error(c->d->rules, 0, rule->line, err,
					    "the fold '%s' leaves nothing of "
					    "the tag '%.80s' (%u pairs): deny "
					    "it, or use a fold that keeps its "
					    "letters", mt_fold_name[rule->fold],
					    s, c->d->count[c->d->rank[
							i - c->n_class]]);
		else if (whole)
			add_target(k, whole, &key);
	}
	free(key.s);
	return rc;
}

/* Which tags of the pool have one of those keys. */
static void find_pool(const struct dec *c, const struct mt_rule *rule,
		      struct keys *k)
{
	struct mt_text key = {0};
	size_t n;
	k->first = mt_calloc(k->text.n + 1, sizeof *k->first);
	k->next = mt_calloc((size_t)c->n_node + 1, sizeof *k->next);
	for (uint32_t i = c->n_node; k->n_target && i-- > c->n_class;) {
		if (!c->in_pool[i])
			continue;
		const char *s = text_of(c, i, &n);
		mt_fold_key(&key, rule->fold, rule->plural, s, n);
		size_t at = mt_texts_find(&k->index, key.s, key.n);
		if (!at)
			continue;
		k->next[i] = k->first[at];
		k->first[at] = i + 1;
	}
	free(key.s);
}

static int fold(struct dec *c, const struct mt_rule *rule, struct mt_err *err)
{
	struct keys k = {0};
	int rc = find_targets(c, rule, &k, err);
	if (!rc)
		find_pool(c, rule, &k);
	for (size_t t = 0; !rc && t < k.n_target; t++) {
		uint32_t whole = k.target[t];
		if (!c->in_row[whole - 1])
			continue;
		for (uint32_t i = k.first[k.number[t]]; i; i = k.next[i - 1])
			if (i != whole)
				mt_dec_join(c, whole - 1, i - 1,
					    (struct mt_why){rule, NULL});
	}
	release(&k);
	return rc;
}

int mt_dec_fold(struct dec *c, struct mt_err *err)
{
	/* a text may stand in two rows of the database: that is one tag */
	static const struct mt_rule same = {.verb = MT_RULE_FOLD,
					    .fold = MT_FOLD_EXACT};
	int rc = MT_OK;
	bool all = false;
	for (size_t r = 0; !rc && r < c->d->rules->n; r++) {
		const struct mt_rule *rule = &c->d->rules->rule[r];
		if (rule->verb != MT_RULE_FOLD)
			continue;
		rc = fold(c, rule, err);
		all |= rule->fold == MT_FOLD_STRIP ||
		       rule->fold > MT_FOLD_DECADE_20;
	}
	return rc || all ? rc : fold(c, &same, err);
}
