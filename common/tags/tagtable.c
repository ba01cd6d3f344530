/* SPDX-License-Identifier: MIT */
#include "tags/tagtable.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

struct vtab {
	sqlite3_vtab base;
	struct mt_tagtable *table;
};

struct cursor {
	sqlite3_vtab_cursor base;
	uint32_t at;
};

static int connect(sqlite3 *db, void *aux, int argc, const char *const *argv,
		   sqlite3_vtab **out, char **err)
{
	(void)argc, (void)argv, (void)err;
	int rc = sqlite3_declare_vtab(db, "CREATE TABLE pairs (tid, tag, val)");
	if (rc)
		return rc;
	struct vtab *v = mt_calloc(1, sizeof *v);
	v->table = aux;
	*out = &v->base;
	return SQLITE_OK;
}

static int disconnect(sqlite3_vtab *v)
{
	free(v);
	return SQLITE_OK;
}

static int best_index(sqlite3_vtab *v, sqlite3_index_info *info)
{
	info->estimatedRows = ((struct vtab *)v)->table->n;
	return SQLITE_OK;
}

static int open(sqlite3_vtab *v, sqlite3_vtab_cursor **out)
{
	(void)v;
	struct cursor *c = mt_calloc(1, sizeof *c);
	*out = &c->base;
	return SQLITE_OK;
}

static int close(sqlite3_vtab_cursor *c)
{
	free(c);
	return SQLITE_OK;
}

static int filter(sqlite3_vtab_cursor *c, int number, const char *text, int n,
		  sqlite3_value **v)
{
	(void)number, (void)text, (void)n, (void)v;
	((struct cursor *)c)->at = 0;
	return SQLITE_OK;
}

static int next(sqlite3_vtab_cursor *c)
{
	((struct cursor *)c)->at++;
	return SQLITE_OK;
}

static int eof(sqlite3_vtab_cursor *c)
{
	return ((struct cursor *)c)->at >= ((struct vtab *)c->pVtab)->table->n;
}

static int column(sqlite3_vtab_cursor *c, sqlite3_context *ctx, int i)
{
	const struct mt_tagtable *t = ((struct vtab *)c->pVtab)->table;
	uint32_t k = t->order[((struct cursor *)c)->at];
	if (i < 2)
		sqlite3_result_int64(ctx, i ? t->item[k] : t->tid[k]);
	else if (t->val && !isnan(t->val[k]))
		sqlite3_result_double(ctx, t->val[k]);
	return SQLITE_OK;
}

static int rowid(sqlite3_vtab_cursor *c, sqlite3_int64 *out)
{
	*out = ((struct cursor *)c)->at;
	return SQLITE_OK;
}

int mt_tagtable_create(sqlite3 *db, struct mt_tagtable *t)
{
	/* no xCreate: the table is there without being created */
	static const sqlite3_module module = {
		.xConnect = connect, .xDisconnect = disconnect,
		.xBestIndex = best_index, .xOpen = open, .xClose = close,
		.xFilter = filter, .xNext = next, .xEof = eof,
		.xColumn = column, .xRowid = rowid,
	};
	return sqlite3_create_module(db, "pairs", &module, t);
}
