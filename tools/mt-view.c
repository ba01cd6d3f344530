/* SPDX-License-Identifier: MIT
 * mt-view: look at a stream, a packed set or a model. */
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/datadir.h"
#include "base/escape.h"
#include "base/file.h"
#include "base/mem.h"
#include "data/index.h"
#include "nn/model.h"
#include "nn/modelpath.h"
#include "stream/filter.h"
#include "stream/layout.h"
#include "stream/quick.h"
#include "stream/set.h"

static struct opts {
	bool header, check, quick, summary, tsv, json;
	const char *key, *field;
	int64_t n;
} opts = {.n = INT64_MAX};

#define AT(field) offsetof(struct opts, field)

static const struct mt_opt rows[] = {
	{'H', "header", NULL, MT_OPT_FLAG, AT(header),
	 "print the header of each segment", NULL, 0, 0},
	{'c', "check", NULL, MT_OPT_FLAG, AT(check),
	 "read everything, print only the tally", NULL, 0, 0},
	{0, "quick", NULL, MT_OPT_FLAG, AT(quick),
	 "as -c, but look at headers and end frames of files only", NULL, 0, 0},
	{'s', "summary", NULL, MT_OPT_FLAG, AT(summary),
	 "read everything, print counts of splits, tags and failures", NULL,
	 0, 0},
	{'k', "key", "KEY", MT_OPT_STR, AT(key),
	 "only the records of KEY, by the index if there is one", NULL, 0, 0},
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
	.purpose = "look at a stream, a packed set or a model",
	.synopsis = "[options] [stream|set|model ...]",
	.sets = sets,
	.flags = 0,
};

/* A word and how often it came. */
struct tally {
	char *word;
	uint64_t n;
};

static struct view {
	uint64_t segments, shown;
	bool headed;
	bool declared, had;      /* --field by a header; by a record */
	struct tally *split, *fail, *tag;
	size_t n_split, n_fail, n_tag;
	uint64_t labelled;
	double seconds;
} view;

static uint64_t n_value(const struct mt_field *f)
{
	return f->size / mt_dtype_size(f->dtype);
}

static bool is_text(const struct mt_field *f)
{
	return f->dtype[0] == 's';
}

static void put_text(const struct mt_field *f)
{
	mt_escape_put(stdout, f->data, f->size);
}

/* f4 with the 9 digits that bring it back, wider types with 17. */
static void put_number(const struct mt_field *f, uint64_t i)
{
	bool wide = !strcmp(f->dtype, "f8");
	uint64_t bits = 0;  /* of 8 bytes a double would lose some */
	if (f->dtype[1] == '8')
		memcpy(&bits, (const char *)f->data + 8 * i, sizeof bits);
	if (f->dtype[0] == 'f')
		printf(wide ? "%.17g" : "%.9g", mt_field_num(f, i));
	else if (!strcmp(f->dtype, "i8"))
		printf("%" PRId64, (int64_t)bits);
	else if (!strcmp(f->dtype, "u8"))
		printf("%" PRIu64, bits);
	else
		printf("%.0f", mt_field_num(f, i));
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
		double v = mt_field_num(f, i);
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
	view.had = true;
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
		json_t *j = mt_escape_json(f->data, f->size);
		json_dumpf(j, stdout, JSON_ENCODE_ANY);
		json_decref(j);
		return;
	}
	uint64_t n = n_value(f);
	if (f->n_dim)
		putchar('[');
	for (uint64_t i = 0; i < n; i++) {
		if (i)
			putchar(',');
		if (isfinite(mt_field_num(f, i)))
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

static void count(struct tally **list, size_t *n, const char *word)
{
	size_t i = 0;
	while (i < *n && strcmp((*list)[i].word, word) != 0)
		i++;
	if (i == *n) {
		*list = mt_realloc(*list, ++*n, sizeof **list);
		(*list)[i] = (struct tally){mt_strdup(word), 0};
	}
	(*list)[i].n++;
}

static void put_tally(const char *what, struct tally *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		printf("%s\t%s\t%" PRIu64 "\n", what, list[i].word, list[i].n);
		free(list[i].word);
	}
	free(list);
}

static void summarise(const struct mt_rec *rec)
{
	char word[256];
	double seconds;
	const struct mt_field *label = mt_rec_get(rec, "label");
	if (rec->type == MT_FAIL) {
		mt_rec_str(rec, "code", word, sizeof word);
		count(&view.fail, &view.n_fail, word);
		return;
	}
	if (mt_rec_get(rec, "split"))
		count(&view.split, &view.n_split,
		      mt_rec_str(rec, "split", word, sizeof word));
	if (mt_rec_num(rec, "seconds", &seconds))
		view.seconds += seconds;
	view.labelled += label != NULL;
	for (size_t i = 0; label && i < view.n_tag && i < label->size; i++)
		view.tag[i].n += ((const unsigned char *)label->data)[i];
}

static void put_counts(const struct mt_tally *t)
{
	printf("segments\t%" PRIu64 "\nrecords\t%" PRIu64 "\nfailed\t%" PRIu64
	       "\nlabelled\t%" PRIu64 "\nseconds\t%.3f\n", view.segments,
	       t->n_data, t->n_fail, view.labelled, view.seconds);
	put_tally("split", view.split, view.n_split);
	put_tally("tag", view.tag, view.n_tag);
	put_tally("fail", view.fail, view.n_fail);
}

/* After the last record: was --field a name at all? */
static int check_field(struct mt_err *err)
{
	bool any = !opts.field || view.had || opts.json || opts.header ||
		   opts.check || opts.summary;
	/* every record has a key, every failed one the others */
	for (const char *const *s = (const char *const[]){
		     "key", "stage", "code", "text", NULL}; !any && *s; s++)
		any = !strcmp(opts.field, *s);
	if (any)
		return MT_OK;
	if (!view.declared)
		return mt_err_set(err, MT_EUSAGE, "no header declares a field "
				  "'%s', no record has it", opts.field);
	if (view.shown)
		mt_info("no record has the field '%s'", opts.field);
	return MT_OK;
}

static int head(void *state, struct mt_head *h, struct mt_err *err)
{
	(void)state, (void)err;
	view.declared |= opts.field && mt_head_has_field(h, opts.field);
	if (!view.segments++ && opts.summary) {
		view.n_tag = mt_head_n_tag(h);
		view.tag = mt_calloc(view.n_tag, sizeof *view.tag);
		for (size_t i = 0; i < view.n_tag; i++)
			view.tag[i].word = mt_strdup(mt_head_tag(h, i));
	}
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
	if (opts.summary) {
		summarise(rec);
		return MT_OK;
	}
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

static void put_check(uint64_t segments, const struct mt_tally *t)
{
	printf("%" PRIu64 " segments, %" PRIu64 " records, %" PRIu64
	       " failed\n", segments, t->n_data, t->n_fail);
}

static int end(void *state, const struct mt_tally *t, struct mt_err *err)
{
	(void)state;
	if (opts.check)
		put_check(view.segments, t);
	if (opts.summary)
		put_counts(t);
	if (opts.key && !view.shown)
		return mt_err_set(err, MT_EINPUT, "there is no record '%s'",
				  opts.key);
	return check_field(err);
}

/* The records of a key in one file, by its index. MT_END: no index there. */
static int put_indexed(const char *path, struct mt_err *err)
{
	struct mt_index x;
	struct mt_rec rec;
	size_t from = 0, n;
	uint64_t off;
	int rc = mt_index_open(&x, path, err);
	if (rc)
		return rc;
	view.declared |= opts.field &&
			 mt_head_has_field(&x.reader.head, opts.field);
	mt_rec_init(&rec);
	while (!rc && !mt_index_find(&x, opts.key, &from, &off)) {
		rc = mt_reader_at(&x.reader, off, &rec, err);
		const char *key = rc ? "" : mt_rec_key(&rec, &n);
		if (!rc && (n != strlen(opts.key) || memcmp(key, opts.key, n)))
			rc = mt_err_set(err, MT_EINPUT, "%s: its index is "
					"wrong about '%.200s'", path, opts.key);
		if (!rc)
			rc = put(NULL, &rec, err);
	}
	mt_rec_release(&rec);
	mt_index_close(&x);
	return rc;
}

/* -k KEY by the index of one file or set; MT_END when it has none or the key
 * is not in it (it may be a failed record's), so that all must be read. */
static int look_up(const char *path, struct mt_err *err)
{
	struct mt_set set;
	if (!mt_set_is(path)) {
		int rc = put_indexed(path, err);
		return rc || view.shown ? rc : MT_END;
	}
	int rc = mt_set_read(&set, path, err);
	if (rc)
		return rc;
	for (size_t k = 0; rc >= 0 && k < set.n_part; k++) {
		char *part = mt_strf("%s/%s", set.folder, set.part[k].name);
		rc = put_indexed(part, err);
		free(part);
		if (rc < 0)
			rc = mt_set_blame(&set, rc, err);
	}
	mt_set_release(&set);
	return rc < 0 ? rc : view.shown ? MT_OK : MT_END;
}

/* safetensors: a length, then JSON. */
static bool is_model(const char *path)
{
	unsigned char h[9];
	FILE *f = !mt_file_is_pipe(path) && !mt_set_is(path)
			  ? fopen(path, "re") : NULL;
	bool is = f && fread(h, 1, 9, f) == 9 && h[8] == '{' &&
		  memcmp(h, MT_SYNC, 4) != 0 && mt_get_u64(h) < 1u << 30;
	if (f)
		fclose(f);
	return is;
}

/* A tensor as a field, where its type has a name here. */
static struct mt_field as_field(const struct mt_model_tensor *t)
{
	static const char *const names[][2] = {
		{"F32", "f4"}, {"F16", "f2"}, {"F64", "f8"}, {"I64", "i8"},
		{"I32", "i4"}, {"I16", "i2"}, {"I8", "i1"}, {"U8", "u1"},
	};
	struct mt_field f = {.data = t->data, .size = t->size};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(names[i][0], t->dtype))
			snprintf(f.dtype, sizeof f.dtype, "%s", names[i][1]);
	f.n_dim = t->n_dim < 4 ? t->n_dim : 4;
	for (int i = 0; i < f.n_dim; i++)
		f.dim[i] = t->dim[i];
	return f;
}

static void put_tensor(const struct mt_model_tensor *t)
{
	struct mt_field f = as_field(t);
	if (opts.field && strcmp(opts.field, t->name) != 0)
		return;
	view.shown++;
	fputs(t->name, stdout);
	if (!*f.dtype)
		printf("\t%s %" PRIu64 " bytes", t->dtype, t->size);
	else if (!opts.field)
		put_summary(&f);
	for (uint64_t i = 0; opts.field && *f.dtype && i < n_value(&f); i++) {
		putchar('\t');
		put_number(&f, i);
	}
	putchar('\n');
}

static int put_model(const char *path, struct mt_err *err)
{
	struct mt_model m;
	uint64_t n = 0;
	int rc = mt_model_open(&m, path, err);
	if (rc)
		return rc;
	for (size_t i = 0; i < m.n_tensor; i++) {
		struct mt_field f = as_field(&m.tensor[i]);
		n += *f.dtype ? n_value(&f) : 0;
	}
	bool all = !opts.check && !opts.summary && !opts.header;
	for (size_t i = 0; i < m.n_meta && (opts.header || (all &&
	     !opts.field)); i++) {
		struct mt_field f = {.data = m.meta[i].value,
				     .size = strlen(m.meta[i].value)};
		printf("%s\t", m.meta[i].name);
		put_text(&f);
		putchar('\n');
	}
	for (size_t i = 0; all && i < m.n_tensor; i++)
		put_tensor(&m.tensor[i]);
	if (!opts.header && !opts.field)
		printf("%zu tensors, %" PRIu64 " values, CRC-32 %08" PRIx32
		       "\n", m.n_tensor, n, m.crc);
	mt_model_close(&m);
	return opts.field && !view.shown
		? mt_err_set(err, MT_EINPUT, "%s: has no tensor '%s'", path,
			     opts.field) : MT_OK;
}

/* --quick of streams and sets. */
static int look_quickly(char *const *path, int n, struct mt_err *err)
{
	struct mt_quick q;
	if (!n)
		return mt_err_set(err, MT_EUSAGE, "--quick looks at the end of "
				  "a file first: name it");
	mt_quick_init(&q);
	int rc = MT_OK;
	for (int i = 0; !rc && i < n; i++)
		rc = mt_quick_add(&q, path[i], err);
	if (!rc)
		put_check(q.n_segment, &q.all);
	mt_quick_release(&q);
	return rc;
}

static int check(struct mt_filter *f, char **operand, int *n,
		 struct mt_err *err)
{
	int models = 0, rc = MT_OK;
	(void)f;
	opts.check |= opts.quick;
	for (int i = 0; i < *n; i++) {
		char *installed = mt_model_installed(operand[i], mt_model_folders());
		operand[i] = installed ? installed : operand[i];
		models += is_model(operand[i]);
	}
	if (models && models != *n)
		return mt_err_set(err, MT_EUSAGE, "shows models or streams, not "
				  "both at once");
	for (int i = 0; !rc && i < models; i++)
		rc = put_model(operand[i], err);
	bool all = opts.header || opts.check || opts.summary;
	if (!models && opts.quick)
		rc = look_quickly(operand, *n, err);
	else if (!models && opts.key && *n == 1 && !all)
		rc = look_up(operand[0], err);
	else if (!models)
		return MT_OK;
	if (!rc && !models && !opts.quick)
		rc = check_field(err);
	if (!rc)
		exit(mt_tool_end(0));
	return rc == MT_END ? MT_OK : rc;
}

int main(int argc, char **argv)
{
	struct mt_filter f = {
		.tool = &tool, .check = check, .head = head, .put = put, .end = end,
		.any_fail = true,
	};
	return mt_filter_run(&f, argc, argv);
}
