/* SPDX-License-Identifier: MIT */
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define NO_BOUND 1
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define NO_BOUND 1
#endif
#ifndef NO_BOUND
#define NO_BOUND 0   /* the sanitizers map far more than they use */
#endif

/* What the child leaves for its parent, in shared memory. */
struct verdict {
	bool done;
	int rc;
	struct mt_err err;
};

/* Bytes of address space in use. */
static uint64_t mapped(void)
{
	unsigned long long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");
	if (f && fscanf(f, "%llu", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void bound(__rlimit_resource_t what, uint64_t most)
{
	struct rlimit r;
	if (getrlimit(what, &r) || (r.rlim_cur != RLIM_INFINITY && r.rlim_cur <= most))
		return;
	r.rlim_cur = most;
	setrlimit(what, &r);
}

static void __attribute__((noreturn)) run_child(const struct mt_child *c, void *ctx, int fd,
						struct verdict *v)
{
	static const int usual[] = {SIGTERM, SIGINT, SIGHUP, SIGXFSZ, SIGXCPU, SIGSEGV, SIGBUS,
				    SIGABRT, SIGFPE, SIGILL, SIGPIPE};
	struct rlimit no_core = {0, 0};
	for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
		signal(usual[i], SIG_DFL);
	setrlimit(RLIMIT_CORE, &no_core);
	if (!NO_BOUND) { /* "free(): invalid pointer", which the verdict replaces */
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
		if (null >= 0)
			dup2(null, STDERR_FILENO);
	}
	uint64_t now = mapped();
	if (!NO_BOUND && now)
		bound(RLIMIT_AS, now + c->memory);
	bound(RLIMIT_CPU, c->seconds);
	v->rc = c->work(ctx, fd, &v->err);
	v->done = true;
	/* a clean end would flush and seek the parent's streams; the verdict
	 * is in shared memory */
	for (;;)
		kill(getpid(), SIGKILL);
}

static int judge(const struct mt_child *c, int how, const struct verdict *v, struct mt_err *err)
{
	if (v->done && v->rc) {
		if (err)
			*err = v->err;
		return v->rc;
	}
	if (WIFSIGNALED(how) && WTERMSIG(how) == SIGXCPU)
		return mt_err_set(err, MT_EINPUT, "%s: %s took over %u s; the file is damaged or "
				  "made to do so", c->name, c->what, c->seconds);
	if (v->done)
		return mt_err_set(err, MT_EINPUT, "%s: %s gave less than it said; the file is "
				  "damaged", c->name, c->what);
	return mt_err_set(err, MT_EINPUT, "%s: %s failed on it (%s %d); the file is damaged",
			  c->name, c->what, WIFSIGNALED(how) ? "signal" : "exit code",
			  WIFSIGNALED(how) ? WTERMSIG(how) : WEXITSTATUS(how));
}

int mt_child_run(const struct mt_child *c, void *ctx, struct mt_err *err)
{
	int fd[2], how = 0;
	struct verdict *v = mmap(NULL, sizeof *v, PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (v == MAP_FAILED)
		return mt_err_sys(err, "%s: no memory", c->name);
	if (pipe2(fd, O_CLOEXEC)) {
		munmap(v, sizeof *v);
		return mt_err_sys(err, "%s: cannot make a pipe", c->name);
	}
	pid_t pid = fork();
	if (!pid) {
		close(fd[0]);
		run_child(c, ctx, fd[1], v);
	}
	close(fd[1]);
	int rc = pid < 0 ? mt_err_sys(err, "%s: cannot start a process", c->name)
			 : c->take(ctx, fd[0], err);
	close(fd[0]);
	if (pid > 0) {
		while (waitpid(pid, &how, 0) < 0 && errno == EINTR)
			;
		if (rc == MT_END)
			rc = judge(c, how, v, err);
	}
	munmap(v, sizeof *v);
	return rc;
}
