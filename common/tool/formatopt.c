/* SPDX-License-Identifier: MIT */
#include "tool/formatopt.h"

#define AT(x) offsetof(struct mt_format_opts, x)

const struct mt_opt mt_format_rows[] = {
	MT_FLAG(0, "tsv", AT(tsv), "print tab-separated values", .untraced = true),
	MT_FLAG(0, "csv", AT(csv), "print comma-separated values", .untraced = true),
	MT_FLAG(0, "json", AT(json), "print JSON", .untraced = true),
	{0},
};

int mt_format_chosen(const struct mt_format **format, const struct mt_format_opts *opts,
		     const struct mt_format *otherwise, struct mt_err *err)
{
	const struct mt_opt *first = NULL;
	*format = otherwise;
	for (const struct mt_opt *row = mt_format_rows; row->name; row++) {
		if (!*(const bool *)((const char *)opts + row->offset))
			continue;
		if (first)
			return mt_err_set(err, MT_EUSAGE, "--%s and --%s exclude each other",
					  first->name, row->name);
		first = row;
		*format = mt_format_named(row->name);
	}
	return MT_OK;
}
