/* SPDX-License-Identifier: MIT */
#include "msd/song.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "msd/h5.h"

#define MAX_ARRAY (64u << 20)

enum how { CELL, COUNT, FIRST, SECOND, LAST, LIST };

#define META "/metadata/songs"
#define SOUND "/analysis/songs"

static const struct item {
	const char *set, *column;
	enum how how;
} items[MT_MSD_SONG] = {
	{SOUND, "track_id", CELL},
	{META, "song_id", CELL},
	{META, "artist_id", CELL},
	{META, "artist_mbid", CELL},
	{META, "artist_name", CELL},
	{META, "release", CELL},
	{META, "title", CELL},
	{"/musicbrainz/songs", "year", CELL},
	{SOUND, "duration", CELL},
	{SOUND, "tempo", CELL},
	{SOUND, "loudness", CELL},
	{SOUND, "key", CELL},
	{SOUND, "mode", CELL},
	{SOUND, "time_signature", CELL},
	{SOUND, "analysis_sample_rate", CELL},
	{META, "artist_familiarity", CELL},
	{META, "artist_hotttnesss", CELL},
	{META, "song_hotttnesss", CELL},
	{META, "track_7digitalid", CELL},
	{"/analysis/segments_start", NULL, COUNT},
	{"/analysis/beats_start", NULL, COUNT},
	{"/analysis/bars_start", NULL, COUNT},
	{"/analysis/sections_start", NULL, COUNT},
	{"/metadata/similar_artists", NULL, COUNT},
	{"/analysis/segments_start", NULL, SECOND},
	{"/analysis/segments_start", NULL, LAST},
	{"/metadata/artist_terms", NULL, LIST},
	{"/metadata/artist_terms_weight", NULL, FIRST},
	{"/musicbrainz/artist_mbtags", NULL, LIST},
};

const struct mt_column mt_msd_song_column[MT_MSD_SONG + 1] = {
	MT_COL("file", TEXT),
	MT_COL("track_id", TEXT), MT_COL("song_id", TEXT), MT_COL("artist_id", TEXT),
	MT_COL("artist_mbid", TEXT), MT_COL("artist_name", TEXT), MT_COL("release", TEXT),
	MT_COL("title", TEXT), MT_COL("year", INT), MT_COL("duration", REAL),
	MT_COL("tempo", REAL), MT_COL("loudness", REAL), MT_COL("key", INT),
	MT_COL("mode", INT), MT_COL("time_signature", INT),
	MT_COL("analysis_sample_rate", INT), MT_COL("artist_familiarity", REAL),
	MT_COL("artist_hotttnesss", REAL), MT_COL("song_hotttnesss", REAL),
	MT_COL("track_7digitalid", INT), MT_COL("n_segments", INT), MT_COL("n_beats", INT),
	MT_COL("n_bars", INT), MT_COL("n_sections", INT), MT_COL("n_similar", INT),
	MT_COL("segments_start_2nd", REAL), MT_COL("segments_start_last", REAL),
	MT_COL("artist_terms", LIST), MT_COL("artist_terms_weight_first", REAL),
	MT_COL("artist_mbtags", LIST),
};

/* One value, which mt_h5_array() or mt_h5_scan() left at p. */
static void take_value(struct mt_msd_value *v, const struct mt_h5_column *c, const void *p)
{
	v->type = c->type == MT_H5_INT ? MT_MSD_INT
		  : c->type == MT_H5_FLOAT ? MT_MSD_REAL : MT_MSD_TEXT;
	if (c->type == MT_H5_INT)
		memcpy(&v->i, p, sizeof v->i);
	else if (c->type == MT_H5_FLOAT)
		memcpy(&v->f, p, sizeof v->f);
	else
		v->text = mt_strndup(p, strnlen(p, c->size));
}

struct wish {
	const struct mt_h5_column *column;
	struct mt_msd_value *out;
};

static int take(void *ctx, uint64_t first, size_t n, const void *const *cell,
		struct mt_err *err)
{
	struct wish *w = ctx;
	(void)first, (void)n, (void)err;
	take_value(w->out, w->column, cell[0]);
	return MT_OK;
}

static void take_list(struct mt_msd_value *v, const struct mt_h5_column *c,
		      const char *data, uint64_t n)
{
	char *to = v->text = mt_calloc((size_t)n * c->size + 1, 1);
	v->type = MT_MSD_LIST;
	v->item = mt_calloc((size_t)n + 1, sizeof *v->item);
	v->n_item = (size_t)n;
	for (size_t i = 0; i < n; i++, data += c->size) {
		v->item[i] = (struct mt_span){to, strnlen(data, c->size)};
		memcpy(to, data, v->item[i].n);
		to += v->item[i].n;
	}
}

static int array(struct mt_msd_value *v, struct mt_h5 *h5, const struct item *it,
		 struct mt_err *err)
{
	struct mt_h5_column c = {.name = it->set};
	uint64_t n;
	void *data;
	int rc = mt_h5_array(h5, it->set, MAX_ARRAY, &c, &data, &n, err);
	if (rc)
		return rc;
	size_t at = it->how == SECOND ? 1 : it->how == LAST && n
						     ? (size_t)n - 1 : 0;
	if (it->how == COUNT)
		*v = (struct mt_msd_value){.type = MT_MSD_INT, .i = (int64_t)n};
	else if (it->how == LIST && c.type == MT_H5_TEXT)
		take_list(v, &c, data, n);
	else if (at < n)
		take_value(v, &c, (char *)data + at * c.size);
	free(data);
	return MT_OK;
}

static int read_item(struct mt_msd_value *out, struct mt_h5 *h5, const struct item *it,
		     const char *path, struct mt_err *err)
{
	struct mt_h5_column c = {.name = it->column};
	struct wish w = {&c, out};
	uint64_t n;
	if (it->how != CELL)
		return array(out, h5, it, err);
	int rc = mt_h5_rows(h5, it->set, &n, err);
	if (!rc && n != 1)
		rc = mt_err_set(err, MT_EINPUT, "%s: holds %" PRIu64 " songs, "
				"not one", path, n);
	return rc ? rc : mt_h5_scan(h5, it->set, &c, 1, take, &w, err);
}

int mt_msd_song_read(struct mt_msd_value value[MT_MSD_SONG], const char *path,
		     struct mt_err *err)
{
	struct mt_h5 *h5;
	memset(value, 0, MT_MSD_SONG * sizeof *value);
	int rc = mt_h5_open(&h5, path, err);
	for (int i = 0; i < MT_MSD_SONG && !rc; i++)
		rc = read_item(&value[i], h5, &items[i], path, err);
	mt_h5_close(h5);
	if (rc)
		mt_msd_song_release(value);
	return rc;
}

static void put_value(struct mt_print *p, const struct mt_msd_value *v)
{
	switch (v->type) {
	case MT_MSD_NOTHING:
		mt_print_none(p);
		break;
	case MT_MSD_INT:
		mt_print_int(p, v->i);
		break;
	case MT_MSD_REAL:
		mt_print_real(p, v->f, 64);
		break;
	case MT_MSD_TEXT:
		mt_print_word(p, v->text);
		break;
	case MT_MSD_LIST:
		mt_print_list(p, v->item, v->n_item, ",");
		break;
	}
}

void mt_msd_song_put(struct mt_print *p, const char *path,
		     const struct mt_msd_value value[MT_MSD_SONG])
{
	mt_print_word(p, path);
	for (int i = 0; i < MT_MSD_SONG; i++)
		put_value(p, &value[i]);
	mt_print_row(p);
}

void mt_msd_song_release(struct mt_msd_value value[MT_MSD_SONG])
{
	for (int i = 0; i < MT_MSD_SONG; i++) {
		free(value[i].text);
		free(value[i].item);
		value[i] = (struct mt_msd_value){0};
	}
}
