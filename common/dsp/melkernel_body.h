/* SPDX-License-Identifier: MIT
 * The loops of melkernel.h; included once for each target with TARGET (an
 * attribute) and NAME(x) defined. No sum is reordered by the compiler: where
 * the order is free, lanes are written out. */

TARGET static void NAME(window)(float *re, float *im, float *energy,
				const float *a, const float *b,
				const float *window, size_t n)
{
	v8 ea = {0}, eb = {0};
	for (size_t i = 0; i < n; i += 8) {
		v8 w = *(const v8u *)(window + i);
		v8 x = *(const v8u *)(a + i) * w, y = *(const v8u *)(b + i) * w;
		*(v8u *)(re + i) = x;
		*(v8u *)(im + i) = y;
		ea += x * x;
		eb += y * y;
	}
	energy[0] = energy[1] = 0;
	for (int i = 0; i < 8; i++) {
		energy[0] += ea[i];
		energy[1] += eb[i];
	}
}

TARGET static void NAME(split)(float *restrict pa, float *restrict pb,
			       const float *restrict re,
			       const float *restrict im, size_t n)
{
	size_t n_bin = n / 2 + 1, k = 0;
	for (; k + 8 <= n_bin && n >= 16; k += 8) {
		v8 rk = *(const v8u *)(re + k), ik = *(const v8u *)(im + k);
		v8 rm = *(const v8u *)(re + n - k - 7);
		v8 im_ = *(const v8u *)(im + n - k - 7);
		rm = __builtin_shufflevector(rm, rm, 7, 6, 5, 4, 3, 2, 1, 0);
		im_ = __builtin_shufflevector(im_, im_, 7, 6, 5, 4, 3, 2, 1, 0);
		v8 ar = rk + rm, ai = ik - im_, br = ik + im_, bi = rm - rk;
		*(v8u *)(pa + k) = ar * ar + ai * ai;
		*(v8u *)(pb + k) = br * br + bi * bi;
	}
	for (; k < n_bin; k++) {
		float ar = re[k] + re[n - k], ai = im[k] - im[n - k];
		float br = im[k] + im[n - k], bi = re[n - k] - re[k];
		pa[k] = ar * ar + ai * ai;
		pb[k] = br * br + bi * bi;
	}
}

TARGET static void NAME(root)(float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		x[i] = sqrtf(x[i]);
}

/* Lane sums of a and b, interleaved; three rounds make [8] from 8 x [8]. */
#define FOLD(a, b) \
	(__builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14) + \
	 __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15))
#define FOLD2(a, b) \
	(__builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13) + \
	 __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15))
#define FOLD4(a, b) \
	(__builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11) + \
	 __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15))

TARGET static void NAME(bank)(float *out, float *sum, const float *pow,
			      size_t row, const struct mt_mel_bank *bank)
{
	size_t M = (size_t)bank->n_band;
	for (size_t b = 0; b < M; b++) {
		const struct mt_mel_row *r = &bank->row[b];
		const float *w = bank->weight + r->at, *p = pow + r->lo;
		v8 s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
		v8 s4 = {0}, s5 = {0}, s6 = {0}, s7 = {0};
		for (int k = 0; k < r->n; k += 8) {
			v8 v = *(const v8u *)(w + k);
			const float *q = p + k;
			s0 += v * *(const v8u *)q;
			s1 += v * *(const v8u *)(q + row);
			s2 += v * *(const v8u *)(q + 2 * row);
			s3 += v * *(const v8u *)(q + 3 * row);
			s4 += v * *(const v8u *)(q + 4 * row);
			s5 += v * *(const v8u *)(q + 5 * row);
			s6 += v * *(const v8u *)(q + 6 * row);
			s7 += v * *(const v8u *)(q + 7 * row);
		}
		v8 a = FOLD(s0, s1), c = FOLD(s2, s3);
		v8 d = FOLD(s4, s5), e = FOLD(s6, s7);
		a = FOLD2(a, c);
		d = FOLD2(d, e);
		*(v8u *)(sum + 8 * b) = FOLD4(a, d);
	}
	for (size_t t = 0; t < 8; t++)
		for (size_t b = 0; b < M; b++)
			out[t * M + b] = sum[8 * b + t];
}
#undef FOLD
#undef FOLD2
#undef FOLD4

/* ln as in Cephes logf (Moshier 1989): x = 2^e m with m in [sqrt(1/2),
 * sqrt(2)), then a polynomial of degree 9 in m - 1. */
TARGET static void NAME(log)(float *x, size_t n, float scale, float add,
			     float floor, float mul)
{
	for (size_t i = 0; i < n; i++) {
		float v = x[i] * scale + add;
		x[i] = v > floor ? v : floor;
	}
	for (size_t i = 0; i < n; i++) {
		int32_t u;
		float m;
		memcpy(&u, &x[i], 4);
		int32_t e = (u - 0x3f3504f3) >> 23;  /* 0x3f3504f3: sqrt(1/2) */
		u -= (int32_t)((uint32_t)e << 23);
		memcpy(&m, &u, 4);
		float f = m - 1, z = f * f, fe = (float)e;
		float y = 7.0376836292e-2f;
		y = y * f - 1.1514610310e-1f;
		y = y * f + 1.1676998740e-1f;
		y = y * f - 1.2420140846e-1f;
		y = y * f + 1.4249322787e-1f;
		y = y * f - 1.6668057665e-1f;
		y = y * f + 2.0000714765e-1f;
		y = y * f - 2.4999993993e-1f;
		y = y * f + 3.3333331174e-1f;
		y = y * f * z;
		y += -2.12194440e-4f * fe;
		y += -0.5f * z;
		x[i] = mul * (f + y + 0.693359375f * fe);
	}
}

TARGET static float NAME(max)(const float *x, size_t n)
{
	v8 m = {-INFINITY, -INFINITY, -INFINITY, -INFINITY,
		-INFINITY, -INFINITY, -INFINITY, -INFINITY};
	size_t i = 0;
	for (; i + 8 <= n; i += 8)
		for (int j = 0; j < 8; j++)
			m[j] = x[i + (size_t)j] > m[j] ? x[i + (size_t)j] : m[j];
	float best = m[0];
	for (int j = 1; j < 8; j++)
		best = m[j] > best ? m[j] : best;
	for (; i < n; i++)
		best = x[i] > best ? x[i] : best;
	return best;
}

TARGET static void NAME(clamp)(float *x, size_t n, float least)
{
	for (size_t i = 0; i < n; i++)
		x[i] = x[i] < least ? least : x[i];
}

TARGET static int NAME(sane)(const float *x, size_t n)
{
	int bad = 0;
	for (size_t i = 0; i < n; i++)
		bad |= !(fabsf(x[i]) <= 1e12f);
	return !bad;
}

static const struct mt_mel_kernel NAME(kernel) = {
	NAME(window), NAME(split), NAME(root), NAME(bank), NAME(log),
	NAME(max), NAME(clamp), NAME(sane),
};
