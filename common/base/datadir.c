/* SPDX-License-Identifier: MIT */
#include "base/datadir.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#ifndef MT_PREFIX
#define MT_PREFIX "/usr/local"
#endif
#define MAX_FOLDERS 64

static struct {
	char *folder[MAX_FOLDERS + 1];
	size_t n;
} list;

/* Takes text over. */
static void add(char *text)
{
	size_t n = strlen(text);
	while (n > 1 && text[n - 1] == '/')
		text[--n] = '\0';
	for (size_t i = 0; i < list.n; i++)
		n = strcmp(list.folder[i], text) ? n : 0;
	if (n && list.n < MAX_FOLDERS)
		list.folder[list.n++] = text;
	else
		free(text);
}

static void add_each(const char *folders)
{
	while (folders && *folders) {
		size_t n = strcspn(folders, ":");
		add(mt_strf("%.*s", (int)n, folders));
		folders += n + (folders[n] == ':');
	}
}

/* base, the folder above that of the program, "/usr/local" of
 * "/usr/local/bin/mt-predict"; false where that is not known. */
static int program_base(char *base, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", base, size);
	if (n <= 0 || (size_t)n >= size)
		return 0;
	base[n] = '\0';
	for (int up = 0; up < 2; up++) {
		char *slash = strrchr(base, '/');
		if (!slash)
			return 0;
		*slash = '\0';
	}
	return 1;
}

const char *const *mt_model_folders(void)
{
	const char *user = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
	char base[PATH_MAX];
	struct stat st;
	if (list.n)
		return (const char *const *)list.folder;
	add_each(getenv("MT_MODELS"));
	if (user && *user == '/')
		add(mt_strf("%s/mt/models", user));
	else if (home && *home == '/')
		add(mt_strf("%s/.local/share/mt/models", home));
	add(mt_strf("%s/share/mt/models", MT_PREFIX));
	if (program_base(base, sizeof base)) {
		char *built = mt_strf("%s/models", base);
		if (!stat(built, &st) && S_ISDIR(st.st_mode))
			add(mt_strdup(built));
		free(built);
		add(mt_strf("%s/share/mt/models", base));
	}
	return (const char *const *)list.folder;
}
