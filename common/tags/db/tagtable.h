/* SPDX-License-Identifier: MIT
 * Tables that say which track has which tags, in the layouts that public data
 * sets have, as rows of one form: a track, its tags, perhaps a weight.
 *
 * The layout is found in the header:
 *
 *   track, tag[, weight]    own; a tag a row. Also tid, key, path or track_id
 *                           for track, val for weight
 *   track, tags             own; tags with commas between, see mt_cells_item();
 *                           with tags in the last column more cells may follow,
 *                           as in MTG-Jamendo's (TRACK_ID ... PATH ... TAGS)
 *   clip_id, TAG ..., mp3_path        MagnaTagATune: 0 or 1 for each tag
 *   # YTID, start_seconds, ...        AudioSet's segments: ids of classes
 *   three lines, album ... track ...  FMA's tracks.csv: track.genre_top, or the
 *                           column that is asked for
 *   filename, ..., category, ...      ESC-50
 *   no header, name *.cls   tagtraum's genres of the Million Song Dataset
 *
 * The text is cut in place and must outlive the table. */
#ifndef MT_TAGS_DB_TAGTABLE_H
#define MT_TAGS_DB_TAGTABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "format/cells.h"
#include "tags/db/tagdb.h"

struct mt_tagtable {
	struct mt_cells c;
	enum mt_tagkeys keys;
	const char *column;      /* of tags, that is asked for; NULL */
	int track, tag, weight;  /* columns; weight -1: none */
	bool list;               /* a tag's cell holds several */
	bool ragged;             /* further cells are more tags */
	bool other_column;       /* it has such a layout, but not that column */
	bool binary;             /* columns of 0 and 1; name [width] */
	char **name;
	size_t width;
	/* a row; its text is valid until the next one */
	const char *text;        /* the track's */
	size_t len;
	double val;              /* NAN: none */
	/* private: the next tag */
	size_t at;
	const char *item, *item_end;
	char *tag_text;
};

/* Read the header, with the tags' column (NULL: the layout's). No layout that is
 * known, or no such column, with those that there are: MT_EINPUT; a layout that
 * leaves no choice of the column: MT_EUSAGE. */
int mt_tagtable_open(struct mt_tagtable *t, const char *path, char *text,
		     size_t size, const char *column, struct mt_err *err)
	MT_USE_RESULT;
/* Does text, which is left as it is, begin with such a layout, with or without that
 * column? One by path or
 * key in the first column does only if any is true: mt-label(1) makes fields of
 * its other columns. */
bool mt_tagtable_is_one(const char *path, const char *text, size_t size,
			const char *column, bool any);
/* The next row; MT_END. */
int mt_tagtable_next(struct mt_tagtable *t, struct mt_err *err) MT_USE_RESULT;
/* The next tag of the row, valid until the one after it; false after the last. */
bool mt_tagtable_tag(struct mt_tagtable *t, const char **tag, size_t *n);
void mt_tagtable_close(struct mt_tagtable *t);

/* Names by id: class_labels_indices.csv of AudioSet (mid, display_name),
 * genres.csv of FMA (genre_id, title), or a table with id and name. */
struct mt_tagnames {
	struct mt_texts id, name; /* of the same numbers */
	struct mt_texts_index index;
};
int mt_tagnames_read(struct mt_tagnames *names, const char *path,
		     struct mt_err *err) MT_USE_RESULT;
/* NULL: no such id. */
const char *mt_tagnames_find(const struct mt_tagnames *names, const char *id,
			     size_t *n);
void mt_tagnames_release(struct mt_tagnames *names);

#endif
