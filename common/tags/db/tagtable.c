/* SPDX-License-Identifier: MIT */
#include "tags/db/tagtable.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/num.h"

#define MAX_NAMES ((size_t)1 << 28)

static int find(const struct mt_cells *t, const char *const *names)
{
	int at = -1;
	for (; *names && at < 0; names++)
		at = mt_cells_find(t, *names);
	return at;
}

static bool ends_in(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);
	return n >= k && !strcmp(s + n - k, end);
}

/* The tags' column: the one that is asked for, or -1 with a sentence. */
static int asked(struct mt_tagtable *t, struct mt_err *err)
{
	t->tag = mt_cells_find(&t->c, t->column);
	t->list = strcasecmp(t->column, "tag") != 0;
	if (t->tag >= 0)
		return MT_OK;
	t->other_column = t->track >= 0;
	return mt_cells_no_column(t->c.path, t->column, t->c.cell, t->c.len, t->c.n_cell, err);
}

/* A layout whose tags are in one place is not asked for another. */
static int not_asked(struct mt_tagtable *t, const char *layout, struct mt_err *err)
{
	if (!t->column)
		return MT_OK;
	t->other_column = true;
	return mt_err_set(err, MT_EUSAGE, "%s: is a table of %s, which has its tags in a fixed "
			  "place; remove `tag-column`", t->c.path, layout);
}

static int open_binary(struct mt_tagtable *t, struct mt_err *err)
{
	if (not_asked(t, "MagnaTagATune", err))
		return MT_EUSAGE;
	t->binary = true;
	t->track = (int)t->c.n_cell - 1;
	t->name = mt_calloc(t->c.n_cell, sizeof *t->name);
	for (size_t i = 0; i < t->c.n_cell; i++)
		t->name[i] = t->c.cell[i];
	return MT_OK;
}

/* The names of FMA's columns are in the second of three lines. */
static int open_fma(struct mt_tagtable *t, struct mt_err *err)
{
	size_t width = t->c.n_cell;
	int rc = mt_cells_next(&t->c, err);
	const char *want = t->column ? t->column : "genre_top";
	t->tag = rc ? -1 : mt_cells_find(&t->c, want);
	t->list = strcmp(want, "genre_top") != 0;
	t->keys = MT_TAGKEYS_NUMBER;
	t->track = 0;
	t->other_column = !rc && t->tag < 0;
	if (t->other_column)
		return mt_cells_no_column(t->c.path, want, t->c.cell, t->c.len, t->c.n_cell, err);
	if (!rc)
		rc = mt_cells_next(&t->c, err);
	if (rc < 0)
		return rc;
	if (rc || t->c.n_cell != width || mt_cells_find(&t->c, "track_id"))
		return mt_cells_bad(&t->c, "the third line of FMA's table begins "
				    "with 'track_id'", err);
	return MT_OK;
}

/* AudioSet's comments; the last of them names the columns. */
static int open_audioset(struct mt_tagtable *t, struct mt_err *err)
{
	const char *nl = memchr(t->c.at, '\n', (size_t)(t->c.end - t->c.at));
	bool named = false;
	int rc = MT_OK;
	t->c.blanks = t->c.csv = true;
	while (!rc && t->c.at < t->c.end && *t->c.at == '#') {
		nl = memchr(t->c.at, '\n', (size_t)(t->c.end - t->c.at));
		const char *end = nl ? nl : t->c.end;
		named |= memmem(t->c.at, (size_t)(end - t->c.at), "YTID", 4) &&
			 memmem(t->c.at, (size_t)(end - t->c.at),
				"positive_labels", 15);
		t->c.line++;
		t->c.at = nl ? t->c.at + (nl - t->c.at) + 1 : t->c.end;
	}
	if (!named)
		return mt_cells_bad(&t->c, "begins with '#', but is not a table "
				    "of AudioSet's segments", err);
	t->keys = MT_TAGKEYS_YOUTUBE;
	t->track = 0;
	t->tag = 3;
	t->width = 4;
	t->list = true;
	if (t->column && strcmp(t->column, "positive_labels") != 0)
		rc = not_asked(t, "AudioSet's segments", err);
	return rc;
}

static int open_own(struct mt_tagtable *t, struct mt_err *err)
{
	static const char *const tracks[] = {
		"track", "tid", "key", "path", "track_id", "filename", NULL};
	static const char *const weights[] = {"weight", "val", NULL};
	t->track = find(&t->c, tracks);
	t->weight = find(&t->c, weights);
	t->tag = mt_cells_find(&t->c, "tag");
	if (t->tag < 0 && mt_cells_find(&t->c, "filename") >= 0)
		t->tag = mt_cells_find(&t->c, "category");
	t->list = t->tag < 0;
	if (t->list)
		t->tag = mt_cells_find(&t->c, "tags");
	if (t->column && asked(t, err))
		return MT_EINPUT;
	if (t->track < 0 || t->tag < 0)
		return mt_cells_bad(&t->c, "a header line with the columns track, "
				    "tag (or tags, with commas between) and, if "
				    "there are any, weight is needed", err);
	t->ragged = t->list && (size_t)t->tag + 1 == t->c.n_cell;
	if (mt_cells_find(&t->c, "filename") == t->track)
		t->keys = MT_TAGKEYS_FILE;
	else if (mt_cells_find(&t->c, "track_id") == t->track)
		t->keys = MT_TAGKEYS_STEM;
	else if (mt_cells_find(&t->c, "path") == t->track &&
		 mt_cells_find(&t->c, "track_id") >= 0)
		t->keys = MT_TAGKEYS_LOW;
	return MT_OK;
}

int mt_tagtable_open(struct mt_tagtable *t, const char *path, char *text,
		     size_t size, const char *column, struct mt_err *err)
{
	*t = (struct mt_tagtable){.column = column, .weight = -1, .tag = -1};
	mt_cells_init(&t->c, path, text, size);
	int rc = MT_OK;
	if (ends_in(path, ".cls")) {
		t->keys = MT_TAGKEYS_STEM;
		t->tag = 1;
		t->width = 2;
		t->ragged = t->list = true;
		rc = not_asked(t, "tagtraum's genres", err);
	} else if (t->c.at < t->c.end && *t->c.at == '#') {
		rc = open_audioset(t, err);
	} else {
		rc = mt_cells_next(&t->c, err);
		if (rc == MT_END)
			rc = mt_cells_bad(&t->c, "a header line is required", err);
		t->width = t->c.n_cell;
		if (!rc && !t->c.len[0] && mt_cells_find(&t->c, "album") >= 0)
			rc = open_fma(t, err);
		else if (!rc && !mt_cells_find(&t->c, "clip_id") &&
			 mt_cells_find(&t->c, "mp3_path") ==
			 (int)t->c.n_cell - 1)
			rc = open_binary(t, err);
		else if (!rc)
			rc = open_own(t, err);
	}
	t->c.escapes = t->keys == MT_TAGKEYS_SAME;
	bool other = t->other_column;
	if (rc)
		mt_tagtable_close(t);
	t->other_column = other;
	return rc;
}

bool mt_tagtable_is_one(const char *path, const char *text, size_t size,
			const char *column, bool any)
{
	size_t n = size < 1 << 20 ? size : 1 << 20;
	char *copy = mt_strndup(text, n);
	struct mt_tagtable t;
	struct mt_cells c;
	mt_cells_init(&c, path, copy, n);
	bool own = !mt_cells_next(&c, NULL) &&
		   (!strcmp(c.cell[0], "path") || !strcmp(c.cell[0], "key"));
	mt_cells_release(&c);
	memcpy(copy, text, n);
	int rc = !own || any ? mt_tagtable_open(&t, path, copy, n, column, NULL) : MT_END;
	bool is = !rc || (rc < 0 && t.other_column);
	if (!rc)
		mt_tagtable_close(&t);
	free(copy);
	return is;
}

/* SQLite's infinity is written as "inf"; an empty cell has none, and SQLite
 * takes no hexadecimal text for a number. */
static int weight_of(struct mt_tagtable *t, struct mt_err *err)
{
	t->val = NAN;
	if (t->weight < 0 || !t->c.len[t->weight])
		return MT_OK;
	char *s = mt_strndup(t->c.cell[t->weight], t->c.len[t->weight]);
	const char *bare = s + (*s == '-' || *s == '+');
	bool ok = true;
	if (!strcasecmp(bare, "inf") || !strcasecmp(bare, "infinity"))
		t->val = *s == '-' ? -INFINITY : INFINITY;
	else
		ok = !strpbrk(s, "xX") && mt_num_f64(s, &t->val);
	free(s);
	return ok ? MT_OK : mt_cells_bad(&t->c, "the weight is not a number",
					 err);
}

static int check_binary(struct mt_tagtable *t, struct mt_err *err)
{
	for (size_t i = 1; i + 1 < t->c.n_cell; i++)
		if (t->c.len[i] != 1 ||
		    (*t->c.cell[i] != '0' && *t->c.cell[i] != '1'))
			return mt_err_set(err, MT_EINPUT, "%s: line %zu: '%.80s' "
					  "is %.20s, neither 0 nor 1", t->c.path,
					  t->c.line, t->name[i], t->c.cell[i]);
	return MT_OK;
}

/* Without the brackets of "[21, 3]". */
static void set_item(struct mt_tagtable *t, size_t i)
{
	t->item = t->c.cell[i];
	t->item_end = t->item + t->c.len[i];
	if (t->item_end - t->item >= 2 && *t->item == '[' &&
	    t->item_end[-1] == ']') {
		t->item++;
		t->item_end--;
	}
}

int mt_tagtable_next(struct mt_tagtable *t, struct mt_err *err)
{
	int rc;
	struct mt_cells *c = &t->c;
	do
		rc = mt_cells_next(c, err);
	while (!rc && c->n_cell == 1 && ((!c->len[0] && !c->quoted[0]) ||
	       (t->keys != MT_TAGKEYS_SAME && *c->cell[0] == '#')));
	if (rc)
		return rc;
	if (c->n_cell < t->width || (c->n_cell > t->width && !t->ragged))
		return mt_err_set(err, MT_EINPUT, "%s: line %zu: not as many "
				  "cells as the header has: %zu, not %zu",
				  c->path, c->line, c->n_cell, t->width);
	bool one = !t->list && !t->binary && t->keys == MT_TAGKEYS_SAME;
	if ((!c->len[t->track] && !c->quoted[t->track]) ||
	    (one && !c->len[t->tag] && !c->quoted[t->tag]))
		return mt_cells_bad(c, "the track or the tag is empty", err);
	t->text = c->cell[t->track];
	t->len = c->len[t->track];
	t->at = t->binary ? 1 : (size_t)t->tag;
	if (t->list)
		set_item(t, t->at);
	rc = weight_of(t, err);
	return !rc && t->binary ? check_binary(t, err) : rc;
}

bool mt_tagtable_tag(struct mt_tagtable *t, const char **tag, size_t *n)
{
	struct mt_cells *c = &t->c;
	for (; t->binary && t->at + 1 < c->n_cell; t->at++)
		if (*c->cell[t->at] == '1') {
			*tag = t->name[t->at++];
			*n = strlen(*tag);
			return true;
		}
	if (t->binary)
		return false;
	if (!t->list) {
		bool first = t->at == (size_t)t->tag;
		*tag = c->cell[t->tag];
		*n = c->len[t->tag];
		t->at++;
		return first && (*n || t->keys == MT_TAGKEYS_SAME);
	}
	free(t->tag_text);
	while (!(t->tag_text = mt_cells_item(&t->item, t->item_end))) {
		if (!t->ragged || ++t->at >= c->n_cell)
			return false;
		set_item(t, t->at);
	}
	*tag = t->tag_text;
	*n = strlen(*tag);
	return true;
}

void mt_tagtable_close(struct mt_tagtable *t)
{
	mt_cells_release(&t->c);
	free(t->name);
	free(t->tag_text);
	*t = (struct mt_tagtable){0};
}

static int read_names(struct mt_tagnames *names, struct mt_cells *c,
		      struct mt_err *err)
{
	static const char *const ids[] = {"mid", "genre_id", "id", NULL};
	static const char *const texts[] = {"display_name", "title", "name",
					    NULL};
	int rc = mt_cells_next(c, err);
	int id = rc ? -1 : find(c, ids), name = rc ? -1 : find(c, texts);
	size_t width = c->n_cell;
	if (rc < 0)
		return rc;
	if (id < 0 || name < 0)
		return mt_cells_bad(c, "a header line with the columns id and "
				    "name (mid and display_name, genre_id and "
				    "title) is needed", err);
	mt_texts_index(&names->index, &names->id);
	while (!(rc = mt_cells_next(c, err))) {
		if (c->n_cell == 1 && !c->len[0])
			continue;
		if (c->n_cell != width)
			return mt_cells_bad(c, "not as many cells as the header "
					    "has", err);
		if (!c->len[id] || !c->len[name])
			return mt_cells_bad(c, "the id or the name is empty",
					    err);
		if (mt_texts_find(&names->index, c->cell[id], c->len[id]))
			return mt_cells_bad(c, "the id is in the table already",
					    err);
		mt_texts_add(&names->id, c->cell[id], c->len[id]);
		mt_texts_add(&names->name, c->cell[name], c->len[name]);
		mt_texts_insert(&names->index, names->id.n);
	}
	return rc == MT_END ? MT_OK : rc;
}

int mt_tagnames_read(struct mt_tagnames *names, const char *path,
		     struct mt_err *err)
{
	struct mt_cells c;
	char *data;
	size_t size;
	*names = (struct mt_tagnames){0};
	int rc = mt_file_get(path, MAX_NAMES, &data, &size, err);
	if (rc)
		return rc;
	mt_cells_init(&c, path, data, size);
	rc = read_names(names, &c, err);
	mt_cells_release(&c);
	free(data);
	if (rc)
		mt_tagnames_release(names);
	return rc;
}

const char *mt_tagnames_find(const struct mt_tagnames *names, const char *id,
			     size_t *n)
{
	size_t k = mt_texts_find(&names->index, id, *n);
	return k ? mt_texts_get(&names->name, k, n) : NULL;
}

void mt_tagnames_release(struct mt_tagnames *names)
{
	mt_texts_release(&names->id);
	mt_texts_release(&names->name);
	mt_texts_index_release(&names->index);
}
