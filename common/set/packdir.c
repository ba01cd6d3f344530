/* SPDX-License-Identifier: MIT */
#include "set/packdir.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/temp.h"

#define NEXT ".next.tmp-mt"
#define MANIFEST "manifest.json"
#define BEGUN ".begun.tmp-mt"   /* in it, from its beginning to the exchange */

char *mt_packdir_next(const char *folder)
{
	return mt_strf("%s/" NEXT, folder);
}

static bool is_part(const char *name, size_t *number)
{
	unsigned n;
	int len = 0;
	if (sscanf(name, "part-%9u.mtp%n", &n, &len) != 1 || !len || name[len])
		return false;
	*number = n;
	return true;
}

static bool is_temp(const char *name)
{
	return mt_temp_is(name) && strcmp(name, NEXT) != 0;
}

size_t mt_packdir_parts(const char *folder)
{
	size_t n = 0, i;
	DIR *dir = opendir(folder);
	for (struct dirent *d; dir && (d = readdir(dir));)
		n += is_part(d->d_name, &i);
	if (dir)
		closedir(dir);
	return n;
}

static int drop(const char *folder, const char *name, struct mt_err *err)
{
	char *path = mt_strf("%s/%s", folder, name);
	int rc = unlink(path) && errno != ENOENT
			 ? mt_err_sys(err, "%s: cannot remove", path) : MT_OK;
	free(path);
	return rc;
}

/* Remove temporary files, and the parts from number first on. */
static int drop_from(const char *folder, size_t first, struct mt_err *err)
{
	int rc = MT_OK;
	size_t i;
	DIR *dir = opendir(folder);
	if (!dir)
		return mt_err_sys(err, "%s: cannot open folder", folder);
	for (struct dirent *d; !rc && (d = readdir(dir));)
		if (is_temp(d->d_name) ||
		    (is_part(d->d_name, &i) && i >= first))
			rc = drop(folder, d->d_name, err);
	closedir(dir);
	return rc;
}

int mt_packdir_tidy(const char *folder, struct mt_err *err)
{
	int rc = MT_OK;
	DIR *dir = opendir(folder);
	for (struct dirent *d; dir && !rc && (d = readdir(dir));)
		if (is_temp(d->d_name) && strcmp(d->d_name, BEGUN) != 0)
			rc = drop(folder, d->d_name, err);
	if (dir)
		closedir(dir);
	return rc;
}

int mt_packdir_clear(const char *folder, struct mt_err *err)
{
	/* the manifest first: it must never name what is gone */
	int rc = drop(folder, MANIFEST, err);
	return rc ? rc : drop_from(folder, 0, err);
}

int mt_packdir_drop_next(const char *folder, struct mt_err *err)
{
	char *next = mt_packdir_next(folder);
	struct stat st;
	int rc = MT_OK;
	if (!stat(next, &st)) {
		rc = mt_packdir_clear(next, err);
		if (!rc && rmdir(next))
			rc = mt_err_sys(err, "%s: cannot remove", next);
	}
	free(next);
	return rc;
}

int mt_packdir_begin(const char *folder, struct mt_err *err)
{
	char *path = mt_strf("%s/" NEXT "/" BEGUN, folder);
	int rc = mt_file_put(path, "", 0, err);
	free(path);
	return rc;
}

bool mt_packdir_begun(const char *folder)
{
	char *next = mt_packdir_next(folder);
	char *path = mt_strf("%s/" BEGUN, next);
	bool begun = !access(path, F_OK) || mt_packdir_parts(next);
	free(path);
	free(next);
	return begun;
}

void mt_packdir_give_up(const char *folder)
{
	char *next = mt_packdir_next(folder);
	if (!mt_packdir_parts(next) && !drop(next, BEGUN, NULL))
		rmdir(next);
	free(next);
}

/* Is part i in the sub-folder, or in the folder already, as it should be? A
 * part that is in both is the old one in the folder. */
static int check_part(const char *folder, const char *next, const json_t *part,
		      struct mt_err *err)
{
	const char *name = json_string_value(json_object_get(part, "name"));
	json_int_t bytes = json_integer_value(json_object_get(part, "bytes"));
	struct stat st;
	size_t i;
	if (!name || !is_part(name, &i))
		return mt_err_set(err, MT_EINPUT, "%s/" MANIFEST ": names no "
				  "part", next);
	char *from = mt_strf("%s/%s", next, name);
	char *to = mt_strf("%s/%s", folder, name);
	int rc = MT_OK;
	if ((stat(from, &st) && stat(to, &st)) || !S_ISREG(st.st_mode) ||
	    st.st_size != bytes)
		rc = mt_err_set(err, MT_EINPUT, "%s: is missing or differs from "
				"%s/" MANIFEST "; `force` starts over",
				from, next);
	free(from);
	free(to);
	return rc;
}

static int move(const char *folder, const char *next, const char *name,
		struct mt_err *err)
{
	char *from = mt_strf("%s/%s", next, name);
	char *to = mt_strf("%s/%s", folder, name);
	int rc = rename(from, to) && errno != ENOENT
			 ? mt_err_sys(err, "%s: cannot rename to %s", from, to)
			 : MT_OK;
	free(from);
	free(to);
	return rc;
}

int mt_packdir_swap(const char *folder, struct mt_err *err)
{
	char *next = mt_packdir_next(folder);
	char *path = mt_strf("%s/" MANIFEST, next);
	json_t *root = NULL, *parts;
	int rc = mt_file_is_pipe(path)
		? mt_err_set(err, MT_EINPUT, "%s: is not a regular file", path)
		: mt_json_load(&root, path, MT_EINPUT, err);
	parts = json_object_get(root, "parts");
	size_t n = json_array_size(parts);
	for (size_t i = 0; !rc && i < n; i++)
		rc = check_part(folder, next, json_array_get(parts, i), err);
	/* from here to the last rename there is no set */
	if (!rc)
		rc = drop(folder, MANIFEST, err);
	/* nor after a power cut: a manifest must never name another's parts */
	if (!rc)
		rc = mt_sync_dir(folder, err);
	for (size_t i = 0; !rc && i < n; i++)
		rc = move(folder, next, json_string_value(json_object_get(
				  json_array_get(parts, i), "name")), err);
	if (!rc)
		rc = drop_from(folder, n, err);
	if (!rc)
		rc = drop_from(next, 0, err);
	if (!rc)
		rc = mt_sync_dir(folder, err);
	if (!rc)
		rc = move(folder, next, MANIFEST, err);
	if (!rc)
		rmdir(next);
	if (!rc)
		rc = mt_sync_dir(folder, err);
	json_decref(root);
	free(path);
	free(next);
	return rc;
}
