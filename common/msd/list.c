/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc.h"
#include "base/mark.h"
#include "base/mem.h"
#include "msd/summary.h"

static void add_group(struct mt_msd_list *l)
{
	if (l->n_group + 2 > l->cap_group) {
		l->cap_group = 2 * l->cap_group + 1024;
		l->group = mt_realloc(l->group, l->cap_group, sizeof *l->group);
	}
	l->group[l->n_group++] = l->n;
}

static void add_tid(struct mt_msd_list *l, const char *tid, uint32_t line)
{
	if (l->n == l->cap) {
		l->cap = 2 * l->cap + 4096;
		l->tid = mt_realloc(l->tid, l->cap, sizeof *l->tid);
		l->line = mt_realloc(l->line, l->cap, sizeof *l->line);
	}
	memcpy(l->tid[l->n], tid, MT_MSD_TID);
	l->line[l->n++] = line;
}

/* What of a line can be shown: its first printable bytes. */
static int shown(const char *text, size_t n)
{
	size_t k = 0;
	while (k < n && k < 60 && (unsigned char)text[k] >= ' ' &&
	       text[k] != 0x7f)
		k++;
	return (int)k;
}

static int add_line(struct mt_msd_list *l, const char *path, const char *text,
		    size_t n, uint32_t line, bool grouped, struct mt_err *err)
{
	size_t blank = 0;
	if (line == 1 && n >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
		text += 3;
		n -= 3;
	}
	while (blank < n && isspace((unsigned char)text[blank]))
		blank++;
	if (blank == n || *text == '#')
		return MT_OK;
	if (grouped && *text == '%') {
		add_group(l);
		return MT_OK;
	}
	const char *tid = mt_msd_tid_in(text, n);
	if (!tid)
		return mt_err_set(err, MT_EINPUT, "%s:%u: names no track id (T "
				  "and 17 of A-Z, 0-9): '%.*s'", path, line,
				  shown(text, n), text);
	if (!l->n_group)
		return mt_err_set(err, MT_EINPUT, "%s:%u: %.*s comes before "
				  "the first line that begins with %%", path,
				  line, MT_MSD_TID, tid);
	add_tid(l, tid, line);
	return MT_OK;
}

static int read_list(struct mt_msd_list *l, const char *path, bool grouped,
		     struct mt_err *err)
{
	char *text = NULL;
	size_t cap = 0;
	ssize_t n;
	uint32_t line = 0;
	int rc = MT_OK;
	*l = (struct mt_msd_list){0};
	FILE *f = fopen(path, "re");
	if (!f)
		return mt_err_sys(err, "%s: cannot open", path);
	if (!grouped)
		add_group(l);
	while (!rc && (n = getline(&text, &cap, f)) > 0) {
		l->crc = mt_crc32(l->crc, text, (size_t)n);
		/* the sum is that of the file, with its mark */
		size_t mark = line ? 0 : mt_mark_utf8(text, (size_t)n);
		rc = add_line(l, path, text + mark, (size_t)n - mark, ++line, grouped,
			      err);
	}
	if (!rc && ferror(f))
		rc = mt_err_sys(err, "%s: cannot read", path);
	if (!rc && grouped && !l->n_group)
		rc = mt_err_set(err, MT_EINPUT, "%s: has no line that begins "
				"with %%: no list of duplicates", path);
	else if (!rc && !l->n)
		rc = mt_err_set(err, MT_EINPUT, "%s: names no track", path);
	fclose(f);
	free(text);
	if (rc)
		mt_msd_list_release(l);
	else
		l->group[l->n_group] = l->n;
	return rc;
}

int mt_msd_read_mismatches(struct mt_msd_list *list, const char *path,
			   struct mt_err *err)
{
	return read_list(list, path, false, err);
}

int mt_msd_read_duplicates(struct mt_msd_list *list, const char *path,
			   struct mt_err *err)
{
	return read_list(list, path, true, err);
}

void mt_msd_list_release(struct mt_msd_list *list)
{
	free(list->tid);
	free(list->line);
	free(list->group);
	*list = (struct mt_msd_list){0};
}
