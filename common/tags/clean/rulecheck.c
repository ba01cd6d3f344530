/* SPDX-License-Identifier: MIT
 * Do rules make sense together? Every tag that they name has a number here,
 * that of its key. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tags/clean/rules.h"

/* What the rules say of one key. */
struct said {
	const struct mt_rule_name *class_name, *deny, *allow;
	uint32_t class_id;       /* key of the class that it is in */
	uint32_t merged;         /* union-find over merge and add */
	const struct mt_rule_name *target; /* of the merged, at the root */
};

struct check {
	struct mt_rules *r;
	const struct mt_rule *fold[MT_N_FOLD][2]; /* by name and plural */
	struct said *said;       /* [key.n + 1] */
	struct mt_err *err;
};

#define BAD(c, name, ...) mt_rules_error((c)->r, (name)->file, (name)->line, \
					 (c)->err, __VA_ARGS__)

void mt_rules_key(const struct mt_rules *r, struct mt_text *key,
		  const char *tag, size_t n)
{
	if (!r->exact) {
		mt_fold_key(key, MT_FOLD_CASE, false, tag, n);
		return;
	}
	key->n = 0;
	mt_text_put(key, tag, n);
}

static bool is_words(const struct mt_rule *rule)
{
	return rule->verb == MT_RULE_DENY_WORDS ||
	       rule->verb == MT_RULE_ALLOW_WORDS ||
	       rule->verb == MT_RULE_CLASS_WORDS;
}

static void number_name(struct mt_rules *r, struct mt_rule_name *name)
{
	struct mt_text key = {0};
	mt_rules_key(r, &key, name->s, name->n);
	name->id = (uint32_t)mt_texts_find(&r->key_index, key.s, key.n);
	if (!name->id) {
		mt_texts_add(&r->key, key.s, key.n);
		name->id = (uint32_t)mt_texts_insert(&r->key_index, r->key.n);
	}
	free(key.s);
}

/* Where each verb is first, and which rules are about words. */
static void index_rules(struct mt_rules *r)
{
	r->words = mt_calloc(r->n, sizeof *r->words);
	for (size_t i = r->n; i-- > 0;)
		r->first[r->rule[i].verb] = i + 1;
	for (size_t i = 0; i < r->n; i++)
		if (is_words(&r->rule[i]))
			r->words[r->n_words++] = (uint32_t)i;
}

/* Numbers for all names, words for all patterns. */
static int number_all(struct check *c)
{
	struct mt_rules *r = c->r;
	mt_texts_index(&r->key_index, &r->key);
	for (size_t i = 0; i < r->n; i++) {
		struct mt_rule *rule = &r->rule[i];
		if (rule->has_target)
			number_name(r, &rule->target);
		for (size_t k = 0; k < rule->n_name; k++) {
			struct mt_rule_name *name = &rule->name[k];
			if (!is_words(rule))
				number_name(r, name);
			else if (!mt_words_pattern(&name->words, name->s,
						   name->n))
				return BAD(c, name, "'%.80s' has no letter or "
					   "digit, so no word can match it",
					   name->s);
		}
	}
	return MT_OK;
}

/* A tag that one fold leaves nothing of could not be told from others. */
static int check_keys(struct check *c, const struct mt_rule *rule)
{
	struct mt_text key = {0};
	int rc = MT_OK;
	bool used = rule->verb == MT_RULE_ALLOW || rule->verb == MT_RULE_ADD;
	for (int i = 0; used && !rc && i < 2 * MT_N_FOLD; i++) {
		const struct mt_rule *f = c->fold[i / 2][i % 2];
		for (size_t k = 0; f && !rc && k < rule->n_name; k++) {
			const struct mt_rule_name *name = &rule->name[k];
			mt_fold_key(&key, f->fold, f->plural, name->s, name->n);
			if (!key.n)
				rc = BAD(c, name, "the fold '%s' of line %u "
					 "leaves nothing of the tag '%.80s'",
					 mt_fold_name[f->fold], f->line,
					 name->s);
		}
	}
	free(key.s);
	return rc;
}

static int check_once(struct check *c, const struct mt_rule *rule)
{
	const struct mt_rule *first = mt_rules_first(c->r, rule->verb);
	bool once = rule->verb <= MT_RULE_NAMES ||
		    rule->verb == MT_RULE_EXPERIMENT;
	if (once && first != rule)
		return mt_rules_error(c->r, 0, rule->line, c->err, "'%s' is "
				      "in line %u already",
				      mt_rule_verb_name[rule->verb],
				      first->line);
	if (rule->verb == MT_RULE_FOLD &&
	    c->fold[rule->fold][rule->plural] != rule)
		return mt_rules_error(c->r, 0, rule->line, c->err,
				      "the same fold is in line %u already",
				      c->fold[rule->fold][rule->plural]->line);
	return MT_OK;
}

static int put_class(struct check *c, const struct mt_rule_name *name,
		     const struct mt_rule_name *target)
{
	struct said *s = &c->said[name->id];
	if (s->class_name && s->class_id != target->id)
		return BAD(c, name, "'%.80s' is in the class '%s' already "
			   "(%s:%u)", name->s,
			   c->r->key.data + c->r->key.at[s->class_id],
			   c->r->file[s->class_name->file],
			   s->class_name->line);
	if (!s->class_name) {
		s->class_name = name;
		s->class_id = target->id;
	}
	return MT_OK;
}

static int check_class(struct check *c, const struct mt_rule *rule)
{
	int rc = put_class(c, &rule->target, &rule->target);
	for (size_t k = 0; rule->verb == MT_RULE_CLASS && !rc &&
			   k < rule->n_name; k++)
		rc = put_class(c, &rule->name[k], &rule->target);
	return rc;
}

static uint32_t root(struct said *said, uint32_t i)
{
	while (said[i].merged) {
		uint32_t up = said[i].merged;
		if (said[up].merged)
			said[i].merged = said[up].merged;
		i = up;
	}
	return i;
}

static int join(struct check *c, const struct mt_rule_name *a,
		const struct mt_rule_name *b)
{
	uint32_t x = root(c->said, a->id), y = root(c->said, b->id);
	if (x == y)
		return MT_OK;
	const struct mt_rule_name *tx = c->said[x].target;
	const struct mt_rule_name *ty = c->said[y].target;
	if (tx && ty && tx->id != ty->id)
		return BAD(c, b, "'%.80s' would be merged into both '%.80s' and "
			   "'%.80s' (%s:%u)", b->s, tx->s, ty->s,
			   c->r->file[ty->file], ty->line);
	c->said[y].merged = x;
	if (!tx)
		c->said[x].target = ty;
	return MT_OK;
}

/* A target of two merges that are joined is a cycle or a contradiction. */
static int check_merge(struct check *c, const struct mt_rule *rule)
{
	const struct mt_rule_name *first = rule->has_target ? &rule->target
							    : &rule->name[0];
	if (rule->has_target) {
		struct said *s = &c->said[root(c->said, first->id)];
		if (s->target && s->target->id != first->id)
			return BAD(c, first, "'%.80s' is merged into '%.80s' "
				   "already (%s:%u)", first->s, s->target->s,
				   c->r->file[s->target->file],
				   s->target->line);
		s->target = first;
	} else if (rule->n_name < 2) {
		return BAD(c, first, "'%s' needs two tags at least",
			   mt_rule_verb_name[rule->verb]);
	}
	int rc = MT_OK;
	for (size_t k = 0; !rc && k < rule->n_name; k++) {
		const struct said *s = &c->said[rule->name[k].id];
		rc = join(c, first, &rule->name[k]);
		if (!rc && s->deny)
			rc = BAD(c, &rule->name[k], "'%.80s' is denied (%s:%u)",
				 rule->name[k].s, c->r->file[s->deny->file],
				 s->deny->line);
	}
	return rc;
}

static int check_lists(struct check *c, const struct mt_rule *rule)
{
	for (size_t k = 0; k < rule->n_name; k++) {
		const struct mt_rule_name *name = &rule->name[k];
		struct said *s = &c->said[name->id];
		if (rule->verb == MT_RULE_DENY && !s->deny)
			s->deny = name;
		if (rule->verb == MT_RULE_ALLOW && !s->allow)
			s->allow = name;
		if (s->deny && s->allow)
			return BAD(c, name, "'%.80s' is both allowed (%s:%u) "
				   "and denied (%s:%u)", name->s,
				   c->r->file[s->allow->file], s->allow->line,
				   c->r->file[s->deny->file], s->deny->line);
	}
	return MT_OK;
}

/* Parents of each name, as the rules say: edges in the order of the names. */
struct edges {
	uint32_t *off;           /* [key.n + 2] */
	const struct mt_rule_name **parent;
};

static struct edges find_edges(const struct mt_rules *r)
{
	struct edges e = {mt_calloc(r->key.n + 3, sizeof *e.off), NULL};
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < r->n; i++) {
			const struct mt_rule *rule = &r->rule[i];
			if (rule->verb != MT_RULE_PARENT)
				continue;
			for (size_t k = 0; k < rule->n_name; k++) {
				uint32_t id = rule->name[k].id;
				if (pass)
					e.parent[e.off[id + 1]++] = &rule->target;
				else
					e.off[id + 2]++;
			}
		}
		for (size_t i = 1; !pass && i < r->key.n + 3; i++)
			e.off[i] += e.off[i - 1];
		if (!pass)
			e.parent = mt_calloc((size_t)e.off[r->key.n + 2] + 1,
					     sizeof *e.parent);
	}
	return e;
}

/* From one name to all above it, without recursion, since chains may be long.
 * State 0 not seen, 1 on the way, 2 done; at [key.n + 1] the next edge. */
static int climb(struct check *c, const struct edges *e,
		 const struct mt_rule_name *from, unsigned char *state,
		 uint32_t *at, uint32_t *stack)
{
	size_t n = 0;
	if (state[from->id])
		return MT_OK;
	stack[n++] = from->id;
	state[from->id] = 1;
	at[from->id] = e->off[from->id];
	while (n) {
		uint32_t id = stack[n - 1];
		if (at[id] == e->off[id + 1]) {
			state[id] = 2;
			n--;
			continue;
		}
		const struct mt_rule_name *up = e->parent[at[id]++];
		if (state[up->id] == 1)
			return BAD(c, up, "'%.80s' would be its own parent: a "
				   "cycle", up->s);
		if (state[up->id])
			continue;
		state[up->id] = 1;
		at[up->id] = e->off[up->id];
		stack[n++] = up->id;
	}
	return MT_OK;
}

static int check_parents(struct check *c)
{
	size_t n = c->r->key.n + 1;
	int rc = MT_OK;
	if (!mt_rules_first(c->r, MT_RULE_PARENT))
		return MT_OK;
	struct edges e = find_edges(c->r);
	unsigned char *state = mt_calloc(n, 1);
	uint32_t *at = mt_calloc(n, sizeof *at);
	uint32_t *stack = mt_calloc(n, sizeof *stack);
	for (size_t i = 0; !rc && i < c->r->n; i++)
		if (c->r->rule[i].verb == MT_RULE_PARENT)
			rc = climb(c, &e, &c->r->rule[i].target, state, at,
				   stack);
	free(e.off);
	free(e.parent);
	free(state);
	free(at);
	free(stack);
	return rc;
}

static int check_rule(struct check *c, const struct mt_rule *rule)
{
	int rc = check_once(c, rule);
	if (!rc)
		rc = check_keys(c, rule);
	if (rc)
		return rc;
	switch (rule->verb) {
	case MT_RULE_CLASS:
	case MT_RULE_CLASS_WORDS:
		return check_class(c, rule);
	case MT_RULE_MERGE:
	case MT_RULE_ADD:
		return check_merge(c, rule);
	case MT_RULE_ALLOW:
	case MT_RULE_DENY:
		return check_lists(c, rule);
	default:
		return MT_OK;
	}
}

/* Two passes, since a deny may stand after a merge. */
static int check_all(struct check *c)
{
	struct mt_rules *r = c->r;
	int rc = MT_OK;
	bool any = false;
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; !rc && i < r->n; i++) {
			enum mt_rule_verb v = r->rule[i].verb;
			bool list = v == MT_RULE_ALLOW || v == MT_RULE_DENY;
			any |= v == MT_RULE_CANDIDATES || v == MT_RULE_ADD ||
			       v == MT_RULE_CLASS || v == MT_RULE_CLASS_WORDS;
			if (list == !pass)
				rc = check_rule(c, &r->rule[i]);
		}
	if (!rc)
		rc = check_parents(c);
	if (!rc && !any)
		rc = mt_err_set(c->err, MT_EINPUT, "%s: no rule makes a tag: "
				"'candidates', 'class' or 'add' is needed",
				r->file[0]);
	return rc;
}

int mt_rules_check(struct mt_rules *r, struct mt_err *err)
{
	struct check c = {.r = r, .err = err};
	index_rules(r);
	for (size_t i = r->n; i-- > 0;)
		if (r->rule[i].verb == MT_RULE_FOLD)
			c.fold[r->rule[i].fold][r->rule[i].plural] =
				&r->rule[i];
	int rc = number_all(&c);
	if (rc)
		return rc;
	c.said = mt_calloc(r->key.n + 1, sizeof *c.said);
	rc = check_all(&c);
	free(c.said);
	return rc;
}
