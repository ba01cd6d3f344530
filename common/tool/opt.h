/* SPDX-License-Identifier: MIT
 * Option tables. One row describes one option; from the rows come parsing,
 * --help, --list-options (which feeds shell completion and the check against
 * the manual page) and --config files.
 *
 * Rows write into a struct through offsets, so a library module exports the
 * rows of its parameter struct (mt_mel_opts) and every tool that has such a
 * struct composes them in with its own. */
#ifndef MT_TOOL_OPT_H
#define MT_TOOL_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum mt_opt_type {
	MT_OPT_FLAG,    /* bool: true when given */
	MT_OPT_STR,     /* const char *: any text; must not be empty */
	MT_OPT_PATH,    /* const char *: a file or folder (for completion) */
	MT_OPT_OUTPUT,  /* the same, which the program writes (tool/outputs.h) */
	MT_OPT_I64,     /* int64_t within [min, max] */
	MT_OPT_F64,     /* double within [min, max], finite */
	MT_OPT_SIZE,    /* uint64_t bytes within [min, max]: 512M, 4G (mt_num_size) */
	MT_OPT_CHOICE,  /* const char *: one of choices, "a|b|c" */
	MT_OPT_LIST,    /* struct mt_opt_list: may be repeated */
	MT_OPT_MAYBE,   /* const char *: "" for --name, V for --name=V; one of
			 * choices, if it has any */
};

struct mt_opt_list {
	const char **item;
	size_t n;
};

struct mt_opt {
	char letter;             /* 0: none */
	const char *name;        /* long name without the dashes */
	const char *arg;         /* placeholder in help, "HZ"; NULL for FLAG */
	enum mt_opt_type type;
	size_t offset;           /* of the variable in the set's struct */
	const char *help;        /* one line; "[default]" belongs in it */
	const char *choices;     /* CHOICE; MAYBE, or NULL for any text */
	double min, max;         /* I64, F64, SIZE; both 0: no limits */
	bool untraced;           /* says how to run, not what to make: kept out of
				  * the provenance, so that the same result has
				  * the same bytes */
};

/* One row. type is the name of an mt_opt_type without MT_OPT_, where the offset of
 * the variable; behind the help come the members that this option needs:
 *	MT_OPT('j', "jobs", "N", I64, AT(jobs), "threads", MT_RANGE(1, 4096)),
 *	MT_OPT(0, "log", "KIND", CHOICE, AT(log), "db or ln", .choices = "db|ln"),
 *	MT_FLAG('q', "quiet", AT(quiet), "print errors only", .untraced = true),
 *	{0},
 */
#define MT_OPT(letter_, name_, arg_, type_, where_, help_, ...) \
	{.letter = (letter_), .name = (name_), .arg = (arg_), .type = MT_OPT_##type_, \
	 .offset = (where_), .help = (help_), __VA_ARGS__}
#define MT_FLAG(letter_, name_, where_, help_, ...) \
	{.letter = (letter_), .name = (name_), .type = MT_OPT_FLAG, .offset = (where_), \
	 .help = (help_), __VA_ARGS__}
#define MT_RANGE(min_, max_) .min = (min_), .max = (max_)

/* Several tables, each with the struct that it fills; ended by rows NULL. */
struct mt_opt_set {
	const struct mt_opt *rows; /* ended by a row whose name is NULL */
	void *base;
};

/* One option or operand of a command line, as it was typed. */
struct mt_given_opt {
	const struct mt_opt *row;  /* NULL: an operand, or "--" */
	void *to;                  /* its variable */
	const char *word;          /* of argv: the one that it is in */
	const char *letter;        /* in word; NULL: a long name */
	const char *value;         /* NULL: none */
	bool apart;                /* the value is the next word */
};

/* What a command line gave, in its order; the texts are argv's. */
struct mt_given {
	struct mt_given_opt *item;
	size_t n;
};
void mt_given_release(struct mt_given *given);

/* Parse argv[1..] against the sets; "--name=V", "--name V" (not MAYBE),
 * "-xV", "-x V", grouped flags "-qv", "--" ends options; operands may stand between options.
 * Long names may be shortened where only one fits.
 *   n_op   out  operands are moved to argv[1] .. argv[*n_op]
 *   given  out  what was there, also after an error; to be released
 * Strings point into argv. Errors: MT_EUSAGE, naming option and value. */
int mt_opt_parse(const struct mt_opt_set *sets, int argc, char **argv,
		 int *n_op, struct mt_given *given, struct mt_err *err)
	MT_USE_RESULT;

/* Set what was given once more, over what else has set options since: for
 * programs that read a --config file. */
int mt_opt_again(const struct mt_given *given, struct mt_err *err) MT_USE_RESULT;

/* The row of a long name, not shortened; NULL: none. */
const struct mt_opt *mt_opt_find(const struct mt_opt_set *sets, const char *name);

/* Whether the word behind the option is its value. */
bool mt_opt_takes_word(const struct mt_opt *row);

/* Set one option by its long name from text, as parsing would; value NULL
 * for a flag. Used by --config. The text must outlive the struct. */
int mt_opt_set_text(const struct mt_opt_set *sets, const char *name,
		    const char *value, struct mt_err *err) MT_USE_RESULT;
/* The same for those who call back: sets is a struct mt_opt_set[]. */
int mt_opt_set_by_name(const void *sets, const char *name, const char *value,
		       struct mt_err *err) MT_USE_RESULT;

/* Set options from a JSON object in a file: {"name": value, ...}, with the
 * long names; a flag takes true or false, a list takes an array, and null leaves
 * an option as it is. An unknown name is MT_EUSAGE whatever its value. Options on
 * the command line win if mt_opt_again() follows. The text stays allocated until
 * the program ends. */
int mt_opt_config(const struct mt_opt_set *sets, const char *path,
		  struct mt_err *err) MT_USE_RESULT;

/* Free that text: no option may point to it any more. */
void mt_opt_config_forget(void);

void mt_opt_list_release(struct mt_opt_list *list);

#endif
