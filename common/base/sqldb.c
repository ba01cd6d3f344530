/* SPDX-License-Identifier: MIT */
#include "base/sqldb.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

#define STRIDE 4096      /* steps between two looks at the budget */

int mt_sqldb_error(sqlite3 *sql, const char *path, struct mt_err *err)
{
	int code = sql ? sqlite3_errcode(sql) & 0xff : SQLITE_NOMEM;
	int why = sql ? sqlite3_system_errno(sql) : 0;
	switch (code) {
	case SQLITE_NOTADB:
		return mt_err_set(err, MT_EINPUT, "%s: is not a SQLite database",
				  path);
	case SQLITE_CORRUPT:
		return mt_err_set(err, MT_EINPUT, "%s: the database is cut or "
				  "damaged", path);
	case SQLITE_INTERRUPT:
		return mt_err_set(err, MT_EINPUT, "%s: the database is damaged: "
				  "reading it takes more steps than its size "
				  "allows", path);
	case SQLITE_TOOBIG:
		return mt_err_set(err, MT_EINPUT, "%s: a text or a row is larger "
				  "than %d MiB", path, MT_SQLDB_TEXT >> 20);
	case SQLITE_ERROR:  /* as "no such column: rowid" */
	case SQLITE_AUTH:
	case SQLITE_READONLY:
	case SQLITE_MISMATCH:
		return mt_err_set(err, MT_EINPUT, "%s: %s", path,
				  sqlite3_errmsg(sql));
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return mt_err_set(err, MT_ESYS, "%s: is locked by another "
				  "program", path);
	case SQLITE_FULL:
		errno = why ? why : ENOSPC;
		return mt_err_sys(err, "%s: cannot write", path);
	case SQLITE_IOERR:
		if (!why)
			return mt_err_set(err, MT_ESYS, "%s: cannot read or "
					  "write: %s", path,
					  sqlite3_errmsg(sql));
		/* fall through */
	case SQLITE_CANTOPEN:
		if (!why)
			break;
		errno = why;
		return mt_err_sys(err, "%s: cannot %s", path,
				  code == SQLITE_IOERR ? "read or write"
						       : "open");
	default:
		break;
	}
	return mt_err_set(err, MT_ESYS, "%s: %s", path,
			  sql ? sqlite3_errmsg(sql) : "no memory for SQLite");
}

static uint32_t be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

/* SQLite reads what lacks of the last page as zeros; we do not. Its header
 * has the page size at 16 and the pages at 28, which count when the numbers
 * at 24 and 92 agree. */
static int check_size(const struct mt_sqldb *db, const unsigned char *head,
		      struct mt_err *err)
{
	uint64_t page = (uint64_t)head[16] << 8 | head[17], pages = 0;
	page = page == 1 ? 65536 : page;
	if (be32(head + 24) == be32(head + 92))
		pages = be32(head + 28);
	if (!page)
		return MT_OK;  /* SQLite will say what is wrong */
	if (db->size % page || db->size < page * pages)
		return mt_err_set(err, MT_EINPUT, "%s: the database is cut: "
				  "%llu bytes of %llu", db->path,
				  (unsigned long long)db->size,
				  (unsigned long long)(pages ? page * pages :
					(db->size / page + 1) * page));
	return MT_OK;
}

/* wal: the file says that it is used with a write-ahead log. */
static int look(struct mt_sqldb *db, bool *wal, struct mt_err *err)
{
	static const char magic[16] = "SQLite format 3";
	unsigned char head[100];
	struct stat st;
	size_t got;
	int fd = open(db->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return mt_err_sys(err, "%s: cannot open", db->path);
	int rc = fstat(fd, &st) ? mt_err_sys(err, "%s: cannot read", db->path)
				: MT_OK;
	if (!rc && !S_ISREG(st.st_mode))
		rc = mt_err_set(err, MT_EINPUT, "%s: is not a regular file, and "
				"a database must be one", db->path);
	if (!rc)
		rc = mt_read_full(fd, head, sizeof head, &got, db->path, err);
	close(fd);
	if (rc)
		return rc;
	if (got < sizeof head || memcmp(head, magic, sizeof magic) != 0)
		return mt_err_set(err, MT_EINPUT, "%s: is not a SQLite database",
				  db->path);
	db->size = (uint64_t)st.st_size;
	*wal = head[18] == 2 || head[19] == 2;
	return check_size(db, head, err);
}

/* SQLite would apply these files, which nobody named. */
static int check_beside(const char *path, const char *real, struct mt_err *err)
{
	static const char *const end[] = {"-journal", "-wal"};
	int rc = MT_OK;
	for (int i = 0; i < 2 && !rc; i++) {
		struct stat st;
		char *name = mt_strf("%s%s", real, end[i]);
		if (!lstat(name, &st) && (!S_ISREG(st.st_mode) || st.st_size))
			rc = mt_err_set(err, MT_EINPUT, "%s: changes in %s have "
					"not been written back, and no other "
					"file is read; finish them with sqlite3 "
					"FILE 'PRAGMA journal_mode=DELETE'",
					path, name);
		free(name);
	}
	return rc;
}

char *mt_sqldb_uri(const char *path, const char *query)
{
	static const char hex[] = "0123456789abcdef";
	/* a path that begins with "//" would be taken for a host */
	while (path[0] == '/' && path[1] == '/')
		path++;
	size_t n = 0;
	char *uri = mt_calloc(3 * strlen(path) + strlen(query) + 8, 1);
	memcpy(uri, "file:", 5);
	n = 5;
	for (const char *p = path; *p; p++) {
		unsigned char c = (unsigned char)*p;
		if (c == '%' || c == '?' || c == '#') {
			uri[n++] = '%';
			uri[n++] = hex[c >> 4];
			uri[n++] = hex[c & 15];
		} else {
			uri[n++] = (char)c;
		}
	}
	memcpy(uri + n, query, strlen(query));
	return uri;
}

static int watch(void *ctx)
{
	struct mt_sqldb *db = ctx;
	if (db->left < STRIDE)
		return 1;
	db->left -= STRIDE;
	return 0;
}

void mt_sqldb_more(struct mt_sqldb *db)
{
	/* a row of three bytes takes about ten steps */
	db->left = 8 * db->size + 10000000;
}

/* Reading only, and no function that costs more than it looks. */
static int allow(void *ctx, int what, const char *a, const char *b,
		 const char *c, const char *d)
{
	static const char *const known[] = {"count", "min", "max", "take"};
	(void)ctx, (void)a, (void)c, (void)d;
	switch (what) {
	case SQLITE_SELECT:
	case SQLITE_READ:
	case SQLITE_PRAGMA:
		return SQLITE_OK;
	case SQLITE_FUNCTION:
		for (size_t i = 0; i < sizeof known / sizeof *known; i++)
			if (!sqlite3_stricmp(b, known[i]))
				return SQLITE_OK;
		return SQLITE_DENY;
	default:
		return SQLITE_DENY;
	}
}

static void harden(struct mt_sqldb *db)
{
	static const struct {
		int what, on;
	} config[] = {
		{SQLITE_DBCONFIG_DEFENSIVE, 1},
		{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
		{SQLITE_DBCONFIG_ENABLE_VIEW, 0},
		{SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
		{SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
		{SQLITE_DBCONFIG_DQS_DML, 0},
	}, limit[] = {
		{SQLITE_LIMIT_LENGTH, MT_SQLDB_TEXT},
		{SQLITE_LIMIT_SQL_LENGTH, 100000},
		{SQLITE_LIMIT_EXPR_DEPTH, 100},
		{SQLITE_LIMIT_COMPOUND_SELECT, 4},
		{SQLITE_LIMIT_ATTACHED, 0},
		{SQLITE_LIMIT_TRIGGER_DEPTH, 1},
		{SQLITE_LIMIT_WORKER_THREADS, 0},
	};
	for (size_t i = 0; i < sizeof config / sizeof *config; i++)
		sqlite3_db_config(db->sql, config[i].what, config[i].on, NULL);
	for (size_t i = 0; i < sizeof limit / sizeof *limit; i++)
		sqlite3_limit(db->sql, limit[i].what, limit[i].on);
	sqlite3_drop_modules(db->sql, NULL);  /* full-text search and the like */
	sqlite3_progress_handler(db->sql, STRIDE, watch, db);
	mt_sqldb_more(db);
	/* not mapped: a file that gets shorter meanwhile would end us by SIGBUS */
	sqlite3_exec(db->sql, "PRAGMA cell_size_check=ON;"
		     "PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0", NULL, NULL,
		     NULL);
	sqlite3_set_authorizer(db->sql, allow, NULL);
}

int mt_sqldb_open(struct mt_sqldb *db, const char *path, struct mt_err *err)
{
	bool wal = false;
	*db = (struct mt_sqldb){.path = path};
	int rc = look(db, &wal, err);
	char *real = rc ? NULL : realpath(path, NULL);
	if (!rc && !real)
		rc = mt_err_sys(err, "%s: cannot open", path);
	if (!rc)
		rc = check_beside(path, real, err);
	/* with a write-ahead log SQLite would make two files of its own */
	char *uri = rc ? NULL : mt_sqldb_uri(real, wal ? "?immutable=1" : "");
	free(real);
	if (!rc && sqlite3_open_v2(uri, &db->sql, SQLITE_OPEN_READONLY |
				   SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, NULL))
		rc = mt_sqldb_error(db->sql, path, err);
	free(uri);
	if (rc)
		mt_sqldb_close(db);
	else
		harden(db);
	return rc;
}

void mt_sqldb_close(struct mt_sqldb *db)
{
	sqlite3_close(db->sql);
	db->sql = NULL;
}

int mt_sqldb_table(struct mt_sqldb *db, const char *table, bool *has,
		   struct mt_err *err)
{
	sqlite3_stmt *st = NULL;
	*has = false;
	if (sqlite3_prepare_v2(db->sql, "SELECT type, sql FROM sqlite_master "
			       "WHERE name = ?1 COLLATE NOCASE AND "
			       "type IN ('table', 'view')", -1, &st, NULL))
		return mt_sqldb_error(db->sql, db->path, err);
	sqlite3_bind_text(st, 1, table, -1, SQLITE_STATIC);
	int got = sqlite3_step(st), rc = MT_OK;
	if (got == SQLITE_ROW) {
		const char *type = (const char *)sqlite3_column_text(st, 0);
		const char *sql = (const char *)sqlite3_column_text(st, 1);
		bool view = type && !strcmp(type, "view");
		*has = true;
		if (view || !sql || sqlite3_strnicmp(sql, "create table ", 13))
			rc = mt_err_set(err, MT_EINPUT, "%s: '%s' is a %s, and "
					"only plain tables are read; copy it "
					"into one", db->path, table,
					view ? "view" : "virtual table");
	} else if (got != SQLITE_DONE) {
		rc = mt_sqldb_error(db->sql, db->path, err);
	}
	sqlite3_finalize(st);
	return rc;
}

int mt_sqldb_columns(struct mt_sqldb *db, const char *table, char ***name,
		     size_t *n, struct mt_err *err)
{
	sqlite3_stmt *st = NULL;
	bool has;
	*name = NULL;
	*n = 0;
	int rc = mt_sqldb_table(db, table, &has, err), got;
	if (rc || !has)
		return rc;
	/* it has no generated columns in it */
	char *sql = sqlite3_mprintf("PRAGMA table_info(%Q)", table);
	got = sqlite3_prepare_v2(db->sql, sql, -1, &st, NULL);
	sqlite3_free(sql);
	if (got)
		return mt_sqldb_error(db->sql, db->path, err);
	while ((got = sqlite3_step(st)) == SQLITE_ROW) {
		const char *s = (const char *)sqlite3_column_text(st, 1);
		*name = mt_realloc(*name, *n + 1, sizeof **name);
		(*name)[(*n)++] = mt_strdup(s ? s : "");
	}
	if (got != SQLITE_DONE)
		rc = mt_sqldb_error(db->sql, db->path, err);
	sqlite3_finalize(st);
	if (rc) {
		mt_sqldb_columns_free(*name, *n);
		*name = NULL;
		*n = 0;
	}
	return rc;
}

void mt_sqldb_columns_free(char **name, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(name[i]);
	free(name);
}
