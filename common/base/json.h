/* SPDX-License-Identifier: MIT
 * JSON files, by jansson. */
#ifndef MT_BASE_JSON_H
#define MT_BASE_JSON_H

#include <jansson.h>

#include "base/err.h"

/* Parse a file whole; names must not stand twice in an object. *root is the
 * caller's, for json_decref(). A file that cannot be opened is MT_ESYS, one that
 * is no JSON is `damaged` (MT_EINPUT, or MT_EUSAGE for a file that belongs to the
 * command line), with file and line. */
int mt_json_load(json_t **root, const char *path, int damaged, struct mt_err *err)
	MT_USE_RESULT;

#endif
