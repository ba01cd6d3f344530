/* SPDX-License-Identifier: MIT
 * mt-pack: a labelled stream into a packed data set. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "audio/pcm.h"
#include "base/finite.h"
#include "base/half.h"
#include "base/mem.h"
#include "base/rng.h"
#include "set/pack.h"
#include "set/split.h"
#include "stream/layout.h"
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
	struct mt_split split;   /* shares */
	struct mt_split lists;
} pack;

static bool same_folder(const char *path, const struct stat *set)
{
	struct stat st;
	return !stat(path, &st) && st.st_dev == set->st_dev &&
	       st.st_ino == set->st_ino;
}

/* Is the set to be written, or a part of it, one of the operands? */
static bool is_input(char **operand, int n)
{
	struct stat set;
	bool hit = false;
	if (stat(opts.set, &set))
		return false;
	for (int i = 0; i < n; i++) {
		const char *slash = strrchr(operand[i], '/');
		char *in = mt_strndup(operand[i], slash ? (size_t)(slash -
							operand[i]) : 0);
		hit |= same_folder(operand[i], &set) ||
		       same_folder(slash ? *in ? in : "/" : ".", &set);
		free(in);
	}
	return hit;
}

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
	if (is_input(operand, *n))
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
		rc = mt_split_parse(&pack.split, opts.split,
				    (uint64_t)opts.seed, err);
	for (size_t i = 0; !rc && i < opts.lists.n; i++)
		rc = mt_split_list(&pack.lists, opts.lists.item[i], err);
	if (!rc)
		rc = mt_pack_open(&pack.out, opts.set, opts.force, opts.resume,
				  err);
	if (rc)
		return rc;
	pack.is_open = true;
	pack.out.max_bytes = (uint64_t)opts.shard_mib << 20;
	if (opts.shard_records > 0)
		pack.out.max_records = (uint64_t)opts.shard_records;
	return MT_OK;
}

/* The dtype that a field gets, NULL to leave it. */
static const char *wanted(const struct mt_field *f)
{
	bool pcm = !strcmp(f->name, "pcm"), mel = !strcmp(f->name, "mel");
	const char *to = opts.dtype;
	if (!to || !(pcm || mel) || !strcmp(to, f->dtype) ||
	    (pcm && !strcmp(to, "f2")) || (mel && !strcmp(to, "i2")))
		return NULL;
	return to;
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
	for (size_t i = 0; i < h->n_line; i++) {
		struct mt_head_line *l = &h->line[i];
		struct mt_field as = {0};
		if (strcmp(l->word[0], "field") != 0 || l->n_word < 5)
			continue;
		snprintf(as.name, sizeof as.name, "%s", l->word[1]);
		snprintf(as.dtype, sizeof as.dtype, "%s", l->word[2]);
		const char *to = wanted(&as);
		if (to) {
			mt_head_set_field(h, l->word[1], to, l->word[3],
					  !strcmp(to, "i2")
						  ? "full scale 32768"
						  : l->word[4]);
		}
	}
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

/* Sound and mel must be finite, and within the limit of f2 if they are to be
 * that: infinity in a set would spoil the training. */
static int check_values(const struct mt_field *f, struct mt_err *err)
{
	bool pcm = !strcmp(f->name, "pcm");
	const char *to = wanted(f);
	bool half = to && !strcmp(to, "f2");
	size_t n = (size_t)f->size / mt_dtype_size(f->dtype), i = 0;
	float value = 0;
	if (!pcm && strcmp(f->name, "mel") != 0)
		return MT_OK;
	if (to && strcmp(f->dtype, "f4") != 0 && strcmp(f->dtype, "f2") != 0 &&
	    !(pcm && !strcmp(f->dtype, "i2")))
		return mt_err_item(err, "pack.type", "%s of type %s cannot become %s",
				   f->name, f->dtype, to);
	if (!strcmp(f->dtype, "f4")) {
		const float *x = f->data;
		i = half ? mt_half_misfit(x, n) : mt_finite_f4(x, n);
		value = i < n ? x[i] : 0;
	} else if (!strcmp(f->dtype, "f2")) {
		const uint16_t *x = f->data;
		i = mt_finite_f2(x, n);
		value = i < n ? mt_half_to(x[i]) : 0;
	} else {
		return MT_OK;
	}
	if (i == n)
		return MT_OK;
	size_t row = f->n_dim == 2 && f->dim[1] ? (size_t)f->dim[1] : n;
	char why[48];
	if (isfinite(value))
		snprintf(why, sizeof why, "beyond the limit %d of f2",
			 MT_HALF_MAX);
	else
		snprintf(why, sizeof why, "not finite%s", half
			 ? "; f2 ends at 65504" : "");
	return mt_err_item(err, "pack.range", "the %s value %g of %s %zu, %s "
			   "%zu is %s", f->name, (double)value,
			   pcm ? "channel" : "frame", i / row,
			   pcm ? "sample" : "band", i % row, why);
}

/* Bring the field to the dtype asked for. */
static void convert(struct mt_rec *rec, const struct mt_field *f)
{
	const char *to = wanted(f);
	if (!to)
		return;
	size_t n = (size_t)f->size / mt_dtype_size(f->dtype);
	char *out = mt_rec_alloc(rec, n * mt_dtype_size(to));
	float *wide = (float *)(void *)out, *x = NULL;
	if (!strcmp(f->dtype, "f4")) {
		wide = (float *)(uintptr_t)f->data;
	} else {
		if (strcmp(to, "f4") != 0)
			wide = x = mt_alloc64(n * sizeof *x);
		if (!strcmp(f->dtype, "f2"))
			mt_half_to_array(wide, f->data, n);
		else
			for (size_t i = 0; i < n; i++)
				wide[i] = ((const int16_t *)f->data)[i] *
					  (1 / 32768.0f);
	}
	if (!strcmp(to, "f2"))
		mt_half_from_array((uint16_t *)(void *)out, wide, n);
	else if (!strcmp(to, "i2"))
		mt_pcm_to_i2((int16_t *)(void *)out, wide, n);
	free(x);
	mt_rec_put(rec, f->name, to, f->n_dim, f->dim, out);
}

/* By lists: a segment by its own key, else by that of its file. */
static const char *find(const char *key, size_t n)
{
	const char *split = mt_split_find(&pack.lists, key, n);
	size_t stem = mt_rec_key_stem(key, n);
	return split || stem == n ? split
				  : mt_split_find(&pack.lists, key, stem);
}

/* Which split; "" for none. The segments of a file stay together. */
static int choose(struct mt_rec *rec, struct mt_err *err)
{
	size_t n;
	const char *key = mt_rec_key(rec, &n), *split = NULL;
	if (opts.lists.n)
		split = find(key, n);
	if (!split && opts.split_by) {
		const struct mt_field *by = mt_rec_get(rec, opts.split_by);
		if (!by)
			return mt_err_item(err, "pack.group", "%.*s: has no "
					   "field '%s' to split by",
					   mt_rec_key_shown(key, n),
					   key, opts.split_by);
		split = mt_split_of(&pack.split, by->data, by->size);
	} else if (!split && opts.split) {
		split = mt_split_of(&pack.split, key,
				    mt_rec_key_stem(key, n));
	}
	if (split)
		mt_rec_put_str(rec, "split", split, strlen(split));
	else if (opts.lists.n)
		return mt_err_item(err, "pack.split", "%.*s: is in no "
				   "list of --split-list", mt_rec_key_shown(key, n), key);
	const struct mt_field *own = mt_rec_get(rec, "split");
	if (own && own->size >= MT_SPLIT_NAME)
		return mt_err_item(err, "pack.split", "%.*s: the name of its "
				   "split has %zu bytes, at most %d are taken",
				   mt_rec_key_shown(key, n), key, (size_t)own->size,
				   MT_SPLIT_NAME - 1);
	return MT_OK;
}

/* On the worker's thread: convert, choose, compress. What goes on is the
 * frame's bytes, with what put() needs beside it. */
static int step(void *worker, struct mt_rec *rec, struct mt_emit *emit,
		struct mt_err *err)
{
	(void)emit;
	struct mt_frame *frame = worker;
	uint64_t hash = 0;
	size_t n;
	const char *name = mt_rec_key(rec, &n);
	if (memchr(name, '\0', n))
		return mt_err_item(err, "pack.key", "%s: its key has %zu bytes, "
				   "with a NUL after %zu", name, n,
				   strlen(name));
	int rc = choose(rec, err);
	if (rc)
		return rc;
	for (int i = 0; !rc && i < rec->n_field; i++)
		rc = check_values(&rec->field[i], err);
	if (rc)
		return rc;
	for (int i = 0; i < rec->n_field; i++)
		convert(rec, &rec->field[i]);
	const struct mt_field *x = mt_rec_get(rec, "mel");
	if (!x)
		x = mt_rec_get(rec, "pcm");
	if (x)
		hash = mt_hash64(x->data, x->size) | 1;
	char split[MT_SPLIT_NAME];
	mt_rec_str(rec, "split", split, sizeof split);
	rc = rec->large && mt_rec_bytes(rec) <= MT_MAX_FRAME ? MT_OK
		: mt_filter_limit(mt_rec_bytes(rec), "it", "pack it with a "
				  "smaller --dtype or cut it before", err);
	if (rc)
		return rc;
	mt_frame_make(frame, rec, (int)opts.level);
	rec->large = true;  /* checked: what put() takes is not a record */
	struct mt_field key = *mt_rec_get(rec, "key");
	rec->n_field = 0;
	mt_rec_put(rec, "key", "s", 1, key.dim, key.data);
	mt_rec_put_str(rec, "split", split, strlen(split));
	mt_rec_put_i8(rec, "hash", (int64_t)hash);
	char *bytes = mt_rec_alloc(rec, frame->size);
	memcpy(bytes, frame->data, frame->size);
	mt_rec_put(rec, "frame", "u1", 1, &(uint64_t){frame->size}, bytes);
	return MT_OK;
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

/* A failed record comes as it is. */
static int put(struct mt_rec *rec, struct mt_err *err)
{
	struct mt_frame frame = {0};
	const struct mt_field *bytes = mt_rec_get(rec, "frame");
	const struct mt_field *hash = mt_rec_get(rec, "hash");
	char split[MT_SPLIT_NAME], key[512];
	const char *twin;
	uint64_t h = 0;
	size_t n;
	const char *k = mt_rec_key(rec, &n);
	if (rec->type == MT_FAIL) {
		mt_frame_make(&frame, rec, (int)opts.level);
		if (opts.lists.n)   /* it did occur */
			find(k, n);
	} else {
		frame.data = (unsigned char *)(uintptr_t)bytes->data;
		frame.size = bytes->size;
		frame.is_data = true;
		frame.key = mt_strndup(k, n);
		memcpy(&h, hash->data, sizeof h);
	}
	int rc = mt_pack_put(&pack.out, &frame,
			     mt_rec_str(rec, "split", split, sizeof split), h,
			     &twin, err);
	if (!rc && twin && ++pack.twins <= MAX_TWINS)
		mt_info("%s: in split '%s', has the same content as %s, which "
			"is in another split",
			mt_rec_str(rec, "key", key, sizeof key), split, twin);
	if (rec->type != MT_FAIL)
		frame.data = NULL;  /* the record's */
	mt_frame_release(&frame);
	return rc;
}

/* Shares that few records left empty: --valid of mt-train would find nothing. */
static void tell_empty(void)
{
	for (int i = 0; opts.split && i < pack.split.n; i++) {
		uint64_t n = 0;
		for (size_t k = 0; k < pack.out.split.n; k++)
			if (!strcmp(pack.out.split.word[k].word, pack.split.name[i]))
				n = pack.out.split.word[k].n;
		if (!n)
			mt_info("no record fell into the split '%s'",
				pack.split.name[i]);
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
	mt_split_release(&pack.split);
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
