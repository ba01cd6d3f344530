/* SPDX-License-Identifier: MIT */
#include "set/index.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "stream/layout.h"

/* The DONE frame says where the index is; it must be of the only segment. */
static int find_index(struct mt_index *x, uint64_t *at, struct mt_err *err)
{
	struct stat st;
	uint64_t tally[8];
	char magic[4] = "";
	/* what is no stream at all is for the reader to refuse */
	if (fstat(x->reader.fd, &st) || !S_ISREG(st.st_mode) ||
	    st.st_size < MT_DONE_SIZE ||
	    pread(x->reader.fd, magic, 4, st.st_size - MT_DONE_SIZE) != 4 ||
	    memcmp(magic, MT_SYNC, 4) != 0)
		return MT_END;
	uint64_t done = (uint64_t)st.st_size - MT_DONE_SIZE;
	int rc = mt_reader_at(&x->reader, done, &x->rec, err);
	if (rc)
		return rc;
	const struct mt_field *t = mt_rec_get(&x->rec, "tally");
	if (x->rec.type != MT_DONE || !t || t->size < sizeof tally)
		return MT_END;
	memcpy(tally, t->data, sizeof tally);
	*at = tally[3];
	return tally[2] || !tally[3] || tally[5] != done ? MT_END : MT_OK;
}

int mt_index_open(struct mt_index *x, const char *path, struct mt_err *err)
{
	*x = (struct mt_index){0};
	if (!path || mt_file_is_pipe(path))
		return MT_END;
	mt_rec_init(&x->rec);
	uint64_t at = 0;
	int rc = mt_reader_open(&x->reader, path, err);
	if (rc)
		return rc;
	rc = find_index(x, &at, err);
	if (!rc)
		rc = mt_reader_head_at(&x->reader, 0, &x->rec, &x->reader.head,
				       err);
	if (!rc)
		rc = mt_reader_at(&x->reader, at, &x->rec, err);
	const struct mt_field *off = rc ? NULL : mt_rec_get(&x->rec, "off");
	const struct mt_field *key = rc ? NULL : mt_rec_get(&x->rec, "key");
	if (!rc && (x->rec.type != MT_INDX || !off || !key ||
		    strcmp(off->dtype, "u8") != 0 || key->dtype[0] != 's'))
		rc = mt_err_set(err, MT_EINPUT, "%s: its index is damaged",
				path);
	if (rc) {
		mt_index_close(x);
		return rc;
	}
	x->off = off->data;
	x->n = (size_t)off->size / 8;
	x->keys = key->data;
	x->keys_size = (size_t)key->size;
	/* a key that holds a newline makes the lines ambiguous */
	size_t lines = 0, ok = 0;
	for (size_t i = 0; i < x->keys_size; i++)
		lines += x->keys[i] == '\n';
	while (ok < x->n && x->off[ok] < at && x->off[ok] % MT_ALIGN == 0)
		ok++;
	if (ok < x->n) {
		rc = mt_err_set(err, MT_EINPUT, "%s: its index is damaged: record "
				"%zu at byte %" PRIu64 ", the records end at byte %"
				PRIu64, path, ok, x->off[ok], at);
		mt_index_close(x);
		return rc;
	}
	if (lines == x->n)
		return MT_OK;
	mt_index_close(x);
	return MT_END;
}

int mt_index_find(struct mt_index *x, const char *key, size_t *from,
		  uint64_t *off)
{
	size_t len = strlen(key);
	bool on = x->line && x->line <= *from;  /* a key may come often */
	size_t i = on ? x->line : 0;
	const char *at = x->keys + (on ? x->byte : 0), *end = x->keys + x->keys_size;
	for (; i < x->n && at < end; i++) {
		const char *nl = memchr(at, '\n', (size_t)(end - at));
		if (!nl)
			break;
		if (i >= *from && (size_t)(nl - at) == len &&
		    !memcmp(at, key, len)) {
			*from = i + 1;
			*off = x->off[i];
			x->line = i + 1;
			x->byte = (size_t)(nl + 1 - x->keys);
			return MT_OK;
		}
		at = nl + 1;
	}
	return MT_END;
}

void mt_index_close(struct mt_index *x)
{
	if (x->reader.name)
		mt_reader_close(&x->reader);
	mt_rec_release(&x->rec);
	*x = (struct mt_index){0};
}
