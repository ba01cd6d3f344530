/* SPDX-License-Identifier: MIT
 * Writing a packed data set (mtpack(5)): parts under temporary names, each
 * renamed when it is full, the manifest last. A folder without a manifest is
 * no set, so a run that died leaves none behind. What was there before stays
 * until the new set is complete (set/packdir.h).
 *
 * Resuming replays the input: as long as finished parts hold the next record
 * its content is compared and not written again; then writing goes on with
 * the next part. The result has the bytes of an uninterrupted run. A set that
 * is complete is only compared, to its end. */
#ifndef MT_SET_PACK_H
#define MT_SET_PACK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/words.h"
#include "set/keyset.h"
#include "set/set.h"
#include "set/split.h"
#include "stream/writer.h"

struct mt_pack {
	char *folder;
	char *work;              /* where parts are made: folder or, while an
				  * older set stands there, a sub-folder */
	uint64_t max_bytes;      /* a part ends when it has as many */
	uint64_t max_records;    /* or holds as many */
	struct mt_head head;     /* of the parts to come */
	bool has_head;
	struct mt_writer out;    /* the part under way */
	bool is_open;
	struct mt_set set;       /* the finished parts */
	struct mt_set whole;     /* resuming a complete set: its manifest */
	struct mt_reader old;    /* resuming: the finished part compared to */
	struct mt_rec old_rec;
	bool old_open;
	size_t n_old, next_old;  /* parts found at the start; compared */
	int lock;                /* of the folder; base/lock.h */
	bool made;               /* the folder was not there before */
	bool complete;           /* resuming: the set was whole already */
	struct mt_words split;   /* their records */
	struct mt_pack_seen *seen; /* content hashes, open addressing */
	size_t n_seen, cap_seen;
	struct mt_keyset keys;   /* of the DATA records */
	uint64_t n_record, n_twin; /* records; contents in two splits */
};

/* An existing set, or parts of a run that was cut short, is MT_EUSAGE unless
 * force or resume. force: begin anew; what is there is replaced when the new
 * set is complete. resume: keep finished parts, and compare them with the
 * input; those of a run with force that was cut short go before the rest. */
int mt_pack_open(struct mt_pack *p, const char *folder, bool force,
		 bool resume, struct mt_err *err) MT_USE_RESULT;
/* The header of what follows; a part never holds records of two that
 * differ, if only in their provenance. */
int mt_pack_head(struct mt_pack *p, const struct mt_head *head,
		 struct mt_err *err) MT_USE_RESULT;
/* One record as its frame. split: its split or ""; hash: of its content, 0
 * for none. *twin: key of an earlier record with the same content in another
 * split, or NULL; valid until the pack is closed. */
int mt_pack_put(struct mt_pack *p, const struct mt_frame *frame,
		const char *split, uint64_t hash, const char **twin,
		struct mt_err *err) MT_USE_RESULT;
/* Finish the last part, write the manifest, release. A complete set stays as
 * it is; MT_EINPUT when it is not what the input gives. */
int mt_pack_close(struct mt_pack *p, struct mt_err *err) MT_USE_RESULT;
/* The manifest, and where an older set stands the exchange with it; for
 * those who write the parts themselves. */
int mt_pack_finish(struct mt_pack *p, struct mt_err *err) MT_USE_RESULT;
void mt_pack_abort(struct mt_pack *p);

/* Join whole sets into a new one, parts copied as they are and renumbered.
 * Their headers must agree.
 *   keys  out  which occur more than once; the caller releases it */
int mt_pack_merge(const char *folder, bool force, char *const *from, int n,
		  struct mt_keyset *keys, struct mt_err *err) MT_USE_RESULT;

#endif
