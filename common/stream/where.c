/* SPDX-License-Identifier: MIT */
#include "stream/where.h"

#include <ctype.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct column {
	char *name;
	const char *as;          /* what SQL is to take it for, a printf format
				  * for the number of its parameter */
	bool twin;               /* another name differs in case only */
};

struct mt_where {
	sqlite3 *db;
	sqlite3_stmt *stmt;
	struct column *column;   /* [n_column] key first */
	int n_column;
	const struct mt_head *head;
	const struct mt_rec *rec;/* the one being tested, for tag() */
	const char *unsteady;    /* function that was asked for, or NULL */
	char **twin;             /* [n_twin] names that differ from another in case
				  * only: SQL does not tell them apart */
	int n_twin;
	int steps;               /* millions, of this record */
	bool too_long;
};

#define MAX_COLUMN 1900          /* SQLite takes 2000 */
#define MAX_SQL (1 << 20)        /* bytes of the statement */
#define MAX_TEXT (1 << 26)       /* bytes of a text, a field's too */
#define MAX_STEPS 20             /* millions, for one record */

/* Nothing but reading, and functions that give the same for the same record.
 * Those of dates take 'now', which is not seen here. */
static int only_read(void *ctx, int action, const char *a, const char *b,
		     const char *c, const char *d)
{
	static const char *const unsteady[] = {
		"random", "randomblob", "date", "time", "datetime", "julianday",
		"strftime", "unixepoch", "timediff", "current_time",
		"current_date", "current_timestamp",
	};
	struct mt_where *w = ctx;
	(void)a, (void)c, (void)d;
	for (size_t i = 0; i < sizeof unsteady / sizeof *unsteady; i++)
		if (action == SQLITE_FUNCTION && b &&
		    !sqlite3_stricmp(b, unsteady[i])) {
			w->unsteady = unsteady[i];
			return SQLITE_DENY;
		}
	return action == SQLITE_SELECT || action == SQLITE_READ ||
	       action == SQLITE_FUNCTION ? SQLITE_OK : SQLITE_DENY;
}

static void sql_tag(sqlite3_context *ctx, int n, sqlite3_value **arg)
{
	const struct mt_where *w = sqlite3_user_data(ctx);
	const struct mt_field *label = mt_rec_get(w->rec, "label");
	const char *name = (const char *)sqlite3_value_text(arg[0]);
	int64_t i = name ? mt_head_find_tag(w->head, name) : -1;
	(void)n;
	if (i >= 0 && label && (uint64_t)i < label->size)
		sqlite3_result_int(ctx, ((const uint8_t *)label->data)[i] != 0);
	if (i >= 0)
		return;
	char *why = mt_strf("tag() names '%.200s', which the vocabulary does "
			    "not have", name ? name : "");
	sqlite3_result_error(ctx, why, -1);
	free(why);
}

/* A number as SQLite and tables write it: -12, 0.50, 1.0e-05; the digits before
 * and behind the point, without zeros that say nothing. */
#define MAX_NUMBER 64

struct number {
	const char *whole, *part;
	size_t n_whole, n_part;
	bool minus, exponent;
};

static size_t digits(const char *s, size_t n)
{
	size_t k = 0;
	while (k < n && isdigit((unsigned char)s[k]))
		k++;
	return k;
}

/* "007", "+7" and "7e1" are names rather than numbers: an exponent has a sign,
 * as in what programs print. */
static bool is_number(struct number *v, const char *s, size_t n)
{
	const char *end = s + n;
	*v = (struct number){.minus = n && *s == '-'};
	s += v->minus;
	v->whole = s;
	v->n_whole = n < MAX_NUMBER ? digits(s, (size_t)(end - s)) : 0;
	s += v->n_whole;
	if (!v->n_whole || (v->n_whole > 1 && *v->whole == '0'))
		return false;
	if (s < end && *s == '.') {
		v->part = ++s;
		v->n_part = digits(s, (size_t)(end - s));
		s += v->n_part;
		if (!v->n_part)
			return false;
		while (v->n_part && v->part[v->n_part - 1] == '0')
			v->n_part--;
	}
	if (end - s > 2 && (*s == 'e' || *s == 'E') &&
	    (s[1] == '-' || s[1] == '+')) {
		v->exponent = true;
		s += 2;
		s += digits(s, (size_t)(end - s));
	}
	if (*v->whole == '0' && !v->n_part)
		v->minus = false;
	return s == end;
}

static int by_bytes(const char *a, size_t n_a, const char *b, size_t n_b)
{
	int c = memcmp(a, b, n_a < n_b ? n_a : n_b);
	return c ? c : (n_a > n_b) - (n_a < n_b);
}

static int by_digits(const struct number *x, const struct number *y)
{
	if (x->minus != y->minus)
		return x->minus ? -1 : 1;
	int c = (x->n_whole > y->n_whole) - (x->n_whole < y->n_whole);
	if (!c)
		c = memcmp(x->whole, y->whole, x->n_whole);
	if (!c)
		c = by_bytes(x->n_part ? x->part : "", x->n_part,
			     y->n_part ? y->part : "", y->n_part);
	return x->minus ? -c : c;
}

/* The order of texts: numbers by their value, exactly unless there is an
 * exponent, before all others by their bytes. SQLite turns a number into a text
 * when it is compared with a column of texts, then asks here. */
static int by_meaning(void *ctx, int n_a, const void *a, int n_b, const void *b)
{
	struct number x, y;
	size_t n = (size_t)n_a, m = (size_t)n_b;
	bool is_x = is_number(&x, a, n), is_y = is_number(&y, b, m);
	(void)ctx;
	if (!is_x || !is_y)
		return is_x != is_y ? is_y - is_x : by_bytes(a, n, b, m);
	if (!x.exponent && !y.exponent)
		return by_digits(&x, &y);
	char text[MAX_NUMBER] = "";
	memcpy(text, a, n);
	double u = strtod(text, NULL);
	memcpy(text, b, m);
	text[m] = 0;
	double v = strtod(text, NULL);
	return (u > v) - (u < v);
}

/* Called by SQLite every million steps; not 0: it stops. */
static int count_steps(void *ctx)
{
	struct mt_where *w = ctx;
	w->too_long = ++w->steps > MAX_STEPS;
	return w->too_long;
}

static void add_column(struct mt_where *w, const char *name, const char *as)
{
	w->column = mt_realloc(w->column, (size_t)w->n_column + 1,
			       sizeof *w->column);
	w->column[w->n_column++] = (struct column){mt_strdup(name), as, false};
}

/* Lines "field NAME DTYPE SHAPE TEXT"; an array is no column. The casts change
 * no value: they give the column a type, so that the other side of a comparison
 * is turned into it. */
static int add_columns(struct mt_where *w, const struct mt_head *head,
		       struct mt_err *err)
{
	add_column(w, "key", "CAST(:mt%d AS TEXT)");
	for (size_t i = 0; i < head->n_line; i++) {
		const struct mt_head_line *l = &head->line[i];
		if (strcmp(l->word[0], "field") != 0 || l->n_word < 3 ||
		    mt_head_field(head, l->word[1]) != l || !strcmp(l->word[1], "key"))
			continue;
		if (w->n_column == MAX_COLUMN)
			return mt_err_set(err, MT_EINPUT, "the header declares more than "
					  "%d fields; `where` cannot take them",
					  MAX_COLUMN);
		bool text = !strcmp(l->word[2], "s");
		if (text || l->n_word < 4 || !*l->word[3] ||
		    !strcmp(l->word[3], "1"))
			add_column(w, l->word[1],
				   text ? "CAST(:mt%d AS TEXT) COLLATE meaning"
				   : l->word[2][0] == 'f' ? "CAST(:mt%d AS REAL)"
				   : "CAST(:mt%d AS INTEGER)");
	}
	return MT_OK;
}

static int by_case(const void *a, const void *b)
{
	const struct column *const *x = a, *const *y = b;
	return sqlite3_stricmp((*x)->name, (*y)->name);
}

/* Columns whose names SQL does not tell apart are none, so that neither is taken
 * for the other; the key stays. */
static void drop_twins(struct mt_where *w)
{
	int n = 1;
	struct column **sorted = mt_calloc((size_t)w->n_column, sizeof *sorted);
	for (int i = 0; i < w->n_column; i++)
		sorted[i] = &w->column[i];
	qsort(sorted, (size_t)w->n_column, sizeof *sorted, by_case);
	for (int i = 1; i < w->n_column; i++)
		if (!by_case(&sorted[i - 1], &sorted[i]))
			sorted[i - 1]->twin = sorted[i]->twin = true;
	free(sorted);
	for (int i = 1; i < w->n_column; i++) {
		if (!w->column[i].twin) {
			w->column[n++] = w->column[i];
			continue;
		}
		w->twin = mt_realloc(w->twin, (size_t)w->n_twin + 1, sizeof *w->twin);
		w->twin[w->n_twin++] = w->column[i].name;
	}
	w->n_column = n;
}

/* Did SQLite miss a column that drop_twins() took? */
static const char *find_twin(const struct mt_where *w, const char *message)
{
	static const char no[] = "no such column: ";
	const char *name = message + sizeof no - 1;
	if (strncmp(message, no, sizeof no - 1) != 0)
		return NULL;
	/* newer ones quote a name that was in quotes, and advise: "a" - should ... */
	name += *name == '"';
	for (int i = 0; i < w->n_twin; i++) {
		size_t n = strlen(w->twin[i]);
		if (sqlite3_strnicmp(name, w->twin[i], (int)n) != 0)
			continue;
		if (!name[n])
			return name;
		if (name[-1] == '"' && name[n] == '"')
			return w->twin[i];
	}
	return NULL;
}

/* The key is a column whatever other fields are called: with a field "Key" it can
 * only be written as it is. */
static const char *other_key(const struct mt_where *w, const char *expr)
{
	const char *twin = NULL;
	for (int i = 0; i < w->n_twin; i++)
		if (!sqlite3_stricmp(w->twin[i], "key"))
			twin = w->twin[i];
	for (const char *p = expr; twin && (p = strcasestr(p, "key")); p += 3) {
		bool word = (p == expr || (!isalnum((unsigned char)p[-1]) && p[-1] != '_')) &&
			    !isalnum((unsigned char)p[3]) && p[3] != '_';
		if (word && strncmp(p, "key", 3) != 0)
			return twin;
	}
	return NULL;
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
		fputs(i ? "," : "", f);
		fprintf(f, w->column[i].as, i + 1);
		fputs(" AS \"", f);
		for (const char *p = w->column[i].name; *p; p++) {
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
	char *all = NULL;
	size_t size;
	FILE *f = open_memstream(&all, &size);
	for (int i = 0; i < w->n_column; i++)
		fprintf(f, "%s%s", i ? ", " : "", w->column[i].name);
	fclose(f);
	return all;
}

static int prepare(struct mt_where *w, const char *expr, struct mt_err *err)
{
	const char *tail = "";
	char *text = statement(w, expr);
	int bad = sqlite3_prepare_v2(w->db, text, -1, &w->stmt, &tail);
	const char *twin = bad ? find_twin(w, sqlite3_errmsg(w->db))
			       : other_key(w, expr);
	int rc = MT_OK;
	if (twin) {
		rc = mt_err_set(err, MT_EUSAGE, "`where` '%.150s': '%s' is ambiguous: "
				"fields of the stream differ from it in case only, "
				"and SQL ignores case", expr, twin);
	} else if (bad && w->unsteady) {
		rc = mt_err_set(err, MT_EUSAGE, "`where` '%.150s': random "
				"numbers and dates are not reproducible: "
				"%s()", expr, w->unsteady);
	} else if (bad) {
		char *have = columns(w);
		rc = mt_err_set(err, MT_EUSAGE, "`where` '%.150s': %.100s "
				"(columns: %.200s)", expr,
				sqlite3_errmsg(w->db), have);
		free(have);
	} else if (*tail || sqlite3_column_count(w->stmt) != 1 ||
		   sqlite3_bind_parameter_count(w->stmt) != w->n_column) {
		rc = mt_err_set(err, MT_EUSAGE, "`where` '%.150s': one "
				"expression is required, without parameters",
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
	sqlite3_create_collation(w->db, "meaning", SQLITE_UTF8, NULL,
				 by_meaning);
	sqlite3_set_authorizer(w->db, only_read, w);
	sqlite3_limit(w->db, SQLITE_LIMIT_SQL_LENGTH, MAX_SQL);
	sqlite3_limit(w->db, SQLITE_LIMIT_LENGTH, MAX_TEXT);
	sqlite3_progress_handler(w->db, 1000000, count_steps, w);
	int rc = add_columns(w, head, err);
	if (!rc) {
		drop_twins(w);
		rc = prepare(w, expr, err);
	}
	if (rc) {
		mt_where_close(w);
		return rc;
	}
	*where = w;
	return MT_OK;
}

static int bind(struct mt_where *w, int at, const struct mt_rec *rec)
{
	const struct mt_field *f = mt_rec_get(rec, w->column[at - 1].name);
	double v;
	if (f && f->dtype[0] == 's' && f->size)
		return sqlite3_bind_text64(w->stmt, at, f->data, f->size,
					   SQLITE_STATIC, SQLITE_UTF8);
	else if (f && !strcmp(f->dtype, "i8") && f->size)
		sqlite3_bind_int64(w->stmt, at, *(const int64_t *)f->data);
	else if (f && mt_rec_num(rec, f->name, &v) && f->dtype[0] == 'f')
		sqlite3_bind_double(w->stmt, at, v);
	else if (f && mt_rec_num(rec, f->name, &v))
		sqlite3_bind_int64(w->stmt, at, v < 9e18 ? (int64_t)v
							 : INT64_MAX);
	else
		sqlite3_bind_null(w->stmt, at);
	return SQLITE_OK;
}

static int refuse(const struct mt_rec *rec, const char *field, struct mt_err *err)
{
	size_t n;
	const char *key = mt_rec_key(rec, &n);
	return mt_err_set(err, MT_EINPUT, "record '%.*s': its %s has more than %d bytes, "
			  "the most that `where` takes", mt_rec_key_shown(key, n), key,
			  field, MAX_TEXT);
}

int mt_where_test(struct mt_where *w, const struct mt_rec *rec, bool *yes,
		  struct mt_err *err)
{
	w->rec = rec;
	w->steps = 0;
	for (int i = 1; i <= w->n_column; i++)
		if (bind(w, i, rec))
			return refuse(rec, w->column[i - 1].name, err);
	int got = sqlite3_step(w->stmt);
	int rc = MT_OK;
	if (got == SQLITE_ROW)
		*yes = sqlite3_column_double(w->stmt, 0) != 0;
	else if (w->too_long)
		rc = mt_err_set(err, MT_EUSAGE, "`where`: takes more than %d million "
				"steps for one record", MAX_STEPS);
	else
		rc = mt_err_set(err, MT_EUSAGE, "`where`: %s",
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
		free(w->column[i].name);
	for (int i = 0; i < w->n_twin; i++)
		free(w->twin[i]);
	free(w->twin);
	free(w->column);
	free(w);
}
