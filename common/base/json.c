/* SPDX-License-Identifier: MIT */
#include "base/json.h"

#include <stdio.h>

int mt_json_load(json_t **root, const char *path, int damaged, struct mt_err *err)
{
	json_error_t why;
	FILE *f = fopen(path, "rbe");
	*root = NULL;
	if (!f)
		return mt_err_sys(err, "%s: cannot open", path);
	*root = json_loadf(f, JSON_REJECT_DUPLICATES, &why);
	fclose(f);
	if (!*root)
		return mt_err_set(err, damaged, "%s: line %d: %s", path, why.line, why.text);
	return MT_OK;
}
