/* SPDX-License-Identifier: MIT */
#include "tags/clean/decide.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "tags/clean/decide_impl.h"

/* A union-find whose root is the least node: classes, then ranks. */
uint32_t mt_dec_root(struct dec *c, uint32_t node)
{
	while (c->up[node] != node) {
		c->up[node] = c->up[c->up[node]];
		node = c->up[node];
	}
	return node;
}

/* Put both into one row; whoever was not its own row's head before, or is no
 * longer, owes that to this rule. */
void mt_dec_join(struct dec *c, uint32_t a, uint32_t b, struct mt_why why)
{
	uint32_t x = mt_dec_root(c, a), y = mt_dec_root(c, b);
	uint32_t both[2] = {a, b};
	for (int i = 0; i < 2; i++) {
		if (!c->in_row[both[i]])
			c->why[both[i]] = why;
		c->in_row[both[i]] = true;
	}
	if (x == y)
		return;
	uint32_t lo = x < y ? x : y, hi = x < y ? y : x;
	c->up[hi] = lo;
	c->why[hi] = why;
	if (!c->title[lo])
		c->title[lo] = c->title[hi];
}

static uint32_t name_of_raw(const struct dec *c, struct mt_text *key,
			    uint32_t tag)
{
	size_t n;
	const char *s = mt_texts_get(&c->d->db->tag, tag, &n);
	mt_rules_key(c->d->rules, key, s, n);
	return (uint32_t)mt_texts_find(&c->d->rules->key_index, key->s, key->n);
}

/* Which raw tags each name of the rules means. */
static void find_names(struct dec *c)
{
	struct mt_text key = {0};
	size_t n_key = c->d->rules->key.n;
	c->first = mt_calloc(n_key + 1, sizeof *c->first);
	c->next = mt_calloc(c->n_node, sizeof *c->next);
	c->id = mt_calloc(c->n_node, sizeof *c->id);
	/* from the rarest on, so that each chain begins with the commonest */
	for (size_t i = c->d->n_rank; i-- > 0;) {
		uint32_t node = c->n_class + (uint32_t)i;
		uint32_t id = name_of_raw(c, &key, c->d->rank[i]);
		c->id[node] = id;
		if (!id)
			continue;
		c->next[node] = c->first[id];
		c->first[id] = node + 1;
	}
	free(key.s);
}

/* What the rules say of one name, by its number. */
static void read_names(struct dec *c)
{
	const struct mt_rules *r = c->d->rules;
	c->named = mt_calloc(r->key.n + 1, sizeof *c->named);
	c->class_of = mt_calloc(r->key.n + 1, sizeof *c->class_of);
	c->class_why = mt_calloc(r->key.n + 1, sizeof *c->class_why);
	uint32_t n = 0;
	for (size_t i = 0; i < r->n; i++) {
		const struct mt_rule *rule = &r->rule[i];
		bool is_class = rule->verb == MT_RULE_CLASS;
		if (is_class || rule->verb == MT_RULE_CLASS_WORDS) {
			uint32_t id = rule->target.id;
			if (!c->class_of[id]) {
				c->class_of[id] = n + 1;
				c->class_why[id] = (struct mt_why){
					rule, &rule->target};
				c->class_node[n] = rule;
				n++;
			}
		}
		for (size_t k = 0; k < rule->n_name; k++) {
			const struct mt_rule_name *name = &rule->name[k];
			if (is_class && !c->class_of[name->id]) {
				c->class_of[name->id] =
					c->class_of[rule->target.id];
				c->class_why[name->id] = (struct mt_why){rule,
									 name};
			}
			bool deny = rule->verb == MT_RULE_DENY;
			if ((deny || rule->verb == MT_RULE_ALLOW) &&
			    !c->named[name->id].rule)
				c->named[name->id] = (struct mt_why){rule,
								     name};
		}
	}
}

/* First *-words rule of this verb that matches; rule NULL where none does. */
static struct mt_why match_words(const struct dec *c, enum mt_rule_verb verb,
				 const struct mt_text *words)
{
	const struct mt_rules *r = c->d->rules;
	for (size_t i = 0; i < r->n_words; i++) {
		const struct mt_rule *rule = &r->rule[r->words[i]];
		for (size_t k = 0; rule->verb == verb && k < rule->n_name; k++)
			if (mt_words_match(&rule->name[k].words, words))
				return (struct mt_why){rule, &rule->name[k]};
	}
	return (struct mt_why){0};
}

static const struct mt_rule *any_allow(const struct mt_rules *r)
{
	const struct mt_rule *a = mt_rules_first(r, MT_RULE_ALLOW);
	return a ? a : mt_rules_first(r, MT_RULE_ALLOW_WORDS);
}

/* Is a candidate allowed? By default, where nothing says what is. */
static bool is_allowed(const struct dec *c, uint32_t id,
		       const struct mt_text *words)
{
	const struct mt_rule *said = c->named[id].rule;
	return !any_allow(c->d->rules) ||
	       (said && said->verb == MT_RULE_ALLOW) ||
	       match_words(c, MT_RULE_ALLOW_WORDS, words).rule;
}

static bool set_class(struct dec *c, uint32_t node, uint32_t class,
		      struct mt_why why)
{
	if (class)
		mt_dec_join(c, class - 1, node, why);
	return class != 0;
}

/* Sort one raw tag into: class, denied, below the pool, pool or target. */
static void sort_tag(struct dec *c, uint32_t node, struct mt_text *words)
{
	uint32_t id = c->id[node], tag = c->d->rank[node - c->n_class];
	uint64_t count = c->d->count[tag];
	struct mt_why said = c->named[id], why;
	const struct mt_rules *r = c->d->rules;
	size_t n;
	if (id && set_class(c, node, c->class_of[id], c->class_why[id]))
		return;
	if (id && said.rule && said.rule->verb == MT_RULE_DENY) {
		c->why[node] = said;
		return;
	}
	if (count < c->d->pool) {
		c->why[node].rule = mt_rules_first(r, MT_RULE_POOL);
		c->small[node] = true;
		return;
	}
	const char *s = mt_texts_get(&c->d->db->tag, tag, &n);
	if (c->any_words)
		mt_words_split(words, s, n);
	if (!id || !said.rule) {
		why = match_words(c, MT_RULE_DENY_WORDS, words);
		if (why.rule) {
			c->why[node] = why;
			return;
		}
		why = match_words(c, MT_RULE_CLASS_WORDS, words);
		if (why.rule) {
			set_class(c, node,
				  c->class_of[why.rule->target.id], why);
			return;
		}
	}
	bool is_target = c->makes_rows && count >= c->d->candidates;
	c->why[node].rule = mt_rules_first(r, MT_RULE_CANDIDATES);
	if (is_target && !is_allowed(c, id, words)) {
		c->why[node].rule = any_allow(r);
		c->in_pool[node] = r->merge_others;
		return;
	}
	c->in_pool[node] = true;
	c->target[node] = c->in_row[node] = is_target;
}

static uint64_t threshold(const struct dec *c, enum mt_rule_verb verb)
{
	const struct mt_rule *rule = mt_rules_first(c->d->rules, verb);
	double v = rule ? rule->number : 1;
	if (rule && rule->percent)
		v = v / 100 * (double)c->d->db->tid.n_text;
	uint64_t n = (uint64_t)v;
	n += (double)n < v;
	return n ? n : 1;
}

static uint32_t count_classes(const struct mt_rules *r)
{
	uint32_t n = 0;
	for (size_t i = 0; i < r->n; i++)
		n += r->rule[i].verb == MT_RULE_CLASS ||
		     r->rule[i].verb == MT_RULE_CLASS_WORDS;
	return n;
}

static void begin(struct dec *c)
{
	struct mt_decide *d = c->d;
	c->n_class = count_classes(d->rules);
	c->n_node = c->n_class + (uint32_t)d->n_rank;
	c->makes_rows = mt_rules_first(d->rules, MT_RULE_CANDIDATES) != NULL;
	c->any_words = mt_rules_first(d->rules, MT_RULE_DENY_WORDS) ||
		       mt_rules_first(d->rules, MT_RULE_ALLOW_WORDS) ||
		       mt_rules_first(d->rules, MT_RULE_CLASS_WORDS);
	c->up = mt_calloc(c->n_node + 1, sizeof *c->up);
	c->why = mt_calloc(c->n_node + 1, sizeof *c->why);
	c->title = mt_calloc(c->n_node + 1, sizeof *c->title);
	c->gone = mt_calloc(c->n_node + 1, sizeof *c->gone);
	c->in_row = mt_calloc(c->n_node + 1, 1);
	c->in_pool = mt_calloc(c->n_node + 1, 1);
	c->target = mt_calloc(c->n_node + 1, 1);
	c->small = mt_calloc(c->n_node + 1, 1);
	c->class_node = mt_calloc(c->n_class + 1, sizeof *c->class_node);
	for (uint32_t i = 0; i < c->n_node; i++)
		c->up[i] = i;
	find_names(c);
	read_names(c);
	d->candidates = threshold(c, MT_RULE_CANDIDATES);
	d->pool = threshold(c, MT_RULE_POOL);
	for (uint32_t i = 0; i < c->n_class; i++)
		c->in_row[i] = c->class_node[i] != NULL;
	struct mt_text words = {0};
	for (uint32_t i = c->n_class; i < c->n_node; i++)
		sort_tag(c, i, &words);
	free(words.s);
}

static void release(struct dec *c)
{
	void *all[] = {c->up, c->why, c->title, c->gone, c->in_row, c->in_pool,
		       c->target, c->small, c->class_node, c->first, c->next,
		       c->id, c->named, c->class_of, c->class_why};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		free(all[i]);
}

int mt_decide(struct mt_decide *d, const struct mt_rules *rules,
	      const struct mt_tagdb *db, bool rows, struct mt_err *err)
{
	struct dec c = {.d = d};
	*d = (struct mt_decide){.rules = rules, .db = db};
	d->count = mt_tagdb_count(db, !rows);
	d->rank = mt_tagdb_rank(db, d->count, &d->n_rank);
	begin(&c);
	int rc = mt_dec_fold(&c, err);
	if (!rc) {
		mt_dec_edit(&c);
		rc = mt_dec_rows(&c, err);
	}
	release(&c);
	if (rc)
		mt_decide_release(d);
	return rc;
}

void mt_decide_release(struct mt_decide *d)
{
	for (size_t i = 1; d->row && i <= d->n_row; i++) {
		free(d->row[i].name);
		free(d->row[i].parent);
	}
	free(d->row);
	free(d->count);
	free(d->rank);
	free(d->to);
	free(d->why);
	*d = (struct mt_decide){0};
}
