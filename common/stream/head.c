/* SPDX-License-Identifier: MIT */
#include "stream/head.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/mem.h"
#include "base/rng.h"

static void line_release(struct mt_head_line *line)
{
	for (int i = 0; i < line->n_word; i++)
		free(line->word[i]);
	free(line->word);
}

void mt_head_release(struct mt_head *head)
{
	for (size_t i = 0; i < head->n_line; i++)
		line_release(&head->line[i]);
	free(head->line);
	free(head->slot);
	*head = (struct mt_head){0};
}

/* What a line is found by. */
enum by { BY_VERB, BY_NAME, BY_TAG, N_BY };

static bool has_key(const struct mt_head_line *line, enum by by)
{
	return line->n_word > 1 + (by == BY_TAG) &&
	       (by != BY_TAG || !strcmp(line->word[0], "tag"));
}

static bool is_at(const struct mt_head_line *line, enum by by, const char *verb,
		  const char *name)
{
	return !strcmp(line->word[0], verb) &&
	       (by == BY_VERB || !strcmp(line->word[by == BY_TAG ? 2 : 1], name));
}

/* The slot of the first line of that key, or the empty one where it belongs. A
 * slot holds N_BY * line + by + 1. */
static uint32_t *find_slot(const struct mt_head *head, enum by by,
			   const char *verb, const char *name)
{
	uint64_t hash = mt_hash64(verb, strlen(verb)) + (uint64_t)by;
	if (by != BY_VERB)
		hash = 31 * hash + mt_hash64(name, strlen(name));
	hash ^= hash >> 32;
	for (size_t k = hash & (head->n_slot - 1);; k = (k + 1) & (head->n_slot - 1)) {
		uint32_t *slot = &head->slot[k], at = *slot - 1;
		if (!*slot || (at % N_BY == by &&
			       is_at(&head->line[at / N_BY], by, verb, name)))
			return slot;
	}
}

static void enter_line(struct mt_head *head, size_t i)
{
	const struct mt_head_line *line = &head->line[i];
	for (enum by by = 0; by < N_BY; by++) {
		if (!has_key(line, by))
			continue;
		uint32_t *slot = find_slot(head, by, line->word[0],
					   line->word[by == BY_TAG ? 2 : 1]);
		if (*slot)
			continue;
		*slot = (uint32_t)(N_BY * i + by + 1);
		head->n_used++;
	}
	head->n_tag += !strcmp(line->word[0], "tag");
}

static void enter_all(struct mt_head *head, size_t n_slot)
{
	free(head->slot);
	head->slot = mt_calloc(n_slot, sizeof *head->slot);
	head->n_slot = n_slot;
	head->n_used = head->n_tag = 0;
	for (size_t i = 0; i < head->n_line; i++)
		enter_line(head, i);
}

/* The newest line has its words. */
static void enter_last(struct mt_head *head)
{
	if (2 * (head->n_used + N_BY) > head->n_slot)
		enter_all(head, head->n_slot ? 2 * head->n_slot : 64);
	else
		enter_line(head, head->n_line - 1);
}

static struct mt_head_line *new_line(struct mt_head *head, int n)
{
	if (head->n_line == head->cap) {
		head->cap = head->cap ? 2 * head->cap : 32;
		head->line = mt_realloc(head->line, head->cap,
					sizeof *head->line);
	}
	struct mt_head_line *line = &head->line[head->n_line++];
	line->n_word = n;
	line->word = mt_calloc((size_t)n, sizeof *line->word);
	return line;
}

void mt_head_add(struct mt_head *head, int n, const char *const *word)
{
	struct mt_head_line *line = new_line(head, n);
	for (int i = 0; i < n; i++)
		line->word[i] = mt_strdup(word[i]);
	enter_last(head);
}

void mt_head_init(struct mt_head *head, const char *kind)
{
	*head = (struct mt_head){0};
	mt_head_add(head, 2, (const char *[]){"mtrec", "1"});
	mt_head_add(head, 2, (const char *[]){"kind", kind});
}

void mt_head_copy(struct mt_head *to, const struct mt_head *from)
{
	*to = (struct mt_head){0};
	for (size_t i = 0; i < from->n_line; i++)
		mt_head_add(to, from->line[i].n_word,
			    (const char *const *)from->line[i].word);
}

static char *unescape(const char *s, size_t n)
{
	char *out = mt_calloc(n + 1, 1), *o = out;
	for (size_t i = 0; i < n; i++) {
		if (s[i] != '\\' || i + 1 == n) {
			*o++ = s[i];
			continue;
		}
		i++;
		*o++ = s[i] == 't' ? '\t' : s[i] == 'n' ? '\n' : s[i];
	}
	return out;
}

static void parse_line(struct mt_head *head, const char *s, size_t n)
{
	int words = 1;
	for (size_t i = 0; i < n; i++)
		words += s[i] == '\t';
	struct mt_head_line *line = new_line(head, words);
	for (int w = 0; w < words; w++) {
		const char *tab = memchr(s, '\t', n);
		size_t len = tab ? (size_t)(tab - s) : n;
		line->word[w] = unescape(s, len);
		s += len + 1;
		n -= tab ? len + 1 : len;
	}
	enter_last(head);
}

/* mt_head_tag() must find each of mt_head_n_tag(). */
static int check_tags(const struct mt_head *head, struct mt_err *err)
{
	size_t n = 0;
	for (size_t i = 0; i < head->n_line; i++) {
		const struct mt_head_line *line = &head->line[i];
		char number[24];
		if (strcmp(line->word[0], "tag") != 0)
			continue;
		snprintf(number, sizeof number, "%zu", n);
		if (line->n_word < 3 || strcmp(line->word[1], number) != 0)
			return mt_err_set(err, MT_EINPUT, "the stream's header: a tag "
					  "line where 'tag %zu NAME' was due", n);
		n++;
	}
	return MT_OK;
}

int mt_head_parse(struct mt_head *head, const char *text, size_t size,
		  struct mt_err *err)
{
	*head = (struct mt_head){0};
	if (memchr(text, 0, size))
		return mt_err_set(err, MT_EINPUT,
				  "the stream's header text holds a zero byte");
	for (size_t at = 0; at < size;) {
		const char *nl = memchr(text + at, '\n', size - at);
		size_t len = nl ? (size_t)(nl - text) - at : size - at;
		if (len)
			parse_line(head, text + at, len);
		at += len + 1;
	}
	struct mt_head_line *first = head->line;
	if (!head->n_line || strcmp(first->word[0], "mtrec") ||
	    first->n_word < 2) {
		mt_head_release(head);
		return mt_err_set(err, MT_EINPUT, "the stream's header does "
				  "not begin with an mtrec line");
	}
	if (strcmp(first->word[1], "1")) {
		int rc = mt_err_set(err, MT_EINPUT, "the stream is of format "
				    "version %.20s; this program reads "
				    "version 1", first->word[1]);
		mt_head_release(head);
		return rc;
	}
	if (!mt_head_kind(head)[0]) {
		mt_head_release(head);
		return mt_err_set(err, MT_EINPUT,
				  "the stream's header has no kind line");
	}
	int rc = check_tags(head, err);
	if (rc)
		mt_head_release(head);
	return rc;
}

static size_t put_text(const struct mt_head *head, char *out)
{
	size_t n = 0;
	for (size_t i = 0; i < head->n_line; i++) {
		const struct mt_head_line *line = &head->line[i];
		for (int w = 0; w < line->n_word; w++) {
			n += mt_escape(out ? out + n : NULL, line->word[w],
					    strlen(line->word[w]));
			if (out)
				out[n] = w + 1 < line->n_word ? '\t' : '\n';
			n++;
		}
	}
	return n;
}

char *mt_head_text(const struct mt_head *head, size_t *size)
{
	*size = put_text(head, NULL);
	char *out = mt_calloc(*size + 1, 1);
	put_text(head, out);
	return out;
}

static struct mt_head_line *find(const struct mt_head *head, const char *verb,
				 const char *name)
{
	uint32_t at = head->n_slot ? *find_slot(head, name ? BY_NAME : BY_VERB,
						verb, name) : 0;
	return at ? &head->line[(at - 1) / N_BY] : NULL;
}

void mt_head_drop(struct mt_head *head, const char *verb, const char *name)
{
	size_t n = 0;
	for (size_t i = 0; i < head->n_line; i++) {
		struct mt_head_line *line = &head->line[i];
		bool hit = !strcmp(line->word[0], verb) &&
			   (!name || (line->n_word > 1 &&
				      !strcmp(line->word[1], name)));
		if (hit)
			line_release(line);
		else
			head->line[n++] = *line;
	}
	if (n == head->n_line)
		return;
	head->n_line = n;
	enter_all(head, head->n_slot);
}

/* Put the line where the old one of that verb and name stands, else last. */
static void replace(struct mt_head *head, int n, const char *const *word)
{
	struct mt_head_line *old = find(head, word[0], word[1]);
	if (!old) {
		mt_head_add(head, n, word);
		return;
	}
	/* the words may be those of the old line */
	char **copy = mt_calloc((size_t)n, sizeof *copy);
	for (int i = 0; i < n; i++)
		copy[i] = mt_strdup(word[i]);
	line_release(old);
	*old = (struct mt_head_line){copy, n};
}

const char *mt_head_kind(const struct mt_head *head)
{
	struct mt_head_line *line = find(head, "kind", NULL);
	return line ? line->word[1] : "";
}

void mt_head_set_kind(struct mt_head *head, const char *kind)
{
	struct mt_head_line *line = find(head, "kind", NULL);
	MT_BUG(!line);
	free(line->word[1]);
	line->word[1] = mt_strdup(kind);
}

void mt_head_set_field(struct mt_head *head, const char *name,
		       const char *dtype, const char *shape, const char *text)
{
	replace(head, 5, (const char *[]){"field", name, dtype, shape, text});
}

void mt_head_drop_field(struct mt_head *head, const char *name)
{
	mt_head_drop(head, "field", name);
}

bool mt_head_has_field(const struct mt_head *head, const char *name)
{
	return find(head, "field", name) != NULL;
}

const struct mt_head_line *mt_head_field(const struct mt_head *head,
					 const char *name)
{
	return find(head, "field", name);
}

const char *mt_head_param(const struct mt_head *head, const char *name)
{
	struct mt_head_line *line = find(head, "param", name);
	return line && line->n_word > 2 ? line->word[2] : NULL;
}

void mt_head_set_param(struct mt_head *head, const char *name,
		       const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	char *value = mt_vstrf(fmt, ap);
	va_end(ap);
	replace(head, 3, (const char *[]){"param", name, value});
	free(value);
}

size_t mt_head_n_tag(const struct mt_head *head)
{
	return head->n_tag;
}

const char *mt_head_tag(const struct mt_head *head, size_t k)
{
	char number[24];
	snprintf(number, sizeof number, "%zu", k);
	struct mt_head_line *line = find(head, "tag", number);
	return line && line->n_word > 2 ? line->word[2] : NULL;
}

int64_t mt_head_find_tag(const struct mt_head *head, const char *tag)
{
	uint32_t at = head->n_slot ? *find_slot(head, BY_TAG, "tag", tag) : 0;
	return at ? strtoll(head->line[(at - 1) / N_BY].word[1], NULL, 10) : -1;
}

void mt_head_add_tag(struct mt_head *head, const char *tag)
{
	char number[24];
	snprintf(number, sizeof number, "%zu", mt_head_n_tag(head));
	mt_head_add(head, 3, (const char *[]){"tag", number, tag});
}

void mt_head_add_from(struct mt_head *head, const char *role, uint32_t crc,
		      const char *name)
{
	char hex[12];
	snprintf(hex, sizeof hex, "%08x", crc);
	mt_head_add(head, 4, (const char *[]){"from", role, hex, name});
}

void mt_head_add_prog(struct mt_head *head, const char *tool,
		      const char *version, const char *command)
{
	size_t n = 1;
	char number[24];
	for (size_t i = 0; i < head->n_line; i++)
		n += !strcmp(head->line[i].word[0], "prog");
	snprintf(number, sizeof number, "%zu", n);
	mt_head_add(head, 5, (const char *[]){"prog", number, tool, version,
					      command});
}

static bool binding(const struct mt_head_line *line)
{
	return !strcmp(line->word[0], "kind") ||
	       !strcmp(line->word[0], "field") ||
	       !strcmp(line->word[0], "param") ||
	       !strcmp(line->word[0], "tag");
}

static const struct mt_head_line *next_binding(const struct mt_head *head,
					       size_t *i)
{
	while (*i < head->n_line)
		if (binding(&head->line[(*i)++]))
			return &head->line[*i - 1];
	return NULL;
}

static bool same_line(const struct mt_head_line *a,
		      const struct mt_head_line *b)
{
	if (a->n_word != b->n_word)
		return false;
	for (int i = 0; i < a->n_word; i++)
		if (strcmp(a->word[i], b->word[i]))
			return false;
	return true;
}

static const char *show(const struct mt_head_line *line, char *buf, size_t n)
{
	if (!line)
		return "nothing";
	bool field = !strcmp(line->word[0], "field") && line->n_word > 3;
	snprintf(buf, n, "'%.40s %.60s %.60s%s%.40s'", line->word[0],
		 line->n_word > 1 ? line->word[1] : "",
		 line->n_word > 2 ? line->word[2] : "",
		 field && *line->word[3] ? " " : "", field ? line->word[3] : "");
	return buf;
}

int mt_head_same(const struct mt_head *a, const struct mt_head *b,
		 struct mt_err *err)
{
	size_t i = 0, j = 0;
	for (;;) {
		const struct mt_head_line *x = next_binding(a, &i);
		const struct mt_head_line *y = next_binding(b, &j);
		if (!x && !y)
			return MT_OK;
		if (x && y && same_line(x, y))
			continue;
		char p[224], q[224];
		return mt_err_set(err, MT_EINPUT, "the streams do not belong "
				  "together: the first has %s where this one "
				  "has %s", show(x, p, sizeof p),
				  show(y, q, sizeof q));
	}
}
