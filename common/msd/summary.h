/* SPDX-License-Identifier: MIT
 * The Million Song Dataset: its summary file, its list of mismatches and its
 * list of duplicates, in memory.
 *
 * The summary is an HDF5 file with the tables /metadata/songs
 * (track_7digitalid, ...), /analysis/songs (track_id, ...) and
 * /musicbrainz/songs (year, ...), whose rows belong together by their number.
 * A million tracks take about 45 MB here. */
#ifndef MT_MSD_SUMMARY_H
#define MT_MSD_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define MT_MSD_TID 18        /* bytes of a track id, T and 17 of A-Z, 0-9 */
#define MT_MSD_NONE UINT32_MAX

/* Further columns of the summary, wanted by their name. */
struct mt_msd_extra {
	const char *name;        /* in: column of any of the three tables */
	bool optional;           /* in: may be missing */
	char type;               /* out: 'i' number, 'f' number[] as double, 's';
				  * 0: missing */
	int64_t *i;              /* [n] */
	double *f;               /* [n] */
	char *text;              /* 's': all of them, */
	uint64_t *at;            /* [n + 1] from where to where */
	size_t text_cap;
};

struct mt_msd {
	const char *path;
	size_t n;                /* tracks, in the file's order */
	char (*tid)[MT_MSD_TID]; /* [n], zero bytes where shorter */
	int32_t *id;             /* [n] 7digital ids */
	int32_t *year;           /* [n] 0 unknown */
	uint32_t *by_id;         /* [n] rows by id, then by number */
	uint32_t *slot;          /* hash of tid */
	size_t n_slot;
	struct mt_msd_extra *extra; /* the caller's */
	size_t n_extra;
};

/* The text of path and extra[n_extra] stay the caller's. Errors name the file,
 * and what is missing or does not fit in it (MT_EINPUT). */
int mt_msd_read(struct mt_msd *m, const char *path, struct mt_msd_extra *extra,
		size_t n_extra, struct mt_err *err) MT_USE_RESULT;
/* by_id and slot for n, tid, id and year that were filled in otherwise. */
void mt_msd_index(struct mt_msd *m);
void mt_msd_release(struct mt_msd *m);

/* First row with this track id, or MT_MSD_NONE; tid has MT_MSD_TID bytes. */
uint32_t mt_msd_find_tid(const struct mt_msd *m, const char *tid);
/* Rows with this 7digital id: by_id[*first] and the ones behind it. Returns
 * how many. */
size_t mt_msd_find_id(const struct mt_msd *m, int64_t id, size_t *first);
/* Track id in n bytes of text: the first T with 17 of A-Z, 0-9 behind it, or
 * NULL. */
const char *mt_msd_tid_in(const char *text, size_t n);

/* A list of track ids in groups. */
struct mt_msd_list {
	char (*tid)[MT_MSD_TID];
	uint32_t *line;          /* [n] where each stands, from 1 */
	size_t n, cap;
	size_t *group;           /* [n_group + 1] first of each group */
	size_t n_group, cap_group;
	uint32_t crc;            /* CRC-32 of the file */
};

/* sid_mismatches.txt: a track id in each line, one group. Lines of blanks and
 * those that begin with # count for nothing; another one without a track id
 * is MT_EINPUT with file and line. */
int mt_msd_read_mismatches(struct mt_msd_list *list, const char *path,
			   struct mt_err *err) MT_USE_RESULT;
/* msd_duplicates.txt: a line that begins with % heads each group. */
int mt_msd_read_duplicates(struct mt_msd_list *list, const char *path,
			   struct mt_err *err) MT_USE_RESULT;
void mt_msd_list_release(struct mt_msd_list *list);

#endif
