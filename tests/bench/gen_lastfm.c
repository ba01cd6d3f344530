/* SPDX-License-Identifier: MIT
 * A tag database of the size and shape of the Last.fm part of the Million
 * Song Dataset, made up: gen_lastfm OUT.db [SCALE]. With scale 1 it has
 * 505,216 tracks, 522,366 tags and 8,598,630 pairs; with N, an Nth of each.
 *
 * Counts fall like Zipf's law from 101,071 pairs over 2,000 at rank 404 to 1,
 * the number of tags a track has is skewed too, and most rare tags are common
 * ones in another spelling, or words of one listener. */
#include <math.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rng.h"
#include "tags/db/tagdb.h"

static struct mt_rng rng;
static uint32_t n_tid = 505216, n_tag = 522366, n_pair = 8598630;
static struct mt_texts names;
static struct mt_texts_index known;

/* The most popular ones, in order; then those that are no genre. */
static const char *const top[] = {
	"rock", "pop", "alternative", "indie", "electronic", "female vocalists",
	"favorites", "Love", "dance", "00s", "alternative rock", "jazz",
	"beautiful", "singer-songwriter", "metal", "chillout",
	"male vocalists", "Awesome", "classic rock", "soul", "indie rock",
	"Mellow", "electronica", "80s", "folk", "british", "90s", "chill",
	"american", "instrumental", "punk", "oldies", "seen live", "blues",
	"hard rock", "cool", "ambient", "acoustic", "experimental", "Hip-Hop",
	"70s", "party", "country", "easy listening", "sexy", "funk",
	"electro", "heavy metal", "Progressive rock", "60s", "fun", "rnb",
	"indie pop", "Soundtrack", "sad", "House", "punk rock",
	"psychedelic", "hip hop", "classic", "pop rock", "trance", "female",
	"rap", "lounge", "techno", "reggae", "new wave", "Ballad",
	"death metal", "2000s", "emo", "funky", "post-punk", "soft rock",
	"britpop", "blues rock", "latin", "rock n roll", "Progressive",
	"trip-hop", "Disco", "industrial", "rhythm and blues", "synthpop",
	"Progressive metal", "Smooth Jazz", "folk rock", "Gothic",
	"metalcore", "thrash metal", "Psychedelic Rock", "club", "ska",
	"americana", "Fusion", "50s", "Rock and Roll", "new age",
	"Alternative  Punk", "black metal", "electropop", "r&b",
	"Power metal", "Grunge", "pop punk", "RB", "dub", "post-rock",
	"Melodic Death Metal", "Garage Rock", "acid jazz",
	"alternative metal", "idm", "synth pop", "Alt-country", "ethereal",
	"swing", "Gothic Metal", "chill out", "post-hardcore",
	"progressive trance", "hiphop", "glam rock", "rockabilly",
	"Classical", "Pop-Rock", "metro downtempo", "Avant-Garde", "Lo-Fi",
	"melodic metal", "doom metal", "bass", "shoegaze", "Gothic Rock",
	"heavy", "classic country", "screamo", "alt rock", "christmas",
	"darkwave", "nu jazz", "celtic", "garage", "Nu Metal", "r and b",
	"dancehall", "indietronica", "folk-rock", "art rock", "synth",
	"Stoner Rock", "power pop", "hardcore punk", "dream pop", "trip hop",
	"grindcore", "christian rock", "vocal trance", "ebm", "ballads",
	"vocal jazz", "goth", "Old School soul", "poprock", "Southern Rock",
	"Progressive House", "jazz fusion", "symphonic metal", "indie folk",
	"Neo-Soul", "gospel", "deep house", "eurodance", "jazz vocal", "male",
	"industrial metal", "underground hip-hop", "Brutal Death Metal",
	"Post punk", "bluegrass", "RockPop", "roots reggae", "electro house",
	"salsa", "Electroclash", "thrash", "Experimental Rock",
	"minimal techno", "speed metal",
};
static const char *const moods[] = {
	"happy", "rainy day", "my", "best of", "favourite", "summer", "driving",
	"night", "sunday", "good", "songs i love", "workout", "sleep", "live",
	"cover", "acoustic", "old", "new", "great", "female vocal", "male vocal",
	"instrumental", "rap", "german", "french", "swedish", "japanese",
	"finnish", "melancholic", "dark", "slow", "fast", "\303\251motion",
	"\xd1\x80\xd1\x83\xd1\x81\xd1\x81\xd0\xba\xd0\xb8\xd0\xb9",
	"\xe6\x97\xa5\xe6\x9c\xac", "s\xc3\xa3o paulo", "1980s", "2007",
};

static uint32_t below(uint32_t n)
{
	return (uint32_t)(mt_rng_u64(&rng) % n);
}

static bool add_name(const char *s)
{
	size_t n = strlen(s);
	if (!n || mt_texts_find(&known, s, n))
		return false;
	mt_texts_add(&names, s, n);
	mt_texts_insert(&known, names.n);
	return true;
}

static const char *any_top(void)
{
	double u = mt_rng_f64(&rng);
	return top[(size_t)(u * u * (double)(sizeof top / sizeof *top))];
}

static char *swap_text(const char *s, const char *from, const char *to)
{
	const char *hit = strstr(s, from);
	return hit ? mt_strf("%.*s%s%s", (int)(hit - s), s, to,
			     hit + strlen(from)) : mt_strdup(s);
}

/* One more spelling of a tag: case, hyphens, plural, and, typing errors. */
static char *misspell(const char *s)
{
	size_t n = strlen(s);
	char *t = mt_strdup(s);
	switch (below(9)) {
	case 0:
	case 1:
		for (size_t i = 0; i < n; i++)
			if ((!i || t[i - 1] == ' ' || below(7) == 0) &&
			    t[i] >= 'a' && t[i] <= 'z')
				t[i] = (char)(t[i] - 32);
		return t;
	case 2:
		free(t);
		return swap_text(s, " ", below(2) ? "-" : "");
	case 3:
		free(t);
		return swap_text(s, "-", below(2) ? " " : "_");
	case 4:
		free(t);
		return mt_strf("%ss", s);
	case 5:
		free(t);
		return swap_text(s, below(2) ? " and " : " n ",
				 below(2) ? " & " : " 'n' ");
	case 6:
		free(t);
		return mt_strf("%s%s", s, below(2) ? "!" : " ");
	default:
		if (n > 3) {
			size_t i = 1 + below((uint32_t)n - 2);
			char c = t[i];
			t[i] = t[i + 1];
			t[i + 1] = c;
		}
		return t;
	}
}

static char *invent(void)
{
	const char *mood = moods[below(sizeof moods / sizeof *moods)];
	switch (below(6)) {
	case 0:
		return mt_strf("%s %s", mood, any_top());
	case 1:
		return mt_strf("%s %s", any_top(), any_top());
	case 2:
		return mt_strf("%s %u", any_top(), below(3000));
	case 3:
		return mt_strf("user%u %s", below(90000), any_top());
	case 4:
		return mt_strf("%s%u", mood, below(100000));
	default:
		return mt_strf("%s %s %s", mood, any_top(),
			       moods[below(sizeof moods / sizeof *moods)]);
	}
}

static void make_names(void)
{
	mt_texts_index(&known, &names);
	for (size_t i = 0; i < sizeof top / sizeof *top && names.n < n_tag; i++)
		add_name(top[i]);
	while (names.n < n_tag) {
		char *s = below(4) ? invent() : mt_strdup(any_top());
		for (uint32_t k = below(3); k; k--) {
			char *t = misspell(s);
			free(s);
			s = t;
		}
		add_name(s);
		free(s);
	}
}

/* Pairs of each rank, falling, with the sum asked for. */
static uint32_t *make_counts(uint32_t scale)
{
	uint32_t *count = mt_calloc(n_tag, sizeof *count);
	double lo = 0.8, hi = 1.6;
	uint64_t sum = 0;
	for (int turn = 0; turn < 60; turn++) {
		double s = (lo + hi) / 2;
		sum = 0;
		for (uint32_t r = 0; r < n_tag; r++) {
			double rank = (double)r * scale + 1;
			double v = rank < 404 ? 101071 * pow(rank, -0.653)
					      : 2008 * pow(rank / 404, -s);
			count[r] = v < scale ? 1 : (uint32_t)(v / scale);
			sum += count[r];
		}
		if (sum > n_pair)
			lo = s;
		else
			hi = s;
	}
	for (uint32_t r = 1000 < n_tag / 2 ? 1000 : n_tag / 2; sum < n_pair;
	     r = (r + 1) % n_tag) {
		count[r]++;
		sum++;
	}
	for (uint32_t r = n_tag; sum > n_pair; sum--) {
		do
			r = r ? r - 1 : n_tag - 1;
		while (count[r] < 2);
		count[r]--;
	}
	return count;
}

/* Places on tracks, one for each pair, in random order; each track has one at
 * least. */
static uint32_t *make_places(void)
{
	uint32_t *place = mt_calloc(n_pair, sizeof *place), n = 0;
	while (n < n_tid) {
		place[n] = n;
		n++;
	}
	while (n < n_pair) {
		double u = mt_rng_f64(&rng);
		uint32_t t = (uint32_t)(u * u * n_tid);
		for (uint32_t k = 1 + below(6); k && n < n_pair; k--)
			place[n++] = t;
	}
	for (uint32_t i = n_pair - 1; i; i--) {
		uint32_t k = below(i + 1), t = place[i];
		place[i] = place[k];
		place[k] = t;
	}
	return place;
}

/* Which tag each place gets: a track no tag twice. Commonest first, so that
 * what is left in the end are tags of one track. */
static uint32_t *deal(uint32_t *place, const uint32_t *count)
{
	uint32_t *tag = mt_calloc(n_pair, sizeof *tag), at = 0;
	uint32_t *last = mt_calloc(n_tid, sizeof *last);
	for (uint32_t r = 0; r < n_tag; r++)
		for (uint32_t k = 0; k < count[r]; k++, at++) {
			for (int turn = 0; turn < 1000 &&
			     last[place[at]] == r + 1; turn++) {
				uint32_t other = at + below(n_pair - at);
				uint32_t t = place[at];
				place[at] = place[other];
				place[other] = t;
			}
			last[place[at]] = r + 1;
			tag[at] = r;
		}
	free(last);
	return tag;
}

static void sql(sqlite3 *db, const char *text)
{
	char *why = NULL;
	if (sqlite3_exec(db, text, NULL, NULL, &why)) {
		fprintf(stderr, "gen_lastfm: %s\n", why);
		exit(4);
	}
}

static void step(sqlite3_stmt *st)
{
	if (sqlite3_step(st) != SQLITE_DONE) {
		fprintf(stderr, "gen_lastfm: cannot write\n");
		exit(4);
	}
	sqlite3_reset(st);
}

static void put_texts(sqlite3 *db, const uint32_t *order)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	sqlite3_stmt *st;
	sqlite3_prepare_v2(db, "INSERT INTO tids VALUES (?)", -1, &st, NULL);
	for (uint32_t i = 0; i < n_tid; i++) {
		char tid[19] = "TR";
		for (int k = 2; k < 18; k++)
			tid[k] = set[below(36)];
		sqlite3_bind_text(st, 1, tid, 18, SQLITE_TRANSIENT);
		step(st);
	}
	sqlite3_finalize(st);
	sqlite3_prepare_v2(db, "INSERT INTO tags VALUES (?)", -1, &st, NULL);
	for (uint32_t i = 0; i < n_tag; i++) {
		size_t n;
		const char *s = mt_texts_get(&names, order[i] + 1, &n);
		sqlite3_bind_text(st, 1, s, (int)n, SQLITE_STATIC);
		step(st);
	}
	sqlite3_finalize(st);
}

/* Track by track, the strongest tag first with 100. */
static void put_pairs(sqlite3 *db, const uint32_t *place, const uint32_t *tag,
		      const uint32_t *number)
{
	uint32_t *off, *order;
	sqlite3_stmt *st;
	mt_pairs_by(place, n_pair, n_tid - 1, &off, &order);
	sqlite3_prepare_v2(db, "INSERT INTO tid_tag VALUES (?, ?, ?)", -1, &st,
			   NULL);
	for (uint32_t t = 0; t < n_tid; t++) {
		double val = 100;
		for (uint32_t i = off[t]; i < off[t + 1]; i++) {
			sqlite3_bind_int64(st, 1, t + 1);
			sqlite3_bind_int64(st, 2, number[tag[order[i]]]);
			sqlite3_bind_double(st, 3, floor(val));
			step(st);
			val *= 0.4 + 0.6 * mt_rng_f64(&rng);
		}
	}
	sqlite3_finalize(st);
	free(off);
	free(order);
}

static uint32_t *shuffled(uint32_t n)
{
	uint32_t *x = mt_calloc(n, sizeof *x);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t k = below(i + 1);
		x[i] = x[k];
		x[k] = i;
	}
	return x;
}

int main(int argc, char **argv)
{
	uint32_t scale = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1;
	sqlite3 *db;
	if (argc < 2 || !scale || scale > 1000) {
		fprintf(stderr, "usage: gen_lastfm OUT.db [SCALE]\n");
		return 2;
	}
	n_tid /= scale;
	n_tag /= scale;
	n_pair /= scale;
	mt_rng_init(&rng, 1, MT_RNG_SAMPLE, 0, 0);
	make_names();
	uint32_t *count = make_counts(scale), *place = make_places();
	uint32_t *tag = deal(place, count), *order = shuffled(n_tag);
	uint32_t *number = mt_calloc(n_tag, sizeof *number);
	for (uint32_t i = 0; i < n_tag; i++)
		number[order[i]] = i + 1;
	unlink(argv[1]);
	if (sqlite3_open(argv[1], &db))
		return 4;
	sql(db, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN;"
	    "CREATE TABLE tids (tid TEXT); CREATE TABLE tags (tag TEXT);"
	    "CREATE TABLE tid_tag (tid INT, tag INT, val FLOAT)");
	put_texts(db, order);
	put_pairs(db, place, tag, number);
	sql(db, "CREATE INDEX idx_tids_tid ON tids (tid);"
	    "CREATE INDEX idx_tags_tag ON tags (tag);"
	    "CREATE INDEX idx_tid_tag_tid ON tid_tag (tid);"
	    "CREATE INDEX idx_tid_tag_tag ON tid_tag (tag); COMMIT");
	sqlite3_close(db);
	free(count);
	free(place);
	free(tag);
	free(order);
	free(number);
	mt_texts_release(&names);
	mt_texts_index_release(&known);
	return 0;
}
