/* SPDX-License-Identifier: MIT
 * Which clip is which track of the Million Song Dataset, and which are not
 * wanted: the rules of the join, over arrays.
 *
 * The rules work one after another, each on what the ones before it left, as
 * in the Orpheus project's "wrangler", whose choice the result equals with
 * draw = MT_MSD_ORPHEUS. */
#ifndef MT_MSD_JOIN_H
#define MT_MSD_JOIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "msd/summary.h"

/* In the order of their work; of a clip, the first that it meets. */
enum mt_msd_rule {
	MT_MSD_NOID,         /* the clip has no 7digital id */
	MT_MSD_UNKNOWN,      /* its id is no track's */
	MT_MSD_NOCLIP,       /* (a track's rule) there is no clip */
	MT_MSD_ID,           /* the id is shared by clips or by tracks */
	MT_MSD_TRACK,        /* so is the track id */
	MT_MSD_MISMATCH,     /* the track is on the list of mismatches */
	MT_MSD_FAILED,       /* the clip was a failed record before */
	MT_MSD_EMPTY,        /* of 0 bytes */
	MT_MSD_NOLENGTH,     /* no length */
	MT_MSD_UNTAGGED,     /* the track is not in the tag database */
	MT_MSD_DUPLICATE,    /* another track of its group was chosen */
	MT_MSD_LONE,         /* orpheus: it was the only one left of its group */
	MT_MSD_KEPT,
	MT_MSD_N_RULE,
};

/* "msd.mismatch" and so on, the code of the failed record; "no-clip",
 * "failed-before", "kept" where there is none. */
const char *mt_msd_rule_name(enum mt_msd_rule rule);

struct mt_msd_clip {
	int64_t id;              /* 7digital */
	int64_t bytes;
	bool no_id, failed, no_length;
	uint8_t rule;            /* out */
	uint32_t row;            /* out: of the track, or MT_MSD_NONE */
	uint32_t other;          /* out: ID: another row with the id, or NONE;
				    DUPLICATE: the row that was chosen;
				    MISMATCH: the list's line */
};

enum mt_msd_draw {
	MT_MSD_LARGEST,          /* largest file, then smallest track id */
	MT_MSD_ORPHEUS,          /* one draw a group, NumPy, seed 42 */
};

struct mt_msd_join {
	const struct mt_msd *msd;
	const struct mt_msd_list *mismatch, *duplicate; /* NULL: no such rule */
	const unsigned char *tagged; /* [msd->n] 1 at the first row with
				    a tagged track's id; NULL: all */
	enum mt_msd_draw draw;
	struct mt_msd_clip *clip;
	size_t n;
	/* out: what each rule took away */
	uint64_t tracks[MT_MSD_N_RULE], clips[MT_MSD_N_RULE];
};

void mt_msd_join(struct mt_msd_join *j);

#endif
