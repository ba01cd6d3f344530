/* SPDX-License-Identifier: MIT */
#include "base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Noreturn void no_memory(size_t size)
{
	fprintf(stderr, "mt: out of memory: %zu bytes were asked for\n", size);
	_exit(4);
}

void mt_bug(const char *file, int line, const char *cond)
{
	fprintf(stderr, "mt: bug at %s:%d: %s\n", file, line, cond);
	abort();
}

void *mt_calloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);
	if (!p)
		no_memory(n * size);
	return p;
}

void *mt_realloc(void *p, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size)
		no_memory(SIZE_MAX);
	size_t all = n * size;
	void *q = realloc(p, all ? all : 1);
	if (!q)
		no_memory(all);
	return q;
}

void *mt_try_alloc64(size_t size)
{
	if (size > SIZE_MAX - MT_ALIGN)
		return NULL;
	return aligned_alloc(MT_ALIGN, mt_pad64(size ? size : 1));
}

void *mt_alloc64(size_t size)
{
	void *p = mt_try_alloc64(size);
	if (!p)
		no_memory(size);
	return p;
}

char *mt_strndup(const char *s, size_t n)
{
	char *p = mt_calloc(n + 1, 1);
	memcpy(p, s, n);
	return p;
}

char *mt_strdup(const char *s)
{
	return mt_strndup(s, strlen(s));
}

char *mt_vstrf(const char *fmt, va_list ap)
{
	va_list again;
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	MT_BUG(n < 0);
	char *p = mt_calloc((size_t)n + 1, 1);
	vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return p;
}

char *mt_strf(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	char *p = mt_vstrf(fmt, ap);
	va_end(ap);
	return p;
}
