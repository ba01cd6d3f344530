/* SPDX-License-Identifier: MIT
 * What a hand corrects after the folds, and the rows that come of it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tags/clean/decide_impl.h"

#define MAX_PARENTS 100

/* A node for a name: its class, else its commonest raw tag; + 1, 0 none. */
static uint32_t node_of(const struct dec *c, uint32_t id)
{
	uint32_t class = c->class_of[id];
	if (class && c->class_node[class - 1]->target.id == id)
		return class;
	return c->first[id];
}

/* Does a row hold one of the tags that this rule names? */
static bool any_row(const struct dec *c, const struct mt_rule_name *name)
{
	uint32_t i = node_of(c, name->id);
	for (; i; i = c->next[i - 1]) {
		if (c->in_row[i - 1])
			return true;
		if (i <= c->n_class)
			break;
	}
	return false;
}

/* Put all raw tags of a name into the row of node *to (+ 1; 0: none yet). */
static void join_name(struct dec *c, const struct mt_rule_name *name,
		      uint32_t *to, struct mt_why why)
{
	uint32_t i = node_of(c, name->id);
	if (i && i <= c->n_class) {
		if (*to && *to != i)
			mt_dec_join(c, *to - 1, i - 1, why);
		*to = i;
		return;
	}
	for (; i; i = c->next[i - 1]) {
		/* spellings that are too rare are merged by no rule but add */
		if (c->small[i - 1] && why.rule->verb == MT_RULE_MERGE)
			continue;
		if (!*to)
			*to = i;
		mt_dec_join(c, *to - 1, i - 1, why);
	}
}

static void merge(struct dec *c, const struct mt_rule *rule)
{
	bool any = rule->verb == MT_RULE_ADD ||
		   (rule->has_target && any_row(c, &rule->target));
	for (size_t k = 0; !any && k < rule->n_name; k++)
		any = any_row(c, &rule->name[k]);
	if (!any)
		return;
	uint32_t to = 0;
	if (rule->has_target)
		join_name(c, &rule->target, &to,
			  (struct mt_why){rule, &rule->target});
	for (size_t k = 0; k < rule->n_name; k++)
		join_name(c, &rule->name[k], &to,
			  (struct mt_why){rule, &rule->name[k]});
	if (to && rule->has_target)
		c->title[mt_dec_root(c, to - 1)] = &rule->target;
}

static void drop(struct dec *c, const struct mt_rule *rule)
{
	for (size_t k = 0; k < rule->n_name; k++) {
		const struct mt_rule_name *name = &rule->name[k];
		for (uint32_t i = node_of(c, name->id); i; i = c->next[i - 1]) {
			c->gone[i - 1] = (struct mt_why){rule, name};
			if (i <= c->n_class)
				break;
		}
	}
}

void mt_dec_edit(struct dec *c)
{
	for (size_t i = 0; i < c->d->rules->n; i++) {
		const struct mt_rule *rule = &c->d->rules->rule[i];
		if (rule->verb == MT_RULE_MERGE || rule->verb == MT_RULE_ADD)
			merge(c, rule);
		else if (rule->verb == MT_RULE_DROP)
			drop(c, rule);
	}
}

static char *row_name(const struct dec *c, uint32_t node)
{
	struct mt_text low = {0};
	const char *s;
	size_t n;
	if (c->title[node]) {
		s = c->title[node]->s;
		n = c->title[node]->n;
	} else if (node < c->n_class) {
		s = c->class_node[node]->target.s;
		n = c->class_node[node]->target.n;
	} else {
		s = mt_texts_get(&c->d->db->tag,
				 c->d->rank[node - c->n_class], &n);
	}
	mt_fold_lower(&low, s, n);
	return low.s;
}

/* Number the rows: heads in the order of their rank, then the classes. */
static void number_rows(struct dec *c, uint32_t *row_of)
{
	struct mt_decide *d = c->d;
	for (uint32_t i = c->n_class; i < c->n_node; i++)
		if (c->in_row[i] && c->up[i] == i && !c->gone[i].rule)
			row_of[i] = (uint32_t)++d->n_row;
	unsigned char *any = mt_calloc((size_t)c->n_class + 1, 1);
	for (uint32_t k = c->n_class; k < c->n_node; k++) {
		uint32_t head = c->in_row[k] && !c->gone[k].rule
			? mt_dec_root(c, k) : c->n_class;
		any[head < c->n_class ? head : c->n_class] = 1;
	}
	for (uint32_t i = 0; i < c->n_class; i++)
		if (any[i] && c->up[i] == i && !c->gone[i].rule)
			row_of[i] = (uint32_t)++d->n_row;
	free(any);
	d->row = mt_calloc(d->n_row + 1, sizeof *d->row);
	for (uint32_t i = 0; i < c->n_node; i++) {
		if (!row_of[i])
			continue;
		struct mt_row *row = &d->row[row_of[i]];
		row->name = row_name(c, i);
		row->raw = i < c->n_class ? 0 : d->rank[i - c->n_class];
	}
}

static void assign(struct dec *c, const uint32_t *row_of)
{
	struct mt_decide *d = c->d;
	const struct mt_rule *pool = mt_rules_first(d->rules, MT_RULE_POOL);
	d->to = mt_calloc(d->db->tag.n + 1, sizeof *d->to);
	d->why = mt_calloc(d->db->tag.n + 1, sizeof *d->why);
	for (size_t i = 1; i <= d->db->tag.n; i++)
		d->why[i].rule = pool;  /* those without any pair */
	for (uint32_t i = c->n_class; i < c->n_node; i++) {
		uint32_t tag = d->rank[i - c->n_class];
		uint32_t head = mt_dec_root(c, i);
		d->why[tag] = c->why[i];
		if (!c->in_row[i])
			continue;
		if (c->gone[i].rule || c->gone[head].rule) {
			d->why[tag] = c->gone[i].rule ? c->gone[i]
						      : c->gone[head];
			continue;
		}
		d->to[tag] = row_of[head];
		if (row_of[head])
			d->row[row_of[head]].n_raw++;
	}
}

static int check_names(const struct mt_decide *d,
		       const struct mt_texts_index *rows, struct mt_err *err)
{
	int rc = MT_OK;
	for (size_t i = 1; !rc && i <= d->n_row; i++) {
		const char *s = d->row[i].name;
		size_t is = mt_texts_find(rows, s, strlen(s));
		if (is != i)
			rc = mt_err_set(err, MT_EINPUT, "%s: tags number %zu "
					"and %zu would both be named '%.80s': a "
					"fold or 'merge' must join them",
					d->rules->file[0], is, i, s);
	}
	return rc;
}

/* The row that a name means, or 0. */
static uint32_t row_of_name(struct dec *c, const uint32_t *row_of,
			    const struct mt_texts_index *rows,
			    const struct mt_rule_name *name)
{
	struct mt_text low = {0};
	mt_fold_lower(&low, name->s, name->n);
	uint32_t row = (uint32_t)mt_texts_find(rows, low.s, strlen(low.s));
	free(low.s);
	uint32_t node = node_of(c, name->id);
	if (!row && node && c->in_row[node - 1])
		row = row_of[mt_dec_root(c, node - 1)];
	return row;
}

/* Add parent to the list of a row, which mark [n_row + 1] has the members of;
 * false if the list is full. */
static bool add_parent(struct mt_decide *d, uint32_t row, uint32_t parent,
		       uint32_t *mark)
{
	uint32_t *list = d->row[row].parent;
	size_t n = 0;
	if (row == parent || mark[parent] == row)
		return true;
	while (list && list[n])
		n++;
	if (n == MAX_PARENTS)
		return false;
	mark[parent] = row;
	list = mt_realloc(list, n + 2, sizeof *list);
	list[n] = parent;
	list[n + 1] = 0;
	d->row[row].parent = list;
	return true;
}

static void mark_all(const struct mt_decide *d, uint32_t row, uint32_t *mark)
{
	const uint32_t *p = d->row[row].parent;
	for (; p && *p; p++)
		mark[*p] = row;
}

/* All that is above the parents of a row. Two names of one row can close a
 * circle that the rules did not show; this ends all the same, when nothing new
 * is added. */
static bool close_row(struct mt_decide *d, uint32_t row, uint32_t *mark)
{
	mark_all(d, row, mark);
	for (size_t k = 0; d->row[row].parent && d->row[row].parent[k]; k++) {
		uint32_t up = d->row[row].parent[k];
		for (size_t j = 0; d->row[up].parent && d->row[up].parent[j];
		     j++)
			if (!add_parent(d, row, d->row[up].parent[j], mark))
				return false;
	}
	return true;
}

static int find_parents(struct dec *c, const uint32_t *row_of,
			const struct mt_texts_index *rows, struct mt_err *err)
{
	struct mt_decide *d = c->d;
	uint32_t *mark = mt_calloc(d->n_row + 1, sizeof *mark), full = 0;
	for (size_t i = 0; i < d->rules->n; i++) {
		const struct mt_rule *rule = &d->rules->rule[i];
		if (rule->verb != MT_RULE_PARENT)
			continue;
		uint32_t parent = row_of_name(c, row_of, rows, &rule->target);
		for (size_t k = 0; parent && k < rule->n_name; k++) {
			uint32_t row = row_of_name(c, row_of, rows,
						   &rule->name[k]);
			if (row)
				mark_all(d, row, mark);
			if (row && !add_parent(d, row, parent, mark))
				full = row;
		}
	}
	for (uint32_t row = 1; !full && row <= d->n_row; row++)
		if (!close_row(d, row, mark))
			full = row;
	free(mark);
	if (!full)
		return MT_OK;
	return mt_err_set(err, MT_EINPUT, "%s: the tag '%.80s' would have more "
			  "than %d parents, theirs included", d->rules->file[0],
			  d->row[full].name, MAX_PARENTS);
}

int mt_dec_rows(struct dec *c, struct mt_err *err)
{
	uint32_t *row_of = mt_calloc(c->n_node + 1, sizeof *row_of);
	number_rows(c, row_of);
	assign(c, row_of);
	struct mt_texts names = {0};
	struct mt_texts_index rows;
	for (size_t i = 1; i <= c->d->n_row; i++)
		mt_texts_add(&names, c->d->row[i].name,
			     strlen(c->d->row[i].name));
	mt_texts_index(&rows, &names);
	int rc = check_names(c->d, &rows, err);
	if (!rc)
		rc = find_parents(c, row_of, &rows, err);
	mt_texts_index_release(&rows);
	mt_texts_release(&names);
	free(row_of);
	return rc;
}

void mt_why_text(const struct mt_decide *d, uint32_t tag, char *text,
		 size_t size)
{
	const struct mt_rule *rule = d->why[tag].rule;
	const struct mt_rule_name *name = d->why[tag].name;
	bool patterns = rule && (rule->verb == MT_RULE_DENY_WORDS ||
				 rule->verb == MT_RULE_ALLOW_WORDS ||
				 rule->verb == MT_RULE_CLASS_WORDS);
	if (!d->count[tag])
		snprintf(text, size, "no pairs");
	else if (!rule)
		snprintf(text, size, "nothing names it");
	else if (rule->verb == MT_RULE_POOL)
		snprintf(text, size, "pool %" PRIu64, d->pool);
	else if (rule->verb == MT_RULE_CANDIDATES)
		snprintf(text, size, "candidates %" PRIu64, d->candidates);
	else if (rule->verb == MT_RULE_FOLD)
		snprintf(text, size, "fold %s%s", mt_fold_name[rule->fold],
			 rule->plural ? " plural" : "");
	else if (patterns && name)
		snprintf(text, size, "%s %s", mt_rule_verb_name[rule->verb],
			 name->s);
	else if (!d->to[tag] && (rule->verb == MT_RULE_ALLOW ||
				 rule->verb == MT_RULE_ALLOW_WORDS))
		snprintf(text, size, "not allowed");
	else
		snprintf(text, size, "%s", mt_rule_verb_name[rule->verb]);
}

void mt_why_place(const struct mt_decide *d, uint32_t tag, char *text,
		  size_t size)
{
	const struct mt_rule *rule = d->why[tag].rule;
	const struct mt_rule_name *name = d->why[tag].name;
	if (!rule)
		snprintf(text, size, "-");
	else
		snprintf(text, size, "%s:%u",
			 d->rules->file[name ? name->file : 0],
			 name ? name->line : rule->line);
}
