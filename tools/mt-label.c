/* SPDX-License-Identifier: MIT
 * mt-label: attach label vectors to the records of a stream. */
#include <dirent.h>
#include <jansson.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/crc.h"
#include "base/datadir.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/names.h"
#include "format/table.h"
#include "model/model.h"
#include "model/modelpath.h"
#include "tags/db/tagtable.h"
#include "tags/label/vocab.h"
#include "tags/label/vocablist.h"
#include "tool/filter.h"

static struct opts {
	const char *tsv, *folders, *db, *column, *names, *vocab, *top_by, *order, *untagged;
	struct mt_opt_list with, without, merge;
	int64_t top;
	bool keep;
} opts = {.top_by = "count", .order = "count", .untagged = "zero"};

#define AT(field) offsetof(struct opts, field)

static const struct mt_opt rows[] = {
	MT_OPT('t', "tsv", "FILE", PATH, AT(tsv),
	       "table of path or key, tags and fields, or one of a public data set"),
	MT_OPT(0, "folders", "DIR", PATH, AT(folders),
	       "tag each record with the first folder of its key, one of those in DIR"),
	MT_OPT(0, "db", "FILE", PATH, AT(db),
	       "tag database with the keys as tracks: SQLite, or a table of track, tag"),
	MT_OPT(0, "tag-column", "NAME", STR, AT(column),
	       "column of the table that holds the tags [tags]"),
	MT_OPT(0, "names", "FILE", PATH, AT(names),
	       "table of names for tags that are ids, such as AudioSet's and FMA's"),
	MT_OPT(0, "vocab", "FILE", PATH, AT(vocab),
	       "take tags and order from a list, one a line, or a model [by count]"),
	MT_OPT(0, "top", "N", I64, AT(top), "use only the first N tags, 0 all [0]",
	       MT_RANGE(0, 1e9)),
	MT_OPT(0, "top-by", "WHAT", CHOICE, AT(top_by),
	       "first by count, the most common, or by number, as in the table [count]",
	       .choices = "count|number"),
	MT_OPT(0, "order", "WHAT", CHOICE, AT(order),
	       "order the chosen tags by count or by number [count]", .choices = "count|number"),
	MT_OPT(0, "with", "TAG[,TAG]", LIST, AT(with),
	       "include these tags; without --top only these"),
	MT_OPT(0, "without", "TAG[,TAG]", LIST, AT(without), "exclude these tags"),
	MT_OPT(0, "untagged", "HOW", CHOICE, AT(untagged),
	       "label a record without any of the tags all zero, or fail it [zero]",
	       .choices = "zero|fail"),
	MT_OPT(0, "merge", "NEW=OLD[,OLD]", LIST, AT(merge),
	       "count the old tags as the new one; repeatable"),
	MT_FLAG(0, "keep-unlabelled", AT(keep), "pass on records without a row, unlabelled"),
	{0},
};
static const struct mt_opt_set sets[] = {{rows, &opts}, {NULL, NULL}};

static const struct mt_tool tool = {
	.name = "mt-label",
	.purpose = "attach label vectors from a table, a tag database or "
		   "folder names",
	.synopsis = "[options] --tsv=FILE|--db=FILE|--folders=DIR "
		    "[stream|set ...]",
	.sets = sets,
	.flags = MT_TOOL_FILTER,
};

static struct label {
	struct mt_table table;
	struct mt_vocab vocab;
	struct mt_vocab folders; /* all of them; the vocabulary may have fewer */
	int tags;                /* column, -1 none */
	bool gives;              /* labels, rather than columns alone */
	atomic_uchar *used;      /* [n_row] */
	uint32_t vocab_crc;
	const char *tracks;      /* the file that db is of, or NULL */
	struct mt_tagnames names;
	struct mt_tagdb db;
	struct mt_texts_index tids;
	uint32_t *off, *pair;    /* pairs of a track, see mt_pairs_by() */
	int64_t *place;          /* [tag number] in the vocabulary, -1 none */
	uint32_t db_crc;
} label;

static char *join(const struct mt_opt_list *list)
{
	char *all = NULL;
	for (size_t i = 0; i < list->n; i++) {
		char *more = all ? mt_strf("%s,%s", all, list->item[i])
				 : mt_strdup(list->item[i]);
		free(all);
		all = more;
	}
	return all;
}

/* A column becomes a field: is its name one? */
static int check_columns(struct mt_err *err)
{
	/* fields that are no text, which tools read and write */
	static const char *const own[] = {
		"key", "pcm", "mel", "label", "score", "rate", "seconds",
		"bytes", "channels", "bit_rate", "damaged", "windows",
		"window_start", "embedding",
	};
	const struct mt_table *t = &label.table;
	bool comma = t->n_column == 1 && strpbrk(t->column[0], ",;");
	if (strcmp(t->column[0], "path") != 0 && strcmp(t->column[0], "key"))
		return mt_err_set(err, MT_EINPUT,
			"%s: the first column is '%.80s'; it must be 'path' or 'key'%s",
			opts.tsv, t->column[0],
			comma ? ", with tabs between columns, in *.csv commas" : "");
	for (size_t i = 1; i < t->n_column; i++) {
		const char *c = t->column[i];
		bool bad = !mt_field_name_ok(c);
		for (size_t k = 0; k < i; k++)
			bad |= !strcmp(c, t->column[k]);
		if (bad)
			return mt_err_set(err, MT_EINPUT, "%s: column %zu, '%.80s', cannot become "
					  "a field: 1 to 16 printable characters, none twice",
					  opts.tsv, i + 1, c);
		for (size_t k = 0; k < sizeof own / sizeof *own; k++)
			if (!strcmp(c, own[k]))
				return mt_err_set(err, MT_EUSAGE, "%s: column %zu, '%s', has the "
						  "name of a field that mt itself writes: rename "
						  "it", opts.tsv, i + 1, c);
	}
	return MT_OK;
}

/* A text would take the place of a number that tools further on need. */
static int check_fields(const struct mt_head *h, struct mt_err *err)
{
	const struct mt_table *t = &label.table;
	for (size_t i = 1; i < t->n_column; i++)
		for (size_t k = 0; k < h->n_line; k++) {
			char **word = h->line[k].word;
			if (h->line[k].n_word < 3 || !strcmp(word[2], "s") ||
			    strcmp(word[0], "field") != 0 ||
			    strcmp(word[1], t->column[i]) != 0)
				continue;
			return mt_err_set(err, MT_EUSAGE, "%s: column %zu, '%s', has the name of "
					  "an %.8s field of the stream: rename it",
					  opts.tsv, i + 1, word[1], word[2]);
		}
	return MT_OK;
}

/* Cells behind the last column, where that holds the tags. */
static char *const *more_tags(size_t row, size_t *n)
{
	char *const *more = mt_table_more(&label.table, row, n);
	*n = (size_t)label.tags + 1 == label.table.n_column ? *n : 0;
	return more;
}

/* Rows by key, whose other columns become fields. */
static int read_own(const char *data, size_t size, struct mt_err *err)
{
	int rc = mt_table_parse(&label.table, data, size, opts.tsv, err);
	if (!rc)
		rc = check_columns(err);
	if (rc)
		return rc;
	label.tags = mt_table_column(&label.table, opts.column ? opts.column
							       : "tags");
	if (opts.column && label.tags < 1)
		return mt_cells_no_column(opts.tsv, opts.column, label.table.column, NULL,
					  label.table.n_column, err);
	label.used = mt_calloc(label.table.n_row, sizeof *label.used);
	for (size_t i = 0; label.tags >= 0 && i < label.table.n_row; i++) {
		size_t n;
		char *const *more = more_tags(i, &n);
		mt_vocab_add(&label.vocab, mt_table_cell(&label.table, i, (size_t)label.tags));
		for (size_t k = 0; k < n; k++)
			mt_vocab_more(&label.vocab, more[k]);
	}
	return MT_OK;
}

/* Tags have the database's numbers; a track counts once for a tag. */
static int count_tags(struct mt_err *err)
{
	struct mt_tagdb *db = &label.db;
	size_t n;
	for (size_t k = 1; k <= db->tag.n; k++) {
		const char *tag = mt_texts_get(&db->tag, k, &n);
		if (tag && strlen(tag) != n)
			return mt_err_set(err, MT_EINPUT, "%s: tag %zu, '%.80s', holds a zero byte",
					  label.tracks, k, tag);
		if (tag)
			mt_vocab_tag(&label.vocab, tag);
	}
	mt_pairs_by(db->pair_tid, db->n_pair, db->tid.n, &label.off,
		    &label.pair);
	for (size_t t = 1; t <= db->tid.n; t++) {
		mt_vocab_item(&label.vocab);
		for (uint32_t i = label.off[t]; i < label.off[t + 1]; i++) {
			uint32_t k = db->pair_tag[label.pair[i]];
			const char *tag = mt_texts_get(&db->tag, k, &n);
			if (tag)
				mt_vocab_tag(&label.vocab, tag);
		}
	}
	mt_texts_index(&label.tids, &db->tid);
	return MT_OK;
}

static int read_table(struct mt_err *err)
{
	struct mt_tagdb_how how = {opts.column, opts.names ? &label.names : NULL};
	char *data;
	size_t size;
	int rc = mt_file_get(opts.tsv, (size_t)8 << 30, &data, &size, err);
	if (rc)
		return rc;
	if (!mt_tagtable_is_one(opts.tsv, data, size, opts.column,
				opts.names != NULL)) {
		rc = !opts.names ? read_own(data, size, err) : mt_err_set(err, MT_EUSAGE,
			"%s: --names is for tables of tracks and their tags", opts.tsv);
	} else {
		label.tracks = opts.tsv;
		label.db_crc = mt_crc32(0, data, size);
		rc = mt_tagdb_parse(&label.db, opts.tsv, data, size, MT_TAGDB_ALL, &how, err);
		if (!rc)
			rc = count_tags(err);
	}
	free(data);
	return rc;
}

static int read_db(struct mt_err *err)
{
	struct mt_tagdb_how how = {opts.column, opts.names ? &label.names : NULL};
	int rc = mt_tagdb_read_how(&label.db, opts.db, MT_TAGDB_ALL, &how, err);
	if (!rc)
		rc = mt_file_crc(opts.db, &label.db_crc, err);
	label.tracks = opts.db;
	return rc ? rc : count_tags(err);
}

static int read_folders(struct mt_err *err)
{
	DIR *dir = opendir(opts.folders);
	if (!dir)
		return mt_err_sys(err, "%s: cannot open folder", opts.folders);
	for (struct dirent *d; (d = readdir(dir));) {
		struct stat st;
		char *path = mt_strf("%s/%s", opts.folders, d->d_name);
		if (d->d_name[0] != '.' && !stat(path, &st) &&
		    S_ISDIR(st.st_mode)) {
			mt_vocab_item(&label.vocab);
			mt_vocab_tag(&label.vocab, d->d_name);
			mt_vocab_item(&label.folders);
			mt_vocab_tag(&label.folders, d->d_name);
		}
		free(path);
	}
	closedir(dir);
	return mt_vocab_order(&label.folders, &(struct mt_vocab_choice){0}, err);
}

static void find_places(void)
{
	const struct mt_texts *tag = &label.db.tag;
	label.place = mt_calloc(tag->n + 1, sizeof *label.place);
	for (size_t k = 0; k <= tag->n; k++) {
		size_t n;
		const char *name = k ? mt_texts_get(tag, k, &n) : NULL;
		label.place[k] = name ? mt_vocab_find(&label.vocab, name) : -1;
	}
}

/* A model's vocabulary is a JSON list in its metadata. */
static int read_model(struct mt_vocab *fixed, struct mt_err *err)
{
	struct mt_model m;
	size_t i;
	json_t *tag;
	int rc = mt_model_open(&m, opts.vocab, err);
	if (rc)
		return rc;
	const char *text = mt_model_text(&m, "tags");
	json_t *list = text ? json_loads(text, 0, NULL) : NULL;
	if (!json_array_size(list))
		rc = mt_err_set(err, MT_EINPUT, "%s: is a model without tags", opts.vocab);
	json_array_foreach(list, i, tag) {
		const char *name = json_string_value(tag);
		if (!rc)
			rc = mt_vocab_fixed(fixed, opts.vocab, name ? name : "", err);
	}
	label.vocab_crc = text ? mt_crc32(0, text, strlen(text)) : 0;
	json_decref(list);
	mt_model_close(&m);
	return rc;
}

/* Tags of the vocabulary that no row has are spelled otherwise, perhaps. */
static int check_vocab(const struct mt_vocab *fixed, struct mt_err *err)
{
	size_t absent = 0, first = 0;
	if (!fixed->n)
		return mt_err_set(err, MT_EINPUT, "%s: has no tags", opts.vocab);
	for (size_t i = fixed->n; i--;)
		if (!mt_vocab_occurs(&label.vocab, fixed->tag[i].name)) {
			absent++;
			first = i;
		}
	if (absent && label.gives)
		mt_info("%zu of %zu tags of --vocab do not occur, the first is '%s'", absent,
			fixed->n, fixed->tag[first].name);
	return MT_OK;
}

static int read_vocab(struct mt_err *err)
{
	char *data;
	char *installed = mt_model_installed(opts.vocab, mt_model_folders());
	size_t size;
	if (installed)
		opts.vocab = installed;
	int rc = mt_file_get(opts.vocab, 1 << 28, &data, &size, err);
	if (rc)
		return mt_model_hint(rc, opts.vocab, mt_model_folders(), err);
	struct mt_vocab fixed = {.alias = label.vocab.alias, .n_alias = label.vocab.n_alias};
	label.vocab_crc = mt_crc32(0, data, size);
	/* text has no zero bytes; a model's first number has */
	if (size > 8 && data[8] == '{' && memchr(data, 0, 8))
		rc = read_model(&fixed, err);
	else
		rc = mt_vocab_fixed_list(&fixed, opts.vocab, data, size,
					 opts.names != NULL, err);
	free(data);
	if (!rc)
		rc = check_vocab(&fixed, err);
	label.vocab.alias = NULL;
	label.vocab.n_alias = 0;
	mt_vocab_release(&label.vocab);
	label.vocab = fixed;
	return rc;
}

static int check(struct mt_filter *f, char **operand, int *n_operand,
		 struct mt_err *err)
{
	(void)f, (void)operand, (void)n_operand;
	if (!!opts.tsv + !!opts.folders + !!opts.db != 1)
		return mt_err_set(err, MT_EUSAGE,
				  "one of --tsv FILE, --db FILE and --folders DIR is required");
	if (opts.folders && (opts.column || opts.names))
		return mt_err_set(err, MT_EUSAGE,
				  "--tag-column and --names are for tables, not for folders");
	int rc = opts.names ? mt_tagnames_read(&label.names, opts.names, err)
			    : MT_OK;
	for (size_t i = 0; !rc && i < opts.merge.n; i++)
		rc = mt_vocab_merge(&label.vocab, opts.merge.item[i], err);
	if (!rc)
		rc = opts.tsv ? read_table(err) : opts.db ? read_db(err) : read_folders(err);
	label.gives = !opts.tsv || label.tracks || label.tags >= 0;
	if (!rc && opts.vocab)
		rc = read_vocab(err);
	char *with = join(&opts.with), *without = join(&opts.without);
	struct mt_vocab_choice choice = {
		.with = with, .without = without, .top = (size_t)opts.top,
		.top_by_number = !strcmp(opts.top_by, "number"),
		.order_by_number = !strcmp(opts.order, "number") && !opts.vocab,
	};
	size_t n = label.vocab.n;
	if (!rc)
		rc = mt_vocab_order(&label.vocab, &choice, err);
	if (!rc && n && !label.vocab.n)
		rc = mt_err_set(err, MT_EUSAGE, "--with and --without leave no tag");
	if (label.vocab.n_absent)
		mt_info("%zu tags of --without do not occur, the first is '%s'",
			label.vocab.n_absent, label.vocab.absent);
	if (!rc && label.tracks)
		find_places();
	free(with);
	free(without);
	return rc;
}

/* A header has 1 MiB; larger ones would be made before they are refused. */
static int check_size(struct mt_err *err)
{
	size_t size = 0;
	for (size_t i = 0; label.gives && i < label.vocab.n; i++)
		size += strlen(label.vocab.tag[i].name) + 6;
	if (size <= 1 << 20)
		return MT_OK;
	return mt_err_set(err, MT_EUSAGE, "%zu tags take more than the 1 MiB of a "
			  "stream's header; --top N takes the first N", label.vocab.n);
}

static int head(struct mt_head *h, struct mt_err *err)
{
	char shape[24];
	int rc = opts.tsv ? check_fields(h, err) : MT_OK;
	rc = rc ? rc : check_size(err);
	for (size_t i = 1; !rc && opts.tsv && i < label.table.n_column; i++)
		if ((int)i != label.tags)
			mt_head_set_field(h, label.table.column[i], "s", "",
					  "from the label table");
	if (!rc && label.gives) {
		mt_head_drop(h, "tag", NULL);
		mt_head_drop_field(h, "label");
		snprintf(shape, sizeof shape, "%zu", label.vocab.n);
		mt_head_set_field(h, "label", "u1", shape, "1 where the item has the tag");
		for (size_t i = 0; i < label.vocab.n; i++)
			mt_head_add_tag(h, label.vocab.tag[i].name);
		mt_head_set_param(h, "label.untagged", "%s", opts.untagged);
	}
	if (!label.gives && !mt_head_has_field(h, "label"))
		mt_info("%s has no column 'tags', so no labels are given", opts.tsv);
	if (label.tracks)
		mt_head_add_from(h, "labels", label.db_crc, label.tracks);
	else if (opts.tsv)
		mt_head_add_from(h, "labels", label.table.crc, opts.tsv);
	if (opts.vocab)
		mt_head_add_from(h, "vocab", label.vocab_crc, opts.vocab);
	return rc;
}

/* The row of a key: as it is, without "./", without a segment's time. */
static int64_t find_row(const char *key, size_t n)
{
	int64_t row = mt_table_find(&label.table, key, n);
	while (row < 0 && n > 2 && key[0] == '.' && key[1] == '/') {
		key += 2;
		n -= 2;
		row = mt_table_find(&label.table, key, n);
	}
	size_t bare = mt_rec_key_stem(key, n);
	return row < 0 && bare != n ? find_row(key, bare) : row;
}

static int untagged(const struct mt_rec *rec, struct mt_err *err)
{
	size_t n;
	const char *key = mt_rec_key(rec, &n);
	if (*opts.untagged == 'z')
		return MT_OK;
	return mt_err_item(err, "label.untagged", "%.*s: has none of the %zu "
			   "tags", mt_rec_key_shown(key, n), key, label.vocab.n);
}

/* The key's first folder is its tag, whole, though it hold a comma. */
static int put_folder(struct mt_rec *rec, const char *key, size_t n, struct mt_err *err)
{
	uint64_t dim = label.vocab.n;
	bool known;
	int64_t k;
	mt_name_below(&key, &n, ".");
	do { /* files may have been named as DIR/tag/file */
		const char *slash = memchr(key, '/', n);
		char *tag = mt_strndup(key, slash ? (size_t)(slash - key) : 0);
		known = mt_vocab_find(&label.folders, tag) >= 0;
		k = mt_vocab_find(&label.vocab, tag);
		free(tag);
	} while (!known && mt_name_below(&key, &n, opts.folders));
	if (!known)
		return opts.keep ? MT_OK : mt_err_item(err, "label.none",
			"%.*s: its first folder is not one of those in %s",
			mt_rec_key_shown(key, n), key, opts.folders);
	uint8_t *y = mt_rec_alloc(rec, dim);
	memset(y, 0, dim);
	if (k >= 0)
		y[k] = 1;
	mt_rec_put(rec, "label", "u1", 1, &dim, y);
	return k >= 0 ? MT_OK : untagged(rec, err);
}

static int put_label(struct mt_rec *rec, size_t row, struct mt_err *err)
{
	uint64_t n = label.vocab.n;
	uint8_t *y = mt_rec_alloc(rec, n);
	size_t n_more;
	char *const *more = more_tags(row, &n_more);
	size_t set = mt_vocab_label(&label.vocab, mt_table_cell(
		&label.table, row, (size_t)label.tags), y);
	for (size_t i = 0; i < n_more; i++)
		set += mt_vocab_label_more(&label.vocab, more[i], y);
	mt_rec_put(rec, "label", "u1", 1, &n, y);
	return set ? MT_OK : untagged(rec, err);
}

static int put_tracks_tags(struct mt_rec *rec, size_t track, struct mt_err *err)
{
	uint64_t n = label.vocab.n;
	uint8_t *y = mt_rec_alloc(rec, n);
	size_t set = 0;
	memset(y, 0, n);
	for (uint32_t i = label.off[track]; i < label.off[track + 1]; i++) {
		int64_t k = label.place[label.db.pair_tag[label.pair[i]]];
		set += k >= 0;
		if (k >= 0)
			y[k] = 1;
	}
	mt_rec_put(rec, "label", "u1", 1, &n, y);
	return set ? MT_OK : untagged(rec, err);
}

static int no_row(const char *key, size_t n, const char *where, struct mt_err *err)
{
	if (opts.keep)
		return MT_OK;
	return mt_err_item(err, "label.none", "%.*s: has no row in %s",
			   mt_rec_key_shown(key, n), key, where);
}

static int step(void *worker, struct mt_rec *rec, struct mt_emit *emit,
		struct mt_err *err)
{
	(void)worker, (void)emit;
	size_t n;
	const char *key = mt_rec_key(rec, &n);
	if (label.gives)
		mt_rec_drop(rec, "label");
	if (opts.folders)
		return put_folder(rec, key, n, err);
	if (label.tracks) {
		size_t track = mt_tagdb_track(&label.db, &label.tids, key, mt_rec_key_stem(key, n));
		return track ? put_tracks_tags(rec, track, err) : no_row(key, n, label.tracks, err);
	}
	int64_t row = find_row(key, n);
	if (row < 0)
		return no_row(key, n, opts.tsv, err);
	size_t r = (size_t)row;
	int rc = MT_OK;
	atomic_store_explicit(&label.used[r], 1, memory_order_relaxed);
	for (size_t i = 1; i < label.table.n_column; i++) {
		const char *v = mt_table_cell(&label.table, r, i);
		if ((int)i == label.tags)
			rc = put_label(rec, r, err);
		else
			mt_rec_put_str(rec, label.table.column[i], v, strlen(v));
	}
	return rc;
}

static int end(const struct mt_tally *tally, struct mt_err *err)
{
	(void)tally, (void)err;
	size_t idle = 0, first = 0;
	for (size_t i = label.table.n_row; i--;)
		if (!label.used[i]) {
			idle++;
			first = i;
		}
	if (idle)
		mt_info("%zu of %zu rows of %s match no record, the first is '%s'",
			idle, label.table.n_row, opts.tsv,
			mt_table_cell(&label.table, first, 0));
	return MT_OK;
}

static void release(void)
{
	mt_table_release(&label.table);
	mt_vocab_release(&label.vocab);
	mt_vocab_release(&label.folders);
	mt_tagdb_release(&label.db);
	mt_tagnames_release(&label.names);
	mt_texts_index_release(&label.tids);
	free(label.off);
	free(label.pair);
	free(label.place);
	free(label.used);
	mt_opt_list_release(&opts.with);
	mt_opt_list_release(&opts.without);
	mt_opt_list_release(&opts.merge);
}

int main(int argc, char **argv)
{
	struct mt_filter f = {
		.tool = &tool, .check = check, .head = head, .step = step,
		.end = end, .release = release,
	};
	return mt_filter_run(&f, argc, argv);
}
