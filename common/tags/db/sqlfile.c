/* SPDX-License-Identifier: MIT */
#include "tags/db/sqlfile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

enum {
	LEAF_TABLE = 13, INNER_TABLE = 5, LEAF_INDEX = 10, INNER_INDEX = 2,
	FILE_HEADER = 100,
	BUFFER_PAGES = 128,
	/* the page with the byte at 2^30 is for locks, and left out */
	LOCK_PAGE = (1 << 30) / MT_SQL_PAGE + 1,
	CELL_MAX = MT_SQL_PAGE, /* more than any cell has */
};

static void put16(unsigned char *p, uint32_t v)
{
	p[0] = (unsigned char)(v >> 8);
	p[1] = (unsigned char)v;
}

static void put32(unsigned char *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

/* Seven bits a byte, the high ones first; a ninth byte has eight. */
static size_t put_varint(unsigned char *p, uint64_t v)
{
	unsigned char rev[10];
	size_t n = 0;
	if (v >> 56) {
		p[8] = (unsigned char)v;
		v >>= 8;
		for (n = 8; n-- > 0; v >>= 7)
			p[n] = (unsigned char)((v & 127) | 128);
		return 9;
	}
	do {
		rev[n++] = (unsigned char)((v & 127) | 128);
		v >>= 7;
	} while (v);
	rev[0] &= 127;
	for (size_t i = 0; i < n; i++)
		p[i] = rev[n - 1 - i];
	return n;
}

static void put_page(struct mt_sqlfile *f, const unsigned char *data)
{
	memcpy(f->buffer + f->n_buffer * MT_SQL_PAGE, data, MT_SQL_PAGE);
	if (++f->n_buffer < BUFFER_PAGES)
		return;
	if (!f->rc)
		f->rc = mt_file_write(f->file, f->buffer,
				      f->n_buffer * MT_SQL_PAGE, f->err);
	f->n_buffer = 0;
}

/* Number of a page that is put now. */
static uint32_t add_page(struct mt_sqlfile *f, const unsigned char *data)
{
	static const unsigned char zero[MT_SQL_PAGE];
	if (++f->n_page == LOCK_PAGE) {
		put_page(f, zero);
		f->n_page++;
	}
	put_page(f, data);
	return f->n_page;
}

/* Where the page's own header begins: in the first, after the file's. */
static unsigned start_of(const struct mt_sqlfile *f, const struct mt_sql_page *p)
{
	return p == &f->schema ? FILE_HEADER : 0;
}

/* Leaves have no last child. */
static unsigned header_size(const struct mt_sql_page *p)
{
	return p->data[0] == INNER_TABLE || p->data[0] == INNER_INDEX ? 12 : 8;
}

static void new_page(struct mt_sql_page *p, int type)
{
	memset(p->data, 0, sizeof p->data);
	p->data[0] = (unsigned char)type;
	p->n = 0;
	p->low = MT_SQL_PAGE;
}

static bool fits(const struct mt_sqlfile *f, const struct mt_sql_page *p,
		 size_t size)
{
	return start_of(f, p) + header_size(p) + 2 * (p->n + 1) + size <= p->low;
}

static void add_cell(const struct mt_sqlfile *f, struct mt_sql_page *p,
		     const unsigned char *cell, size_t size)
{
	p->low -= (unsigned)size;
	memcpy(p->data + p->low, cell, size);
	put16(p->data + start_of(f, p) + header_size(p) + 2 * p->n, p->low);
	p->last = (unsigned)size;
	p->n++;
}

/* Fill in the header and send it off; right: the last child, of inner pages. */
static uint32_t flush(struct mt_sqlfile *f, struct mt_sql_page *p,
		      uint32_t right)
{
	put16(p->data + 3, p->n);
	put16(p->data + 5, p->low);
	if (header_size(p) == 12)
		put32(p->data + 8, right);
	return add_page(f, p->data);
}

static struct mt_sql_page *level_page(struct mt_sqlfile *f, int level)
{
	MT_BUG(level >= MT_SQL_LEVELS);
	if (!f->level[level])
		f->level[level] = mt_calloc(1, sizeof **f->level);
	if (f->height == level) {
		static const int type[2][2] = {{LEAF_INDEX, INNER_INDEX},
					       {LEAF_TABLE, INNER_TABLE}};
		new_page(f->level[level], type[f->is_table][level > 0]);
		f->height++;
	}
	return f->level[level];
}

/* key: what parts child from what comes after it, a cell without its child. */
static void add_inner(struct mt_sqlfile *f, int level, uint32_t child,
		      const unsigned char *key, size_t size)
{
	unsigned char cell[CELL_MAX], up[CELL_MAX];
	struct mt_sql_page *p = level_page(f, level);
	put32(cell, child);
	memcpy(cell + 4, key, size);
	if (!fits(f, p, size + 4)) {
		/* its last child ends the page, whose key goes up */
		const unsigned char *last = p->data + p->low;
		size_t n = p->last - 4;
		uint32_t right = (uint32_t)last[0] << 24 |
				 (uint32_t)last[1] << 16 |
				 (uint32_t)last[2] << 8 | last[3];
		memcpy(up, last + 4, n);
		p->n--;
		memset(p->data + p->low, 0, p->last);
		put16(p->data + header_size(p) + 2 * p->n, 0);
		p->low += p->last;
		add_inner(f, level + 1, flush(f, p, right), up, n);
		new_page(p, p->data[0]);
	}
	add_cell(f, p, cell, size + 4);
}

/* A row's cell as SQLite lays it out; what does not fit locally goes into a
 * chain of pages. */
static size_t make_cell(struct mt_sqlfile *f, int64_t number,
			const unsigned char *record, size_t size,
			unsigned char *cell)
{
	enum { U = MT_SQL_PAGE, MIN = (U - 12) * 32 / 255 - 23 };
	size_t max = f->is_table ? U - 35 : (U - 12) * 64 / 255 - 23;
	size_t n = put_varint(cell, size), local = size;
	if (f->is_table)
		n += put_varint(cell + n, (uint64_t)number);
	if (size > max) {
		local = MIN + (size - MIN) % (U - 4);
		local = local > max ? MIN : local;
	}
	memcpy(cell + n, record, local);
	n += local;
	if (local == size)
		return n;
	/* a page names the next one, which has the next number but for locks */
	uint32_t page = f->n_page + 1;
	put32(cell + n, page == LOCK_PAGE ? page + 1 : page);
	for (size_t at = local; at < size;) {
		unsigned char data[MT_SQL_PAGE] = {0};
		size_t part = size - at < U - 4 ? size - at : U - 4;
		page = f->n_page + 1 + (f->n_page + 1 == LOCK_PAGE);
		page += page + 1 == LOCK_PAGE ? 2 : 1;
		put32(data, at + part < size ? page : 0);
		memcpy(data + 4, record + at, part);
		add_page(f, data);
		at += part;
	}
	return n + 4;
}

static void add_leaf(struct mt_sqlfile *f, int64_t number,
		     const unsigned char *cell, size_t size)
{
	unsigned char key[CELL_MAX];
	struct mt_sql_page *p = level_page(f, 0);
	size_t n;
	if (!fits(f, p, size)) {
		if (f->is_table) {
			n = put_varint(key, (uint64_t)f->last_row);
		} else {
			/* keys stand once: the last one leaves the page */
			n = p->last;
			memcpy(key, p->data + p->low, n);
			p->n--;
			memset(p->data + p->low, 0, n);
			put16(p->data + 8 + 2 * p->n, 0);
			p->low += p->last;
		}
		add_inner(f, 1, flush(f, p, 0), key, n);
		new_page(p, p->data[0]);
	}
	add_cell(f, p, cell, size);
	f->last_row = number;
}

/* Type and size of a value, and its bytes. */
static uint64_t serial(const struct mt_sql_value *v, unsigned char *body,
		       size_t *n)
{
	static const unsigned bytes[] = {0, 1, 2, 3, 4, 6, 8};
	int64_t i = v->i;
	uint64_t bits;
	*n = 0;
	if (v->type == MT_SQL_NULL)
		return 0;
	if (v->type == MT_SQL_TEXT) {
		*n = v->n;
		memcpy(body, v->s, v->n);
		return 13 + 2 * (uint64_t)v->n;
	}
	/* as SQLite does: a whole number in a column of reals takes less */
	if (v->type == MT_SQL_REAL && v->d == floor(v->d) &&
	    fabs(v->d) < 1e15 && !(v->d == 0 && signbit(v->d))) {
		i = (int64_t)v->d;
	} else if (v->type == MT_SQL_REAL) {
		memcpy(&bits, &v->d, sizeof bits);
		for (*n = 0; *n < 8; ++*n)
			body[*n] = (unsigned char)(bits >> (56 - 8 * *n));
		return 7;
	}
	if (i == 0 || i == 1)
		return 8 + (uint64_t)i;
	unsigned type = 1;
	while (type < 6 && (i < -(INT64_C(1) << (8 * bytes[type] - 1)) ||
			    i >= INT64_C(1) << (8 * bytes[type] - 1)))
		type++;
	for (*n = 0; *n < bytes[type]; ++*n)
		body[*n] = (unsigned char)((uint64_t)i >>
					   (8 * (bytes[type] - 1 - *n)));
	return type;
}

/* All values as a record in f->record; its size. */
static size_t make_record(struct mt_sqlfile *f, const struct mt_sql_value *value,
			  size_t n)
{
	unsigned char head[MT_SQL_COLUMNS * 9];
	size_t size = 0, n_head = 0, room = 1 + sizeof head, k;
	MT_BUG(n > MT_SQL_COLUMNS);
	for (size_t i = 0; i < n; i++)
		room += 8 + (value[i].type == MT_SQL_TEXT ? value[i].n : 0);
	if (room > f->record_cap) {
		f->record_cap = 2 * room;
		f->record = mt_realloc(f->record, f->record_cap, 1);
	}
	/* the body first, behind the longest header */
	unsigned char *body = f->record + 1 + sizeof head;
	for (size_t i = 0; i < n; i++) {
		n_head += put_varint(head + n_head,
				     serial(&value[i], body + size, &k));
		size += k;
	}
	f->record[0] = (unsigned char)(n_head + 1);
	memcpy(f->record + 1, head, n_head);
	memmove(f->record + 1 + n_head, body, size);
	return 1 + n_head + size;
}

void mt_sqlfile_begin(struct mt_sqlfile *f, struct mt_file *file,
		      struct mt_err *err)
{
	static const unsigned char zero[MT_SQL_PAGE];
	*f = (struct mt_sqlfile){.file = file, .err = err};
	f->buffer = mt_alloc64((size_t)BUFFER_PAGES * MT_SQL_PAGE);
	f->schema.data[FILE_HEADER] = LEAF_TABLE;
	f->schema.low = MT_SQL_PAGE;
	add_page(f, zero);  /* the first one is written last */
}

void mt_sqlfile_tree(struct mt_sqlfile *f, bool is_table)
{
	f->is_table = is_table;
	f->height = 0;
	level_page(f, 0);
}

void mt_sqlfile_row(struct mt_sqlfile *f, int64_t number,
		    const struct mt_sql_value *value, size_t n)
{
	unsigned char cell[CELL_MAX];
	size_t size = make_record(f, value, n);
	size = make_cell(f, number, f->record, size, cell);
	add_leaf(f, number, cell, size);
}

uint32_t mt_sqlfile_root(struct mt_sqlfile *f)
{
	uint32_t page = flush(f, f->level[0], 0);
	for (int i = 1; i < f->height; i++)
		page = flush(f, f->level[i], page);
	return page;
}

void mt_sqlfile_schema(struct mt_sqlfile *f, const char *type, const char *name,
		       const char *table, uint32_t root, const char *sql)
{
	unsigned char cell[CELL_MAX];
	const char *text[] = {type, name, table, NULL, sql};
	struct mt_sql_value v[5] = {0};
	for (int i = 0; i < 5; i++)
		if (text[i])
			v[i] = (struct mt_sql_value){.type = MT_SQL_TEXT,
				.s = text[i], .n = strlen(text[i])};
	v[3] = (struct mt_sql_value){.type = MT_SQL_INT, .i = root};
	f->is_table = true;
	size_t size = make_record(f, v, 5);
	size = make_cell(f, f->schema.n + 1, f->record, size, cell);
	MT_BUG(!fits(f, &f->schema, size));
	add_cell(f, &f->schema, cell, size);
}

static void put_first(struct mt_sqlfile *f)
{
	unsigned char *p = f->schema.data;
	memcpy(p, "SQLite format 3", 16);
	put16(p + 16, MT_SQL_PAGE);
	p[18] = p[19] = 1;              /* journal, not WAL */
	p[21] = 64, p[22] = p[23] = 32; /* fixed by the format */
	put32(p + 24, 1);               /* changes */
	put32(p + 28, f->n_page);
	put32(p + 40, 1);               /* schema */
	put32(p + 44, 4);               /* and its format */
	put32(p + 56, 1);               /* UTF-8 */
	put32(p + 92, 1);               /* the size counts for that change */
	put32(p + 96, 3040001);         /* as if by SQLite 3.40.1 */
	put16(p + FILE_HEADER + 3, f->schema.n);
	put16(p + FILE_HEADER + 5, f->schema.low);
	if (!f->rc && lseek(f->file->fd, 0, SEEK_SET) < 0)
		f->rc = mt_err_sys(f->err, "%s: cannot seek", f->file->path);
	if (!f->rc)
		f->rc = mt_write_all(f->file->fd, p, MT_SQL_PAGE,
				     f->file->path, f->err);
}

int mt_sqlfile_end(struct mt_sqlfile *f)
{
	if (!f->rc)
		f->rc = mt_file_write(f->file, f->buffer,
				      f->n_buffer * MT_SQL_PAGE, f->err);
	put_first(f);
	for (int i = 0; i < MT_SQL_LEVELS; i++)
		free(f->level[i]);
	free(f->record);
	free(f->buffer);
	return f->rc;
}
