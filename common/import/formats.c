/* SPDX-License-Identifier: MIT
 * The formats that mt-convert knows; the first that matches reads the file. */
#include "import/readers.h"

const struct mt_weight_format mt_weight_formats[] = {
	{"TensorFlow bundle (.index)", mt_bundle_match, mt_bundle_read},
	{"PyTorch (.pth, .pt)", mt_torch_match, mt_torch_read},
	{"safetensors", mt_foreign_match, mt_foreign_read},
	{"Keras 1 and 2 (.h5, .hdf5)", mt_keras_match, mt_keras_read},
	{0},
};
