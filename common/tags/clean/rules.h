/* SPDX-License-Identifier: MIT
 * Rules of tag cleaning as a person writes them: mtrules(5). This reads and
 * checks them; tags/clean/decide.h applies them. */
#ifndef MT_TAGS_CLEAN_RULES_H
#define MT_TAGS_CLEAN_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "tags/clean/fold.h"
#include "tags/db/tagdb.h"

enum mt_rule_verb {
	MT_RULE_CANDIDATES, MT_RULE_POOL, MT_RULE_MIN_VAL, MT_RULE_OTHERS,
	MT_RULE_NAMES,
	MT_RULE_DENY, MT_RULE_DENY_WORDS, MT_RULE_ALLOW, MT_RULE_ALLOW_WORDS,
	MT_RULE_FOLD, MT_RULE_MERGE, MT_RULE_ADD, MT_RULE_DROP,
	MT_RULE_CLASS, MT_RULE_CLASS_WORDS, MT_RULE_PARENT,
	MT_RULE_EXPERIMENT, MT_N_RULE,
};
extern const char *const mt_rule_verb_name[MT_N_RULE];

/* A tag, or a pattern of words, that a rule names. */
struct mt_rule_name {
	char *s;
	size_t n;
	uint32_t file, line;     /* where it stands; file into mt_rules.file */
	uint32_t id;             /* number of its key, see mt_rules.key */
	struct mt_text words;    /* *-words rules: the pattern, split */
};

struct mt_rule {
	enum mt_rule_verb verb;
	uint32_t line;           /* of the rules file */
	bool has_target;
	struct mt_rule_name target; /* class, merge, add, parent */
	struct mt_rule_name *name;
	size_t n_name;
	enum mt_fold fold;
	bool plural, percent;
	double number;           /* threshold, share in percent, experiment */
	double threshold;        /* of an experiment */
};

struct mt_rules {
	struct mt_rule *rule;    /* in the order of the lines */
	size_t n;
	char **file;             /* file[0] is the rules file, then lists */
	size_t n_file;
	uint32_t crc;            /* CRC-32 over the bytes of all of them */
	bool exact;              /* names mean exactly these bytes */
	bool merge_others;       /* folds may merge what no allow names */
	/* keys of all the tags that rules name, by number */
	struct mt_texts key;
	struct mt_texts_index key_index;
	size_t first[MT_N_RULE]; /* of each verb, + 1; 0 none */
	uint32_t *words;         /* [n_words] the rules about words */
	size_t n_words;
};

/* Read a file, or what is built in under that name ("lastfm"), and the lists
 * that it names, and check all: every mistake is MT_EINPUT with file and line. */
int mt_rules_read(struct mt_rules *r, const char *path, struct mt_err *err)
	MT_USE_RESULT;
/* The same from memory; name is for messages, its folder for lists. */
int mt_rules_parse(struct mt_rules *r, const char *data, size_t size,
		   const char *name, struct mt_err *err) MT_USE_RESULT;
void mt_rules_release(struct mt_rules *r);

/* The key by which rules find this tag: itself, or its CASE fold. */
void mt_rules_key(const struct mt_rules *r, struct mt_text *key,
		  const char *tag, size_t n);
/* First rule of that verb, or NULL. */
const struct mt_rule *mt_rules_first(const struct mt_rules *r,
				     enum mt_rule_verb verb);
/* Start an error with file and line of a rule or name; returns MT_EINPUT. */
int mt_rules_error(const struct mt_rules *r, uint32_t file, uint32_t line,
		   struct mt_err *err, const char *fmt, ...) MT_PRINTF(5, 6);

/* Whether the rules as a whole make sense; called by mt_rules_parse(). */
int mt_rules_check(struct mt_rules *r, struct mt_err *err) MT_USE_RESULT;

/* Rules that are built in, from rules/NAME.rules; ended by a name NULL. */
struct mt_rules_builtin {
	const char *name, *text;
};
extern const struct mt_rules_builtin mt_rules_builtin[];

#endif
