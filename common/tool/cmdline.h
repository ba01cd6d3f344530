/* SPDX-License-Identifier: MIT
 * The command line as a line of the provenance: one that can be pasted into a shell
 * to make the same bytes again. Options that are untraced (threads, messages, where
 * to) are left out; the others stay as they were typed. */
#ifndef MT_TOOL_CMDLINE_H
#define MT_TOOL_CMDLINE_H

#include "tool/opt.h"

/* New memory. program: argv[0] without its folder. */
char *mt_cmdline_text(const char *program, const struct mt_given *given);

#endif
