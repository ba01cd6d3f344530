/* SPDX-License-Identifier: MIT
 * mt-pack: a labelled stream into a packed data set. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "set/packrec.h"
#include "set/splitrec.h"
#include "stream/layout.h"
#include "stream/retype.h"
#include "tool/filter.h"

#define MAX_TWINS 10     /* records named whose content is in two splits */

static struct opts {
	const char *set, *dtype, *split, *split_by;
	struct mt_opt_list lists;
	int64_t level, seed, shard_mib, shard_records;
	bool resume, force, merge;
} opts = {.level = -1, .seed = -1, .shard_mib = -1, .shard_records = -1};

#define AT(field) offsetof(struct opts, field)

static const struct mt_opt rows[] = {
	MT_OPT('o', "output", "SET", OUTPUT, AT(set), "folder of the set (required)",
	       .untraced = true),
	MT_OPT(0, "dtype", "TYPE", CHOICE, AT(dtype),
	       "store mel as f4 or f2, pcm as f4 or i2 [unchanged]", .choices = "f2|f4|i2"),
	MT_OPT(0, "level", "N", I64, AT(level), "zstd level of the records, 0 none [1]",
	       MT_RANGE(0, 19)),
	MT_OPT(0, "split", "LIST", STR, AT(split),
	       "draw splits by key, such as train:0.8,valid:0.1,test:0.1"),
	MT_OPT(0, "split-by", "FIELD", STR, AT(split_by),
	       "draw splits by this field, so that a group stays together"),
	MT_OPT(0, "split-list", "NAME=FILE", LIST, AT(lists),
	       "put the keys in FILE, one a line, into split NAME; repeatable"),
	MT_OPT(0, "seed", "N", I64, AT(seed), "of the shares [1]", MT_RANGE(0, 9e15)),
	MT_OPT(0, "shard-mib", "N", I64, AT(shard_mib), "end a part at N MiB [256]",
	       MT_RANGE(1, 1 << 20)),
	MT_OPT(0, "shard-records", "N", I64, AT(shard_records),
	       "end a part at N records, 0 no limit [0]", MT_RANGE(0, 1e12)),
	MT_FLAG(0, "resume", AT(resume), "continue an interrupted run", .untraced = true),
	MT_FLAG(0, "force", AT(force), "replace an existing set", .untraced = true),
	MT_FLAG(0, "merge", AT(merge), "join the sets named as operands"),
	{0},
};
static const struct mt_opt_set sets[] = {{rows, &opts}, {NULL, NULL}};

static const struct mt_tool tool = {
	.name = "mt-pack",
	.purpose = "write a stream into a packed data set",
	.synopsis = "[options] -o set [stream|set ...]",
	.sets = sets,
	.flags = MT_TOOL_FILTER & ~MT_TOOL_OUTPUT,
};

static struct pack {
	struct mt_pack out;
	bool is_open;
	uint64_t twins;          /* contents in two splits */
	struct mt_split shares, lists;
	struct mt_split_by by;
} pack = {.by = {.shares = &pack.shares, .lists = &pack.lists}};

/* Whether the option was given; numbers are -1 before. */
static bool is_given(const struct mt_opt *o)
{
	const char *at = (const char *)&opts + o->offset;
	switch (o->type) {
	case MT_OPT_FLAG:
		return *(const bool *)at;
	case MT_OPT_I64:
		return *(const int64_t *)(const void *)at >= 0;
	case MT_OPT_LIST:
		return ((const struct mt_opt_list *)(const void *)at)->n > 0;
	default:
		return *(const char *const *)(const void *)at != NULL;
	}
}

/* Parts are joined as they are: nothing that changes them, or says what is to
 * be done with failures, would have an effect. */
static int check_merge(int n, struct mt_err *err)
{
	const char *name = mt_common.fail_log ? "fail-log"
			   : mt_common.allow_fail ? "allow-fail" : NULL;
	for (const struct mt_opt *o = rows; !name && o->name; o++)
		if (o->offset != AT(set) && o->offset != AT(force) &&
		    o->offset != AT(merge) && is_given(o))
			name = o->name;
	if (name)
		return mt_err_set(err, MT_EUSAGE, "--merge joins sets "
				  "unchanged: remove --%s", name);
	return n ? MT_OK : mt_err_set(err, MT_EUSAGE,
				      "--merge requires sets to join");
}

static void tell_repeated(uint64_t n, const char *first)
{
	if (n == 1)
		mt_info("1 key occurs more than once, it is '%s'", first);
	else if (n)
		mt_info("%" PRIu64 " keys occur more than once, the first is "
			"'%s'", n, first);
}

/* --merge copies parts; all else is the loop's. */
static int merge(char **operand, int n, struct mt_err *err)
{
	struct mt_keyset keys;
	if (!opts.merge)
		return MT_END;
	int rc = mt_pack_merge(opts.set, opts.force, operand, n, &keys, err);
	if (!rc)
		tell_repeated(keys.n_twice, keys.first);
	mt_keyset_release(&keys);
	return rc;
}

static void set_defaults(void)
{
	if (opts.level < 0)
		opts.level = 1;
	if (opts.seed < 0)
		opts.seed = 1;
	if (opts.shard_mib < 0)
		opts.shard_mib = 256;
}

static int check(struct mt_filter *f, char **operand, int *n,
		 struct mt_err *err)
{
	(void)f;
	if (!opts.set)
		return mt_err_set(err, MT_EUSAGE, "-o SET is required");
	if (mt_pack_is_input(opts.set, operand, *n))
		return mt_err_set(err, MT_EUSAGE, "%s: is input and output at "
				  "once", opts.set);
	int rc = opts.merge ? check_merge(*n, err) : MT_OK;
	if (rc)
		return rc;
	if (opts.split_by && !opts.split)
		return mt_err_set(err, MT_EUSAGE,
				  "--split-by requires --split with the shares");
	if (opts.merge)
		return MT_OK;
	set_defaults();
	if (opts.split)
		rc = mt_split_parse(&pack.shares, opts.split,
				    (uint64_t)opts.seed, err);
	for (size_t i = 0; !rc && i < opts.lists.n; i++)
		rc = mt_split_list(&pack.lists, opts.lists.item[i], err);
	if (!rc)
		rc = mt_pack_open(&pack.out, opts.set, opts.force, opts.resume,
				  err);
	if (rc)
		return rc;
	pack.is_open = true;
	pack.by.has_lists = opts.lists.n > 0;
	pack.by.field = opts.split_by;
	pack.out.max_bytes = (uint64_t)opts.shard_mib << 20;
	if (opts.shard_records > 0)
		pack.out.max_records = (uint64_t)opts.shard_records;
	return MT_OK;
}

static int head(struct mt_head *h, struct mt_err *err)
{
	const char *kind = mt_head_kind(h);
	if (strcmp(kind, "audio") != 0 && strcmp(kind, "mel") != 0 &&
	    strcmp(kind, "embedding") != 0 && strcmp(kind, "example") != 0)
		return mt_err_set(err, MT_EUSAGE, "kind %.32s, but this tool "
				  "reads audio, mel, embedding or example", kind);
	if (opts.split_by && strcmp(opts.split_by, "key") != 0 &&
	    !mt_head_has_field(h, opts.split_by))
		return mt_err_set(err, MT_EUSAGE, "--split-by: the header "
				  "declares no field '%s'; mt-label -t makes "
				  "fields from the columns of a table",
				  opts.split_by);
	mt_head_set_kind(h, "example");
	mt_retype_head(h, opts.dtype);
	if (opts.split || opts.lists.n)
		mt_head_set_field(h, "split", "s", "", "which split");
	if (opts.split) {
		mt_head_set_param(h, "split.seed", "%" PRId64, opts.seed);
		mt_head_set_param(h, "split.shares", "%s", opts.split);
	}
	struct mt_head copy;
	mt_head_copy(&copy, h);
	mt_tool_add_prog(&copy);
	int rc = mt_pack_head(&pack.out, &copy, err);
	mt_head_release(&copy);
	return rc;
}

/* On the worker's thread: choose, convert, compress. */
static int step(void *worker, struct mt_rec *rec, struct mt_emit *emit,
		struct mt_err *err)
{
	(void)emit;
	size_t n;
	const char *name = mt_rec_key(rec, &n);
	if (memchr(name, '\0', n))
		return mt_err_item(err, "pack.key", "%s: its key has %zu bytes, "
				   "with a NUL after %zu", name, n,
				   strlen(name));
	int rc = mt_split_rec(&pack.by, rec, err);
	if (!rc)
		rc = mt_retype(rec, opts.dtype, err);
	if (!rc && (!rec->large || mt_rec_bytes(rec) > MT_MAX_FRAME))
		rc = mt_filter_limit(mt_rec_bytes(rec), "it", "pack it with a "
				     "smaller --dtype or cut it before", err);
	if (!rc)
		mt_pack_wrap(rec, worker, (int)opts.level);
	return rc;
}

static void *worker_new(void)
{
	return mt_calloc(1, sizeof(struct mt_frame));
}

static void worker_free(void *worker)
{
	mt_frame_release(worker);
	free(worker);
}

static int put(struct mt_rec *rec, struct mt_err *err)
{
	char split[MT_SPLIT_NAME], key[512];
	const char *twin;
	size_t n;
	const char *k = mt_rec_key(rec, &n);
	if (rec->type == MT_FAIL)
		mt_split_note(&pack.by, k, n);
	int rc = mt_pack_put_rec(&pack.out, rec, (int)opts.level, &twin, err);
	if (!rc && twin && ++pack.twins <= MAX_TWINS)
		mt_info("%s: in split '%s', has the same content as %s, which "
			"is in another split",
			mt_rec_str(rec, "key", key, sizeof key),
			mt_rec_str(rec, "split", split, sizeof split), twin);
	return rc;
}

/* Shares that few records left empty: --valid of mt-train would find nothing. */
static void tell_empty(void)
{
	for (int i = 0; opts.split && i < pack.shares.n; i++) {
		uint64_t n = 0;
		for (size_t k = 0; k < pack.out.split.n; k++)
			if (!strcmp(pack.out.split.word[k].word, pack.shares.name[i]))
				n = pack.out.split.word[k].n;
		if (!n)
			mt_info("no record fell into the split '%s'",
				pack.shares.name[i]);
	}
}

static int end(const struct mt_tally *tally, struct mt_err *err)
{
	bool complete = pack.out.complete;
	struct mt_keyset *keys = &pack.out.keys;
	uint64_t n = keys->n_twice;
	char *first = n ? mt_strdup(keys->first) : NULL;
	if (tally->n_data)
		tell_empty();
	pack.is_open = false;
	int rc = mt_pack_close(&pack.out, err);
	if (!rc)
		tell_repeated(n, first);
	if (!rc && pack.twins > MAX_TWINS)
		mt_info("%" PRIu64 " more records have the same content as one "
			"in another split", pack.twins - MAX_TWINS);
	free(first);
	const char *absent;
	size_t missed = mt_split_missed(&pack.lists, &absent);
	if (!rc && missed)
		mt_info("%zu of %zu keys of --split-list did not occur, the "
			"first is '%s'", missed, mt_split_keys(&pack.lists),
			absent);
	if (!rc && complete)
		mt_info("%s: was complete, and is what this input gives",
			opts.set);
	return rc;
}

static void release(void)
{
	if (pack.is_open)
		mt_pack_abort(&pack.out);
	mt_split_release(&pack.shares);
	mt_split_release(&pack.lists);
	mt_opt_list_release(&opts.lists);
}

int main(int argc, char **argv)
{
	struct mt_filter f = {
		.tool = &tool, .check = check, .run = merge, .head = head, .step = step,
		.worker_new = worker_new, .worker_free = worker_free,
		.put = put, .end = end, .release = release,
	};
	return mt_filter_run(&f, argc, argv);
}
