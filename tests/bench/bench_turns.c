/* SPDX-License-Identifier: MIT
 * Two shell commands in turn, so that both see the same machine. Usage:
 *   bench_turns ROUNDS A B
 * prints the least of each over the rounds, on one line:
 *   wall-A cpu-A peak-A wall-B cpu-B peak-B
 * in seconds, seconds of processor time of the whole pipeline, and MiB of its
 * largest process. Both commands must succeed. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct took {
	double wall, cpu, peak;
};

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + 1e-6 * (double)t.tv_usec;
}

static int once(const char *command, struct took *t)
{
	double start = now();
	pid_t pid = fork();
	if (!pid) {
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	int status;
	struct rusage use;
	if (pid < 0 || wait4(pid, &status, 0, &use) != pid || status) {
		fprintf(stderr, "bench_turns: failed: %s\n", command);
		return 1;
	}
	t->wall = now() - start;
	t->cpu = seconds(use.ru_utime) + seconds(use.ru_stime);
	t->peak = (double)use.ru_maxrss / 1024;
	return 0;
}

/* The first round sets best. */
static void least(struct took *best, const struct took *t, int round)
{
	if (!round || t->wall < best->wall)
		best->wall = t->wall;
	if (!round || t->cpu < best->cpu)
		best->cpu = t->cpu;
	if (!round || t->peak > best->peak)
		best->peak = t->peak;
}

int main(int argc, char **argv)
{
	struct took best[2], t;
	if (argc != 4)
		return 2;
	int rounds = (int)strtol(argv[1], NULL, 10);
	for (int i = 0; i < rounds; i++)
		for (int k = 0; k < 2; k++) {
			if (once(argv[2 + k], &t))
				return 1;
			least(&best[k], &t, i);
		}
	for (int k = 0; k < 2; k++)
		printf("%.3f %.3f %.0f%c", best[k].wall, best[k].cpu,
		       best[k].peak, k ? '\n' : ' ');
	return 0;
}
