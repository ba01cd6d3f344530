/* SPDX-License-Identifier: MIT
 * Keep idle OpenMP threads from busy-waiting, so that other jobs get the CPU.
 *
 * Threads of libgomp that wait for each other turn 300,000 times in a loop, which
 * is milliseconds each time. How often is read from GOMP_SPINCOUNT when libgomp is
 * loaded, before main() and before any code of ours: it has no function for it, as
 * OpenMP has none. The program's constructors run too late; what .preinit_array sets
 * is lost, since libc takes the environment from the stack after it; and a getenv
 * of our own is not asked by newer ones, which read the environment themselves. So
 * the program starts itself once more, in the same process.
 *
 * Three epochs of the small net on two CPUs beside two busy programs, median and
 * greatest of nine runs: 2.8 s and 5.7 s, without this 4.4 s and 17.5 s; alone
 * 1.3 s with and without. */
#ifndef MT_TOOL_SPIN_H
#define MT_TOOL_SPIN_H

/* To be called first of all, with main()'s argv: mt_tool_begin() moves the operands.
 * Does nothing where the user has set GOMP_SPINCOUNT or OMP_WAIT_POLICY. */
void mt_spin_less(char **argv);

#endif
