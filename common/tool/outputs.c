/* SPDX-License-Identifier: MIT */
#include "tool/outputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

#define MOST 32

struct output {
	const char *name, *path; /* option; "-": standard output */
};

static bool same_inode(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Folder and name of a file that does not exist yet. */
static bool same_place(const char *a, const char *b)
{
	const char *sa = strrchr(a, '/'), *sb = strrchr(b, '/');
	struct stat x, y;
	if (strcmp(sa ? sa + 1 : a, sb ? sb + 1 : b) != 0)
		return false;
	char *da = mt_strndup(a, sa ? (size_t)(sa - a) + 1 : 0);
	char *db = mt_strndup(b, sb ? (size_t)(sb - b) + 1 : 0);
	bool same = !stat(*da ? da : ".", &x) && !stat(*db ? db : ".", &y) &&
		    same_inode(&x, &y);
	free(da);
	free(db);
	return same;
}

static int look(const char *path, struct stat *st)
{
	return strcmp(path, "-") ? stat(path, st) : fstat(STDOUT_FILENO, st);
}

/* A path without slashes at its end, links followed. */
static char *place(const char *path)
{
	char *end;
	size_t n = strlen(path);
	while (n > 1 && path[n - 1] == '/')
		n--;
	char *plain = mt_strndup(path, n);
	if (mt_file_follow(plain, &end, NULL) < 0) {
		free(end);
		return plain;
	}
	free(plain);
	return end;
}

bool mt_outputs_same(const char *a, const char *b)
{
	struct stat x, y;
	bool std_a = !strcmp(a, "-"), std_b = !strcmp(b, "-");
	if (std_a && std_b)
		return true;
	bool has_a = !look(a, &x), has_b = !look(b, &y);
	if (has_a && has_b)
		return same_inode(&x, &y) && !S_ISCHR(x.st_mode);
	if (has_a || has_b || std_a || std_b)
		return false;
	char *end_a = place(a), *end_b = place(b);
	bool same = same_place(end_a, end_b);
	free(end_a);
	free(end_b);
	return same;
}

/* Whether the path of an option that is read is one of the n outputs. */
static int check_read(const struct mt_opt *o, const char *path, const struct output *out,
		      size_t n, struct mt_err *err)
{
	struct stat read, written;
	if (!path || stat(path, &read) || !S_ISREG(read.st_mode))
		return MT_OK;
	for (size_t i = 0; i < n; i++)
		if (!look(out[i].path, &written) && same_inode(&read, &written))
			return mt_err_set(err, MT_EUSAGE, "%s: is the file of both --%s, "
					  "which is read, and --%s; name two", path, o->name,
					  out[i].name);
	return MT_OK;
}

int mt_outputs_differ(const struct mt_opt_set *sets, bool stream,
		      struct mt_err *err)
{
	const struct mt_opt_set *all = sets;
	struct output out[MOST];
	size_t n = 0;
	if (stream)
		out[n++] = (struct output){"output", "-"};
	for (; sets->rows; sets++)
		for (const struct mt_opt *o = sets->rows; o->name; o++) {
			const char *path;
			if (o->type != MT_OPT_OUTPUT)
				continue;
			memcpy(&path, (const char *)sets->base + o->offset,
			       sizeof path);
			MT_BUG(n == MOST);
			if (path)
				out[n++] = (struct output){o->name, path};
		}
	for (size_t i = 0; i < n; i++)
		for (size_t k = i + 1; k < n; k++)
			if (mt_outputs_same(out[i].path, out[k].path))
				return mt_err_set(err, MT_EUSAGE, "%s: is the "
					"file of both --%s and --%s; name two",
					strcmp(out[k].path, "-") ? out[k].path :
					"standard output", out[i].name,
					out[k].name);
	int rc = MT_OK;
	for (; all->rows && !rc; all++)
		for (const struct mt_opt *o = all->rows; o->name && !rc; o++) {
			const char *path;
			if (o->type != MT_OPT_PATH)
				continue;
			memcpy(&path, (const char *)all->base + o->offset, sizeof path);
			rc = check_read(o, path, out, n, err);
		}
	return rc;
}
