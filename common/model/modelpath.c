/* SPDX-License-Identifier: MIT */
#include "model/modelpath.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/near.h"
#include "model/model.h"

#define ENDING ".safetensors"
#define HOW "\"make models\" in mt's source folder makes those of musicnn"

static bool has_ending(const char *name)
{
	size_t n = strlen(name), e = strlen(ENDING);
	return n > e && !strcmp(name + n - e, ENDING);
}

static bool is_file(const char *path)
{
	struct stat st;
	return !stat(path, &st) && !S_ISDIR(st.st_mode);
}

static bool is_regular(const char *folder, const char *name)
{
	struct stat st;
	char *path = mt_strf("%s/%s", folder, name);
	bool is = !stat(path, &st) && S_ISREG(st.st_mode);
	free(path);
	return is;
}

/* FOLDER/NAME.safetensors of the first folder that has it, or NULL. */
static char *look_up(const char *name, const char *const *folder)
{
	for (; *folder; folder++) {
		char *path = mt_strf("%s/%s" ENDING, *folder, name);
		if (is_file(path))
			return path;
		free(path);
	}
	return NULL;
}

struct names {
	char **item;
	size_t n;
};

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Each installed name once, in alphabetical order. */
static struct names list_names(const char *const *folder)
{
	struct names all = {0};
	for (; *folder; folder++) {
		DIR *d = opendir(*folder);
		for (struct dirent *e; d && (e = readdir(d));) {
			if (*e->d_name == '.' || !has_ending(e->d_name) ||
			    !is_regular(*folder, e->d_name))
				continue;
			size_t n = strlen(e->d_name) - strlen(ENDING);
			all.item = mt_realloc(all.item, all.n + 1, sizeof *all.item);
			all.item[all.n++] = mt_strf("%.*s", (int)n, e->d_name);
		}
		if (d)
			closedir(d);
	}
	if (all.n)
		qsort(all.item, all.n, sizeof *all.item, by_text);
	size_t kept = 0;
	for (size_t i = 0; i < all.n; i++)
		if (kept && !strcmp(all.item[kept - 1], all.item[i]))
			free(all.item[i]);
		else
			all.item[kept++] = all.item[i];
	all.n = kept;
	return all;
}

static void release_names(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->item[i]);
	free(names->item);
}

/* "a, b, c": as many as fit. */
static void join(char *to, size_t size, const char *const *item, size_t n)
{
	size_t at = 0;
	*to = '\0';
	for (size_t i = 0; i < n; i++) {
		if (at + strlen(item[i]) + 8 > size) {
			snprintf(to + at, size - at, "%s...", i ? ", " : "");
			return;
		}
		at += (size_t)snprintf(to + at, size - at, "%s%s", i ? ", " : "", item[i]);
	}
}

static size_t count(const char *const *folder)
{
	size_t n = 0;
	while (folder[n])
		n++;
	return n;
}

static bool is_path(const char *name)
{
	return strchr(name, '/') || has_ending(name) || is_file(name);
}

char *mt_model_stem(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t n = strlen(name);
	return mt_strndup(name, has_ending(name) ? n - strlen(ENDING) : n);
}

char *mt_model_installed(const char *name, const char *const *folder)
{
	return is_path(name) ? NULL : look_up(name, folder);
}

int mt_model_hint(int rc, const char *name, const char *const *folder,
		  struct mt_err *err)
{
	if (!rc || !err || is_path(name) || !strcmp(name, "-"))
		return rc;
	struct names all = list_names(folder);
	const char *near = mt_near(name, (const char *const *)all.item, all.n);
	size_t n = strlen(err->text);
	if (near)
		snprintf(err->text + n, sizeof err->text - n, "; did you mean the installed "
			 "model '%s'?", near);
	release_names(&all);
	return rc;
}

int mt_model_find(char **path, const char *name, const char *const *folder,
		  struct mt_err *err)
{
	char have[120], where[160], hint[80] = ";";
	*path = is_path(name) ? mt_strdup(name) : look_up(name, folder);
	if (*path)
		return MT_OK;
	struct names all = list_names(folder);
	join(have, sizeof have, (const char *const *)all.item, all.n);
	const char *near = mt_near(name, (const char *const *)all.item, all.n);
	if (near)
		snprintf(hint, sizeof hint, ", did you mean '%s'?", near);
	release_names(&all);
	join(where, sizeof where, folder, count(folder));
	if (!*have)
		return mt_err_set(err, MT_EUSAGE, "unknown model '%.60s': no model is installed "
				  "in %s; name a file as ./FILE, or " HOW, name, where);
	return mt_err_set(err, MT_EUSAGE, "unknown model '%.60s'%s installed are %s; name a "
			  "file of your own as ./FILE (searched: %s)", name, hint, have, where);
}

int mt_model_default(char **name, char **path, const char *const *folder,
		     struct mt_err *err)
{
	static const char *const first[] = {"default", "msd-musicnn"};
	char where[200];
	*name = *path = NULL;
	for (size_t i = 0; i < sizeof first / sizeof *first; i++)
		if ((*path = look_up(first[i], folder))) {
			*name = mt_strdup(first[i]);
			return MT_OK;
		}
	struct names all = list_names(folder);
	for (size_t i = 0; i < all.n && !*path; i++)
		if ((*path = look_up(all.item[i], folder)))
			*name = mt_strdup(all.item[i]);
	release_names(&all);
	if (*path)
		return MT_OK;
	join(where, sizeof where, folder, count(folder));
	return mt_err_set(err, MT_EUSAGE, "no model: name one with `model MODEL`, or "
			  "install one: " HOW " (looked in %s)", where);
}

static bool has_crc(const char *path, uint32_t crc, uint32_t *other)
{
	struct mt_model m;
	if (mt_model_open(&m, path, NULL))
		return false;
	bool same = m.crc == crc;
	if (!same)
		*other = m.crc;
	mt_model_close(&m);
	return same;
}

int mt_model_find_crc(char **path, const char *name, uint32_t crc,
		      const char *const *folder, struct mt_err *err)
{
	uint32_t other = 0, ignored;
	*path = look_up(name, folder);
	bool named = *path;
	if (named && has_crc(*path, crc, &other))
		return MT_OK;
	free(*path);
	*path = NULL;
	struct names all = list_names(folder);
	for (size_t i = 0; i < all.n && !*path; i++) {
		char *p = look_up(all.item[i], folder);
		if (p && has_crc(p, crc, &ignored))
			*path = p;
		else
			free(p);
	}
	release_names(&all);
	if (*path)
		return MT_OK;
	if (named)
		return mt_err_set(err, MT_EUSAGE, "the installed model '%.60s' has CRC-32 "
				  "%08" PRIx32 ", not %08" PRIx32, name, other, crc);
	return mt_err_set(err, MT_EUSAGE, "the model '%.60s' with CRC-32 %08" PRIx32 " is not "
			  "installed", name, crc);
}
