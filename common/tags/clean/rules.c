/* SPDX-License-Identifier: MIT */
#include "tags/clean/rules.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crc.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/num.h"

#define MAX_FILE ((size_t)1 << 26)

const char *const mt_rule_verb_name[MT_N_RULE] = {
	"candidates", "pool", "min-val", "others", "names", "deny", "deny-words", "allow",
	"allow-words", "fold", "merge", "add", "drop", "class", "class-words",
	"parent", "experiment",
};

/* A line being read. */
struct line {
	struct mt_rules *r;
	const char *at;          /* what is left of it */
	const char *end;
	uint32_t no;
	struct mt_err *err;
};

int mt_rules_error(const struct mt_rules *r, uint32_t file, uint32_t line,
		   struct mt_err *err, const char *fmt, ...)
{
	char text[sizeof err->text];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return mt_err_set(err, MT_EINPUT, "%s:%u: %s", r->file[file], line,
			  text);
}

#define BAD(l, ...) mt_rules_error((l)->r, 0, (l)->no, (l)->err, __VA_ARGS__)

static void skip_blanks(struct line *l)
{
	while (l->at < l->end && (*l->at == ' ' || *l->at == '\t'))
		l->at++;
}

/* A plain word, as verbs and folds are; empty at the end of the line. */
static struct mt_text word(struct line *l)
{
	struct mt_text t = {0};
	skip_blanks(l);
	const char *s = l->at;
	while (l->at < l->end && *l->at != ' ' && *l->at != '\t')
		l->at++;
	mt_text_put(&t, s, (size_t)(l->at - s));
	skip_blanks(l);
	return t;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 32);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The inside of quotes: \" \\ \t \n and \xHH for any byte. */
static int quoted(struct line *l, struct mt_text *out)
{
	for (l->at++; l->at < l->end && *l->at != '"'; l->at++) {
		char c = *l->at;
		if (c == '\\' && l->at + 1 < l->end) {
			c = *++l->at;
			if (c == 'x' && l->end - l->at > 2 &&
			    hex(l->at[1]) >= 0 && hex(l->at[2]) >= 0) {
				c = (char)(hex(l->at[1]) * 16 + hex(l->at[2]));
				l->at += 2;
			} else if (c == 't' || c == 'n') {
				c = c == 't' ? '\t' : '\n';
			} else if (c != '"' && c != '\\') {
				return BAD(l, "unknown escape '\\%c' in quotes; "
					   "\\\\ is a backslash", c);
			}
		}
		mt_text_put(out, &c, 1);
	}
	if (l->at == l->end)
		return BAD(l, "a quote is not closed");
	l->at++;
	skip_blanks(l);
	if (l->at < l->end && *l->at != ',' && *l->at != '=')
		return BAD(l, "text after a closing quote; tags are separated "
			   "by commas");
	return MT_OK;
}

/* A tag: up to a comma or "=", without blanks around it, or in quotes. */
static int item(struct line *l, struct mt_text *out, bool *was_quoted)
{
	*out = (struct mt_text){0};
	mt_text_put(out, "", 0);
	skip_blanks(l);
	*was_quoted = l->at < l->end && *l->at == '"';
	if (*was_quoted) {
		/* "" is the empty tag, which some databases have */
		return quoted(l, out);
	}
	const char *s = l->at;
	while (l->at < l->end && *l->at != ',' && *l->at != '=')
		l->at++;
	const char *e = l->at;
	while (e > s && (e[-1] == ' ' || e[-1] == '\t'))
		e--;
	if (e == s)
		return BAD(l, "an empty tag or an extra comma");
	mt_text_put(out, s, (size_t)(e - s));
	return MT_OK;
}

static void add_name(struct mt_rule *rule, struct mt_text *text, uint32_t file,
		     uint32_t line)
{
	if (!(rule->n_name & (rule->n_name + 1)))
		rule->name = mt_realloc(rule->name, 2 * rule->n_name + 2,
					sizeof *rule->name);
	rule->name[rule->n_name++] = (struct mt_rule_name){
		.s = text->s, .n = text->n, .file = file, .line = line,
	};
	*text = (struct mt_text){0};
}

/* A list's lines, those that begin with mark or (unmarked) those that do not;
 * mark empty: all. A mark is no part of the tag, however often it stands. */
static int add_lines(struct line *l, struct mt_rule *rule, uint32_t file,
		     const char *data, size_t size, const char *mark,
		     bool unmarked)
{
	size_t k = strlen(mark), before = rule->n_name;
	uint32_t no = 0;
	for (const char *s = data, *end = data + size; s < end;) {
		const char *nl = memchr(s, '\n', (size_t)(end - s));
		size_t n = (size_t)((nl ? nl : end) - s);
		const char *next = nl ? nl + 1 : end;
		if (!no++ && n >= 3 && !memcmp(s, "\xef\xbb\xbf", 3)) {
			s += 3;
			n -= 3;
		}
		if (n && s[n - 1] == '\r')
			n--;
		bool marked = k && n >= k && !memcmp(s, mark, k);
		for (; marked && n >= k && !memcmp(s, mark, k); n -= k)
			s += k;
		if (n && (!k || marked != unmarked)) {
			struct mt_text t = {0};
			mt_text_put(&t, s, n);
			add_name(rule, &t, file, no);
		}
		s = next;
	}
	return rule->n_name > before ? MT_OK
		: BAD(l, "the list %s has no such lines", l->r->file[file]);
}

/* "@FILE", "@FILE marked X", "@FILE unmarked X": text after the "@". */
static int read_list(struct line *l, struct mt_rule *rule, char *text)
{
	static const char *const how[] = {" marked ", " unmarked "};
	char *mark = NULL, *data, *slash = strrchr(l->r->file[0], '/');
	bool unmarked = false;
	size_t size;
	for (size_t i = 0; i < 2 && !mark; i++) {
		char *hit = strstr(text, how[i]);
		if (!hit)
			continue;
		mark = hit + strlen(how[i]);
		unmarked = i == 1;
		while (hit > text && hit[-1] == ' ')
			hit--;
		*hit = 0;
		mark += strspn(mark, " ");
	}
	if (!*text)
		return BAD(l, "'@' needs the name of a list file");
	char *path = slash && *text != '/'
		? mt_strf("%.*s/%s", (int)(slash - l->r->file[0]),
			  l->r->file[0], text) : mt_strdup(text);
	uint32_t file = (uint32_t)l->r->n_file;
	l->r->file = mt_realloc(l->r->file, file + 1, sizeof *l->r->file);
	l->r->file[l->r->n_file++] = path;
	if (mt_file_get(path, MAX_FILE, &data, &size, l->err))
		return BAD(l, "%s", l->err ? l->err->text : path);
	l->r->crc = mt_crc32(l->r->crc, data, size);
	int rc = add_lines(l, rule, file, data, size, mark ? mark : "",
			   unmarked);
	free(data);
	return rc;
}

/* The rest of the line: tags separated by commas. */
static int list(struct line *l, struct mt_rule *rule)
{
	for (;;) {
		struct mt_text t;
		bool was_quoted;
		int rc = item(l, &t, &was_quoted);
		if (!rc && !was_quoted && t.s[0] == '@')
			rc = read_list(l, rule, t.s + 1);
		else if (!rc)
			add_name(rule, &t, 0, l->no);
		free(t.s);
		if (rc)
			return rc;
		if (l->at < l->end && *l->at == '=')
			return BAD(l, "'=' is not expected here; put the tag in "
				   "quotes if it is a part of it");
		if (l->at == l->end)
			return MT_OK;
		l->at++;
	}
}

/* "TARGET = LIST"; need: the target must be there. */
static int target_list(struct line *l, struct mt_rule *rule, bool need)
{
	const char *start = l->at;
	struct mt_text t;
	bool was_quoted;
	int rc = item(l, &t, &was_quoted);
	bool has = !rc && l->at < l->end && *l->at == '=';
	if (has) {
		l->at++;
		rule->has_target = true;
		rule->target = (struct mt_rule_name){
			.s = t.s, .n = t.n, .line = l->no,
		};
		return list(l, rule);
	}
	free(t.s);
	if (rc)
		return rc;
	if (need)
		return BAD(l, "'%s' needs a name, '=' and a list of tags",
			   mt_rule_verb_name[rule->verb]);
	l->at = start;
	return list(l, rule);
}

/* A number, which may be a percentage where the verb allows it. */
static int number(struct line *l, struct mt_rule *rule)
{
	bool share = rule->verb != MT_RULE_MIN_VAL;
	struct mt_text t = word(l);
	double v = 0;
	bool percent = share && t.n > 1 && t.s[t.n - 1] == '%';
	if (percent)
		t.s[--t.n] = 0;
	bool ok = mt_num_f64(t.s, &v) &&
		  (!share || (v >= 0 && (percent ? v <= 100 :
					 v <= 1e15 && v == floor(v))));
	int rc = ok ? MT_OK
		: BAD(l, "'%s' takes a %s, not '%.60s%s'",
		      mt_rule_verb_name[rule->verb],
		      share ? "count of pairs or a share of the tracks, as 20 "
			      "or 0.1%" : "number", t.s, percent ? "%" : "");
	rule->number = v;
	rule->percent = percent;
	free(t.s);
	return rc;
}

static int fold(struct line *l, struct mt_rule *rule)
{
	struct mt_text t = word(l), p = word(l);
	int f = 0, rc = MT_OK;
	while (f < MT_N_FOLD && strcmp(mt_fold_name[f], t.s) != 0)
		f++;
	rule->fold = (enum mt_fold)f;
	rule->plural = !strcmp(p.s, "plural");
	if (f == MT_N_FOLD)
		rc = BAD(l, "unknown fold '%.60s'; the folds are strip, amp-n, "
			 "amp-and, and-n, decade-19, decade-20, case, letters, "
			 "and-words, plain, exact", t.s);
	else if (p.n && !rule->plural)
		rc = BAD(l, "only 'plural' may follow a fold's name, not "
			 "'%.60s'", p.s);
	free(t.s);
	free(p.s);
	return rc;
}

static int experiment(struct line *l, struct mt_rule *rule)
{
	struct mt_text t = word(l), x = word(l);
	int64_t which = 0;
	rule->threshold = 0.8;
	bool ok = mt_num_i64(t.s, &which) && which >= 1 && which <= 3;
	if (x.n)
		ok &= mt_num_f64(x.s, &rule->threshold) &&
		      rule->threshold >= 0 && rule->threshold <= 1;
	rule->number = (double)which;
	free(t.s);
	free(x.s);
	return ok ? MT_OK : BAD(l, "'experiment' takes 1, 2 or 3 and a "
				"correlation from 0 to 1");
}

/* One of two words; *yes when it is the first. */
static int either(struct line *l, const struct mt_rule *rule, bool *yes,
		  const char *first, const char *second)
{
	struct mt_text t = word(l);
	*yes = !strcmp(t.s, first);
	int rc = *yes || !strcmp(t.s, second) ? MT_OK
		: BAD(l, "'%s' takes '%s' or '%s', not '%.60s'",
		      mt_rule_verb_name[rule->verb], first, second, t.s);
	free(t.s);
	return rc;
}

static int arguments(struct line *l, struct mt_rule *rule)
{
	switch (rule->verb) {
	case MT_RULE_CANDIDATES:
	case MT_RULE_POOL:
	case MT_RULE_MIN_VAL:
		return number(l, rule);
	case MT_RULE_NAMES:
		return either(l, rule, &l->r->exact, "exact", "folded");
	case MT_RULE_OTHERS:
		return either(l, rule, &l->r->merge_others, "merged",
			      "dropped");
	case MT_RULE_FOLD:
		return fold(l, rule);
	case MT_RULE_EXPERIMENT:
		return experiment(l, rule);
	case MT_RULE_MERGE:
		return target_list(l, rule, false);
	case MT_RULE_ADD:
	case MT_RULE_CLASS:
	case MT_RULE_CLASS_WORDS:
	case MT_RULE_PARENT:
		return target_list(l, rule, true);
	default:
		return list(l, rule);
	}
}

static int parse_line(struct line *l)
{
	struct mt_text t = word(l);
	int v = 0, rc;
	while (v < MT_N_RULE && strcmp(mt_rule_verb_name[v], t.s) != 0)
		v++;
	if (v == MT_N_RULE) {
		rc = BAD(l, "unknown rule '%.60s'; mtrules(5) lists the rules",
			 t.s);
		free(t.s);
		return rc;
	}
	free(t.s);
	if (l->at == l->end)
		return BAD(l, "'%s' needs something after it",
			   mt_rule_verb_name[v]);
	struct mt_rules *r = l->r;
	if (!(r->n & (r->n + 1)))
		r->rule = mt_realloc(r->rule, 2 * r->n + 2, sizeof *r->rule);
	struct mt_rule *rule = &r->rule[r->n++];
	*rule = (struct mt_rule){.verb = (enum mt_rule_verb)v, .line = l->no};
	rc = arguments(l, rule);
	if (!rc && l->at < l->end)
		rc = BAD(l, "'%.*s' is not expected here",
			 (int)(l->end - l->at < 60 ? l->end - l->at : 60),
			 l->at);
	return rc;
}

/* A comment begins with "#" at the line's start or after a blank, outside
 * quotes. */
static const char *comment(const char *s, const char *end)
{
	bool inside = false;
	for (const char *p = s; p < end; p++) {
		if (*p == '\\' && inside)
			p++;
		else if (*p == '"')
			inside = !inside;
		else if (*p == '#' && !inside &&
			 (p == s || p[-1] == ' ' || p[-1] == '\t'))
			return p;
	}
	return end;
}

int mt_rules_parse(struct mt_rules *r, const char *data, size_t size,
		   const char *name, struct mt_err *err)
{
	*r = (struct mt_rules){.crc = mt_crc32(0, data, size)};
	r->file = mt_calloc(1, sizeof *r->file);
	r->file[r->n_file++] = mt_strdup(name);
	struct line l = {.r = r, .err = err};
	int rc = MT_OK;
	if (memchr(data, 0, size))
		rc = mt_err_set(err, MT_EINPUT, "%s: holds a zero byte", name);
	for (const char *s = data, *end = data + size; !rc && s < end;) {
		const char *nl = memchr(s, '\n', (size_t)(end - s));
		const char *stop = nl ? nl : end;
		if (!l.no++ && stop - s >= 3 && !memcmp(s, "\xef\xbb\xbf", 3))
			s += 3;
		l.at = s;
		l.end = comment(s, stop);
		while (l.end > s && (l.end[-1] == ' ' || l.end[-1] == '\t' ||
				     l.end[-1] == '\r'))
			l.end--;
		skip_blanks(&l);
		if (l.at < l.end)
			rc = parse_line(&l);
		s = nl ? nl + 1 : end;
	}
	if (!rc)
		rc = mt_rules_check(r, err);
	if (rc)
		mt_rules_release(r);
	return rc;
}

/* "lastfm", or "lastfm.rules" where there is no such file. */
static const struct mt_rules_builtin *builtin(const char *path)
{
	const struct mt_rules_builtin *b = mt_rules_builtin;
	for (; b->name; b++) {
		size_t n = strlen(b->name);
		if (!strcmp(b->name, path) ||
		    (!strncmp(b->name, path, n) &&
		     !strcmp(path + n, ".rules") && access(path, F_OK)))
			return b;
	}
	return NULL;
}

static int unknown(const char *path, struct mt_err *err)
{
	char names[200] = "";
	size_t at = 0;
	for (const struct mt_rules_builtin *b = mt_rules_builtin; b->name; b++)
		if (at < sizeof names)
			at += (size_t)snprintf(names + at, sizeof names - at,
					       "%s%s", at ? ", " : "", b->name);
	return mt_err_set(err, MT_ESYS, "%s: neither a file nor built-in rules, "
			  "which are %s", path, names);
}

int mt_rules_read(struct mt_rules *r, const char *path, struct mt_err *err)
{
	const struct mt_rules_builtin *b = builtin(path);
	char *data;
	size_t size;
	if (b)
		return mt_rules_parse(r, b->text, strlen(b->text), path, err);
	int rc = mt_file_get(path, MAX_FILE, &data, &size, err);
	if (rc == MT_ESYS && access(path, F_OK) && !strchr(path, '/'))
		return unknown(path, err);
	if (rc)
		return rc;
	rc = mt_rules_parse(r, data, size, path, err);
	free(data);
	return rc;
}

const struct mt_rule *mt_rules_first(const struct mt_rules *r,
				     enum mt_rule_verb verb)
{
	return r->first[verb] ? &r->rule[r->first[verb] - 1] : NULL;
}

static void release_name(struct mt_rule_name *name)
{
	free(name->s);
	free(name->words.s);
}

void mt_rules_release(struct mt_rules *r)
{
	for (size_t i = 0; i < r->n; i++) {
		for (size_t k = 0; k < r->rule[i].n_name; k++)
			release_name(&r->rule[i].name[k]);
		free(r->rule[i].name);
		release_name(&r->rule[i].target);
	}
	for (size_t i = 0; i < r->n_file; i++)
		free(r->file[i]);
	free(r->file);
	free(r->words);
	free(r->rule);
	mt_texts_release(&r->key);
	mt_texts_index_release(&r->key_index);
	*r = (struct mt_rules){0};
}
