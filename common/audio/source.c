/* SPDX-License-Identifier: MIT */
#include "audio/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audio/kind.h"
#include "base/mem.h"

#define HEAD_MAX (1 << 20)  /* bytes of a pipe that are kept in memory */
#define FIRST 64            /* of them read first */
#define FRAME 256           /* a frame's header with a Xing header in it */
#define COPY (1 << 18)

static int refuse(struct mt_err *err, const char *stage, const char *reason,
		  const char *name, const char *text)
{
	char code[32];
	snprintf(code, sizeof code, "%s.%s", stage, reason);
	return mt_err_item(err, code, "%s: %s", name, text);
}

/* Up to n bytes from a file or pipe. */
static ssize_t read_some(struct mt_source *s, void *buf, size_t n)
{
	ssize_t got;
	do
		got = read(s->fd, buf, n);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		s->error = errno;
	return got;
}

/* Have at least n bytes of the pipe in memory, or all that come. */
static void have(struct mt_source *s, size_t n)
{
	if (!s->head)
		s->head = mt_realloc(NULL, HEAD_MAX, 1);
	while (s->n_head < n && s->n_head < HEAD_MAX) {
		ssize_t got = read_some(s, s->head + s->n_head, n - s->n_head);
		if (got <= 0)
			break;
		s->n_head += (size_t)got;
	}
}

static uint32_t le32(const unsigned char *p)
{
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[1] << 8 | p[0];
}

/* WAV whose length its writer did not know: it wrote to a pipe. */
static bool wav_without_end(const unsigned char *p, size_t n)
{
	if (n < 16 || memcmp(p, "RIFF", 4) != 0 || memcmp(p + 8, "WAVE", 4) != 0)
		return false;
	uint32_t size = le32(p + 4);
	return !size || size >= 0x7ffff000;
}

/* An MPEG frame, or one of AAC in ADTS, that does not count others. */
static bool uncounted_frame(const unsigned char *p, size_t n)
{
	if (n < 4 || p[0] != 0xff || (p[1] & 0xe0) != 0xe0)
		return false;
	for (size_t i = 4; i + 4 <= n && i < FRAME; i++)
		if (!memcmp(p + i, "Xing", 4) || !memcmp(p + i, "Info", 4) ||
		    !memcmp(p + i, "VBRI", 4))
			return false;
	return true;
}

/* Whether all that decoding needs comes before the sound. */
static bool flows(struct mt_source *s)
{
	static const char *const magic[] = {"fLaC", "OggS", ".snd", "\x1a\x45\xdf\xa3"};
	size_t tag = 0;
	have(s, FIRST);
	const unsigned char *p = s->head;
	for (size_t i = 0; s->n_head >= FIRST && i < sizeof magic / sizeof *magic; i++)
		if (!memcmp(p, magic[i], 4))
			return true;
	if (wav_without_end(p, s->n_head))
		return true;
	if (s->n_head == FIRST && !memcmp(p, "ID3", 3) &&
	    !((p[6] | p[7] | p[8] | p[9]) & 0x80))
		tag = 10u + ((unsigned)p[6] << 21 | (unsigned)p[7] << 14 |
			     (unsigned)p[8] << 7 | p[9]);
	if (tag + FRAME > HEAD_MAX)
		return false;
	if (tag || (s->n_head == FIRST && p[0] == 0xff))
		have(s, tag + FRAME);
	return s->n_head == tag + FRAME && uncounted_frame(s->head + tag, FRAME);
}

static int cannot_copy(struct mt_source *s, const char *dir, struct mt_err *err)
{
	return mt_err_sys(err, "%s: cannot copy it to a temporary file in %s",
			  s->name, dir);
}

/* A new file that has no name. */
static int nameless(const char *dir)
{
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT &&
			errno != EINVAL))
		return fd;
	char *path = mt_strf("%s/mt-XXXXXX", dir);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	free(path);
	return fd;
}

static bool write_all(int fd, const unsigned char *p, size_t n)
{
	while (n) {
		ssize_t put = write(fd, p, n);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return false;
		p += put;
		n -= (size_t)put;
	}
	return true;
}

/* The rest of the pipe into a file, which takes its place. */
static int copy(struct mt_source *s, const char *stage, const char *dir,
		struct mt_err *err)
{
	unsigned char *buf = mt_alloc64(COPY);
	int fd = nameless(dir), rc = MT_OK;
	ssize_t got = (ssize_t)s->n_head;
	int64_t size = got;
	bool ok = fd >= 0 && write_all(fd, s->head, s->n_head);
	while (ok && got > 0 && size <= MT_SOURCE_SPOOL) {
		got = read_some(s, buf, COPY);
		ok = got <= 0 || write_all(fd, buf, (size_t)got);
		size += got > 0 ? got : 0;
	}
	if (!ok)
		rc = cannot_copy(s, dir, err);
	else if (size > MT_SOURCE_SPOOL)
		rc = refuse(err, stage, "spool", s->name, "has more than 4 GiB in a "
			    "format that is not read from a pipe; save it to a "
			    "file and name that");
	else if (got < 0)
		rc = refuse(err, stage, "read", s->name, strerror(s->error));
	free(buf);
	if (s->own)
		close(s->fd);
	s->fd = fd;
	s->own = fd >= 0;
	s->size = s->whole = size;
	return rc;
}

static int open_pipe(struct mt_source *s, const char *stage, const char *dir,
		     struct mt_err *err)
{
	s->live = flows(s);
	if (s->live) {
		s->size = s->whole = -1;
		return MT_OK;
	}
	if (!s->error && !s->n_head)
		return refuse(err, stage, "empty", s->name, "has 0 bytes");
	int rc = copy(s, stage, dir ? dir : "/tmp", err);
	free(s->head);
	s->head = NULL;
	return rc;
}

static int open_any(struct mt_source *s, const char *path, const char *stage,
		   const char *spool, struct mt_err *err)
{
	struct stat st;
	*s = (struct mt_source){.fd = STDIN_FILENO, .own = path,
				.name = mt_strdup(path ? path : "standard input")};
	if (path)
		s->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	/* the machine's fault, not the file's */
	if (s->fd < 0 && (errno == EMFILE || errno == ENFILE))
		return mt_err_sys(err, "%s: cannot open", s->name);
	if (s->fd < 0 || fstat(s->fd, &st)) {
		char why[256];
		snprintf(why, sizeof why, "cannot open: %s", strerror(errno));
		return refuse(err, stage, "open", s->name, why);
	}
	if (S_ISDIR(st.st_mode))
		return refuse(err, stage, "open", s->name,
			      "is a folder; `scan` lists what is in it");
	if (path && (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)))
		return refuse(err, stage, "open", s->name, "is a device, not a file");
	if (!S_ISREG(st.st_mode) || (!path && lseek(s->fd, 0, SEEK_CUR) != 0))
		return open_pipe(s, stage, spool, err);
	s->size = s->whole = st.st_size;
	return st.st_size ? MT_OK : refuse(err, stage, "empty", s->name, "has 0 bytes");
}

int mt_source_open(struct mt_source *s, const char *path, const char *stage,
		   const char *spool, struct mt_err *err)
{
	unsigned char p[MT_KIND_LOOK];
	int rc = open_any(s, path, stage, spool, err);
	if (rc)
		return rc;
	ssize_t n = mt_source_read(s, 0, p, sizeof p);
	struct mt_kind kind = mt_kind_of(p, n > 0 ? (size_t)n : 0);
	return kind.name ? mt_kind_refuse(kind, stage, s->name, err) : MT_OK;
}

void mt_source_close(struct mt_source *s)
{
	if (s->own && s->fd >= 0)
		close(s->fd);
	free(s->head);
	free(s->name);
	*s = (struct mt_source){.fd = -1};
}

static void apply(const struct mt_source *s, int64_t at, unsigned char *buf, size_t n)
{
	for (int k = 0; k < s->n_patch; k++)
		for (int i = 0; i < s->patch[k].n; i++) {
			int64_t to = s->patch[k].at + i - at;
			if (to >= 0 && to < (int64_t)n)
				buf[to] = s->patch[k].to[i];
		}
}

ssize_t mt_source_read(struct mt_source *s, int64_t at, void *buf, size_t n)
{
	int64_t size = s->live ? (int64_t)s->n_head : s->size;
	if (at < 0 || at >= size)
		return 0;
	if ((uint64_t)(size - at) < n)
		n = (size_t)(size - at);
	size_t done = 0;
	if (s->live) {
		memcpy(buf, s->head + at, n);
		done = n;
	}
	while (done < n) {
		ssize_t got = pread(s->fd, (char *)buf + done, n - done,
				    at + (int64_t)done);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			s->error = errno;
		if (got < 0 && !done)
			return -1;
		if (got <= 0)
			break;
		done += (size_t)got;
	}
	if (s->n_patch)
		apply(s, at, buf, done);
	return (ssize_t)done;
}

ssize_t mt_source_next(struct mt_source *s, void *buf, size_t n)
{
	ssize_t got;
	if (s->live && s->at >= (int64_t)s->n_head)
		got = read_some(s, buf, n);
	else
		got = mt_source_read(s, s->at, buf, n);
	s->at += got > 0 ? got : 0;
	return got;
}

void mt_source_patch(struct mt_source *s, int64_t at, const void *to, int n)
{
	MT_BUG(s->n_patch >= MT_SOURCE_PATCHES || n > 8);
	s->patch[s->n_patch].at = at;
	s->patch[s->n_patch].n = n;
	memcpy(s->patch[s->n_patch++].to, to, (size_t)n);
}
