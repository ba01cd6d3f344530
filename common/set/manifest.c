/* SPDX-License-Identifier: MIT */
#include "set/manifest.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/crc.h"
#include "base/json.h"
#include "base/mem.h"
#include "set/packdir.h"
#include "set/quick.h"
#include "set/splits.h"

/* Bytes as a JSON string; what is no UTF-8 cannot stand in JSON and is
 * written as its hexadecimal digits behind "hex:". */
static json_t *text(const char *s)
{
	json_t *j = json_string(s);
	if (j)
		return j;
	size_t n = strlen(s);
	char *hex = mt_calloc(2 * n + 5, 1);
	memcpy(hex, "hex:", 4);
	for (size_t i = 0; i < n; i++)
		snprintf(hex + 4 + 2 * i, 3, "%02x", (unsigned char)s[i]);
	j = json_string(hex);
	free(hex);
	return j;
}

/* The header text, a line of it a string. */
static json_t *header_lines(const struct mt_head *head)
{
	json_t *lines = json_array();
	size_t n;
	char *all = mt_head_text(head, &n);
	for (char *line = all, *nl; (nl = strchr(line, '\n')); line = nl + 1) {
		*nl = 0;
		json_array_append_new(lines, text(line));
	}
	free(all);
	return lines;
}

static json_t *part_list(const struct mt_set *set)
{
	json_t *parts = json_array();
	for (size_t i = 0; i < set->n_part; i++) {
		const struct mt_set_part *p = &set->part[i];
		json_array_append_new(parts, json_pack(
			"{s:s, s:I, s:I, s:I, s:I}", "name", p->name, "bytes",
			(json_int_t)p->bytes, "records", (json_int_t)p->n_data,
			"failed", (json_int_t)p->n_fail, "crc32",
			(json_int_t)p->crc));
	}
	return parts;
}

static int put(const char *folder, json_t *root, struct mt_err *err)
{
	char *out = json_dumps(root, JSON_INDENT(1) | JSON_ENSURE_ASCII);
	char *path = mt_strf("%s/manifest.json", folder);
	char *line = mt_strf("%s\n", out);
	int rc = mt_file_put(path, line, strlen(line), err);
	free(line);
	free(path);
	free(out);
	return rc;
}

int mt_manifest_write(const struct mt_pack *p, struct mt_err *err)
{
	json_t *root = json_object(), *tags = json_array();
	json_t *splits = json_object();
	for (size_t i = 0; i < mt_head_n_tag(&p->head); i++)
		json_array_append_new(tags, text(mt_head_tag(&p->head, i)));
	for (size_t i = 0; i < p->split.n; i++) {
		const struct mt_word *split = &p->split.word[i];
		json_t *name = text(split->word);
		if (split->size)
			json_object_set_new(splits, json_string_value(name),
					    json_integer((json_int_t)split->n));
		json_decref(name);
	}
	json_object_set_new(root, "format", json_string("mtpack 1"));
	json_object_set_new(root, "records",
			    json_integer((json_int_t)p->set.n_data));
	json_object_set_new(root, "failed",
			    json_integer((json_int_t)p->set.n_fail));
	json_object_set_new(root, "splits", splits);
	json_object_set_new(root, "in_two_splits",
			    json_integer((json_int_t)p->n_twin));
	json_object_set_new(root, "repeated_keys",
			    json_integer((json_int_t)p->keys.n_twice));
	json_object_set_new(root, "tags", tags);
	json_object_set_new(root, "header", header_lines(&p->head));
	json_object_set_new(root, "parts", part_list(&p->set));
	int rc = put(p->work, root, err);
	json_decref(root);
	return rc;
}

/* Copy one part under a new number; its CRC is checked on the way. */
static int copy_part(struct mt_pack *p, const struct mt_set *from,
		     const struct mt_set_part *part, struct mt_err *err)
{
	char *src = mt_strf("%s/%s", from->folder, part->name);
	char *name = mt_strf("part-%05zu.mtp", p->set.n_part);
	char *dst = mt_strf("%s/%s", p->work, name);
	unsigned char *buf = mt_alloc64(1 << 20);
	uint32_t crc = 0;
	struct mt_file out;
	FILE *in = fopen(src, "re");
	int rc = in ? mt_file_open(&out, dst, err)
		    : mt_set_blame(from, mt_err_sys(err, "%s: cannot open", src),
				   err);
	if (!rc) {
		for (size_t n; !rc && (n = fread(buf, 1, 1 << 20, in));) {
			crc = mt_crc32(crc, buf, n);
			rc = mt_file_write(&out, buf, n, err);
		}
		if (!rc && (ferror(in) || crc != part->crc))
			rc = mt_set_blame(from, mt_err_set(err, MT_EINPUT, "%s: "
					"damaged: CRC-32 %08x, the manifest says "
					"%08x", src, crc, part->crc), err);
		if (rc)
			mt_file_abort(&out);
		else
			rc = mt_file_commit(&out, err);
	}
	if (in)
		fclose(in);
	if (!rc) {
		struct mt_set *s = &p->set;
		s->part = mt_realloc(s->part, s->n_part + 1, sizeof *s->part);
		s->part[s->n_part] = *part;
		s->part[s->n_part++].name = mt_strdup(name);
		s->n_data += part->n_data;
		s->n_fail += part->n_fail;
	}
	free(buf);
	free(dst);
	free(name);
	free(src);
	return rc;
}

/* Keys and splits of a part, which is read to its end. */
static int read_part(struct mt_pack *p, const struct mt_set *from, size_t i,
		     struct mt_splits *splits, struct mt_err *err)
{
	struct mt_reader r;
	struct mt_rec rec;
	int rc = mt_set_open(from, i, &r, err);
	if (rc)
		return rc;
	mt_rec_init(&rec);
	while (!(rc = mt_reader_next(&r, &rec, err))) {
		size_t n;
		const char *key = rec.type == MT_DATA ? mt_rec_key(&rec, &n)
						      : NULL;
		if (key)
			mt_keyset_add(&p->keys, key, n);
		mt_splits_count(splits, &rec);
	}
	rc = rc == MT_END ? mt_set_check(from, i, &r, err) : rc;
	mt_rec_release(&rec);
	mt_reader_close(&r);
	return rc;
}

static int join_parts(struct mt_pack *p, const struct mt_set *from,
		      struct mt_err *err)
{
	struct mt_splits splits = {0};
	int rc = MT_OK;
	mt_splits_expect(&splits, from);
	for (size_t i = 0; !rc && i < from->n_part; i++) {
		rc = copy_part(p, from, &from->part[i], err);
		if (!rc)
			rc = read_part(p, from, i, &splits, err);
	}
	if (!rc)
		rc = mt_splits_check(&splits, from->folder, err);
	mt_splits_release(&splits);
	return rc;
}

/* Take over the header of the first set, hold the others against it. */
static int join_head(struct mt_pack *p, const struct mt_set *from,
		     struct mt_err *err)
{
	struct mt_reader r;
	struct mt_rec rec;
	if (!from->n_part)
		return MT_OK;
	char *path = mt_strf("%s/%s", from->folder, from->part[0].name);
	mt_rec_init(&rec);
	int rc = mt_reader_open(&r, path, err);
	free(path);
	if (rc)
		return rc;
	rc = mt_reader_next(&r, &rec, err);
	if (!rc && !p->has_head)
		rc = mt_pack_head(p, &r.head, err);
	else if (!rc && (rc = mt_head_same(&p->head, &r.head, err)))
		mt_err_prefix(rc, err, "%s", from->folder);
	mt_rec_release(&rec);
	mt_reader_close(&r);
	return rc;
}

static int join_splits(struct mt_pack *p, const char *folder,
		       struct mt_err *err)
{
	char *path = mt_strf("%s/manifest.json", folder);
	json_t *root, *v;
	int rc = mt_json_load(&root, path, MT_EINPUT, err);
	const char *name;
	json_object_foreach(json_object_get(root, "splits"), name, v) {
		size_t i = mt_words_find(&p->split, name, strlen(name));
		p->split.word[i].n += (uint64_t)json_integer_value(v);
	}
	p->n_twin += (uint64_t)json_integer_value(
		json_object_get(root, "in_two_splits"));
	json_decref(root);
	free(path);
	return rc;
}

struct place {
	struct stat st;
	int i;                   /* of the operands */
};

static int by_place(const void *x, const void *y)
{
	const struct place *a = x, *b = y;
	if (a->st.st_dev != b->st.st_dev)
		return a->st.st_dev < b->st.st_dev ? -1 : 1;
	if (a->st.st_ino != b->st.st_ino)
		return a->st.st_ino < b->st.st_ino ? -1 : 1;
	return a->i - b->i;
}

/* The same folder under two names would double every record. */
static int check_twice(char *const *from, int n, struct mt_err *err)
{
	struct place *at = mt_calloc((size_t)n + 1, sizeof *at);
	size_t k = 0;
	int rc = MT_OK;
	for (int i = 0; i < n; i++) {
		at[k].i = i;
		k += !stat(from[i], &at[k].st);
	}
	qsort(at, k, sizeof *at, by_place);
	for (size_t i = 1; !rc && i < k; i++)
		if (at[i].st.st_dev == at[i - 1].st.st_dev &&
		    at[i].st.st_ino == at[i - 1].st.st_ino)
			rc = mt_err_set(err, MT_EUSAGE, "%s: is the same set as %s; "
					"name it once", from[at[i].i],
					from[at[i - 1].i]);
	free(at);
	return rc;
}

/* Its records and failures as its end frames count them. */
static int check_quickly(const char *folder, struct mt_err *err)
{
	struct mt_quick q;
	mt_quick_init(&q);
	int rc = mt_quick_add(&q, folder, err);
	mt_quick_release(&q);
	return rc;
}

int mt_pack_merge(const char *folder, bool force, char *const *from, int n,
		  struct mt_keyset *keys, struct mt_err *err)
{
	struct mt_pack p;
	*keys = (struct mt_keyset){0};
	int rc = check_twice(from, n, err);
	if (!rc)
		rc = mt_pack_open(&p, folder, force, false, err);
	if (rc)
		return rc;
	for (int i = 0; !rc && i < n; i++) {
		struct mt_set set;
		rc = mt_set_read(&set, from[i], err);
		if (rc)
			break;
		rc = check_quickly(from[i], err);
		if (!rc)
			rc = join_head(&p, &set, err);
		if (!rc)
			rc = join_splits(&p, from[i], err);
		if (!rc)
			rc = join_parts(&p, &set, err);
		rc = mt_set_blame(&set, rc, err);
		mt_set_release(&set);
	}
	if (!rc)
		rc = mt_pack_finish(&p, err);
	else if (mt_packdir_clear(p.work, NULL)) /* nothing goes on with them */
		mt_err_prefix(rc, err, "%s: not cleared", p.work);
	*keys = p.keys;
	p.keys = (struct mt_keyset){0};
	mt_pack_abort(&p);
	return rc;
}
