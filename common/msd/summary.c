/* SPDX-License-Identifier: MIT */
#include "msd/summary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "msd/h5.h"

#define MAX_TRACKS (1u << 24)  /* the set has 10^6 */
#define MAX_TEXT ((uint64_t)1 << 30) /* bytes of a further column */
#define N_TABLE 3

static const char *const table[N_TABLE] = {
	"/metadata/songs", "/analysis/songs", "/musicbrainz/songs",
};
static const char *const wanted[N_TABLE] = {
	"track_7digitalid", "track_id", "year",
};

/* One pass over one table: the wanted column first, then extra ones. */
struct pass {
	struct mt_msd *msd;
	int table;
	struct mt_h5_column *column;
	struct mt_msd_extra **extra; /* [n - 1] */
	size_t n;
};

static void put_int(int32_t *to, const void *from, size_t n)
{
	const int64_t *v = from;
	for (size_t i = 0; i < n; i++)
		to[i] = v[i] < INT32_MIN || v[i] > INT32_MAX ? -1
							    : (int32_t)v[i];
}

static bool put_text(struct mt_msd_extra *x, uint64_t first, size_t n,
		     const char *text, size_t size)
{
	for (size_t i = 0; i < n; i++, text += size) {
		size_t len = strnlen(text, size);
		uint64_t at = x->at[first + i];
		if (at + len > MAX_TEXT)
			return false;
		if (at + len > x->text_cap) {
			x->text_cap = 2 * x->text_cap + len + 4096;
			x->text = mt_realloc(x->text, x->text_cap, 1);
		}
		if (len)
			memcpy(x->text + at, text, len);
		x->at[first + i + 1] = at + len;
	}
	return true;
}

static int take(void *ctx, uint64_t first, size_t n, const void *const *cell,
		struct mt_err *err)
{
	struct pass *p = ctx;
	struct mt_msd *m = p->msd;
	if (p->table == 0)
		put_int(m->id + first, cell[0], n);
	else if (p->table == 2)
		put_int(m->year + first, cell[0], n);
	for (size_t i = 0; p->table == 1 && i < n; i++) {
		const char *tid = (const char *)cell[0] + i * p->column->size;
		memcpy(m->tid[first + i], tid, strnlen(tid,
		       p->column->size < MT_MSD_TID ? p->column->size
						    : MT_MSD_TID));
	}
	for (size_t k = 1; k < p->n; k++) {
		struct mt_msd_extra *x = p->extra[k - 1];
		if (x->type == 'i') {
			memcpy(x->i + first, cell[k], n * sizeof *x->i);
		} else if (x->type == 'f') {
			memcpy(x->f + first, cell[k], n * sizeof *x->f);
		} else if (!put_text(x, first, n, cell[k], p->column[k].size)) {
			return mt_err_set(err, MT_EINPUT, "%s: %s: column %.100s "
					  "has more than 1 GiB of text", m->path,
					  table[p->table], x->name);
		}
	}
	return MT_OK;
}

static int check_type(const struct pass *p, const char *path,
		      struct mt_err *err)
{
	const struct mt_h5_column *c = &p->column[0];
	bool text = c->type == MT_H5_TEXT;
	if (text == (p->table == 1) && c->type != MT_H5_FLOAT)
		return MT_OK;
	return mt_err_set(err, MT_EINPUT, "%s: %s: column %s is %s", path,
			  table[p->table], c->name,
			  text ? "text" : "no text");
}

static int run_pass(struct pass *p, struct mt_h5 *h5, struct mt_err *err)
{
	struct mt_msd *m = p->msd;
	const char *name = table[p->table];
	uint64_t n;
	int rc = mt_h5_rows(h5, name, &n, err);
	if (rc)
		return rc;
	if (p->table == 0)
		m->n = (size_t)n;
	if (n != m->n || !n || n > MAX_TRACKS)
		return mt_err_set(err, MT_EINPUT, n == m->n
				  ? "%s: %s has %llu rows, and 1 to 16777216 "
				  "are read"
				  : "%s: %s has %llu rows, %s has %zu",
				  m->path, name, (unsigned long long)n,
				  table[0], m->n);
	if (p->table == 0) {
		m->id = mt_calloc(m->n, sizeof *m->id);
		m->tid = mt_calloc(m->n, sizeof *m->tid);
		m->year = mt_calloc(m->n, sizeof *m->year);
	}
	rc = mt_h5_types(h5, name, p->column, p->n, err);
	if (!rc)
		rc = check_type(p, m->path, err);
	for (size_t k = 1; k < p->n && !rc; k++) {
		struct mt_msd_extra *x = p->extra[k - 1];
		x->type = "ifs"[p->column[k].type];
		if (x->type == 'i')
			x->i = mt_calloc(m->n, sizeof *x->i);
		else if (x->type == 'f')
			x->f = mt_calloc(m->n, sizeof *x->f);
		else
			x->at = mt_calloc(m->n + 1, sizeof *x->at);
	}
	return rc ? rc : mt_h5_scan(h5, name, p->column, p->n, take, p, err);
}

static int read_table(struct mt_msd *m, struct mt_h5 *h5, int t, size_t *found,
		      struct mt_err *err)
{
	struct pass p = {.msd = m, .table = t, .n = 1};
	p.column = mt_calloc(m->n_extra + 1, sizeof *p.column);
	p.extra = mt_calloc(m->n_extra + 1, sizeof *p.extra);
	p.column[0].name = wanted[t];
	for (size_t i = 0; i < m->n_extra; i++) {
		struct mt_msd_extra *x = &m->extra[i];
		if (x->type || !mt_h5_has_column(h5, table[t], x->name))
			continue;
		p.column[p.n].name = x->name;
		p.extra[p.n++ - 1] = x;
		++*found;
	}
	int rc = run_pass(&p, h5, err);
	free(p.column);
	free(p.extra);
	return rc;
}

static uint64_t hash(const char *tid)
{
	return mt_hash64(tid, MT_MSD_TID);
}

static void index_tids(struct mt_msd *m)
{
	m->n_slot = 16;
	while (m->n_slot < 2 * m->n)
		m->n_slot *= 2;
	m->slot = mt_realloc(NULL, m->n_slot, sizeof *m->slot);
	memset(m->slot, 0xff, m->n_slot * sizeof *m->slot);
	for (uint32_t row = 0; row < m->n; row++) {
		size_t s = hash(m->tid[row]) & (m->n_slot - 1);
		while (m->slot[s] != MT_MSD_NONE &&
		       memcmp(m->tid[m->slot[s]], m->tid[row], MT_MSD_TID) != 0)
			s = (s + 1) & (m->n_slot - 1);
		if (m->slot[s] == MT_MSD_NONE)
			m->slot[s] = row;
	}
}

/* Radix sort, 16 bits at a time; stable, so equal ids stay in file order. */
static void index_ids(struct mt_msd *m)
{
	uint32_t *a = mt_calloc(m->n, sizeof *a);
	uint32_t *b = mt_calloc(m->n, sizeof *b);
	size_t *count = mt_calloc(65537, sizeof *count);
	for (uint32_t i = 0; i < m->n; i++)
		a[i] = i;
	for (int shift = 0; shift < 32; shift += 16) {
		memset(count, 0, 65537 * sizeof *count);
		for (size_t i = 0; i < m->n; i++)
			count[(((uint32_t)m->id[a[i]] ^ 0x80000000u) >> shift &
			       0xffff) + 1]++;
		for (size_t i = 0; i < 65536; i++)
			count[i + 1] += count[i];
		for (size_t i = 0; i < m->n; i++)
			b[count[((uint32_t)m->id[a[i]] ^ 0x80000000u) >> shift &
				0xffff]++] = a[i];
		uint32_t *c = a;
		a = b;
		b = c;
	}
	free(count);
	free(b);
	m->by_id = a;
}

static int check_tids(const struct mt_msd *m, struct mt_err *err)
{
	for (size_t i = 0; i < m->n; i++)
		if (mt_msd_tid_in(m->tid[i], MT_MSD_TID) != m->tid[i])
			return mt_err_set(err, MT_EINPUT, "%s: %s: row %zu has "
					  "the track id '%.*s', not T and 17 "
					  "of A-Z, 0-9", m->path, table[1], i,
					  MT_MSD_TID, m->tid[i]);
	return MT_OK;
}

int mt_msd_read(struct mt_msd *m, const char *path, struct mt_msd_extra *extra,
		size_t n_extra, struct mt_err *err)
{
	struct mt_h5 *h5;
	size_t found = 0;
	*m = (struct mt_msd){.path = path, .extra = extra, .n_extra = n_extra};
	for (size_t i = 0; i < n_extra; i++)
		extra[i].type = 0;
	int rc = mt_h5_open(&h5, path, err);
	for (int t = 0; t < N_TABLE && !rc; t++)
		rc = read_table(m, h5, t, &found, err);
	mt_h5_close(h5);
	for (size_t i = 0; i < n_extra && !rc; i++)
		if (!extra[i].type && !extra[i].optional)
			rc = mt_err_set(err, MT_EUSAGE, "%s: none of its three "
					"tables of songs has a column '%.100s'",
					path, extra[i].name);
	if (!rc)
		rc = check_tids(m, err);
	if (rc) {
		mt_msd_release(m);
		return rc;
	}
	mt_msd_index(m);
	return MT_OK;
}

void mt_msd_index(struct mt_msd *m)
{
	index_tids(m);
	index_ids(m);
}

void mt_msd_release(struct mt_msd *m)
{
	for (size_t i = 0; i < m->n_extra; i++) {
		struct mt_msd_extra *x = &m->extra[i];
		free(x->i);
		free(x->f);
		free(x->at);
		free(x->text);
		*x = (struct mt_msd_extra){.name = x->name,
			.optional = x->optional};
	}
	free(m->tid);
	free(m->id);
	free(m->year);
	free(m->by_id);
	free(m->slot);
	*m = (struct mt_msd){0};
}

uint32_t mt_msd_find_tid(const struct mt_msd *m, const char *tid)
{
	size_t s = hash(tid) & (m->n_slot - 1);
	while (m->slot[s] != MT_MSD_NONE &&
	       memcmp(m->tid[m->slot[s]], tid, MT_MSD_TID) != 0)
		s = (s + 1) & (m->n_slot - 1);
	return m->slot[s];
}

size_t mt_msd_find_id(const struct mt_msd *m, int64_t id, size_t *first)
{
	size_t low = 0, high = m->n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (m->id[m->by_id[mid]] < id)
			low = mid + 1;
		else
			high = mid;
	}
	*first = low;
	while (low < m->n && m->id[m->by_id[low]] == id)
		low++;
	return low - *first;
}

const char *mt_msd_tid_in(const char *text, size_t n)
{
	const char *end = text + n;
	while (end - text >= MT_MSD_TID) {
		const char *t = memchr(text, 'T', (size_t)(end - text) -
					     (MT_MSD_TID - 1));
		if (!t)
			return NULL;
		int len = 1;
		while (len < MT_MSD_TID && ((t[len] >= 'A' && t[len] <= 'Z') ||
					    (t[len] >= '0' && t[len] <= '9')))
			len++;
		if (len == MT_MSD_TID)
			return t;
		text = t + 1;
	}
	return NULL;
}
