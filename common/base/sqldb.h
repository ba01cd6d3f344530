/* SPDX-License-Identifier: MIT
 * SQLite files of unknown origin, opened to be read and for nothing else.
 *
 * Only the named file is opened: a rollback journal or write-ahead log beside
 * it, which SQLite would apply, is refused by name. Views, virtual tables and
 * generated columns are refused too, since they run what the file says. A
 * statement may call only the functions count, min, max and the caller's take,
 * run for no more steps than a file of its size can need, and meet no text over
 * 16 MiB. A name that begins with "file:" is a name. One thread a connection. */
#ifndef MT_BASE_SQLDB_H
#define MT_BASE_SQLDB_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define MT_SQLDB_TEXT (16 << 20)  /* bytes of a text */

struct mt_sqldb {
	sqlite3 *sql;            /* NULL: not open */
	const char *path;
	uint64_t size;           /* of the file */
	uint64_t left;           /* steps that are still allowed */
};

/* Open for reading; *db must stay where it is, and path must outlive it.
 * Damaged, cut, or with a journal: MT_EINPUT; locked or unreadable: MT_ESYS. */
int mt_sqldb_open(struct mt_sqldb *db, const char *path, struct mt_err *err)
	MT_USE_RESULT;
void mt_sqldb_close(struct mt_sqldb *db);
/* Allow the steps of one more pass over the file. */
void mt_sqldb_more(struct mt_sqldb *db);

/* Is there a plain table of that name? A view or a virtual table is
 * MT_EINPUT. */
int mt_sqldb_table(struct mt_sqldb *db, const char *table, bool *has,
		   struct mt_err *err) MT_USE_RESULT;
/* Names of its columns but for the generated ones, in new memory. */
int mt_sqldb_columns(struct mt_sqldb *db, const char *table, char ***name,
		     size_t *n, struct mt_err *err) MT_USE_RESULT;
void mt_sqldb_columns_free(char **name, size_t n);

/* What sql (NULL: no memory) refused last, as one sentence about path: damaged
 * or not a database MT_EINPUT, all else MT_ESYS. */
int mt_sqldb_error(sqlite3 *sql, const char *path, struct mt_err *err);
/* path as a URI that means this very file; the caller frees it. */
char *mt_sqldb_uri(const char *path, const char *query);

#endif
