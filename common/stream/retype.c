/* SPDX-License-Identifier: MIT */
#include "stream/retype.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/finite.h"
#include "base/half.h"
#include "base/i2.h"
#include "base/mem.h"

/* The dtype that a field gets, NULL to leave it. */
static const char *becomes(const struct mt_field *f, const char *to)
{
	bool pcm = !strcmp(f->name, "pcm"), mel = !strcmp(f->name, "mel");
	if (!to || !(pcm || mel) || !strcmp(to, f->dtype) ||
	    (pcm && !strcmp(to, "f2")) || (mel && !strcmp(to, "i2")))
		return NULL;
	return to;
}

void mt_retype_head(struct mt_head *h, const char *wanted)
{
	for (size_t i = 0; i < h->n_line; i++) {
		struct mt_head_line *l = &h->line[i];
		struct mt_field as = {0};
		if (strcmp(l->word[0], "field") != 0 || l->n_word < 5)
			continue;
		snprintf(as.name, sizeof as.name, "%s", l->word[1]);
		snprintf(as.dtype, sizeof as.dtype, "%s", l->word[2]);
		const char *to = becomes(&as, wanted);
		if (to) {
			mt_head_set_field(h, l->word[1], to, l->word[3],
					  !strcmp(to, "i2")
						  ? "full scale 32768"
						  : l->word[4]);
		}
	}
}

/* Sound and mel must be finite, and within the limit of f2 if they are to be
 * that: infinity in a set would spoil the training. */
static int check(const struct mt_field *f, const char *wanted, struct mt_err *err)
{
	bool pcm = !strcmp(f->name, "pcm");
	const char *to = becomes(f, wanted);
	bool half = to && !strcmp(to, "f2");
	size_t n = (size_t)f->size / mt_dtype_size(f->dtype), i = 0;
	float value = 0;
	if (!pcm && strcmp(f->name, "mel") != 0)
		return MT_OK;
	if (to && strcmp(f->dtype, "f4") != 0 && strcmp(f->dtype, "f2") != 0 &&
	    !(pcm && !strcmp(f->dtype, "i2")))
		return mt_err_item(err, "pack.type", "%s of type %s cannot become %s",
				   f->name, f->dtype, to);
	if (!strcmp(f->dtype, "f4")) {
		const float *x = f->data;
		i = half ? mt_half_misfit(x, n) : mt_finite_f4(x, n);
		value = i < n ? x[i] : 0;
	} else if (!strcmp(f->dtype, "f2")) {
		const uint16_t *x = f->data;
		i = mt_finite_f2(x, n);
		value = i < n ? mt_half_to(x[i]) : 0;
	} else {
		return MT_OK;
	}
	if (i == n)
		return MT_OK;
	size_t row = f->n_dim == 2 && f->dim[1] ? (size_t)f->dim[1] : n;
	char why[48];
	if (isfinite(value))
		snprintf(why, sizeof why, "beyond the limit %d of f2",
			 MT_HALF_MAX);
	else
		snprintf(why, sizeof why, "not finite%s", half
			 ? "; f2 ends at 65504" : "");
	return mt_err_item(err, "pack.range", "the %s value %g of %s %zu, %s "
			   "%zu is %s", f->name, (double)value,
			   pcm ? "channel" : "frame", i / row,
			   pcm ? "sample" : "band", i % row, why);
}

/* Bring the field to the dtype asked for. */
static void convert(struct mt_rec *rec, const struct mt_field *f, const char *wanted)
{
	const char *to = becomes(f, wanted);
	if (!to)
		return;
	size_t n = (size_t)f->size / mt_dtype_size(f->dtype);
	char *out = mt_rec_alloc(rec, n * mt_dtype_size(to));
	float *wide = (float *)(void *)out, *x = NULL;
	if (!strcmp(f->dtype, "f4")) {
		wide = (float *)(uintptr_t)f->data;
	} else {
		if (strcmp(to, "f4") != 0)
			wide = x = mt_alloc64(n * sizeof *x);
		if (!strcmp(f->dtype, "f2"))
			mt_half_to_array(wide, f->data, n);
		else
			mt_i2_to_array(wide, f->data, n);
	}
	if (!strcmp(to, "f2"))
		mt_half_from_array((uint16_t *)(void *)out, wide, n);
	else if (!strcmp(to, "i2"))
		mt_i2_from_array((int16_t *)(void *)out, wide, n);
	free(x);
	mt_rec_put(rec, f->name, to, f->n_dim, f->dim, out);
}

int mt_retype(struct mt_rec *rec, const char *wanted, struct mt_err *err)
{
	int rc = MT_OK;
	for (int i = 0; !rc && i < rec->n_field; i++)
		rc = check(&rec->field[i], wanted, err);
	for (int i = 0; !rc && i < rec->n_field; i++)
		convert(rec, &rec->field[i], wanted);
	return rc;
}
