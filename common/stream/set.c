/* SPDX-License-Identifier: MIT */
#include "stream/set.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/json.h"
#include "base/mem.h"

bool mt_set_is(const char *path)
{
	struct stat st;
	char *manifest = mt_strf("%s/manifest.json", path);
	bool is = !stat(path, &st) && S_ISDIR(st.st_mode) &&
		  !stat(manifest, &st);
	free(manifest);
	return is;
}

static int parse_part(struct mt_set *set, size_t i, json_t *o,
		      struct mt_err *err)
{
	struct mt_set_part *p = &set->part[i];
	const char *name;
	json_int_t bytes, n_data, n_fail, crc;
	if (json_unpack(o, "{s:s, s:I, s:I, s:I, s:I}", "name", &name, "bytes",
			&bytes, "records", &n_data, "failed", &n_fail, "crc32",
			&crc) || bytes < 0 || n_data < 0 || n_fail < 0 ||
	    crc < 0 || crc > UINT32_MAX)
		return mt_err_set(err, MT_EINPUT, "%s/manifest.json: part %zu "
				  "lacks name, bytes, records, failed or crc32",
				  set->folder, i);
	if (!*name || strchr(name, '/') || name[0] == '.')
		return mt_err_set(err, MT_EINPUT, "%s/manifest.json: part %zu "
				  "has the name '%.80s', which is no plain "
				  "file name", set->folder, i, name);
	p->name = mt_strdup(name);
	p->bytes = (uint64_t)bytes;
	p->n_data = (uint64_t)n_data;
	p->n_fail = (uint64_t)n_fail;
	p->crc = (uint32_t)crc;
	set->n_data += p->n_data;
	set->n_fail += p->n_fail;
	struct stat st;
	char *path = mt_strf("%s/%s", set->folder, name);
	int rc = MT_OK;
	if (stat(path, &st))
		rc = mt_err_set(err, MT_EINPUT, "%s: the manifest names this "
				"part, but it is not there", path);
	else if ((uint64_t)st.st_size != p->bytes)
		rc = mt_err_set(err, MT_EINPUT, "%s: has %" PRIu64 " bytes, the "
				"manifest says %" PRIu64, path,
				(uint64_t)st.st_size, p->bytes);
	free(path);
	return rc;
}

int mt_set_read(struct mt_set *set, const char *folder, struct mt_err *err)
{
	*set = (struct mt_set){0};
	char *path = mt_strf("%s/manifest.json", folder);
	json_t *root = NULL;
	struct stat st;
	int rc = stat(folder, &st) || mt_set_is(folder) ? MT_OK :
		 mt_err_set(err, MT_EINPUT, "%s: has no manifest.json: no packed "
			    "set, or not yet a whole one", folder);
	if (!rc)
		rc = mt_json_load(&root, path, MT_EINPUT, err);
	json_t *parts = json_object_get(root, "parts");
	if (!rc && !json_is_array(parts))
		rc = mt_err_set(err, MT_EINPUT, "%s: has no list of parts",
				path);
	free(path);
	set->folder = mt_strdup(folder);
	if (!rc) {
		set->n_part = json_array_size(parts);
		set->part = mt_calloc(set->n_part, sizeof *set->part);
	}
	for (size_t i = 0; !rc && i < set->n_part; i++)
		rc = parse_part(set, i, json_array_get(parts, i), err);
	json_decref(root);
	if (rc)
		mt_set_release(set);
	return rc;
}

void mt_set_release(struct mt_set *set)
{
	for (size_t i = 0; i < set->n_part; i++)
		free(set->part[i].name);
	free(set->part);
	free(set->folder);
	*set = (struct mt_set){0};
}
