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

const char *const mt_msd_song_column[MT_MSD_SONG] = {
	"track_id", "song_id", "artist_id", "artist_mbid", "artist_name",
	"release", "title", "year", "duration", "tempo", "loudness", "key",
	"mode", "time_signature", "analysis_sample_rate", "artist_familiarity",
	"artist_hotttnesss", "song_hotttnesss", "track_7digitalid",
	"n_segments", "n_beats", "n_bars", "n_sections", "n_similar",
	"segments_start_2nd", "segments_start_last", "artist_terms",
	"artist_terms_weight_first", "artist_mbtags",
};

static char *number(double v)
{
	char buf[40];
	for (int digits = 6; digits <= 17; digits++) {
		snprintf(buf, sizeof buf, "%.*g", digits, v);
		if (!(strtod(buf, NULL) < v) && !(strtod(buf, NULL) > v))
			break;
	}
	return mt_strdup(buf);
}

static char *text(enum mt_h5_type type, size_t size, const void *p)
{
	int64_t i;
	double f;
	switch (type) {
	case MT_H5_INT:
		memcpy(&i, p, sizeof i);
		return mt_strf("%" PRIi64, i);
	case MT_H5_FLOAT:
		memcpy(&f, p, sizeof f);
		return number(f);
	default:
		return mt_strndup(p, strnlen(p, size));
	}
}

struct wish {
	const struct mt_h5_column *column;
	char **out;
};

static int take(void *ctx, uint64_t first, size_t n, const void *const *cell,
		struct mt_err *err)
{
	struct wish *w = ctx;
	(void)first, (void)n, (void)err;
	*w->out = text(w->column->type, w->column->size, cell[0]);
	return MT_OK;
}

static char *list(const struct mt_h5_column *c, const char *data, uint64_t n)
{
	char *all = mt_calloc((size_t)n * (c->size + 1) + 1, 1), *to = all;
	for (uint64_t i = 0; i < n; i++, data += c->size) {
		size_t len = strnlen(data, c->size);
		if (i)
			*to++ = ',';
		memcpy(to, data, len);
		to += len;
	}
	return all;
}

static int array(char **out, struct mt_h5 *h5, const struct item *it,
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
		*out = mt_strf("%" PRIu64, n);
	else if (it->how == LIST && c.type == MT_H5_TEXT)
		*out = list(&c, data, n);
	else
		*out = at < n ? text(c.type, c.size, (char *)data + at * c.size)
			      : mt_strdup("");
	free(data);
	return MT_OK;
}

static int read_item(char **out, struct mt_h5 *h5, const struct item *it,
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

int mt_msd_song_read(char *cell[MT_MSD_SONG], const char *path,
		     struct mt_err *err)
{
	struct mt_h5 *h5;
	memset(cell, 0, MT_MSD_SONG * sizeof *cell);
	int rc = mt_h5_open(&h5, path, err);
	for (int i = 0; i < MT_MSD_SONG && !rc; i++)
		rc = read_item(&cell[i], h5, &items[i], path, err);
	mt_h5_close(h5);
	if (rc)
		mt_msd_song_release(cell);
	return rc;
}

void mt_msd_song_release(char *cell[MT_MSD_SONG])
{
	for (int i = 0; i < MT_MSD_SONG; i++) {
		free(cell[i]);
		cell[i] = NULL;
	}
}
