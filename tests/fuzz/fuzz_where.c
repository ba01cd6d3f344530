/* SPDX-License-Identifier: MIT
 * An expression of --where, up to the first zero byte, over a record; what follows
 * are lines of its header. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "stream/where.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void make_record(struct mt_rec *rec)
{
	static const uint8_t label[] = {1, 0};
	mt_rec_init(rec);
	mt_rec_put_str(rec, "key", "a/b.wav", 7);
	mt_rec_put_f8(rec, "seconds", 29.156);
	mt_rec_put_i8(rec, "bytes", INT64_MAX);
	mt_rec_put_i4(rec, "year", 1999);
	mt_rec_put_str(rec, "artist", "007", 3);
	mt_rec_put_str(rec, "empty", "", 0);
	mt_rec_put(rec, "label", "u1", 1, &(uint64_t){2}, label);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char fixed[] = "mtrec\t1\nkind\tclip\nfield\tseconds\tf8\t\tx\n"
		"field\tbytes\ti8\t\tx\nfield\tyear\ti4\t\tx\nfield\tartist\ts\t\tx\n"
		"field\tempty\ts\t\tx\nfield\tlabel\tu1\t2\tx\ntag\t0\trock\ntag\t1\tpop\n";
	char *expr = mt_strndup((const char *)data, size);
	size_t n = strlen(expr), more = n < size ? size - n - 1 : 0;
	char *text = mt_calloc(sizeof fixed + more, 1);
	struct mt_head head;
	struct mt_where *where;
	struct mt_rec rec;
	struct mt_err err = {0};
	bool yes;
	memcpy(text, fixed, sizeof fixed);
	memcpy(text + sizeof fixed - 1, expr + size - more, more);
	make_record(&rec);
	if (!mt_head_parse(&head, text, sizeof fixed - 1 + more, &err)) {
		if (!mt_where_open(&where, expr, &head, &err)) {
			for (int i = 0; i < 2; i++)
				if (mt_where_test(where, &rec, &yes, &err))
					break;
			mt_where_close(where);
		}
		mt_head_release(&head);
	}
	mt_rec_release(&rec);
	free(text);
	free(expr);
	return 0;
}
