/* SPDX-License-Identifier: MIT
 * Spellings of tags: folds that make a key of a tag, so that tags with the
 * same key are one tag, and patterns of words. Tags are bytes; what is no
 * valid UTF-8 has itself as its key, which equals no other tag's.
 *
 * The first six folds are those of the Orpheus project, to the letter. */
#ifndef MT_TAGS_CLEAN_FOLD_H
#define MT_TAGS_CLEAN_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mt_fold {
	MT_FOLD_STRIP,     /* ASCII letters and digits, nothing else */
	MT_FOLD_AMP_N,     /* "&" becomes n, then strip */
	MT_FOLD_AMP_AND,   /* "&" becomes and, then strip */
	MT_FOLD_AND_N,     /* " and " becomes n, then strip */
	MT_FOLD_DECADE_19, /* strip; a leading 80s becomes 1980s */
	MT_FOLD_DECADE_20, /* strip; a leading 00s becomes 2000s */
	MT_FOLD_CASE,      /* NFKC and case folding */
	MT_FOLD_LETTERS,   /* the same, letters, marks and digits only */
	MT_FOLD_AND_WORDS, /* the same; &, +, and, n are all n */
	MT_FOLD_PLAIN,     /* and-words; Latin letters lose their accents */
	MT_FOLD_EXACT,     /* the bytes as they are */
	MT_N_FOLD,
};

extern const char *const mt_fold_name[MT_N_FOLD];

/* Growing text; starts zeroed, release with free(t.s). */
struct mt_text {
	char *s;           /* ended by a zero byte that n does not count */
	size_t n, cap;
};
void mt_text_put(struct mt_text *t, const char *s, size_t n);

/* The key of a tag into key, anew. plural: a final s that no other s precedes
 * is dropped. Comparison of keys is by bytes; they are in lower case. An empty
 * key means that the fold leaves nothing. */
void mt_fold_key(struct mt_text *key, enum mt_fold fold, bool plural,
		 const char *tag, size_t n);
/* Does this fold look at this target at all? The Orpheus folds only at those
 * that they would change; *at and *len give the part that is looked at, the
 * decade for the folds of decades, else the whole. */
bool mt_fold_target(enum mt_fold fold, const char *tag, size_t n,
		    const char **at, size_t *len);
bool mt_utf8_valid(const char *s, size_t n);
/* In lower case, letter by letter, as a name to show. */
void mt_fold_lower(struct mt_text *out, const char *tag, size_t n);

/* The words of a tag: runs of letters and digits of its CASE key, each ended
 * by a zero byte. */
void mt_words_split(struct mt_text *words, const char *tag, size_t n);
/* Is the pattern, itself split by mt_words_pattern(), found in consecutive
 * words? A word of the pattern may begin or end with '*'. */
bool mt_words_match(const struct mt_text *pattern, const struct mt_text *words);
/* Split a pattern; false when it has no words. */
bool mt_words_pattern(struct mt_text *pattern, const char *s, size_t n);

#endif
