/* SPDX-License-Identifier: MIT
 * What every program shares: its description, its start, its messages.
 *
 * A tool is a static struct mt_tool and a call of mt_tool_begin(). Filters
 * and sinks do not call it themselves: mt_filter_run() does (tool/filter.h).
 * Messages go to standard error as "mt-melspec: text". */
#ifndef MT_TOOL_TOOL_H
#define MT_TOOL_TOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "tool/opt.h"

enum mt_tool_flags {
	MT_TOOL_JOBS = 1,      /* has -j */
	MT_TOOL_OUTPUT = 2,    /* has -o FILE: a stream (not a set, a model) */
	MT_TOOL_FAIL = 4,      /* --allow-fail, --fail-log */
	MT_TOOL_PROG = 8,      /* --no-prog */
	MT_TOOL_PROGRESS = 16, /* --progress */
	MT_TOOL_RECORD = 32,   /* --max-record: makes records */
};
#define MT_TOOL_FILTER (MT_TOOL_JOBS | MT_TOOL_OUTPUT | MT_TOOL_FAIL | \
			MT_TOOL_PROG | MT_TOOL_PROGRESS | MT_TOOL_RECORD)

#define MT_RECORD_MAX ((uint64_t)1 << 30)  /* default of --max-record, bytes */

/* A sub-command, for tools that answer many questions: it stands before or
 * after the first operand ("mt-tags popularity x.db", "mt-tags x.db
 * popularity"). Listed by --help and --list-commands. */
struct mt_verb {
	const char *name;
	const char *args;      /* "[TAG ...]", may be "" */
	const char *help;      /* one line */
};

struct mt_tool {
	const char *name;      /* "mt-melspec" */
	const char *purpose;   /* the manual's NAME line */
	const char *synopsis;  /* "[options] [stream ...]" */
	const struct mt_opt_set *sets; /* own tables, ended by rows NULL */
	unsigned flags;
	const struct mt_verb *verbs; /* ended by a name NULL; NULL: none */
};

/* Options that all tools share; filled by mt_tool_begin(). */
struct mt_common {
	bool help, version, list_options, list_commands, quiet, verbose, no_prog;
	int64_t jobs;             /* at least 1 after mt_tool_begin() */
	const char *output;       /* NULL: standard output */
	const char *allow_fail;   /* "N" or "N%" */
	const char *fail_log;
	const char *progress;     /* "auto", "json", "none" */
	uint64_t max_record;      /* bytes of the largest record that is made */
};
extern struct mt_common mt_common;

/* SIGPIPE to default, C numeric locale, parse; --help, --version and
 * --list-options print and exit 0; a wrong option prints the message and the
 * synopsis to standard error and exits 2.
 *   operand, n  out  argv + 1 and how many of them are operands */
void mt_tool_begin(const struct mt_tool *tool, int argc, char **argv,
		   char ***operand, int *n);

/* The same options from a JSON file (mt_opt_config()), common ones too. Call
 * mt_tool_again() behind it, so that the command line wins. */
int mt_tool_config(const char *path, struct mt_err *err) MT_USE_RESULT;

/* Set the options of the command line once more, over those that something else
 * has set since mt_tool_begin(). */
int mt_tool_again(struct mt_err *err) MT_USE_RESULT;

/* Take the sub-command out of the operands, which are those of
 * mt_tool_begin(); its number in the table. Where there is none, the message
 * says so: MT_EUSAGE. */
int mt_tool_verb(const struct mt_tool *tool, char **operand, int *n,
		 int *verb, struct mt_err *err) MT_USE_RESULT;

/* Did the command line give an option of this table? */
bool mt_tool_given(const struct mt_opt *rows);

/* This run's line of provenance (tool/cmdline.h). */
const char *mt_tool_cmdline(void);

/* Add this run to a header's provenance, unless --no-prog. */
struct mt_head;
void mt_tool_add_prog(struct mt_head *head);

/* Of the running tool, "mt-melspec". */
const char *mt_tool_name(void);

/* A library's text with the running tool's options and the toolkit's programs for
 * the parameters in it (tool/spell.h), in new memory. Messages are spelled anyway. */
char *mt_tool_spell(const char *text);

/* Messages; -q silences mt_info, mt_note needs -v. */
void mt_warn(const char *fmt, ...) MT_PRINTF(1, 2);
void mt_info(const char *fmt, ...) MT_PRINTF(1, 2);
void mt_note(const char *fmt, ...) MT_PRINTF(1, 2);
/* Print the message of err and return its exit code. */
int mt_tool_fail(const struct mt_err *err);
/* Flush and close standard output; returns the exit code to end with:
 * rc, or 4 with a message when what was printed could not be written. */
int mt_tool_end(int rc);

#endif
