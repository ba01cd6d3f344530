/* SPDX-License-Identifier: MIT
 * The Million Song Dataset: joins of small tables and draws against pandas and
 * NumPy (msd.txt, made by msd_ref.py), lists, song files. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <hdf5.h>
#include <sqlite3.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/twister.h"
#include "format/cells.h"
#include "msd/h5.h"
#include "msd/join.h"
#include "msd/lookup.h"
#include "msd/song.h"
#include "stream/spool.h"

#define ROOM 400

/* One case of the table. */
struct small {
	char tid[ROOM][MT_MSD_TID];
	int32_t id[ROOM], year[ROOM];
	struct mt_msd msd;
	struct mt_msd_clip clip[ROOM];
	size_t n_clip;
	char list[2][ROOM][MT_MSD_TID];  /* mismatches, duplicates */
	uint32_t line[2][ROOM];
	size_t n_list[2], group[ROOM], n_group;
	char tagged[ROOM][MT_MSD_TID];
	size_t n_tagged;
};

static void add_tid(char (*to)[MT_MSD_TID], size_t *n, const char *tid)
{
	assert_true(*n < ROOM && strlen(tid) == MT_MSD_TID);
	memcpy(to[(*n)++], tid, MT_MSD_TID);
}

static void run(struct small *s, enum mt_msd_draw draw, char **word, int n)
{
	struct mt_msd_list mis = {.tid = s->list[0], .line = s->line[0],
				  .n = s->n_list[0]};
	struct mt_msd_list dup = {.tid = s->list[1], .line = s->line[1],
				  .n = s->n_list[1], .group = s->group,
				  .n_group = s->n_group};
	unsigned char tagged[ROOM] = {0};
	s->msd.tid = s->tid;
	s->msd.id = s->id;
	mt_msd_index(&s->msd);
	for (size_t i = 0; i < s->n_tagged; i++)
		tagged[mt_msd_find_tid(&s->msd, s->tagged[i])] = 1;
	struct mt_msd_join j = {.msd = &s->msd, .mismatch = &mis,
				.duplicate = &dup, .tagged = tagged,
				.draw = draw, .clip = s->clip, .n = s->n_clip};
	mt_msd_join(&j);
	/* pandas gives the tracks in the order of the summary's rows */
	int kept = 0;
	for (uint32_t row = 0; row < s->msd.n; row++)
		for (size_t i = 0; i < j.n; i++) {
			const struct mt_msd_clip *c = &s->clip[i];
			if (c->rule != MT_MSD_KEPT || c->row != row)
				continue;
			assert_true(kept < n);
			assert_memory_equal(s->tid[row], word[kept], MT_MSD_TID);
			kept++;
		}
	assert_int_equal(kept, n);
	uint64_t tracks = 0, clips = 0;
	for (int r = 0; r < MT_MSD_N_RULE; r++) {
		tracks += j.tracks[r];
		clips += j.clips[r];
	}
	assert_int_equal(tracks, s->msd.n);
	assert_int_equal(clips, j.n);
	assert_int_equal(j.tracks[MT_MSD_KEPT], kept);
	assert_int_equal(j.clips[MT_MSD_KEPT], kept);
	free(s->msd.by_id);
	free(s->msd.slot);
}

static void add_clip(struct small *s, char **word)
{
	struct mt_msd_clip *c = &s->clip[s->n_clip++];
	assert_true(s->n_clip < ROOM);
	*c = (struct mt_msd_clip){.no_length = word[3][0] == '-'};
	assert_true(mt_num_i64(word[1], &c->id) &&
		    mt_num_i64(word[2], &c->bytes));
}

static void take(struct small *s, char **word, int n)
{
	int64_t id;
	if (!strcmp(word[0], "track")) {
		assert_true(mt_num_i64(word[1], &id));
		s->id[s->msd.n] = (int32_t)id;
		add_tid(s->tid, &s->msd.n, word[2]);
	} else if (!strcmp(word[0], "clip")) {
		add_clip(s, word);
	} else if (!strcmp(word[0], "mismatch")) {
		add_tid(s->list[0], &s->n_list[0], word[1]);
	} else if (!strcmp(word[0], "group")) {
		for (int i = 1; i < n; i++)
			add_tid(s->list[1], &s->n_list[1], word[i]);
		s->group[++s->n_group] = s->n_list[1];
	} else if (!strcmp(word[0], "tagged")) {
		add_tid(s->tagged, &s->n_tagged, word[1]);
	} else if (!strcmp(word[0], "kept")) {
		run(s, strcmp(word[1], "orpheus") ? MT_MSD_LARGEST
						  : MT_MSD_ORPHEUS, word + 2,
		    n - 2);
	}
}

static void draw(char **word, int n)
{
	struct mt_twister t;
	int64_t seed, top, want;
	assert_true(mt_num_i64(word[1], &seed) && mt_num_i64(word[2], &top));
	mt_twister_init(&t, (uint32_t)seed);
	uint32_t order[ROOM + 400];
	bool shuffle = !strcmp(word[0], "shuffle");
	if (shuffle)
		mt_twister_shuffle(&t, order, (size_t)top);
	for (int i = 3; i < n; i++) {
		assert_true(mt_num_i64(word[i], &want));
		assert_int_equal(shuffle ? order[i - 3]
					 : mt_twister_upto(&t, (uint32_t)top),
				 want);
	}
}

static void test_reference(void **state)
{
	(void)state;
	FILE *f = fopen("tests/ref/msd.txt", "r");
	assert_non_null(f);
	struct small *s = mt_calloc(1, sizeof *s);
	char *line = NULL, *word[ROOM + 500];
	size_t cap = 0;
	int n_case = 0, n_draw = 0;
	while (getline(&line, &cap, f) > 0) {
		char *rest = line;
		int n = 0;
		while ((word[n] = strsep(&rest, " \n")) && *word[n])
			n++;
		if (!strcmp(word[0], "end")) {
			*s = (struct small){0};
			n_case++;
		} else if (!strcmp(word[0], "draw") ||
			   !strcmp(word[0], "shuffle")) {
			draw(word, n);
			n_draw++;
		} else {
			take(s, word, n);
		}
	}
	assert_int_equal(n_case, 6);
	assert_int_equal(n_draw, 9);
	free(line);
	free(s);
	fclose(f);
}

/* The values that the description of the original names. */
static void test_draws(void **state)
{
	(void)state;
	static const uint32_t size[] = {2, 2, 3, 2, 4, 2, 2, 5};
	static const uint32_t want[] = {0, 1, 0, 0, 2, 1, 0, 4};
	struct mt_twister t;
	mt_twister_init(&t, 42);
	for (int i = 0; i < 8; i++) {
		/* a choice of one draws nothing */
		assert_int_equal(mt_twister_upto(&t, 0), 0);
		assert_int_equal(mt_twister_upto(&t, size[i] - 1), want[i]);
	}
}

static void test_tid(void **state)
{
	(void)state;
	const char *t = "ERROR: <SOTRNSI12AB0182807 TRMMGKQ128F9325E10> T";
	assert_ptr_equal(mt_msd_tid_in(t, strlen(t)), t + 27);
	assert_ptr_equal(mt_msd_tid_in(t, 45), t + 27);
	assert_null(mt_msd_tid_in(t, 44));
	assert_null(mt_msd_tid_in("TRMMGKQ128f9325E10", 18));
	t = "TTTTTRMMGKQ128F9325E10";
	assert_ptr_equal(mt_msd_tid_in(t, strlen(t)), t);
	assert_null(mt_msd_tid_in("", 0));
}

static int read_text(bool groups, const char *text, struct mt_msd_list *l,
		     struct mt_err *err)
{
	char path[] = "/tmp/mt-test-msd-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	int rc = groups ? mt_msd_read_duplicates(l, path, err)
			: mt_msd_read_mismatches(l, path, err);
	unlink(path);
	return rc;
}

#define A "TRAAAAAAAAAAAAAAA1"
#define B "TRAAAAAAAAAAAAAAA2"
#define C "TRAAAAAAAAAAAAAAA3"

static void test_lists(void **state)
{
	(void)state;
	struct mt_msd_list l;
	struct mt_err err;
	assert_int_equal(0, read_text(false, "ERROR: <SO1 " A "> x\r\n\n" B,
				      &l, &err));
	assert_int_equal(l.n, 2);
	assert_memory_equal(l.tid[1], B, MT_MSD_TID);
	assert_int_equal(l.line[1], 3);
	mt_msd_list_release(&l);
	assert_int_equal(MT_EINPUT, read_text(false, A "\nERROR: <\n", &l,
					      &err));
	assert_non_null(strstr(err.text, ":2: names no track id"));
	assert_non_null(strstr(err.text, "'ERROR: <'"));
	assert_int_equal(MT_EINPUT, read_text(false, "", &l, &err));
	assert_int_equal(MT_EINPUT, read_text(false, "# only\n", &l, &err));

	assert_int_equal(0, read_text(true, "# 1\n# 2\n%a\n" A "\n" B "\n%b\n"
				      "%c\n" C "<SEP>\n", &l, &err));
	assert_int_equal(l.n_group, 3);
	assert_int_equal(l.group[1], 2);
	assert_int_equal(l.group[2], 2);
	assert_int_equal(l.group[3], 3);
	mt_msd_list_release(&l);
	assert_int_equal(MT_EINPUT, read_text(true, "# 1\n" A "\n%a\n", &l,
					      &err));
	assert_non_null(strstr(err.text, ":2: " A " comes before"));
	assert_int_equal(MT_EINPUT, read_text(true, "%a\n" A "\n\1\2\n", &l,
					      &err));
	assert_non_null(strstr(err.text, ":3: names no track id"));
	assert_int_equal(MT_EINPUT, read_text(true, "nothing\n", &l, &err));
	assert_int_equal(MT_ESYS, mt_msd_read_mismatches(&l, "/nowhere/x",
							 &err));
}

/* h5dump printed a byte of 128 and more as a negative int in octal, behind a
 * mark that became U+FFFD: U+FFFD 77777703 is 0xc3. */
static void undo_octal(char *text)
{
	char *to = text, *p = text;
	while (*p) {
		if (!strncmp(p, "\xef\xbf\xbd" "77777", 8)) {
			*to++ = (char)(unsigned char)strtol(p + 8, NULL, 8);
			p += 11;
		} else {
			*to++ = *p++;
		}
	}
	*to = 0;
}

/* Text for text, or number for number to what h5dump printed of it. */
static void compare_cell(const char *file, const char *column, const char *got,
			 const char *want)
{
	double a, b;
	/* "-" stands for an empty list */
	if (!strcmp(got, want) || (!*got && !strcmp(want, "-")))
		return;
	if (!mt_num_f64(got, &a) || !mt_num_f64(want, &b) ||
	    fabs(a - b) > 1e-8 * fabs(b))
		fail_msg("%s: %s is '%s', not '%s'", file, column, got, want);
}

/* A row of h5_expected.tsv: file, bytes, then the columns, or "-" for a file
 * that is no song. */
static void compare_song(char *line, char *head, const char *data)
{
	char *word[40], *name[40], *text = NULL;
	struct mt_msd_value value[MT_MSD_SONG];
	struct mt_print p;
	struct mt_cells c;
	struct mt_err err;
	size_t size;
	int n = 0, n_name = 0;
	while (n < 40 && (word[n] = strsep(&line, "\t\n")))
		n++;
	while (n_name < 40 && (name[n_name] = strsep(&head, "\t\n")))
		n_name++;
	char *path = mt_strf("%s/msd/h5/%s", data, word[0]);
	if (!strcmp(word[2], "-")) {
		assert_int_equal(MT_EINPUT, mt_msd_song_read(value, path, &err));
		assert_non_null(strstr(err.text, "has no data set"));
		free(path);
		return;
	}
	if (mt_msd_song_read(value, path, &err))
		fail_msg("%s", err.text);
	FILE *f = open_memstream(&text, &size);
	mt_print_begin(&p, f, &mt_format_tsv, NULL, 0);
	mt_msd_song_put(&p, path, value);
	mt_msd_song_release(value);
	fclose(f);
	mt_cells_init(&c, "songs", text, size);
	c.escapes = true;
	assert_int_equal(0, mt_cells_next(&c, &err));
	assert_int_equal(c.n_cell, MT_MSD_SONG + 1);
	assert_true(n >= MT_MSD_SONG + 2);
	for (int i = 0; i < MT_MSD_SONG; i++) {
		assert_string_equal(mt_msd_song_column[i + 1].name, name[i + 2]);
		undo_octal(word[i + 2]);
		compare_cell(word[0], name[i + 2], c.cell[i + 1], word[i + 2]);
	}
	mt_cells_release(&c);
	free(text);
	free(path);
}

static void test_songs(void **state)
{
	(void)state;
	const char *data = getenv("MT_DATA");
	data = data ? data : "../shared/data";
	char *path = mt_strf("%s/msd/h5_expected.tsv", data);
	FILE *f = fopen(path, "r");
	free(path);
	if (!f) {
		print_message("# no song files in %s\n", data);
		skip();
	}
	char *head = NULL, *line = NULL;
	size_t cap = 0, cap2 = 0;
	int n = 0;
	assert_true(getline(&head, &cap, f) > 0);
	for (; getline(&line, &cap2, f) > 0; n++) {
		char *names = mt_strdup(head);
		compare_song(line, names, data);
		free(names);
	}
	assert_int_equal(n, 27);
	free(head);
	free(line);
	fclose(f);
}

static char *ask(struct mt_msd_lookup *l, const char *const *query)
{
	struct mt_err err;
	char *text = NULL;
	size_t size, n;
	l->out = open_memstream(&text, &size);
	l->format = &mt_format_tsv;
	mt_msd_lookup_head(l);
	for (; *query; query++)
		assert_int_equal(0, mt_msd_lookup_put(l, *query, &n, &err));
	fclose(l->out);
	return text;
}

static void same_text(char *got, const char *want)
{
	assert_string_equal(got, want);
	free(got);
}

#define SONG "SOAAAAAAAAAAAAA003"

static void test_metadata(void **state)
{
	(void)state;
	static const char *const two[] = {"title", "artist_name"};
	static const char *const evil[] = {"title; DROP TABLE songs"};
	char path[] = "/tmp/mt-test-msd-XXXXXX";
	close(mkstemp(path));
	sqlite3 *sql;
	struct mt_msd_lookup l = {0};
	struct mt_err err;
	assert_int_equal(0, sqlite3_open(path, &sql));
	assert_int_equal(0, sqlite3_exec(sql,
		"CREATE TABLE songs (track_id text PRIMARY KEY, title text, "
		"song_id text, artist_name text, track_7digitalid int);"
		"INSERT INTO songs VALUES ('" A "', 'It''s; \"so\"', '" SONG
		"', 'A\tb', 3);"
		"INSERT INTO songs VALUES ('" B "', NULL, '" SONG "', 'C', 3)",
		NULL, NULL, NULL));
	sqlite3_close(sql);
	assert_int_equal(0, mt_msddb_open(&l.db, path, two, 2, &err));
	same_text(ask(&l, (const char *const[]){"3", B, SONG, "4", "'; --", C,
						NULL}),
		  "query\ttrack_id\ttitle\tartist_name\n"
		  "3\t" A "\tIt's; \"so\"\tA\\tb\n"
		  B "\t" B "\t\tC\n"
		  SONG "\t" A "\tIt's; \"so\"\tA\\tb\n"
		  "4\t\t\t\n'; --\t\t\t\n" C "\t\t\t\n");
	l.every = true;
	same_text(ask(&l, (const char *const[]){"3", NULL}),
		  "query\ttrack_id\ttitle\tartist_name\n"
		  "3\t" A "\tIt's; \"so\"\tA\\tb\n3\t" B "\t\tC\n");
	/* with the summary beside it: two tracks of one 7digital id */
	static char tid[][MT_MSD_TID + 1] = {A, C};
	struct mt_msd m = {.n = 2, .id = (int32_t[]){9, 9},
			   .year = (int32_t[]){1999, 0}};
	m.tid = mt_calloc(2, sizeof *m.tid);
	memcpy(m.tid[0], tid[0], MT_MSD_TID);
	memcpy(m.tid[1], tid[1], MT_MSD_TID);
	mt_msd_index(&m);
	l.msd = &m;
	same_text(ask(&l, (const char *const[]){"9", "3", SONG, NULL}),
		  "query\ttrack_id\ttrack_7digitalid\tyear\ttitle\tartist_name\n"
		  "9\t" A "\t9\t1999\tIt's; \"so\"\tA\\tb\n"
		  "9\t" C "\t9\t0\t\t\n"
		  "3\t\t\t\t\t\n"
		  SONG "\t" A "\t9\t1999\tIt's; \"so\"\tA\\tb\n"
		  SONG "\t" B "\t\t\t\tC\n");
	l.every = false;
	same_text(ask(&l, (const char *const[]){"9", NULL}),
		  "query\ttrack_id\ttrack_7digitalid\tyear\ttitle\tartist_name\n"
		  "9\t" A "\t9\t1999\tIt's; \"so\"\tA\\tb\n");
	mt_msd_lookup_release(&l);
	mt_msddb_close(l.db);
	free(m.tid);
	free(m.by_id);
	free(m.slot);
	assert_int_equal(MT_EUSAGE, mt_msddb_open(&l.db, path, evil, 1, &err));
	assert_int_equal(0, truncate(path, 5000));
	int rc = mt_msddb_open(&l.db, path, NULL, 0, &err);
	assert_true(rc == 0 || rc == MT_EINPUT);
	mt_msddb_close(l.db);
	assert_int_equal(0, mt_file_put(path, "no database at all", 18, &err));
	assert_int_equal(MT_EINPUT, mt_msddb_open(&l.db, path, NULL, 0, &err));
	assert_int_equal(0, mt_file_put(path, "", 0, &err));
	assert_int_equal(MT_EINPUT, mt_msddb_open(&l.db, path, NULL, 0, &err));
	assert_non_null(strstr(err.text, "is not a SQLite database"));
	unlink(path);
	assert_int_equal(MT_ESYS, mt_msddb_open(&l.db, path, NULL, 0, &err));
}

static void put_table(hid_t file, const char *group, const char *column,
		      hid_t type, const void *row)
{
	hsize_t n = 2;
	hid_t g = H5Gcreate2(file, group, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
	hid_t t = H5Tcreate(H5T_COMPOUND, H5Tget_size(type));
	hid_t space = H5Screate_simple(1, &n, NULL);
	H5Tinsert(t, column, 0, type);
	hid_t set = H5Dcreate2(g, "songs", t, space, H5P_DEFAULT, H5P_DEFAULT,
			       H5P_DEFAULT);
	assert_true(H5Dwrite(set, t, H5S_ALL, H5S_ALL, H5P_DEFAULT, row) >= 0);
	H5Dclose(set);
	H5Sclose(space);
	H5Tclose(t);
	H5Gclose(g);
}

/* A summary with the three columns that are needed, and a look-up that asks for
 * one of them by its name too. */
static void test_small_summary(void **state)
{
	(void)state;
	char path[] = "/tmp/mt-test-msd-XXXXXX";
	close(mkstemp(path));
	hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
	hid_t text = H5Tcopy(H5T_C_S1);
	H5Tset_size(text, MT_MSD_TID);
	H5Tset_strpad(text, H5T_STR_NULLPAD);
	put_table(file, "metadata", "track_7digitalid", H5T_NATIVE_INT32,
		  (int32_t[]){7, 8});
	put_table(file, "analysis", "track_id", text, A B);
	put_table(file, "musicbrainz", "year", H5T_NATIVE_INT32,
		  (int32_t[]){1999, 0});
	H5Tclose(text);
	H5Fclose(file);
	struct mt_msd m;
	struct mt_err err;
	size_t n;
	struct mt_msd_extra x[] = {{.name = "track_7digitalid"}, {.name = "year"},
				   {.name = "song_id", .optional = true}};
	struct mt_msd_lookup l = {.msd = &m};
	assert_int_equal(0, mt_msd_read(&m, path, x, 3, &err));
	same_text(ask(&l, (const char *const[]){"8", A, NULL}),
		  "query\ttrack_id\ttrack_7digitalid\tyear\ttrack_7digitalid"
		  "\tyear\n8\t" B "\t8\t0\t8\t0\n" A "\t" A
		  "\t7\t1999\t7\t1999\n");
	l.out = stderr;
	assert_int_equal(MT_EINPUT, mt_msd_lookup_put(&l, SONG, &n, &err));
	assert_non_null(strstr(err.text, "has no column song_id"));
	mt_msd_lookup_release(&l);
	mt_msd_release(&m);
	x[2].optional = false;
	assert_int_equal(MT_EUSAGE, mt_msd_read(&m, path, x, 3, &err));
	unlink(path);
}

static void test_spool(void **state)
{
	(void)state;
	struct mt_spool s = {0};
	struct mt_rec rec, got;
	char text[64];
	mt_rec_init(&rec);
	mt_rec_init(&got);
	assert_int_equal(MT_END, mt_spool_get(&s, &got));
	for (int i = 0; i < 40000; i++) {
		int n = snprintf(text, sizeof text, "key %d", i);
		mt_rec_reset(&rec, i % 3 ? MT_DATA : MT_FAIL);
		mt_rec_put_str(&rec, "key", text, (size_t)n);
		if (i % 3)
			mt_rec_put_f8(&rec, "x", i);
		mt_rec_put_str(&rec, "none", "", 0);
		mt_spool_put(&s, &rec);
	}
	assert_int_equal(s.n, 40000);
	assert_int_equal(s.layout.n, 2);
	for (int i = 0; i < 40000; i++) {
		double x = 0;
		char key[64];
		snprintf(text, sizeof text, "key %d", i);
		assert_int_equal(0, mt_spool_get(&s, &got));
		assert_string_equal(mt_rec_str(&got, "key", key, sizeof key),
				    text);
		assert_int_equal(got.type, i % 3 ? MT_DATA : MT_FAIL);
		assert_int_equal(mt_rec_num(&got, "x", &x), i % 3 != 0);
		assert_true(fabs(x - (i % 3 ? i : 0)) <= 0);
		assert_non_null(mt_rec_get(&got, "none"));
	}
	assert_int_equal(MT_END, mt_spool_get(&s, &got));
	mt_spool_put(&s, &rec);
	assert_int_equal(0, mt_spool_get(&s, &got));
	mt_spool_release(&s);
	mt_rec_release(&rec);
	mt_rec_release(&got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reference), cmocka_unit_test(test_draws),
		cmocka_unit_test(test_tid),       cmocka_unit_test(test_lists),
		cmocka_unit_test(test_songs),     cmocka_unit_test(test_metadata),
		cmocka_unit_test(test_small_summary),
		cmocka_unit_test(test_spool),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("msd", tests, NULL, NULL);
}
