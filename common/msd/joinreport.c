/* SPDX-License-Identifier: MIT */
#include "msd/joinreport.h"

static bool is_active(const struct mt_msd_join *j, int rule)
{
	return !(rule == MT_MSD_MISMATCH && !j->mismatch) &&
	       !(rule == MT_MSD_UNTAGGED && !j->tagged) &&
	       !(rule == MT_MSD_DUPLICATE && !j->duplicate) &&
	       !(rule == MT_MSD_LONE && j->draw != MT_MSD_ORPHEUS);
}

static void put_rule(struct mt_print *p, const char *name, uint64_t tracks,
		     uint64_t tracks_left, uint64_t clips, uint64_t clips_left)
{
	mt_print_word(p, name);
	mt_print_uint(p, tracks);
	mt_print_uint(p, tracks_left);
	mt_print_uint(p, clips);
	mt_print_uint(p, clips_left);
	mt_print_row(p);
}

/* People see by blanks that nothing was removed. */
static void put_all(struct mt_print *p, uint64_t tracks, uint64_t clips)
{
	mt_print_word(p, "all");
	mt_print_none(p);
	mt_print_uint(p, tracks);
	mt_print_none(p);
	mt_print_uint(p, clips);
	mt_print_row(p);
}

char *mt_msd_report(const struct mt_msd_join *j, const struct mt_format *format,
		    size_t *size)
{
	static const struct mt_column column[] = {
		{.name = "rule", .width = 20},
		{.name = "tracks_removed", .title = "tracks", .kind = MT_COL_INT, .width = 9},
		{.name = "tracks_left", .title = "left", .kind = MT_COL_INT, .width = 9},
		{.name = "clips_removed", .title = "clips", .kind = MT_COL_INT, .width = 9},
		{.name = "clips_left", .title = "left", .kind = MT_COL_INT, .width = 9},
	};
	uint64_t tracks = j->msd->n, clips = j->n;
	struct mt_print p;
	char *text = NULL;
	FILE *f = open_memstream(&text, size);
	mt_print_begin(&p, f, format, column, sizeof column / sizeof *column);
	if (format == &mt_format_table)
		put_all(&p, tracks, clips);
	else
		put_rule(&p, "all", 0, tracks, 0, clips);
	for (int r = 0; r < MT_MSD_KEPT; r++) {
		uint64_t t = j->tracks[r], c = j->clips[r];
		tracks -= t;
		clips -= c;
		if (is_active(j, r))
			put_rule(&p, mt_msd_rule_name((enum mt_msd_rule)r), t, tracks, c,
				 clips);
	}
	fclose(f);
	return text;
}
