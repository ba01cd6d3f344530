/* SPDX-License-Identifier: MIT */
#include "train/trainfolder.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "set/set.h"

static bool is_there(const char *folder, const char *name)
{
	char *path = mt_strf("%s/%s.safetensors", folder, name);
	bool there = !access(path, F_OK);
	free(path);
	return there;
}

static bool has_model(const char *folder)
{
	return is_there(folder, "best") || is_there(folder, "last");
}

int mt_train_folder_check(const char *path, bool resume, bool force, bool *made,
			  struct mt_err *err)
{
	bool checkpoint = is_there(path, "checkpoint"), model = has_model(path);
	struct stat st;
	*made = false;
	if (mt_set_is(path))
		return mt_err_set(err, MT_EUSAGE, "%s: is a packed set; models "
				  "go into a folder of their own", path);
	if ((checkpoint || model) && !force && !resume)
		return mt_err_set(err, MT_EUSAGE, "%s: holds a model already; "
				  "`resume` continues, `force` starts over", path);
	if (model && !checkpoint && !force)
		return mt_err_set(err, MT_EUSAGE, "%s: holds a model, but no "
				  "checkpoint to resume from; `force` starts "
				  "over", path);
	if (!stat(path, &st) && !S_ISDIR(st.st_mode))
		return mt_err_set(err, MT_EUSAGE, "%s: is not a folder", path);
	*made = !mkdir(path, 0777);
	if (!*made && errno != EEXIST)
		return mt_err_sys(err, "%s: cannot make the folder", path);
	if (access(path, W_OK | X_OK))
		return mt_err_sys(err, "%s: cannot write", path);
	return MT_OK;
}

void mt_train_folder_clear(const char *path)
{
	if (has_model(path))
		return;
	char *file = mt_strf("%s/checkpoint.safetensors", path);
	unlink(file);
	free(file);
}
