/* SPDX-License-Identifier: MIT
 * mt-msd: which clips are which tracks of the Million Song Dataset. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/pattern.h"
#include "msd/join.h"
#include "msd/joinreport.h"
#include "msd/lookup.h"
#include "msd/song.h"
#include "set/input.h"
#include "stream/spool.h"
#include "tags/db/tagdb.h"
#include "tool/filter.h"
#include "tool/formatopt.h"


static struct opts {
	const char *msd, *mismatches, *duplicates, *tags, *draw, *id_pattern;
	const char *report, *metadata;
	struct mt_opt_list field;
	bool every;
} opts;

static struct mt_format_opts format_opts;

#define AT(field) offsetof(struct opts, field)

static const struct mt_opt rows[] = {
	MT_OPT(0, "msd", "FILE", PATH, AT(msd), "summary of the data set, msd_summary_file.h5"),
	MT_OPT(0, "mismatches", "FILE", PATH, AT(mismatches),
	       "fail the tracks on this list (sid_mismatches.txt)"),
	MT_OPT(0, "duplicates", "FILE", PATH, AT(duplicates),
	       "keep one track of each group of this list (msd_duplicates.txt)"),
	MT_OPT(0, "draw", "HOW", CHOICE, AT(draw),
	       "which one: the largest file, or drawn as by Orpheus [largest]",
	       .choices = "largest|orpheus"),
	MT_OPT(0, "tags", "DB", PATH, AT(tags), "fail tracks that are not in this tag database"),
	MT_OPT(0, "id-pattern", "REGEX", STR, AT(id_pattern),
	       "take the 7digital id from the first (group) matched in the key [field id, else the "
	       "digits before .clip.ENDING]"),
	MT_OPT(0, "field", "COLUMN[=NAME]", LIST, AT(field),
	       "add a column of the summary (look-ups: of --metadata too) as a field; repeatable"),
	MT_OPT(0, "report", "FILE", OUTPUT, AT(report), "write the effect of each rule as a table"),
	MT_OPT(0, "metadata", "DB", PATH, AT(metadata), "look-ups: track_metadata.db"),
	MT_FLAG(0, "every", AT(every), "look-ups: print every track with an id, not the first"),
	{0},
};
static const struct mt_opt_set sets[] = {
	{rows, &opts}, {mt_format_rows, &format_opts}, {NULL, NULL}};

static const struct mt_verb verbs[] = {
	{"lookup", "[ID ...]", "track ids of 7digital ids and back, and what is "
	 "known of them; ids on standard input or as operands"},
	{"song", "FILE ...", "what is in the HDF5 files of single songs"},
	{0},
};

static const struct mt_tool tool = {
	.name = "mt-msd",
	.purpose = "join clips with the Million Song Dataset",
	.synopsis = "[options] --msd=FILE [stream ...] | command ...",
	.sets = sets,
	.flags = MT_TOOL_FILTER,
	.verbs = verbs,
};

static struct msd {
	struct mt_msd msd;
	struct mt_msd_extra *extra;
	char **name;             /* [n_extra] of the fields */
	size_t n_extra;
	struct mt_msd_list mismatch, duplicate;
	unsigned char *tagged;
	uint32_t msd_crc, tags_crc;
	struct mt_pattern pattern;
	char **operand;
	int n_operand;
	struct mt_spool spool;
	struct mt_msd_join join;
	size_t cap, at;          /* clips: room, the next to give */
	const struct mt_format *format; /* of --report */
} msd;

/* --field COLUMN[=NAME] */
static int parse_fields(struct mt_err *err)
{
	static const char *const own[] = {"key", "clip", "year", "id", "pcm"};
	size_t n = opts.field.n;
	msd.extra = mt_calloc(n, sizeof *msd.extra);
	msd.name = mt_calloc(n, sizeof *msd.name);
	msd.n_extra = n;
	for (size_t i = 0; i < n; i++) {
		const char *text = opts.field.item[i];
		const char *is = strchr(text, '=');
		msd.extra[i].name = is ? mt_strndup(text, (size_t)(is - text))
				       : mt_strdup(text);
		msd.name[i] = mt_strdup(is ? is + 1 : text);
		bool bad = !*msd.extra[i].name || !mt_field_name_ok(msd.name[i]);
		for (size_t k = 0; k < sizeof own / sizeof *own; k++)
			bad |= !strcmp(msd.name[i], own[k]);
		for (size_t k = 0; k < i; k++)
			bad |= !strcmp(msd.name[i], msd.name[k]) ||
			       !strcmp(msd.extra[i].name, msd.extra[k].name);
		if (bad)
			return mt_err_set(err, MT_EUSAGE, "--field takes "
					  "COLUMN or COLUMN=NAME, a name of 1 "
					  "to 16 printable characters, none "
					  "twice and none of mt's own, not "
					  "'%.100s'", text);
	}
	return MT_OK;
}

static int read_tags(struct mt_err *err)
{
	struct mt_tagdb db;
	int rc = mt_tagdb_read(&db, opts.tags, MT_TAGDB_TIDS, err);
	if (rc)
		return rc;
	msd.tagged = mt_calloc(msd.msd.n, 1);
	for (size_t i = 1; i <= db.tid.n; i++) {
		size_t n;
		const char *tid = mt_texts_get(&db.tid, i, &n);
		uint32_t row = tid && n == MT_MSD_TID
				       ? mt_msd_find_tid(&msd.msd, tid)
				       : MT_MSD_NONE;
		if (row != MT_MSD_NONE)
			msd.tagged[row] = 1;
	}
	mt_tagdb_release(&db);
	return mt_file_crc(opts.tags, &msd.tags_crc, err);
}

static int read_sides(struct mt_err *err)
{
	int rc = opts.id_pattern ? mt_pattern_open(&msd.pattern,
						   opts.id_pattern, err)
				 : MT_OK;
	if (!rc && opts.mismatches)
		rc = mt_msd_read_mismatches(&msd.mismatch, opts.mismatches,
					    err);
	if (!rc && opts.duplicates)
		rc = mt_msd_read_duplicates(&msd.duplicate, opts.duplicates,
					    err);
	if (!rc)
		rc = mt_msd_read(&msd.msd, opts.msd, msd.extra, msd.n_extra,
				 err);
	if (!rc)
		rc = mt_file_crc(opts.msd, &msd.msd_crc, err);
	return !rc && opts.tags ? read_tags(err) : rc;
}

/* The digits before ".clip." and an ending, at the end of a key. */
static bool before_clip(const char *key, const char **piece, size_t *size)
{
	const char *end = strrchr(key, '.'), *p;
	if (!end || !end[1] || end - key < 5 || memcmp(end - 5, ".clip", 5))
		return false;
	for (p = end - 5; p > key && p[-1] >= '0' && p[-1] <= '9'; p--)
		;
	*piece = p;
	*size = (size_t)(end - 5 - p);
	return *size;
}

/* The 7digital id of a clip: the field id, or what stands in the key. */
static bool id_of(const struct mt_rec *rec, int64_t *id)
{
	char text[32], key[4096];
	size_t size;
	double number;
	const char *piece;
	const struct mt_field *f = opts.id_pattern ? NULL
						   : mt_rec_get(rec, "id");
	if (f && strcmp(f->dtype, "s") != 0) {
		if (!mt_rec_num(rec, "id", &number) || !(number >= 0) ||
		    number > 2e9)
			return false;
		*id = (int64_t)number;
		return true;
	}
	if (f)
		return mt_num_i64(mt_rec_str(rec, "id", text, sizeof text), id);
	mt_rec_str(rec, "key", key, sizeof key);
	if (!(opts.id_pattern ? mt_pattern_find(&msd.pattern, key, &piece, &size)
			      : before_clip(key, &piece, &size)) ||
	    size >= sizeof text)
		return false;
	memcpy(text, piece, size);
	text[size] = 0;
	return mt_num_i64(text, id);
}

static void add_clip(const struct mt_rec *rec, const struct mt_head *h)
{
	struct mt_msd_join *j = &msd.join;
	/* a stream that tells no lengths at all is taken as it is */
	double bytes = 1;
	double seconds = mt_head_has_field(h, "seconds") ? -1 : 0;
	if (j->n == msd.cap) {
		msd.cap = 2 * msd.cap + 4096;
		j->clip = mt_realloc(j->clip, msd.cap, sizeof *j->clip);
	}
	struct mt_msd_clip *c = &j->clip[j->n++];
	*c = (struct mt_msd_clip){.failed = rec->type == MT_FAIL};
	c->no_id = !id_of(rec, &c->id);
	mt_rec_num(rec, "bytes", &bytes);
	mt_rec_num(rec, "seconds", &seconds);
	c->bytes = bytes > 0 ? (int64_t)bytes : 0;
	c->no_length = !(seconds >= 0);
	mt_spool_put(&msd.spool, rec);
}

/* All clips must be seen before anything can be said of the first. */
static int read_clips(struct mt_head *h, struct mt_err *err)
{
	struct mt_input in;
	struct mt_rec rec;
	int rc = mt_input_open(&in, msd.operand, msd.n_operand, err);
	if (rc)
		return rc;
	in.max_raw = mt_common.max_record;
	mt_rec_init(&rec);
	while (!(rc = mt_input_next(&in, &rec, err))) {
		const char *kind = mt_head_kind(&in.reader.head);
		if (rec.type == MT_HEAD && strcmp(kind, "clip") != 0)
			rc = mt_err_set(err, MT_EUSAGE, "%s: kind %.32s, but this "
					"tool reads clip; mt-scan lists sound "
					"files", in.reader.name, kind);
		else if (rec.type != MT_DATA && rec.type != MT_FAIL)
			continue;
		else if (msd.join.n < MT_MSD_NONE - 2)
			add_clip(&rec, &in.reader.head);
		else
			rc = mt_err_set(err, MT_EINPUT, "%s: more than %zu "
					"clips", in.reader.name, msd.join.n);
		if (rc)
			break;
	}
	if (rc == MT_END) {
		mt_head_release(h);
		mt_head_copy(h, &in.first);
		rc = MT_OK;
	}
	mt_rec_release(&rec);
	mt_input_close(&in);
	return rc;
}

static int head(struct mt_head *h, struct mt_err *err)
{
	int rc = read_clips(h, err);
	if (rc)
		return rc;
	mt_head_set_field(h, "id", "s", "", "7digital id");
	mt_head_set_field(h, "clip", "s", "", "key of the clip as it was found");
	mt_head_set_field(h, "year", "i4", "", "0 unknown");
	for (size_t i = 0; i < msd.n_extra; i++) {
		char type = msd.extra[i].type;
		mt_head_set_field(h, msd.name[i], type == 'i' ? "i8" : type ==
				  'f' ? "f8" : "s", "", "from the MSD summary");
	}
	mt_head_set_param(h, "msd.draw", "%s", opts.draw ? opts.draw
							  : "largest");
	mt_head_add_from(h, "msd", msd.msd_crc, opts.msd);
	if (opts.mismatches)
		mt_head_add_from(h, "mismatches", msd.mismatch.crc,
				 opts.mismatches);
	if (opts.duplicates)
		mt_head_add_from(h, "duplicates", msd.duplicate.crc,
				 opts.duplicates);
	if (opts.tags)
		mt_head_add_from(h, "tags", msd.tags_crc, opts.tags);
	struct mt_msd_join *j = &msd.join;
	j->msd = &msd.msd;
	j->mismatch = opts.mismatches ? &msd.mismatch : NULL;
	j->duplicate = opts.duplicates ? &msd.duplicate : NULL;
	j->tagged = msd.tagged;
	j->draw = opts.draw && !strcmp(opts.draw, "orpheus") ? MT_MSD_ORPHEUS
							     : MT_MSD_LARGEST;
	mt_msd_join(j);
	return MT_OK;
}

/* Why a clip is not wanted, as a sentence. */
static int refuse(const struct mt_msd_clip *c, const char *key,
		  struct mt_err *err)
{
	const char (*tid)[MT_MSD_TID] = (const void *)msd.msd.tid;
	const char *code = mt_msd_rule_name(c->rule);
	const char *me = c->row == MT_MSD_NONE ? "" : tid[c->row];
	const char *other = c->other < msd.msd.n ? tid[c->other] : "";
	const char *why = "its file has 0 bytes";
	switch (c->rule) {
	case MT_MSD_NOID:
		return mt_err_item(err, code, "%s: has no 7digital id", key);
	case MT_MSD_UNKNOWN:
		return mt_err_item(err, code, "%s: %" PRIi64 " is not a "
				   "track's 7digital id", key, c->id);
	case MT_MSD_ID:
		if (c->other == MT_MSD_NONE)
			return mt_err_item(err, code, "%s: other clips have "
					   "the 7digital id %" PRIi64 " too",
					   key, c->id);
		return mt_err_item(err, code, "%s: %" PRIi64 " is the 7digital "
				   "id of both %.18s and %.18s", key, c->id, me,
				   other);
	case MT_MSD_TRACK:
		why = "it has several 7digital ids with a clip each";
		break;
	case MT_MSD_MISMATCH:
		return mt_err_item(err, code, "%s: %.18s: it is on line %u of "
				   "the mismatches", key, me, c->other);
	case MT_MSD_NOLENGTH:
		why = "its clip has no length";
		break;
	case MT_MSD_UNTAGGED:
		why = "it is not in the tag database";
		break;
	case MT_MSD_DUPLICATE:
		return mt_err_item(err, code, "%s: %.18s: it is a duplicate of "
				   "%.18s, which was kept", key, me, other);
	case MT_MSD_LONE:
		why = "it is the last of its group of duplicates";
		break;
	}
	return mt_err_item(err, code, "%s: %.18s: %s", key, me, why);
}

static void put_extra(struct mt_rec *rec, uint32_t row)
{
	for (size_t i = 0; i < msd.n_extra; i++) {
		const struct mt_msd_extra *x = &msd.extra[i];
		if (x->type == 'i')
			mt_rec_put_i8(rec, msd.name[i], x->i[row]);
		else if (x->type == 'f')
			mt_rec_put_f8(rec, msd.name[i], x->f[row]);
		else
			mt_rec_put_str(rec, msd.name[i], x->text + x->at[row],
				       (size_t)(x->at[row + 1] - x->at[row]));
	}
}

static int next(struct mt_rec *rec, struct mt_err *err)
{
	if (mt_spool_get(&msd.spool, rec) == MT_END)
		return MT_END;
	const struct mt_msd_clip *c = &msd.join.clip[msd.at++];
	if (rec->type == MT_FAIL)
		return MT_OK;
	char id[24];
	size_t n;
	const char *raw = mt_rec_key(rec, &n);
	char *key = mt_strndup(raw, n);
	int rc = MT_OK;
	if (c->rule == MT_MSD_KEPT) {
		snprintf(id, sizeof id, "%" PRIi64, c->id);
		mt_rec_put_str(rec, "id", id, strlen(id));
		mt_rec_put_str(rec, "clip", key, n);
		mt_rec_put_str(rec, "key", msd.msd.tid[c->row], MT_MSD_TID);
		mt_rec_put_i4(rec, "year", msd.msd.year[c->row]);
		put_extra(rec, c->row);
	} else {
		key[mt_rec_key_shown(key, n)] = 0;
		rc = refuse(c, key, err);
	}
	free(key);
	return rc;
}

static int check(struct mt_filter *f, char **operand, int *n,
		 struct mt_err *err)
{
	if (!opts.msd)
		return mt_err_set(err, MT_EUSAGE, "--msd FILE is required");
	if (opts.metadata || opts.every)
		return mt_err_set(err, MT_EUSAGE, "--metadata and --every are "
				  "for mt-msd lookup");
	int rc = mt_format_chosen(&msd.format, &format_opts, &mt_format_tsv, err);
	if (rc)
		return rc;
	f->next = next;
	msd.operand = operand;
	msd.n_operand = *n;
	*n = 0;
	rc = parse_fields(err);
	return rc ? rc : read_sides(err);
}

/* On standard error and, as a table, for --report. */
static int end(const struct mt_tally *tally, struct mt_err *err)
{
	(void)tally;
	size_t size;
	char *text = mt_msd_report(&msd.join, &mt_format_table, &size);
	for (char *line = text, *nl; (nl = strchr(line, '\n')); line = nl + 1)
		mt_info("%.*s", (int)(nl - line), line);
	free(text);
	if (!opts.report)
		return MT_OK;
	const struct mt_format *own = mt_format_of_path(opts.report);
	text = mt_msd_report(&msd.join, own ? own : msd.format, &size);
	int rc = mt_file_put(opts.report, text, size, err);
	free(text);
	return rc;
}

static void release(void)
{
	mt_msd_release(&msd.msd);
	for (size_t i = 0; i < msd.n_extra; i++) {
		free((char *)(uintptr_t)msd.extra[i].name);
		free(msd.name[i]);
	}
	free(msd.extra);
	free(msd.name);
	mt_msd_list_release(&msd.mismatch);
	mt_msd_list_release(&msd.duplicate);
	free(msd.tagged);
	mt_pattern_close(&msd.pattern);
	mt_spool_release(&msd.spool);
	free(msd.join.clip);
	mt_opt_list_release(&opts.field);
}


static const struct mt_tool lookup_tool = {
	.name = "mt-msd",
	.purpose = "track ids of 7digital ids and back, and what is known of them",
	.synopsis = "lookup [options] --msd=FILE|--metadata=DB [id ...]",
	.sets = sets,
};

static int open_lookup(struct mt_msd_lookup *l, struct mt_err *err)
{
	if (!opts.msd && !opts.metadata)
		return mt_err_set(err, MT_EUSAGE, "--msd FILE or --metadata DB "
				  "is needed");
	if (opts.mismatches || opts.duplicates || opts.tags || opts.draw ||
	    opts.id_pattern || opts.report)
		return mt_err_set(err, MT_EUSAGE, "only --msd, --metadata, "
				  "--field and --every are for look-ups");
	size_t n = opts.field.n;
	msd.extra = mt_calloc(n + 1, sizeof *msd.extra);
	for (size_t i = 0; i < n; i++)
		msd.extra[i].name = opts.field.item[i];
	msd.extra[n].name = "song_id";
	msd.extra[n].optional = true;
	int rc = opts.metadata ? mt_msddb_open(&l->db, opts.metadata,
					       opts.field.item, n, err) : MT_OK;
	if (!rc && opts.msd)
		rc = mt_msd_read(&msd.msd, opts.msd, msd.extra,
				 opts.metadata ? 0 : n + 1, err);
	l->msd = opts.msd ? &msd.msd : NULL;
	l->every = opts.every;
	l->out = stdout;
	if (!rc)
		rc = mt_format_chosen(&l->format, &format_opts, &mt_format_tsv, err);
	return rc;
}

static int look_up(struct mt_msd_lookup *l, char *query, uint64_t *missing,
		   struct mt_err *err)
{
	size_t n;
	query += strspn(query, " \t");
	query[strcspn(query, " \t\r\n")] = 0;
	int rc = *query ? mt_msd_lookup_put(l, query, &n, err) : MT_OK;
	if (!rc && *query && !n) {
		mt_warn("%s: not the id of a track in this database", query);
		++*missing;
	}
	return rc;
}

static int do_lookup(int argc, char **argv)
{
	struct mt_msd_lookup l = {0};
	struct mt_err err = {0};
	uint64_t missing = 0;
	char **operand, *line = NULL;
	size_t cap = 0;
	int n;
	mt_tool_begin(&lookup_tool, argc, argv, &operand, &n);
	int rc = open_lookup(&l, &err);
	if (!rc)
		mt_msd_lookup_head(&l);
	for (int i = 0; i < n && !rc; i++)
		rc = look_up(&l, operand[i], &missing, &err);
	while (!n && !rc && getline(&line, &cap, stdin) > 0)
		rc = look_up(&l, line, &missing, &err);
	if (!n && !rc && ferror(stdin))
		rc = mt_err_sys(&err, "standard input: cannot read");
	free(line);
	mt_msd_lookup_release(&l);
	mt_msddb_close(l.db);
	mt_msd_release(&msd.msd);
	free(msd.extra);
	mt_opt_list_release(&opts.field);
	return mt_tool_end(rc ? mt_tool_fail(&err) : missing ? 1 : 0);
}

static const struct mt_opt_set song_sets[] = {{mt_format_rows, &format_opts}, {NULL, NULL}};

static const struct mt_tool song_tool = {
	.name = "mt-msd",
	.purpose = "what is in the HDF5 files of single songs",
	.synopsis = "song [options] file.h5 ...",
	.sets = song_sets,
};

static int do_song(int argc, char **argv)
{
	struct mt_msd_value value[MT_MSD_SONG];
	struct mt_err err = {0};
	struct mt_print p;
	const struct mt_format *format;
	char **operand;
	int n, bad = 0;
	mt_tool_begin(&song_tool, argc, argv, &operand, &n);
	if (!n && mt_err_set(&err, MT_EUSAGE, "name an HDF5 file"))
		return mt_tool_end(mt_tool_fail(&err));
	if (mt_format_chosen(&format, &format_opts, &mt_format_tsv, &err))
		return mt_tool_end(mt_tool_fail(&err));
	mt_print_begin(&p, stdout, format, mt_msd_song_column, MT_MSD_SONG + 1);
	for (int i = 0; i < n; i++) {
		if (mt_msd_song_read(value, operand[i], &err)) {
			mt_warn("%s", err.text);
			bad++;
			continue;
		}
		mt_msd_song_put(&p, operand[i], value);
		mt_msd_song_release(value);
	}
	return mt_tool_end(bad ? 1 : 0);
}

int main(int argc, char **argv)
{
	struct mt_filter f = {
		.tool = &tool, .kinds = "clip", .check = check, .head = head,
		.end = end, .release = release,
	};
	if (argc > 1 && !strcmp(argv[1], "lookup"))
		return do_lookup(argc - 1, argv + 1);
	if (argc > 1 && !strcmp(argv[1], "song"))
		return do_song(argc - 1, argv + 1);
	return mt_filter_run(&f, argc, argv);
}
