/* SPDX-License-Identifier: MIT */
#include <sched.h>
#include <stdio.h>
#include <time.h>

#include "base/cpu.h"

static double read_ratio(const char *path_quota, const char *path_period)
{
	double quota = 0, period = 0;
	FILE *f = fopen(path_quota, "re");
	if (!f)
		return 0;
	int n = fscanf(f, "%lf %lf", &quota, &period);
	fclose(f);
	if (n == 1 && path_period && (f = fopen(path_period, "re"))) {
		n += fscanf(f, "%lf", &period);
		fclose(f);
	}
	return n == 2 && quota > 0 && period > 0 ? quota / period : 0;
}

int mt_cpu_count(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof set, &set) ? 1 : CPU_COUNT(&set);
	double quota = read_ratio("/sys/fs/cgroup/cpu.max", NULL);
	if (!(quota > 0))
		quota = read_ratio("/sys/fs/cgroup/cpu/cpu.cfs_quota_us",
				   "/sys/fs/cgroup/cpu/cpu.cfs_period_us");
	if (quota > 0 && quota < n)
		n = (int)(quota + 0.5);
	return n < 1 ? 1 : n;
}

double mt_clock(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
