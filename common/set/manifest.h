/* SPDX-License-Identifier: MIT
 * manifest.json of a packed set, and sets joined by it (mtpack(5)). */
#ifndef MT_SET_MANIFEST_H
#define MT_SET_MANIFEST_H

#include "set/pack.h"

/* Write the manifest of a pack whose parts are all finished. */
int mt_manifest_write(const struct mt_pack *p, struct mt_err *err)
	MT_USE_RESULT;

#endif
