/* SPDX-License-Identifier: MIT */
#include "tool/opt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"

static struct mt_given_opt hit(const struct mt_opt_set *set, const struct mt_opt *row)
{
	return (struct mt_given_opt){.row = row, .to = (char *)set->base + row->offset};
}

static struct mt_given_opt by_letter(const struct mt_opt_set *sets, char c)
{
	for (; sets->rows; sets++)
		for (const struct mt_opt *o = sets->rows; o->name; o++)
			if (o->letter && o->letter == c)
				return hit(sets, o);
	return (struct mt_given_opt){0};
}

/* An exact name, or the only one that begins so. n says how many fit. */
static struct mt_given_opt by_name(const struct mt_opt_set *sets, const char *name,
				   size_t len, int *n)
{
	struct mt_given_opt found = {0};
	*n = 0;
	for (; sets->rows; sets++)
		for (const struct mt_opt *o = sets->rows; o->name; o++) {
			if (strncmp(o->name, name, len) != 0)
				continue;
			found = hit(sets, o);
			if (!o->name[len]) {
				*n = 1;
				return found;
			}
			++*n;
		}
	return found;
}

const struct mt_opt *mt_opt_find(const struct mt_opt_set *sets, const char *name)
{
	int n;
	struct mt_given_opt o = by_name(sets, name, strlen(name), &n);
	return n && !strcmp(o.row->name, name) ? o.row : NULL;
}

bool mt_opt_takes_word(const struct mt_opt *row)
{
	return row->type != MT_OPT_FLAG && row->type != MT_OPT_MAYBE;
}

static int bad_value(const struct mt_opt *o, const char *value,
		     const char *want, struct mt_err *err)
{
	return mt_err_set(err, MT_EUSAGE, "--%s takes %s, not '%.80s'",
			  o->name, want, value);
}

static bool is_choice(const char *choices, const char *value)
{
	size_t n = strlen(value);
	for (const char *c = choices; *c;) {
		size_t len = strcspn(c, "|");
		if (len == n && !memcmp(c, value, n))
			return true;
		c += len + (c[len] == '|');
	}
	return false;
}

static int store_num(const struct mt_given_opt *f, struct mt_err *err)
{
	const struct mt_opt *o = f->row;
	const char *value = f->value;
	bool limits = o->min < o->max, whole = o->type == MT_OPT_I64;
	int64_t i = 0;
	double d = 0;
	bool ok = whole ? mt_num_i64(value, &i) : mt_num_f64(value, &d);
	double v = whole ? (double)i : d;
	if (!ok || (limits && (v < o->min || v > o->max))) {
		char want[96];
		const char *kind = whole ? "a whole number" : "a number";
		if (limits)
			snprintf(want, sizeof want, "%s from %.10g to %.10g",
				 kind, o->min, o->max);
		else
			snprintf(want, sizeof want, "%s", kind);
		return bad_value(o, value, want, err);
	}
	if (whole)
		memcpy(f->to, &i, sizeof i);
	else
		memcpy(f->to, &d, sizeof d);
	return MT_OK;
}

static int store_size(const struct mt_given_opt *f, struct mt_err *err)
{
	const struct mt_opt *o = f->row;
	const char *value = f->value;
	bool limits = o->min < o->max;
	uint64_t v;
	if (mt_num_size(value, &v) &&
	    (!limits || ((double)v >= o->min && (double)v <= o->max))) {
		memcpy(f->to, &v, sizeof v);
		return MT_OK;
	}
	char want[96] = "a size such as 512M or 4G", low[24], high[24];
	if (limits)
		snprintf(want, sizeof want, "a size from %s to %s, such as 512M",
			 mt_num_size_text(low, sizeof low, (uint64_t)o->min),
			 mt_num_size_text(high, sizeof high, (uint64_t)o->max));
	return bad_value(o, value, want, err);
}

static int store(const struct mt_given_opt *f, struct mt_err *err)
{
	const struct mt_opt *o = f->row;
	const char *value = f->value;
	struct mt_opt_list *list = f->to;
	switch (o->type) {
	case MT_OPT_FLAG:
		*(bool *)f->to = true;
		return MT_OK;
	case MT_OPT_I64:
	case MT_OPT_F64:
		return store_num(f, err);
	case MT_OPT_SIZE:
		return store_size(f, err);
	case MT_OPT_CHOICE:
		if (!is_choice(o->choices, value))
			return bad_value(o, value, o->choices, err);
		break;
	case MT_OPT_LIST:
		list->item = mt_realloc(list->item, list->n + 1,
					sizeof *list->item);
		list->item[list->n++] = value;
		return MT_OK;
	case MT_OPT_MAYBE:
		if (o->choices && *value && !is_choice(o->choices, value))
			return bad_value(o, value, o->choices, err);
		break;
	case MT_OPT_STR:
	case MT_OPT_PATH:
	case MT_OPT_OUTPUT:
		if (!*value)
			return bad_value(o, value, "a text that is not empty",
					 err);
		break;
	}
	memcpy(f->to, &value, sizeof value);
	return MT_OK;
}

/* Keep it in the list and set its variable. */
static int take(struct mt_given *given, struct mt_given_opt o, struct mt_err *err)
{
	given->item[given->n++] = o;
	return o.row ? store(&o, err) : MT_OK;
}

static int parse_long(const struct mt_opt_set *sets, char **argv, int *i,
		      struct mt_given *given, struct mt_err *err)
{
	const char *name = argv[*i] + 2, *eq = strchr(name, '=');
	size_t len = eq ? (size_t)(eq - name) : strlen(name);
	int n;
	struct mt_given_opt o = by_name(sets, name, len, &n);
	if (n != 1)
		return mt_err_set(err, MT_EUSAGE, n ? "option --%.*s could mean "
				  "more than one" : "unknown option --%.*s",
				  (int)len, name);
	o.word = argv[*i];
	if (o.row->type == MT_OPT_FLAG && eq)
		return mt_err_set(err, MT_EUSAGE, "--%s takes no value", o.row->name);
	if (o.row->type == MT_OPT_MAYBE && eq && !eq[1])
		return bad_value(o.row, "", "no value or one that is not empty", err);
	o.apart = !eq && mt_opt_takes_word(o.row);
	if (o.apart && !argv[*i + 1])
		return mt_err_set(err, MT_EUSAGE, "--%s needs a value (%s)",
				  o.row->name, o.row->arg);
	if (o.apart)
		o.value = argv[++*i];
	else if (o.row->type != MT_OPT_FLAG)
		o.value = eq ? eq + 1 : "";
	return take(given, o, err);
}

static int parse_short(const struct mt_opt_set *sets, char **argv, int *i,
		       struct mt_given *given, struct mt_err *err)
{
	const char *word = argv[*i];
	for (const char *c = word + 1; *c; c++) {
		struct mt_given_opt o = by_letter(sets, *c);
		if (!o.row)
			return mt_err_set(err, MT_EUSAGE, "unknown option -%c",
					  *c);
		o.word = word;
		o.letter = c;
		bool flag = o.row->type == MT_OPT_FLAG;
		o.apart = !flag && !c[1];
		if (o.apart && !argv[*i + 1])
			return mt_err_set(err, MT_EUSAGE, "-%c needs a value "
					  "(%s)", *c, o.row->arg);
		if (!flag)
			o.value = c[1] ? c + 1 : argv[++*i];
		int rc = take(given, o, err);
		if (rc || !flag)
			return rc;
	}
	return MT_OK;
}

int mt_opt_parse(const struct mt_opt_set *sets, int argc, char **argv,
		 int *n_op, struct mt_given *given, struct mt_err *err)
{
	*n_op = 0;
	bool only_operands = false;
	size_t most = 1;         /* an item for each letter */
	for (int i = 1; i < argc; i++)
		most += strlen(argv[i]) + 1;
	*given = (struct mt_given){.item = mt_calloc(most, sizeof *given->item)};
	for (int i = 1; i < argc; i++) {
		char *a = argv[i];
		int rc = MT_OK;
		bool operand = only_operands || a[0] != '-' || !a[1];
		if (operand)
			argv[1 + (*n_op)++] = a;
		else
			only_operands = !strcmp(a, "--");
		if (operand || only_operands)
			rc = take(given, (struct mt_given_opt){.word = a}, err);
		else if (a[1] == '-')
			rc = parse_long(sets, argv, &i, given, err);
		else
			rc = parse_short(sets, argv, &i, given, err);
		if (rc)
			return rc;
	}
	return MT_OK;
}

int mt_opt_again(const struct mt_given *given, struct mt_err *err)
{
	for (size_t i = 0; i < given->n; i++) {
		const struct mt_given_opt *o = &given->item[i];
		if (o->row && o->row->type == MT_OPT_LIST)
			((struct mt_opt_list *)o->to)->n = 0;
	}
	for (size_t i = 0; i < given->n; i++) {
		const struct mt_given_opt *o = &given->item[i];
		int rc = o->row ? store(o, err) : MT_OK;
		if (rc)
			return rc;
	}
	return MT_OK;
}

void mt_given_release(struct mt_given *given)
{
	free(given->item);
	*given = (struct mt_given){0};
}

int mt_opt_set_text(const struct mt_opt_set *sets, const char *name,
		    const char *value, struct mt_err *err)
{
	int n;
	struct mt_given_opt o = by_name(sets, name, strlen(name), &n);
	if (n != 1 || strcmp(o.row->name, name) != 0)
		return mt_err_set(err, MT_EUSAGE, "unknown option '%.80s'",
				  name);
	o.value = !value && o.row->type == MT_OPT_MAYBE ? "" : value;
	if (!o.value && o.row->type != MT_OPT_FLAG)
		return mt_err_set(err, MT_EUSAGE, "'%s' needs a value", name);
	if (value && o.row->type == MT_OPT_FLAG)
		return mt_err_set(err, MT_EUSAGE, "'%s' is true or false, not "
				  "'%.80s'", name, value);
	return store(&o, err);
}

int mt_opt_set_by_name(const void *sets, const char *name, const char *value,
		       struct mt_err *err)
{
	return mt_opt_set_text(sets, name, value, err);
}

void mt_opt_list_release(struct mt_opt_list *list)
{
	free(list->item);
	*list = (struct mt_opt_list){0};
}
