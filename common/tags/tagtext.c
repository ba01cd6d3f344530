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

struct columns {
	int track, tag, weight;  /* weight -1: none */
	bool list;               /* tag holds several, with commas between */
};

static int find_columns(struct columns *c, struct mt_cells *t, unsigned parts,
			struct mt_err *err)
{
	static const char *const tracks[] = {"track", "tid", "key", "path",
					     NULL};
	static const char *const tag[] = {"tag", NULL}, *const tags[] = {"tags",
									 NULL};
	static const char *const weights[] = {"weight", "val", NULL};
	int rc = mt_cells_next(t, err);
	if (rc < 0)
		return rc;
	c->track = rc ? -1 : column(t, tracks);
	c->tag = rc ? -1 : column(t, tag);
	c->list = !rc && c->tag < 0;
	if (c->list)
		c->tag = column(t, tags);
	c->weight = rc ? -1 : column(t, weights);
	if (c->track < 0 || c->tag < 0)
		return mt_cells_bad(t, "a header line with the columns track, "
				    "tag (or tags, with commas between) and, if "
				    "there are any, weight is needed", err);
	if ((parts & MT_TAGDB_VAL) && c->weight < 0)
		return mt_cells_bad(t, "there is no column 'weight'", err);
	return MT_OK;
}

static int weight_of(const struct mt_cells *t, int column, double *val,
		     struct mt_err *err)
{
	*val = NAN;
	if (column < 0 || !t->len[column])
		return MT_OK;
	char *s = mt_strndup(t->cell[column], t->len[column]);
	bool ok = mt_num_f64(s, val);
	free(s);
	return ok ? MT_OK : mt_cells_bad(t, "the weight is not a number", err);
}

/* The next tag of a list, without the blanks around it; false after the last. */
static bool next_tag(const char **at, const char *end, const char **tag,
		     size_t *n)
{
	while (*at < end) {
		const char *stop = memchr(*at, ',', (size_t)(end - *at));
		const char *a = *at, *b = stop ? stop : end;
		*at = stop ? stop + 1 : end;
		while (a < b && (*a == ' ' || *a == '\t'))
			a++;
		while (a < b && (b[-1] == ' ' || b[-1] == '\t'))
			b--;
		*tag = a;
		*n = (size_t)(b - a);
		if (*n)
			return true;
	}
	return false;
}

static int read_lines(struct mt_tagdb *db, struct mt_cells *t, unsigned parts,
		      struct mt_err *err)
{
	struct columns c;
	struct mt_texts_index tids, names;
	size_t cap = 0;
	int rc = find_columns(&c, t, parts, err);
	size_t width = t->n_cell;
	if (rc)
		return rc;
	mt_texts_index(&tids, &db->tid);
	mt_texts_index(&names, &db->tag);
	while (!(rc = mt_cells_next(t, err))) {
		double val;
		if (t->n_cell == 1 && !t->len[0])
			continue;
		if (t->n_cell != width)
			rc = mt_cells_bad(t, "not as many cells as the header "
					  "has", err);
		else if (!t->len[c.track] || (!c.list && !t->len[c.tag]))
			rc = mt_cells_bad(t, "the track or the tag is empty",
					  err);
		else
			rc = weight_of(t, c.weight, &val, err);
		if (rc)
			break;
		size_t tid = number_of(&db->tid, &tids, t->cell[c.track],
				       t->len[c.track]);
		const char *tag = t->cell[c.tag], *at = tag;
		size_t n = t->len[c.tag];
		const char *end = at + n;
		while (c.list ? next_tag(&at, end, &tag, &n) : at != NULL) {
			add_pair(db, &cap, tid,
				 number_of(&db->tag, &names, tag, n), val,
				 c.weight >= 0);
			if (!c.list)
				at = NULL;
		}
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
