/* SPDX-License-Identifier: MIT
 * Networks as data: a JSON list of layers.
 *
 * {"name": "small",
 *  "input": {"layout": "BCFT", "bands": 64, "frames": 100, "min_frames": 16},
 *  "layers": [
 *   {"op": "conv2d", "name": "conv1", "out": 32, "kernel": [3, 3], "pad": "same"},
 *   {"op": "batchnorm", "name": "bn1"}, {"op": "relu"}, ...
 *   {"op": "dense", "name": "fc", "out": "classes"}, {"op": "sigmoid"}]}
 *
 * A member "recipe": {"lr": 0.001, ...} recommends options of mt-train, and
 * "comment", in the net, its input and its layers, is for people.
 * "classes" stands for the number given at load. A layer reads the one before
 * it, or the layers named in "from" ("input" is the net's input). Layouts:
 * BCFT (1 channel, bands down, frames across), BCTF, BFT (bands are the
 * channels of a 1-D signal), BCT (waveform). Whatever the layout, the caller
 * gives each clip as the front end makes it: (T,M) row-major, or N samples;
 * the engine's input stage transposes.
 *
 * The ops and their attributes are in the headers of the files of op/; a value
 * in parentheses there is the one of an attribute that is absent. */
#ifndef MT_NN_GRAPH_NET_H
#define MT_NN_GRAPH_NET_H

#include "base/api.h"
#include "nn/dev/ops.h"

MT_API_BEGIN

struct mt_op;

struct mt_net_builtin {
	const char *name, *json;
};
extern const struct mt_net_builtin mt_net_builtin[]; /* ends with name NULL */

enum mt_layout { MT_LAYOUT_BCFT, MT_LAYOUT_BCTF, MT_LAYOUT_BFT, MT_LAYOUT_BCT };

struct mt_node {
	char *name;                 /* unique; "relu3" where the JSON gives none */
	const struct mt_op *op;     /* nn/graph/op.h */
	int alias;                  /* which of the op's names the JSON has */
	struct mt_attr a;           /* pad "same" is in pad[] */
	int n_from, from[MT_MAX_FROM]; /* node numbers; -1 is the input */
	int64_t dim[4];             /* output (1,C,H,W) at the net's own length */
	int param, n_param;         /* first parameter, how many */
	int fixed;                  /* a batchnorm that standardises the input */
	int frozen;                 /* fixed, or by mt_net_freeze() */
};

/* A parameter: PyTorch's name and shape. */
struct mt_param {
	char *name;                 /* "conv1.weight" */
	int n_dim;
	int64_t dim[MT_MAX_DIM];
	int64_t count;
	int trainable;              /* 0: a buffer, such as running_mean, or frozen */
	int frozen;                 /* its layer is frozen: the value never changes */
	int node;                   /* its layer */
	int slot;                   /* its place in mt_step.param[] */
	int positive;               /* no value may be below 0: a variance */
	double bound;               /* init: uniform on +-bound, or, bound 0, ... */
	float fill;                 /* ... this constant */
};

struct mt_net {
	char *name;
	enum mt_layout layout;
	int64_t bands, frames;      /* M, T (waveforms: samples, bands 1) */
	int64_t min_frames;         /* shortest clip that the pools leave alive */
	int any_length;             /* no parameter depends on T */
	int64_t n_class;            /* K: outputs a clip */
	const struct mt_op *head;   /* the last layer's, where the loss contains it; else NULL */
	int embed;                  /* node whose output is the embedding, -1;
				     * mt_net_set_embed() chooses another */
	int n_node, n_param;
	struct mt_node *node;
	struct mt_param *param;
	char *json;                 /* the net with the options put in: parse gives it again */
};

/* Changes to a net at load; 0 leaves what the JSON says. */
struct mt_net_opt {
	int64_t n_class, bands, frames;
	double width;               /* factor on every "out" but the last, at least 1 */
};

/* Load a built-in net, or the file of this path (any name with a '/' or
 * ending in .json). opt may be NULL. Errors: MT_EUSAGE for an unknown name
 * (the text lists the known ones), MT_EINPUT for bad JSON or shapes that do
 * not fit, with the layer's name; in files also for attributes that nothing
 * reads, such as "strid". Release with mt_net_release(). */
int mt_net_load(struct mt_net *net, const char *name, const struct mt_net_opt *opt,
		struct mt_err *err) MT_USE_RESULT;
int mt_net_parse(struct mt_net *net, const char *json, const struct mt_net_opt *opt,
		 struct mt_err *err) MT_USE_RESULT;
void mt_net_release(struct mt_net *net);
const char *mt_net_json(const struct mt_net *net);
/* Comma-separated names of the built-in nets, in new memory. */
char *mt_net_names(void);

/* Freeze the first n layers, in their order in the JSON: in an engine planned
 * afterwards their parameters keep their values to the bit, norms use their
 * running statistics, dropout does nothing, and no gradient is computed for
 * them. A layer reads only earlier ones, so no gradient ends in between. */
void mt_net_freeze(struct mt_net *net, int n);
/* Number of the last layer that has outputs of its own, the head; -1 without. */
int mt_net_head(const struct mt_net *net);

/* Output sizes of every node for clips of this many frames.
 *   dim  out [n_node][4], (1,C,H,W) each
 * Errors: MT_EINPUT naming the layer that does not fit. */
int mt_net_shape(const struct mt_net *net, int64_t frames, int64_t (*dim)[4],
		 struct mt_err *err) MT_USE_RESULT;
/* Sum of counts: all, or only trainable ones. */
int64_t mt_net_n_param(const struct mt_net *net, int trainable_only);
/* Multiply-adds of convolutions and dense layers for one clip. */
int64_t mt_net_mac(const struct mt_net *net, int64_t frames);
/* First values of parameter i, row-major in PyTorch's shape: PyTorch's own
 * default (uniform, 1/sqrt(fan_in)) from Philox (seed, MT_RNG_INIT, 0, i).
 *   out  out [param[i].count] */
void mt_net_init(const struct mt_net *net, int i, uint64_t seed, float *out);
/* Number of the parameter of this name, or -1. */
int mt_net_find(const struct mt_net *net, const char *name);
/* Number of the layer of this name, or -1. */
int mt_net_find_layer(const struct mt_net *net, const char *name);
/* Make the output of the layer of this name the embedding: any layer, maps
 * and scores included. To be called before an engine is planned with
 * mt_engine_opt.embed. Errors: MT_EUSAGE, which lists the layers. */
int mt_net_set_embed(struct mt_net *net, const char *layer, struct mt_err *err)
	MT_USE_RESULT;

MT_API_END

#endif
