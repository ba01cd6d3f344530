/* SPDX-License-Identifier: MIT */
#include "import/zip.h"

#include <inttypes.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc.h"
#include "base/mem.h"

#define END_SIZE 22         /* end of central directory */
#define END64_SIZE 56
#define LOCATOR_SIZE 20
#define ENTRY_SIZE 46       /* of the central directory */
#define LOCAL_SIZE 30
#define MAX_COMMENT 65535
#define NAME_SHOWN 100

static uint16_t get2(const unsigned char *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t get4(const unsigned char *p)
{
	return get2(p) | (uint32_t)get2(p + 2) << 16;
}

static uint64_t get8(const unsigned char *p)
{
	return get4(p) | (uint64_t)get4(p + 4) << 32;
}

struct directory {
	uint64_t n, size, at;
};

static int damaged(const struct mt_zip *z, const char *what, struct mt_err *err)
{
	return mt_err_set(err, MT_EINPUT, "%s: zip archive: %s; damaged or cut", z->path, what);
}

static int bad_entry(const struct mt_zip *z, const char *name, const char *what,
		     struct mt_err *err)
{
	return mt_err_set(err, MT_EINPUT, "%.200s: zip archive: entry '%.*s' %s", z->path,
			  NAME_SHOWN, name, what);
}

/* The zip64 record, if a locator lies before the end record. */
static int find64(const struct mt_zip *z, size_t end, struct directory *d, struct mt_err *err)
{
	if (end < LOCATOR_SIZE || get4(z->data + end - LOCATOR_SIZE) != 0x07064b50)
		return MT_OK;
	uint64_t at = get8(z->data + end - LOCATOR_SIZE + 8);
	if (end < LOCATOR_SIZE + END64_SIZE || at > end - LOCATOR_SIZE - END64_SIZE ||
	    get4(z->data + at) != 0x06064b50)
		return damaged(z, "the zip64 record is not where its locator says", err);
	d->n = get8(z->data + at + 32);
	d->size = get8(z->data + at + 40);
	d->at = get8(z->data + at + 48);
	return MT_OK;
}

/* The end record is the last one whose comment ends with the file. */
static int find_directory(const struct mt_zip *z, struct directory *d, struct mt_err *err)
{
	size_t end, back = 0;
	for (;; back++) {
		if (back > MAX_COMMENT || z->size < END_SIZE + back)
			return damaged(z, "its directory is missing", err);
		end = z->size - END_SIZE - back;
		if (get4(z->data + end) == 0x06054b50 && get2(z->data + end + 20) == back)
			break;
	}
	d->n = get2(z->data + end + 10);
	d->size = get4(z->data + end + 12);
	d->at = get4(z->data + end + 16);
	int rc = find64(z, end, d, err);
	if (!rc && (d->at > end || d->size > end - d->at || d->n > d->size / ENTRY_SIZE))
		rc = damaged(z, "its directory lies outside of the file", err);
	return rc;
}

/* Sizes and place of over 32 bits are in the extra field 1, those alone. */
static bool widen(struct mt_zip_entry *e, const unsigned char *extra, size_t n)
{
	uint64_t *field[3] = {&e->size, &e->packed, &e->at};
	while (n >= 4) {
		size_t size = get2(extra + 2);
		if (size > n - 4)
			return false;
		if (get2(extra) == 1) {
			const unsigned char *p = extra + 4;
			for (int i = 0; i < 3; i++) {
				if (*field[i] != UINT32_MAX)
					continue;
				if (size < 8)
					return false;
				*field[i] = get8(p);
				p += 8;
				size -= 8;
			}
			return true;
		}
		extra += 4 + size;
		n -= 4 + size;
	}
	return e->size != UINT32_MAX && e->packed != UINT32_MAX && e->at != UINT32_MAX;
}

/* From the place of the local header to that of the bytes. */
static int locate(const struct mt_zip *z, struct mt_zip_entry *e, struct mt_err *err)
{
	size_t n_name = strlen(e->name);
	if (e->at > z->size || z->size - e->at < LOCAL_SIZE + n_name)
		return bad_entry(z, e->name, "lies outside of the file", err);
	const unsigned char *p = z->data + e->at;
	if (get4(p) != 0x04034b50 || get2(p + 26) != n_name ||
	    memcmp(p + LOCAL_SIZE, e->name, n_name) != 0)
		return bad_entry(z, e->name, "is not where the directory says", err);
	if (get2(p + 8) != e->method)
		return bad_entry(z, e->name, "has two compression methods", err);
	e->at += LOCAL_SIZE + n_name + get2(p + 28);
	if (e->at > z->size || e->packed > z->size - e->at)
		return bad_entry(z, e->name, "lies outside of the file", err);
	return MT_OK;
}

static int read_entry(struct mt_zip *z, const unsigned char **at, uint64_t *left,
		      struct mt_err *err)
{
	const unsigned char *p = *at;
	if (*left < ENTRY_SIZE || get4(p) != 0x02014b50)
		return damaged(z, "its directory has fewer entries than it says", err);
	size_t n_name = get2(p + 28), n_extra = get2(p + 30);
	size_t all = ENTRY_SIZE + n_name + n_extra + get2(p + 32);
	if (all > *left)
		return damaged(z, "its directory is shorter than its entries", err);
	struct mt_zip_entry *e = &z->entry[z->n];
	const char *name = (const char *)p + ENTRY_SIZE;
	*e = (struct mt_zip_entry){.name = mt_strndup(name, n_name), .method = get2(p + 10),
				   .crc = get4(p + 16), .packed = get4(p + 20),
				   .size = get4(p + 24), .at = get4(p + 42)};
	z->n++;
	*at += all;
	*left -= all;
	if (strlen(e->name) != n_name)
		return damaged(z, "a name has a NUL", err);
	if (get2(p + 8) & 0x2041)
		return bad_entry(z, e->name, "is encrypted", err);
	if (e->method != 0 && e->method != 8)
		return bad_entry(z, e->name, "is neither stored nor deflated", err);
	if (!widen(e, p + ENTRY_SIZE + n_name, n_extra))
		return bad_entry(z, e->name, "has a damaged zip64 field", err);
	if (!e->method && e->size != e->packed)
		return bad_entry(z, e->name, "is stored, but has two sizes", err);
	return locate(z, e, err);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct mt_zip_entry *)a)->name,
		      ((const struct mt_zip_entry *)b)->name);
}

int mt_zip_open(struct mt_zip *z, const void *data, size_t size, const char *path,
		struct mt_err *err)
{
	struct directory d = {0};
	*z = (struct mt_zip){.data = data, .size = size, .path = path, .no_crc = true};
	int rc = find_directory(z, &d, err);
	if (rc)
		return rc;
	const unsigned char *at = z->data + d.at;
	uint64_t left = d.size, packed = 0;
	z->entry = mt_calloc(d.n, sizeof *z->entry);
	for (uint64_t i = 0; i < d.n && !rc; i++) {
		rc = read_entry(z, &at, &left, err);
		if (!rc && z->entry[i].crc)
			z->no_crc = false;
		packed += rc ? 0 : z->entry[i].packed;
		/* overlapping entries would be read again and again */
		if (!rc && packed > size)
			rc = damaged(z, "its entries overlap", err);
	}
	if (!rc && left)
		rc = damaged(z, "its directory has more entries than it says", err);
	if (!rc && z->n)
		qsort(z->entry, z->n, sizeof *z->entry, by_name);
	for (size_t i = 1; i < z->n && !rc; i++)
		if (!by_name(&z->entry[i - 1], &z->entry[i]))
			rc = bad_entry(z, z->entry[i].name, "is there twice", err);
	if (rc)
		mt_zip_close(z);
	return rc;
}

void mt_zip_close(struct mt_zip *z)
{
	for (size_t i = 0; i < z->n; i++) {
		free(z->entry[i].name);
		free(z->entry[i].inflated);
	}
	free(z->entry);
	*z = (struct mt_zip){0};
}

struct mt_zip_entry *mt_zip_find(const struct mt_zip *z, const char *name)
{
	struct mt_zip_entry want = {.name = (char *)(uintptr_t)name};
	return z->n ? bsearch(&want, z->entry, z->n, sizeof want, by_name) : NULL;
}

static int inflate(struct mt_zip *z, struct mt_zip_entry *e, struct mt_err *err)
{
	uint64_t most = (uint64_t)z->size * MT_ZIP_FACTOR;
	if (e->size > most - z->inflated)
		return mt_err_set(err, MT_EINPUT, "%.200s: zip archive: entry '%.*s' inflates "
				  "to %" PRIu64 " bytes, over %d times the file's size; refused",
				  z->path, NAME_SHOWN, e->name, e->size, MT_ZIP_FACTOR);
	unsigned char *out = mt_try_alloc64(e->size + 1);
	struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
	size_t got = 0;
	bool ok = out && d &&
		  libdeflate_deflate_decompress(d, z->data + e->at, e->packed, out, e->size,
						&got) == LIBDEFLATE_SUCCESS && got == e->size;
	int rc = !out || !d ? mt_err_set(err, MT_ESYS, "%s: no memory for %" PRIu64 " bytes",
					 z->path, e->size)
		 : !ok ? bad_entry(z, e->name, "does not inflate to its size; damaged", err)
		       : MT_OK;
	if (d)
		libdeflate_free_decompressor(d);
	if (rc) {
		free(out);
		return rc;
	}
	e->inflated = out;
	z->inflated += e->size;
	return MT_OK;
}

int mt_zip_get(struct mt_zip *z, struct mt_zip_entry *e, const unsigned char **data,
	       struct mt_err *err)
{
	int rc = e->method && !e->inflated ? inflate(z, e, err) : MT_OK;
	if (rc)
		return rc;
	*data = e->inflated ? e->inflated : z->data + e->at;
	uint32_t crc = z->no_crc ? e->crc : mt_crc32(0, *data, (size_t)e->size);
	if (crc != e->crc)
		return mt_err_set(err, MT_EINPUT, "%.200s: zip archive: entry '%.*s' has "
				  "CRC-32 %08x, but the directory says %08x; damaged", z->path,
				  NAME_SHOWN, e->name, crc, e->crc);
	return MT_OK;
}
