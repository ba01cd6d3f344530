/* SPDX-License-Identifier: MIT */
#include "tags/label/vocablist.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "format/cells.h"

int mt_vocab_fixed(struct mt_vocab *v, const char *path, const char *tag,
		   struct mt_err *err)
{
	size_t n = v->n, len = strlen(tag);
	while (len && (*tag == ' ' || *tag == '\t'))
		tag++, len--;
	while (len && (tag[len - 1] == ' ' || tag[len - 1] == '\t'))
		len--;
	char *text = mt_strndup(tag, len);
	mt_vocab_item(v);
	if (len)
		mt_vocab_tag(v, text);
	free(text);
	if (v->n != n + 1)
		return mt_err_set(err, MT_EINPUT, len ? "%s: '%.200s' "
				  "appears twice" : "%s: '%.200s' is empty", path,
				  tag);
	v->tag[n].count = UINT64_MAX - n;
	return MT_OK;
}

/* The column of tags, if a table begins here rather than a list. */
static const char *find_column(const char *text, const char *end, bool names)
{
	static const char classes[] = "index,mid,display_name";
	size_t n = (size_t)(end - text);
	const char *nl = memchr(text, '\n', n), *tab = memchr(text, '\t', n);
	if (n > strlen(classes) && !memcmp(text, classes, strlen(classes)))
		return names ? "display_name" : "mid";
	if (!tab || !nl || tab > nl)
		return NULL;
	struct mt_cells c;
	n = (size_t)(nl - text);
	char *line = mt_strndup(text, n);
	mt_cells_init(&c, "", line, n);
	bool has = !mt_cells_next(&c, NULL) && mt_cells_find(&c, "tag") >= 0;
	mt_cells_release(&c);
	free(line);
	return has ? "tag" : NULL;
}

static int read_table(struct mt_vocab *v, struct mt_cells *c,
		      const char *column, struct mt_err *err)
{
	c->csv = strcmp(column, "tag") != 0;
	c->escapes = !c->csv;
	int rc = mt_cells_next(c, err);
	size_t at = rc ? 0 : (size_t)mt_cells_find(c, column);
	while (!rc && !(rc = mt_cells_next(c, err))) {
		if (c->n_cell == 1 && !c->len[0])
			continue;
		if (at >= c->n_cell)
			rc = mt_cells_bad(c, "not as many cells as the header "
					  "has", err);
		else
			rc = mt_vocab_fixed(v, c->path, c->cell[at], err);
	}
	return rc == MT_END ? MT_OK : rc;
}

int mt_vocab_fixed_list(struct mt_vocab *v, const char *path, char *data,
			size_t size, bool names, struct mt_err *err)
{
	struct mt_cells c;
	char *save = NULL;
	int rc = MT_OK;
	mt_cells_init(&c, path, data, size);
	const char *column = find_column(c.at, c.end, names);
	if (memchr(data, 0, size))
		rc = mt_err_set(err, MT_EINPUT, "%s: holds a zero byte, so it is "
				"not a list of tags in UTF-8", path);
	else if (column)
		rc = read_table(v, &c, column, err);
	else
		for (char *s = strtok_r(c.at, "\r\n", &save); s && !rc;
		     s = strtok_r(NULL, "\r\n", &save))
			rc = mt_vocab_fixed(v, path, s, err);
	mt_cells_release(&c);
	return rc;
}
