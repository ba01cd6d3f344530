/* SPDX-License-Identifier: MIT
 * The names of the open temporary files are in a table of fixed size that a
 * signal handler can walk. A slot is FREE, BUSY (its name is being written) or
 * LIVE; only LIVE ones are removed by the handler. A name is entered before its
 * file exists. */
#include "base/temp.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#define END ".tmp-mt"
#define MOST_NAME 200     /* bytes of the output's name kept: the whole stays below NAME_MAX */
#define MOST_SCAN 1000000 /* folder entries that a run looks at for old temporary files */
#define TRIES 100

enum { FREE, BUSY, LIVE };

static struct {
	atomic_int state;
	char path[PATH_MAX];
} slot[64];
static const int n_slot = sizeof slot / sizeof *slot;
static atomic_bool dying;

static void enter(const char *path)
{
	size_t n = strlen(path);
	for (int i = 0; i < n_slot && n < PATH_MAX; i++) {
		int was = FREE;
		if (!atomic_compare_exchange_strong(&slot[i].state, &was, BUSY))
			continue;
		memcpy(slot[i].path, path, n + 1);
		atomic_store(&slot[i].state, LIVE);
		break;
	}
	/* the handler in another thread may have passed this slot already */
	while (atomic_load(&dying))
		pause();
}

void mt_temp_gone(const char *path)
{
	for (int i = 0; i < n_slot; i++)
		if (atomic_load(&slot[i].state) == LIVE &&
		    !strcmp(slot[i].path, path)) {
			atomic_store(&slot[i].state, FREE);
			return;
		}
}

static void on_signal(int sig)
{
	atomic_store(&dying, true);
	for (int i = 0; i < n_slot; i++)
		if (atomic_load(&slot[i].state) == LIVE)
			unlink(slot[i].path);
	raise(sig);  /* by SA_RESETHAND and SA_NODEFER this ends the program */
}

void mt_temp_guard(void)
{
	static const int ends[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE,
				   SIGALRM, SIGUSR1, SIGUSR2, SIGXCPU};
	struct sigaction is = {.sa_handler = on_signal}, was;
	is.sa_flags = (int)SA_RESETHAND | SA_NODEFER;
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (!sigaction(ends[i], NULL, &was) &&
		    was.sa_handler == SIG_DFL)
			sigaction(ends[i], &is, NULL);
	signal(SIGXFSZ, SIG_IGN);
}

static bool hex(const char **s)
{
	size_t n = strspn(*s, "0123456789abcdef");
	*s += n;
	return n > 0;
}

/* Is it ".BASE.PID-RANDOM.tmp-mt" with this base? */
static bool is_of(const char *name, const char *base, size_t n)
{
	if (name[0] != '.' || strncmp(name + 1, base, n) != 0 ||
	    name[1 + n] != '.')
		return false;
	const char *s = name + n + 2;
	return hex(&s) && *s++ == '-' && hex(&s) && !strcmp(s, END);
}

bool mt_temp_is(const char *name)
{
	size_t n = strlen(name), end = strlen(END);
	return name[0] == '.' && n > end && !strcmp(name + n - end, END);
}

/* Remove it if no process holds it. */
static void remove_stale(const char *folder, const char *name)
{
	char *path = mt_strf("%s/%s", folder, name);
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	if (fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) &&
	    !flock(fd, LOCK_EX | LOCK_NB))
		unlink(path);
	if (fd >= 0)
		close(fd);
	free(path);
}

static void clean(const char *folder, const char *base, size_t n)
{
	static atomic_long seen;
	DIR *dir = seen < MOST_SCAN ? opendir(folder) : NULL;
	for (struct dirent *d; dir && (d = readdir(dir)) &&
	     atomic_fetch_add(&seen, 1) < MOST_SCAN;)
		if (is_of(d->d_name, base, n))
			remove_stale(folder, d->d_name);
	if (dir)
		closedir(dir);
}

/* Create and lock; MT_END: try another name. */
static int create(const char *path, const char *target, unsigned mode, int *fd,
		  struct mt_err *err)
{
	struct stat st;
	enter(path);
	*fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		   (mode_t)mode);
	if (*fd < 0) {
		mt_temp_gone(path);
		return errno == EEXIST ? MT_END : mt_err_sys(err, "%s: cannot "
							     "create", target);
	}
	/* where there are no locks, old files stay and nothing else is lost */
	bool busy = flock(*fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK;
	/* another run took it for an old one before it was locked */
	if (!busy && !fstat(*fd, &st) && st.st_nlink)
		return MT_OK;
	unlink(path);
	close(*fd);
	*fd = -1;
	mt_temp_gone(path);
	return MT_END;
}

int mt_temp_open(const char *target, unsigned mode, char **path, int *fd,
		 struct mt_err *err)
{
	static atomic_ulong count;
	const char *slash = strrchr(target, '/');
	const char *base = slash ? slash + 1 : target;
	size_t n = strlen(base);
	n = n < MOST_NAME ? n : MOST_NAME;
	char *folder = slash ? mt_strndup(target, (size_t)(slash - target) +
					  (slash == target)) : mt_strdup(".");
	clean(folder, base, n);
	free(folder);
	int rc = MT_END;
	for (int i = 0; rc == MT_END && i < TRIES; i++) {
		uint64_t random = atomic_fetch_add(&count, 1) + 1;
		(void)!getrandom(&random, sizeof random, GRND_NONBLOCK);
		*path = mt_strf("%.*s.%.*s.%lx-%016llx" END,
				(int)(base - target), target, (int)n, base,
				(unsigned long)getpid(),
				(unsigned long long)random);
		rc = create(*path, target, mode, fd, err);
		if (rc)
			free(*path);
	}
	return rc == MT_END ? mt_err_set(err, MT_ESYS, "%s: cannot create a "
					 "temporary file beside it", target)
			    : rc;
}
