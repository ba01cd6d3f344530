/* SPDX-License-Identifier: MIT */
#ifndef MT_BASE_THREAD_H
#define MT_BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/* Start a thread with a stack of at least 1 MiB. pthread_create() alone gives what
 * "ulimit -s" says, which is for the first thread: 64 kB of it are less than a net
 * needs. false: it could not be started. */
bool mt_thread_start(pthread_t *thread, void *(*run)(void *), void *arg);

#endif
