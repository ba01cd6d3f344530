/* SPDX-License-Identifier: MIT
 * Which backend computes where none is named: the fastest one in this build. */
#ifndef MT_NN_DEV_BACKEND_H
#define MT_NN_DEV_BACKEND_H

#ifdef MT_NO_ONEDNN
#define MT_BACKEND_DEFAULT "blas"
#else
#define MT_BACKEND_DEFAULT "onednn"
#endif

#endif
