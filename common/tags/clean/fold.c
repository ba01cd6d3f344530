/* SPDX-License-Identifier: MIT */
#include "tags/clean/fold.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/mem.h"

const char *const mt_fold_name[MT_N_FOLD] = {
	"strip", "amp-n", "amp-and", "and-n", "decade-19", "decade-20",
	"case", "letters", "and-words", "plain", "exact",
};

static void reserve(struct mt_text *t, size_t n)
{
	if (t->n + n + 1 > t->cap) {
		t->cap = 2 * (t->n + n + 1) + 64;
		t->s = mt_realloc(t->s, t->cap, 1);
	}
}

void mt_text_put(struct mt_text *t, const char *s, size_t n)
{
	reserve(t, n);
	if (n)
		memcpy(t->s + t->n, s, n);
	t->n += n;
	t->s[t->n] = 0;
}

static void clear(struct mt_text *t)
{
	t->n = 0;
	mt_text_put(t, "", 0);
}

static bool is_ascii(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] & 0x80)
			return false;
	return true;
}

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

static void lower_ascii(char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] >= 'A' && s[i] <= 'Z')
			s[i] = (char)(s[i] + ('a' - 'A'));
}

/* The six folds of Orpheus, still in the tag's own case. */
static void strip(struct mt_text *key, enum mt_fold fold, const char *s,
		  size_t n)
{
	reserve(key, 3 * n + 2);  /* each & may be and; 19 or 20 */
	char *to = key->s;
	for (size_t i = 0; i < n; i++) {
		if (is_alnum(s[i])) {
			*to++ = s[i];
		} else if (s[i] == '&' && fold == MT_FOLD_AMP_N) {
			*to++ = 'n';
		} else if (s[i] == '&' && fold == MT_FOLD_AMP_AND) {
			memcpy(to, "and", 3);
			to += 3;
		} else if (s[i] == ' ' && fold == MT_FOLD_AND_N && n - i >= 5 &&
			   !memcmp(s + i, " and ", 5)) {
			*to++ = 'n';
			i += 4;
		}
	}
	key->n = (size_t)(to - key->s);
	bool decade = key->n >= 3 && key->s[0] >= '0' && key->s[0] <= '9' &&
		      key->s[1] == '0' && key->s[2] == 's';
	if (decade && (fold == MT_FOLD_DECADE_19 || fold == MT_FOLD_DECADE_20)) {
		memmove(key->s + 2, key->s, key->n);
		memcpy(key->s, fold == MT_FOLD_DECADE_19 ? "19" : "20", 2);
		key->n += 2;
	}
	key->s[key->n] = 0;
}

bool mt_utf8_valid(const char *s, size_t n)
{
	const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)s;
	utf8proc_int32_t c;
	while (n) {
		if (*p < 0x80) {
			p++;
			n--;
			continue;
		}
		utf8proc_ssize_t k = utf8proc_iterate(p, (utf8proc_ssize_t)n,
						      &c);
		if (k <= 0)
			return false;
		p += k;
		n -= (size_t)k;
	}
	return true;
}

/* NFKC and case folding (not keeping: decomposed); false when s is no text. */
static bool map(struct mt_text *key, const char *s, size_t n, bool composed)
{
	if (is_ascii(s, n)) {
		mt_text_put(key, s, n);
		lower_ascii(key->s, key->n);
		return true;
	}
	utf8proc_uint8_t *out = NULL;
	int how = UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD |
		  (composed ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE);
	utf8proc_ssize_t got = utf8proc_map((const utf8proc_uint8_t *)s,
					    (utf8proc_ssize_t)n, &out,
					    (utf8proc_option_t)how);
	if (got < 0)
		return false;
	mt_text_put(key, (const char *)out, (size_t)got);
	free(out);
	return true;
}

/* Letters, marks and numbers of every script. */
static bool is_word(utf8proc_int32_t c)
{
	if (c < 0x80)
		return is_alnum((char)c);
	utf8proc_category_t k = utf8proc_category(c);
	return k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_NO;
}

/* One character of valid text. */
static size_t next(const char *s, size_t n, utf8proc_int32_t *c)
{
	if (!(*s & 0x80)) {
		*c = *s;
		return 1;
	}
	utf8proc_ssize_t k = utf8proc_iterate((const utf8proc_uint8_t *)s,
					      (utf8proc_ssize_t)n, c);
	MT_BUG(k <= 0);
	return (size_t)k;
}

/* Length of the word that begins here. */
static size_t word_len(const char *s, size_t n)
{
	size_t i = 0;
	utf8proc_int32_t c;
	while (i < n) {
		size_t k = next(s + i, n - i, &c);
		if (!is_word(c))
			break;
		i += k;
	}
	return i;
}

static bool is_latin(utf8proc_int32_t c)
{
	return c < 0x250;
}

/* Of a mapped text, the words' letters; fold says what else. */
static void keep_letters(struct mt_text *key, enum mt_fold fold, const char *s,
			 size_t n)
{
	bool latin = false;
	utf8proc_int32_t c;
	for (size_t i = 0; i < n;) {
		size_t k = next(s + i, n - i, &c), w = word_len(s + i, n - i);
		if (fold != MT_FOLD_LETTERS && (c == '&' || c == '+' ||
		    (w == 1 && *(s + i) == 'n') ||
		    (w == 3 && !memcmp(s + i, "and", 3)))) {
			mt_text_put(key, "n", 1);
			i += w ? w : k;
			continue;
		}
		size_t end = i + (w ? w : k);
		while (w && i < end) {
			k = next(s + i, end - i, &c);
			bool mark = c >= 0x300 && c < 0x370;
			if (!mark)
				latin = is_latin(c);
			if (fold != MT_FOLD_PLAIN || !mark || !latin)
				mt_text_put(key, s + i, k);
			i += k;
		}
		i = end;
	}
}

void mt_fold_key(struct mt_text *key, enum mt_fold fold, bool plural,
		 const char *tag, size_t n)
{
	clear(key);
	if (fold <= MT_FOLD_DECADE_20) {
		strip(key, fold, tag, n);
	} else if (fold == MT_FOLD_EXACT) {
		mt_text_put(key, tag, n);
		return;
	} else if (fold == MT_FOLD_CASE && is_ascii(tag, n)) {
		mt_text_put(key, tag, n);
		lower_ascii(key->s, n);
	} else {
		struct mt_text mapped = {0};
		bool ok = map(&mapped, tag, n, fold != MT_FOLD_PLAIN);
		if (!ok || fold == MT_FOLD_CASE)
			mt_text_put(key, ok ? mapped.s : tag,
				    ok ? mapped.n : n);
		else
			keep_letters(key, fold, mapped.s ? mapped.s : "",
				     mapped.n);
		free(mapped.s);
		if (!ok)
			return;
	}
	if (plural && key->n >= 2 && key->s[key->n - 1] == 's' &&
	    key->s[key->n - 2] != 's')
		key->s[--key->n] = 0;
	if (fold <= MT_FOLD_DECADE_20)
		lower_ascii(key->s, key->n);
}

/* "80s" where a word begins with it */
static bool find_decade(const char *s, size_t n, const char **at)
{
	if (!mt_utf8_valid(s, n))
		return false;
	bool inside = false;
	utf8proc_int32_t c;
	for (size_t i = 0; i + 2 < n;) {
		if (!inside && s[i] >= '0' && s[i] <= '9' && s[i + 1] == '0' &&
		    s[i + 2] == 's') {
			*at = s + i;
			return true;
		}
		i += next(s + i, n - i, &c);
		inside = is_word(c) || c == '_';
	}
	return false;
}

bool mt_fold_target(enum mt_fold fold, const char *tag, size_t n,
		    const char **at, size_t *len)
{
	*at = tag;
	*len = n;
	switch (fold) {
	case MT_FOLD_AMP_N:
	case MT_FOLD_AMP_AND:
		return memchr(tag, '&', n) != NULL;
	case MT_FOLD_AND_N:
		return memmem(tag, n, " and ", 5) != NULL;
	case MT_FOLD_DECADE_19:
	case MT_FOLD_DECADE_20:
		*len = 3;
		return find_decade(tag, n, at);
	default:
		return true;
	}
}

void mt_fold_lower(struct mt_text *out, const char *tag, size_t n)
{
	clear(out);
	if (is_ascii(tag, n) || !mt_utf8_valid(tag, n)) {
		mt_text_put(out, tag, n);
		lower_ascii(out->s, out->n);
		return;
	}
	utf8proc_uint8_t one[4];
	utf8proc_int32_t c;
	for (size_t i = 0; i < n;) {
		i += next(tag + i, n - i, &c);
		utf8proc_ssize_t k = utf8proc_encode_char(utf8proc_tolower(c),
							  one);
		mt_text_put(out, (const char *)one, (size_t)k);
	}
}

/* Words of a mapped text; a pattern's may have stars. */
static void split(struct mt_text *words, const char *s, size_t n, bool stars)
{
	utf8proc_int32_t c;
	size_t start = words->n;
	for (size_t i = 0; i < n;) {
		size_t k = next(s + i, n - i, &c);
		if (is_word(c) || (stars && c == '*')) {
			mt_text_put(words, s + i, k);
		} else if (words->n > start) {
			mt_text_put(words, "", 1);
			start = words->n;
		}
		i += k;
	}
	if (words->n > start)
		mt_text_put(words, "", 1);
}

static void split_mapped(struct mt_text *words, const char *s, size_t n,
			 bool stars)
{
	struct mt_text mapped = {0};
	clear(words);
	if (!map(&mapped, s, n, true)) {
		/* no text: its ASCII words, between which all else stands */
		mt_text_put(&mapped, s, n);
		lower_ascii(mapped.s, n);
		for (size_t i = 0; i < n; i++)
			if (mapped.s[i] & 0x80)
				mapped.s[i] = ' ';
	}
	split(words, mapped.s ? mapped.s : "", mapped.n, stars);
	free(mapped.s);
}

void mt_words_split(struct mt_text *words, const char *tag, size_t n)
{
	split_mapped(words, tag, n, false);
}

bool mt_words_pattern(struct mt_text *pattern, const char *s, size_t n)
{
	split_mapped(pattern, s, n, true);
	bool letters = false;
	for (size_t i = 0; i < pattern->n; i++)
		letters |= pattern->s[i] && pattern->s[i] != '*';
	return letters;
}

/* One word against one of a pattern: "rap", "rap*", "*core", "*rap*". */
static bool match_word(const char *p, const char *w)
{
	size_t np = strlen(p), nw = strlen(w);
	bool head = np && p[0] == '*', tail = np > 1 && p[np - 1] == '*';
	p += head;
	np -= (size_t)head + (size_t)tail;
	if (np > nw)
		return false;
	if (head && tail)
		return memmem(w, nw, p, np) != NULL;
	if (head)
		return !memcmp(w + nw - np, p, np);
	return (tail || np == nw) && !memcmp(w, p, np);
}

bool mt_words_match(const struct mt_text *pattern, const struct mt_text *words)
{
	for (size_t i = 0; i < words->n; i += strlen(words->s + i) + 1) {
		size_t p = 0, w = i;
		while (p < pattern->n && w < words->n &&
		       match_word(pattern->s + p, words->s + w)) {
			p += strlen(pattern->s + p) + 1;
			w += strlen(words->s + w) + 1;
		}
		if (p >= pattern->n)
			return true;
	}
	return false;
}
