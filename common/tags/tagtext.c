/* SPDX-License-Identifier: MIT
 * A tag database out of a table of track, tag[, weight]. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/num.h"
#include "tags/cells.h"
#include "tags/tagread.h"

#define MAX_FILE ((size_t)8 << 30)

static int column(const struct mt_cells *t, const char *const *names)
{
	for (; *names; names++)
		for (size_t i = 0; i < t->n_cell; i++)
			if (t->len[i] == strlen(*names) &&
			    !memcmp(t->cell[i], *names, t->len[i]))
				return (int)i;
	return -1;
}

static void add_pair(struct mt_tagdb *db, size_t *cap, size_t tid, size_t tag,
		     double val, bool has_val)
{
	if (db->n_pair == *cap) {
		*cap = *cap ? 2 * *cap : 1024;
		db->pair_tid = mt_realloc(db->pair_tid, *cap,
					  sizeof *db->pair_tid);
		db->pair_tag = mt_realloc(db->pair_tag, *cap,
					  sizeof *db->pair_tag);
		if (has_val)
			db->pair_val = mt_realloc(db->pair_val, *cap,
						  sizeof *db->pair_val);
	}
	db->pair_tid[db->n_pair] = (uint32_t)tid;
	db->pair_tag[db->n_pair] = (uint32_t)tag;
	if (has_val)
		db->pair_val[db->n_pair] = val;
	db->n_pair++;
}

/* The number of a text, new or old. */
static size_t number_of(struct mt_texts *texts, struct mt_texts_index *x,
			const char *s, size_t n)
{
	size_t is = mt_texts_find(x, s, n);
	if (is)
		return is;
	mt_texts_add(texts, s, n);
	return mt_texts_insert(x, texts->n);
}

static int read_lines(struct mt_tagdb *db, struct mt_cells *t, unsigned parts,
		      struct mt_err *err)
{
	static const char *const tracks[] = {"track", "tid", "key", "path",
					     NULL};
	static const char *const tags[] = {"tag", NULL};
	static const char *const weights[] = {"weight", "val", NULL};
	int rc = mt_cells_next(t, err);
	size_t width = t->n_cell, cap = 0;
	int track = column(t, tracks), tag = column(t, tags);
	int weight = column(t, weights);
	if (rc < 0)
		return rc;
	if (rc || track < 0 || tag < 0)
		return mt_cells_bad(t, "a header line with the columns track, tag and, "
			   "if there are any, weight is needed", err);
	if ((parts & MT_TAGDB_VAL) && weight < 0)
		return mt_cells_bad(t, "there is no column 'weight'", err);
	struct mt_texts_index tids, names;
	mt_texts_index(&tids, &db->tid);
	mt_texts_index(&names, &db->tag);
	while (!(rc = mt_cells_next(t, err))) {
		double val = NAN;
		if (t->n_cell == 1 && !t->len[0])
			continue;
		if (t->n_cell != width || !t->len[track] || !t->len[tag]) {
			rc = mt_cells_bad(t, t->n_cell != width ?
				 "not as many cells as the header has" :
				 "the track or the tag is empty", err);
			break;
		}
		if (weight >= 0 && t->len[weight]) {
			char *s = mt_strndup(t->cell[weight], t->len[weight]);
			bool ok = mt_num_f64(s, &val);
			free(s);
			if (!ok) {
				rc = mt_cells_bad(t, "the weight is not a number", err);
				break;
			}
		}
		add_pair(db, &cap,
			 number_of(&db->tid, &tids, t->cell[track],
				   t->len[track]),
			 number_of(&db->tag, &names, t->cell[tag],
				   t->len[tag]), val, weight >= 0);
	}
	mt_texts_index_release(&tids);
	mt_texts_index_release(&names);
	return rc == MT_END ? MT_OK : rc;
}

int mt_tagread_table(struct mt_tagdb *db, char *data, size_t size, bool csv,
		     unsigned parts, struct mt_err *err)
{
	struct mt_cells t;
	mt_cells_init(&t, db->path, data, size);
	t.csv = csv;
	t.escapes = !csv;
	int rc = read_lines(db, &t, parts, err);
	if (!rc && db->n_pair >= UINT32_MAX)
		rc = mt_err_set(err, MT_EINPUT, "%s: %zu pairs; fewer than 2^32 "
				"are read", db->path, db->n_pair);
	return rc;
}

int mt_tagread_text(struct mt_tagdb *db, unsigned parts, struct mt_err *err)
{
	char *data;
	size_t size;
	int rc = mt_file_get(db->path, MAX_FILE, &data, &size, err);
	if (rc)
		return rc;
	rc = mt_tagread_table(db, data, size, mt_cells_is_csv(db->path), parts,
			      err);
	free(data);
	return rc;
}
