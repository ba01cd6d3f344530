/* SPDX-License-Identifier: MIT
 * Label tables and the tag lists in them, on any bytes. The first byte chooses
 * the rules for the vocabulary and whether commas separate. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "format/table.h"
#include "tags/label/vocab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void tags(const struct mt_table *t, unsigned rule)
{
	struct mt_vocab v = {0};
	struct mt_err err = {0};
	size_t column = t->n_column > 1;
	if (rule & 1 && t->n_row)
		(void)!mt_vocab_merge(&v, mt_table_cell(t, 0, 0), &err);
	if (rule & 2)
		(void)!mt_vocab_merge(&v, "a=b,c", &err);
	for (size_t i = 0; i < t->n_row; i++)
		mt_vocab_add(&v, mt_table_cell(t, i, column));
	struct mt_vocab_choice choice = {
		.with = rule & 4 && t->n_row ? mt_table_cell(t, 0, column)
					     : NULL,
		.without = rule & 8 ? "a,b" : NULL,
		.top = rule >> 4,
		.top_by_number = rule & 1, .order_by_number = rule & 2,
	};
	if (!mt_vocab_order(&v, &choice, &err)) {
		uint8_t *y = mt_calloc(v.n, 1);
		for (size_t i = 0; i < t->n_row; i++)
			mt_vocab_label(&v, mt_table_cell(t, i, column), y);
		free(y);
	}
	mt_vocab_release(&v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mt_table t;
	struct mt_err err = {0};
	if (!size)
		return 0;
	if (mt_table_parse(&t, (const char *)data + 1, size - 1,
			   data[0] & 128 ? "fuzz.csv" : "fuzz", &err))
		return 0;
	/* every row is found by its own key */
	for (size_t i = 0; i < t.n_row; i++) {
		const char *key = mt_table_cell(&t, i, 0);
		MT_BUG(mt_table_find(&t, key, strlen(key)) != (int64_t)i);
		MT_BUG(t.line[i] < 2);
	}
	MT_BUG(mt_table_column(&t, t.column[0]) != 0);
	tags(&t, data[0]);
	mt_table_release(&t);
	return 0;
}
