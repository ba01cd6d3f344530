/* SPDX-License-Identifier: MIT
 * mt-view: look at a stream or a packed set. */
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/half.h"
#include "base/mem.h"
#include "stream/filter.h"

static struct opts {
	bool header, check, tsv, json;
	const char *key, *field;
	int64_t n;
} opts = {.n = INT64_MAX};

#define AT(field) offsetof(struct opts, field)

static const struct mt_opt rows[] = {
	{'H', "header", NULL, MT_OPT_FLAG, AT(header),
	 "print the header of each segment", NULL, 0, 0},
	{'c', "check", NULL, MT_OPT_FLAG, AT(check),
	 "read everything, print only the tally", NULL, 0, 0},
	{'k', "key", "KEY", MT_OPT_STR, AT(key), "only the records of KEY",
	 NULL, 0, 0},
	{'f', "field", "FIELD", MT_OPT_STR, AT(field),
	 "print key and values of FIELD, tab-separated", NULL, 0, 0},
	{'n', "head", "N", MT_OPT_I64, AT(n), "only the first N records", NULL,
	 0, 9e15},
	{0, "tsv", NULL, MT_OPT_FLAG, AT(tsv),
	 "key and every scalar field, tab-separated, with a header line", NULL,
	 0, 0},
	{0, "json", NULL, MT_OPT_FLAG, AT(json),
	 "a JSON object a record, with every value", NULL, 0, 0},
	{0},
};
static const struct mt_opt_set sets[] = {{rows, &opts}, {NULL, NULL}};

static const struct mt_tool tool = {
	.name = "mt-view",
	.purpose = "look at a stream or a packed set",
	.synopsis = "[options] [stream|set ...]",
	.sets = sets,
	.flags = 0,
};

static struct view {
	uint64_t segments, shown;
	bool headed;
} view;

static double value_at(const struct mt_field *f, uint64_t i)
{
	const char *p = f->data;
	switch (f->dtype[0] << 8 | f->dtype[1]) {
	case 'f' << 8 | '2':
		return (double)mt_half_to(((const uint16_t *)f->data)[i]);
	case 'f' << 8 | '4':
		return (double)((const float *)f->data)[i];
	case 'f' << 8 | '8':
		return ((const double *)f->data)[i];
	case 'i' << 8 | '1':
		return ((const signed char *)p)[i];
	case 'i' << 8 | '2':
		return ((const int16_t *)f->data)[i];
	case 'i' << 8 | '4':
		return ((const int32_t *)f->data)[i];
	case 'i' << 8 | '8':
		return (double)((const int64_t *)f->data)[i];
	case 'u' << 8 | '1':
		return ((const unsigned char *)p)[i];
	case 'u' << 8 | '2':
		return ((const uint16_t *)f->data)[i];
	case 'u' << 8 | '4':
		return ((const uint32_t *)f->data)[i];
	default:
		return (double)((const uint64_t *)f->data)[i];
	}
}

static uint64_t n_value(const struct mt_field *f)
{
	return f->size / mt_dtype_size(f->dtype);
}

static bool is_text(const struct mt_field *f)
{
	return f->dtype[0] == 's';
}

/* Text with tab, newline and backslash escaped, as in a header. */
static void put_text(const struct mt_field *f)
{
	const char *s = f->data;
	for (uint64_t i = 0; i < f->size; i++) {
		if (s[i] == '\t')
			fputs("\\t", stdout);
		else if (s[i] == '\n')
			fputs("\\n", stdout);
		else if (s[i] == '\\')
			fputs("\\\\", stdout);
		else
			putchar(s[i]);
	}
}

/* f4 with the 9 digits that bring it back, wider types with 17. */
static void put_number(const struct mt_field *f, uint64_t i)
{
	bool wide = !strcmp(f->dtype, "f8");
	if (f->dtype[0] == 'f')
		printf(wide ? "%.17g" : "%.9g", value_at(f, i));
	else if (!strcmp(f->dtype, "i8"))
		printf("%" PRId64, ((const int64_t *)f->data)[i]);
	else if (!strcmp(f->dtype, "u8"))
		printf("%" PRIu64, ((const uint64_t *)f->data)[i]);
	else
		printf("%.0f", value_at(f, i));
}

static void put_shape(const struct mt_field *f)
{
	printf(" %s", f->dtype);
	for (int i = 0; i < f->n_dim; i++)
		printf("%s%" PRIu64, i ? "," : "[", f->dim[i]);
	if (f->n_dim)
		putchar(']');
}

static void put_summary(const struct mt_field *f)
{
	uint64_t n = n_value(f);
	double lo = INFINITY, hi = -INFINITY, sum = 0;
	for (uint64_t i = 0; i < n; i++) {
		double v = value_at(f, i);
		lo = v < lo ? v : lo;
		hi = v > hi ? v : hi;
		sum += v;
	}
	put_shape(f);
	if (n)
		printf(" min %.4g mean %.4g max %.4g", lo, sum / (double)n, hi);
}

static void put_line(const struct mt_rec *rec)
{
	put_text(mt_rec_get(rec, "key"));
	if (rec->type == MT_FAIL)
		fputs("\tFAIL", stdout);
	for (int i = 0; i < rec->n_field; i++) {
		const struct mt_field *f = &rec->field[i];
		if (!strcmp(f->name, "key"))
			continue;
		printf("\t%s", f->name);
		if (is_text(f)) {
			putchar(' ');
			put_text(f);
		} else if (n_value(f) == 1 && f->n_dim == 0) {
			putchar(' ');
			put_number(f, 0);
		} else {
			put_summary(f);
		}
	}
	putchar('\n');
}

static bool is_scalar(const struct mt_field *f)
{
	return is_text(f) || n_value(f) == 1;
}

static void put_tsv(const struct mt_rec *rec)
{
	if (!view.headed) {
		for (int i = 0, n = 0; i < rec->n_field; i++)
			if (is_scalar(&rec->field[i]))
				printf("%s%s", n++ ? "\t" : "",
				       rec->field[i].name);
		putchar('\n');
		view.headed = true;
	}
	for (int i = 0, n = 0; i < rec->n_field; i++) {
		const struct mt_field *f = &rec->field[i];
		if (!is_scalar(f))
			continue;
		if (n++)
			putchar('\t');
		if (is_text(f))
			put_text(f);
		else
			put_number(f, 0);
	}
	putchar('\n');
}

static void put_field(const struct mt_rec *rec)
{
	const struct mt_field *f = mt_rec_get(rec, opts.field);
	if (!f)
		return;
	put_text(mt_rec_get(rec, "key"));
	if (is_text(f)) {
		putchar('\t');
		put_text(f);
	}
	for (uint64_t i = 0; !is_text(f) && i < n_value(f); i++) {
		putchar('\t');
		put_number(f, i);
	}
	putchar('\n');
}

static void put_json_value(const struct mt_field *f)
{
	if (is_text(f)) {
		/* bytes that are no UTF-8 become question marks */
		char *s = mt_strndup(f->data, f->size);
		json_t *j = json_string(s);
		for (char *p = s; !j && *p; p++)
			if (*p & 0x80)
				*p = '?';
		if (!j)
			j = json_string(s);
		json_dumpf(j, stdout, JSON_ENCODE_ANY);
		json_decref(j);
		free(s);
		return;
	}
	uint64_t n = n_value(f);
	if (f->n_dim)
		putchar('[');
	for (uint64_t i = 0; i < n; i++) {
		if (i)
			putchar(',');
		if (isfinite(value_at(f, i)))
			put_number(f, i);
		else
			fputs("null", stdout);
	}
	if (f->n_dim)
		putchar(']');
}

static void put_json(const struct mt_rec *rec)
{
	fputs(rec->type == MT_FAIL ? "{\"type\":\"FAIL\"" : "{\"type\":\"DATA\"",
	      stdout);
	for (int i = 0; i < rec->n_field; i++) {
		const struct mt_field *f = &rec->field[i];
		printf(",\"%s\":", f->name);
		put_json_value(f);
	}
	fputs("}\n", stdout);
}

static int head(void *state, struct mt_head *h, struct mt_err *err)
{
	(void)state, (void)err;
	view.segments++;
	if (opts.header) {
		size_t n;
		char *text = mt_head_text(h, &n);
		fwrite(text, 1, n, stdout);
		free(text);
	}
	return MT_OK;
}

static bool wanted(const struct mt_rec *rec)
{
	size_t n;
	const char *key = mt_rec_key(rec, &n);
	if (opts.key && (strlen(opts.key) != n || memcmp(key, opts.key, n)))
		return false;
	return !opts.header && !opts.check && view.shown < (uint64_t)opts.n;
}

static int put(void *state, struct mt_rec *rec, struct mt_err *err)
{
	(void)state;
	if (!wanted(rec))
		return MT_OK;
	view.shown++;
	if (opts.json)
		put_json(rec);
	else if (opts.field)
		put_field(rec);
	else if (opts.tsv && rec->type == MT_DATA)
		put_tsv(rec);
	else if (!opts.tsv)
		put_line(rec);
	return ferror(stdout) ? mt_err_sys(err, "standard output: cannot "
					   "write") : MT_OK;
}

static int end(void *state, const struct mt_tally *t, struct mt_err *err)
{
	(void)state;
	if (opts.check)
		printf("%" PRIu64 " segments, %" PRIu64 " records, %" PRIu64
		       " failed\n", view.segments, t->n_data, t->n_fail);
	if (opts.key && !view.shown)
		return mt_err_set(err, MT_EINPUT, "there is no record '%s'",
				  opts.key);
	return MT_OK;
}

int main(int argc, char **argv)
{
	struct mt_filter f = {
		.tool = &tool, .head = head, .put = put, .end = end,
		.any_fail = true,
	};
	return mt_filter_run(&f, argc, argv);
}
