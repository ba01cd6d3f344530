/* SPDX-License-Identifier: MIT */
#include "base/rng.h"

#include <math.h>

void mt_philox(uint32_t out[4], const uint32_t ctr[4], const uint32_t key[2])
{
	uint32_t c0 = ctr[0], c1 = ctr[1], c2 = ctr[2], c3 = ctr[3];
	uint32_t k0 = key[0], k1 = key[1];
	for (int r = 0; r < 10; r++) {
		uint64_t p0 = (uint64_t)0xD2511F53u * c0;
		uint64_t p1 = (uint64_t)0xCD9E8D57u * c2;
		c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
		c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
		c1 = (uint32_t)p1;
		c3 = (uint32_t)p0;
		k0 += 0x9E3779B9u;
		k1 += 0xBB67AE85u;
	}
	out[0] = c0;
	out[1] = c1;
	out[2] = c2;
	out[3] = c3;
}

/* Counter: two words of position, then purpose+epoch folded with the seed's
 * key below. The item's 64-bit key goes into the Philox key together with
 * the seed through one extra Philox call, so that no two names collide by
 * simple arithmetic. */
void mt_rng_init(struct mt_rng *rng, uint64_t seed, uint32_t purpose,
		 uint32_t epoch, uint64_t key)
{
	uint32_t k[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
	uint32_t c[4] = {(uint32_t)key, (uint32_t)(key >> 32), epoch, purpose};
	uint32_t mix[4];
	mt_philox(mix, c, k);
	rng->key[0] = mix[0];
	rng->key[1] = mix[1];
	rng->ctr[0] = 0;
	rng->ctr[1] = 0;
	rng->ctr[2] = mix[2];
	rng->ctr[3] = mix[3];
	rng->left = 0;
}

uint32_t mt_rng_u32(struct mt_rng *rng)
{
	if (!rng->left) {
		mt_philox(rng->out, rng->ctr, rng->key);
		if (!++rng->ctr[0])
			rng->ctr[1]++;
		rng->left = 4;
	}
	return rng->out[4 - rng->left--];
}

uint64_t mt_rng_u64(struct mt_rng *rng)
{
	uint64_t lo = mt_rng_u32(rng);
	return lo | (uint64_t)mt_rng_u32(rng) << 32;
}

float mt_rng_f32(struct mt_rng *rng)
{
	return (float)(mt_rng_u32(rng) >> 8) * 0x1p-24f;
}

double mt_rng_f64(struct mt_rng *rng)
{
	return (double)(mt_rng_u64(rng) >> 11) * 0x1p-53;
}

uint64_t mt_rng_below(struct mt_rng *rng, uint64_t n)
{
	for (;;) {
		uint64_t x = mt_rng_u64(rng);
		unsigned __int128 m = (unsigned __int128)x * n;
		if ((uint64_t)m >= -n % n)
			return (uint64_t)(m >> 64);
	}
}

double mt_rng_normal(struct mt_rng *rng)
{
	double u = 1.0 - mt_rng_f64(rng), v = mt_rng_f64(rng);
	return sqrt(-2 * log(u)) * cos(6.283185307179586476925 * v);
}

static double gamma_variate(struct mt_rng *rng, double a)
{
	double boost = 1;
	if (a < 1) {
		boost = pow(1.0 - mt_rng_f64(rng), 1 / a);
		a += 1;
	}
	double d = a - 1.0 / 3, c = 1 / sqrt(9 * d);
	for (;;) {
		double x = mt_rng_normal(rng), v = 1 + c * x;
		if (v <= 0)
			continue;
		v = v * v * v;
		double u = 1.0 - mt_rng_f64(rng);
		if (log(u) < 0.5 * x * x + d - d * v + d * log(v))
			return boost * d * v;
	}
}

double mt_rng_beta(struct mt_rng *rng, double a, double b)
{
	double x = gamma_variate(rng, a), y = gamma_variate(rng, b);
	return x + y > 0 ? x / (x + y) : 0.5;
}

void mt_rng_shuffle(struct mt_rng *rng, uint32_t *order, size_t n)
{
	for (size_t i = 0; i < n; i++)
		order[i] = (uint32_t)i;
	for (size_t i = n; i > 1; i--) {
		size_t j = (size_t)mt_rng_below(rng, i);
		uint32_t t = order[i - 1];
		order[i - 1] = order[j];
		order[j] = t;
	}
}

uint64_t mt_hash64(const void *data, size_t size)
{
	const unsigned char *p = data;
	uint64_t h = 0xcbf29ce484222325u;
	for (size_t i = 0; i < size; i++)
		h = (h ^ p[i]) * 0x100000001b3u;
	h ^= h >> 33;
	h *= 0xff51afd7ed558ccdu;
	h ^= h >> 33;
	h *= 0xc4ceb9fe1a85ec53u;
	return h ^ h >> 33;
}
