/* SPDX-License-Identifier: MIT
 * mt-scan: walk folders, describe every sound file from its headers. */
#include <ctype.h>
#include <fts.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "audio/decode.h"
#include "base/mem.h"
#include "base/names.h"
#include "base/pattern.h"
#include "tool/filter.h"

static struct opts {
	const char *files_from, *id_pattern;
	int64_t min_bytes;
	bool zero, every, exact;
} opts;

#define AT(field) offsetof(struct opts, field)

static const struct mt_opt rows[] = {
	MT_OPT(0, "files-from", "FILE", PATH, AT(files_from),
	       "also take the files named in FILE, one a line (- stdin)"),
	MT_FLAG('0', "null", AT(zero), "names in --files-from end with a zero byte"),
	MT_FLAG('a', "all", AT(every), "take files of any name, not only with known extensions"),
	MT_FLAG(0, "exact", AT(exact), "take seconds from decoding, not from the headers"),
	MT_OPT(0, "id-pattern", "REGEX", STR, AT(id_pattern),
	       "add the field id: the first (group) matched in the key"),
	MT_OPT(0, "min-bytes", "N", I64, AT(min_bytes), "fail files with fewer bytes",
	       MT_RANGE(0, 9e18)),
	{0},
};
static const struct mt_opt_set sets[] = {{rows, &opts}, {NULL, NULL}};

static const struct mt_tool tool = {
	.name = "mt-scan",
	.purpose = "list sound files as a clip stream",
	.synopsis = "[options] folder|file ...",
	.sets = sets,
	.flags = MT_TOOL_FILTER,
};

/* Files whose names do not end as those of sound files do. */
#define MAX_PASSED 64
struct passed {
	char ending[16];         /* in lower case; "" for none */
	uint64_t n;
};

static struct scan {
	FTS *fts;
	char **root;             /* NULL-ended, as fts wants it */
	struct mt_names names;
	struct mt_pattern id;
	struct passed passed[MAX_PASSED];
	size_t n_passed;
	uint64_t n_passed_files, n_apple;
} scan;

static const char *const endings[] = {
	"aac", "ac3", "aif", "aiff", "alac", "amr", "ape", "au", "caf", "flac",
	"m4a", "m4b", "mka", "mp1", "mp2", "mp3", "mp4", "mpc", "oga", "ogg",
	"opus", "ra", "snd", "spx", "tta", "wav", "wave", "webm", "wma", "wv",
};

static bool known_ending(const char *name)
{
	const char *dot = strrchr(name, '.');
	for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++)
		if (!strcasecmp(dot + 1, endings[i]))
			return true;
	return false;
}

static void count_ending(const char *name)
{
	const char *dot = strrchr(name, '.');
	struct passed p = {.n = 1};
	size_t n = dot && dot > name ? strlen(dot + 1) : 0;
	scan.n_passed_files++;
	for (size_t i = 0; i < n; i++) {
		if (n >= sizeof p.ending || !isalnum((unsigned char)dot[1 + i]))
			return;
		p.ending[i] = (char)tolower((unsigned char)dot[1 + i]);
	}
	for (size_t i = 0; i < scan.n_passed; i++)
		if (!strcmp(scan.passed[i].ending, p.ending)) {
			scan.passed[i].n++;
			return;
		}
	if (scan.n_passed < MAX_PASSED)
		scan.passed[scan.n_passed++] = p;
}

/* Whether the walk skips a file; it counts those. "._song.mp3" is what macOS
 * leaves beside song.mp3 on disks of others: its icon and attributes. */
static bool passed_over(const FTSENT *e)
{
	if (opts.every || e->fts_level == 0)
		return false;
	if (!strncmp(e->fts_name, "._", 2)) {
		scan.n_apple++;
		return true;
	}
	if (known_ending(e->fts_name))
		return false;
	count_ending(e->fts_name);
	return true;
}

static int more_first(const void *a, const void *b)
{
	const struct passed *x = a, *y = b;
	if (x->n != y->n)
		return x->n < y->n ? 1 : -1;
	return strcmp(x->ending, y->ending);
}

static int summary(const struct mt_tally *tally, struct mt_err *err)
{
	(void)tally, (void)err;
	char *text = NULL;
	size_t size;
	uint64_t named = 0;
	FILE *f = open_memstream(&text, &size);
	qsort(scan.passed, scan.n_passed, sizeof *scan.passed, more_first);
	for (size_t i = 0; i < scan.n_passed && i < 8; i++) {
		const struct passed *p = &scan.passed[i];
		fprintf(f, "%s%" PRIu64 " ", i ? ", " : ": ", p->n);
		if (*p->ending)
			fprintf(f, ".%s", p->ending);
		else
			fputs("without an ending", f);
		named += p->n;
	}
	if (named < scan.n_passed_files)
		fprintf(f, ", %" PRIu64 " others", scan.n_passed_files - named);
	fclose(f);
	if (scan.n_passed_files)
		mt_info("skipped %" PRIu64 " files with other endings%s; --all "
			"takes them", scan.n_passed_files, text);
	if (scan.n_apple)
		mt_info("skipped %" PRIu64 " files named ._*, which macOS writes "
			"beside others", scan.n_apple);
	free(text);
	return MT_OK;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int check(struct mt_filter *f, char **operand, int *n,
		 struct mt_err *err)
{
	(void)f;
	if (!*n && !opts.files_from)
		return mt_err_set(err, MT_EUSAGE, "name a folder, a file or "
				  "--files-from FILE");
	int rc = opts.id_pattern ? mt_pattern_open(&scan.id, opts.id_pattern,
						   err) : MT_OK;
	if (rc)
		return rc;
	scan.root = mt_calloc((size_t)*n + 1, sizeof *scan.root);
	for (int i = 0; i < *n; i++) {
		scan.root[i] = mt_strdup(operand[i]);
		size_t len = strlen(scan.root[i]);
		while (len > 1 && scan.root[i][len - 1] == '/')
			scan.root[i][--len] = 0;
	}
	if (*n) {
		scan.fts = fts_open(scan.root, FTS_LOGICAL | FTS_NOCHDIR,
				    by_name);
		if (!scan.fts)
			return mt_err_sys(err, "%s: cannot walk", operand[0]);
	}
	*n = 0;
	return opts.files_from ? mt_names_open(&scan.names, opts.files_from,
					       opts.zero, err) : MT_OK;
}

static int head(struct mt_head *h, struct mt_err *err)
{
	(void)err;
	mt_head_set_kind(h, "clip");
	mt_head_set_field(h, "path", "s", "", "file, as found");
	mt_head_set_field(h, "bytes", "i8", "", "size of the file");
	mt_head_set_field(h, "seconds", "f8", "", opts.exact
			  ? "length as decoded"
			  : "length by the headers, 0 unknown");
	mt_head_set_field(h, "rate", "i4", "", "Hz");
	mt_head_set_field(h, "channels", "i4", "", "");
	mt_head_set_field(h, "bit_rate", "i8", "", "bits a second, 0 unknown");
	mt_head_set_field(h, "codec", "s", "", "name in libavcodec");
	if (opts.id_pattern) {
		mt_head_set_field(h, "id", "s", "", "from the key");
		mt_head_set_param(h, "scan.id", "%s", opts.id_pattern);
	}
	return MT_OK;
}

static void put_names(struct mt_rec *rec, const char *key, const char *path)
{
	mt_rec_put_str(rec, "key", key, strlen(key));
	mt_rec_put_str(rec, "path", path, strlen(path));
}

/* The key is the path behind the root that it was found under. */
static const char *key_of(const FTSENT *e)
{
	if (e->fts_level == 0)
		return e->fts_path;
	const char *key = e->fts_path;
	const FTSENT *top = e;
	while (top->fts_level > 0)
		top = top->fts_parent;
	key += top->fts_pathlen;
	while (*key == '/')
		key++;
	return key;
}

static int next(struct mt_rec *rec, struct mt_err *err)
{
	FTSENT *e;
	while (scan.fts && (e = fts_read(scan.fts))) {
		switch (e->fts_info) {
		case FTS_D:
		case FTS_DP:
		case FTS_DOT:
			continue;
		case FTS_DNR:
		case FTS_ERR:
		case FTS_NS:
		case FTS_SLNONE:
			if (e->fts_info == FTS_SLNONE && passed_over(e))
				continue;
			put_names(rec, key_of(e), e->fts_path);
			return mt_err_item(err, "scan.open", "%s: cannot open: "
					   "%s", e->fts_path,
					   strerror(e->fts_errno ? e->fts_errno
								 : 2));
		case FTS_DC:
			mt_note("%s: a link back to a folder above it is not "
				"followed", e->fts_path);
			continue;
		default:
			if (passed_over(e))
				continue;
			put_names(rec, key_of(e), e->fts_path);
			return MT_OK;
		}
	}
	if (!scan.names.file)
		return MT_END;
	int rc = mt_names_next(&scan.names, err);
	if (!rc)
		put_names(rec, scan.names.name, scan.names.name);
	return rc;
}

static int put_id(struct mt_rec *rec, const char *path, struct mt_err *err)
{
	size_t n, size;
	const char *raw = mt_rec_key(rec, &n), *id;
	char *key = mt_strndup(raw, n);
	bool there = mt_pattern_find(&scan.id, key, &id, &size);
	if (there)
		mt_rec_put_str(rec, "id", id, size);
	free(key);
	return there ? MT_OK
		     : mt_err_item(err, "scan.id", "%s: has no id by the "
				   "pattern '%.100s'", path, opts.id_pattern);
}

static int step(void *worker, struct mt_rec *rec, struct mt_emit *emit,
		struct mt_err *err)
{
	(void)worker, (void)emit;
	struct mt_probe p;
	char path[4096];
	int rc = mt_probe(&p, mt_rec_str(rec, "path", path, sizeof path), err);
	if (p.bytes && p.bytes < opts.min_bytes)
		return mt_err_item(err, "scan.small", "%s: has %" PRIi64
				   " bytes, fewer than --min-bytes %" PRIi64,
				   path, p.bytes, opts.min_bytes);
	if (!rc && opts.exact)
		rc = mt_probe_exact(&p, path, err);
	if (!rc && opts.id_pattern)
		rc = put_id(rec, path, err);
	if (rc)
		return rc;
	mt_rec_put_i8(rec, "bytes", p.bytes);
	mt_rec_put_f8(rec, "seconds", p.seconds);
	mt_rec_put_i4(rec, "rate", p.rate);
	mt_rec_put_i4(rec, "channels", p.channels);
	mt_rec_put_i8(rec, "bit_rate", p.bit_rate);
	mt_rec_put_str(rec, "codec", p.codec, strlen(p.codec));
	return MT_OK;
}

static void release(void)
{
	if (scan.fts)
		fts_close(scan.fts);
	mt_names_close(&scan.names);
	mt_pattern_close(&scan.id);
	for (size_t i = 0; scan.root && scan.root[i]; i++)
		free(scan.root[i]);
	free(scan.root);
}

int main(int argc, char **argv)
{
	struct mt_filter f = {
		.tool = &tool, .check = check, .head = head, .next = next,
		.step = step, .end = summary, .release = release,
	};
	return mt_filter_run(&f, argc, argv);
}
