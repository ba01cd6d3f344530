/* SPDX-License-Identifier: MIT
 * Models by name. A user writes "-m msd-musicnn" for an installed model, and a
 * path for one of their own; tools pass what they were given through
 * mt_model_find(), with the folders of mt_model_folders() (base/datadir.h). */
#ifndef MT_MODEL_MODELPATH_H
#define MT_MODEL_MODELPATH_H

#include <stdint.h>

#include "base/err.h"

/* The file that name means. A name with a '/', one that ends in .safetensors
 * and one that is a file in the working folder are paths and stay as they are.
 * Any other is looked up as FOLDER/NAME.safetensors, the first folder first.
 *   path   out  new memory; NULL on failure
 *   folder in   ended by NULL
 * Errors: MT_EUSAGE, with the installed names, one that is spelt much alike, the
 * folders, and the way to get models. */
int mt_model_find(char **path, const char *name, const char *const *folder,
		  struct mt_err *err) MT_USE_RESULT;

/* For tools that take models among other files: the path of the installed model
 * of this name, in new memory; NULL where the name is a path or no such model
 * is installed. */
char *mt_model_installed(const char *name, const char *const *folder);

/* For tools that tried a name as a file, which failed with rc, and know that it is not
 * the name of an installed model: add the nearest such name to the message. Returns rc. */
int mt_model_hint(int rc, const char *name, const char *const *folder,
		  struct mt_err *err);

/* The name of a model's file without folders and ending: "best" of
 * "model/best.safetensors". New memory. */
char *mt_model_stem(const char *path);

/* The model that is used where none is named: "default" if that is installed
 * (a link, say), else "msd-musicnn", else the first name in alphabetical order.
 *   name, path  out  new memory; NULL on failure
 * Errors: MT_EUSAGE if no model is installed. */
int mt_model_default(char **name, char **path, const char *const *folder,
		     struct mt_err *err) MT_USE_RESULT;

/* The installed model of this name whose tensors have this CRC-32, else any
 * installed one that has it. Opens the models in the folders, so that it is
 * no cheap call.
 *   path  out  new memory; NULL on failure
 * Errors: MT_EUSAGE, with the name and both CRCs. */
int mt_model_find_crc(char **path, const char *name, uint32_t crc,
		      const char *const *folder, struct mt_err *err) MT_USE_RESULT;

#endif
