/* SPDX-License-Identifier: MIT
 * mt-eval: metrics of a score stream whose records carry labels. */
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/mem.h"
#include "eval/boot.h"
#include "tool/filter.h"
#include "tool/formatopt.h"

enum { DIGITS = 10 };   /* significant ones of a metric: sums of many numbers */

static struct opts {
	bool per_tag;
	int64_t bootstrap, seed;
} opts = {.seed = 1};
static struct mt_format_opts format_opts;

#define AT(field) offsetof(struct opts, field)

static const struct mt_opt rows[] = {
	MT_FLAG('p', "per-tag", AT(per_tag), "print a line for each tag too"),
	MT_OPT(0, "bootstrap", "N", I64, AT(bootstrap),
	       "95% intervals from N draws of the items, 0 none [0]", MT_RANGE(0, 1e6)),
	MT_OPT(0, "seed", "N", I64, AT(seed), "of the draws [1]", MT_RANGE(0, 9e15)),
	{0},
};
static const struct mt_opt_set sets[] = {
	{rows, &opts}, {mt_format_rows, &format_opts}, {NULL, NULL}};

static const struct mt_tool tool = {
	.name = "mt-eval",
	.purpose = "metrics of scores against labels",
	.synopsis = "[options] [score-stream ...]",
	.sets = sets,
	.flags = MT_TOOL_FAIL | MT_TOOL_PROGRESS,
};

static struct eval {
	char **tag;
	size_t n_tag, n, cap;
	float *score;            /* [n][K] */
	uint8_t *label;          /* [n][K] */
	char *header;            /* text of the first segment's */
	const struct mt_format *format;
} run;

static const char *const metric_name[MT_BOOT_N] = {
	"macro ROC-AUC", "macro AP", "micro ROC-AUC", "micro AP", "accuracy"};
static const char *const metric_word[MT_BOOT_N] = {
	"roc_auc_macro", "ap_macro", "roc_auc_micro", "ap_micro", "accuracy"};

static int head(struct mt_head *h, struct mt_err *err)
{
	if (run.tag)
		return MT_OK;
	run.n_tag = mt_head_n_tag(h);
	if (!run.n_tag)
		return mt_err_set(err, MT_EUSAGE, "the stream has no tags");
	size_t size;
	run.header = mt_head_text(h, &size);
	run.tag = mt_calloc(run.n_tag, sizeof *run.tag);
	for (size_t i = 0; i < run.n_tag; i++)
		run.tag[i] = mt_strdup(mt_head_tag(h, i));
	return MT_OK;
}

/* A field with a value for each tag. */
static int get_field(const struct mt_rec *rec, const char *name,
		     const char *dtype, const struct mt_field **f,
		     struct mt_err *err)
{
	size_t n;
	const char *key = mt_rec_key(rec, &n);
	int len = mt_rec_key_shown(key, n);
	*f = mt_rec_get(rec, name);
	if (!*f)
		return mt_err_set(err, MT_EINPUT, "record '%.*s' has no %s%s",
				  len, key, name, strcmp(name, "label") ? ""
				  : "; mt-label gives labels");
	if (strcmp((*f)->dtype, dtype) != 0)
		return mt_err_set(err, MT_EINPUT, "record '%.*s': its %s is of "
				  "type %s, not %s", len, key, name,
				  (*f)->dtype, dtype);
	uint64_t have = (*f)->size / mt_dtype_size(dtype);
	if (have != run.n_tag)
		return mt_err_set(err, MT_EINPUT, "record '%.*s' has %" PRIu64
				  " values of %s, the header names %zu tags",
				  len, key, have, name, run.n_tag);
	return MT_OK;
}

static int put(struct mt_rec *rec, struct mt_err *err)
{
	size_t k = run.n_tag, n;
	const char *key = mt_rec_key(rec, &n);
	if (rec->type == MT_FAIL)
		return MT_OK;
	const struct mt_field *s, *y;
	int rc = get_field(rec, "score", "f4", &s, err);
	if (!rc)
		rc = get_field(rec, "label", "u1", &y, err);
	if (rc)
		return rc;
	for (size_t i = 0; i < k; i++)
		if (isnan(((const float *)s->data)[i]))
			return mt_err_set(err, MT_EINPUT, "record '%.*s': the "
					  "score of '%s' is not a number",
					  mt_rec_key_shown(key, n), key,
					  run.tag[i]);
	if (run.n == run.cap) {
		run.cap = run.cap ? 2 * run.cap : 1024;
		run.score = mt_realloc(run.score, run.cap * k,
				       sizeof *run.score);
		run.label = mt_realloc(run.label, run.cap * k, 1);
	}
	memcpy(run.score + run.n * k, s->data, 4 * k);
	for (size_t i = 0; i < k; i++)
		run.label[run.n * k + i] = ((const uint8_t *)y->data)[i] != 0;
	run.n++;
	return MT_OK;
}

static void values(const struct mt_eval *e, double *v)
{
	v[MT_BOOT_ROC] = e->macro_roc;
	v[MT_BOOT_AP] = e->macro_ap;
	v[MT_BOOT_MICRO_ROC] = e->micro.roc;
	v[MT_BOOT_MICRO_AP] = e->micro.ap;
	v[MT_BOOT_ACCURACY] = e->accuracy;
}

static json_t *number(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

static void print_json(const struct mt_eval *e, const struct mt_boot *b)
{
	json_t *o = json_object(), *tags = json_array(), *out = json_array();
	double v[MT_BOOT_N];
	values(e, v);
	json_object_set_new(o, "items", json_integer((json_int_t)e->n_item));
	json_object_set_new(o, "tags", json_integer((json_int_t)e->n_tag));
	for (int i = 0; i < MT_BOOT_N; i++) {
		json_object_set_new(o, metric_word[i], number(v[i]));
		if (b) {
			char *name = mt_strf("%s_95", metric_word[i]);
			json_object_set_new(o, name, json_pack("[o,o]",
				number(b->low[i]), number(b->high[i])));
			free(name);
		}
	}
	json_object_set_new(o, "d_prime", number(e->dprime));
	json_object_set_new(o, "tags_with_roc_auc",
			    json_integer((json_int_t)e->n_macro));
	for (size_t i = 0; i < e->n_tag; i++) {
		json_t *name = mt_escape_json(run.tag[i], strlen(run.tag[i]));
		if (isnan(e->tag[i].roc))
			json_array_append(out, name);
		json_array_append_new(tags, json_pack(
			"{s:o, s:I, s:o, s:o}", "tag", name, "positives",
			(json_int_t)e->tag[i].n_pos, "roc_auc",
			number(e->tag[i].roc), "ap", number(e->tag[i].ap)));
	}
	json_object_set_new(o, "left_out_of_macro", out);
	json_object_set_new(o, "per_tag", tags);
	/* what made the scores, so that the figures can be told apart later */
	json_t *lines = json_array();
	for (char *at = run.header, *nl; (nl = strchr(at, '\n')); at = nl + 1)
		json_array_append_new(lines,
				      mt_escape_json(at, (size_t)(nl - at)));
	json_object_set_new(o, "header", lines);
	mt_escape_json_dump(stdout, o, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
	putchar('\n');
	json_decref(o);
}

/* NaN: undefined, for one class only. */
static void print_value(struct mt_print *p, double v)
{
	if (isnan(v))
		mt_print_none(p);
	else
		mt_print_rounded(p, v, DIGITS);
}

static void print_tags(const struct mt_eval *e)
{
	static const struct mt_column column[] = {
		{.name = "tag", .width = 28},
		{.name = "positives", .kind = MT_COL_INT, .width = 9},
		{.name = "roc_auc", .title = "ROC-AUC", .kind = MT_COL_REAL, .width = 9,
		 .digits = 4},
		{.name = "ap", .title = "AP", .kind = MT_COL_REAL, .width = 9, .digits = 4},
		{.name = "d_prime", .title = "d'", .kind = MT_COL_REAL, .width = 9,
		 .digits = 4},
	};
	struct mt_print p;
	mt_print_begin(&p, stdout, run.format, column, sizeof column / sizeof *column);
	p.none = "-";
	for (size_t i = 0; i < e->n_tag; i++) {
		const struct mt_tag_score *t = &e->tag[i];
		double roc = t->roc, d = roc > 0 && roc < 1
			? sqrt(2) * mt_normal_quantile(roc) : NAN;
		mt_print_word(&p, run.tag[i]);
		mt_print_uint(&p, t->n_pos);
		print_value(&p, t->roc);
		print_value(&p, t->ap);
		print_value(&p, d);
		mt_print_row(&p);
	}
	putchar('\n');
}

static void print_for_people(const struct mt_eval *e, const struct mt_boot *b)
{
	double v[MT_BOOT_N];
	size_t out = 0;
	values(e, v);
	printf("%zu items, %zu tags\n", e->n_item, e->n_tag);
	for (int i = 0; i < MT_BOOT_N; i++) {
		if (isnan(v[i]))
			continue;
		printf("%-14s %.4f", metric_name[i], v[i]);
		if (b)
			printf("   [%.4f, %.4f]", b->low[i], b->high[i]);
		putchar('\n');
	}
	if (!isnan(e->dprime))
		printf("d'             %.4f\n", e->dprime);
	for (size_t i = 0; i < e->n_tag; i++)
		if (isnan(e->tag[i].roc)) {
			fputs(out++ ? ", " : "excluded from the macro means, one "
			      "class only: ", stdout);
			mt_escape_show(stdout, run.tag[i], strlen(run.tag[i]));
		}
	if (out)
		putchar('\n');
}

/* A row for each metric: its name, its value, the ends of its interval. */
static void print_rows(const struct mt_eval *e, const struct mt_boot *b)
{
	struct mt_print p;
	double v[MT_BOOT_N];
	values(e, v);
	mt_print_begin(&p, stdout, run.format, NULL, 0);
	for (int i = 0; i < MT_BOOT_N; i++) {
		if (isnan(v[i]))
			continue;
		mt_print_word(&p, metric_word[i]);
		mt_print_rounded(&p, v[i], DIGITS);
		if (b) {
			mt_print_rounded(&p, b->low[i], DIGITS);
			mt_print_rounded(&p, b->high[i], DIGITS);
		}
		mt_print_row(&p);
	}
	if (isnan(e->dprime))
		return;
	mt_print_word(&p, "d_prime");
	mt_print_rounded(&p, e->dprime, DIGITS);
	mt_print_row(&p);
}

static void print_text(const struct mt_eval *e, const struct mt_boot *b)
{
	if (opts.per_tag)
		print_tags(e);
	if (run.format == &mt_format_table)
		print_for_people(e, b);
	else
		print_rows(e, b);
}

static int check(struct mt_filter *f, char **operand, int *n, struct mt_err *err)
{
	(void)f, (void)operand, (void)n;
	return mt_format_chosen(&run.format, &format_opts, &mt_format_table, err);
}

static int end(const struct mt_tally *tally, struct mt_err *err)
{
	(void)tally;
	if (!run.n)
		return mt_err_set(err, MT_EINPUT, "there are no records to "
				  "judge");
	struct mt_boot boot, *b = NULL;
	struct mt_eval e = mt_eval_run(run.score, run.label, run.n, run.n_tag);
	if (opts.bootstrap) {
		boot = mt_boot_run(run.score, run.label, run.n, run.n_tag,
				   (size_t)opts.bootstrap, 0.95,
				   (uint64_t)opts.seed);
		b = &boot;
	}
	if (run.format == &mt_format_json)
		print_json(&e, b);
	else
		print_text(&e, b);
	free(e.tag);
	return MT_OK;
}

static void release(void)
{
	for (size_t i = 0; run.tag && i < run.n_tag; i++)
		free(run.tag[i]);
	free(run.tag);
	free(run.score);
	free(run.label);
	free(run.header);
}

int main(int argc, char **argv)
{
	struct mt_filter f = {
		.tool = &tool, .kinds = "score", .check = check, .head = head, .put = put,
		.end = end, .release = release,
	};
	return mt_filter_run(&f, argc, argv);
}
