/* SPDX-License-Identifier: MIT */
#include "import/family.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define MAX_ROW 10000     /* a net has at most 1000 layers of 4 tensors */
#define MAX_SKIP 100
#define MAX_PATTERN 200   /* bytes */

void mt_family_add(struct mt_family *f, const char *to, const char *from, const char *steps)
{
	f->row = mt_realloc(f->row, f->n_row + 1, sizeof *f->row);
	f->row[f->n_row++] = (struct mt_family_row){
		mt_strdup(to), mt_strdup(from), steps && *steps ? mt_strdup(steps) : NULL};
}

const struct mt_family_row *mt_family_row(const struct mt_family *f, const char *to)
{
	for (size_t i = 0; i < f->n_row; i++)
		if (!strcmp(f->row[i].to, to))
			return &f->row[i];
	return NULL;
}

/* Does text match the pattern? Only the last * is ever taken back, so the time is
 * at most the product of both lengths. */
static bool matches(const char *pattern, const char *text)
{
	const char *star = NULL, *from = NULL;
	while (*text) {
		if (*pattern == '*') {
			star = pattern++;
			from = text;
		} else if (*pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star + 1;
			text = ++from;
		} else {
			return false;
		}
	}
	return !pattern[strspn(pattern, "*")];
}

bool mt_family_skips(const struct mt_family *f, const char *name)
{
	for (size_t i = 0; i < f->n_skip; i++)
		if (matches(f->skip[i], name))
			return true;
	return false;
}

static int add_known(struct mt_family *f, char *value, struct mt_err *err)
{
	char *end, *save, *crc = strtok_r(value, " ", &save);
	char *tags = strtok_r(NULL, " ", &save), *name = strtok_r(NULL, "", &save);
	unsigned long sum = crc ? strtoul(crc, &end, 16) : 0;
	if (!crc || *end || strlen(crc) != 8 || !tags || !name)
		return mt_err_set(err, MT_EUSAGE, "not \"CRC-32 TAGS NAME\"");
	f->known = mt_realloc(f->known, f->n_known + 1, sizeof *f->known);
	f->known[f->n_known++] = (struct mt_family_known){(uint32_t)sum, mt_strdup(tags),
							  mt_strdup(name)};
	return MT_OK;
}

static int set_text(char **text, const char *value, const char *key, struct mt_err *err)
{
	if (*text)
		return mt_err_set(err, MT_EUSAGE, "\"%s\" appears twice", key);
	*text = mt_strdup(value);
	return MT_OK;
}

static int parse_key(struct mt_family *f, const char *key, char *value, struct mt_err *err)
{
	if (!strcmp(key, "net"))
		return set_text(&f->net, value, key, err);
	if (!strcmp(key, "front"))
		return set_text(&f->front, value, key, err);
	if (!strcmp(key, "origin"))
		return set_text(&f->origin, value, key, err);
	if (!strcmp(key, "known"))
		return add_known(f, value, err);
	if (!strcmp(key, "licence")) {
		char *more = f->licence ? mt_strf("%s\n%s", f->licence, value)
					: mt_strdup(value);
		free(f->licence);
		f->licence = more;
		return MT_OK;
	}
	if (!strcmp(key, "skip")) {
		if (f->n_skip == MAX_SKIP || strlen(value) > MAX_PATTERN)
			return mt_err_set(err, MT_EUSAGE, "more than %d patterns to skip, or one "
					  "longer than %d bytes", MAX_SKIP, MAX_PATTERN);
		f->skip = mt_realloc(f->skip, f->n_skip + 1, sizeof *f->skip);
		f->skip[f->n_skip++] = mt_strdup(value);
		return MT_OK;
	}
	return mt_err_set(err, MT_EUSAGE, "unknown key \"%.60s\"; expected net, front, origin, "
			  "licence, known or skip", key);
}

static int parse_row(struct mt_family *f, char *line, struct mt_err *err)
{
	char *save = line, *to = strsep(&save, "\t"), *from = strsep(&save, "\t");
	char *steps = strsep(&save, "\t");
	if (save || !*to || !*from)
		return mt_err_set(err, MT_EUSAGE, "not \"our name, tab, source's name\", with at "
				  "most one more tab before the steps");
	if (f->n_row == MAX_ROW)
		return mt_err_set(err, MT_EUSAGE, "more than %d tensors", MAX_ROW);
	if (mt_family_row(f, to))
		return mt_err_set(err, MT_EUSAGE, "'%.200s' appears twice", to);
	mt_family_add(f, to, from, steps);
	return MT_OK;
}

int mt_family_parse(struct mt_family *f, const char *text, const char *name,
		    struct mt_err *err)
{
	*f = (struct mt_family){.name = mt_strdup(name)};
	char *copy = mt_strdup(strncmp(text, "\xef\xbb\xbf", 3) ? text : text + 3);
	char *next = copy, *line;
	int rc = MT_OK;
	for (int n = 1; !rc && (line = strsep(&next, "\n")); n++) {
		size_t len = strlen(line);
		if (len && line[len - 1] == '\r')
			line[--len] = '\0';
		if (!len || *line == '#')
			continue;
		char *colon = strchr(line, ':');
		if (strchr(line, '\t')) {
			rc = parse_row(f, line, err);
		} else if (colon) {
			*colon++ = '\0';
			rc = parse_key(f, line, colon + strspn(colon, " "), err);
		} else {
			rc = mt_err_set(err, MT_EUSAGE, "neither \"key: value\" nor names "
					"separated by a tab");
		}
		if (rc)
			mt_err_prefix(rc, err, "%s: line %d", name, n);
	}
	free(copy);
	if (rc)
		mt_family_release(f);
	return rc;
}

void mt_family_release(struct mt_family *f)
{
	for (size_t i = 0; i < f->n_row; i++) {
		free(f->row[i].to);
		free(f->row[i].from);
		free(f->row[i].steps);
	}
	for (size_t i = 0; i < f->n_known; i++) {
		free(f->known[i].tags);
		free(f->known[i].name);
	}
	for (size_t i = 0; i < f->n_skip; i++)
		free(f->skip[i]);
	free(f->row);
	free(f->known);
	free(f->skip);
	free(f->name);
	free(f->net);
	free(f->front);
	free(f->origin);
	free(f->licence);
	*f = (struct mt_family){0};
}
