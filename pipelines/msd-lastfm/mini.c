/* SPDX-License-Identifier: MIT
 * mini FOLDER: the Million Song Dataset and the Last.fm tags, in small.
 *
 * Made-up music in a tree of clips as 7digital's, the summary file in HDF5, the
 * tag database in SQLite, the lists of mismatches and of duplicates, all laid
 * out as the real ones are, and with their faults: clips that are damaged,
 * empty, silent, too short, unknown; tracks without a clip, mismatched, twice
 * there, untagged; tags in many spellings. The same bytes each time. */
#include <errno.h>
#include <hdf5.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/rng.h"
#include "minisound.h"

#define SECONDS 6

/* What is wrong with a track; so many of each, in this order. */
enum fault { NONE, NO_CLIP, GARBAGE, EMPTY, SHORT, HOLE, SILENT, MISMATCH,
	     UNTAGGED, SHARED, TWIN };
#define TWINS 24         /* tracks that have duplicates, */
#define N_TWIN 3         /* so many to a group */
static const struct { enum fault fault; int n; } faults[] = {
	{NO_CLIP, 120}, {GARBAGE, 4}, {EMPTY, 3}, {SHORT, 6}, {HOLE, 8},
	{SILENT, 3}, {MISMATCH, 12}, {UNTAGGED, 15}, {SHARED, 6}, {TWIN, TWINS},
	{NONE, 260},
};
#define N_TRACK 461      /* the sum of the above */

static struct track {
	char tid[19];
	int id, year;
	enum mini_genre genre;
	bool voice;
	enum fault fault;
	bool twin;
} track[N_TRACK];

/* How people spell them, the common spelling first. */
static const char *const spelling[N_GENRE][4] = {
	[ROCK] = {"rock", "Rock", "ROCK", "rocks"},
	[ELECTRONIC] = {"electronic", "Electronic", "electronics",
			"Electro-nic"},
	[AMBIENT] = {"ambient", "Ambient", "ambients", "AMBIENT"},
	[JAZZ] = {"jazz", "Jazz", "JAZZ", "jazz "},
	[FOLK] = {"folk", "Folk", "folks", "FOLK"},
};
static const char *const voices[4] = {"female vocalists", "Female Vocalists",
				      "female vocalist", "female vocals"};
static const char *const silent[4] = {"instrumental", "Instrumental",
				      "instrumentals", "no vocals"};
static const char *const junk[] = {"favorites", "seen live", "awesome",
				   "check out", "00s", "2000s", "love",
				   "Beautiful", "!!!", "\xd0\xbc\xd1\x83"};
#define N_JUNK (sizeof junk / sizeof *junk)

static void die(const char *what, const char *why)
{
	fprintf(stderr, "mini: %s: %s\n", what, why);
	exit(4);
}

static void folder(const char *path)
{
	if (mkdir(path, 0777) && errno != EEXIST)
		die(path, strerror(errno));
}

static FILE *create(char *path)
{
	FILE *f = fopen(path, "w");
	if (!f)
		die(path, strerror(errno));
	free(path);
	return f;
}

static void finish(FILE *f)
{
	if (fclose(f))
		die("a file", strerror(errno));
}

/* Tracks that share an id, and groups of duplicates, which sound alike. Of the
 * last group one alone has a clip. */
static void make_relations(void)
{
	int n_shared = 0, n_twin = 0;
	for (int i = 0; i < N_TRACK; i++) {
		struct track *t = &track[i];
		if (t->fault == SHARED && n_shared++ % 2)
			t->id = t[-1].id;
		t->twin = t->fault == TWIN;
		if (t->twin && n_twin++ % N_TWIN) {
			t->genre = t[-1].genre;
			t->voice = t[-1].voice;
			if (n_twin > TWINS - N_TWIN)
				t->fault = NO_CLIP;
		}
	}
}

static void make_tracks(void)
{
	static const char letter[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	struct mt_rng rng;
	uint32_t order[N_TRACK];
	int at = 0;
	mt_rng_init(&rng, 1, MT_RNG_TEST, 0, 2);
	for (size_t f = 0; f < sizeof faults / sizeof *faults; f++)
		for (int i = 0; i < faults[f].n; i++)
			track[at++].fault = faults[f].fault;
	for (uint32_t i = 0; i < N_TRACK; i++)
		order[i] = i;
	mt_rng_shuffle(&rng, order, N_TRACK);
	for (int i = 0; i < N_TRACK; i++) {
		struct track *t = &track[i];
		memcpy(t->tid, "TR", 2);
		for (int k = 2; k < 18; k++)
			t->tid[k] = letter[mt_rng_below(&rng, 36)];
		/* the ids lie as far apart as the real ones */
		t->id = 10000 + 37 * (int)order[i] +
			(int)mt_rng_below(&rng, 37);
		t->year = mt_rng_below(&rng, 2) ? 0
			  : 1960 + (int)mt_rng_below(&rng, 50);
		t->genre = (enum mini_genre)mt_rng_below(&rng, N_GENRE);
		t->voice = mt_rng_below(&rng, 2);
	}
	make_relations();
}

/* FOLDER/clips/A/B/ID.clip.mp3 by the last digits of the id. */
static char *clip_path(const char *root, int id)
{
	char *a = mt_strf("%s/clips/%d", root, id % 10);
	char *b = mt_strf("%s/%d", a, id / 10 % 10);
	folder(a);
	folder(b);
	char *path = mt_strf("%s/%d.clip.mp3", b, id);
	free(a);
	free(b);
	return path;
}

static void make_clip(const char *root, const struct track *t)
{
	static float x[SECONDS * MINI_RATE];
	size_t n = sizeof x / sizeof *x;
	char *path = clip_path(root, t->id);
	if (t->fault == EMPTY || t->fault == GARBAGE) {
		FILE *f = create(path);
		for (int i = 0; i < 3000 && t->fault == GARBAGE; i++)
			fprintf(f, "404 Not Found %d\n", t->id);
		finish(f);
		return;
	}
	if (t->fault == SHORT)
		n /= 5;
	mini_render(x, n, t->genre, t->voice, (unsigned long)t->id);
	for (size_t i = 0; i < n; i++)
		if (t->fault == SILENT ||
		    (t->fault == HOLE && i > n / 3 && i < 2 * n / 3))
			x[i] = 0;
	if (!mini_mp3(path, x, n))
		exit(4);
	free(path);
}

static void make_clips(const char *root)
{
	char *clips = mt_strf("%s/clips", root);
	folder(clips);
	for (int i = 0; i < N_TRACK; i++)
		if (track[i].fault != NO_CLIP)
			make_clip(root, &track[i]);
	/* clips that no track knows, and one that is named by no id */
	for (int id = 1; id <= 4; id++)
		make_clip(root, &(struct track){.id = id});
	char *from = clip_path(root, 4);
	char *to = mt_strf("%s/cover.clip.mp3", clips);
	if (rename(from, to))
		die(to, strerror(errno));
	free(from);
	free(to);
	free(clips);
}

/* One table of the summary: a text, a number and the column that counts. */
struct row {
	char text[40];
	double number;
	char tid[18];
	int value;
};

static void make_table(hid_t file, const char *group, const char *column,
		       bool text)
{
	static struct row row[N_TRACK];
	char *name = mt_strf("%s/songs", group);
	for (int i = 0; i < N_TRACK; i++) {
		const struct track *t = &track[i];
		snprintf(row[i].text, sizeof row[i].text, "Artist %d", i % 97);
		row[i].number = i / 7.0;
		memcpy(row[i].tid, t->tid, sizeof row[i].tid);
		row[i].value = *column == 'y' ? t->year : t->id;
	}
	hid_t s40 = H5Tcopy(H5T_C_S1), s18 = H5Tcopy(H5T_C_S1);
	H5Tset_size(s40, 40);
	H5Tset_size(s18, 18);
	H5Tset_strpad(s18, H5T_STR_NULLPAD);
	hid_t type = H5Tcreate(H5T_COMPOUND, sizeof *row);
	H5Tinsert(type, "artist_name", HOFFSET(struct row, text), s40);
	H5Tinsert(type, "artist_hotttnesss", HOFFSET(struct row, number),
		  H5T_NATIVE_DOUBLE);
	if (text)
		H5Tinsert(type, column, HOFFSET(struct row, tid), s18);
	else
		H5Tinsert(type, column, HOFFSET(struct row, value),
			  H5T_NATIVE_INT);
	hsize_t n = N_TRACK, chunk = 128;
	hid_t space = H5Screate_simple(1, &n, NULL);
	hid_t how = H5Pcreate(H5P_DATASET_CREATE);
	/* the same bytes at any time */
	H5Pset_obj_track_times(how, 0);
	H5Pset_chunk(how, 1, &chunk);
	H5Pset_shuffle(how);
	H5Pset_deflate(how, 1);
	hid_t parent = H5Gcreate2(file, group, H5P_DEFAULT, H5P_DEFAULT,
				  H5P_DEFAULT);
	hid_t set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, how,
			       H5P_DEFAULT);
	if (set < 0 || H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT,
				row) < 0)
		die(name, "cannot write");
	H5Dclose(set);
	H5Gclose(parent);
	H5Pclose(how);
	H5Sclose(space);
	H5Tclose(type);
	H5Tclose(s18);
	H5Tclose(s40);
	free(name);
}

static void make_summary(const char *root)
{
	char *path = mt_strf("%s/msd_summary_file.h5", root);
	hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
	if (file < 0)
		die(path, "cannot write");
	make_table(file, "/metadata", "track_7digitalid", false);
	make_table(file, "/analysis", "track_id", true);
	make_table(file, "/musicbrainz", "year", false);
	H5Fclose(file);
	free(path);
}

static void make_lists(const char *root)
{
	FILE *f = create(mt_strf("%s/sid_mismatches.txt", root));
	for (int i = 0; i < N_TRACK; i++)
		if (track[i].fault == MISMATCH)
			fprintf(f, "ERROR: <SO%.16s %s> Artist %d  -  Song  !="
				"  Another  -  Song\n", track[i].tid + 2,
				track[i].tid, i % 97);
	finish(f);
	f = create(mt_strf("%s/msd_duplicates.txt", root));
	fprintf(f, "# Duplicates of a made-up data set.\n#\n# A line that "
		"begins with %% heads a group.\n#\n#\n#\n");
	int n = 0;
	for (int i = 0; i < N_TRACK; i++) {
		if (!track[i].twin)
			continue;
		if (n % N_TWIN == 0)
			fprintf(f, "%%%d %d Artist - Song\n", n, n);
		fprintf(f, "%s\n", track[i].tid);
		n++;
	}
	finish(f);
}

/* The tag database, through SQL of one text a statement. */
struct tagdb {
	sqlite3 *db;
	sqlite3_stmt *tid, *tag, *pair, *find;
	int n_tag;
};

static void step(struct tagdb *d, sqlite3_stmt *s)
{
	if (sqlite3_step(s) != SQLITE_DONE)
		die("lastfm_tags.db", sqlite3_errmsg(d->db));
	sqlite3_reset(s);
}

static void give_tag(struct tagdb *d, int tid, const char *tag, int val)
{
	sqlite3_bind_text(d->find, 1, tag, -1, SQLITE_STATIC);
	if (sqlite3_step(d->find) != SQLITE_ROW) {
		sqlite3_bind_text(d->tag, 1, tag, -1, SQLITE_STATIC);
		step(d, d->tag);
		sqlite3_reset(d->find);
		sqlite3_step(d->find);
	}
	sqlite3_bind_int(d->pair, 1, tid);
	sqlite3_bind_int(d->pair, 2, sqlite3_column_int(d->find, 0));
	sqlite3_bind_int(d->pair, 3, val);
	sqlite3_reset(d->find);
	step(d, d->pair);
}

static void tag_track(struct tagdb *d, const struct track *t, int tid)
{
	struct mt_rng rng;
	mt_rng_init(&rng, 1, MT_RNG_TEST, 1, (uint64_t)t->id);
	const char *const *sung = t->voice ? voices : silent;
	uint64_t way = mt_rng_below(&rng, 8);
	give_tag(d, tid, spelling[t->genre][way < 4 ? way : 0], 100);
	if (mt_rng_below(&rng, 10))
		give_tag(d, tid, sung[mt_rng_below(&rng, 4)],
			 20 + (int)mt_rng_below(&rng, 80));
	/* a second spelling of the same, as different people give it */
	if (way == 0)
		give_tag(d, tid, spelling[t->genre][1], 30);
	for (int k = 0; k < 2; k++)
		give_tag(d, tid, junk[mt_rng_below(&rng, N_JUNK)],
			 (int)mt_rng_below(&rng, 100));
}

static void make_tags(const char *root)
{
	char *path = mt_strf("%s/lastfm_tags.db", root);
	struct tagdb d = {0};
	remove(path);
	if (sqlite3_open(path, &d.db) ||
	    sqlite3_exec(d.db, "CREATE TABLE tags (tag TEXT);"
			 "CREATE TABLE tids (tid TEXT);"
			 "CREATE TABLE tid_tag (tid INT, tag INT, val FLOAT);"
			 "BEGIN", NULL, NULL, NULL) ||
	    sqlite3_prepare_v2(d.db, "INSERT INTO tids VALUES (?)", -1, &d.tid,
			       NULL) ||
	    sqlite3_prepare_v2(d.db, "INSERT INTO tags VALUES (?)", -1, &d.tag,
			       NULL) ||
	    sqlite3_prepare_v2(d.db, "INSERT INTO tid_tag VALUES (?, ?, ?)",
			       -1, &d.pair, NULL) ||
	    sqlite3_prepare_v2(d.db, "SELECT rowid FROM tags WHERE tag = ?",
			       -1, &d.find, NULL))
		die(path, sqlite3_errmsg(d.db));
	int n = 0;
	for (int i = 0; i < N_TRACK; i++) {
		if (track[i].fault == UNTAGGED)
			continue;
		sqlite3_bind_text(d.tid, 1, track[i].tid, -1, SQLITE_STATIC);
		step(&d, d.tid);
		tag_track(&d, &track[i], ++n);
	}
	sqlite3_finalize(d.tid);
	sqlite3_finalize(d.tag);
	sqlite3_finalize(d.pair);
	sqlite3_finalize(d.find);
	if (sqlite3_exec(d.db, "COMMIT", NULL, NULL, NULL) ||
	    sqlite3_close(d.db))
		die(path, "cannot write");
	free(path);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: mini FOLDER\n");
		return 2;
	}
	folder(argv[1]);
	make_tracks();
	make_clips(argv[1]);
	make_summary(argv[1]);
	make_tags(argv[1]);
	make_lists(argv[1]);
	return 0;
}
