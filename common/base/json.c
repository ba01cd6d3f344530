/* SPDX-License-Identifier: MIT */
#include "base/json.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/mark.h"

#define MAX_FILE ((size_t)1 << 30)

int mt_json_load(json_t **root, const char *path, int damaged, struct mt_err *err)
{
	json_error_t why;
	char *text;
	size_t size;
	*root = NULL;
	int rc = mt_file_get(path, MAX_FILE, &text, &size, err);
	if (rc)
		return rc == MT_EINPUT && err ? err->status = damaged : rc;
	size_t mark = mt_mark_utf8(text, size);
	if (mt_mark_is_utf16(text, size))
		rc = mt_err_set(err, damaged, "%s: is UTF-16 text; save it as UTF-8",
				path);
	/* jansson bounds the depth of what it parses, 2048 */
	else if (!(*root = json_loadb(text + mark, size - mark, JSON_REJECT_DUPLICATES,
				      &why)))
		rc = mt_err_set(err, damaged, "%s: line %d: %s", path, why.line,
				why.text);
	free(text);
	return rc;
}
