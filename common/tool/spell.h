/* SPDX-License-Identifier: MIT
 * From the words of a library to those of a command line. A message of a library
 * names a parameter in backquotes (base/err.h); here the running tool's options and
 * the programs of the toolkit take their place:
 *	`force` starts over              --force starts over
 *	use `output FILE`                use -o FILE, or --output FILE without letter
 *	`scan` lists sound files         mt-scan lists sound files
 *	`pack split` draws splits        mt-pack --split draws splits */
#ifndef MT_TOOL_SPELL_H
#define MT_TOOL_SPELL_H

#include "tool/opt.h"

/* The text with options and programs, in new memory. What is neither an option of
 * the sets nor a program, or the two in this order, stays as it is. */
char *mt_spell(const struct mt_opt_set *sets, const char *text);

#endif
