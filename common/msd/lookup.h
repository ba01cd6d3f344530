/* SPDX-License-Identifier: MIT
 * Look-ups in the Million Song Dataset by 7digital id (a number), track id
 * (TR...) or song id (SO...), with answers as rows of a table. */
#ifndef MT_MSD_LOOKUP_H
#define MT_MSD_LOOKUP_H

#include <stdbool.h>
#include <stdio.h>

#include "format/format.h"
#include "msd/summary.h"
#include "msd/trackdb.h"

struct mt_msd_lookup {
	const struct mt_msd *msd;  /* NULL: only the database is asked; else */
	struct mt_msddb *db;       /* may be NULL, and msd's last extra column is
				      then song_id, not shown and optional */
	bool every;                /* all tracks that an id is of */
	FILE *out;
	const struct mt_format *format;
	uint32_t *by_song;         /* private: rows by song id */
	struct mt_print print;     /* private */
	struct mt_column *column;
};

/* The line with the columns' names: query, track_id, with msd also
 * track_7digitalid and year, then the database's or the extra columns. */
void mt_msd_lookup_head(struct mt_msd_lookup *l);
/* The rows of one query, *n of them; 0 when the id is not known or is none,
 * which gets a row of empty cells. */
int mt_msd_lookup_put(struct mt_msd_lookup *l, const char *query, size_t *n,
		      struct mt_err *err) MT_USE_RESULT;
void mt_msd_lookup_release(struct mt_msd_lookup *l);

#endif
