/* SPDX-License-Identifier: MIT
 * mt-tags-clean: a clean tag database from a raw one and rules. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "format/format.h"
#include "stream/writer.h"
#include "tags/ask/sets.h"
#include "tags/ask/tagout.h"
#include "tags/clean/decide.h"
#include "tool/formatopt.h"
#include "tool/tool.h"

static struct opts {
	const char *output, *rules, *log, *vocab, *stream;
	struct mt_opt_list explain;
	double min_val;
	bool dry_run, orpheus;
} opts = {.min_val = NAN};

static struct mt_format_opts format_opts;

#define AT(field) offsetof(struct opts, field)

static const struct mt_opt rows[] = {
	MT_OPT('o', "output", "FILE", OUTPUT, AT(output),
	       "write the clean tags to FILE, complete or not at all: SQLite, or a table if it "
	       "ends in .tsv or .csv", .untraced = true),
	MT_OPT('r', "rules", "FILE", PATH, AT(rules),
	       "file of rules, see mtrules(5), or a built-in one: lastfm, generic"),
	MT_OPT('l', "log", "FILE", OUTPUT, AT(log), "write what became of every raw tag, and why"),
	MT_OPT(0, "vocab", "FILE", OUTPUT, AT(vocab), "write the clean tags with their spellings"),
	MT_OPT(0, "stream", "FILE", OUTPUT, AT(stream),
	       "write a tags stream: the vocabulary and each track's labels"),
	MT_FLAG('n', "dry-run", AT(dry_run), "write no database; print what --vocab would write"),
	MT_OPT('e', "explain", "TAG", LIST, AT(explain),
	       "print what becomes of this raw tag, and write no database; repeatable"),
	MT_OPT(0, "min-val", "X", F64, AT(min_val),
	       "use only pairs whose val is over X [as the rules say, else all]"),
	MT_FLAG(0, "orpheus", AT(orpheus), "write the tables exactly as the Orpheus project did"),
	{0},
};
static const struct mt_opt_set sets[] = {
	{rows, &opts}, {mt_format_rows, &format_opts}, {NULL, NULL}};

static const struct mt_tool tool = {
	.name = "mt-tags-clean",
	.purpose = "clean a tag database by rules that can be read",
	.synopsis = "[options] --rules=FILE -o FILE|--dry-run|--explain=TAG "
		    "database",
	.sets = sets,
};

static struct clean {
	struct mt_rules rules;
	struct mt_tagdb db;
	struct mt_decide d;
	struct mt_sets sets;
	struct mt_sets_added added;
	double min_val;
	uint32_t *tracks;        /* [n_row + 1] */
	uint32_t *first, *next;  /* raw tags of a row, commonest first */
	const struct mt_format *format; /* of what is printed */
} clean;

/* The ending of a file's name says more than an option for all. */
static const struct mt_format *format_of(const char *path)
{
	const struct mt_format *own = mt_format_of_path(path);
	return own ? own : clean.format;
}

static const char *raw(uint32_t tag, size_t *n)
{
	return mt_texts_get(&clean.db.tag, tag, n);
}

static void put_raw(struct mt_print *p, uint32_t tag)
{
	size_t n;
	const char *s = raw(tag, &n);
	mt_print_text(p, s, n);
}

static void put_name(struct mt_print *p, uint32_t row)
{
	const char *name = row ? clean.d.row[row].name : NULL;
	if (name)
		mt_print_text(p, name, strlen(name));
	else
		mt_print_none(p);
}

/* The rule that decided on a tag, and its file and line. */
static void put_why(struct mt_print *p, uint32_t tag)
{
	char why[256], place[512];
	mt_why_text(&clean.d, tag, why, sizeof why);
	mt_why_place(&clean.d, tag, place, sizeof place);
	mt_print_word(p, why);
	mt_print_word(p, place);
}

static bool same_file(const char *a, const char *b)
{
	struct stat x, y;
	return a && !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

static int check(char **operand, int n, struct mt_err *err)
{
	bool look = opts.dry_run || opts.explain.n;
	if (n != 1)
		return mt_err_set(err, MT_EUSAGE, "%s", n ? "one database at a "
				  "time" : "name the database to clean");
	if (!opts.rules)
		return mt_err_set(err, MT_EUSAGE, "--rules FILE is required; "
				  "'lastfm' and 'generic' are built in");
	if (!opts.output && !look && !opts.log && !opts.vocab && !opts.stream)
		return mt_err_set(err, MT_EUSAGE, "-o FILE is required, or "
				  "--dry-run or --explain TAG");
	const char *out[] = {opts.output, opts.log, opts.vocab, opts.stream};
	for (size_t i = 0; i < sizeof out / sizeof *out; i++)
		if (same_file(out[i], operand[0]) ||
		    same_file(out[i], opts.rules))
			return mt_err_set(err, MT_EUSAGE, "%s: would be "
					  "written over itself", out[i]);
	return MT_OK;
}

/* Raw tags that are no text are matched by their bytes; say so. */
static void report_odd(void)
{
	size_t bad = 0, first = 0, n;
	for (uint32_t i = 1; i <= clean.db.tag.n; i++) {
		const char *s = raw(i, &n);
		if (s && !mt_utf8_valid(s, n)) {
			bad++;
			first = first ? first : i;
		}
	}
	if (bad)
		mt_info("%zu tags are not UTF-8 and are matched as bytes; the "
			"first is number %" PRIi64, bad,
			mt_texts_row(&clean.db.tag, first));
	if (clean.db.n_odd)
		mt_info("%zu pairs skipped: NULL, or their track or tag is "
			"missing", clean.db.n_odd);
	if (clean.db.n_no_val)
		mt_info("%zu pairs have a val that is not a number, which "
			"counts as NULL", clean.db.n_no_val);
}

/* Chains of raw tags by row, and rows to parents. */
static void gather(void)
{
	const struct mt_decide *d = &clean.d;
	clean.first = mt_calloc(d->n_row + 1, sizeof *clean.first);
	clean.next = mt_calloc(clean.db.tag.n + 1, sizeof *clean.next);
	for (size_t i = d->n_rank; i-- > 0;) {
		uint32_t tag = d->rank[i], row = d->to[tag];
		if (!row)
			continue;
		clean.next[tag] = clean.first[row];
		clean.first[row] = tag;
	}
}

static int make_sets(struct mt_err *err)
{
	const struct mt_decide *d = &clean.d;
	const struct mt_rule *x = mt_rules_first(&clean.rules,
						 MT_RULE_EXPERIMENT);
	uint32_t **parent = mt_calloc(d->n_row + 1, sizeof *parent);
	bool any = false;
	for (size_t i = 1; i <= d->n_row; i++) {
		parent[i] = d->row[i].parent;
		any |= parent[i] != NULL;
	}
	mt_sets_make(&clean.sets, &clean.db, d->to, (uint32_t)d->n_row,
		     clean.min_val, true);
	int rc = MT_OK;
	if (any && opts.orpheus)
		rc = mt_err_set(err, MT_EUSAGE, "--orpheus knows no rule "
				"'parent'");
	else if (any)
		mt_sets_add_parents(&clean.sets, parent);
	free(parent);
	if (!rc && x && !mt_sets_experiment(&clean.sets, (int)x->number,
					    x->threshold, &clean.added))
		rc = mt_err_set(err, MT_ESYS, "no memory for an experiment on "
				"%zu tracks and %zu tags", clean.db.tid.n,
				d->n_row);
	clean.tracks = mt_sets_count(&clean.sets);
	return rc;
}

static int make(const char *path, struct mt_err *err)
{
	int rc = mt_rules_read(&clean.rules, opts.rules, err);
	if (rc)
		return rc;
	const struct mt_rule *rule = mt_rules_first(&clean.rules,
						    MT_RULE_MIN_VAL);
	clean.min_val = rule && isnan(opts.min_val) ? rule->number
						    : opts.min_val;
	unsigned val = isnan(clean.min_val) ? MT_TAGDB_VAL_IF : MT_TAGDB_VAL;
	rc = mt_tagdb_read(&clean.db, path, MT_TAGDB_TIDS | MT_TAGDB_TAGS |
			   MT_TAGDB_PAIRS | val, err);
	if (!rc)
		rc = mt_decide(&clean.d, &clean.rules, &clean.db, opts.orpheus,
			       err);
	if (rc)
		return rc;
	report_odd();
	gather();
	return make_sets(err);
}

/* The raw tags of a row, into item [n_raw]. */
static size_t spellings(uint32_t row, struct mt_span *item)
{
	size_t k = 0;
	for (uint32_t t = clean.first[row]; t; t = clean.next[t], k++)
		item[k].s = raw(t, &item[k].n);
	return k;
}

static int put_vocab(const char *path, struct mt_err *err)
{
	static const struct mt_column column[] = {
		MT_COL("number", INT), MT_COL("tag", TEXT), MT_COL("tracks", INT),
		MT_COL("spellings", INT), MT_COL("raw", LIST),
	};
	struct mt_outfile o;
	struct mt_print p;
	int rc = mt_outfile_open(&o, path, err);
	if (rc)
		return rc;
	struct mt_span *item = mt_calloc(clean.db.tag.n + 1, sizeof *item);
	mt_print_begin(&p, o.f, format_of(path), column, sizeof column / sizeof *column);
	for (uint32_t i = 1; i <= clean.d.n_row; i++) {
		mt_print_uint(&p, i);
		put_name(&p, i);
		mt_print_uint(&p, clean.tracks[i]);
		mt_print_uint(&p, clean.d.row[i].n_raw);
		mt_print_list(&p, item, spellings(i, item), " | ");
		mt_print_row(&p);
	}
	free(item);
	return mt_outfile_close(&o, MT_OK, err);
}

static const char *decision(uint32_t tag)
{
	uint32_t row = clean.d.to[tag];
	const struct mt_rule *rule = clean.d.why[tag].rule;
	if (!row)
		return "dropped";
	if (clean.d.row[row].raw == tag)
		return "kept";
	return rule && (rule->verb == MT_RULE_CLASS ||
			rule->verb == MT_RULE_CLASS_WORDS) ? "class" : "merged";
}

static int put_log(const char *path, struct mt_err *err)
{
	static const struct mt_column column[] = {
		MT_COL("number", INT), MT_COL("tag", TEXT), MT_COL("count", INT),
		MT_COL("decision", TEXT), MT_COL("canonical", TEXT), MT_COL("rule", TEXT),
		MT_COL("where", TEXT),
	};
	struct mt_outfile o;
	struct mt_print p;
	int rc = mt_outfile_open(&o, path, err);
	if (rc)
		return rc;
	mt_print_begin(&p, o.f, format_of(path), column, sizeof column / sizeof *column);
	for (uint32_t i = 1; i <= clean.db.tag.n; i++) {
		size_t n;
		if (!raw(i, &n))
			continue;
		mt_print_int(&p, mt_texts_row(&clean.db.tag, i));
		put_raw(&p, i);
		mt_print_uint(&p, clean.d.count[i]);
		mt_print_word(&p, decision(i));
		put_name(&p, clean.d.to[i]);
		put_why(&p, i);
		mt_print_row(&p);
	}
	return mt_outfile_close(&o, MT_OK, err);
}

static void explain_row(struct mt_print *p, uint32_t row)
{
	const uint32_t *parent = clean.d.row[row].parent;
	char tracks[32];
	snprintf(tracks, sizeof tracks, "%u tracks", clean.tracks[row]);
	mt_print_word(p, "row");
	mt_print_uint(p, row);
	mt_print_word(p, tracks);
	mt_print_row(p);
	for (; parent && *parent; parent++) {
		mt_print_word(p, "parent");
		put_name(p, *parent);
		mt_print_row(p);
	}
	for (uint32_t t = clean.first[row]; t; t = clean.next[t]) {
		mt_print_word(p, "spelling");
		put_raw(p, t);
		mt_print_uint(p, clean.d.count[t]);
		put_why(p, t);
		mt_print_row(p);
	}
}

static void explain_count(struct mt_print *p, const char *what, int64_t n)
{
	mt_print_word(p, what);
	mt_print_int(p, n);
	mt_print_row(p);
}

static void explain_word(struct mt_print *p, const char *what, const char *word)
{
	mt_print_word(p, what);
	mt_print_word(p, word);
	mt_print_row(p);
}

static void explain_name(struct mt_print *p, const char *what, uint32_t row)
{
	mt_print_word(p, what);
	put_name(p, row);
	mt_print_row(p);
}

/* The tag as each rule 'fold' sees it. */
static void explain_keys(struct mt_print *p, const char *tag)
{
	struct mt_text key = {0};
	char how[64];
	for (size_t r = 0; r < clean.rules.n; r++) {
		const struct mt_rule *f = &clean.rules.rule[r];
		if (f->verb != MT_RULE_FOLD)
			continue;
		mt_fold_key(&key, f->fold, f->plural, tag, strlen(tag));
		snprintf(how, sizeof how, "%s%s", mt_fold_name[f->fold],
			 f->plural ? " plural" : "");
		mt_print_word(p, "key");
		mt_print_word(p, how);
		mt_print_text(p, key.s, key.n);
		mt_print_row(p);
	}
	free(key.s);
}

static bool explain(struct mt_print *p, const char *tag, const struct mt_texts_index *index)
{
	char why[256], place[512];
	uint32_t i = (uint32_t)mt_texts_find(index, tag, strlen(tag));
	if (!i)
		return false;
	uint32_t row = clean.d.to[i];
	mt_print_word(p, "tag");
	put_raw(p, i);
	mt_print_row(p);
	explain_count(p, "number", mt_texts_row(&clean.db.tag, i));
	explain_count(p, "count", clean.d.count[i]);
	explain_word(p, "decision", decision(i));
	explain_name(p, "canonical", row);
	mt_why_text(&clean.d, i, why, sizeof why);
	mt_why_place(&clean.d, i, place, sizeof place);
	explain_word(p, "rule", why);
	explain_word(p, "where", place);
	explain_keys(p, tag);
	if (row)
		explain_row(p, row);
	return true;
}

static int explain_all(struct mt_err *err)
{
	struct mt_texts_index index;
	struct mt_print p;
	int rc = MT_OK;
	mt_print_begin(&p, stdout, clean.format, NULL, 0);
	mt_texts_index(&index, &clean.db.tag);
	for (size_t i = 0; i < opts.explain.n; i++)
		if (!explain(&p, opts.explain.item[i], &index) && !rc)
			rc = mt_err_item(err, "tags.unknown", "%s: unknown tag "
					 "'%s'", clean.db.path,
					 opts.explain.item[i]);
	mt_texts_index_release(&index);
	return rc;
}

static int put_head(struct mt_writer *w, struct mt_err *err)
{
	struct mt_head head;
	char shape[24];
	uint32_t crc = 0;
	int rc = mt_file_crc(clean.db.path, &crc, err);
	if (rc)
		return rc;
	mt_head_init(&head, "tags");
	snprintf(shape, sizeof shape, "%zu", clean.d.n_row);
	mt_head_set_field(&head, "label", "u1", shape,
			  "1 where the item has the tag");
	for (size_t i = 1; i <= clean.d.n_row; i++)
		mt_head_add_tag(&head, clean.d.row[i].name);
	mt_head_add_from(&head, "tags", crc, clean.db.path);
	mt_head_add_from(&head, "rules", clean.rules.crc, opts.rules);
	mt_tool_add_prog(&head);
	rc = mt_writer_head(w, &head, err);
	mt_head_release(&head);
	return rc;
}

static int put_track(struct mt_writer *w, struct mt_rec *rec, size_t t,
		     struct mt_err *err)
{
	const struct mt_sets *s = &clean.sets;
	uint64_t k = clean.d.n_row;
	size_t n;
	const char *tid = mt_texts_get(&clean.db.tid, t, &n);
	if (!tid || s->off[t] == s->off[t + 1])
		return MT_OK;
	mt_rec_reset(rec, MT_DATA);
	mt_rec_put_str(rec, "key", tid, n);
	uint8_t *label = mt_rec_alloc(rec, k);
	memset(label, 0, k);
	for (uint32_t i = s->off[t]; i < s->off[t + 1]; i++)
		label[s->item[i] - 1] = 1;
	mt_rec_put(rec, "label", "u1", 1, &k, label);
	return mt_writer_put(w, rec, err);
}

static int put_stream(const char *path, struct mt_err *err)
{
	struct mt_writer w;
	struct mt_rec rec;
	int rc = mt_writer_open(&w, path, err);
	if (rc)
		return rc;
	mt_rec_init(&rec);
	rc = put_head(&w, err);
	for (size_t t = 1; !rc && t <= clean.sets.n_set; t++)
		rc = put_track(&w, &rec, t, err);
	mt_rec_release(&rec);
	if (!rc)
		rc = mt_writer_done(&w, err);
	if (!rc)
		return mt_writer_close(&w, err);
	mt_writer_abort(&w);
	return rc;
}

static int put_output(struct mt_err *err)
{
	if (mt_format_of_path(opts.output) || !strcmp(opts.output, "-"))
		return mt_tagout_text(opts.output, format_of(opts.output), &clean.d,
				      &clean.sets, err);
	if (opts.orpheus)
		return mt_tagout_orpheus(opts.output, &clean.d, &clean.sets,
					 clean.min_val, &clean.added, err);
	return mt_tagout_sql(opts.output, &clean.d, &clean.sets, err);
}

static int put_all(struct mt_err *err)
{
	bool look = opts.dry_run || opts.explain.n;
	size_t n_tid = 0;
	for (size_t t = 1; t <= clean.sets.n_set; t++)
		n_tid += clean.sets.off[t] < clean.sets.off[t + 1];
	int rc = opts.log ? put_log(opts.log, err) : MT_OK;
	if (!rc && opts.vocab)
		rc = put_vocab(opts.vocab, err);
	if (!rc && opts.dry_run && !opts.vocab)
		rc = put_vocab("-", err);
	if (!rc && opts.stream && !look)
		rc = put_stream(opts.stream, err);
	if (!rc && opts.output && !look)
		rc = put_output(err);
	if (!rc)
		mt_info("%zu tags of %zu, %u pairs of %zu, %zu tracks of %zu",
			clean.d.n_row, clean.d.n_rank,
			clean.sets.off[clean.sets.n_set + 1], clean.db.n_pair,
			n_tid, clean.db.tid.n_text);
	return rc ? rc : explain_all(err);
}

static void release(void)
{
	mt_decide_release(&clean.d);
	mt_sets_release(&clean.sets);
	mt_tagdb_release(&clean.db);
	mt_rules_release(&clean.rules);
	free(clean.added.tid);
	free(clean.added.item);
	free(clean.tracks);
	free(clean.first);
	free(clean.next);
	mt_opt_list_release(&opts.explain);
}

int main(int argc, char **argv)
{
	struct mt_err err = {0};
	char **operand;
	int n;
	mt_tool_begin(&tool, argc, argv, &operand, &n);
	int rc = mt_format_chosen(&clean.format, &format_opts, &mt_format_tsv, &err);
	if (!rc)
		rc = check(operand, n, &err);
	if (!rc)
		rc = make(operand[0], &err);
	if (!rc)
		rc = put_all(&err);
	release();
	return mt_tool_end(rc ? mt_tool_fail(&err) : 0);
}
