/* SPDX-License-Identifier: MIT
 * Ops: everything that the reader of nets, the engine and the embeddings ask
 * about a kind of layer. Each file in op/ defines one op or a family of near
 * ones, with its attributes in the file's header; MT_OP_LIST of nn/dev/ops.h
 * is the one table. Nothing else may ask which op a layer has: what differs
 * between ops is a member here. NULL or 0 where an op has nothing of the kind.
 *
 * in and out are sizes of one clip, (1,C,H,W). */
#ifndef MT_NN_GRAPH_OP_H
#define MT_NN_GRAPH_OP_H

#include <stdbool.h>
#include <stddef.h>

#include "nn/graph/net.h"

#define MT_OP_MAX_NAME 2
#define MT_OP_MAX_ATTR 6

enum mt_attr_type {
	MT_ATTR_INTS = 1,  /* list of n integers, or one for all: int64_t[n] */
	MT_ATTR_PAIR,      /* (H,W), or one for both; in one dimension (1,W): int64_t[2] */
	MT_ATTR_PAD,       /* "same", "valid", n, [h,w] or [top,bottom,left,right]: a.pad */
	MT_ATTR_REAL,      /* float */
	MT_ATTR_BOOL,      /* int */
	MT_ATTR_WORD,      /* string, for word() */
	MT_ATTR_REFUSED    /* known only to say in `says` what to do instead */
};

/* An attribute of a layer, in the order in which messages list them. */
struct mt_op_attr {
	const char *name;
	enum mt_attr_type type;
	size_t at;             /* where in struct mt_node: MT_AT() */
	int n;                 /* INTS */
	bool required;
	double standard;       /* value where it is absent; PAIR: of both */
	int64_t least;         /* INTS, PAIR: smallest; the largest is MT_NET_MAX_SIZE */
	/* REAL: min <= x <= max, without the ends if above, below; any if says is NULL */
	double min, max;
	bool above, below;
	const char *says;      /* the error out of range */
	/* WORD: take the string, NULL where it is absent. */
	int (*word)(const struct mt_net *net, struct mt_node *node, const char *word,
		    struct mt_err *err);
};
#define MT_AT(member) offsetof(struct mt_node, member)

/* A parameter as an op declares it, with PyTorch's name and shape. */
struct mt_op_param {
	const char *name;      /* "weight" */
	int slot;              /* its place in mt_step.param[] */
	int n_dim;
	int64_t dim[MT_MAX_DIM];
	bool buffer;           /* not trained: a running statistic */
	bool positive;         /* no value is below 0: a variance */
	double bound;          /* first values: uniform on +-bound, or, bound 0, ... */
	float fill;            /* ... this constant */
};

/* y = (x - mean) * scale + shift, of one channel. */
struct mt_op_affine {
	double mean, scale, shift;
};

struct mt_op {
	enum mt_op_id id;
	const char *name[MT_OP_MAX_NAME + 1]; /* in JSON; node->alias is which */
	int one_d;             /* names from this one on have one dimension */
	struct mt_op_attr attr[MT_OP_MAX_ATTR + 1];

	bool many;             /* reads two inputs or more; else exactly one */
	bool outputs;          /* attribute "out": outputs, which may be "classes" */
	bool takes_relu;       /* its step can compute a relu that follows */
	bool is_relu;          /* can be computed by the step before */
	bool head;             /* as last layer it is contained in the loss */
	bool scores;           /* its values lie between 0 and 1 */
	bool any_layout;       /* value by value, and 0 stays 0: the layout does not matter */
	bool passes;           /* in inference the output is the input, in the same order */
	bool joins;            /* the output is the inputs one after the other */

	/* Checks of attributes together, after all are read. */
	int (*check)(const struct mt_net *net, struct mt_node *node, struct mt_err *err);
	/* Output size; out is in[0] before. Fails only below some length. */
	int (*shape)(const struct mt_node *node, int64_t (*in)[4], int64_t out[4],
		     struct mt_err *err);
	/* Declare parameters, at most MT_MAX_PARAM, in the order of the model file;
	 * p is zero before. Returns how many. Sizes may overflow: use mt_op_times(). */
	int (*param)(const struct mt_node *node, const int64_t in[4], struct mt_op_param *p);
	const char *unit;      /* what a parameter's size counts: "features" */
	/* Multiply-adds for one clip. */
	int64_t (*mac)(const struct mt_node *node, const int64_t in[4], const int64_t out[4]);
	/* Does the layer do nothing, so that its output is its input's memory? */
	bool (*idle)(const struct mt_node *node, bool train);
	/* Is the output a maximum over the clip? */
	bool (*peak)(const struct mt_node *node);
	/* Folding in inference: whether this layer is an affine map of channels,
	 * which one, and how a layer before it takes it into its own weights.
	 *   value   [MT_MAX_PARAM] parameters by slot, NULL where absent
	 *   n       values of w for an output
	 *   w, b    out [n], [1]: weights and bias of output o */
	bool (*folds)(const struct mt_node *node);
	struct mt_op_affine (*affine)(const struct mt_node *node, float *const *value, int64_t c);
	void (*absorb)(float *const *value, int64_t o, int64_t n, const struct mt_op_affine *f,
		       float *w, float *b);
};

/* The op of this name in JSON and which of its names it is; NULL if unknown. */
const struct mt_op *mt_op_find(const char *name, int *alias);
extern const struct mt_op *const mt_op_table[MT_N_OP];

/* For the files of op/. Product that stays too large where it overflows. */
int64_t mt_op_times(int64_t a, int64_t b);
/* C H W */
int64_t mt_op_count(const int64_t d[4]);
/* "why: the input is C x H x W (C,H,W)" */
int mt_op_bad_shape(struct mt_err *err, const char *why, const int64_t d[4]);
/* The axis that 'C', 'F' or 'T' means in this net; 0 for another letter. */
int mt_op_axis(const struct mt_net *net, char letter);
/* Output size of a window (a.kernel, a.stride, a.pad) that slides over H and W. */
int mt_op_window(const struct mt_node *node, const int64_t in[4], int64_t out[4],
		 struct mt_err *err);

#endif
