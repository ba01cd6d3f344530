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
/* The attributes of a layer of this op, by the op's table of them. */
int mt_net_read_attr(const struct mt_net *net, const json_t *l, struct mt_node *node,
		     struct mt_err *err);
/* n integers from least on, from a list or from one that fills all.
 * Errors: MT_EINPUT. */
int mt_net_read_ints(const json_t *v, const char *what, int n, int64_t *to, int64_t least,
		     struct mt_err *err);
/* A string, or NULL where there is none. Errors: MT_EINPUT. */
int mt_net_read_word(const json_t *l, const char *what, const char **to, struct mt_err *err);
/* Whether each attribute is one that its layer, the input or the net knows. Not
 * for the nets in models: old ones were written by programs that did not look, and
 * what was ignored in training must be ignored after it.
 * Errors: MT_EINPUT, with the layer, its op and the nearest known name. */
int mt_net_check_names(const json_t *root, struct mt_err *err);
/* Shapes, parameters and facts of a net whose nodes are read. */
int mt_net_finish(struct mt_net *net, struct mt_err *err);

#endif
