/* SPDX-License-Identifier: MIT
 * mt-select: choose records of a stream or set. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/rng.h"
#include "set/input.h"
#include "set/split.h"
#include "stream/where.h"
#include "stream/writer.h"
#include "tool/filter.h"

static struct opts {
	struct mt_opt_list split;
	const char *where, *keys, *sample;
	int64_t head, skip, seed;
	bool no_fail;
} opts = {.head = INT64_MAX, .seed = 1};

#define AT(field) offsetof(struct opts, field)

static const struct mt_opt rows[] = {
	MT_OPT('s', "split", "NAME", LIST, AT(split), "select records of this split; repeatable"),
	MT_OPT('w', "where", "EXPR", STR, AT(where),
	       "select records for which the SQL expression is true"),
	MT_OPT('k', "keys", "FILE", PATH, AT(keys),
	       "select records whose key is in FILE, one a line"),
	MT_OPT(0, "sample", "N|P%", STR, AT(sample),
	       "N of them, or a share of P percent, by a hash of the key"),
	MT_OPT(0, "seed", "N", I64, AT(seed), "of the sample [1]", MT_RANGE(0, 9e15)),
	MT_OPT(0, "skip", "N", I64, AT(skip), "without the first N [0]", MT_RANGE(0, 9e15)),
	MT_OPT('n', "head", "N", I64, AT(head), "then at most N records", MT_RANGE(0, 9e15)),
	MT_FLAG(0, "no-fail", AT(no_fail),
		"drop the failed records, which are passed on otherwise"),
	{0},
};
static const struct mt_opt_set sets[] = {{rows, &opts}, {NULL, NULL}};

static const struct mt_tool tool = {
	.name = "mt-select",
	.purpose = "choose records of a stream or set",
	.synopsis = "[options] [stream|set ...]",
	.sets = sets,
	.flags = MT_TOOL_FILTER,
};

static struct choice {
	struct mt_where *where;
	struct mt_head head;     /* that the expression is over */
	struct mt_split keys;    /* one list */
	bool *met;               /* [opts.split.n] did the split occur? */
	double share;            /* 2: all */
	uint64_t *rank;          /* --sample N: a heap, the greatest first */
	size_t n_rank, cap_rank;
	uint64_t limit;          /* ranks up to this one are wanted */
	uint64_t n_limit;        /* and of this one so many: a key may repeat */
	/* --sample N: records to draw from in the first and second reading, and
	 * the sum of their ranks */
	uint64_t n_read[2], sum_read[2];
	uint64_t seen, taken, dropped;
	struct mt_writer out;
	bool is_open;
} choice;

/* A number for each key, which decides on samples. */
static uint64_t rank_of(const struct mt_rec *rec)
{
	struct mt_rng rng;
	size_t n;
	const char *key = mt_rec_key(rec, &n);
	mt_rng_init(&rng, (uint64_t)opts.seed, MT_RNG_SAMPLE, 0,
		    mt_hash64(key, n));
	return mt_rng_u64(&rng);
}

static bool in_split(const struct mt_rec *rec)
{
	char split[MT_SPLIT_NAME];
	bool in = !opts.split.n;
	mt_rec_str(rec, "split", split, sizeof split);
	for (size_t i = 0; i < opts.split.n; i++)
		if (!strcmp(split, opts.split.item[i]))
			in = choice.met[i] = true;
	return in;
}

static bool in_keys(const struct mt_rec *rec)
{
	size_t n;
	const char *key = mt_rec_key(rec, &n);
	return !opts.keys || mt_split_find(&choice.keys, key, n);
}

/* All but the sample, --skip and --head. Every key and split is looked up, for
 * those that do not occur are told. */
static int is_wanted(const struct mt_rec *rec, bool *yes, struct mt_err *err)
{
	bool in = in_split(rec);
	*yes = in_keys(rec) && in;
	return *yes && opts.where ? mt_where_test(choice.where, rec, yes, err)
				  : MT_OK;
}

static int begin(const struct mt_head *head, struct mt_err *err)
{
	if (!opts.where)
		return MT_OK;
	mt_where_close(choice.where);
	choice.where = NULL;
	mt_head_release(&choice.head);
	mt_head_copy(&choice.head, head);
	return mt_where_open(&choice.where, opts.where, &choice.head, err);
}

/* Keep the least ranks: the heap's top is the greatest of those kept. */
static void heap_add(uint64_t rank)
{
	uint64_t *h = choice.rank;
	size_t i;
	if (choice.n_rank < choice.cap_rank) {
		for (i = choice.n_rank++; i && h[(i - 1) / 2] < rank;
		     i = (i - 1) / 2)
			h[i] = h[(i - 1) / 2];
		h[i] = rank;
		return;
	}
	if (!choice.n_rank || rank >= h[0])
		return;
	for (i = 0;;) {
		size_t c = 2 * i + 1;
		if (c + 1 < choice.n_rank && h[c + 1] > h[c])
			c++;
		if (c >= choice.n_rank || h[c] <= rank)
			break;
		h[i] = h[c];
		i = c;
	}
	h[i] = rank;
}

/* --sample N: a first reading finds the N least ranks. */
static int find_limit(uint64_t n, char **operand, int n_op, struct mt_err *err)
{
	struct mt_input in;
	struct mt_rec rec;
	int rc = mt_input_open(&in, operand, n_op, err);
	if (rc)
		return rc;
	in.max_raw = mt_common.max_record;
	mt_rec_init(&rec);
	size_t room = 1024;
	choice.rank = mt_calloc(room, sizeof *choice.rank);
	while (!(rc = mt_input_next(&in, &rec, err))) {
		bool yes = false;
		if (rec.type == MT_HEAD)
			rc = begin(&in.reader.head, err);
		else if (rec.type == MT_DATA)
			rc = is_wanted(&rec, &yes, err);
		if (rc)
			break;
		if (!yes)
			continue;
		if (choice.n_rank == room && room < n) {
			room *= 2;
			choice.rank = mt_realloc(choice.rank, room,
						 sizeof *choice.rank);
		}
		choice.cap_rank = room < n ? room : (size_t)n;
		uint64_t rank = rank_of(&rec);
		choice.n_read[0]++;
		choice.sum_read[0] += rank;
		heap_add(rank);
	}
	mt_rec_release(&rec);
	mt_input_close(&in);
	if (choice.n_rank == n) {  /* else all */
		choice.limit = choice.rank[0];
		choice.n_limit = 0;
		for (size_t i = 0; i < choice.n_rank; i++)
			choice.n_limit += choice.rank[i] == choice.limit;
	}
	return rc == MT_END ? MT_OK : rc;
}

static int parse_sample(char **operand, int n_op, struct mt_err *err)
{
	size_t len = strlen(opts.sample);
	double percent;
	uint64_t n;
	if (opts.sample[len - 1] == '%') {
		char *number = mt_strndup(opts.sample, len - 1);
		bool ok = mt_num_f64(number, &percent) && percent >= 0 &&
			  percent <= 100;
		free(number);
		if (ok) {
			choice.share = percent < 100 ? percent / 100 : 2;
			return MT_OK;
		}
	} else if (mt_num_u64(opts.sample, &n) && n) {
		bool pipe = !n_op;
		for (int i = 0; i < n_op; i++)
			pipe |= mt_file_is_pipe(operand[i]);
		if (pipe)
			return mt_err_set(err, MT_EUSAGE, "--sample %" PRIu64
					  " reads its input twice: name a file "
					  "or set; a share, as 10%%, is drawn "
					  "from a pipe too", n);
		return find_limit(n, operand, n_op, err);
	}
	return mt_err_set(err, MT_EUSAGE, "--sample takes a count or a share "
			  "such as 10%%, not '%s'", opts.sample);
}

static int check(struct mt_filter *f, char **operand, int *n,
		 struct mt_err *err)
{
	int rc = MT_OK;
	f->any_fail = opts.no_fail;
	choice.share = 2;
	choice.limit = choice.n_limit = UINT64_MAX;
	choice.met = mt_calloc(opts.split.n, sizeof *choice.met);
	if (opts.keys) {
		char *rule = mt_strf("keys=%s", opts.keys);
		rc = mt_split_list(&choice.keys, rule, err);
		free(rule);
	}
	if (!rc && opts.sample)
		rc = parse_sample(operand, *n, err);
	if (!rc)
		rc = mt_writer_open(&choice.out, mt_common.output, err);
	choice.is_open = !rc;
	return rc;
}

static int head(struct mt_head *h, struct mt_err *err)
{
	int rc = begin(h, err);
	if (!rc && choice.out.open)
		rc = mt_writer_done(&choice.out, err);
	if (rc)
		return rc;
	struct mt_head copy;
	mt_head_copy(&copy, h);
	mt_tool_add_prog(&copy);
	rc = mt_writer_head(&choice.out, &copy, err);
	mt_head_release(&copy);
	return rc;
}

/* In the order of the input, on one thread: --skip and --head count. */
static int put(struct mt_rec *rec, struct mt_err *err)
{
	bool yes = true;
	if (rec->type == MT_FAIL) {
		in_keys(rec);
		choice.dropped += opts.no_fail;
		return opts.no_fail ? MT_OK
				    : mt_writer_put(&choice.out, rec, err);
	}
	int rc = is_wanted(rec, &yes, err);
	if (rc || !yes)
		return rc;
	uint64_t rank = opts.sample ? rank_of(rec) : 0;
	choice.n_read[1]++;
	choice.sum_read[1] += rank;
	if (rank > choice.limit ||
	    (double)(rank >> 11) * 0x1p-53 >= choice.share)
		return MT_OK;
	if (rank == choice.limit) {
		if (!choice.n_limit)
			return MT_OK;
		choice.n_limit--;
	}
	if (choice.seen++ < (uint64_t)opts.skip ||
	    choice.taken >= (uint64_t)opts.head)
		return MT_OK;
	choice.taken++;
	return mt_writer_put(&choice.out, rec, err);
}

/* Without the first reading its numbers are 0. */
static int check_read(struct mt_err *err)
{
	if (!choice.rank || (choice.n_read[0] == choice.n_read[1] &&
			     choice.sum_read[0] == choice.sum_read[1]))
		return MT_OK;
	return mt_err_set(err, MT_EINPUT, "the input was changed while --sample "
			  "read it twice: %" PRIu64 " records to draw from, then "
			  "%" PRIu64 "%s; run it again", choice.n_read[0],
			  choice.n_read[1], choice.n_read[0] == choice.n_read[1]
			  ? " others" : "");
}

static int end(const struct mt_tally *tally, struct mt_err *err)
{
	int rc = check_read(err);
	if (rc)
		return rc;
	mt_note("%" PRIu64 " of %" PRIu64 " records chosen", choice.taken,
		tally->n_data);
	if (choice.dropped)
		mt_note("%" PRIu64 " failed records dropped", choice.dropped);
	const char *first;
	size_t missed = mt_split_missed(&choice.keys, &first);
	if (missed)
		mt_info("%zu of %zu keys of %s did not occur, the first is "
			"'%s'", missed, mt_split_keys(&choice.keys), opts.keys,
			first);
	for (size_t i = 0; i < opts.split.n; i++)
		if (!choice.met[i])
			mt_info("no record is in split '%s'",
				opts.split.item[i]);
	rc = choice.out.open ? mt_writer_done(&choice.out, err) : MT_OK;
	if (rc)
		return rc;
	choice.is_open = false;
	return mt_writer_close(&choice.out, err);
}

static void release(void)
{
	if (choice.is_open)
		mt_writer_abort(&choice.out);
	mt_where_close(choice.where);
	mt_head_release(&choice.head);
	mt_split_release(&choice.keys);
	free(choice.rank);
	free(choice.met);
	mt_opt_list_release(&opts.split);
}

int main(int argc, char **argv)
{
	struct mt_filter f = {
		.tool = &tool, .check = check, .head = head, .put = put,
		.end = end, .release = release,
	};
	return mt_filter_run(&f, argc, argv);
}
