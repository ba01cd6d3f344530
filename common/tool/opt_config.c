/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/num.h"
#include "tool/opt.h"

/* Texts that options point to, for as long as the program runs. */
static char **kept;
static size_t n_kept;

static const char *keep(const char *text)
{
	kept = mt_realloc(kept, n_kept + 1, sizeof *kept);
	return kept[n_kept++] = mt_strdup(text);
}

static int set_value(const struct mt_opt_set *sets, const char *name,
		     const json_t *v, struct mt_err *err)
{
	char number[40];
	const char *text = number;
	const struct mt_opt *row = mt_opt_find(sets, name);
	/* null: as if it were not there; false: a flag that is not given */
	if (row && (json_is_null(v) || (json_is_false(v) &&
					  !mt_opt_takes_word(row))))
		return MT_OK;
	if (row && row->type == MT_OPT_LIST && json_is_array(v)) {
		size_t i;
		const json_t *item;
		json_array_foreach(v, i, item) {
			int rc = set_value(sets, name, item, err);
			if (rc)
				return rc;
		}
		return MT_OK;
	}
	if (json_is_true(v))
		return mt_opt_set_text(sets, name, NULL, err);
	if (json_is_string(v))
		text = json_string_value(v);
	else if (json_is_integer(v))
		snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT,
			 json_integer_value(v));
	else if (json_is_real(v))
		mt_num_text(number, json_real_value(v), 64);
	else
		return mt_err_set(err, MT_EUSAGE, row ? "'%s' cannot be this "
				  "kind of JSON value" : "unknown option '%.80s'",
				  name);
	return mt_opt_set_text(sets, name, keep(text), err);
}

int mt_opt_config(const struct mt_opt_set *sets, const char *path,
		  struct mt_err *err)
{
	json_t *root;
	int rc = mt_json_load(&root, path, MT_EUSAGE, err);
	if (rc)
		return rc;
	if (!json_is_object(root)) {
		json_decref(root);
		return mt_err_set(err, MT_EUSAGE, "%s: not a JSON object",
				  path);
	}
	const char *name;
	json_t *v;
	json_object_foreach(root, name, v) {
		rc = strcmp(name, "config") ? set_value(sets, name, v, err)
			: mt_err_set(err, MT_EUSAGE, "'config': such a file "
				     "names no other");
		if (rc) {
			json_decref(root);
			return mt_err_prefix(rc, err, "%s", path);
		}
	}
	json_decref(root);
	return MT_OK;
}

void mt_opt_config_forget(void)
{
	for (size_t i = 0; i < n_kept; i++)
		free(kept[i]);
	free(kept);
	kept = NULL;
	n_kept = 0;
}
