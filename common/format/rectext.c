/* SPDX-License-Identifier: MIT */
#include "format/rectext.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/escape.h"

static bool is_text(const struct mt_field *f)
{
	return f->dtype[0] == 's';
}

uint64_t mt_rectext_n(const struct mt_field *f)
{
	return f->size / mt_dtype_size(f->dtype);
}

void mt_rectext_put(struct mt_print *p, const struct mt_field *f, uint64_t i)
{
	int64_t whole = 0;       /* of 8 bytes a double would lose some */
	if (f->dtype[1] == '8')
		memcpy(&whole, (const char *)f->data + 8 * i, sizeof whole);
	if (is_text(f))
		mt_print_filled(p, f->data, f->size);
	else if (f->dtype[0] == 'f')
		mt_print_real(p, mt_field_num(f, i), 8 * (f->dtype[1] - '0'));
	else if (!strcmp(f->dtype, "u8"))
		mt_print_uint(p, (uint64_t)whole);
	else if (!strcmp(f->dtype, "i8"))
		mt_print_int(p, whole);
	else
		mt_print_int(p, (int64_t)mt_field_num(f, i));
}

void mt_rectext_number(FILE *out, const struct mt_field *f, uint64_t i)
{
	struct mt_print p;
	mt_print_begin(&p, out, &mt_format_tsv, NULL, 0);
	mt_rectext_put(&p, f, i);
}

void mt_rectext_summary(FILE *out, const struct mt_field *f)
{
	uint64_t n = mt_rectext_n(f);
	double lo = NAN, hi = NAN, sum = 0;
	for (uint64_t i = 0; i < n; i++) {
		double v = mt_field_num(f, i);
		lo = v < lo || isnan(lo) ? v : lo;
		hi = v > hi || isnan(hi) ? v : hi;
		sum += v;
	}
	fprintf(out, " %s", f->dtype);
	for (int i = 0; i < f->n_dim; i++)
		fprintf(out, "%s%" PRIu64, i ? "," : "[", f->dim[i]);
	if (f->n_dim)
		fputc(']', out);
	if (n)
		fprintf(out, " min %.4g mean %.4g max %.4g", lo, sum / (double)n, hi);
}

void mt_rectext_line(FILE *out, const struct mt_rec *rec)
{
	size_t n;
	const char *key = mt_rec_key(rec, &n);
	mt_escape_show(out, key, n);
	if (rec->type == MT_FAIL)
		fputs("\tFAIL", out);
	for (int i = 0; i < rec->n_field; i++) {
		const struct mt_field *f = &rec->field[i];
		if (!strcmp(f->name, "key"))
			continue;
		fprintf(out, "\t%s", f->name);
		if (is_text(f)) {
			fputc(' ', out);
			mt_escape_show(out, f->data, f->size);
		} else if (mt_rectext_n(f) == 1 && f->n_dim == 0) {
			fputc(' ', out);
			mt_rectext_number(out, f, 0);
		} else {
			mt_rectext_summary(out, f);
		}
	}
	fputc('\n', out);
}

void mt_rectext_values(struct mt_print *p, const struct mt_rec *rec, const struct mt_field *f)
{
	size_t n;
	const char *key = mt_rec_key(rec, &n);
	mt_print_filled(p, key, n);
	for (uint64_t i = 0; i < (is_text(f) ? 1 : mt_rectext_n(f)); i++)
		mt_rectext_put(p, f, i);
	mt_print_row(p);
}

/* The values from *at on as an array of the shape from dim on. */
static void put_array(FILE *out, const struct mt_field *f, int dim, uint64_t *at)
{
	if (dim == f->n_dim) {
		if (isfinite(mt_field_num(f, *at)))
			mt_rectext_number(out, f, *at);
		else
			fputs("null", out);
		++*at;
		return;
	}
	/* [n,0] of any n holds nothing: its rows are not worth a line of text */
	uint64_t n = f->size || dim == f->n_dim - 1 ? f->dim[dim] : 0;
	fputc('[', out);
	for (uint64_t i = 0; i < n; i++) {
		if (i)
			fputc(',', out);
		put_array(out, f, dim + 1, at);
	}
	fputc(']', out);
}

void mt_rectext_json(FILE *out, const struct mt_rec *rec)
{
	fputs(rec->type == MT_FAIL ? "{\"type\":\"FAIL\"" : "{\"type\":\"DATA\"", out);
	for (int i = 0; i < rec->n_field; i++) {
		const struct mt_field *f = &rec->field[i];
		const char *name = strcmp(f->name, "type") ? f->name : "field.type";
		uint64_t at = 0;
		fputc(',', out);
		mt_escape_json_put(out, name, strlen(name));
		fputc(':', out);
		if (is_text(f))
			mt_escape_json_put(out, f->data, f->size);
		else
			put_array(out, f, 0, &at);
	}
	fputs("}\n", out);
}
