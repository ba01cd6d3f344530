/* SPDX-License-Identifier: MIT */
#include "base/names.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "base/mark.h"
#include "base/mem.h"

int mt_names_open(struct mt_names *list, const char *path, bool zero,
		  struct mt_err *err)
{
	*list = (struct mt_names){.path = path, .end = zero ? 0 : '\n'};
	list->file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	return list->file ? MT_OK : mt_err_sys(err, "%s: cannot open", path);
}

/* The next line, without the byte that ends it; its length, or -1 at the end,
 * -2 for one that is too long. */
static ssize_t get_line(struct mt_names *list)
{
	size_t n = 0;
	int c;
	while ((c = getc_unlocked(list->file)) != EOF) {
		if (n == MT_NAMES_LONGEST)
			return -2;
		if (n + 1 >= list->cap) {
			list->cap = list->cap ? 2 * list->cap : 256;
			list->name = mt_realloc(list->name, list->cap, 1);
		}
		if (c == list->end)
			break;
		list->name[n++] = (char)c;
	}
	if (c == EOF && !n)
		return -1;
	list->name[n] = 0;
	list->line++;
	return (ssize_t)n;
}

/* What editors put before the first line: one of UTF-8 is skipped. */
static int skip_mark(struct mt_names *list, ssize_t *n, struct mt_err *err)
{
	size_t mark = mt_mark_utf8(list->name, (size_t)*n);
	if (mt_mark_is_utf16(list->name, (size_t)*n))
		return mt_err_set(err, MT_EINPUT, "%s: is UTF-16 text; save it as "
				  "UTF-8", list->path);
	*n -= (ssize_t)mark;
	memmove(list->name, list->name + mark, (size_t)*n + 1);
	return MT_OK;
}

int mt_names_next(struct mt_names *list, struct mt_err *err)
{
	for (;;) {
		ssize_t n = get_line(list);
		int rc = MT_OK;
		if (n == -2)
			return mt_err_set(err, MT_EINPUT, "%s: name %" PRIu64
					  " has more than %d bytes", list->path,
					  list->line + 1, MT_NAMES_LONGEST);
		if (n < 0)
			return ferror(list->file)
				       ? mt_err_sys(err, "%s: cannot read",
						    list->path)
				       : MT_END;
		if (list->line == 1 && list->end == '\n')
			rc = skip_mark(list, &n, err);
		if (rc)
			return rc;
		if (strlen(list->name) < (size_t)n)
			return mt_err_set(err, MT_EINPUT, "%s: line %" PRIu64
					  " holds a zero byte: UTF-16 text, or a "
					  "list for -0", list->path, list->line);
		if (n && list->end == '\n' && list->name[n - 1] == '\r')
			list->name[--n] = 0;
		if (n)
			return MT_OK;
	}
}

void mt_names_close(struct mt_names *list)
{
	if (list->file && list->file != stdin)
		fclose(list->file);
	free(list->name);
	*list = (struct mt_names){0};
}

bool mt_name_below(const char **name, size_t *n, const char *dir)
{
	const char *s = *name;
	while (*n > 2 && s[0] == '.' && s[1] == '/')
		s += 2, *n -= 2;
	*name = s;
	while (dir[0] == '.' && dir[1] == '/')
		dir += 2;
	size_t len = strlen(dir);
	while (len > 1 && dir[len - 1] == '/')
		len--;
	if (!len || *n <= len || memcmp(s, dir, len) != 0 || s[len] != '/')
		return false;
	*name = s + len + 1;
	*n -= len + 1;
	return true;
}
