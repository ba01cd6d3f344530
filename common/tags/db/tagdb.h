/* SPDX-License-Identifier: MIT
 * A tag database in memory: tracks, tags, and pairs of the two, as flat
 * arrays, for whoever wants to ask more than one thing of it.
 *
 * Read from a SQLite file with the three tables of the Last.fm set,
 * tids(tid), tags(tag), tid_tag(tid, tag[, val]), whose pairs name row numbers,
 * or from a table in one of the layouts of tagtable.h, whose name ends in .tsv,
 * .csv, .txt or .cls. Files are only read. */
#ifndef MT_TAGS_DB_TAGDB_H
#define MT_TAGS_DB_TAGDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Texts by number, from 1. The number is that of the row, unless the rows'
 * numbers are so far apart that memory would be wasted on what lies between:
 * then it is the place in their order, and row has the row's. */
struct mt_texts {
	char *data;              /* all of them, each ended by a zero byte */
	size_t size, cap;
	uint64_t *at;            /* [n + 1] where each begins; UINT64_MAX none */
	uint32_t *len;           /* [n + 1] bytes */
	int64_t *row;            /* NULL: the number itself; [n + 1] ascending */
	size_t n;                /* the greatest number */
	size_t n_text;           /* how many are there (not NULL) */
};

/* How the name of a file, as a folder is searched for it, becomes a track's. */
enum mt_tagkeys {
	MT_TAGKEYS_SAME,         /* it is the track's */
	MT_TAGKEYS_LOW,          /* less ".low" before its ending (MTG-Jamendo) */
	MT_TAGKEYS_FILE,         /* less its folders */
	MT_TAGKEYS_STEM,         /* less folders and ending */
	MT_TAGKEYS_NUMBER,       /* the same, and zeros before the number (FMA) */
	MT_TAGKEYS_YOUTUBE,      /* the same, an id of 11 characters, perhaps with
				  * Y before it, or _ and anything after it */
};

struct mt_tagdb {
	const char *path;
	struct mt_texts tid, tag;
	uint32_t *pair_tid, *pair_tag; /* [n_pair] in the file's order */
	double *pair_val;        /* NULL: the pairs have no val; NAN: NULL */
	size_t n_pair;
	size_t n_odd;            /* pairs left out: NULL, no such track or tag */
	size_t n_no_val;         /* whose val is text and no number: NAN */
	enum mt_tagkeys keys;
};

/* For tables. */
struct mt_tagdb_how {
	const char *column;      /* of the tags; NULL: the layout's */
	const struct mt_tagnames *names; /* the tags are ids of these; NULL */
};

enum mt_tagdb_parts {
	MT_TAGDB_TIDS = 1,
	MT_TAGDB_TAGS = 2,
	MT_TAGDB_PAIRS = 4,      /* needs the other two, to know what is odd */
	MT_TAGDB_VAL = 8,        /* an error where there is none */
	MT_TAGDB_VAL_IF = 16,    /* where there is one */
	MT_TAGDB_ALL = 1 | 2 | 4 | 16,
};

/* The text of path must outlive the database. Damaged or another layout:
 * MT_EINPUT; locked or unreadable: MT_ESYS. */
int mt_tagdb_read(struct mt_tagdb *db, const char *path, unsigned parts,
		  struct mt_err *err) MT_USE_RESULT;
/* The same with a table's column of tags, or names for them. */
int mt_tagdb_read_how(struct mt_tagdb *db, const char *path, unsigned parts,
		      const struct mt_tagdb_how *how, struct mt_err *err)
	MT_USE_RESULT;
/* A table in memory, which is changed. */
int mt_tagdb_parse(struct mt_tagdb *db, const char *path, char *data,
		   size_t size, unsigned parts, const struct mt_tagdb_how *how,
		   struct mt_err *err) MT_USE_RESULT;
void mt_tagdb_release(struct mt_tagdb *db);

/* Text of a number; NULL where there is none. *n is its length. */
const char *mt_texts_get(const struct mt_texts *t, size_t number, size_t *n);
/* The number of the row that a number is of, and the reverse; 0 where there is
 * none. */
int64_t mt_texts_row(const struct mt_texts *t, size_t number);
size_t mt_texts_at_row(const struct mt_texts *t, int64_t row);
/* Append a text (s NULL: a number without one) as the next number. */
void mt_texts_add(struct mt_texts *t, const char *s, size_t n);
void mt_texts_release(struct mt_texts *t);

/* Numbers by text, for look-ups. */
struct mt_texts_index {
	const struct mt_texts *texts;
	uint32_t *slot;
	size_t n_slot;
};
void mt_texts_index(struct mt_texts_index *x, const struct mt_texts *t);
/* The least number with this text, 0 when there is none. */
size_t mt_texts_find(const struct mt_texts_index *x, const char *s, size_t n);
/* Add texts[number] unless its text is there; the number that is. */
size_t mt_texts_insert(struct mt_texts_index *x, size_t number);
void mt_texts_index_release(struct mt_texts_index *x);
/* Number of the track that a record's key means, 0 none; x is of db->tid. */
size_t mt_tagdb_track(const struct mt_tagdb *db, const struct mt_texts_index *x,
		      const char *key, size_t n);

/* Pairs by key (a track or a tag): pairs order[off[k]] .. order[off[k + 1] - 1]
 * are those of key k, in the file's order. Both in new memory. */
void mt_pairs_by(const uint32_t *key, size_t n, size_t n_key, uint32_t **off,
		 uint32_t **order);
/* Pairs of each tag, [n_tag + 1]; distinct: a track counts once a tag. */
uint32_t *mt_tagdb_count(const struct mt_tagdb *db, bool distinct);
/* Tags that some pair names, commonest first, then by number; new memory. */
uint32_t *mt_tagdb_rank(const struct mt_tagdb *db, const uint32_t *count,
			size_t *n);

#endif
