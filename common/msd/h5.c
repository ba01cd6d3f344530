/* SPDX-License-Identifier: MIT */
#include "msd/h5.h"

#include <errno.h>
#include <hdf5.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/h5safe.h"
#include "base/mem.h"
#include "msd/h5chunk.h"

#define BLOCK (1 << 20)      /* bytes that the slow way reads at once */
#define MAX_CHUNK MT_H5_CHUNK

struct mt_h5 {
	hid_t file;
	const char *path;
};

struct reason {
	char text[160];
};

/* The innermost entry of the library's error stack says most. */
static herr_t innermost(unsigned n, const H5E_error2_t *e, void *ctx)
{
	struct reason *r = ctx;
	if (!n && e->desc)
		snprintf(r->text, sizeof r->text, "%s", e->desc);
	return 0;
}

static int bad(const struct mt_h5 *h5, struct mt_err *err, const char *what,
	       const char *name)
{
	struct reason r = {"the HDF5 library does not say why"};
	H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, innermost, &r);
	return mt_err_set(err, MT_EINPUT, "%s: %s%.100s: %s", h5->path, what,
			  name, r.text);
}

int mt_h5_open(struct mt_h5 **out, const char *path, struct mt_err *err)
{
	*out = NULL;
	struct stat st;
	if (access(path, R_OK) || stat(path, &st))
		return mt_err_sys(err, "%s: cannot open", path);
	if (!S_ISREG(st.st_mode))
		return mt_err_set(err, MT_EINPUT, "%s: is not a regular file, and "
				  "HDF5 must be one", path);
	H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
	H5PLset_loading_state(0);  /* no filters of shared libraries */
	struct mt_h5 *h5 = mt_calloc(1, sizeof *h5);
	h5->path = path;
	if (H5Fis_hdf5(path) <= 0) {
		free(h5);
		return mt_err_set(err, MT_EINPUT, "%s: not an HDF5 file", path);
	}
	hid_t how = H5Pcreate(H5P_FILE_ACCESS);
	H5Pset_file_locking(how, 0, 1);
	h5->file = H5Fopen(path, H5F_ACC_RDONLY, how);
	int rc = h5->file < 0 ? bad(h5, err, "is an HDF5 file that is damaged "
				    "or cut", "") : MT_OK;
	H5Pclose(how);
	if (rc)
		free(h5);
	else
		*out = h5;
	return rc;
}

void mt_h5_close(struct mt_h5 *h5)
{
	if (h5)
		H5Fclose(h5->file);
	free(h5);
}

bool mt_h5_has(struct mt_h5 *h5, const char *name)
{
	bool has;
	return !mt_h5safe_find(h5->file, h5->path, name, &has, NULL) && has;
}

static int open_set(struct mt_h5 *h5, const char *name, hid_t *set,
		    uint64_t *n, struct mt_err *err)
{
	bool has;
	*set = -1;
	int rc = mt_h5safe_find(h5->file, h5->path, name, &has, err);
	if (rc)
		return rc;
	if (!has)
		return mt_err_set(err, MT_EINPUT, "%s: has no data set %s",
				  h5->path, name);
	*set = H5Dopen2(h5->file, name, H5P_DEFAULT);
	if (*set < 0)
		return bad(h5, err, "cannot open ", name);
	rc = mt_h5safe_set(*set, h5->path, name, err);
	if (rc) {
		H5Dclose(*set);
		*set = -1;
		return rc;
	}
	hsize_t dim[H5S_MAX_RANK];
	hid_t space = H5Dget_space(*set);
	int rank = space < 0 ? -1 : H5Sget_simple_extent_dims(space, dim, NULL);
	if (space >= 0)
		H5Sclose(space);
	if (rank == 1) {
		*n = dim[0];
		return MT_OK;
	}
	H5Dclose(*set);
	*set = -1;
	return mt_err_set(err, MT_EINPUT, "%s: %s has %d dimensions, not 1",
			  h5->path, name, rank);
}

int mt_h5_rows(struct mt_h5 *h5, const char *table, uint64_t *n,
	       struct mt_err *err)
{
	hid_t set;
	int rc = open_set(h5, table, &set, n, err);
	if (!rc)
		H5Dclose(set);
	return rc;
}

bool mt_h5_has_column(struct mt_h5 *h5, const char *table, const char *name)
{
	hid_t set = mt_h5_has(h5, table) ? H5Dopen2(h5->file, table, H5P_DEFAULT)
					 : -1;
	hid_t type = set < 0 ? -1 : H5Dget_type(set);
	bool there = type >= 0 && H5Tget_class(type) == H5T_COMPOUND &&
		     H5Tget_member_index(type, name) >= 0;
	if (type >= 0)
		H5Tclose(type);
	if (set >= 0)
		H5Dclose(set);
	return there;
}

/* What a cell of that type becomes; the type that the library shall convert
 * it to, or -1. */
static hid_t memory_type(hid_t type, struct mt_h5_column *c)
{
	switch (H5Tget_class(type)) {
	case H5T_INTEGER:
		c->type = MT_H5_INT;
		c->size = sizeof(int64_t);
		return H5Tcopy(H5T_NATIVE_INT64);
	case H5T_FLOAT:
		c->type = MT_H5_FLOAT;
		c->size = sizeof(double);
		return H5Tcopy(H5T_NATIVE_DOUBLE);
	case H5T_STRING:
		if (H5Tis_variable_str(type) != 0)
			return -1;
		c->type = MT_H5_TEXT;
		c->size = H5Tget_size(type);
		return c->size ? H5Tcopy(type) : -1;
	default:
		return -1;
	}
}

/* How a column lies in the file's rows, where the fast way knows its type. */
static bool plain(hid_t type, struct mt_h5_cell *cell, const char *name)
{
	int i = H5Tget_member_index(type, name);
	hid_t m = H5Tget_member_type(type, (unsigned)i);
	cell->at = H5Tget_member_offset(type, (unsigned)i);
	cell->size = H5Tget_size(m);
	cell->is_text = H5Tget_class(m) == H5T_STRING;
	bool ok = cell->is_text || H5Tequal(m, H5T_STD_I32LE) > 0 ||
		  H5Tequal(m, H5T_STD_I64LE) > 0 ||
		  H5Tequal(m, H5T_IEEE_F64LE) > 0;
	if (cell->is_text && H5Tget_strpad(m) == H5T_STR_SPACEPAD)
		ok = false;
	H5Tclose(m);
	return ok;
}

struct scan {
	struct mt_h5 *h5;
	const char *table;
	hid_t set, type, mem;
	uint64_t n;
	size_t n_column, row_size;   /* of a row as the library gives it */
	struct mt_h5_column *column;
	struct mt_h5_cell *cell;
	size_t *at;                  /* [n_column] where each is in that row */
	void **out;                  /* [n_column] columns of a block */
	size_t cap;                  /* rows that they have room for */
	unsigned char *row;
	size_t row_cap;
};

/* The library believes a damaged file that a member lies outside its row. */
static bool inside(hid_t type, int member)
{
	hid_t m = H5Tget_member_type(type, (unsigned)member);
	size_t at = H5Tget_member_offset(type, (unsigned)member);
	size_t row = H5Tget_size(type), size = m < 0 ? 0 : H5Tget_size(m);
	if (m >= 0)
		H5Tclose(m);
	return size && at <= row && size <= row - at;
}

static int prepare(struct scan *s, struct mt_err *err)
{
	s->type = H5Dget_type(s->set);
	if (s->type < 0 || H5Tget_class(s->type) != H5T_COMPOUND)
		return mt_err_set(err, MT_EINPUT, "%s: %s is not a table",
				  s->h5->path, s->table);
	hid_t *kind = mt_calloc(s->n_column, sizeof *kind);
	int rc = MT_OK;
	size_t made = 0;
	for (size_t i = 0; i < s->n_column && !rc; i++) {
		struct mt_h5_column *c = &s->column[i];
		int at = H5Tget_member_index(s->type, c->name);
		hid_t m = at < 0 ? -1 : H5Tget_member_type(s->type,
							   (unsigned)at);
		kind[i] = m < 0 || !inside(s->type, at) ? -1
							: memory_type(m, c);
		if (m >= 0)
			H5Tclose(m);
		if (kind[i] < 0)
			rc = mt_err_set(err, MT_EINPUT, at < 0
					? "%s: %s has no column %.100s"
					: "%s: %s: column %.100s is neither a "
					  "number nor text of fixed length",
					s->h5->path, s->table, c->name);
		else
			made++;
		/* a column that is asked for twice is in the row once */
		size_t k = 0;
		while (!rc && strcmp(s->column[k].name, c->name) != 0)
			k++;
		s->at[i] = k < i ? s->at[k] : s->row_size;
		s->row_size += rc || k < i ? 0 : c->size;
	}
	if (!rc)
		s->mem = H5Tcreate(H5T_COMPOUND, s->row_size);
	for (size_t i = 0, at = 0; i < made; i++) {
		if (!rc && s->at[i] == at) {
			H5Tinsert(s->mem, s->column[i].name, at, kind[i]);
			at += s->column[i].size;
		}
		H5Tclose(kind[i]);
	}
	free(kind);
	return rc;
}

static int room(struct scan *s, size_t n, struct mt_err *err)
{
	if (n <= s->cap)
		return MT_OK;
	for (size_t i = 0; i < s->n_column; i++) {
		free(s->out[i]);
		s->out[i] = mt_try_alloc64(n * s->column[i].size);
		if (!s->out[i])
			return mt_err_set(err, MT_ESYS, "%s: no memory for %zu "
					  "rows of %s", s->h5->path, n,
					  s->table);
	}
	s->cap = n;
	return MT_OK;
}

/* Rows [first, first + n) through the library. */
static int slow(struct scan *s, uint64_t first, size_t n, struct mt_err *err)
{
	hsize_t from = first, count = n;
	if (n > s->row_cap) {
		free(s->row);
		s->row = mt_calloc(n, s->row_size);
		s->row_cap = n;
	}
	hid_t file = H5Dget_space(s->set);
	hid_t mem = H5Screate_simple(1, &count, NULL);
	H5Sselect_hyperslab(file, H5S_SELECT_SET, &from, NULL, &count, NULL);
	int rc = MT_OK;
	if (H5Dread(s->set, s->mem, mem, file, H5P_DEFAULT, s->row) < 0)
		rc = bad(s->h5, err, "cannot read ", s->table);
	H5Sclose(mem);
	H5Sclose(file);
	if (rc)
		return rc;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < s->n_column; k++) {
			size_t size = s->column[k].size;
			memcpy((char *)s->out[k] + i * size,
			       s->row + i * s->row_size + s->at[k], size);
		}
	return MT_OK;
}

/* Whether every column and every filter is one that the fast way knows. */
static bool chunks(struct scan *s, struct mt_h5_chunk *c)
{
	hid_t made = H5Dget_create_plist(s->set);
	hsize_t dim = 0;
	bool ok = made >= 0 && H5Pget_layout(made) == H5D_CHUNKED &&
		  H5Pget_chunk(made, 1, &dim) == 1 && dim;
	for (size_t i = 0; ok && i < s->n_column; i++)
		ok = plain(s->type, &s->cell[i], s->column[i].name);
	int n = ok ? H5Pget_nfilters(made) : -1;
	ok = ok && n >= 0 && n <= 2;
	for (int i = 0; ok && i < n; i++) {
		unsigned flags, word[8];
		size_t n_word = 8;
		H5Z_filter_t f = H5Pget_filter2(made, (unsigned)i, &flags,
						&n_word, word, 0, NULL, NULL);
		if (f == H5Z_FILTER_SHUFFLE && !i)
			c->shuffle = 1u << i;
		else if (f == H5Z_FILTER_DEFLATE && i == n - 1)
			c->deflate = 1u << i;
		else
			ok = false;
	}
	if (made >= 0)
		H5Pclose(made);
	c->rows = ok ? (size_t)dim : 0;
	c->row_size = H5Tget_size(s->type);
	return ok;
}

/* The chunk that begins with that row into the columns of a block: 1, or 0 if
 * it was never written, or -1 if it is damaged. */
static int whole_chunk(struct scan *s, struct mt_h5_chunk *c, uint64_t first,
		       size_t n)
{
	hsize_t at = first, size = 0;
	if (H5Dget_chunk_storage_size(s->set, &at, &size) < 0 || !size)
		return 0;
	if (size > 2 * MAX_CHUNK)
		return -1;
	if (size > c->cap) {
		free(c->data);
		c->data = mt_calloc(size, 1); /* a damaged file fills less */
		c->cap = size;
	}
	c->size = size;
	bool ok = H5Dread_chunk(s->set, H5P_DEFAULT, &at, &c->skipped,
				c->data) >= 0 &&
		  mt_h5_chunk_columns(c, s->cell, s->n_column, s->out, n);
	return ok ? 1 : -1;
}

/* Nothing stays behind a zero byte. */
static void end_texts(char *text, size_t size, size_t n)
{
	for (size_t i = 0; i < n; i++, text += size) {
		size_t len = strnlen(text, size);
		memset(text + len, 0, size - len);
	}
}

static int scan_rows(struct scan *s, mt_h5_take *take, void *ctx,
		     struct mt_err *err)
{
	struct mt_h5_chunk c = {0};
	bool fast = chunks(s, &c);
	if (fast && c.rows > MAX_CHUNK / c.row_size)
		return mt_err_set(err, MT_EINPUT, "%s: %s has chunks of %zu "
				  "rows, or is damaged", s->h5->path, s->table,
				  c.rows);
	size_t block = fast ? c.rows : BLOCK / s->row_size;
	int rc = mt_h5safe_rows(s->set, s->n, s->h5->path, s->table, err);
	if (!rc && !fast)
		rc = mt_h5safe_chunks(s->set, s->n, s->h5->path, s->table, err);
	block = block ? block : 1;
	block = block < s->n ? block : (size_t)s->n;
	for (uint64_t at = 0; at < s->n && !rc; at += block) {
		size_t n = s->n - at < block ? (size_t)(s->n - at) : block;
		rc = room(s, n, err);
		if (rc)
			break;
		/* a damaged chunk is kept from the library, which would read
		 * behind its end */
		int done = fast ? whole_chunk(s, &c, at, n) : 0;
		if (done < 0)
			rc = mt_err_set(err, MT_EINPUT, "%s: %s: rows %llu and "
					"on are damaged", s->h5->path, s->table,
					(unsigned long long)at);
		else if (!done)
			rc = slow(s, at, n, err);
		for (size_t k = 0; k < s->n_column && !rc; k++)
			if (s->column[k].type == MT_H5_TEXT)
				end_texts(s->out[k], s->column[k].size, n);
		if (!rc)
			rc = take(ctx, at, n, (const void *const *)s->out, err);
	}
	mt_h5_chunk_release(&c);
	return rc;
}

static int scan_open(struct scan *s, struct mt_h5 *h5, const char *table,
		     struct mt_h5_column *column, size_t n_column,
		     struct mt_err *err)
{
	*s = (struct scan){.h5 = h5, .table = table, .type = -1, .mem = -1,
			   .n_column = n_column, .column = column};
	int rc = open_set(h5, table, &s->set, &s->n, err);
	if (rc)
		return rc;
	s->cell = mt_calloc(n_column, sizeof *s->cell);
	s->at = mt_calloc(n_column, sizeof *s->at);
	s->out = mt_calloc(n_column, sizeof *s->out);
	return prepare(s, err);
}

static void scan_close(struct scan *s)
{
	for (size_t i = 0; s->out && i < s->n_column; i++)
		free(s->out[i]);
	free(s->out);
	free(s->cell);
	free(s->at);
	free(s->row);
	if (s->mem >= 0)
		H5Tclose(s->mem);
	if (s->type >= 0)
		H5Tclose(s->type);
	if (s->set >= 0)
		H5Dclose(s->set);
}

int mt_h5_types(struct mt_h5 *h5, const char *table,
		struct mt_h5_column *column, size_t n_column,
		struct mt_err *err)
{
	struct scan s;
	int rc = scan_open(&s, h5, table, column, n_column, err);
	scan_close(&s);
	return rc;
}

int mt_h5_scan(struct mt_h5 *h5, const char *table,
	       struct mt_h5_column *column, size_t n_column, mt_h5_take *take,
	       void *ctx, struct mt_err *err)
{
	struct scan s;
	int rc = scan_open(&s, h5, table, column, n_column, err);
	if (!rc)
		rc = scan_rows(&s, take, ctx, err);
	scan_close(&s);
	return rc;
}

int mt_h5_array(struct mt_h5 *h5, const char *name, size_t max,
		struct mt_h5_column *as, void **data, uint64_t *n,
		struct mt_err *err)
{
	hid_t set;
	*data = NULL;
	int rc = open_set(h5, name, &set, n, err);
	if (rc)
		return rc;
	hid_t type = H5Dget_type(set);
	hid_t mem = type < 0 ? -1 : memory_type(type, as);
	if (mem < 0)
		rc = mt_err_set(err, MT_EINPUT, "%s: %s holds neither numbers "
				"nor text of fixed length", h5->path, name);
	else if (*n > max / as->size)
		rc = mt_err_set(err, MT_EINPUT, "%s: %s has %llu elements of "
				"%zu bytes, at most %zu bytes are read",
				h5->path, name, (unsigned long long)*n,
				as->size, max);
	if (!rc)
		rc = mt_h5safe_rows(set, *n, h5->path, name, err);
	if (!rc)
		rc = mt_h5safe_chunks(set, *n, h5->path, name, err);
	if (!rc) {
		*data = mt_try_alloc64((size_t)*n * as->size + 1);
		if (!*data)
			rc = mt_err_set(err, MT_ESYS, "%s: no memory for %s",
					h5->path, name);
	}
	if (!rc && *n && H5Dread(set, mem, H5S_ALL, H5S_ALL, H5P_DEFAULT,
				 *data) < 0)
		rc = bad(h5, err, "cannot read ", name);
	if (rc) {
		free(*data);
		*data = NULL;
	} else if (as->type == MT_H5_TEXT) {
		end_texts(*data, as->size, (size_t)*n);
	}
	if (mem >= 0)
		H5Tclose(mem);
	if (type >= 0)
		H5Tclose(type);
	H5Dclose(set);
	return rc;
}
