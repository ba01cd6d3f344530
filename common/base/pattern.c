/* SPDX-License-Identifier: MIT */
#include "base/pattern.h"

#include <stdlib.h>
#include <string.h>

/* regcomp() recurses once for each open parenthesis, copies what {n,m} repeats,
 * and regexec() takes the square of the result: all three are bounded first. */
struct gauge {
	size_t depth, most_depth;
	size_t sum[MT_PATTERN_DEPTH + 1]; /* characters of each open group */
	size_t last;                      /* of the newest atom */
	bool back_reference;
};

/* Behind a bracket expression that begins at s[0] == '['. */
static const char *skip_bracket(const char *s)
{
	const char *p = s + 1 + (s[1] == '^');
	p += *p == ']';
	for (; *p && *p != ']'; p++)
		if (*p == '[' && p[1] && strchr(".:=", p[1])) {
			const char end[] = {p[1], ']', 0};
			const char *to = strstr(p + 2, end);
			p = to ? to + 1 : p;
		}
	return *p ? p + 1 : p;
}

/* The larger number of "{n,m}" at s[0] == '{', at most MT_PATTERN_SIZE + 1. */
static size_t repeats(const char *s)
{
	size_t most = 1;
	for (s++; *s && *s != '}'; s++) {
		size_t n = 0;
		for (; *s >= '0' && *s <= '9'; s++)
			n = n > MT_PATTERN_SIZE ? n : 10 * n + (size_t)(*s - '0');
		most = n > most ? n : most;
		if (!*s || *s == '}')
			break;
	}
	return most;
}

static void add(struct gauge *g, size_t n)
{
	g->last = n;
	g->sum[g->depth] += n;
}

static void measure(struct gauge *g, const char *s)
{
	while (*s && g->sum[g->depth] <= MT_PATTERN_SIZE) {
		const char *from = s++;
		switch (*from) {
		case '(':
			if (++g->depth > g->most_depth)
				g->most_depth = g->depth;
			if (g->depth > MT_PATTERN_DEPTH)
				return;
			g->sum[g->depth] = 1;
			g->last = 0;
			break;
		case ')':
			if (!g->depth)
				break;
			g->depth--;
			add(g, g->sum[g->depth + 1] + 1);
			break;
		case '[':
			add(g, 1);
			s = skip_bracket(from);
			break;
		case '{':
			g->sum[g->depth] += g->last * (repeats(from) - 1);
			g->last *= repeats(from);
			break;
		case '\\':
			g->back_reference |= *s >= '1' && *s <= '9';
			s += *s != 0;
			add(g, 1);
			break;
		default:
			add(g, 1);
		}
	}
}

static int check(const char *text, struct mt_err *err)
{
	struct gauge g = {0};
	size_t n = strlen(text);
	if (n > MT_PATTERN_SIZE)
		return mt_err_set(err, MT_EUSAGE, "the pattern '%.40s...' has %zu "
				  "bytes, but %d are the most", text, n,
				  MT_PATTERN_SIZE);
	measure(&g, text);
	if (g.most_depth > MT_PATTERN_DEPTH)
		return mt_err_set(err, MT_EUSAGE, "the pattern '%.40s...' nests "
				  "more than %d groups", text, MT_PATTERN_DEPTH);
	if (g.sum[g.depth] > MT_PATTERN_SIZE)
		return mt_err_set(err, MT_EUSAGE, "the pattern '%.200s' has more "
				  "than %d characters when its repeats are "
				  "written out", text, MT_PATTERN_SIZE);
	if (g.back_reference)
		return mt_err_set(err, MT_EUSAGE, "the pattern '%.200s' has a back "
				  "reference, which is not supported", text);
	return MT_OK;
}

int mt_pattern_open(struct mt_pattern *p, const char *text, struct mt_err *err)
{
	char why[128];
	int rc = check(text, err);
	if (rc)
		return rc;
	int no = regcomp(&p->re, text, REG_EXTENDED);
	p->open = !no;
	if (!no)
		return MT_OK;
	regerror(no, &p->re, why, sizeof why);
	return mt_err_set(err, MT_EUSAGE, "'%.200s' is not a regular expression: "
			  "%s", text, why);
}

bool mt_pattern_find(const struct mt_pattern *p, const char *s,
		     const char **piece, size_t *size)
{
	regmatch_t m[2];
	if (regexec(&p->re, s, 2, m, 0))
		return false;
	int i = p->re.re_nsub ? 1 : 0;
	if (m[i].rm_so < 0 || m[i].rm_eo == m[i].rm_so)
		return false;
	*piece = s + m[i].rm_so;
	*size = (size_t)(m[i].rm_eo - m[i].rm_so);
	return true;
}

void mt_pattern_close(struct mt_pattern *p)
{
	if (p->open)
		regfree(&p->re);
	p->open = false;
}
