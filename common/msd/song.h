/* SPDX-License-Identifier: MIT
 * One song of the Million Song Dataset from an HDF5 file of its own. */
#ifndef MT_MSD_SONG_H
#define MT_MSD_SONG_H

#include "base/err.h"
#include "format/format.h"

#define MT_MSD_SONG 29

struct mt_msd_value {
	enum { MT_MSD_NOTHING, MT_MSD_INT, MT_MSD_REAL, MT_MSD_TEXT, MT_MSD_LIST } type;
	int64_t i;
	double f;
	char *text;              /* TEXT; LIST: memory of its items */
	struct mt_span *item;    /* LIST [n_item] */
	size_t n_item;
};

/* The table's columns: the file, then those of each value: ids, artist, release,
 * title, year, analysis, counts of segments and so on, terms and tags. */
extern const struct mt_column mt_msd_song_column[MT_MSD_SONG + 1];

/* The values of a file, in new memory. A file that holds no song, or several:
 * MT_EINPUT, and nothing is to be released. */
int mt_msd_song_read(struct mt_msd_value value[MT_MSD_SONG], const char *path,
		     struct mt_err *err) MT_USE_RESULT;
/* They as a row of a table of these columns. */
void mt_msd_song_put(struct mt_print *p, const char *path,
		     const struct mt_msd_value value[MT_MSD_SONG]);
void mt_msd_song_release(struct mt_msd_value value[MT_MSD_SONG]);

#endif
