/* SPDX-License-Identifier: MIT */
#include "msd/join.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/twister.h"

#define NONE MT_MSD_NONE

const char *mt_msd_rule_name(enum mt_msd_rule rule)
{
	static const char *const name[MT_MSD_N_RULE] = {
		"msd.no-id", "msd.unknown", "no-clip", "msd.id-collision",
		"msd.track-collision", "msd.mismatch", "failed-before",
		"msd.empty", "msd.no-length", "msd.untagged", "msd.duplicate",
		"msd.lone-survivor", "kept",
	};
	return name[rule];
}

/* Clip i meets a rule, unless it has met one: a failed one stays what it is. */
static void meet(struct mt_msd_join *j, size_t i, enum mt_msd_rule rule)
{
	if (j->clip[i].rule == MT_MSD_KEPT)
		j->clip[i].rule = (uint8_t)rule;
}

/* Clips to rows; an id that several clips or several rows have is dropped with
 * all of them. mine[row] becomes the one clip of a row, or NONE. */
static void join_ids(struct mt_msd_join *j, uint32_t *mine)
{
	const struct mt_msd *m = j->msd;
	uint32_t *n_clip = mt_calloc(m->n, sizeof *n_clip);
	uint64_t with = 0, shared = 0;
	for (size_t i = 0; i < j->n; i++) {
		struct mt_msd_clip *c = &j->clip[i];
		size_t first;
		c->row = c->other = NONE;
		c->rule = c->failed ? MT_MSD_FAILED : MT_MSD_KEPT;
		if (c->no_id) {
			meet(j, i, MT_MSD_NOID);
			continue;
		}
		size_t n = mt_msd_find_id(m, c->id, &first);
		if (!n) {
			meet(j, i, MT_MSD_UNKNOWN);
			continue;
		}
		c->row = m->by_id[first];
		c->other = n > 1 ? m->by_id[first + 1] : NONE;
		if (!n_clip[c->row]++) {
			with += n;
			mine[c->row] = (uint32_t)i;
		}
	}
	for (size_t i = 0; i < j->n; i++) {
		struct mt_msd_clip *c = &j->clip[i];
		size_t first;
		if (c->row == NONE || (n_clip[c->row] == 1 && c->other == NONE))
			continue;
		meet(j, i, MT_MSD_ID);
		if (mine[c->row] != NONE)
			shared += mt_msd_find_id(m, c->id, &first);
		mine[c->row] = NONE;
	}
	j->tracks[MT_MSD_NOCLIP] = m->n - with;
	j->tracks[MT_MSD_ID] = shared;
	free(n_clip);
}

/* Rows of one track id: all of them go. From here on mine[] is by the first row
 * with a track id, whose clip it names, whichever row was the clip's. */
static void join_tracks(struct mt_msd_join *j, uint32_t *mine)
{
	const struct mt_msd *m = j->msd;
	for (uint32_t row = 0; row < m->n; row++) {
		uint32_t first = mine[row] == NONE
					 ? row : mt_msd_find_tid(m, m->tid[row]);
		if (first == row)
			continue;
		uint32_t clip = mine[row];
		mine[row] = NONE;
		/* NONE - 1 marks a track id that has had two */
		if (mine[first] == NONE) {
			mine[first] = clip;
			continue;
		}
		meet(j, clip, MT_MSD_TRACK);
		j->tracks[MT_MSD_TRACK]++;
		if (mine[first] != NONE - 1) {
			meet(j, mine[first], MT_MSD_TRACK);
			j->tracks[MT_MSD_TRACK]++;
			mine[first] = NONE - 1;
		}
	}
	for (uint32_t row = 0; row < m->n; row++)
		if (mine[row] == NONE - 1)
			mine[row] = NONE;
}

static void drop(struct mt_msd_join *j, uint32_t *mine, uint32_t row,
		 enum mt_msd_rule rule, uint32_t other)
{
	struct mt_msd_clip *c = &j->clip[mine[row]];
	meet(j, mine[row], rule);
	c->other = other;
	j->tracks[c->rule]++;
	mine[row] = NONE;
}

static void drop_listed(struct mt_msd_join *j, uint32_t *mine)
{
	const struct mt_msd_list *l = j->mismatch;
	for (size_t i = 0; l && i < l->n; i++) {
		uint32_t row = mt_msd_find_tid(j->msd, l->tid[i]);
		if (row != NONE && mine[row] != NONE)
			drop(j, mine, row, MT_MSD_MISMATCH, l->line[i]);
	}
}

static void drop_bad(struct mt_msd_join *j, uint32_t *mine)
{
	for (uint32_t row = 0; row < j->msd->n; row++) {
		if (mine[row] == NONE)
			continue;
		const struct mt_msd_clip *c = &j->clip[mine[row]];
		enum mt_msd_rule rule = c->failed ? MT_MSD_FAILED
					: !c->bytes ? MT_MSD_EMPTY
					: c->no_length ? MT_MSD_NOLENGTH
					: j->tagged && !j->tagged[row]
						? MT_MSD_UNTAGGED : MT_MSD_KEPT;
		if (rule != MT_MSD_KEPT)
			drop(j, mine, row, rule, NONE);
	}
}

static bool better(const struct mt_msd_join *j, const uint32_t *mine,
		   uint32_t a, uint32_t b)
{
	int64_t x = j->clip[mine[a]].bytes, y = j->clip[mine[b]].bytes;
	return x != y ? x > y
		      : memcmp(j->msd->tid[a], j->msd->tid[b], MT_MSD_TID) < 0;
}

struct groups {
	struct mt_twister draw;
	uint32_t *left;          /* rows of the group that are still there */
	uint32_t *seen;          /* [msd->n] newest group, from 1, of a row */
};

/* A track that stands in a group twice counts once. */
static void drop_group(struct mt_msd_join *j, uint32_t *mine, struct groups *s,
		       size_t g)
{
	const struct mt_msd_list *l = j->duplicate;
	uint32_t *left = s->left;
	size_t n = 0, keep = 0;
	for (size_t i = l->group[g]; i < l->group[g + 1]; i++) {
		uint32_t row = mt_msd_find_tid(j->msd, l->tid[i]);
		if (row == NONE || mine[row] == NONE || s->seen[row] == g + 1)
			continue;
		s->seen[row] = (uint32_t)g + 1;
		left[n++] = row;
	}
	if (j->draw == MT_MSD_ORPHEUS && n == 1)
		drop(j, mine, left[0], MT_MSD_LONE, NONE);
	if (n < 2)
		return;
	if (j->draw == MT_MSD_ORPHEUS)
		keep = mt_twister_upto(&s->draw, (uint32_t)n - 1);
	else
		for (size_t k = 1; k < n; k++)
			if (better(j, mine, left[k], left[keep]))
				keep = k;
	for (size_t k = 0; k < n; k++)
		if (k != keep)
			drop(j, mine, left[k], MT_MSD_DUPLICATE, left[keep]);
}

static void drop_duplicates(struct mt_msd_join *j, uint32_t *mine)
{
	const struct mt_msd_list *l = j->duplicate;
	struct groups s;
	if (!l)
		return;
	mt_twister_init(&s.draw, 42);
	s.left = mt_calloc(l->n, sizeof *s.left);
	s.seen = mt_calloc(j->msd->n, sizeof *s.seen);
	for (size_t g = 0; g < l->n_group; g++)
		drop_group(j, mine, &s, g);
	free(s.left);
	free(s.seen);
}

void mt_msd_join(struct mt_msd_join *j)
{
	uint32_t *mine = mt_realloc(NULL, j->msd->n, sizeof *mine);
	memset(mine, 0xff, j->msd->n * sizeof *mine);
	memset(j->tracks, 0, sizeof j->tracks);
	memset(j->clips, 0, sizeof j->clips);
	join_ids(j, mine);
	join_tracks(j, mine);
	drop_listed(j, mine);
	drop_bad(j, mine);
	drop_duplicates(j, mine);
	for (uint32_t row = 0; row < j->msd->n; row++)
		j->tracks[MT_MSD_KEPT] += mine[row] != NONE;
	for (size_t i = 0; i < j->n; i++)
		j->clips[j->clip[i].rule]++;
	free(mine);
}
