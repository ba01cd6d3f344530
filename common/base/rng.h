/* SPDX-License-Identifier: MIT
 * Counter-based random numbers: Philox4x32-10.
 *
 * A stream of numbers is named by (seed, purpose, epoch, key) and nothing
 * else, so crops, dropout, shuffles and augmentation do not depend on
 * threads, ranks or resuming. Making a generator costs nothing; make one for
 * each item.
 * Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
 * SC 2011; agrees with the known-answer vectors of the Random123 library. */
#ifndef MT_BASE_RNG_H
#define MT_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

enum mt_rng_purpose {
	MT_RNG_INIT = 1,     /* initial weights; key = number of the tensor */
	MT_RNG_SHUFFLE = 2,  /* order of an epoch */
	MT_RNG_CROP = 3,     /* which part of a clip; key = hash of its key */
	MT_RNG_AUGMENT = 4,  /* SpecAugment */
	MT_RNG_MIXUP = 5,
	MT_RNG_DROPOUT = 6,
	MT_RNG_SPLIT = 7,    /* which split a key falls into */
	MT_RNG_SAMPLE = 8,   /* mt-select --sample */
	MT_RNG_BOOT = 9,     /* bootstrap */
	MT_RNG_TEST = 100,
};

struct mt_rng {
	uint32_t key[2];
	uint32_t ctr[4];
	uint32_t out[4];
	unsigned left;       /* numbers of out[] not yet given away */
};

/* Ten rounds of Philox4x32 on ctr under key; out may be ctr. */
void mt_philox(uint32_t out[4], const uint32_t ctr[4], const uint32_t key[2]);

void mt_rng_init(struct mt_rng *rng, uint64_t seed, uint32_t purpose,
		 uint32_t epoch, uint64_t key);
uint32_t mt_rng_u32(struct mt_rng *rng);
uint64_t mt_rng_u64(struct mt_rng *rng);
/* Uniform on [0, 1): 24 bits; 53 bits. */
float mt_rng_f32(struct mt_rng *rng);
double mt_rng_f64(struct mt_rng *rng);
/* Uniform on 0 .. n-1, n > 0, without bias (Lemire 2019). */
uint64_t mt_rng_below(struct mt_rng *rng, uint64_t n);
/* Normal, mean 0, deviation 1 (Box-Muller, in double). */
double mt_rng_normal(struct mt_rng *rng);
/* Beta(a, b) by two gamma variates (Marsaglia and Tsang 2000); a, b > 0. */
double mt_rng_beta(struct mt_rng *rng, double a, double b);
/* order[n] becomes a random permutation of 0 .. n-1 (Fisher-Yates). */
void mt_rng_shuffle(struct mt_rng *rng, uint32_t *order, size_t n);

/* 64-bit hash of bytes for use as a stream's key: FNV-1a, then the finaliser
 * of MurmurHash3 so that short keys spread over all bits. */
uint64_t mt_hash64(const void *data, size_t size);

#endif
