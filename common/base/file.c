/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crc.h"
#include "base/mem.h"
#include "base/temp.h"

#define MOST_LINKS 40 /* symbolic links followed, as the system does */
#define IOV_ONCE 512  /* parts a call; below every system's IOV_MAX */

static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!slash)
		return mt_strdup(".");
	return slash == path ? mt_strdup("/")
			     : mt_strndup(path, (size_t)(slash - path));
}

int mt_file_follow(const char *path, char **end, struct mt_err *err)
{
	char to[PATH_MAX];
	*end = mt_strdup(path);
	for (int i = 0; i < MOST_LINKS; i++) {
		ssize_t n = readlink(*end, to, sizeof to - 1);
		if (n < 0)
			return MT_OK;
		char *dir = folder_of(*end), *real = realpath(dir, NULL);
		bool proc = real && !strncmp(real, "/proc/", 6);
		free(real);
		to[n] = 0;
		char *next = *to == '/' ? mt_strdup(to)
					: mt_strf("%s/%s", dir, to);
		free(dir);
		free(*end);
		*end = next;
		if (proc)
			return MT_END;
	}
	errno = ELOOP;
	return mt_err_sys(err, "%s: cannot write", path);
}

int mt_file_open(struct mt_file *f, const char *path, struct mt_err *err)
{
	*f = (struct mt_file){.fd = -1};
	struct stat st = {0};
	char *end;
	int rc = mt_file_follow(path, &end, err);
	bool there = !stat(path, &st);
	if (rc < 0) {
		free(end);
		return rc;
	}
	/* a device or pipe must never be replaced by a file of its name */
	if (rc == MT_END || (there && !S_ISREG(st.st_mode))) {
		free(end);
		f->fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
		if (f->fd < 0)
			return mt_err_sys(err, "%s: cannot write", path);
		f->path = mt_strdup(path);
		return MT_OK;
	}
	rc = mt_temp_open(end, there ? 0600 : 0666, &f->temp, &f->fd, err);
	if (rc) {
		free(end);
		return rc;
	}
	f->path = end;
	f->mode = there ? st.st_mode & 07777 : 0;
	f->uid = st.st_uid;
	f->gid = st.st_gid;
	f->replaces = there;
	return MT_OK;
}

/* The permissions and, where that is allowed, the owner of the old file. Without
 * its group, the group gets no more than everybody. */
static int keep_mode(struct mt_file *f, struct mt_err *err)
{
	struct stat st;
	if (!stat(f->path, &st) && S_ISREG(st.st_mode)) {
		f->replaces = true;
		f->mode = st.st_mode & 07777;
		f->uid = st.st_uid;
		f->gid = st.st_gid;
	}
	if (!f->replaces)
		return MT_OK;
	if (fchown(f->fd, f->uid, f->gid)) {
		f->mode &= 0777;
		if (fchown(f->fd, (uid_t)-1, f->gid))
			f->mode = (f->mode & ~(mode_t)070) |
				  (f->mode & 070 & f->mode << 3);
	}
	return fchmod(f->fd, f->mode) && errno != EPERM && errno != ENOTSUP
		? mt_err_sys(err, "%s: cannot set its permissions", f->path)
		: MT_OK;
}

int mt_file_write(struct mt_file *f, const void *data, size_t size,
		  struct mt_err *err)
{
	f->size += size;
	return mt_write_all(f->fd, data, size, f->path, err);
}

static void file_release(struct mt_file *f)
{
	if (f->temp)
		mt_temp_gone(f->temp);
	free(f->path);
	free(f->temp);
	*f = (struct mt_file){.fd = -1};
}

int mt_file_commit(struct mt_file *f, struct mt_err *err)
{
	int rc = MT_OK;
	if (!f->temp) {
		if (close(f->fd))
			rc = mt_err_sys(err, "%s: cannot close", f->path);
		file_release(f);
		return rc;
	}
	rc = keep_mode(f, err);
	if (!rc && fsync(f->fd) && errno != EINVAL && errno != EROFS)
		rc = mt_err_sys(err, "%s: cannot sync", f->path);
	if (close(f->fd) && !rc)
		rc = mt_err_sys(err, "%s: cannot close", f->path);
	f->fd = -1;
	if (!rc && rename(f->temp, f->path))
		rc = mt_err_sys(err, "%s: cannot rename to %s", f->temp,
				f->path);
	if (rc) {
		mt_file_abort(f);
		return rc;
	}
	char *dir = folder_of(f->path);
	rc = mt_sync_dir(dir, err);
	free(dir);
	file_release(f);
	return rc;
}

void mt_file_abort(struct mt_file *f)
{
	if (!f->path)
		return;
	if (f->fd >= 0)
		close(f->fd);
	if (f->temp)
		unlink(f->temp);
	file_release(f);
}

int mt_sync_dir(const char *path, struct mt_err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return mt_err_sys(err, "%s: cannot open folder", path);
	/* some file systems cannot sync a folder: nothing more can be done */
	int rc = fsync(fd) && errno != EINVAL && errno != EROFS
			 ? mt_err_sys(err, "%s: cannot sync folder", path)
			 : MT_OK;
	close(fd);
	return rc;
}

int mt_file_put(const char *path, const void *data, size_t size,
		struct mt_err *err)
{
	struct mt_file f;
	int rc = mt_file_open(&f, path, err);
	if (!rc)
		rc = mt_file_write(&f, data, size, err);
	if (!rc)
		return mt_file_commit(&f, err);
	mt_file_abort(&f);
	return rc;
}

int mt_file_get(const char *path, size_t max, char **data, size_t *size,
		struct mt_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return mt_err_sys(err, "%s: cannot open", path);
	char *buf = NULL;
	size_t n = 0, cap = 0;
	int rc = MT_OK;
	for (;;) {
		if (n + 1 >= cap) {
			cap = cap ? 2 * cap : 4096;
			buf = mt_realloc(buf, cap, 1);
		}
		size_t got, want = cap - n - 1;
		rc = mt_read_full(fd, buf + n, want, &got, path, err);
		n += got;
		if (rc)
			break;
		if (n > max) {
			rc = mt_err_set(err, MT_EINPUT, "%s: larger than %zu "
					"bytes, the most that is read here",
					path, max);
			break;
		}
		if (got < want)
			break;
	}
	close(fd);
	if (rc) {
		free(buf);
		return rc;
	}
	buf[n] = 0;
	*data = buf;
	*size = n;
	return MT_OK;
}

int mt_write_all(int fd, const void *data, size_t size, const char *name,
		 struct mt_err *err)
{
	struct iovec one = {.iov_base = (void *)(uintptr_t)data,
			    .iov_len = size};
	return mt_writev_all(fd, &one, 1, name, err);
}

int mt_writev_all(int fd, struct iovec *iov, int n, const char *name,
		  struct mt_err *err)
{
	while (n > 0) {
		if (!iov->iov_len) {
			iov++;
			n--;
			continue;
		}
		ssize_t got = writev(fd, iov, n < IOV_ONCE ? n : IOV_ONCE);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return mt_err_sys(err, "%s: cannot write", name);
		size_t left = (size_t)got;
		while (n > 0 && left >= iov->iov_len) {
			left -= iov->iov_len;
			iov++;
			n--;
		}
		if (left) {
			iov->iov_base = (char *)iov->iov_base + left;
			iov->iov_len -= left;
		}
	}
	return MT_OK;
}

void mt_pipe_widen(int fd)
{
	struct stat st;
	if (!fstat(fd, &st) && S_ISFIFO(st.st_mode))
		(void)!fcntl(fd, F_SETPIPE_SZ, 1 << 20);
}

int mt_read_full(int fd, void *data, size_t size, size_t *got,
		 const char *name, struct mt_err *err)
{
	*got = 0;
	while (*got < size) {
		ssize_t n = read(fd, (char *)data + *got, size - *got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return mt_err_sys(err, "%s: cannot read", name);
		if (!n)
			break;
		*got += (size_t)n;
	}
	return MT_OK;
}

bool mt_file_is_pipe(const char *path)
{
	struct stat st;
	return !strcmp(path, "-") ||
	       (!stat(path, &st) && !S_ISREG(st.st_mode) &&
		!S_ISDIR(st.st_mode));
}

int mt_file_crc(const char *path, uint32_t *crc, struct mt_err *err)
{
	enum { BLOCK = 1 << 20 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return mt_err_sys(err, "%s: cannot open", path);
	char *buf = mt_alloc64(BLOCK);
	size_t got;
	int rc;
	*crc = 0;
	do {
		rc = mt_read_full(fd, buf, BLOCK, &got, path, err);
		*crc = rc ? *crc : mt_crc32(*crc, buf, got);
	} while (!rc && got == BLOCK);
	free(buf);
	close(fd);
	return rc;
}
