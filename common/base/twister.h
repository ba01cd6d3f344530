/* SPDX-License-Identifier: MIT
 * The Mersenne Twister MT19937 as NumPy's legacy generator
 * (numpy.random.RandomState) seeds and bounds it, to draw what programs in
 * Python drew. For anything new there is rng.h.
 * Source: Matsumoto and Nishimura 1998; equal to NumPy 2.4's RandomState. */
#ifndef MT_BASE_TWISTER_H
#define MT_BASE_TWISTER_H

#include <stddef.h>
#include <stdint.h>

struct mt_twister {
	uint32_t state[624];
	int at;
};

void mt_twister_init(struct mt_twister *t, uint32_t seed);
uint32_t mt_twister_u32(struct mt_twister *t);
/* Uniform on 0 .. max, both included: randint(0, max + 1). */
uint32_t mt_twister_upto(struct mt_twister *t, uint32_t max);
/* order[n] becomes permutation(n), which pandas' sample(frac=1) uses too. */
void mt_twister_shuffle(struct mt_twister *t, uint32_t *order, size_t n);

#endif
