/* SPDX-License-Identifier: MIT */
#include "tool/opt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"

struct found {
	const struct mt_opt *row;
	char *to;
};

static struct found by_letter(const struct mt_opt_set *sets, char c)
{
	for (; sets->rows; sets++)
		for (const struct mt_opt *o = sets->rows; o->name; o++)
			if (o->letter && o->letter == c)
				return (struct found){o, (char *)sets->base +
							 o->offset};
	return (struct found){NULL, NULL};
}

/* An exact name, or the only one that begins so. n says how many fit. */
static struct found by_name(const struct mt_opt_set *sets, const char *name,
			    size_t len, int *n)
{
	struct found hit = {NULL, NULL};
	*n = 0;
	for (; sets->rows; sets++)
		for (const struct mt_opt *o = sets->rows; o->name; o++) {
			if (strncmp(o->name, name, len) != 0)
				continue;
			struct found f = {o, (char *)sets->base + o->offset};
			if (!o->name[len]) {
				*n = 1;
				return f;
			}
			hit = f;
			++*n;
		}
	return hit;
}

const struct mt_opt *mt_opt_by_letter(const struct mt_opt_set *sets, char letter)
{
	return by_letter(sets, letter).row;
}

const struct mt_opt *mt_opt_by_name(const struct mt_opt_set *sets,
				    const char *name, size_t len)
{
	int n;
	struct found f = by_name(sets, name, len, &n);
	return n == 1 ? f.row : NULL;
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

static int store_num(struct found f, const char *value, struct mt_err *err)
{
	const struct mt_opt *o = f.row;
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
		memcpy(f.to, &i, sizeof i);
	else
		memcpy(f.to, &d, sizeof d);
	return MT_OK;
}

static int store_size(struct found f, const char *value, struct mt_err *err)
{
	const struct mt_opt *o = f.row;
	bool limits = o->min < o->max;
	uint64_t v;
	if (mt_num_size(value, &v) &&
	    (!limits || ((double)v >= o->min && (double)v <= o->max))) {
		memcpy(f.to, &v, sizeof v);
		return MT_OK;
	}
	char want[96] = "a size such as 512M or 4G", low[24], high[24];
	if (limits)
		snprintf(want, sizeof want, "a size from %s to %s, such as 512M",
			 mt_num_size_text(low, sizeof low, (uint64_t)o->min),
			 mt_num_size_text(high, sizeof high, (uint64_t)o->max));
	return bad_value(o, value, want, err);
}

static int store(struct found f, const char *value, struct mt_err *err)
{
	const struct mt_opt *o = f.row;
	struct mt_opt_list *list;
	switch (o->type) {
	case MT_OPT_FLAG:
		*(bool *)f.to = true;
		return MT_OK;
	case MT_OPT_I64:
	case MT_OPT_F64:
		return store_num(f, value, err);
	case MT_OPT_SIZE:
		return store_size(f, value, err);
	case MT_OPT_CHOICE:
		if (!is_choice(o->choices, value))
			return bad_value(o, value, o->choices, err);
		break;
	case MT_OPT_LIST:
		list = (void *)f.to;
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
	memcpy(f.to, &value, sizeof value);
	return MT_OK;
}

static int parse_long(const struct mt_opt_set *sets, char **argv, int *i,
		      struct mt_err *err)
{
	const char *name = argv[*i] + 2, *eq = strchr(name, '=');
	size_t len = eq ? (size_t)(eq - name) : strlen(name);
	int n;
	struct found f = by_name(sets, name, len, &n);
	if (n != 1)
		return mt_err_set(err, MT_EUSAGE, n ? "option --%.*s could mean "
				  "more than one" : "unknown option --%.*s",
				  (int)len, name);
	if (f.row->type == MT_OPT_FLAG) {
		if (eq)
			return mt_err_set(err, MT_EUSAGE, "--%s takes no value",
					  f.row->name);
		return store(f, NULL, err);
	}
	if (f.row->type == MT_OPT_MAYBE && eq && !eq[1])
		return bad_value(f.row, "", "no value or one that is not empty", err);
	if (eq || f.row->type == MT_OPT_MAYBE)
		return store(f, eq ? eq + 1 : "", err);
	if (!argv[*i + 1])
		return mt_err_set(err, MT_EUSAGE, "--%s needs a value (%s)",
				  f.row->name, f.row->arg);
	return store(f, argv[++*i], err);
}

static int parse_short(const struct mt_opt_set *sets, char **argv, int *i,
		       struct mt_err *err)
{
	for (const char *c = argv[*i] + 1; *c; c++) {
		struct found f = by_letter(sets, *c);
		if (!f.row)
			return mt_err_set(err, MT_EUSAGE, "unknown option -%c",
					  *c);
		if (f.row->type == MT_OPT_FLAG) {
			int rc = store(f, NULL, err);
			if (rc)
				return rc;
			continue;
		}
		if (c[1])
			return store(f, c + 1, err);
		if (!argv[*i + 1])
			return mt_err_set(err, MT_EUSAGE, "-%c needs a value "
					  "(%s)", *c, f.row->arg);
		return store(f, argv[++*i], err);
	}
	return MT_OK;
}

int mt_opt_parse(const struct mt_opt_set *sets, int argc, char **argv,
		 int *n_op, struct mt_err *err)
{
	*n_op = 0;
	bool only_operands = false;
	for (int i = 1; i < argc; i++) {
		char *a = argv[i];
		int rc = MT_OK;
		if (only_operands || a[0] != '-' || !a[1])
			argv[1 + (*n_op)++] = a;
		else if (!strcmp(a, "--"))
			only_operands = true;
		else if (a[1] == '-')
			rc = parse_long(sets, argv, &i, err);
		else
			rc = parse_short(sets, argv, &i, err);
		if (rc)
			return rc;
	}
	return MT_OK;
}

int mt_opt_set_text(const struct mt_opt_set *sets, const char *name,
		    const char *value, struct mt_err *err)
{
	int n;
	struct found f = by_name(sets, name, strlen(name), &n);
	if (n != 1 || strcmp(f.row->name, name) != 0)
		return mt_err_set(err, MT_EUSAGE, "unknown option '%.80s'",
				  name);
	if (!value && f.row->type == MT_OPT_MAYBE)
		return store(f, "", err);
	if (!value && f.row->type != MT_OPT_FLAG)
		return mt_err_set(err, MT_EUSAGE, "'%s' needs a value", name);
	if (value && f.row->type == MT_OPT_FLAG)
		return mt_err_set(err, MT_EUSAGE, "'%s' is true or false, not "
				  "'%.80s'", name, value);
	return store(f, value, err);
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
