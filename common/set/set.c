/* SPDX-License-Identifier: MIT */
#include "set/set.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/json.h"
#include "base/mem.h"
#include "stream/layout.h"

#define MANIFEST "manifest.json"
#define FORMAT "mtpack 1"

bool mt_set_is(const char *path)
{
	struct stat st;
	char *manifest = mt_strf("%s/manifest.json", path);
	bool is = !stat(path, &st) && S_ISDIR(st.st_mode) &&
		  !stat(manifest, &st);
	free(manifest);
	return is;
}

static struct mt_set_id id_of(const struct stat *st)
{
	return (struct mt_set_id){(uint64_t)st->st_dev, (uint64_t)st->st_ino,
				  (uint64_t)st->st_size, st->st_mtim.tv_sec,
				  st->st_mtim.tv_nsec};
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The part on disk: there, a file, of this size. */
static int check_file(const char *path, uint64_t bytes, struct mt_err *err)
{
	struct stat st;
	if (stat(path, &st))
		return mt_err_set(err, MT_EINPUT, "%s: the manifest names this "
				  "part, but it is missing", path);
	if (!S_ISREG(st.st_mode))
		return mt_err_set(err, MT_EINPUT, "%s: is not a regular file, "
				  "so not a part of a set", path);
	if ((uint64_t)st.st_size != bytes)
		return mt_err_set(err, MT_EINPUT, "%s: has %" PRIu64 " bytes, "
				  "the manifest says %" PRIu64, path,
				  (uint64_t)st.st_size, bytes);
	return MT_OK;
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
		return mt_err_set(err, MT_EINPUT, "%s/" MANIFEST ": part %zu "
				  "lacks name, bytes, records, failed or crc32, "
				  "or one is out of range", set->folder, i);
	if (!*name || strchr(name, '/') || name[0] == '.')
		return mt_err_set(err, MT_EINPUT, "%s/" MANIFEST ": part %zu "
				  "has the name '%.80s', which is not a plain "
				  "file name", set->folder, i, name);
	p->name = mt_strdup(name);
	p->bytes = (uint64_t)bytes;
	p->n_data = (uint64_t)n_data;
	p->n_fail = (uint64_t)n_fail;
	p->crc = (uint32_t)crc;
	char *path = mt_strf("%s/%s", set->folder, name);
	int rc = check_file(path, p->bytes, err);
	free(path);
	/* no record is smaller than its frame's header; so no sum overflows */
	if (!rc && (p->n_data > p->bytes / MT_FRAME_HEAD ||
		    p->n_fail > p->bytes / MT_FRAME_HEAD))
		rc = mt_err_set(err, MT_EINPUT, "%s/" MANIFEST ": %" PRIu64
				" records and %" PRIu64 " failed do not fit in "
				"the %" PRIu64 " bytes of %.80s", set->folder,
				p->n_data, p->n_fail, p->bytes, name);
	set->n_data += p->n_data;
	set->n_fail += p->n_fail;
	return rc;
}

/* Each name once, and no other part in the folder. */
static int check_names(const struct mt_set *set, struct mt_err *err)
{
	size_t n = set->n_part;
	char **name = mt_calloc(n + 1, sizeof *name);
	int rc = MT_OK;
	for (size_t i = 0; i < n; i++)
		name[i] = set->part[i].name;
	qsort(name, n, sizeof *name, by_name);
	for (size_t i = 1; !rc && i < n; i++)
		if (!strcmp(name[i - 1], name[i]))
			rc = mt_err_set(err, MT_EINPUT, "%s/" MANIFEST ": names "
					"the part '%.80s' twice", set->folder,
					name[i]);
	DIR *dir = opendir(set->folder);
	for (struct dirent *d; dir && !rc && (d = readdir(dir));) {
		char *file = d->d_name;
		size_t len = strlen(file);
		if (!strncmp(file, "part-", 5) && len > 4 &&
		    !strcmp(file + len - 4, ".mtp") &&
		    !bsearch(&file, name, n, sizeof *name, by_name))
			rc = mt_err_set(err, MT_EINPUT, "%s/%.80s: is not one "
					"of the %zu parts in the manifest",
					set->folder, file, n);
	}
	if (dir)
		closedir(dir);
	free(name);
	return rc;
}

/* A number of the manifest that must be there, or may be missing. */
static int get_count(const char *path, const json_t *root, const char *name,
		     bool need, json_int_t *n, struct mt_err *err)
{
	const json_t *v = json_object_get(root, name);
	*n = v ? json_integer_value(v) : 0;
	if (v ? json_is_integer(v) && *n >= 0 : !need)
		return MT_OK;
	return mt_err_set(err, MT_EINPUT, "%s: '%s' is %s", path, name,
			  v ? "not a count" : "missing");
}

static int check_sum(const char *path, const char *name, json_int_t says,
		     uint64_t sum, struct mt_err *err)
{
	if ((uint64_t)says == sum)
		return MT_OK;
	return mt_err_set(err, MT_EINPUT, "%s: '%s' is %" JSON_INTEGER_FORMAT
			  ", but its parts have %" PRIu64, path, name, says,
			  sum);
}

/* Everything in the manifest beside its list of parts. */
static int check_manifest(struct mt_set *set, const char *path,
			  const json_t *root, struct mt_err *err)
{
	json_int_t n_data, n_fail, other;
	uint64_t sum = 0;
	int rc = get_count(path, root, "records", true, &n_data, err);
	if (!rc)
		rc = get_count(path, root, "failed", true, &n_fail, err);
	if (!rc)
		rc = check_sum(path, "records", n_data, set->n_data, err);
	if (!rc)
		rc = check_sum(path, "failed", n_fail, set->n_fail, err);
	if (!rc)
		rc = get_count(path, root, "in_two_splits", false, &other, err);
	if (!rc)
		rc = get_count(path, root, "repeated_keys", false, &other, err);
	json_t *splits = json_object_get(root, "splits"), *v;
	const char *name;
	if (!rc && splits && !json_is_object(splits))
		rc = mt_err_set(err, MT_EINPUT, "%s: 'splits' is not an object",
				path);
	set->split = mt_calloc(json_object_size(splits) + 1, sizeof *set->split);
	json_object_foreach(splits, name, v) {
		json_int_t n = json_integer_value(v);
		set->split[set->n_split++] = (struct mt_set_split){
			mt_strdup(name), n > 0 ? (uint64_t)n : 0};
		if (!rc && (!json_is_integer(v) || n < 0 || n > n_data))
			rc = mt_err_set(err, MT_EINPUT, "%s: split '%.80s' has "
					"%" JSON_INTEGER_FORMAT " of %"
					JSON_INTEGER_FORMAT " records", path,
					name, n, n_data);
		sum += rc ? 0 : (uint64_t)n;
		if (!rc && sum > (uint64_t)n_data)
			rc = mt_err_set(err, MT_EINPUT, "%s: the splits have "
					"more records than the %"
					JSON_INTEGER_FORMAT " of the set", path,
					n_data);
	}
	return rc;
}

static int load(struct mt_set *set, const char *path, json_t **root,
		struct mt_err *err)
{
	struct stat st;
	if (stat(set->folder, &st))
		return mt_err_sys(err, "%s: cannot open", set->folder);
	if (!S_ISDIR(st.st_mode) || stat(path, &st))
		return mt_err_set(err, MT_EINPUT, "%s: has no " MANIFEST ": not "
				  "a packed set, or not a complete one",
				  set->folder);
	/* a FIFO would never end */
	if (!S_ISREG(st.st_mode))
		return mt_err_set(err, MT_EINPUT, "%s: is not a regular file",
				  path);
	set->id = id_of(&st);
	int rc = mt_json_load(root, path, MT_EINPUT, err);
	if (rc)
		return rc;
	const char *format = json_string_value(json_object_get(*root, "format"));
	if (!format || strcmp(format, FORMAT) != 0)
		return mt_err_set(err, MT_EINPUT, "%s: format '%.40s', but this "
				  "version reads '" FORMAT "'", path,
				  format ? format : "");
	if (!json_is_array(json_object_get(*root, "parts")))
		return mt_err_set(err, MT_EINPUT, "%s: has no list of parts",
				  path);
	return MT_OK;
}

int mt_set_read(struct mt_set *set, const char *folder, struct mt_err *err)
{
	*set = (struct mt_set){.folder = mt_strdup(folder)};
	char *path = mt_strf("%s/" MANIFEST, folder);
	json_t *root = NULL;
	int rc = load(set, path, &root, err);
	json_t *parts = json_object_get(root, "parts");
	size_t n = rc ? 0 : json_array_size(parts);
	set->part = mt_calloc(n + 1, sizeof *set->part);
	for (; !rc && set->n_part < n; set->n_part++)
		rc = parse_part(set, set->n_part, json_array_get(parts,
				set->n_part), err);
	if (!rc)
		rc = check_names(set, err);
	if (!rc)
		rc = check_manifest(set, path, root, err);
	if (rc)
		rc = mt_set_blame(set, rc, err);
	json_decref(root);
	free(path);
	if (rc)
		mt_set_release(set);
	return rc;
}

int mt_set_open(const struct mt_set *set, size_t i, struct mt_reader *r,
		struct mt_err *err)
{
	const struct mt_set_part *p = &set->part[i];
	char *path = mt_strf("%s/%s", set->folder, p->name);
	int rc = check_file(path, p->bytes, err);
	if (!rc)
		rc = mt_reader_open(r, path, err);
	if (!rc)
		r->sum = true;
	free(path);
	return rc ? mt_set_blame(set, rc, err) : MT_OK;
}

int mt_set_check_counts(const struct mt_set *set, size_t i,
			const struct mt_tally *found, struct mt_err *err)
{
	const struct mt_set_part *p = &set->part[i];
	if (found->n_data == p->n_data && found->n_fail == p->n_fail)
		return MT_OK;
	return mt_err_set(err, MT_EINPUT, "%s/%s: has %" PRIu64 " records and %"
			  PRIu64 " failed, the manifest says %" PRIu64 " and %"
			  PRIu64, set->folder, p->name, found->n_data,
			  found->n_fail, p->n_data, p->n_fail);
}

int mt_set_check(const struct mt_set *set, size_t i, const struct mt_reader *r,
		 struct mt_err *err)
{
	const struct mt_set_part *p = &set->part[i];
	int rc = MT_OK;
	if (r->at != p->bytes)
		rc = mt_err_set(err, MT_EINPUT, "%s: had %" PRIu64 " bytes, the "
				"manifest says %" PRIu64, r->name, r->at,
				p->bytes);
	if (!rc)
		rc = mt_set_check_counts(set, i, &r->all, err);
	if (!rc && r->crc != p->crc)
		rc = mt_err_set(err, MT_EINPUT, "%s: CRC-32 %08" PRIx32 ", the "
				"manifest says %08" PRIx32, r->name, r->crc,
				p->crc);
	return rc ? mt_set_blame(set, rc, err) : MT_OK;
}

int mt_set_blame(const struct mt_set *set, int rc, struct mt_err *err)
{
	struct stat st;
	char *path = mt_strf("%s/" MANIFEST, set->folder);
	struct mt_set_id now = {0};
	if (!stat(path, &st))
		now = id_of(&st);
	free(path);
	if (!set->id.ino || !memcmp(&now, &set->id, sizeof now))
		return rc;
	return mt_err_set(err, MT_EINPUT, "%s: was replaced or removed while it "
			  "was read; read it again", set->folder);
}

void mt_set_release(struct mt_set *set)
{
	for (size_t i = 0; i < set->n_part; i++)
		free(set->part[i].name);
	for (size_t i = 0; i < set->n_split; i++)
		free(set->split[i].name);
	free(set->split);
	free(set->part);
	free(set->folder);
	*set = (struct mt_set){0};
}
