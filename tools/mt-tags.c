/* SPDX-License-Identifier: MIT
 * mt-tags: ask a tag database. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/names.h"
#include "tags/ask/tagask.h"
#include "tool/formatopt.h"
#include "tool/tool.h"

static struct opts {
	struct mt_opt_list without;
	bool num, fold, rows, names, any;
	double min_val, percent, threshold;
	int64_t min, top, dim;
} opts = {.min_val = NAN, .percent = 100, .threshold = -1, .dim = 2};

static struct mt_format_opts format_opts;

#define AT(field) offsetof(struct opts, field)

static const struct mt_opt rows[] = {
	MT_FLAG('n', "num", AT(num), "take and print tags and tracks by number"),
	MT_FLAG('f', "fold", AT(fold), "treat tags as equal that differ only in Unicode case"),
	MT_OPT(0, "min-val", "X", F64, AT(min_val), "use only pairs whose val is over X"),
	MT_OPT(0, "min", "N", I64, AT(min),
	       "popularity: tags of at least N; min-tags: tracks with at least N",
	       MT_RANGE(0, 4e9)),
	MT_OPT('t', "top", "N", I64, AT(top), "use only the N most popular tags, 0 all [0]",
	       MT_RANGE(0, 4e9)),
	MT_OPT(0, "percent", "P", F64, AT(percent),
	       "popularity: stop at P percent of all pairs [100]", MT_RANGE(0, 100)),
	MT_FLAG(0, "rows", AT(rows),
		"popularity: count rows of pairs, where a track may appear twice"),
	MT_FLAG(0, "names", AT(names), "pairs: print the names of track and tag"),
	MT_FLAG(0, "any", AT(any), "count: tracks with any of the tags, not all"),
	MT_OPT('w', "without", "TAG", LIST, AT(without),
	       "count: exclude tracks with this tag; repeatable"),
	MT_OPT(0, "threshold", "X", F64, AT(threshold),
	       "shares over X [0.8 for equivalent, else 0.7]", MT_RANGE(0, 1)),
	MT_OPT('d', "dim", "N", I64, AT(dim), "together, correlation: of 2 or of 3 tags [2]",
	       MT_RANGE(2, 3)),
	{0},
};
static const struct mt_opt_set sets[] = {
	{rows, &opts}, {mt_format_rows, &format_opts}, {NULL, NULL}};

enum ids { NONE, IDS, CHOSEN, FOLDER, OTHER };

static const struct mt_verb verbs[] = {
	{"info", "", "how many of everything"},
	{"list-tags", "", "all tags, by number"},
	{"list-tids", "", "all tracks, by number"},
	{"tag-name", "[N ...]", "tags of these numbers"},
	{"tag-num", "[TAG ...]", "numbers of these tags"},
	{"tid-name", "[N ...]", "tracks of these numbers"},
	{"tid-num", "[TID ...]", "numbers of these tracks"},
	{"tags-of", "[TID ...]", "the tags of these tracks"},
	{"tids-with", "[TAG ...]", "the tracks with these tags, tag by tag"},
	{"tag-count", "[TID ...]", "how many tags these tracks have"},
	{"min-tags", "[TID ...]", "those of these tracks with --min tags"},
	{"popularity", "", "tags by the number of their tracks"},
	{"pairs", "", "every pair of track and tag"},
	{"dump", "FOLDER", "the three tables, as .tsv into FOLDER"},
	{"count", "TAG ...", "tracks with all these tags"},
	{"together", "[TAG ...]", "how many tracks have two tags, or three"},
	{"correlation", "[TAG ...]", "which share of a's tracks has b (or c)"},
	{"equivalent", "[TAG ...]", "pairs of tags that imply each other"},
	{"implies", "[TAG ...]", "tags whose tracks mostly have another"},
	{"implies-either", "[TAG ...]", "the same with one of two others"},
	{"diff", "DATABASE", "how the other database differs, tag by tag"},
	{0},
};

static const struct {
	mt_ask_fn *fn;
	enum ids ids;
	unsigned parts;
} command[] = {
	{mt_ask_info, NONE, MT_TAGDB_ALL},
	{mt_ask_list_tags, NONE, MT_TAGDB_TAGS},
	{mt_ask_list_tids, NONE, MT_TAGDB_TIDS},
	{mt_ask_tag_name, IDS, MT_TAGDB_TAGS},
	{mt_ask_tag_num, IDS, MT_TAGDB_TAGS},
	{mt_ask_tid_name, IDS, MT_TAGDB_TIDS},
	{mt_ask_tid_num, IDS, MT_TAGDB_TIDS},
	{mt_ask_tags_of, IDS, MT_TAGDB_ALL},
	{mt_ask_tids_with, IDS, MT_TAGDB_ALL},
	{mt_ask_tag_count, IDS, MT_TAGDB_ALL},
	{mt_ask_min_tags, IDS, MT_TAGDB_ALL},
	{mt_ask_popularity, NONE, MT_TAGDB_ALL & ~MT_TAGDB_VAL_IF},
	{mt_ask_pairs, NONE, MT_TAGDB_ALL},
	{mt_ask_dump, FOLDER, MT_TAGDB_ALL},
	{mt_ask_count, CHOSEN, MT_TAGDB_ALL},
	{mt_ask_together, CHOSEN, MT_TAGDB_ALL & ~MT_TAGDB_VAL_IF},
	{mt_ask_correlation, CHOSEN, MT_TAGDB_ALL & ~MT_TAGDB_VAL_IF},
	{mt_ask_equivalent, CHOSEN, MT_TAGDB_ALL & ~MT_TAGDB_VAL_IF},
	{mt_ask_implies, CHOSEN, MT_TAGDB_ALL & ~MT_TAGDB_VAL_IF},
	{mt_ask_either, CHOSEN, MT_TAGDB_ALL & ~MT_TAGDB_VAL_IF},
	{NULL, OTHER, MT_TAGDB_ALL & ~MT_TAGDB_VAL_IF},
};

static const struct mt_tool tool = {
	.name = "mt-tags",
	.purpose = "ask a tag database",
	.synopsis = "[options] DATABASE COMMAND [ID ...]",
	.sets = sets,
	.verbs = verbs,
};

/* Ids from standard input, one a line. */
static int read_ids(struct mt_ask *ask, struct mt_err *err)
{
	struct mt_names list;
	int rc = mt_names_open(&list, "-", false, err);
	if (rc)
		return rc;
	while (!(rc = mt_names_next(&list, err))) {
		if (!(ask->n_id & (ask->n_id + 1)))
			ask->id = mt_realloc(ask->id, 2 * ask->n_id + 2,
					     sizeof *ask->id);
		ask->id[ask->n_id++] = mt_strdup(list.name);
	}
	mt_names_close(&list);
	return rc == MT_END ? MT_OK : rc;
}

static int take_operands(struct mt_ask *ask, int verb, char **operand, int n,
			 bool *own, struct mt_err *err)
{
	enum ids ids = command[verb].ids;
	const char *name = verbs[verb].name;
	*own = ids == IDS && !n;
	if (*own)
		return read_ids(ask, err);
	if (ids == NONE && n)
		return mt_err_set(err, MT_EUSAGE, "%s takes nothing after it, "
				  "not '%.80s'", name, operand[0]);
	if ((ids == FOLDER || ids == OTHER) && n != 1)
		return mt_err_set(err, MT_EUSAGE, "%s takes one %s", name,
				  ids == FOLDER ? "folder" : "other database");
	ask->id = operand;
	ask->n_id = (size_t)n;
	return MT_OK;
}

static int ask_all(struct mt_ask *ask, int verb, const char *path,
		   struct mt_err *err)
{
	struct mt_tagdb db, other;
	unsigned parts = command[verb].parts;
	if (!isnan(opts.min_val) && (parts & MT_TAGDB_PAIRS))
		parts |= MT_TAGDB_VAL;
	int rc = mt_tagdb_read(&db, path, parts, err);
	if (rc)
		return rc;
	if (db.n_odd)
		mt_info("%zu pairs skipped: NULL, or their track or tag is "
			"missing", db.n_odd);
	if (db.n_no_val)
		mt_info("%zu pairs have a val that is not a number, which "
			"counts as NULL", db.n_no_val);
	ask->db = &db;
	if (command[verb].fn) {
		rc = command[verb].fn(ask, err);
	} else {
		rc = mt_tagdb_read(&other, ask->id[0], parts, err);
		if (!rc) {
			rc = mt_ask_diff(ask, &other, err);
			mt_tagdb_release(&other);
		}
	}
	mt_ask_release(ask);
	mt_tagdb_release(&db);
	return rc;
}

int main(int argc, char **argv)
{
	struct mt_err err = {0};
	char **operand;
	int n, verb;
	bool own = false;
	mt_tool_begin(&tool, argc, argv, &operand, &n);
	struct mt_ask ask = {
		.f = stdout, .num = opts.num, .fold = opts.fold,
		.rows = opts.rows, .names = opts.names, .any = opts.any,
		.min_val = opts.min_val, .min = opts.min, .top = opts.top,
		.percent = opts.percent, .dim = (int)opts.dim,
		.without = opts.without.item, .n_without = opts.without.n,
	};
	int rc = mt_format_chosen(&ask.format, &format_opts, &mt_format_tsv, &err);
	if (!rc)
		rc = mt_tool_verb(&tool, operand, &n, &verb, &err);
	if (!rc && n < 1)
		rc = mt_err_set(&err, MT_EUSAGE, "a database is required");
	if (!rc)
		rc = take_operands(&ask, verb, operand + 1, n - 1, &own, &err);
	if (!rc) {
		bool both = command[verb].fn == mt_ask_equivalent;
		ask.threshold = opts.threshold >= 0 ? opts.threshold
				: both ? 0.8 : 0.7;
		rc = ask_all(&ask, verb, operand[0], &err);
	}
	for (size_t i = 0; own && i < ask.n_id; i++)
		free(ask.id[i]);
	if (own)
		free(ask.id);
	mt_opt_list_release(&opts.without);
	return mt_tool_end(rc ? mt_tool_fail(&err) : 0);
}
