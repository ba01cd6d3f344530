/* SPDX-License-Identifier: MIT
 * Embeddings: the output of an inner layer, pooled over a clip's windows. What
 * an embedding is of travels with it, as parameters embed.* of a stream and in
 * the front end of a model that was trained on it, because a net can use the
 * embeddings of one layer of one model only. For the engine an embedding is a
 * clip of one frame with as many bands as the embedding has values. */
#ifndef MT_NN_GRAPH_EMBED_H
#define MT_NN_GRAPH_EMBED_H

#include <stddef.h>
#include <stdint.h>

#include "nn/graph/net.h"

/* Most values that a layer may have for one window. */
#define MT_EMBED_MAX ((int64_t)1 << 20)

enum mt_embed_how { MT_EMBED_MEAN, MT_EMBED_PEAK, MT_EMBED_BOTH, MT_EMBED_PARTS };

struct mt_embed {
	char *model;             /* name */
	uint32_t crc;            /* of the model's tensors */
	char *layer;
	enum mt_embed_how how;
	size_t dims;             /* D, values of an embedding */
	size_t n;                /* E, values of a window; 0 after from_json */
	uint8_t *peak;           /* [E] MT_EMBED_PARTS: 1 for the greatest, 0 the mean */
};

/* Choose what is computed.
 *   net    in/out  its embedding becomes that layer (mt_net_set_embed)
 *   crop   frames of a window
 *   layer  NULL or "": the net's own embedding
 *   pool   "mean", "max", "mean+max" (the means, then the greatest), or "auto":
 *          the values that a layer took as a maximum over time become the
 *          greatest, all others the mean
 * Errors: MT_EUSAGE, for an unknown layer with the names. */
int mt_embed_init(struct mt_embed *e, struct mt_net *net, size_t crop, const char *model,
		  uint32_t crc, const char *layer, const char *pool,
		  struct mt_err *err) MT_USE_RESULT;
void mt_embed_release(struct mt_embed *e);

/* Pool as chosen.
 *   out   out [D]
 *   mean  in  [E] mean of the windows
 *   peak  in  [E] greatest of the windows */
void mt_embed_pool(const struct mt_embed *e, float *out, const float *mean, const float *peak);

enum { MT_EMBED_MODEL, MT_EMBED_CRC, MT_EMBED_LAYER, MT_EMBED_POOL, MT_EMBED_DIMS };

/* The parameters as text, for a stream and a model's front end: "embed.model",
 * "embed.crc32", "embed.layer", "embed.pool", "embed.dims".
 *   name   out  of parameter i; NULL when i is past the last
 *   buf    out  its value, cut to size */
const char *mt_embed_param(const struct mt_embed *e, size_t i, char *buf, size_t size);
/* The same from a JSON object of strings, such as a model's front end. MT_END
 * and *e empty if it has no embed.layer; MT_EINPUT for bad values. */
int mt_embed_from_json(struct mt_embed *e, const char *text, struct mt_err *err)
	MT_USE_RESULT;

#endif
