/* SPDX-License-Identifier: MIT
 * The version of the library and its programs, as the Makefile has it. */
#ifndef MT_BASE_VERSION_H
#define MT_BASE_VERSION_H

#include "base/api.h"

MT_API_BEGIN

/* "1.2.3"; static. */
const char *mt_version(void);

MT_API_END

#endif
