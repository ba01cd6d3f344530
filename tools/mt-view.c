/* SPDX-License-Identifier: MIT
 * mt-view: look at a stream, a packed set or a model. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/datadir.h"
#include "base/escape.h"
#include "base/file.h"
#include "base/mem.h"
#include "format/rectable.h"
#include "format/rectext.h"
#include "model/model.h"
#include "model/modelpath.h"
#include "set/index.h"
#include "set/quick.h"
#include "set/set.h"
#include "set/splits.h"
#include "stream/layout.h"
#include "tool/filter.h"
#include "tool/formatopt.h"

static struct opts {
	bool header, check, quick, summary;
	const char *key, *field;
	int64_t n;
} opts = {.n = INT64_MAX};
static struct mt_format_opts format_opts;

#define AT(field) offsetof(struct opts, field)

static const struct mt_opt rows[] = {
	MT_FLAG('H', "header", AT(header), "print the header of each segment"),
	MT_FLAG('c', "check", AT(check), "read everything, print only the tally"),
	MT_FLAG(0, "quick", AT(quick), "as -c, but look at headers and end frames of files only"),
	MT_FLAG('s', "summary", AT(summary),
		"read everything, print counts of splits, tags and failures"),
	MT_OPT('k', "key", "KEY", STR, AT(key),
	       "only the records of KEY, by the index if there is one"),
	MT_OPT('f', "field", "FIELD", STR, AT(field),
	       "print key and values of FIELD"),
	MT_OPT('n', "head", "N", I64, AT(n), "only the first N records", MT_RANGE(0, 9e15)),
	{0},
};
static const struct mt_opt_set sets[] = {
	{rows, &opts}, {mt_format_rows, &format_opts}, {NULL, NULL}};

static const struct mt_tool tool = {
	.name = "mt-view",
	.purpose = "look at a stream, a packed set or a model",
	.synopsis = "[options] [stream|set|model ...]",
	.sets = sets,
	.flags = 0,
};

static struct view {
	uint64_t segments, shown;
	bool declared, had;      /* --field by a header; by a record */
	struct mt_words split, fail;
	struct mt_splits checked;/* -c, if all operands are sets */
	bool sets;
	char **tag;
	uint64_t *tagged;        /* records with each tag */
	size_t n_tag;
	uint64_t labelled, failed;
	double seconds;
	const struct mt_format *format; /* NULL: lines for people */
	struct mt_rectable table;
	struct mt_print print;   /* -f, -s: rows of any width */
	char **path;             /* operands */
	int n_path, n_model;     /* all operands are models, or none */
} view;

static bool is_json(void)
{
	return view.format == &mt_format_json;
}

/* A record is a row of a table, and nothing else was asked for. */
static bool is_table(void)
{
	return view.format && !is_json() && !opts.summary && !opts.field;
}

static void put_field(const struct mt_rec *rec)
{
	const struct mt_field *f = mt_rec_get(rec, opts.field);
	if (!f)
		return;
	view.had = true;
	mt_rectext_values(&view.print, rec, f);
}

static void count(struct mt_words *w, const struct mt_field *f)
{
	bool text = f && f->dtype[0] == 's' && f->size;
	size_t i = mt_words_find(w, text ? f->data : "", text ? (size_t)f->size : 0);
	w->word[i].n++;
}

static void put_tally(const char *what, struct mt_words *w)
{
	for (size_t i = 0; i < w->n; i++) {
		mt_print_word(&view.print, what);
		mt_print_filled(&view.print, w->word[i].word, w->word[i].size);
		mt_print_uint(&view.print, w->word[i].n);
		mt_print_row(&view.print);
	}
	mt_words_release(w);
}

static void summarise(const struct mt_rec *rec)
{
	double seconds;
	const struct mt_field *label = mt_rec_get(rec, "label");
	if (rec->type == MT_FAIL) {
		count(&view.fail, mt_rec_get(rec, "code"));
		return;
	}
	if (mt_rec_get(rec, "split"))
		count(&view.split, mt_rec_get(rec, "split"));
	if (mt_rec_num(rec, "seconds", &seconds))
		view.seconds += seconds;
	view.labelled += label != NULL;
	for (size_t i = 0; label && i < view.n_tag && i < label->size; i++)
		view.tagged[i] += ((const unsigned char *)label->data)[i];
}

static void put_count(const char *what, uint64_t n)
{
	mt_print_word(&view.print, what);
	mt_print_uint(&view.print, n);
	mt_print_row(&view.print);
}

static void put_counts(const struct mt_tally *t)
{
	struct mt_print *p = &view.print;
	put_count("segments", view.segments);
	put_count("records", t->n_data);
	put_count("failed", t->n_fail);
	put_count("labelled", view.labelled);
	mt_print_word(p, "seconds");
	mt_print_fixed(p, view.seconds, 3);
	mt_print_row(p);
	put_tally("split", &view.split);
	for (size_t i = 0; i < view.n_tag; i++) {
		mt_print_word(p, "tag");
		mt_print_word(p, view.tag[i]);
		mt_print_uint(p, view.tagged[i]);
		mt_print_row(p);
		free(view.tag[i]);
	}
	free(view.tag);
	free(view.tagged);
	put_tally("fail", &view.fail);
}

/* -c: what the manifests say of splits, to be held against the records. */
static int read_promised(char *const *operand, int n, struct mt_err *err)
{
	view.sets = n > 0;
	for (int i = 0; i < n; i++)
		view.sets &= mt_set_is(operand[i]);
	int rc = MT_OK;
	for (int i = 0; view.sets && !rc && i < n; i++) {
		struct mt_set set;
		if ((rc = mt_set_read(&set, operand[i], err)))
			break;
		mt_splits_expect(&view.checked, &set);
		mt_set_release(&set);
	}
	return rc;
}

static int check_splits(struct mt_err *err)
{
	int rc = mt_splits_check(&view.checked, view.n_path > 1 ? "the sets" : view.path[0],
				 err);
	mt_splits_release(&view.checked);
	return rc;
}

/* After the last record: was --field a name at all? */
static int check_field(struct mt_err *err)
{
	bool any = !opts.field || view.had || is_json() || opts.header ||
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

/* Backslashes are escaped in a header's text, tabs and newlines its own. */
static void put_header(const char *text)
{
	for (size_t n; *text; text += n) {
		n = strcspn(text, "\t\n\\");
		mt_escape_show(stdout, text, n);
		if (text[n])
			putchar(text[n++]);
	}
}

/* Fields that no header declares, of all operands that can be read twice. */
static void scan_operands(void)
{
	struct mt_set set;
	for (int i = 0; i < view.n_path; i++) {
		const char *path = view.path[i];
		if (!mt_set_is(path) || mt_set_read(&set, path, NULL)) {
			mt_rectable_scan(&view.table, path);
			continue;
		}
		for (size_t k = 0; k < set.n_part; k++) {
			char *part = mt_strf("%s/%s", path, set.part[k].name);
			mt_rectable_scan(&view.table, part);
			free(part);
		}
		mt_set_release(&set);
	}
	if (!view.n_path)
		mt_rectable_scan(&view.table, "-");
}

static int head(struct mt_head *h, struct mt_err *err)
{
	(void)err;
	if (view.format && !is_json() && !view.segments) {
		mt_rectable_head(&view.table, h);
		scan_operands();
	}
	view.declared |= opts.field && mt_head_has_field(h, opts.field);
	if (!view.segments++ && opts.summary) {
		view.n_tag = mt_head_n_tag(h);
		view.tag = mt_calloc(view.n_tag, sizeof *view.tag);
		view.tagged = mt_calloc(view.n_tag, sizeof *view.tagged);
		for (size_t i = 0; i < view.n_tag; i++)
			view.tag[i] = mt_strdup(mt_head_tag(h, i));
	}
	if (opts.header) {
		size_t n;
		char *text = mt_head_text(h, &n);
		put_header(text);
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

static int put(struct mt_rec *rec, struct mt_err *err)
{
	if (view.sets)
		mt_splits_count(&view.checked, rec);
	if (!wanted(rec))
		return MT_OK;
	view.shown++;
	if (opts.summary) {
		summarise(rec);
		return MT_OK;
	}
	if (is_json())
		mt_rectext_json(stdout, rec);
	else if (opts.field)
		put_field(rec);
	else if (!is_table())
		mt_rectext_line(stdout, rec);
	else if (rec->type == MT_DATA)
		mt_rectable_put(&view.table, rec);
	else
		view.failed++;
	return ferror(stdout) ? mt_err_sys(err, "standard output: cannot "
					   "write") : MT_OK;
}

/* What is not in the table is said. */
static void end_table(void)
{
	const struct mt_rectable *t = &view.table;
	bool table = is_table() && !opts.header && !opts.check;
	if (table && (view.shown || !opts.key))
		mt_rectable_end(&view.table);
	if (view.failed)
		mt_info("%" PRIu64 " failed records are not in the table; --json "
			"shows them", view.failed);
	if (t->n_lost)
		mt_info("%" PRIu64 " records have a value that has no column, first "
			"'%s' of '%s'; --json shows all", t->n_lost, t->lost_field,
			t->lost_key);
	mt_rectable_release(&view.table);
}

static void put_check(uint64_t segments, const struct mt_tally *t)
{
	printf("%" PRIu64 " segments, %" PRIu64 " records, %" PRIu64
	       " failed\n", segments, t->n_data, t->n_fail);
}

static int end(const struct mt_tally *t, struct mt_err *err)
{
	int rc = view.sets ? check_splits(err) : MT_OK;
	if (rc)
		return rc;
	if (opts.check)
		put_check(view.segments, t);
	if (opts.summary)
		put_counts(t);
	end_table();
	if (opts.key && !view.shown)
		return mt_err_set(err, MT_EINPUT, "no record has the key '%s'",
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
	if (view.format && !is_json())
		mt_rectable_head(&view.table, &x.reader.head);
	mt_rec_init(&rec);
	while (!rc && !mt_index_find(&x, opts.key, &from, &off)) {
		rc = mt_reader_at(&x.reader, off, &rec, err);
		const char *key = rc ? "" : mt_rec_key(&rec, &n);
		if (!rc && (n != strlen(opts.key) || memcmp(key, opts.key, n)))
			rc = mt_err_set(err, MT_EINPUT, "%s: its index is "
					"wrong about '%.200s'", path, opts.key);
		if (!rc)
			rc = put(&rec, err);
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
	}
	rc = mt_set_blame(&set, rc, err);
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
	if (opts.field && *f.dtype) {
		mt_print_word(&view.print, t->name);
		for (uint64_t i = 0; i < mt_rectext_n(&f); i++)
			mt_rectext_put(&view.print, &f, i);
		mt_print_row(&view.print);
		return;
	}
	mt_escape_show(stdout, t->name, strlen(t->name));
	if (!*f.dtype)
		printf("\t%.8s %" PRIu64 " bytes", t->dtype, t->size);
	else
		mt_rectext_summary(stdout, &f);
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
		n += *f.dtype ? mt_rectext_n(&f) : 0;
	}
	bool all = !opts.check && !opts.summary && !opts.header;
	for (size_t i = 0; i < m.n_meta && (opts.header || (all &&
	     !opts.field)); i++) {
		mt_escape_show(stdout, m.meta[i].name, strlen(m.meta[i].name));
		putchar('\t');
		mt_escape_show(stdout, m.meta[i].value, strlen(m.meta[i].value));
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
	int models = 0, rc = mt_format_chosen(&view.format, &format_opts, NULL, err);
	(void)f;
	if (rc)
		return rc;
	opts.check |= opts.quick;
	view.table.out = stdout;
	view.table.format = view.format;
	mt_print_begin(&view.print, stdout, view.format ? view.format : &mt_format_tsv, NULL, 0);
	view.path = operand;
	view.n_path = *n;
	for (int i = 0; i < *n; i++) {
		char *installed = mt_model_installed(operand[i], mt_model_folders());
		operand[i] = installed ? installed : operand[i];
		models += is_model(operand[i]);
	}
	/* among others it is reported when it is its turn */
	if (*n == 1 && strcmp(operand[0], "-") != 0 && access(operand[0], F_OK))
		return mt_model_hint(mt_err_sys(err, "%s: cannot open", operand[0]),
				     operand[0], mt_model_folders(), err);
	if (models && models != *n)
		return mt_err_set(err, MT_EUSAGE, "shows models or streams, not "
				  "both at once");
	view.n_model = models;
	return !models && opts.check && !opts.quick && !opts.summary
		       ? read_promised(operand, *n, err) : MT_OK;
}

/* Models, and what can be read without going through a whole stream. */
static int show(char **operand, int n, struct mt_err *err)
{
	int rc = MT_OK;
	for (int i = 0; !rc && i < view.n_model; i++)
		rc = put_model(operand[i], err);
	if (view.n_model)
		return rc;
	if (opts.quick)
		return look_quickly(operand, n, err);
	if (!opts.key || n != 1 || opts.header || opts.check || opts.summary)
		return MT_END;
	rc = look_up(operand[0], err);
	if (rc)
		return rc;
	end_table();
	return check_field(err);
}

int main(int argc, char **argv)
{
	struct mt_filter f = {
		.tool = &tool, .check = check, .run = show, .head = head, .put = put,
		.end = end, .any_fail = true,
	};
	return mt_filter_run(&f, argc, argv);
}
