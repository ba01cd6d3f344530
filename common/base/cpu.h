/* SPDX-License-Identifier: MIT */
#ifndef MT_BASE_CPU_H
#define MT_BASE_CPU_H

/* CPUs that this process may use: affinity mask and cgroup quota. */
int mt_cpu_count(void);
/* Wall-clock seconds from an arbitrary start (monotonic). */
double mt_clock(void);

#endif
