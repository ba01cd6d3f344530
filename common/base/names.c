/* SPDX-License-Identifier: MIT */
#include "base/names.h"

#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

int mt_names_open(struct mt_names *list, const char *path, bool zero,
		  struct mt_err *err)
{
	*list = (struct mt_names){.path = path, .end = zero ? 0 : '\n'};
	list->file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	return list->file ? MT_OK : mt_err_sys(err, "%s: cannot open", path);
}

int mt_names_next(struct mt_names *list, struct mt_err *err)
{
	for (;;) {
		ssize_t n = getdelim(&list->name, &list->cap, list->end,
				     list->file);
		if (n < 0)
			return ferror(list->file)
				       ? mt_err_sys(err, "%s: cannot read",
						    list->path)
				       : MT_END;
		if (n && list->name[n - 1] == (char)list->end)
			list->name[--n] = 0;
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
