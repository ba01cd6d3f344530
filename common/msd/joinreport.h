/* SPDX-License-Identifier: MIT
 * What each rule of a join removed, from all tracks and all clips down to the rest. */
#ifndef MT_MSD_JOINREPORT_H
#define MT_MSD_JOINREPORT_H

#include "format/format.h"
#include "msd/join.h"

/* A table with a row for each rule that was at work, as text of *size bytes in new
 * memory. */
char *mt_msd_report(const struct mt_msd_join *j, const struct mt_format *format,
		    size_t *size);

#endif
