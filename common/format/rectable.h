/* SPDX-License-Identifier: MIT
 * Records as the rows of a table, a value below the name of its field
 * however the records differ. The columns are the key, then the fields that the
 * header declares as a text or one number, in its order, then those that it does
 * not declare: of files they are found by a look at the rows of all records, of a
 * pipe only those of the first record can be had before the line of names is
 * printed. What finds no column is counted. */
#ifndef MT_FORMAT_RECTABLE_H
#define MT_FORMAT_RECTABLE_H

#include <stdio.h>

#include "format/format.h"
#include "stream/head.h"
#include "stream/rec.h"

#define MT_RECTABLE_MORE 1024  /* most columns that no header declares */

struct mt_rectable {
	FILE *out;                /* the caller looks at ferror() */
	const struct mt_format *format;
	char **name;              /* [n] */
	size_t n, cap, n_more;
	char **array;             /* [n_array] declared, but not as one value */
	size_t n_array, cap_array;
	size_t guess[MT_REC_FIELDS]; /* column of each field of the last record */
	bool declared, headed;
	uint64_t n_lost;          /* records with a value that has no column */
	char lost_field[MT_NAME_SIZE + 1];
	char *lost_key;
	/* private */
	struct mt_print print;
	struct mt_column *column; /* [n] */
	const struct mt_field **of; /* [n] the last record's fields */
};

/* The columns of a header; of a second one, which is the same, nothing. */
void mt_rectable_head(struct mt_rectable *t, const struct mt_head *head);
/* Look for fields that the header does not declare. Does nothing for a pipe or for
 * what is not a stream: reading reports that. path "-": standard input. */
void mt_rectable_scan(struct mt_rectable *t, const char *path);
/* A DATA record; before the first one, the line of names. */
void mt_rectable_put(struct mt_rectable *t, const struct mt_rec *rec);
/* The line of names where there was no record. */
void mt_rectable_end(struct mt_rectable *t);
void mt_rectable_release(struct mt_rectable *t);

#endif
