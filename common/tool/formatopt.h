/* SPDX-License-Identifier: MIT
 * The options that choose how a table is printed, for every tool that prints one: a
 * flag for each format of format/format.h that programs read. */
#ifndef MT_TOOL_FORMATOPT_H
#define MT_TOOL_FORMATOPT_H

#include "format/format.h"
#include "tool/opt.h"

struct mt_format_opts {
	bool tsv, csv, json;
};

/* --tsv, --csv, --json of struct mt_format_opts */
extern const struct mt_opt mt_format_rows[];

/* The format that was chosen, else `otherwise`, which may be NULL. Two of them:
 * MT_EUSAGE. */
int mt_format_chosen(const struct mt_format **format, const struct mt_format_opts *opts,
		     const struct mt_format *otherwise, struct mt_err *err) MT_USE_RESULT;

#endif
