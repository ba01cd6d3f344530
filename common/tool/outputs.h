/* SPDX-License-Identifier: MIT
 * Two outputs of one program must not be one file: the second would replace the
 * first, or both be mixed, with exit 0. mt_tool_begin() calls this for every
 * option of the type MT_OPT_OUTPUT. */
#ifndef MT_TOOL_OUTPUTS_H
#define MT_TOOL_OUTPUTS_H

#include <stdbool.h>

#include "tool/opt.h"

/* Compare the outputs that were given, by name, folder and inode. Terminals and
 * devices such as /dev/null may be named twice; "-" is standard output. Nor may
 * one be a file that a PATH option reads, such as a model or a table.
 *   stream  standard output is one of them, because -o was not given
 * The same file twice is MT_EUSAGE, naming both options. */
int mt_outputs_differ(const struct mt_opt_set *sets, bool stream,
		      struct mt_err *err) MT_USE_RESULT;
/* Are these the same file, or would they be once they are written? */
bool mt_outputs_same(const char *a, const char *b);

#endif
