/* SPDX-License-Identifier: MIT
 * The header text of a stream segment: lines of tab-separated words
 * (mtrec(5)). Unknown lines are kept in place. */
#ifndef MT_STREAM_HEAD_H
#define MT_STREAM_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/api.h"
#include "base/err.h"

MT_API_BEGIN

struct mt_head_line {
	char **word;   /* unescaped; word[0] is the verb */
	int n_word;
};

struct mt_head {
	struct mt_head_line *line;
	size_t n_line, cap;
	size_t n_tag;
	uint32_t *slot;        /* lines by verb, by verb and name, tags by name: no
				* search takes longer in a header of many lines */
	size_t n_slot, n_used;
};

/* A new header of that kind: the mtrec and kind lines. */
void mt_head_init(struct mt_head *head, const char *kind);
void mt_head_release(struct mt_head *head);
void mt_head_copy(struct mt_head *to, const struct mt_head *from);
/* MT_EINPUT: no header, another version, or tags that do not stand in order. */
int mt_head_parse(struct mt_head *head, const char *text, size_t size,
		  struct mt_err *err) MT_USE_RESULT;
/* As text, new memory. */
char *mt_head_text(const struct mt_head *head, size_t *size);

/* Add a line of n words. */
void mt_head_add(struct mt_head *head, int n, const char *const *word);
/* Remove every line of that verb (and second word, unless NULL). */
void mt_head_drop(struct mt_head *head, const char *verb, const char *name);

const char *mt_head_kind(const struct mt_head *head);
void mt_head_set_kind(struct mt_head *head, const char *kind);
/* field NAME DTYPE SHAPE TEXT; replaces the line of that name. */
void mt_head_set_field(struct mt_head *head, const char *name,
		       const char *dtype, const char *shape, const char *text);
void mt_head_drop_field(struct mt_head *head, const char *name);
bool mt_head_has_field(const struct mt_head *head, const char *name);
/* The first field line of that name, or NULL. */
const struct mt_head_line *mt_head_field(const struct mt_head *head,
					 const char *name);
/* param NAME VALUE; NULL when there is none. */
const char *mt_head_param(const struct mt_head *head, const char *name);
void mt_head_set_param(struct mt_head *head, const char *name,
		       const char *fmt, ...) MT_PRINTF(3, 4);
/* The vocabulary: tag lines, numbered from 0 in their order. */
size_t mt_head_n_tag(const struct mt_head *head);
const char *mt_head_tag(const struct mt_head *head, size_t i);
/* Number of a tag by its name, or -1. */
int64_t mt_head_find_tag(const struct mt_head *head, const char *tag);
void mt_head_add_tag(struct mt_head *head, const char *tag);
/* from ROLE CRC NAME: a side input, with the CRC-32 of its bytes. */
void mt_head_add_from(struct mt_head *head, const char *role, uint32_t crc,
		      const char *name);
/* prog N TOOL VERSION COMMAND: one more link of the provenance chain. */
void mt_head_add_prog(struct mt_head *head, const char *tool,
		      const char *version, const char *command);
/* Do two segments belong together: kind, field, param and tag lines equal?
 * The message names the first line that differs. MT_EINPUT. */
int mt_head_same(const struct mt_head *a, const struct mt_head *b,
		 struct mt_err *err) MT_USE_RESULT;

MT_API_END

#endif
