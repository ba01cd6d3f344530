/* SPDX-License-Identifier: MIT */
#include "format/scoretext.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/mem.h"
#include "base/num.h"

/* The better score first, NaN last; of equal ones the first tag. */
static int by_score(const void *a, const void *b, void *scores)
{
	const float *score = scores;
	size_t i = *(const size_t *)a, k = *(const size_t *)b;
	float x = score[i], y = score[k];
	if (isnan(x) || isnan(y))
		return isnan(x) == isnan(y) ? (i > k) - (i < k) : isnan(x) ? 1 : -1;
	return x > y ? -1 : x < y ? 1 : (i > k) - (i < k);
}

/* Tags from the best down, in order [n_tag]; returns how many are printed. */
static size_t rank(const struct mt_scoretext *t, const float *score,
		   size_t *order)
{
	size_t n = 0;
	for (size_t i = 0; i < t->n_tag; i++)
		order[i] = i;
	qsort_r(order, t->n_tag, sizeof *order, by_score, (void *)(uintptr_t)score);
	while (n < t->n_tag && n < t->top &&
	       (double)score[order[n]] >= t->threshold)
		n++;
	return n;
}

/* The windows of a record that was scored with them, else none. */
static size_t get_windows(const struct mt_scoretext *t, const struct mt_rec *rec,
			  const float **score, const double **start)
{
	const struct mt_field *f = mt_rec_get(rec, "windows");
	const struct mt_field *at = mt_rec_get(rec, "window_start");
	if (!t->windows || !f || !at)
		return 0;
	*score = f->data;
	*start = at->data;
	return (size_t)f->dim[0];
}

static void show_tag(const struct mt_scoretext *t, size_t i)
{
	mt_escape_show(t->f, t->tag[i], strlen(t->tag[i]));
}

static void put_bars(struct mt_scoretext *t, const struct mt_rec *rec,
		      size_t *order)
{
	const float *score = mt_rec_get(rec, "score")->data, *each;
	const double *start;
	size_t n = rank(t, score, order);
	static const char bar[] = "########################################";
	if (t->any)
		fputc('\n', t->f);
	size_t n_key;
	const char *key = mt_rec_key(rec, &n_key);
	mt_escape_show(t->f, key, n_key);
	fputc('\n', t->f);
	for (size_t i = 0; i < n; i++) {
		float s = score[order[i]];
		/* a net without a sigmoid or softmax may go below 0 */
		int len = s > 0 ? (int)lrintf(fminf(s, 1) * (float)(sizeof bar - 1)) : 0;
		fprintf(t->f, "  %6.3f  %-40.*s  ", (double)s, len, bar);
		show_tag(t, order[i]);
		fputc('\n', t->f);
	}
	size_t n_window = get_windows(t, rec, &each, &start);
	for (size_t w = 0; w < n_window; w++, each += t->n_tag) {
		fprintf(t->f, "  %9.3f s ", start[w]);
		n = rank(t, each, order);
		for (size_t i = 0; i < n; i++) {
			fprintf(t->f, "%s %.3f ", i ? "," : "",
				(double)each[order[i]]);
			show_tag(t, order[i]);
		}
		fputc('\n', t->f);
	}
}

/* start: of the window; NULL when the scores are the record's. */
static void put_tags(struct mt_scoretext *t, const struct mt_rec *rec,
		     const double *start, const float *score, size_t *order)
{
	struct mt_print *p = &t->print;
	size_t n = rank(t, score, order), n_key;
	const char *key = mt_rec_key(rec, &n_key);
	for (size_t i = 0; i < n; i++) {
		mt_print_filled(p, key, n_key);
		if (start)
			mt_print_fixed(p, *start, 3);
		mt_print_word(p, t->tag[order[i]]);
		mt_print_real(p, (double)score[order[i]], 32);
		mt_print_row(p);
	}
}

static void put_rows(struct mt_scoretext *t, const struct mt_rec *rec,
		     size_t *order)
{
	static const struct mt_column of_records[] = {
		MT_COL("key", TEXT), MT_COL("tag", TEXT), MT_COL("score", REAL),
	}, of_windows[] = {
		MT_COL("key", TEXT), MT_COL("start", REAL), MT_COL("tag", TEXT),
		MT_COL("score", REAL),
	};
	const float *score = mt_rec_get(rec, "score")->data;
	const double *start;
	if (!t->any)
		mt_print_begin(&t->print, t->f, t->format,
			       t->windows ? of_windows : of_records, t->windows ? 4 : 3);
	if (!t->windows)
		put_tags(t, rec, NULL, score, order);
	size_t n_window = get_windows(t, rec, &score, &start);
	for (size_t w = 0; w < n_window; w++)
		put_tags(t, rec, start + w, score + w * t->n_tag, order);
}

/* With the digits that give it back; JSON has no NaN. */
static json_t *number(float v)
{
	char text[MT_NUM_TEXT];
	return isfinite(v) ? json_real(strtod(mt_num_text(text, (double)v, 32), NULL))
			   : json_null();
}

static json_t *tag_object(const struct mt_scoretext *t, const float *score,
			  size_t *order)
{
	json_t *tags = json_object();
	size_t n = rank(t, score, order);
	for (size_t i = 0; i < n; i++) {
		const char *tag = t->tag[order[i]];
		json_t *name = mt_escape_json(tag, strlen(tag));
		json_object_set_new(tags, json_string_value(name),
				    number(score[order[i]]));
		json_decref(name);
	}
	return tags;
}

static void put_json(struct mt_scoretext *t, const struct mt_rec *rec,
		     size_t *order)
{
	const float *score = mt_rec_get(rec, "score")->data;
	const double *start;
	json_t *o = json_object(), *list = json_array();
	size_t size;
	const char *key = mt_rec_key(rec, &size);
	json_object_set_new(o, "key", mt_escape_json(key, size));
	json_object_set_new(o, "tags", tag_object(t, score, order));
	size_t n_window = get_windows(t, rec, &score, &start);
	for (size_t w = 0; w < n_window; w++, score += t->n_tag)
		json_array_append_new(list, json_pack("{s:f, s:o}",
			"start", start[w], "tags", tag_object(t, score, order)));
	if (t->windows)
		json_object_set(o, "windows", list);
	json_decref(list);
	mt_escape_json_dump(t->f, o, JSON_COMPACT | JSON_REAL_PRECISION(9));
	fputc('\n', t->f);
	json_decref(o);
}

void mt_scoretext_put(struct mt_scoretext *t, const struct mt_rec *rec)
{
	size_t *order = mt_calloc(t->n_tag, sizeof *order);
	(t->format == &mt_format_json ? put_json
	 : t->format == &mt_format_table ? put_bars : put_rows)(t, rec, order);
	t->any = true;
	free(order);
}
