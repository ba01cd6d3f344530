/* SPDX-License-Identifier: MIT
 * SQLite's answers as errors of ours. */
#ifndef MT_TAGS_TAGSQL_H
#define MT_TAGS_TAGSQL_H

#include <sqlite3.h>

#include "base/err.h"

/* What db (NULL: no memory) refused last, as one sentence about path: damaged
 * or no database MT_EINPUT, all else MT_ESYS. */
int mt_tagsql_error(sqlite3 *db, const char *path, struct mt_err *err);

#endif
