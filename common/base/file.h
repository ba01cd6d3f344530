/* SPDX-License-Identifier: MIT
 * Whole reads and writes, and files that appear under their final name only
 * when they are complete: written to a temporary file in the same folder
 * (base/temp.h), synced, renamed, folder synced. Several programs may write to
 * one name at once; the last to end wins, and its file is whole. A replaced
 * file keeps its permissions and, where allowed, its owner; a symbolic link
 * keeps its place and its target is replaced. What is not a regular file, a
 * device or a pipe, is written to as it is. */
#ifndef MT_BASE_FILE_H
#define MT_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "base/api.h"
#include "base/err.h"

MT_API_BEGIN

struct mt_file {
	int fd;          /* -1 when closed */
	char *path;      /* final name */
	char *temp;      /* name while it is written; NULL: no regular file */
	bool replaces;   /* a file with these permissions; private */
	mode_t mode;
	uid_t uid;
	gid_t gid;
	uint64_t size;   /* bytes written so far */
};

/* Begin a file that shall end as path. */
int mt_file_open(struct mt_file *f, const char *path, struct mt_err *err)
	MT_USE_RESULT;
int mt_file_write(struct mt_file *f, const void *data, size_t size,
		  struct mt_err *err) MT_USE_RESULT;
/* Sync, rename, sync the folder, release. On failure the temporary file is
 * removed and the old file of that name, if any, stands. */
int mt_file_commit(struct mt_file *f, struct mt_err *err) MT_USE_RESULT;
/* Remove the temporary file; does nothing on a committed or zeroed one
 * (whose path is NULL). */
void mt_file_abort(struct mt_file *f);

/* Write a whole small file in that manner. */
int mt_file_put(const char *path, const void *data, size_t size,
		struct mt_err *err) MT_USE_RESULT;
/* Read a whole file of at most max bytes into new memory, followed by a NUL
 * that is not counted; the caller frees *data. A larger one is MT_EINPUT. */
int mt_file_get(const char *path, size_t max, char **data, size_t *size,
		struct mt_err *err) MT_USE_RESULT;
/* The file that a chain of symbolic links ends at, which need not exist; path
 * itself if it is not a link. The caller frees *end, also after an error. MT_END
 * for what /proc leads to, such as /dev/stdout, which has no name of its own. */
int mt_file_follow(const char *path, char **end, struct mt_err *err)
	MT_USE_RESULT;
/* Is path a pipe or the like, whose bytes come once? "-" is. */
bool mt_file_is_pipe(const char *path);
/* CRC-32 of a file of any size. */
int mt_file_crc(const char *path, uint32_t *crc, struct mt_err *err)
	MT_USE_RESULT;

/* Write all of it / all parts, going on after short writes and signals;
 * name is for the message. iov is changed. */
int mt_write_all(int fd, const void *data, size_t size, const char *name,
		 struct mt_err *err) MT_USE_RESULT;
int mt_writev_all(int fd, struct iovec *iov, int n, const char *name,
		  struct mt_err *err) MT_USE_RESULT;
/* Let a pipe hold 1 MiB where the system allows it, which saves most of the
 * switches between its two programs. Anything but a pipe is left alone. */
void mt_pipe_widen(int fd);
/* Read up to size bytes, less only at the end of the file; *got says. */
int mt_read_full(int fd, void *data, size_t size, size_t *got,
		 const char *name, struct mt_err *err) MT_USE_RESULT;
/* Sync a folder, so that a rename in it survives a power cut. */
int mt_sync_dir(const char *path, struct mt_err *err);

MT_API_END

#endif
