/* SPDX-License-Identifier: MIT
 * Clean tags as files, which appear under their name only when complete. */
#ifndef MT_TAGS_ASK_TAGOUT_H
#define MT_TAGS_ASK_TAGOUT_H

#include <stdio.h>

#include "base/file.h"
#include "format/format.h"
#include "tags/ask/sets.h"
#include "tags/clean/decide.h"

/* A SQLite database: tags(num, tag), tids(num, tid), tid_tag(tid, tag, val),
 * with keys and indexes; num is the row number. Tracks keep their numbers,
 * those without a tag are left out; tags have their row's. */
int mt_tagout_sql(const char *path, const struct mt_decide *d,
		  const struct mt_sets *s, struct mt_err *err) MT_USE_RESULT;
/* The same as the Orpheus project wrote it: tags(tag), tids(tid) with NULL
 * for tracks without a tag, tid_tag(tid, tag) with the pairs in their old
 * order, not distinct, without val; then those that experiment 1 added. */
int mt_tagout_orpheus(const char *path, const struct mt_decide *d,
		      const struct mt_sets *s, double min_val,
		      const struct mt_sets_added *added, struct mt_err *err)
	MT_USE_RESULT;
/* A table of track, tag[, weight]. */
int mt_tagout_text(const char *path, const struct mt_format *format,
		   const struct mt_decide *d, const struct mt_sets *s, struct mt_err *err)
	MT_USE_RESULT;

/* A text file that is written with stdio, "-" for standard output. */
struct mt_outfile {
	struct mt_file file;
	FILE *f;
	const char *path;
};
int mt_outfile_open(struct mt_outfile *o, const char *path, struct mt_err *err)
	MT_USE_RESULT;
/* Flush and commit, or with rc already bad remove; returns rc or the error. */
int mt_outfile_close(struct mt_outfile *o, int rc, struct mt_err *err)
	MT_USE_RESULT;

#endif
