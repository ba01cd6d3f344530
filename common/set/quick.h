/* SPDX-License-Identifier: MIT
 * A quick check of streams and sets: headers and end frames only, found from
 * the end of the file. It notices a file that was cut, lost or doubled frames
 * or text in between (the segments' sizes no longer fit), and damage of the
 * frames that it reads; not damage within a record. The parts of a set are held
 * against its manifest, all but their CRC-32, for which they would have to be read. */
#ifndef MT_SET_QUICK_H
#define MT_SET_QUICK_H

#include "stream/reader.h"

struct mt_quick {
	uint64_t n_segment;
	struct mt_tally all;     /* as the end frames say */
	struct mt_head first;    /* of the file's end; the others agree with it */
};

void mt_quick_init(struct mt_quick *q);
void mt_quick_release(struct mt_quick *q);
/* One file or set more. Errors: MT_EUSAGE not a file (a pipe, say);
 * MT_EINPUT damaged, or its header does not agree with those before. */
int mt_quick_add(struct mt_quick *q, const char *path, struct mt_err *err)
	MT_USE_RESULT;

#endif
