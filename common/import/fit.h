/* SPDX-License-Identifier: MIT
 * Which net weights are of, and their tensors under the net's own names. Use
 * it after mt_weights_read(): find the fit, then make the tensors and write
 * them with mt_model_save(). */
#ifndef MT_IMPORT_FIT_H
#define MT_IMPORT_FIT_H

#include "import/family.h"
#include "model/model.h"
#include "nn/graph/net.h"

/* What the user says; NULL: find out. */
struct mt_fit_opt {
	const char *net;         /* name or file */
	const char *map;         /* a family as a file */
};

struct mt_fit {
	struct mt_family family; /* of a net whose own names the source has: rows only */
	struct mt_net net;       /* with as many outputs as the source has */
	struct mt_model_tensor *tensor; /* [net.n_param], after mt_fit_take() */
	size_t n_tensor;
	uint32_t crc;            /* of their values */
	uint64_t n_flushed;      /* subnormal values set to 0 */
	const struct mt_family_known *known; /* the published model it is; NULL */
};

/* Compare names and shapes with every family, then with the built-in nets' own
 * names; or only with those that opt names. MT_EINPUT if none fits: what was
 * found, the closest net, and the first name or shape that differs; MT_EUSAGE
 * for a bad map or net. path is for messages. */
int mt_fit_find(struct mt_fit *fit, const struct mt_weights *w,
		const struct mt_fit_opt *opt, const char *path,
		struct mt_err *err) MT_USE_RESULT;
/* Make the tensors. Values that are not finite and variances below 0 are refused
 * by name (MT_EINPUT); subnormal values become 0, because they make a net ten times
 * slower on most CPUs and change no score. */
int mt_fit_take(struct mt_fit *fit, const struct mt_weights *w, const char *path,
		struct mt_err *err) MT_USE_RESULT;
void mt_fit_release(struct mt_fit *fit);

#endif
