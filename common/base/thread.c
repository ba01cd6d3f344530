/* SPDX-License-Identifier: MIT */
#include "base/thread.h"

#include <stddef.h>

#define LEAST_STACK ((size_t)1 << 20)

bool mt_thread_start(pthread_t *thread, void *(*run)(void *), void *arg)
{
	pthread_attr_t attr;
	size_t size;
	if (pthread_attr_init(&attr))
		return false;
	if (!pthread_attr_getstacksize(&attr, &size) && size < LEAST_STACK)
		pthread_attr_setstacksize(&attr, LEAST_STACK);
	bool started = !pthread_create(thread, &attr, run, arg);
	pthread_attr_destroy(&attr);
	return started;
}
