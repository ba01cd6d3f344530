/* SPDX-License-Identifier: MIT
 * The folder of a packed set while it is written (mtpack(5)). A run that
 * replaces something writes into the sub-folder .next.tmp-mt, whose manifest
 * says that the new set is complete; then its files take the place of the old
 * ones. Killed at any moment that leaves the old set, or the new one, or no
 * manifest, and so no set, until the next run finishes the exchange. */
#ifndef MT_SET_PACKDIR_H
#define MT_SET_PACKDIR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Name of the sub-folder; the caller frees it. */
char *mt_packdir_next(const char *folder);
/* Parts in the folder, whether a manifest names them or not. */
size_t mt_packdir_parts(const char *folder);
/* Remove manifest, parts and temporary files, in this order. */
int mt_packdir_clear(const char *folder, struct mt_err *err) MT_USE_RESULT;
/* Remove the temporary files that a killed run left. */
int mt_packdir_tidy(const char *folder, struct mt_err *err) MT_USE_RESULT;
/* Remove the sub-folder, if there is one. */
int mt_packdir_drop_next(const char *folder, struct mt_err *err) MT_USE_RESULT;
/* Mark the sub-folder as one that a run has begun to fill; whether one has, so
 * that --resume goes on there though no part is whole yet; take the mark back
 * where there is no part. */
int mt_packdir_begin(const char *folder, struct mt_err *err) MT_USE_RESULT;
bool mt_packdir_begun(const char *folder);
void mt_packdir_give_up(const char *folder);
/* Put the complete set in the sub-folder in the place of the old one, or go
 * on with that where it was cut short; the folder is synced on the way.
 * MT_EINPUT when a part of the new set is missing or has another size; nothing
 * is changed then. */
int mt_packdir_swap(const char *folder, struct mt_err *err) MT_USE_RESULT;

#endif
