/* SPDX-License-Identifier: MIT
 * A tag database out of a table. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "tags/db/tagread.h"
#include "tags/db/tagtable.h"

#define MAX_FILE ((size_t)8 << 30)

static void add_pair(struct mt_tagdb *db, size_t *cap, size_t tid, size_t tag,
		     double val, bool has_val)
{
	if (db->n_pair == *cap) {
		*cap = *cap ? 2 * *cap : 1024;
		db->pair_tid = mt_realloc(db->pair_tid, *cap,
					  sizeof *db->pair_tid);
		db->pair_tag = mt_realloc(db->pair_tag, *cap,
					  sizeof *db->pair_tag);
		if (has_val)
			db->pair_val = mt_realloc(db->pair_val, *cap,
						  sizeof *db->pair_val);
	}
	db->pair_tid[db->n_pair] = (uint32_t)tid;
	db->pair_tag[db->n_pair] = (uint32_t)tag;
	if (has_val)
		db->pair_val[db->n_pair] = val;
	db->n_pair++;
}

/* The number of a text, new or old. */
static size_t number_of(struct mt_texts *texts, struct mt_texts_index *x,
			const char *s, size_t n)
{
	size_t is = mt_texts_find(x, s, n);
	if (is)
		return is;
	mt_texts_add(texts, s, n);
	return mt_texts_insert(x, texts->n);
}

static int read_rows(struct mt_tagdb *db, struct mt_tagtable *t,
		     const struct mt_tagdb_how *how, struct mt_err *err)
{
	struct mt_texts_index tids, names;
	size_t cap = 0;
	int rc;
	mt_texts_index(&tids, &db->tid);
	mt_texts_index(&names, &db->tag);
	while (!(rc = mt_tagtable_next(t, err))) {
		size_t n, tid = number_of(&db->tid, &tids, t->text, t->len);
		const char *tag, *name;
		while (!rc && mt_tagtable_tag(t, &tag, &n)) {
			name = how->names ? mt_tagnames_find(how->names, tag, &n)
					  : tag;
			if (name)
				add_pair(db, &cap, tid,
					 number_of(&db->tag, &names, name, n),
					 t->val, t->weight >= 0);
			else
				rc = mt_err_set(err, MT_EINPUT, "%s: line %zu: "
						"the names have no id '%.80s'",
						db->path, t->c.line, tag);
		}
		if (rc)
			break;
		if (db->n_pair >= UINT32_MAX || db->tid.n >= MT_TAGDB_MAX) {
			rc = mt_err_set(err, MT_EINPUT, "%s: fewer than 2^32 "
					"pairs are read", db->path);
			break;
		}
	}
	mt_texts_index_release(&tids);
	mt_texts_index_release(&names);
	return rc == MT_END ? MT_OK : rc;
}

int mt_tagread_table(struct mt_tagdb *db, char *data, size_t size,
		     unsigned parts, const struct mt_tagdb_how *how,
		     struct mt_err *err)
{
	struct mt_tagtable t;
	int rc = mt_tagtable_open(&t, db->path, data, size, how->column, err);
	if (rc)
		return rc;
	db->keys = t.keys;
	if ((parts & MT_TAGDB_VAL) && t.weight < 0)
		rc = mt_cells_bad(&t.c, "has no column 'weight'", err);
	else
		rc = read_rows(db, &t, how, err);
	mt_tagtable_close(&t);
	return rc;
}

int mt_tagread_text(struct mt_tagdb *db, unsigned parts,
		    const struct mt_tagdb_how *how, struct mt_err *err)
{
	char *data;
	size_t size;
	int rc = mt_file_get(db->path, MAX_FILE, &data, &size, err);
	if (rc)
		return rc;
	rc = mt_tagread_table(db, data, size, parts, how, err);
	free(data);
	return rc;
}
