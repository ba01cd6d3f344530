/* SPDX-License-Identifier: MIT */
#include "nn/dev/ops.h"

#include <string.h>

const struct mt_ops *mt_ops_get(const char *name, struct mt_err *err)
{
	static const struct mt_ops *const all[] = {
#ifndef MT_NO_ONEDNN
		&mt_ops_onednn,
#endif
		&mt_ops_blas,
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (!strcmp(name, all[i]->name))
			return all[i];
	if (!strcmp(name, "onednn"))
		mt_err_set(err, MT_EUSAGE, "built without the backend onednn; use blas");
	else
		mt_err_set(err, MT_EUSAGE, "unknown backend '%s'; use onednn or blas", name);
	return NULL;
}

int mt_ops_lacks(const char *backend, enum mt_op_id op, struct mt_err *err)
{
#define NAME(id, name) [MT_OP_##id] = #name,
	static const char *const names[MT_N_OP] = {MT_OP_LIST(NAME)};
	return mt_err_set(err, MT_EUSAGE, "backend %s does not implement the op %s; use another "
			  "backend", backend, names[op]);
}
