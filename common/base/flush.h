/* SPDX-License-Identifier: MIT
 * Numbers below 1.18e-38 count as zero (flush to zero, denormals are zero) on
 * this thread. A CPU takes a hundred times as long for them, and weights that
 * decayed in training are full of them: a net with 17 % such weights took 8.1 s
 * a song, and 0.57 s with this. Every thread that computes a result must have
 * it, or the bytes would depend on which one did: the engine (nn/engine/engine.h) and
 * mt_mel_run() set it for their calls, and for good in OpenMP's own threads. */
#ifndef MT_BASE_FLUSH_H
#define MT_BASE_FLUSH_H

#include <stdint.h>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

/* Switch it on; what was set before, for mt_flush_restore(). */
static inline uint64_t mt_flush_on(void)
{
#if defined(__SSE2__)
	unsigned old = _mm_getcsr();
	_mm_setcsr(old | 0x8040U); /* FTZ, DAZ */
	return old;
#elif defined(__aarch64__)
	uint64_t old;
	__asm__ volatile("mrs %0, fpcr" : "=r"(old));
	__asm__ volatile("msr fpcr, %0" : : "r"(old | 1ULL << 24)); /* FZ */
	return old;
#else
	return 0;
#endif
}

static inline void mt_flush_restore(uint64_t old)
{
#if defined(__SSE2__)
	/* exceptions that were raised meanwhile stay raised */
	_mm_setcsr((_mm_getcsr() & ~0x8040U) | ((unsigned)old & 0x8040U));
#elif defined(__aarch64__)
	__asm__ volatile("msr fpcr, %0" : : "r"(old));
#else
	(void)old;
#endif
}

#endif
