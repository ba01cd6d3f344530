/* SPDX-License-Identifier: MIT */
#include "import/weights.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

const struct mt_weight *mt_weights_get(const struct mt_weights *w, const char *name)
{
	for (size_t i = 0; i < w->n; i++)
		if (!strcmp(w->item[i].name, name))
			return &w->item[i];
	return NULL;
}

void mt_weights_release(struct mt_weights *w)
{
	for (size_t i = 0; i < w->n; i++) {
		free(w->item[i].name);
		free(w->item[i].data);
	}
	free(w->item);
	free(w->format);
	free(w->metadata);
	*w = (struct mt_weights){0};
}
