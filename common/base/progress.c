/* SPDX-License-Identifier: MIT */
#include "base/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/tool.h"

enum { NONE, LINE, JSON };

void mt_progress_init(struct mt_progress *p, uint64_t total)
{
	const char *how = mt_common.progress ? mt_common.progress : "auto";
	*p = (struct mt_progress){.total = total, .start = mt_clock()};
	if (mt_common.quiet || !strcmp(how, "none"))
		p->mode = NONE;
	else if (!strcmp(how, "json"))
		p->mode = JSON;
	else
		p->mode = isatty(STDERR_FILENO) ? LINE : NONE;
	p->last = p->start;
}

static void draw_line(struct mt_progress *p, uint64_t all, uint64_t failed,
		      double rate, double eta, const char *extra)
{
	fprintf(stderr, "\r\033[K%" PRIu64, all);
	if (p->total)
		fprintf(stderr, "/%" PRIu64, p->total);
	fprintf(stderr, "  %.1f/s", rate);
	if (eta >= 0)
		fprintf(stderr, "  %d:%02d:%02d left", (int)(eta / 3600),
			(int)(eta / 60) % 60, (int)eta % 60);
	if (failed)
		fprintf(stderr, "  %" PRIu64 " failed", failed);
	if (extra)
		fprintf(stderr, "  %s", extra);
	p->drawn = true;
}

void mt_progress_put(struct mt_progress *p, uint64_t done, uint64_t failed,
		     const char *extra)
{
	if (p->mode == NONE)
		return;
	double now = mt_clock();
	uint64_t all = done + failed;
	if (now - p->last < (p->mode == LINE ? 0.2 : 1.0) && all != p->total)
		return;
	p->last = now;
	double rate = (double)all / (now - p->start + 1e-9);
	double eta = p->total >= all && all ? (double)(p->total - all) / rate : -1;
	if (p->mode == LINE) {
		draw_line(p, all, failed, rate, eta, extra);
		return;
	}
	fprintf(stderr, "{\"done\":%" PRIu64 ",\"failed\":%" PRIu64
		",\"total\":%" PRIu64 ",\"rate\":%.3f,\"eta\":%.1f%s%s}\n",
		done, failed, p->total, rate, eta, extra ? "," : "",
		extra ? extra : "");
}

void mt_progress_end(struct mt_progress *p)
{
	if (p->drawn)
		fputs("\r\033[K", stderr);
	p->mode = NONE;
}
