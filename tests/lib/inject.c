/* SPDX-License-Identifier: MIT
 * A library to preload that makes the Nth call of one kind fail, or kills the
 * program there:
 *
 *   MT_INJECT=CALL:N[:kill] LD_PRELOAD=build/tests/inject.so mt-...
 *
 * CALL is read (with readv, pread), write (with writev, pwrite), close, fsync or
 * rename. "write" is refused with ENOSPC, others with EIO. Reads and writes
 * that the C library makes for stdio are not seen. */
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long count;

static bool hit(const char *call, int error)
{
	const char *want = getenv("MT_INJECT");
	size_t n = strlen(call);
	if (!want || strncmp(want, call, n) != 0 || want[n] != ':')
		return false;
	char *end;
	long nth = strtol(want + n + 1, &end, 10);
	if (atomic_fetch_add(&count, 1) + 1 != nth)
		return false;
	if (!strcmp(end, ":kill"))
		kill(getpid(), SIGKILL);
	errno = error;
	return true;
}

/* dlsym's answer is an object pointer; POSIX lets it be called */
#define REAL(name) \
	static __typeof__(name) *real; \
	if (!real) \
		*(void **)&real = dlsym(RTLD_NEXT, #name)

ssize_t read(int fd, void *buf, size_t n)
{
	REAL(read);
	return hit("read", EIO) ? -1 : real(fd, buf, n);
}

ssize_t pread(int fd, void *buf, size_t n, off_t at)
{
	REAL(pread);
	return hit("read", EIO) ? -1 : real(fd, buf, n, at);
}

ssize_t readv(int fd, const struct iovec *iov, int n)
{
	REAL(readv);
	return hit("read", EIO) ? -1 : real(fd, iov, n);
}

ssize_t write(int fd, const void *buf, size_t n)
{
	REAL(write);
	return hit("write", ENOSPC) ? -1 : real(fd, buf, n);
}

ssize_t writev(int fd, const struct iovec *iov, int n)
{
	REAL(writev);
	return hit("write", ENOSPC) ? -1 : real(fd, iov, n);
}

/* SQLite's way */
ssize_t pwrite64(int fd, const void *buf, size_t n, off64_t at)
{
	REAL(pwrite64);
	return hit("write", ENOSPC) ? -1 : real(fd, buf, n, at);
}

ssize_t pread64(int fd, void *buf, size_t n, off64_t at)
{
	REAL(pread64);
	return hit("read", EIO) ? -1 : real(fd, buf, n, at);
}

int close(int fd)
{
	REAL(close);
	bool fail = hit("close", EIO);
	int error = errno, rc = real(fd);
	errno = fail ? error : errno;
	return fail ? -1 : rc;
}

int fsync(int fd)
{
	REAL(fsync);
	return hit("fsync", EIO) ? -1 : real(fd);
}

int rename(const char *from, const char *to)
{
	REAL(rename);
	return hit("rename", EIO) ? -1 : real(from, to);
}
