/* SPDX-License-Identifier: MIT
 * Rules of tag cleaning and a table of pairs, on any bytes: what stands before
 * the first byte 1 are rules, what comes after it is the table. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tags/ask/sets.h"
#include "tags/clean/decide.h"
#include "tags/db/tagread.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void clean(const struct mt_rules *rules, const struct mt_tagdb *db)
{
	struct mt_decide d;
	struct mt_sets s;
	struct mt_err err;
	char text[256];
	if (mt_decide(&d, rules, db, false, &err))
		return;
	for (uint32_t i = 1; i <= db->tag.n; i++) {
		MT_BUG(d.to[i] > d.n_row);
		mt_why_text(&d, i, text, sizeof text);
		mt_why_place(&d, i, text, sizeof text);
	}
	mt_sets_make(&s, db, d.to, (uint32_t)d.n_row, NAN, true);
	uint32_t **parent = mt_calloc(d.n_row + 1, sizeof *parent);
	for (size_t i = 1; i <= d.n_row; i++)
		parent[i] = d.row[i].parent;
	mt_sets_add_parents(&s, parent);
	const struct mt_rule *x = mt_rules_first(rules, MT_RULE_EXPERIMENT);
	if (x)
		(void)!mt_sets_experiment(&s, (int)x->number, x->threshold,
					  NULL);
	free(parent);
	mt_sets_release(&s);
	mt_decide_release(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mt_rules rules;
	struct mt_tagdb_how how = {0};
	struct mt_tagdb db = {.path = "fuzz"};
	struct mt_err err;
	const uint8_t *part = size ? memchr(data, 1, size) : NULL;
	size_t n = part ? (size_t)(part - data) : size;
	char *text = mt_strndup((const char *)data, n), *table;
	for (size_t i = 0; i < n; i++)
		if (text[i] == '@')  /* no lists: they are files */
			text[i] = ' ';
	int bad = mt_rules_parse(&rules, text, n, "fuzz", &err);
	free(text);
	if (bad)
		return 0;
	size_t rest = part ? size - n - 1 : 0;
	table = mt_calloc(rest + 1, 1);
	if (rest)
		memcpy(table, part + 1, rest);
	db.path = n % 2 ? "fuzz.csv" : "fuzz";
	if (!mt_tagread_table(&db, table, rest, MT_TAGDB_ALL, &how, &err))
		clean(&rules, &db);
	mt_tagdb_release(&db);
	free(table);
	mt_rules_release(&rules);
	return 0;
}
