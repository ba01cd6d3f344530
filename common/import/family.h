/* SPDX-License-Identifier: MIT
 * Families of published models: how the tensors of a source become those of
 * one of our nets. A family is a text, built in from import/families/NAME.map or
 * given by the user (mt-convert --map):
 *
 *   # comment
 *   net: musicnn                    name of a built-in net, or a file
 *   front: musicnn                  profile of the front end
 *   origin: https://...             where the weights are published
 *   licence: one line of the notice, as often as it has lines
 *   known: 1234abcd mtt MTT_musicnn CRC-32 of a model's weights (its "crc32"),
 *                                   list of its tags, its name
 *   skip: *.num_batches_tracked     names that are not needed; * is any text
 *   OURS<TAB>SOURCE[<TAB>STEPS]     one tensor; steps as mt_steps_run() has them
 *
 * To add a family add such a file; the net is in nn/nets. */
#ifndef MT_IMPORT_FAMILY_H
#define MT_IMPORT_FAMILY_H

#include <stddef.h>
#include <stdint.h>

#include "import/weights.h"

struct mt_text_builtin {
	const char *name, *text;
};
extern const struct mt_text_builtin mt_family_builtin[];  /* end with name NULL */
extern const struct mt_text_builtin mt_taglist_builtin[]; /* one tag a line */

struct mt_family_row {
	char *to, *from;
	char *steps;                   /* NULL: as it is */
};

struct mt_family_known {
	uint32_t crc;
	char *tags, *name;
};

struct mt_family {
	char *name;
	char *net, *front, *origin, *licence; /* NULL: not said */
	struct mt_family_row *row;
	size_t n_row;
	struct mt_family_known *known;
	size_t n_known;
	char **skip;
	size_t n_skip;
};

/* name is for messages. MT_EUSAGE with name and line. */
int mt_family_parse(struct mt_family *f, const char *text, const char *name,
		    struct mt_err *err) MT_USE_RESULT;
void mt_family_add(struct mt_family *f, const char *to, const char *from,
		   const char *steps);
/* Is this name of the source one to skip? */
bool mt_family_skips(const struct mt_family *f, const char *name);
/* The row of our tensor; NULL. */
const struct mt_family_row *mt_family_row(const struct mt_family *f, const char *to);
void mt_family_release(struct mt_family *f);

/* An array on its way; data NULL: only the shape is worked out. */
struct mt_steps {
	int n_dim;
	uint64_t dim[MT_WEIGHT_DIMS];
	float *data;                   /* malloc()ed */
};
/* Run the steps, separated by commas, over the array:
 *   transpose A B ...   order of the old axes
 *   reshape N N ...     the same values in another shape; one -1 is worked out
 *   deinterleave AXIS   values 0, 2, 4 ... and then 1, 3, 5 ... of the axis
 *   flip AXIS ...       the axes in reverse
 * MT_EUSAGE for an unknown or impossible step, with the shape. */
int mt_steps_run(struct mt_steps *s, const char *steps, struct mt_err *err) MT_USE_RESULT;

/* A list of tags: the name of one that is built in, a file with one tag a line,
 * or an mt model. MT_EUSAGE for one that is empty or has a tag twice. */
int mt_taglist_load(char ***tag, size_t *n, const char *name, struct mt_err *err)
	MT_USE_RESULT;
void mt_taglist_release(char **tag, size_t n);

#endif
