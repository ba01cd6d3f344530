/* SPDX-License-Identifier: MIT
 * Folders in which programs look up installed files by a bare name. The
 * environment is read here, so that libraries need not: a tool passes the
 * folders on (mt_model_find() of model/modelpath.h). */
#ifndef MT_BASE_DATADIR_H
#define MT_BASE_DATADIR_H

/* Folders of models, best first, ended by NULL: those of $MT_MODELS, separated
 * by colons; mt/models in the user's data folder ($XDG_DATA_HOME, else
 * ~/.local/share); share/mt/models of the installation; beside the program,
 * ../share/mt/models and, where that folder exists, ../models (a program that
 * was built but not installed). They need not exist. The list is made by the
 * first call, which must be on the main thread, and lives as long as the
 * program. */
const char *const *mt_model_folders(void);

#endif
