/* SPDX-License-Identifier: MIT
 * Makes files of the Million Song Dataset, in the layout of the real ones:
 *
 *   gen_msd N DIR       a summary of N tracks (msd_summary_file.h5), the lists
 *                       sid_mismatches.txt and msd_duplicates.txt, and a
 *                       stream of clips (clips.mtr), with collisions, failed
 *                       and missing clips; the same bytes each time
 *   gen_msd FILE OUT.h5 a summary from a table of tab-separated columns
 *                       track_7digitalid, track_id, year, song_id,
 *                       artist_name, title, the last three of which may miss
 *   gen_msd song FILE OUT.h5  the same with the arrays of a single song's file;
 *                       artist_terms is the artist's name
 *   gen_msd clips FILE OUT.mtr  a clip stream from a table of key, bytes,
 *                       seconds, where an empty cell is no field and bytes
 *                       "fail" a failed record */
#include <hdf5.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/rng.h"
#include "stream/writer.h"

struct member {
	const char *name;
	int size;            /* of text; 0: i4; -1: f8 */
};

static const struct member metadata[] = {
	{"analyzer_version", 32}, {"artist_7digitalid", 0},
	{"artist_familiarity", -1}, {"artist_hotttnesss", -1},
	{"artist_id", 32}, {"artist_latitude", -1}, {"artist_location", 1024},
	{"artist_longitude", -1}, {"artist_mbid", 40}, {"artist_name", 1024},
	{"artist_playmeid", 0}, {"genre", 1024}, {"idx_artist_terms", 0},
	{"idx_similar_artists", 0}, {"release", 1024},
	{"release_7digitalid", 0}, {"song_hotttnesss", -1}, {"song_id", 32},
	{"title", 1024}, {"track_7digitalid", 0}, {0},
};
static const struct member analysis[] = {
	{"analysis_sample_rate", 0}, {"audio_md5", 32}, {"danceability", -1},
	{"duration", -1}, {"end_of_fade_in", -1}, {"energy", -1},
	{"idx_bars_confidence", 0}, {"idx_bars_start", 0},
	{"idx_beats_confidence", 0}, {"idx_beats_start", 0},
	{"idx_sections_confidence", 0}, {"idx_sections_start", 0},
	{"idx_segments_confidence", 0}, {"idx_segments_loudness_max", 0},
	{"idx_segments_loudness_max_time", 0},
	{"idx_segments_loudness_start", 0}, {"idx_segments_pitches", 0},
	{"idx_segments_start", 0}, {"idx_segments_timbre", 0},
	{"idx_tatums_confidence", 0}, {"idx_tatums_start", 0}, {"key", 0},
	{"key_confidence", -1}, {"loudness", -1}, {"mode", 0},
	{"mode_confidence", -1}, {"start_of_fade_out", -1}, {"tempo", -1},
	{"time_signature", 0}, {"time_signature_confidence", -1},
	{"track_id", 32}, {0},
};
static const struct member musicbrainz[] = {
	{"idx_artist_mbtags", 0}, {"year", 0}, {0},
};

/* One table that is being written, a block of rows at a time. */
struct table {
	const struct member *member;
	hid_t file, set, type;
	size_t row_size, n;  /* rows in the block */
	hsize_t done;
	unsigned char *block;
};

#define BLOCK 4096

static hid_t member_type(const struct member *m)
{
	if (m->size == 0)
		return H5Tcopy(H5T_STD_I32LE);
	if (m->size < 0)
		return H5Tcopy(H5T_IEEE_F64LE);
	hid_t t = H5Tcopy(H5T_C_S1);
	H5Tset_size(t, (size_t)m->size);
	return t;
}

static size_t member_size(const struct member *m)
{
	return m->size > 0 ? (size_t)m->size : m->size ? 8 : 4;
}

static void open_table(struct table *t, hid_t file, const char *group,
		       const struct member *member, hsize_t chunk)
{
	hsize_t dim = 0, max = H5S_UNLIMITED;
	*t = (struct table){.member = member, .file = file};
	for (const struct member *m = member; m->name; m++)
		t->row_size += member_size(m);
	t->type = H5Tcreate(H5T_COMPOUND, t->row_size);
	size_t at = 0;
	for (const struct member *m = member; m->name; m++) {
		hid_t one = member_type(m);
		H5Tinsert(t->type, m->name, at, one);
		H5Tclose(one);
		at += member_size(m);
	}
	hid_t where = H5Gcreate2(file, group, H5P_DEFAULT, H5P_DEFAULT,
				 H5P_DEFAULT);
	hid_t space = H5Screate_simple(1, &dim, &max);
	hid_t how = H5Pcreate(H5P_DATASET_CREATE);
	H5Pset_chunk(how, 1, &chunk);
	H5Pset_shuffle(how);
	H5Pset_deflate(how, 1);
	t->set = H5Dcreate2(where, "songs", t->type, space, H5P_DEFAULT, how,
			    H5P_DEFAULT);
	H5Pclose(how);
	H5Sclose(space);
	H5Gclose(where);
	t->block = mt_calloc(BLOCK, t->row_size);
}

static void flush(struct table *t)
{
	hsize_t from = t->done, n = t->n, all = t->done + t->n;
	if (!n)
		return;
	H5Dset_extent(t->set, &all);
	hid_t file = H5Dget_space(t->set), mem = H5Screate_simple(1, &n, NULL);
	H5Sselect_hyperslab(file, H5S_SELECT_SET, &from, NULL, &n, NULL);
	if (H5Dwrite(t->set, t->type, mem, file, H5P_DEFAULT, t->block) < 0)
		exit(4);
	H5Sclose(file);
	H5Sclose(mem);
	t->done = all;
	t->n = 0;
}

static void add_row(struct table *t)
{
	if (t->n == BLOCK)
		flush(t);
	memset(t->block + t->n++ * t->row_size, 0, t->row_size);
}

/* A cell of the newest row. */
static void set_cell(struct table *t, const char *name, const char *text,
		     double number)
{
	unsigned char *p = t->block + (t->n - 1) * t->row_size;
	const struct member *m = t->member;
	for (; strcmp(m->name, name) != 0; m++)
		p += member_size(m);
	int32_t i = (int32_t)number;
	if (m->size > 0)
		memcpy(p, text, strnlen(text, (size_t)m->size));
	else if (m->size)
		memcpy(p, &number, 8);
	else
		memcpy(p, &i, 4);
}

static void close_table(struct table *t)
{
	flush(t);
	H5Dclose(t->set);
	H5Tclose(t->type);
	free(t->block);
}

struct summary {
	hid_t file;
	struct table meta, sound, mb;
};

/* Chunks as PyTables makes them for a million rows: 100 kB, 40 kB, 32 kB. */
static void open_summary(struct summary *s, const char *path)
{
	s->file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
	if (s->file < 0)
		exit(4);
	open_table(&s->meta, s->file, "metadata", metadata, 19);
	open_table(&s->sound, s->file, "analysis", analysis, 162);
	open_table(&s->mb, s->file, "musicbrainz", musicbrainz, 4096);
}

static void add_track(struct summary *s, int32_t id, const char *tid, int year,
		      const char *song, const char *artist, const char *title)
{
	add_row(&s->meta);
	set_cell(&s->meta, "track_7digitalid", NULL, id);
	set_cell(&s->meta, "song_id", song, 0);
	set_cell(&s->meta, "artist_name", artist, 0);
	set_cell(&s->meta, "title", title, 0);
	add_row(&s->sound);
	set_cell(&s->sound, "track_id", tid, 0);
	add_row(&s->mb);
	set_cell(&s->mb, "year", NULL, year);
}

static void add_array(hid_t file, const char *name, hid_t type, const void *value)
{
	hsize_t n = 1;
	hid_t space = H5Screate_simple(1, &n, NULL);
	hid_t set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
	if (H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) < 0)
		exit(4);
	H5Dclose(set);
	H5Sclose(space);
}

static void add_arrays(struct summary *s, const char *artist)
{
	static const char *const number[] = {
		"/analysis/segments_start", "/analysis/beats_start", "/analysis/bars_start",
		"/analysis/sections_start", "/metadata/artist_terms_weight",
	}, *const text[] = {
		"/metadata/similar_artists", "/metadata/artist_terms",
		"/musicbrainz/artist_mbtags",
	};
	double half = 0.5;
	char term[64] = "";
	snprintf(term, sizeof term, "%s", artist);
	hid_t type = member_type(&(struct member){NULL, sizeof term});
	for (size_t i = 0; i < sizeof number / sizeof *number; i++)
		add_array(s->file, number[i], H5T_NATIVE_DOUBLE, &half);
	for (size_t i = 0; i < sizeof text / sizeof *text; i++)
		add_array(s->file, text[i], type, term);
	H5Tclose(type);
}

static void close_summary(struct summary *s)
{
	close_table(&s->meta);
	close_table(&s->sound);
	close_table(&s->mb);
	H5Fclose(s->file);
}

static int from_table(const char *from, const char *to, bool song)
{
	struct summary s;
	FILE *f = fopen(from, "r");
	char *line = NULL;
	size_t cap = 0;
	if (!f)
		return 4;
	open_summary(&s, to);
	while (getline(&line, &cap, f) > 0) {
		char *rest = line, *word[6];
		int64_t id = 0, year = 0;
		for (int i = 0; i < 6; i++) {
			word[i] = strsep(&rest, "\t\n");
			word[i] = word[i] ? word[i] : line + strlen(line);
		}
		if (!mt_num_i64(word[0], &id) || !mt_num_i64(word[2], &year))
			continue;  /* the header line */
		add_track(&s, (int32_t)id, word[1], (int)year, word[3],
			  word[4], word[5]);
		if (song)
			add_arrays(&s, word[4]);
	}
	free(line);
	fclose(f);
	close_summary(&s);
	return 0;
}

static void tid_of(char *tid, uint64_t i)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	uint64_t v = i * 0x9e3779b97f4a7c15u;  /* odd: no two are equal */
	memcpy(tid, "TR", 2);
	for (int k = 2; k < 18; k++, v /= 36)
		tid[k] = set[v % 36];
	tid[18] = 0;
}

/* 1 in 200 ids is that of an earlier track. */
static int32_t id_of(uint64_t i)
{
	uint64_t of = i % 200 == 199 ? i - 150 : i;
	return (int32_t)(1 + of * 7);
}

static const char *words(char *buf, size_t size, struct mt_rng *rng)
{
	size_t n = 4 + mt_rng_below(rng, 30);
	for (size_t i = 0; i < n && i + 1 < size; i++)
		buf[i] = (char)(mt_rng_below(rng, 6) ? 'a' +
				(int)mt_rng_below(rng, 26) : ' ');
	buf[n < size ? n : size - 1] = 0;
	return buf;
}

static void make_summary(uint64_t n, const char *dir)
{
	struct summary s;
	struct mt_rng rng;
	char *path = mt_strf("%s/msd_summary_file.h5", dir);
	char tid[19], song[19], artist[64], title[64];
	mt_rng_init(&rng, 1, MT_RNG_TEST, 0, 0);
	open_summary(&s, path);
	for (uint64_t i = 0; i < n; i++) {
		tid_of(tid, i);
		snprintf(song, sizeof song, "SO%s", tid + 2);
		add_track(&s, id_of(i), tid,
			  (int)(i % 3 ? 0 : 1960 + i % 50), song,
			  words(artist, sizeof artist, &rng),
			  words(title, sizeof title, &rng));
		set_cell(&s.meta, "song_hotttnesss", NULL, mt_rng_f64(&rng));
		set_cell(&s.meta, "artist_id", song, 0);
		set_cell(&s.meta, "release", title, 0);
		set_cell(&s.sound, "duration", NULL, 300 * mt_rng_f64(&rng));
		set_cell(&s.sound, "tempo", NULL, 200 * mt_rng_f64(&rng));
		set_cell(&s.sound, "audio_md5", song, 0);
	}
	close_summary(&s);
	free(path);
}

static void make_lists(uint64_t n, const char *dir)
{
	char *path = mt_strf("%s/sid_mismatches.txt", dir), tid[19];
	FILE *f = fopen(path, "w");
	for (uint64_t i = 7; f && i < n; i += 52) {
		tid_of(tid, i);
		fprintf(f, "ERROR: <SO%s %s> A  -  b  !=  C  -  d\n", tid + 2,
			tid);
	}
	free(path);
	if (!f || fclose(f))
		exit(4);
	path = mt_strf("%s/msd_duplicates.txt", dir);
	f = fopen(path, "w");
	for (int i = 0; f && i < 6; i++)
		fprintf(f, "# comment %d\n", i);
	for (uint64_t g = 0; f && 18 * g + 17 < n; g++) {
		fprintf(f, "%%%llu A - b\n", (unsigned long long)g);
		for (uint64_t k = 0; k < 2 + g % 3; k++) {
			tid_of(tid, 18 * g + 4 * k);
			fprintf(f, "%s\n", tid);
		}
	}
	free(path);
	if (!f || fclose(f))
		exit(4);
}

struct clips {
	struct mt_writer w;
	struct mt_head h;
	struct mt_rec rec;
};

static int clips_open(struct clips *c, const char *path, struct mt_err *err)
{
	int rc = mt_writer_open(&c->w, path, err);
	mt_rec_init(&c->rec);
	mt_head_init(&c->h, "clip");
	mt_head_set_field(&c->h, "path", "s", "", "file");
	mt_head_set_field(&c->h, "bytes", "i8", "", "size of the file");
	mt_head_set_field(&c->h, "seconds", "f8", "", "length");
	mt_head_set_field(&c->h, "rate", "i4", "", "Hz");
	mt_head_set_field(&c->h, "channels", "i4", "", "");
	mt_head_set_field(&c->h, "bit_rate", "i8", "", "");
	mt_head_set_field(&c->h, "codec", "s", "", "");
	return rc ? rc : mt_writer_head(&c->w, &c->h, err);
}

/* bytes < 0: no such field; NAN seconds: none. */
static int clips_add(struct clips *c, const char *key, int64_t bytes,
		     double seconds, bool failed, struct mt_err *err)
{
	char *file = mt_strf("clips/%s", key);
	mt_rec_reset(&c->rec, MT_DATA);
	mt_rec_put_str(&c->rec, "key", key, strlen(key));
	if (failed) {
		mt_rec_fail(&c->rec, "mt-scan", "scan.empty", "0 bytes");
	} else {
		mt_rec_put_str(&c->rec, "path", file, strlen(file));
		if (bytes >= 0)
			mt_rec_put_i8(&c->rec, "bytes", bytes);
		if (!isnan(seconds))
			mt_rec_put_f8(&c->rec, "seconds", seconds);
		mt_rec_put_i4(&c->rec, "rate", 22050);
		mt_rec_put_i4(&c->rec, "channels", 1);
		mt_rec_put_i8(&c->rec, "bit_rate", 64000);
		mt_rec_put_str(&c->rec, "codec", "mp3", 3);
	}
	free(file);
	return mt_writer_put(&c->w, &c->rec, err);
}

static int clips_close(struct clips *c, int rc, struct mt_err *err)
{
	if (!rc)
		rc = mt_writer_done(&c->w, err);
	if (!rc)
		rc = mt_writer_close(&c->w, err);
	mt_rec_release(&c->rec);
	mt_head_release(&c->h);
	return rc;
}

static int make_clips(uint64_t n, const char *dir, struct mt_err *err)
{
	struct clips c;
	char *path = mt_strf("%s/clips.mtr", dir);
	int rc = clips_open(&c, path, err);
	for (uint64_t i = 0; i < n && !rc; i++) {
		char key[64];
		int32_t id = id_of(i);
		snprintf(key, sizeof key, "%d/%d/%d.clip.mp3", id % 10,
			 id / 10 % 10, id);
		if (i % 100 != 50)  /* else there is no clip */
			rc = clips_add(&c, key, (int64_t)(240000 + i % 977),
				       30.01, i % 100 == 51, err);
	}
	free(path);
	return clips_close(&c, rc, err);
}

static int clips_from_table(const char *from, const char *to,
			    struct mt_err *err)
{
	struct clips c;
	FILE *f = fopen(from, "r");
	char *line = NULL;
	size_t cap = 0;
	if (!f)
		return mt_err_sys(err, "%s", from);
	int rc = clips_open(&c, to, err);
	while (!rc && getline(&line, &cap, f) > 0) {
		char *rest = line, *key = strsep(&rest, "\t\n");
		char *bytes = strsep(&rest, "\t\n");
		char *seconds = strsep(&rest, "\t\n");
		double s = NAN;
		if (seconds)
			(void)mt_num_f64(seconds, &s);
		if (bytes && strcmp(key, "key") != 0)
			rc = clips_add(&c, key, *bytes ? strtoll(bytes, NULL, 10)
						       : -1, s,
				       !strcmp(bytes, "fail"), err);
	}
	free(line);
	fclose(f);
	return clips_close(&c, rc, err);
}

int main(int argc, char **argv)
{
	uint64_t n;
	struct mt_err err = {0};
	if (argc == 4 && !strcmp(argv[1], "clips"))
		(void)clips_from_table(argv[2], argv[3], &err);
	else if (argc == 4 && !strcmp(argv[1], "song"))
		return from_table(argv[2], argv[3], true);
	else if (argc != 3)
		(void)mt_err_set(&err, MT_EUSAGE, "N DIR | FILE.tsv OUT.h5 | "
				 "song FILE.tsv OUT.h5 | clips FILE.tsv OUT.mtr");
	else if (!mt_num_u64(argv[1], &n))
		return from_table(argv[1], argv[2], false);
	else {
		make_summary(n, argv[2]);
		make_lists(n, argv[2]);
		(void)make_clips(n, argv[2], &err);
	}
	if (err.status)
		fprintf(stderr, "gen_msd: %s\n", err.text);
	return mt_err_exit(err.status);
}
