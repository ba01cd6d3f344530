/* SPDX-License-Identifier: MIT
 * One song of the Million Song Dataset from an HDF5 file of its own. */
#ifndef MT_MSD_SONG_H
#define MT_MSD_SONG_H

#include "base/err.h"

#define MT_MSD_SONG 29

/* The columns' names: ids, artist, release, title, year, analysis, counts of
 * segments and so on, terms and tags with commas between them. */
extern const char *const mt_msd_song_column[MT_MSD_SONG];

/* Each column as text in new memory, numbers in the fewest digits that read
 * back as they are. A file that holds no song, or several: MT_EINPUT, and
 * nothing is to be released. */
int mt_msd_song_read(char *cell[MT_MSD_SONG], const char *path,
		     struct mt_err *err) MT_USE_RESULT;
void mt_msd_song_release(char *cell[MT_MSD_SONG]);

#endif
