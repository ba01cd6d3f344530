/* SPDX-License-Identifier: MIT */
#include "base/half.h"

#include <math.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

uint16_t mt_half_from(float x)
{
	uint32_t u;
	memcpy(&u, &x, sizeof u);
	uint32_t sign = u >> 16 & 0x8000, mag = u & 0x7fffffff;
	if (mag >= 0x7f800000)  /* infinity, NaN (kept quiet) */
		return (uint16_t)(sign | 0x7c00 |
				  (mag > 0x7f800000 ? 0x200 : 0));
	if (mag >= 0x477ff000)  /* rounds to 65536 or more */
		return (uint16_t)(sign | 0x7c00);
	if (mag < 0x38800000) { /* subnormal or zero: let the adder round */
		float f, magic = 0.5f;
		memcpy(&f, &mag, sizeof f);
		f += magic;
		uint32_t v, m;
		memcpy(&v, &f, sizeof v);
		memcpy(&m, &magic, sizeof m);
		return (uint16_t)(sign | (v - m));
	}
	uint32_t odd = mag >> 13 & 1;
	mag += 0xc8000fff + odd;  /* rebias the exponent, round to even */
	return (uint16_t)(sign | mag >> 13);
}

float mt_half_to(uint16_t h)
{
	uint32_t sign = (uint32_t)(h & 0x8000) << 16, e = h >> 10 & 31;
	uint32_t m = h & 0x3ff, u;
	if (e == 31) {
		u = sign | 0x7f800000 | m << 13;
	} else if (e) {
		u = sign | (e + 112) << 23 | m << 13;
	} else {
		float f = (float)m * 0x1p-24f;
		memcpy(&u, &f, sizeof u);
		u |= sign;
	}
	float f;
	memcpy(&f, &u, sizeof f);
	return f;
}

#if defined(__x86_64__)
__attribute__((target("avx,f16c")))
static size_t from_f16c(uint16_t *out, const float *in, size_t n)
{
	size_t i = 0;
	for (; i + 8 <= n; i += 8)
		_mm_storeu_si128((__m128i *)(void *)(out + i),
			_mm256_cvtps_ph(_mm256_loadu_ps(in + i),
					_MM_FROUND_TO_NEAREST_INT));
	return i;
}

__attribute__((target("avx,f16c")))
static size_t to_f16c(float *out, const uint16_t *in, size_t n)
{
	size_t i = 0;
	for (; i + 8 <= n; i += 8)
		_mm256_storeu_ps(out + i, _mm256_cvtph_ps(_mm_loadu_si128(
			(const __m128i *)(const void *)(in + i))));
	return i;
}

static int have_f16c(void)
{
	return __builtin_cpu_supports("avx2"); /* every such CPU has F16C */
}
#else
static size_t from_f16c(uint16_t *out, const float *in, size_t n)
{
	(void)out, (void)in, (void)n;
	return 0;
}

static size_t to_f16c(float *out, const uint16_t *in, size_t n)
{
	(void)out, (void)in, (void)n;
	return 0;
}

static int have_f16c(void)
{
	return 0;
}
#endif

void mt_half_from_array(uint16_t *out, const float *in, size_t n)
{
	size_t i = have_f16c() ? from_f16c(out, in, n) : 0;
	for (; i < n; i++)
		out[i] = mt_half_from(in[i]);
}

void mt_half_to_array(float *out, const uint16_t *in, size_t n)
{
	size_t i = have_f16c() ? to_f16c(out, in, n) : 0;
	for (; i < n; i++)
		out[i] = mt_half_to(in[i]);
}

size_t mt_half_misfit(const float *in, size_t n)
{
	size_t i = 0;
	/* what is not below the midpoint to 65536 rounds up; NaN neither is */
	while (i < n && fabsf(in[i]) < 65520.0f)
		i++;
	return i;
}
