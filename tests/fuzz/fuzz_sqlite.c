/* SPDX-License-Identifier: MIT
 * Tag databases and track_metadata.db, on any bytes: SQLite files are read by
 * SQLite, so what is looked for is time, memory, and what we make of its rows. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "msd/trackdb.h"
#include "tags/ask/sets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char path[] = "/tmp/mt-fuzz-sqlite-XXXXXX";
static int fd = -1;

static void end(void)
{
	unlink(path);
}

static void read_tags(void)
{
	struct mt_tagdb db;
	struct mt_sets s;
	struct mt_err err;
	if (mt_tagdb_read(&db, path, MT_TAGDB_ALL, &err))
		return;
	for (size_t i = 0; i < db.n_pair; i++) {
		size_t n;
		MT_BUG(!mt_texts_get(&db.tid, db.pair_tid[i], &n));
		MT_BUG(!mt_texts_get(&db.tag, db.pair_tag[i], &n));
	}
	for (size_t i = 1; i <= db.tid.n; i++)
		MT_BUG(mt_texts_at_row(&db.tid, mt_texts_row(&db.tid, i)) != i);
	uint32_t *map = mt_calloc(db.tag.n + 1, sizeof *map);
	for (size_t i = 1; i <= db.tag.n; i++)
		map[i] = (uint32_t)i;
	mt_sets_make(&s, &db, map, (uint32_t)db.tag.n, 0, true);
	mt_sets_release(&s);
	free(map);
	mt_tagdb_release(&db);
}

static void look_up(const char *by, const char *text)
{
	struct mt_msddb *db;
	struct mt_err err;
	if (mt_msddb_open(&db, path, NULL, 0, &err))
		return;
	if (!mt_msddb_find(db, by, text, &err))
		for (int i = 0; i < 100 && !mt_msddb_next(db, &err); i++)
			MT_BUG(!mt_msddb_cell(db, -1));
	mt_msddb_close(db);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (fd < 0) {
		fd = mkstemp(path);
		atexit(end);
	}
	if (fd < 0 || ftruncate(fd, 0) ||
	    pwrite(fd, data, size, 0) != (ssize_t)size)
		return 0;
	read_tags();
	look_up("track_id", "TRAAAAA128F0000001");
	look_up("track_7digitalid", "7");
	return 0;
}
