/* SPDX-License-Identifier: MIT
 * Standardised inputs: nets whose first layer is a "fixed" batchnorm get the
 * mean and the variance of each band, or dimension of an embedding, over the
 * training examples. Measured once; a model file keeps them. */
#ifndef MT_TRAIN_STANDARD_H
#define MT_TRAIN_STANDARD_H

#include "train/train.h"

/* Measure and set the running statistics of the trainer's first layer; nothing
 * where it is not fixed. A band that never changes, or whose deviation is below
 * 1e-5 of the others' (a unit of the embedding net that is nearly dead), gets the
 * variance 1. Reads every training example twice. Errors: those of mt_examples_frames(). */
int mt_trainer_standardise(struct mt_trainer *t, struct mt_err *err) MT_USE_RESULT;

#endif
