/* SPDX-License-Identifier: MIT
 * Memory. Allocation of a size that the program chose cannot fail here: when
 * the system has no memory the program ends with exit code 4 and says how
 * much was asked for. Sizes that come from input must go through mt_try_alloc
 * or grow as bytes arrive. */
#ifndef MT_BASE_MEM_H
#define MT_BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>

#include "base/api.h"

MT_API_BEGIN

#define MT_ALIGN 64  /* bytes: one cache line, and a field's place in mtrec */

/* n * size bytes, zeroed; checks the product. Release with free(). */
void *mt_calloc(size_t n, size_t size) __attribute__((malloc));
/* Room for n * size bytes in place of p's; p may be NULL. */
void *mt_realloc(void *p, size_t n, size_t size);
/* size bytes at a multiple of 64, not zeroed. Release with free(). */
void *mt_alloc64(size_t size) __attribute__((malloc));
/* As mt_alloc64 but NULL when there is no memory. */
void *mt_try_alloc64(size_t size) __attribute__((malloc));
char *mt_strdup(const char *s);
char *mt_strndup(const char *s, size_t n);
/* printf into new memory; the caller frees it. */
char *mt_strf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *mt_vstrf(const char *fmt, va_list ap)
	__attribute__((format(printf, 1, 0)));

/* Round up to a multiple of 64. */
static inline size_t mt_pad64(size_t n)
{
	return (n + (MT_ALIGN - 1)) & ~(size_t)(MT_ALIGN - 1);
}

/* A mistake in this program, not in its input: say where, and abort. */
#define MT_BUG(cond) \
	((cond) ? mt_bug(__FILE__, __LINE__, #cond) : (void)0)
void mt_bug(const char *file, int line, const char *cond)
	__attribute__((noreturn));

MT_API_END

#endif
