/* SPDX-License-Identifier: MIT
 * A record, or one of its fields, as text: a line for people, a JSON object, or
 * values. Numbers are the shortest text that gives the same value again. The
 * caller looks at ferror(). */
#ifndef MT_FORMAT_RECTEXT_H
#define MT_FORMAT_RECTEXT_H

#include <stdio.h>

#include "format/format.h"
#include "stream/rec.h"

/* How many values; of a text, its bytes. */
uint64_t mt_rectext_n(const struct mt_field *field);
/* A text, or value i of a field of numbers, as the next cell. */
void mt_rectext_put(struct mt_print *p, const struct mt_field *field, uint64_t i);
/* Value i of a field of numbers. */
void mt_rectext_number(FILE *f, const struct mt_field *field, uint64_t i);
/* Type, shape, least, mean and greatest value. */
void mt_rectext_summary(FILE *f, const struct mt_field *field);
/* A line for people: the key, then each field by its name, with the value when
 * there is only one. */
void mt_rectext_line(FILE *f, const struct mt_rec *rec);
/* Key and values of a field, as a row of a table without columns. */
void mt_rectext_values(struct mt_print *p, const struct mt_rec *rec,
		       const struct mt_field *field);
/* An object in a line: "type", which is DATA or FAIL, then the fields. An array is
 * nested as its shape; NaN and infinite values, which JSON cannot hold, are null.
 * A field of the name type goes by field.type. */
void mt_rectext_json(FILE *f, const struct mt_rec *rec);

#endif
