/* SPDX-License-Identifier: MIT */
#include "dsp/melkernel.h"

#include <math.h>
#include <string.h>

typedef float v8 __attribute__((vector_size(32)));
typedef float v8u __attribute__((vector_size(32), aligned(4), may_alias));

#define TARGET
#define NAME(x) x##_plain
#include "dsp/melkernel.inc"
#undef TARGET
#undef NAME

const struct mt_mel_kernel *mt_mel_kernel_plain(void)
{
	return &kernel_plain;
}

#if defined(__x86_64__)
/* clang fuses products and sums unasked. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("fp-contract=fast")
#endif
#define TARGET __attribute__((target("avx2,fma")))
#define NAME(x) x##_avx2
#include "dsp/melkernel.inc"
#undef TARGET
#undef NAME

const struct mt_mel_kernel *mt_mel_kernel(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
		? &kernel_avx2 : &kernel_plain;
}
#else
const struct mt_mel_kernel *mt_mel_kernel(void)
{
	return &kernel_plain;
}
#endif
