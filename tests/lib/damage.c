/* SPDX-License-Identifier: MIT
 * Feeds a filter every damaged form of a good stream and checks that it says
 * so: exit code 3, and no output that would pass for a whole stream.
 *
 *   damage [-s STRIDE] [-o PATH] [-p PART] [-e] [-q] STREAM TOOL [ARG ...]
 *
 * Damage: every prefix; one flipped bit in every byte; nothing; text in front
 * and between frames; each frame doubled, each dropped; a cut shard before a
 * whole one. -s N takes every Nth prefix and byte only. -o PATH: the tool is
 * a sink, and PATH must never exist after a run. -p PART: it reads the file
 * PART (of a set, say) and not standard input. -e: nothing may be printed.
 * -q: bits are flipped in the first and last frame only. Prints one TAP line
 * for each kind of damage, and how many forms there were. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "stream/layout.h"
#include "stream/reader.h"

extern char **environ;

static char **tool;          /* argv of the tool under test */
static const char *sink;     /* path that must not appear */
static const char *part;     /* file to damage; NULL: standard input */
static bool silent;          /* nothing may be printed */
static int n_test, n_bad;
static size_t n_form, n_all; /* damaged forms: of this kind, of all */
static char first_why[256];  /* of the kind of damage under way */

static int memory_file(const void *data, size_t size)
{
	int fd = memfd_create("damage", 0);
	struct mt_err err;
	if (fd < 0 || mt_write_all(fd, data, size, "memory", &err) ||
	    lseek(fd, 0, SEEK_SET)) {
		perror("damage: memfd");
		exit(4);
	}
	return fd;
}

static bool whole_stream(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	if (size <= 0)
		return false;
	void *p = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, fd, 0);
	struct mt_reader r;
	struct mt_rec rec;
	mt_rec_init(&rec);
	mt_reader_open_mem(&r, p, (size_t)size, "output");
	int rc;
	while (!(rc = mt_reader_next(&r, &rec, NULL)))
		;
	mt_reader_close(&r);
	mt_rec_release(&rec);
	munmap(p, (size_t)size);
	return rc == MT_END;
}

/* In place: without the syncs of mt_file_put() */
static int rewrite(const void *data, size_t size, struct mt_err *err)
{
	int fd = open(part, O_WRONLY | O_TRUNC);
	if (fd < 0)
		return mt_err_sys(err, "%s: cannot open", part);
	int rc = mt_write_all(fd, data, size, part, err);
	close(fd);
	return rc;
}

/* Run the tool on these bytes; the exit code, 128 + signal when killed. */
static int run(const void *data, size_t size, int out)
{
	int in = part ? open("/dev/null", O_RDONLY) : memory_file(data, size);
	int null = open("/dev/null", O_WRONLY);
	struct mt_err err;
	if (part && rewrite(data, size, &err)) {
		fprintf(stderr, "damage: %s\n", err.text);
		exit(4);
	}
	posix_spawn_file_actions_t act;
	posix_spawn_file_actions_init(&act);
	posix_spawn_file_actions_adddup2(&act, in, 0);
	posix_spawn_file_actions_adddup2(&act, out, 1);
	posix_spawn_file_actions_adddup2(&act, null, 2);
	pid_t pid;
	int rc = posix_spawnp(&pid, tool[0], &act, NULL, tool, environ);
	posix_spawn_file_actions_destroy(&act);
	close(in);
	close(null);
	if (rc) {
		fprintf(stderr, "damage: %s: %s\n", tool[0], strerror(rc));
		exit(4);
	}
	int status;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status)
				 : 128 + WTERMSIG(status);
}

static void must_fail(const void *data, size_t size, const char *what,
		      size_t at)
{
	int out = memory_file("", 0);
	int rc = run(data, size, out);
	const char *why = NULL;
	n_form++;
	if (rc != 3)
		why = "wrong exit code";
	else if (whole_stream(out))
		why = "output passes for whole";
	else if (silent && lseek(out, 0, SEEK_END))
		why = "something was printed";
	else if (sink && !access(sink, F_OK))
		why = "the result exists";
	if (why && !first_why[0])
		snprintf(first_why, sizeof first_why, "%s at %zu: %s (exit %d)",
			 what, at, why, rc);
	close(out);
}

static void verdict(const char *what)
{
	printf("%sok %d - %s: %s (%zu)\n", first_why[0] ? "not " : "",
	       ++n_test, tool[0], what, n_form);
	n_all += n_form;
	n_form = 0;
	if (first_why[0]) {
		printf("# %s\n", first_why);
		n_bad++;
	}
	first_why[0] = 0;
	fflush(stdout);
}

/* What it refuses all of must be damaged: the good stream, last, because a
 * sink leaves its result. */
static void must_pass(const void *data, size_t size)
{
	int out = memory_file("", 0), rc = run(data, size, out);
	if (rc)
		snprintf(first_why, sizeof first_why, "exit %d", rc);
	else if (sink && access(sink, F_OK))
		snprintf(first_why, sizeof first_why, "no result");
	close(out);
	n_form = 1;
	verdict("the good stream is taken");
	n_all--;
}

static size_t frame_size(const char *data, size_t at)
{
	return MT_FRAME_HEAD + (size_t)mt_get_u64(
		(const unsigned char *)data + at + MT_AT_SIZE);
}

static void frames(const char *data, size_t size)
{
	char *buf = malloc(2 * size + 64);
	static const char text[] = "debug: 3 of 7\n";
	for (size_t at = 0; at < size; at += frame_size(data, at)) {
		size_t n = sizeof text - 1;
		memcpy(buf, data, at);
		memcpy(buf + at, text, n);
		memcpy(buf + at + n, data + at, size - at);
		must_fail(buf, size + n, "text", at);
	}
	verdict("text in front of and between frames");
	for (size_t at = 0; at < size; at += frame_size(data, at)) {
		size_t n = frame_size(data, at);
		memcpy(buf, data, at + n);
		memcpy(buf + at + n, data + at, size - at);
		must_fail(buf, size + n, "doubled", at);
	}
	verdict("a doubled frame");
	for (size_t at = 0; at < size; at += frame_size(data, at)) {
		size_t n = frame_size(data, at);
		memcpy(buf, data, at);
		memcpy(buf + at, data + at + n, size - at - n);
		must_fail(buf, size - n, "dropped", at);
	}
	verdict("a dropped frame");
	for (size_t at = frame_size(data, 0); at < size;
	     at += frame_size(data, at)) {
		memcpy(buf, data, at);
		memcpy(buf + at, data, size);
		must_fail(buf, at + size, "cut shard", at);
	}
	verdict("a cut shard before a whole one");
	free(buf);
}

/* Every stride-th byte; quick: only those of the first and last frame. */
static void flips(char *data, size_t size, size_t stride, bool quick)
{
	size_t first = frame_size(data, 0);
	for (size_t i = 0; i < size; i += stride) {
		if (quick && i >= first && i < size - MT_DONE_SIZE)
			continue;
		data[i] = (char)(data[i] ^ 1 << i % 8);
		must_fail(data, size, "flipped bit", i);
		data[i] = (char)(data[i] ^ 1 << i % 8);
	}
	verdict("a flipped bit");
}

int main(int argc, char **argv)
{
	size_t stride = 1, size;
	bool quick = false;
	int c;
	while ((c = getopt(argc, argv, "+s:o:p:eq")) != -1) {
		if (c == 's')
			stride = strtoul(optarg, NULL, 10);
		else if (c == 'o')
			sink = optarg;
		else if (c == 'p')
			part = optarg;
		else if (c == 'e')
			silent = true;
		else if (c == 'q')
			quick = true;
		else
			return 2;
	}
	if (argc - optind < 2 || !stride)
		return 2;
	tool = argv + optind + 1;
	char *data;
	struct mt_err err;
	if (mt_file_get(argv[optind], 1 << 26, &data, &size, &err)) {
		fprintf(stderr, "damage: %s\n", err.text);
		return 4;
	}
	for (size_t n = 1; n < size; n += stride)
		must_fail(data, n, "prefix", n);
	must_fail(data, size - MT_DONE_SIZE, "prefix", size - MT_DONE_SIZE);
	must_fail(data, size - 1, "prefix", size - 1);
	verdict("prefixes");
	flips(data, size, stride, quick);
	must_fail("", 0, "empty", 0);
	verdict("empty input");
	frames(data, size);
	must_pass(data, size);
	free(data);
	printf("# %zu damaged forms of %zu bytes\n1..%d\n", n_all, size,
	       n_test);
	return n_bad ? 1 : 0;
}
