/* SPDX-License-Identifier: MIT
 * Shared by the files of nn/net; not for others. */
#ifndef MT_NN_GRAPH_NET_IMPL_H
#define MT_NN_GRAPH_NET_IMPL_H

#include <jansson.h>

#include "nn/graph/net.h"

/* Largest size in a net: an output, a kernel, a stride, bands, frames. */
#define MT_NET_MAX_SIZE ((int64_t)1 << 24)

/* Nodes, shapes and parameters from the JSON object; on failure net is half
 * filled and wants mt_net_release(). */
int mt_net_read(struct mt_net *net, const json_t *root, struct mt_err *err);
/* Whether each attribute is one that its layer, the input or the net knows. Not
 * for the nets in models: old ones were written by programs that did not look, and
 * what was ignored in training must be ignored after it.
 * Errors: MT_EINPUT, with the layer, its op and the nearest known name. */
int mt_net_check_names(const json_t *root, struct mt_err *err);
/* Output sizes of one node from its inputs' (net->node[i].a is complete).
 * Errors: MT_EINPUT. */
int mt_node_shape(const struct mt_node *node, int64_t (*in)[4], int64_t out[4],
		  struct mt_err *err);

/* Shapes, parameters and facts of a net whose nodes are read. */
int mt_net_finish(struct mt_net *net, struct mt_err *err);

#endif
