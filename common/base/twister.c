/* SPDX-License-Identifier: MIT */
#include "base/twister.h"

#define N 624
#define M 397

void mt_twister_init(struct mt_twister *t, uint32_t seed)
{
	uint32_t *s = t->state;
	s[0] = seed;
	for (uint32_t i = 1; i < N; i++)
		s[i] = 1812433253u * (s[i - 1] ^ s[i - 1] >> 30) + i;
	t->at = N;
}

static void refill(struct mt_twister *t)
{
	uint32_t *s = t->state;
	for (int i = 0; i < N; i++) {
		uint32_t y = (s[i] & 0x80000000u) |
			     (s[(i + 1) % N] & 0x7fffffffu);
		s[i] = s[(i + M) % N] ^ y >> 1 ^ (y & 1 ? 0x9908b0dfu : 0);
	}
	t->at = 0;
}

uint32_t mt_twister_u32(struct mt_twister *t)
{
	if (t->at == N)
		refill(t);
	uint32_t y = t->state[t->at++];
	y ^= y >> 11;
	y ^= y << 7 & 0x9d2c5680u;
	y ^= y << 15 & 0xefc60000u;
	return y ^ y >> 18;
}

uint32_t mt_twister_upto(struct mt_twister *t, uint32_t max)
{
	uint32_t mask = max, v;
	if (!max)
		return 0;  /* nothing is drawn */
	for (int i = 1; i < 32; i *= 2)
		mask |= mask >> i;
	do
		v = mt_twister_u32(t) & mask;
	while (v > max);
	return v;
}

void mt_twister_shuffle(struct mt_twister *t, uint32_t *order, size_t n)
{
	for (size_t i = 0; i < n; i++)
		order[i] = (uint32_t)i;
	for (size_t i = n; i-- > 1;) {
		size_t j = mt_twister_upto(t, (uint32_t)i);
		uint32_t o = order[i];
		order[i] = order[j];
		order[j] = o;
	}
}
