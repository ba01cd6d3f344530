/* SPDX-License-Identifier: MIT */
#include "data/where.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct mt_where {
	sqlite3 *db;
	sqlite3_stmt *stmt;
	char **column;           /* [n_column] names, key first */
	int n_column;
	const struct mt_head *head;
	const struct mt_rec *rec;/* the one being tested, for tag() */
};

/* Nothing but reading, and functions. */
static int only_read(void *ctx, int action, const char *a, const char *b,
		     const char *c, const char *d)
{
	(void)ctx, (void)a, (void)b, (void)c, (void)d;
	return action == SQLITE_SELECT || action == SQLITE_READ ||
	       action == SQLITE_FUNCTION ? SQLITE_OK : SQLITE_DENY;
}

static void sql_tag(sqlite3_context *ctx, int n, sqlite3_value **arg)
{
	const struct mt_where *w = sqlite3_user_data(ctx);
	const struct mt_field *label = mt_rec_get(w->rec, "label");
	const char *name = (const char *)sqlite3_value_text(arg[0]);
	(void)n;
	for (size_t i = 0; name && i < mt_head_n_tag(w->head); i++) {
		if (strcmp(mt_head_tag(w->head, i), name) != 0)
			continue;
		if (label && i < label->size)
			sqlite3_result_int(
				ctx, ((const uint8_t *)label->data)[i] != 0);
		return;
	}
	sqlite3_result_error(ctx, "tag() names a tag that the vocabulary does "
			     "not have", -1);
}

static void add_column(struct mt_where *w, const char *name)
{
	for (int i = 0; i < w->n_column; i++)
		if (!strcmp(w->column[i], name))
			return;
	w->column = mt_realloc(w->column, (size_t)w->n_column + 1,
			       sizeof *w->column);
	w->column[w->n_column++] = mt_strdup(name);
}

/* Lines "field NAME DTYPE SHAPE TEXT"; an array is no column. */
static void add_columns(struct mt_where *w, const struct mt_head *head)
{
	add_column(w, "key");
	for (size_t i = 0; i < head->n_line; i++) {
		const struct mt_head_line *l = &head->line[i];
		if (strcmp(l->word[0], "field") != 0 || l->n_word < 3)
			continue;
		bool text = !strcmp(l->word[2], "s");
		if (text || l->n_word < 4 || !*l->word[3] ||
		    !strcmp(l->word[3], "1"))
			add_column(w, l->word[1]);
	}
}

/* The record as a table of one row, under the expression. The expression
 * ends with a line, so that a comment in it does not swallow the rest. */
static char *statement(const struct mt_where *w, const char *expr)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	fprintf(f, "SELECT (%s\n) FROM (SELECT ", expr);
	for (int i = 0; i < w->n_column; i++) {
		fprintf(f, "%s?%d AS \"", i ? "," : "", i + 1);
		for (const char *p = w->column[i]; *p; p++) {
			if (*p == '"')
				fputc('"', f);
			fputc(*p, f);
		}
		fputc('"', f);
	}
	fputs(")", f);
	fclose(f);
	return text;
}

static char *columns(const struct mt_where *w)
{
	char *all = mt_strdup(w->column[0]);
	for (int i = 1; i < w->n_column; i++) {
		char *more = mt_strf("%s, %s", all, w->column[i]);
		free(all);
		all = more;
	}
	return all;
}

static int prepare(struct mt_where *w, const char *expr, struct mt_err *err)
{
	const char *tail = "";
	char *text = statement(w, expr);
	int bad = sqlite3_prepare_v2(w->db, text, -1, &w->stmt, &tail);
	int rc = MT_OK;
	if (bad) {
		char *have = columns(w);
		rc = mt_err_set(err, MT_EUSAGE, "--where '%.150s': %.100s "
				"(there are: %.200s)", expr,
				sqlite3_errmsg(w->db), have);
		free(have);
	} else if (*tail || sqlite3_column_count(w->stmt) != 1 ||
		   sqlite3_bind_parameter_count(w->stmt) != w->n_column) {
		rc = mt_err_set(err, MT_EUSAGE, "--where '%.150s': one "
				"expression is needed, without parameters",
				expr);
	}
	free(text);
	return rc;
}

int mt_where_open(struct mt_where **where, const char *expr,
		  const struct mt_head *head, struct mt_err *err)
{
	struct mt_where *w = mt_calloc(1, sizeof *w);
	w->head = head;
	if (sqlite3_open(":memory:", &w->db)) {
		mt_where_close(w);
		return mt_err_set(err, MT_ESYS, "SQLite does not start");
	}
	/* a "typo" shall not become a text */
	sqlite3_db_config(w->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_create_function(w->db, "tag", 1, SQLITE_UTF8, w, sql_tag, NULL,
				NULL);
	sqlite3_set_authorizer(w->db, only_read, NULL);
	add_columns(w, head);
	int rc = prepare(w, expr, err);
	if (rc) {
		mt_where_close(w);
		return rc;
	}
	*where = w;
	return MT_OK;
}

static void bind(struct mt_where *w, int at, const struct mt_rec *rec)
{
	const struct mt_field *f = mt_rec_get(rec, w->column[at - 1]);
	double v;
	if (f && f->dtype[0] == 's')
		sqlite3_bind_text64(w->stmt, at, f->size ? f->data : "",
				    f->size, SQLITE_STATIC, SQLITE_UTF8);
	else if (f && !strcmp(f->dtype, "i8") && f->size)
		sqlite3_bind_int64(w->stmt, at, *(const int64_t *)f->data);
	else if (f && mt_rec_num(rec, f->name, &v) && f->dtype[0] == 'f')
		sqlite3_bind_double(w->stmt, at, v);
	else if (f && mt_rec_num(rec, f->name, &v))
		sqlite3_bind_int64(w->stmt, at, v < 9e18 ? (int64_t)v
							 : INT64_MAX);
	else
		sqlite3_bind_null(w->stmt, at);
}

int mt_where_test(struct mt_where *w, const struct mt_rec *rec, bool *yes,
		  struct mt_err *err)
{
	w->rec = rec;
	for (int i = 1; i <= w->n_column; i++)
		bind(w, i, rec);
	int got = sqlite3_step(w->stmt);
	int rc = MT_OK;
	if (got == SQLITE_ROW)
		*yes = sqlite3_column_double(w->stmt, 0) != 0;
	else
		rc = mt_err_set(err, MT_EUSAGE, "--where: %s",
				sqlite3_errmsg(w->db));
	sqlite3_reset(w->stmt);
	return rc;
}

void mt_where_close(struct mt_where *w)
{
	if (!w)
		return;
	sqlite3_finalize(w->stmt);
	sqlite3_close(w->db);
	for (int i = 0; i < w->n_column; i++)
		free(w->column[i]);
	free(w->column);
	free(w);
}
