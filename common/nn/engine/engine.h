/* SPDX-License-Identifier: MIT
 * Engine: a network planned for one batch shape on one backend, with its
 * parameters, optimizer state and memory. Planned once: layers are fused,
 * the backend chooses layouts, and activations, and in training gradients,
 * share an arena by liveness.
 *
 * Layers frozen by mt_net_freeze() keep their parameters to the bit.
 *
 * Results are the same bytes from run to run with the same backend, CPU and
 * number of threads. An engine is used by one thread at a time. */
#ifndef MT_NN_ENGINE_ENGINE_H
#define MT_NN_ENGINE_ENGINE_H

#include "base/api.h"
#include "nn/engine/loss.h"
#include "nn/engine/optim.h"
#include "nn/graph/net.h"

MT_API_BEGIN

enum mt_engine_mode { MT_INFER = 0, MT_TRAIN = 1 };

/* What to get or set of a parameter. */
enum mt_what { MT_VALUE, MT_GRAD, MT_MOMENT1, MT_MOMENT2, MT_AVERAGE };

struct mt_engine_opt {
	enum mt_engine_mode mode;
	const char *backend;  /* NULL: the default */
	int64_t batch;        /* B, the largest batch */
	int64_t frames;       /* T of a clip; 0: the net's */
	int n_thread;         /* 0: one for each processor the process may use */
	int embed;            /* MT_INFER: keep the output of layer net->embed for
			       * mt_engine_embed(); see mt_net_set_embed() */
	int gradient_only;    /* MT_TRAIN: no moments; another engine updates */
	uint64_t max_bytes;   /* of parameters and activations; 0: any. More is MT_EINPUT,
			       * said before the memory is taken */
	int average;          /* MT_TRAIN: keep averaged values for mt_engine_average() */
};

struct mt_engine;

/* Plan. net must outlive the engine. Parameters start at zero; call
 * mt_engine_init() or mt_engine_set(). MT_TRAIN drops the net's last sigmoid
 * or softmax, which the loss contains. */
int mt_engine_new(struct mt_engine **e, const struct mt_net *net,
		  const struct mt_engine_opt *opt, struct mt_err *err) MT_USE_RESULT;
void mt_engine_free(struct mt_engine *e);

/* The message of a plan that is too large, for max_bytes. MT_EINPUT. */
int mt_engine_too_large(struct mt_err *err, double bytes, const struct mt_engine_opt *opt,
			uint64_t max_bytes);

/* What computes, for a model's metadata: "oneDNN 2.6.0 avx2". NULL: the default;
 * "" for a backend that there is not. */
void mt_engine_id(const char *backend, char *buf, size_t size);

/* Set every parameter to its first value; moments to zero. */
int mt_engine_init(struct mt_engine *e, uint64_t seed, struct mt_err *err) MT_USE_RESULT;

/* Parameter i as a row-major array in PyTorch's shape, [param[i].count].
 * MT_GRAD and the moments exist in MT_TRAIN for trainable parameters,
 * MT_AVERAGE for all if it was asked for. */
int mt_engine_get(struct mt_engine *e, int i, enum mt_what what, float *out,
		  struct mt_err *err) MT_USE_RESULT;
int mt_engine_set(struct mt_engine *e, int i, enum mt_what what, const float *in,
		  struct mt_err *err) MT_USE_RESULT;
/* What an engine of the same net has becomes to's values: MT_VALUE (moments
 * too, where both have them) or MT_AVERAGE. */
int mt_engine_copy(struct mt_engine *to, struct mt_engine *from, enum mt_what what,
		   struct mt_err *err) MT_USE_RESULT;

/* Scores of n <= B clips, the net's last layer; MT_INFER only. To validate while
 * training, keep an MT_INFER engine and mt_engine_copy() into it.
 *   out  out [n,K]
 *   x    in  [n,T,M] (waveform nets: [n,N]) */
int mt_engine_forward(struct mt_engine *e, int64_t n, const float *x, float *out,
		      struct mt_err *err) MT_USE_RESULT;
/* Size E of the embedding, 0 without one. Embeddings of the last forward, [n,E]:
 * each clip's layer output as (C,H,W), row-major; nothing is folded into it
 * or fused behind it. */
int64_t mt_engine_n_embed(const struct mt_engine *e);
int mt_engine_embed(struct mt_engine *e, int64_t n, float *out, struct mt_err *err) MT_USE_RESULT;

struct mt_train {
	enum mt_loss loss;
	struct mt_optim optim;
	uint64_t step;        /* 1 for the first: Adam's bias correction, dropout's stream */
	uint64_t seed;        /* dropout */
};

/* One step of training on n <= B clips; n < B plans that size once more.
 *   loss    out        mean loss of this batch before the update; NULL: not wanted
 *   x       in [n,T,M]
 *   target  in [n,K]   0 .. 1 */
int mt_engine_train_step(struct mt_engine *e, int64_t n, const float *x, const float *target,
			 const struct mt_train *t, double *loss, struct mt_err *err) MT_USE_RESULT;
/* The same in two halves, for data-parallel training: gradients, then update.
 * Between them the gradients of all trainable parameters lie, in the
 * backend's layout, in one array of mt_engine_grads(). Layouts agree between
 * engines of the same net, shape, backend and CPU. */
int mt_engine_gradient(struct mt_engine *e, int64_t n, const float *x, const float *target,
		       const struct mt_train *t, double *loss, struct mt_err *err) MT_USE_RESULT;
float *mt_engine_grads(struct mt_engine *e, size_t *count);
void mt_engine_update(struct mt_engine *e, const struct mt_train *t);
/* The averaged values, running statistics among them, go that share of the way
 * to the present ones; share 1 begins anew. */
void mt_engine_average(struct mt_engine *e, double share);

/* Bytes planned. */
struct mt_engine_size {
	size_t param;         /* values */
	size_t state;         /* gradients and moments */
	size_t arena;         /* activations, their gradients and scratch, shared */
	size_t unshared;      /* what the arena would be without sharing */
};
struct mt_engine_size mt_engine_size(const struct mt_engine *e);

MT_API_END

#endif
