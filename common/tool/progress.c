/* SPDX-License-Identifier: MIT */
#include "tool/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cpu.h"
#include "tool/tool.h"

enum { NONE, LINE, JSON };

#define CLEAR "\r\033[K"
#define EVERY 0.2        /* seconds between two lines */
#define LEAVE 1.0        /* seconds for the last program of a pipeline */

static bool terminal(void)
{
	const char *term = getenv("TERM");
	return isatty(STDERR_FILENO) && !(term && !strcmp(term, "dumb"));
}

static int find_mode(void)
{
	const char *how = mt_common.progress ? mt_common.progress : "auto";
	if (mt_common.quiet || !strcmp(how, "none"))
		return NONE;
	if (!strcmp(how, "json"))
		return JSON;
	return terminal() ? LINE : NONE;
}

const char *mt_progress_clear(void)
{
	static atomic_int known = -1; /* any thread may have a message */
	int line = atomic_load(&known);
	if (line < 0)
		atomic_store(&known, line = find_mode() == LINE);
	return line ? CLEAR : "";
}

void mt_progress_init(struct mt_progress *p, uint64_t total)
{
	struct stat st;
	*p = (struct mt_progress){.total = total, .start = mt_clock(),
				  .lock = -1, .mode = find_mode()};
	if (!fstat(STDOUT_FILENO, &st) && S_ISFIFO(st.st_mode))
		p->patience = LEAVE;
	p->last = p->start;
}

/* May this program draw? */
static bool is_ours(struct mt_progress *p, double now)
{
	char name[256];
	if (p->lock >= 0)
		return true;
	if (now - p->start < p->patience ||
	    ttyname_r(STDERR_FILENO, name, sizeof name))
		return now - p->start >= p->patience;
	int fd = open(name, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return true;
	if (flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK) {
		close(fd);
		return false;
	}
	p->lock = fd;
	return true;
}

/* One write, so that nothing comes between its words. */
static void put_text(const char *text, size_t n)
{
	fflush(stderr);
	(void)!write(STDERR_FILENO, text, n);
}

static void draw_line(struct mt_progress *p, uint64_t all, uint64_t failed,
		      double rate, double eta, const char *extra)
{
	char text[512], total[24] = "", left[32] = "", bad[40] = "";
	struct winsize w = {0};
	size_t width = sizeof text - 1, start = strlen(CLEAR);
	if (p->total)
		snprintf(total, sizeof total, "/%" PRIu64, p->total);
	if (eta >= 0 && eta < 1e8)
		snprintf(left, sizeof left, "  %d:%02d:%02d left",
			 (int)(eta / 3600), (int)(eta / 60) % 60,
			 (int)eta % 60);
	if (failed)
		snprintf(bad, sizeof bad, "  %" PRIu64 " failed", failed);
	snprintf(text, sizeof text, CLEAR "%s: %" PRIu64 "%s  %.1f/s%s%s%s%.200s",
		 mt_tool_name(), all, total, rate, left, bad,
		 extra ? "  " : "", extra ? extra : "");
	/* a line that wraps could not be cleared */
	if (!ioctl(STDERR_FILENO, TIOCGWINSZ, &w) && w.ws_col > 1)
		width = start + w.ws_col - 1u;
	size_t n = strlen(text);
	put_text(text, n < width ? n : width);
	p->drawn = true;
}

void mt_progress_put(struct mt_progress *p, uint64_t done, uint64_t failed,
		     const char *extra)
{
	if (p->mode == NONE)
		return;
	double now = mt_clock();
	uint64_t all = done + failed;
	if (now - p->last < (p->mode == LINE ? EVERY : 1.0) && all != p->total)
		return;
	if (p->mode == LINE && !is_ours(p, now)) {
		p->last = now;
		return;
	}
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
		put_text(CLEAR, strlen(CLEAR));
	if (p->mode == LINE && p->lock >= 0)
		close(p->lock);
	p->lock = -1;
	p->mode = NONE;
}
