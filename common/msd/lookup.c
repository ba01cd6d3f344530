/* SPDX-License-Identifier: MIT */
#include "msd/lookup.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"

#define SONG_ID 18  /* bytes, as a track id's */

static size_t n_cell(const struct mt_msd_lookup *l)
{
	return l->db ? mt_msddb_columns(l->db) : l->msd->n_extra - 1;
}

void mt_msd_lookup_head(struct mt_msd_lookup *l)
{
	static const struct mt_column own[4] = {
		MT_COL("query", TEXT), MT_COL("track_id", TEXT),
		MT_COL("track_7digitalid", INT), MT_COL("year", INT),
	};
	size_t n = l->msd ? 4 : 2;
	free(l->column);
	l->column = mt_calloc(n + n_cell(l), sizeof *l->column);
	memcpy(l->column, own, n * sizeof *own);
	for (size_t i = 0; i < n_cell(l); i++) {
		char type = l->db ? 's' : l->msd->extra[i].type;
		l->column[n + i].name = l->db ? mt_msddb_column(l->db, i)
					      : l->msd->extra[i].name;
		l->column[n + i].kind = type == 's' ? MT_COL_TEXT
					: type == 'i' ? MT_COL_INT : MT_COL_REAL;
	}
	mt_print_begin(&l->print, l->out, l->format, l->column, n + n_cell(l));
}

static void put_ids(struct mt_msd_lookup *l, const char *query,
		    const char *tid, uint32_t row)
{
	struct mt_print *p = &l->print;
	mt_print_word(p, query);
	mt_print_filled(p, tid, strnlen(tid, MT_MSD_TID));
	if (l->msd && row == MT_MSD_NONE) {
		mt_print_none(p);
		mt_print_none(p);
	} else if (l->msd) {
		mt_print_int(p, l->msd->id[row]);
		mt_print_int(p, l->msd->year[row]);
	}
}

static void put_db(struct mt_msd_lookup *l)
{
	for (size_t i = 0; i < n_cell(l); i++)
		mt_print_word(&l->print, mt_msddb_cell(l->db, (int)i));
	mt_print_row(&l->print);
}

/* Rows of the database whose column by has that value. */
static int put_found(struct mt_msd_lookup *l, const char *query,
		     const char *by, size_t *n, struct mt_err *err)
{
	int rc = mt_msddb_find(l->db, by, query, err);
	while (!rc && !(rc = mt_msddb_next(l->db, err))) {
		const char *tid = mt_msddb_cell(l->db, -1);
		bool whole = l->msd && strlen(tid) == MT_MSD_TID;
		put_ids(l, query, tid, whole ? mt_msd_find_tid(l->msd, tid)
					     : MT_MSD_NONE);
		put_db(l);
		if (++*n && !l->every)
			return MT_OK;
	}
	return rc == MT_END ? MT_OK : rc;
}

static void put_extra(struct mt_msd_lookup *l, uint32_t row)
{
	for (size_t i = 0; i < n_cell(l); i++) {
		const struct mt_msd_extra *x = &l->msd->extra[i];
		if (x->type == 's')
			mt_print_filled(&l->print, x->text + x->at[row],
					(size_t)(x->at[row + 1] - x->at[row]));
		else if (x->type == 'i')
			mt_print_int(&l->print, x->i[row]);
		else
			mt_print_real(&l->print, x->f[row], 64);
	}
	mt_print_row(&l->print);
}

/* A row of the summary, its other columns from the database if there is one. */
static int put_row(struct mt_msd_lookup *l, const char *query, uint32_t row,
		   size_t *n, struct mt_err *err)
{
	char tid[MT_MSD_TID + 1] = "";
	memcpy(tid, l->msd->tid[row], MT_MSD_TID);
	int rc = l->db ? mt_msddb_find(l->db, "track_id", tid, err) : MT_OK;
	if (!rc && l->db)
		rc = mt_msddb_next(l->db, err);
	if (rc < 0)
		return rc;
	++*n;
	put_ids(l, query, tid, row);
	if (!l->db)
		put_extra(l, row);
	else if (rc == MT_END)
		mt_print_row(&l->print);
	else
		put_db(l);
	return MT_OK;
}

static int order(const struct mt_msd_lookup *l, uint32_t row, const char *song)
{
	const struct mt_msd_extra *x = &l->msd->extra[l->msd->n_extra - 1];
	size_t n = (size_t)(x->at[row + 1] - x->at[row]);
	int o = memcmp(x->text + x->at[row], song, n < SONG_ID ? n : SONG_ID);
	return o ? o : n < SONG_ID ? -1 : n > SONG_ID;
}

static int by_song(const void *a, const void *b, void *ctx)
{
	const struct mt_msd_lookup *l = ctx;
	uint32_t x, y;
	char song[SONG_ID] = "";
	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	const struct mt_msd_extra *e = &l->msd->extra[l->msd->n_extra - 1];
	size_t n = (size_t)(e->at[y + 1] - e->at[y]);
	memcpy(song, e->text + e->at[y], n < SONG_ID ? n : SONG_ID);
	int o = order(l, x, song);
	return o ? o : x < y ? -1 : x > y;
}

static int put_song(struct mt_msd_lookup *l, const char *query, size_t *n,
		    struct mt_err *err)
{
	size_t low = 0, high = l->msd->n;
	int rc = MT_OK;
	if (l->msd->extra[l->msd->n_extra - 1].type != 's')
		return mt_err_set(err, MT_EINPUT, "%s: has no column song_id, so "
				  "%.20s cannot be looked up; `metadata` DB may "
				  "have one", l->msd->path, query);
	if (!l->by_song) {
		l->by_song = mt_calloc(high, sizeof *l->by_song);
		for (uint32_t i = 0; i < high; i++)
			l->by_song[i] = i;
		qsort_r(l->by_song, high, sizeof *l->by_song, by_song, l);
	}
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (order(l, l->by_song[mid], query) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	while (low < l->msd->n && !order(l, l->by_song[low], query) && !rc &&
	       (!*n || l->every))
		rc = put_row(l, query, l->by_song[low++], n, err);
	return rc;
}

static int put_id(struct mt_msd_lookup *l, const char *query, int64_t id,
		  size_t *n, struct mt_err *err)
{
	size_t first, all = mt_msd_find_id(l->msd, id, &first);
	int rc = MT_OK;
	for (size_t i = 0; i < all && !rc && (!i || l->every); i++)
		rc = put_row(l, query, l->msd->by_id[first + i], n, err);
	return rc;
}

int mt_msd_lookup_put(struct mt_msd_lookup *l, const char *query, size_t *n,
		      struct mt_err *err)
{
	size_t len = strlen(query);
	int64_t id;
	int rc = MT_OK;
	*n = 0;
	if (mt_num_i64(query, &id)) {
		rc = l->msd ? put_id(l, query, id, n, err)
			    : put_found(l, query, "track_7digitalid", n, err);
	} else if (len == MT_MSD_TID && *query == 'T') {
		uint32_t row = l->msd ? mt_msd_find_tid(l->msd, query)
				      : MT_MSD_NONE;
		if (row != MT_MSD_NONE)
			rc = put_row(l, query, row, n, err);
		else if (!l->msd)
			rc = put_found(l, query, "track_id", n, err);
	} else if (len == SONG_ID && !strncmp(query, "SO", 2)) {
		rc = l->db ? put_found(l, query, "song_id", n, err)
			   : put_song(l, query, n, err);
	}
	if (!rc && !*n) {
		put_ids(l, query, "", MT_MSD_NONE);
		mt_print_row(&l->print);
	}
	return rc;
}

void mt_msd_lookup_release(struct mt_msd_lookup *l)
{
	free(l->by_song);
	l->by_song = NULL;
	free(l->column);
	l->column = NULL;
}
