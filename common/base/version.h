/* SPDX-License-Identifier: MIT
 * The version of the library and its programs, as the Makefile has it. */
#ifndef MT_BASE_VERSION_H
#define MT_BASE_VERSION_H

/* "1.2.3"; static. */
const char *mt_version(void);

#endif
