/* SPDX-License-Identifier: MIT */
#include "tool/spin.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

void mt_spin_less(char **argv)
{
	char path[PATH_MAX];
	if (getenv("GOMP_SPINCOUNT") || getenv("OMP_WAIT_POLICY"))
		return;
	ssize_t n = readlink("/proc/self/exe", path, sizeof path);
	if (n <= 0 || n == (ssize_t)sizeof path)
		return;
	path[n] = '\0';
	if (!setenv("GOMP_SPINCOUNT", "10000", 1))
		execv(path, argv);  /* where that fails we go on, only slower */
}
