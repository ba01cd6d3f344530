/* SPDX-License-Identifier: MIT
 * The backends in this build, of which blas is the first: make WITHOUT=onednn
 * leaves the other out. */
#ifndef MT_TESTS_LIB_HAS_BACKEND_H
#define MT_TESTS_LIB_HAS_BACKEND_H

#include <string.h>

#ifdef MT_NO_ONEDNN
#define BACKENDS {"blas"}
#define N_BACKEND 1
#else
#define BACKENDS {"blas", "onednn"}
#define N_BACKEND 2
#endif

/* Skip the test of a backend that is not there. */
#define NEED_BACKEND(name) do { if (N_BACKEND < 2 && strcmp(name, "blas")) skip(); } while (0)

#endif
