/* SPDX-License-Identifier: MIT
 * Folds: pool tags with the key of a target go into its row. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "tags/decide_impl.h"

/* Keys of the pool and who has them. */
struct keys {
	struct mt_texts text;    /* distinct keys, by number */
	struct mt_texts_index index;
	uint32_t *first;         /* [text.n + 1] commonest node, + 1 */
	uint32_t *next;          /* [n_node] next one of the same key, + 1 */
	size_t cap;
};

static void key_of(const struct dec *c, const struct mt_rule *rule,
		   uint32_t node, struct mt_text *key)
{
	size_t n;
	const char *s = mt_texts_get(&c->d->db->tag,
				     c->d->rank[node - c->n_class], &n);
	mt_fold_key(key, rule->fold, rule->plural, s, n);
}

static void gather(const struct dec *c, const struct mt_rule *rule,
		   struct keys *k)
{
	struct mt_text key = {0};
	mt_texts_index(&k->index, &k->text);
	k->next = mt_calloc(c->n_node + 1, sizeof *k->next);
	for (uint32_t i = c->n_node; i-- > c->n_class;) {
		if (!c->in_pool[i])
			continue;
		key_of(c, rule, i, &key);
		if (!key.n)
			continue;
		size_t at = mt_texts_find(&k->index, key.s, key.n);
		if (!at) {
			mt_texts_add(&k->text, key.s, key.n);
			at = mt_texts_insert(&k->index, k->text.n);
			if (at >= k->cap) {
				k->cap = 2 * at + 64;
				k->first = mt_realloc(k->first, k->cap,
						      sizeof *k->first);
			}
			k->first[at] = 0;
		}
		k->next[i] = k->first[at];
		k->first[at] = i + 1;
	}
	free(key.s);
}

static void release(struct keys *k)
{
	mt_texts_release(&k->text);
	mt_texts_index_release(&k->index);
	free(k->first);
	free(k->next);
}

/* The node of exactly this tag, or 0: the folds of decades look for "80s"
 * where a target has it as a part. */
static uint32_t node_of(const struct dec *c, const char *s, size_t n)
{
	for (uint32_t i = c->n_class; i < c->n_node; i++) {
		size_t len;
		const char *t = mt_texts_get(&c->d->db->tag,
					     c->d->rank[i - c->n_class], &len);
		if (len == n && !memcmp(t, s, n))
			return i + 1;
	}
	return 0;
}

static int fold_target(struct dec *c, const struct mt_rule *rule,
		       const struct keys *k, uint32_t node, struct mt_err *err)
{
	struct mt_text key = {0};
	const char *at;
	size_t n, len;
	const char *s = mt_texts_get(&c->d->db->tag,
				     c->d->rank[node - c->n_class], &n);
	if (!mt_fold_target(rule->fold, s, n, &at, &len))
		return MT_OK;
	mt_fold_key(&key, rule->fold, rule->plural, at, len);
	if (!key.n) {
		free(key.s);
		return mt_rules_error(c->d->rules, 0, rule->line, err, "the fold "
				      "'%s' leaves nothing of the tag '%.80s' "
				      "(%u pairs): deny it, or use a fold that "
				      "keeps its letters",
				      mt_fold_name[rule->fold], s,
				      c->d->count[c->d->rank[node -
							     c->n_class]]);
	}
	uint32_t whole = len == n ? node + 1 : node_of(c, at, len);
	size_t number = mt_texts_find(&k->index, key.s, key.n);
	free(key.s);
	if (!whole || !c->in_row[whole - 1] || !number)
		return MT_OK;
	for (uint32_t i = k->first[number]; i; i = k->next[i - 1])
		if (i != whole)
			mt_dec_join(c, whole - 1, i - 1,
				    (struct mt_why){rule, NULL});
	return MT_OK;
}

static int fold(struct dec *c, const struct mt_rule *rule, struct mt_err *err)
{
	struct keys k = {0};
	int rc = MT_OK;
	gather(c, rule, &k);
	for (uint32_t i = c->n_class; !rc && i < c->n_node; i++)
		if (c->target[i])
			rc = fold_target(c, rule, &k, i, err);
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
