/* SPDX-License-Identifier: MIT */
#include "nn/graph/embed.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "nn/graph/op.h"

static const char *const how_names[] = {"mean", "max", "mean+max", "auto"};

static int64_t n_value(const int64_t d[4])
{
	return d[1] * d[2] * d[3];
}

/* For each value of a layer: did it come out of a maximum over the window?
 * Flattening and dropout pass values on, concat puts them side by side. */
static void find_peaks(const struct mt_net *net, int64_t (*dim)[4], int64_t n_input, int node,
		       uint8_t *peak)
{
	while (node >= 0 && net->node[node].op->passes)
		node = net->node[node].from[0];
	if (node < 0)
		return;
	const struct mt_node *nd = &net->node[node];
	if (nd->op->peak && nd->op->peak(nd))
		memset(peak, 1, (size_t)n_value(dim[node]));
	if (!nd->op->joins)
		return;
	for (int k = 0; k < nd->n_from; k++) {
		find_peaks(net, dim, n_input, nd->from[k], peak);
		peak += nd->from[k] < 0 ? n_input : n_value(dim[nd->from[k]]);
	}
}

static void choose_parts(struct mt_embed *e, const struct mt_net *net, int64_t (*dim)[4],
			 size_t crop)
{
	e->peak = mt_calloc(e->n, 1);
	find_peaks(net, dim, net->bands * (int64_t)crop, net->embed, e->peak);
	bool some = memchr(e->peak, 1, e->n), all = !memchr(e->peak, 0, e->n);
	e->how = all ? MT_EMBED_PEAK : some ? MT_EMBED_PARTS : MT_EMBED_MEAN;
}

static int find_how(const char *pool)
{
	for (int i = 0; i < 4; i++)
		if (!strcmp(pool, how_names[i]))
			return i;
	return -1;
}

int mt_embed_init(struct mt_embed *e, struct mt_net *net, size_t crop, const char *model,
		  uint32_t crc, const char *layer, const char *pool, struct mt_err *err)
{
	*e = (struct mt_embed){0};
	int how = find_how(pool), rc = MT_OK;
	if (how < 0)
		return mt_err_set(err, MT_EUSAGE, "unknown pooling '%.40s': mean, max, mean+max "
				  "or auto", pool);
	if (layer && *layer)
		rc = mt_net_set_embed(net, layer, err);
	else if (net->embed < 0)
		rc = mt_err_set(err, MT_EUSAGE, "the net has no default embedding; name a layer");
	if (rc)
		return rc;
	int64_t (*dim)[4] = mt_calloc((size_t)net->n_node, sizeof *dim);
	rc = mt_net_shape(net, (int64_t)crop, dim, err);
	int64_t n = rc ? 0 : n_value(dim[net->embed]);
	if (!rc && n > MT_EMBED_MAX)
		rc = mt_err_set(err, MT_EUSAGE, "layer '%.60s' has %" PRId64 " values a window, an "
				"embedding at most %" PRId64 "; name a later layer",
				net->node[net->embed].name, n, MT_EMBED_MAX);
	if (!rc) {
		*e = (struct mt_embed){.model = mt_strdup(model), .crc = crc, .n = (size_t)n,
				       .layer = mt_strdup(net->node[net->embed].name),
				       .how = (enum mt_embed_how)how};
		if (e->how == MT_EMBED_PARTS)
			choose_parts(e, net, dim, crop);
		e->dims = e->how == MT_EMBED_BOTH ? 2 * e->n : e->n;
	}
	free(dim);
	return rc;
}

void mt_embed_release(struct mt_embed *e)
{
	free(e->model);
	free(e->layer);
	free(e->peak);
	*e = (struct mt_embed){0};
}

void mt_embed_pool(const struct mt_embed *e, float *out, const float *mean, const float *peak)
{
	for (size_t i = 0; i < e->n; i++)
		out[i] = e->how == MT_EMBED_PEAK || (e->how == MT_EMBED_PARTS && e->peak[i])
			? peak[i] : mean[i];
	if (e->how == MT_EMBED_BOTH)
		memcpy(out + e->n, peak, e->n * sizeof *out);
}

const char *mt_embed_param(const struct mt_embed *e, size_t i, char *buf, size_t size)
{
	static const char *const name[] = {"embed.model", "embed.crc32", "embed.layer",
					   "embed.pool", "embed.dims"};
	switch (i) {
	case 0:
		snprintf(buf, size, "%s", e->model);
		break;
	case 1:
		snprintf(buf, size, "%08" PRIx32, e->crc);
		break;
	case 2:
		snprintf(buf, size, "%s", e->layer);
		break;
	case 3:
		snprintf(buf, size, "%s", how_names[e->how]);
		break;
	case 4:
		snprintf(buf, size, "%zu", e->dims);
		break;
	default:
		return NULL;
	}
	return name[i];
}

int mt_embed_from_json(struct mt_embed *e, const char *text, struct mt_err *err)
{
	*e = (struct mt_embed){0};
	json_t *o = text ? json_loads(text, 0, NULL) : NULL;
	const char *layer = json_string_value(json_object_get(o, "embed.layer"));
	const char *model = json_string_value(json_object_get(o, "embed.model"));
	const char *crc = json_string_value(json_object_get(o, "embed.crc32"));
	const char *pool = json_string_value(json_object_get(o, "embed.pool"));
	const char *dims = json_string_value(json_object_get(o, "embed.dims"));
	int64_t n = 0;
	int rc = layer ? MT_OK : MT_END;
	const char *bad = !model ? "model" : !pool || find_how(pool) < 0 ? "pool" :
		!dims || !mt_num_i64(dims, &n) || n < 1 || n > 2 * MT_EMBED_MAX ? "dims" :
		!crc || strlen(crc) != 8 || crc[strspn(crc, "0123456789abcdef")] ? "crc32" : NULL;
	if (!rc && bad)
		rc = mt_err_set(err, MT_EINPUT, "its front end is an embedding with a missing or "
				"bad embed.%s", bad);
	if (!rc)
		*e = (struct mt_embed){.model = mt_strdup(model), .layer = mt_strdup(layer),
				       .crc = (uint32_t)strtoul(crc, NULL, 16), .dims = (size_t)n,
				       .how = (enum mt_embed_how)find_how(pool)};
	json_decref(o);
	return rc;
}
