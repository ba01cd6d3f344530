/* SPDX-License-Identifier: MIT */
#include "base/h5safe.h"

#include <hdf5.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define SLACK (UINT64_C(64) << 20)
#define RATIO 1032       /* the most that deflate makes of a byte */

static int refuse_link(H5L_type_t type, const char *path, const char *name,
		       struct mt_err *err)
{
	return mt_err_set(err, MT_EINPUT, "%s: %.100s: is %s, and only data "
			  "under its own name in this file is read", path, name,
			  type == H5L_TYPE_EXTERNAL ? "a link to another file" :
			  type == H5L_TYPE_SOFT ? "a symbolic link"
						: "a user-defined link");
}

int mt_h5safe_find(int64_t file, const char *path, const char *name, bool *has,
		   struct mt_err *err)
{
	char *part = mt_strdup(name);
	int rc = MT_OK;
	*has = true;
	for (char *p = part; p && *has && !rc;) {
		H5L_info_t info;
		p = strchr(p + 1, '/');
		if (p)
			*p = 0;
		*has = H5Lget_info(file, part, &info, H5P_DEFAULT) >= 0;
		if (*has && info.type != H5L_TYPE_HARD)
			rc = refuse_link(info.type, path, part, err);
		if (p)
			*p = '/';
	}
	free(part);
	return rc;
}

/* Shuffle, deflate and checksums, each once: what is deflated can be looked at
 * before the library does it, since only a checksum comes after. */
static int check_filters(hid_t made, const char *path, const char *name,
			 struct mt_err *err)
{
	bool deflated = false;
	for (int i = 0, n = H5Pget_nfilters(made); i < n; i++) {
		unsigned flags, word[8];
		size_t n_word = 8;
		char text[40] = "";
		H5Z_filter_t f = H5Pget_filter2(made, (unsigned)i, &flags,
						&n_word, word, sizeof text,
						text, NULL);
		bool ok = f == H5Z_FILTER_FLETCHER32 ||
			  (f == H5Z_FILTER_SHUFFLE && !deflated) ||
			  (f == H5Z_FILTER_DEFLATE && !deflated);
		deflated |= f == H5Z_FILTER_DEFLATE;
		if (!ok)
			return mt_err_set(err, MT_EINPUT, "%s: %.100s: filter "
					  "%d%s%.39s%s here is not read; of all "
					  "filters only shuffle, deflate and "
					  "fletcher32 are, in this order; "
					  "h5repack -f GZIP=6 changes it", path,
					  name, (int)f, *text ? " (" : "", text,
					  *text ? ")" : "");
	}
	return MT_OK;
}

int mt_h5safe_set(int64_t set, const char *path, const char *name,
		  struct mt_err *err)
{
	hid_t made = H5Dget_create_plist(set);
	hsize_t dim[H5S_MAX_RANK];
	int rc = MT_OK;
	H5D_layout_t layout = made < 0 ? H5D_LAYOUT_ERROR
				       : H5Pget_layout(made);
	if (layout == H5D_VIRTUAL)
		rc = mt_err_set(err, MT_EINPUT, "%s: %.100s: a virtual data set, "
				"whose data is in other files, is not read",
				path, name);
	else if (layout == H5D_LAYOUT_ERROR)
		rc = mt_err_set(err, MT_EINPUT, "%s: %.100s: is damaged", path,
				name);
	else if (H5Pget_external_count(made) > 0)
		rc = mt_err_set(err, MT_EINPUT, "%s: %.100s: raw data in another "
				"file is not read", path, name);
	else if (layout == H5D_CHUNKED)
		rc = check_filters(made, path, name, err);
	if (!rc && layout == H5D_CHUNKED) {
		int rank = H5Pget_chunk(made, H5S_MAX_RANK, dim);
		hid_t type = H5Dget_type(set);
		uint64_t size = type < 0 ? 0 : H5Tget_size(type);
		for (int i = 0; i < rank; i++)
			size = size && dim[i] && dim[i] <= MT_H5_CHUNK / size
				       ? size * dim[i] : 0;
		if (rank < 1 || !size)
			rc = mt_err_set(err, MT_EINPUT, "%s: %.100s: has chunks "
					"over %u MiB, or is damaged", path, name,
					MT_H5_CHUNK >> 20);
		if (type >= 0)
			H5Tclose(type);
	}
	if (made >= 0)
		H5Pclose(made);
	return rc;
}

int mt_h5safe_rows(int64_t set, uint64_t n, const char *path, const char *name,
		   struct mt_err *err)
{
	hid_t type = H5Dget_type(set);
	uint64_t size = type < 0 ? 0 : H5Tget_size(type);
	uint64_t stored = H5Dget_storage_size(set);
	uint64_t most = stored > UINT64_MAX / RATIO - SLACK
				? UINT64_MAX : stored * RATIO + SLACK;
	if (type >= 0)
		H5Tclose(type);
	if (!size || size > MT_H5_CHUNK)
		return mt_err_set(err, MT_EINPUT, "%s: %.100s: has rows of %llu "
				  "bytes, at most %u MiB are read", path, name,
				  (unsigned long long)size, MT_H5_CHUNK >> 20);
	if (n > most / size)
		return mt_err_set(err, MT_EINPUT, "%s: %.100s: %llu rows of %llu "
				  "bytes cannot be in %llu stored bytes", path,
				  name, (unsigned long long)n,
				  (unsigned long long)size,
				  (unsigned long long)stored);
	return MT_OK;
}

struct inflating {
	struct libdeflate_decompressor *inflate;
	unsigned char *data, *raw;
	size_t size;             /* of a chunk, not compressed */
	int index;               /* of deflate among the filters */
	size_t after;            /* bytes of the checksums that follow */
};

/* The chunk that begins with a row. */
static bool is_chunk_ok(hid_t set, struct inflating *f, hsize_t at)
{
	hsize_t stored = 0;
	uint32_t skipped = 0;
	size_t got = 0;
	/* an error for one that was never written */
	if (H5Dget_chunk_storage_size(set, &at, &stored) < 0 || !stored)
		return true;
	/* what does not shrink grows a little */
	if (stored > f->size + f->size / 8 + 4096 || stored < f->after ||
	    H5Dread_chunk(set, H5P_DEFAULT, &at, &skipped, f->data) < 0)
		return false;
	return skipped >> f->index & 1 ||
	       libdeflate_zlib_decompress(f->inflate, f->data,
					  (size_t)stored - f->after, f->raw,
					  f->size, &got) == LIBDEFLATE_SUCCESS;
}

static bool find_deflate(hid_t made, struct inflating *f)
{
	f->index = -1;
	for (int i = 0, n = H5Pget_nfilters(made); i < n; i++) {
		unsigned flags;
		size_t none = 0;
		H5Z_filter_t z = H5Pget_filter2(made, (unsigned)i, &flags,
						&none, NULL, 0, NULL, NULL);
		if (z == H5Z_FILTER_DEFLATE)
			f->index = i;
		else if (f->index >= 0)
			f->after += 4;
	}
	return f->index >= 0;
}

int mt_h5safe_chunks(int64_t set, uint64_t n, const char *path, const char *name,
		     struct mt_err *err)
{
	struct inflating f = {0};
	hid_t made = H5Dget_create_plist(set), type = H5Dget_type(set);
	hsize_t dim = 0;
	int rc = MT_OK;
	bool any = made >= 0 && type >= 0 &&
		   H5Pget_layout(made) == H5D_CHUNKED &&
		   H5Pget_chunk(made, 1, &dim) == 1 && dim &&
		   find_deflate(made, &f);
	if (any) {
		f.size = (size_t)dim * H5Tget_size(type);
		f.data = mt_try_alloc64(f.size + f.size / 8 + 4096);
		f.raw = mt_try_alloc64(f.size);
		f.inflate = libdeflate_alloc_decompressor();
		if (!f.data || !f.raw || !f.inflate)
			rc = mt_err_set(err, MT_ESYS, "%s: no memory for chunks "
					"of %zu bytes", path, f.size);
	}
	for (hsize_t at = 0; any && !rc && at < n; at += dim)
		if (!is_chunk_ok(set, &f, at))
			rc = mt_err_set(err, MT_EINPUT, "%s: %.100s: rows %llu "
					"and on are damaged", path, name,
					(unsigned long long)at);
	free(f.data);
	free(f.raw);
	if (f.inflate)
		libdeflate_free_decompressor(f.inflate);
	if (made >= 0)
		H5Pclose(made);
	if (type >= 0)
		H5Tclose(type);
	return rc;
}
