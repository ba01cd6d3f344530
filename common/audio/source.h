/* SPDX-License-Identifier: MIT
 * The bytes of one sound file, from a file or a pipe. It is the only thing that
 * libavformat gets to read, so that nothing but what was named is ever opened.
 *
 * A regular file is read where it lies. A pipe cannot be read backwards, and
 * what some formats need is at their end (an index, a tag, the number of samples
 * by which padding is known). Formats of unknown length, as encoders write them
 * to pipes, and those that begin with all that is needed are read as they come;
 * others are first copied to an unlinked file, of at most MT_SOURCE_SPOOL bytes,
 * so that a pipe gives the samples that the same bytes give as a file.
 *
 * Sizes in headers that are known to be wrong are read as the right ones
 * (mt_source_patch), and bytes behind the sound can be hidden. The source owns
 * its descriptor; one thread a source. */
#ifndef MT_AUDIO_SOURCE_H
#define MT_AUDIO_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

#define MT_SOURCE_SPOOL ((int64_t)4 << 30)
#define MT_SOURCE_PATCHES 4

struct mt_source {
	char *name;              /* for messages */
	int fd;                  /* of a file; or of the pipe while live */
	bool own;                /* fd is to be closed */
	bool live;               /* read as it comes, by mt_source_next() only */
	int64_t size;            /* bytes that readers see; -1 while live */
	int64_t whole;           /* bytes that are there; -1 while live */
	int error;               /* errno of a failed read, else 0 */
	/* the rest is private */
	int64_t at;              /* of mt_source_next() */
	unsigned char *head;     /* what was read of a pipe to know it */
	size_t n_head;
	struct {
		int64_t at;
		int n;
		unsigned char to[8];
	} patch[MT_SOURCE_PATCHES];
	int n_patch;
};

/* path NULL: standard input.
 *   stage   "decode" or "scan": first half of the FAIL codes
 *   spool   folder for copies of pipes; NULL: /tmp
 * MT_EITEM: stage.open (also for what is not sound, kind.h), stage.empty (0
 * bytes), stage.spool (a pipe of more bytes). MT_ESYS: no file can be opened now,
 * or no copy written. */
int mt_source_open(struct mt_source *s, const char *path, const char *stage,
		   const char *spool, struct mt_err *err) MT_USE_RESULT;
/* Does nothing on a zeroed one. */
void mt_source_close(struct mt_source *s);

/* Up to n bytes at that offset, fewer only at the end; -1: s->error says why.
 * While live only what was read to know the format is there. */
ssize_t mt_source_read(struct mt_source *s, int64_t at, void *buf, size_t n);
/* The next bytes; 0 at the end. */
ssize_t mt_source_next(struct mt_source *s, void *buf, size_t n);
/* Read the n bytes, at most 8, at that offset as these from now on. */
void mt_source_patch(struct mt_source *s, int64_t at, const void *to, int n);

#endif
