/* SPDX-License-Identifier: MIT
 * Windows of a fixed number of frames over a mel spectrogram of any length.
 * A clip shorter than the window is repeated from its start until it fills
 * it; a longer one is covered by evenly spaced windows, the first at its
 * start, the last at its end. */
#ifndef MT_MODEL_WINDOW_H
#define MT_MODEL_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/api.h"
#include "nn/engine/engine.h"

MT_API_BEGIN

/* How many windows of C frames cover T: 1 when T <= C, else enough that no
 * two neighbours are more than C apart; at least want (0: no matter). */
size_t mt_window_count(size_t n_frame, size_t crop, size_t want);
/* First frame of window w of n. */
size_t mt_window_first(size_t n_frame, size_t crop, size_t n, size_t w);
/* Copy a window, repeating a short clip.
 *   out  out [C][M]
 *   mel  in  [T][M]
 *   first    may be anything from 0; frames are taken modulo T when T < C */
void mt_window_copy(float *out, const float *mel, size_t n_frame,
		    size_t n_band, size_t first, size_t crop);

/* Windows one after the other from the clip's start, as musicnn takes them: how
 * many whole ones there are, the tail is dropped; 1 for a short clip. Window w
 * begins at w * crop. */
size_t mt_window_count_plain(size_t n_frame, size_t crop);

/* An inference engine that scores whole clips. */
struct mt_scorer {
	struct mt_engine *engine;
	size_t batch, crop, n_band, n_tag, n_embed;
	bool plain;
	float *x;                /* [B][C][M] windows that wait */
	float *y;                /* [B][K] */
	float *e;                /* [B][E] */
	size_t n;                /* how many wait */
	struct mt_scorer_slot *slot; /* [B] where their results go */
};

struct mt_scorer_opt {
	const char *backend;     /* NULL: the default */
	size_t batch;            /* halved as often as memory wants it, down to 1 */
	size_t crop;             /* frames of a window */
	int n_thread;            /* 0: as many as there are CPUs */
	bool embed;              /* compute the net's embedding too */
	bool plain;              /* windows of mt_window_count_plain() */
	uint64_t max_bytes;      /* of the engine, and of the windows that wait; 0: any */
};

/* Where the results of a clip of n windows go. */
struct mt_scorer_out {
	float *score;            /* [K] mean of the windows' scores */
	float *each;             /* [n][K] scores of each window; NULL: not wanted */
	float *mean, *peak;      /* [E] mean and greatest of the windows' embeddings;
				  * NULL: not wanted */
	float *each_embed;       /* [n][E]; NULL: not wanted */
};

/* The engine is planned here; give it parameters by mt_engine_set/copy.
 * Errors: MT_EINPUT when it would need more than max_bytes, with both numbers. */
int mt_scorer_open(struct mt_scorer *s, const struct mt_net *net,
		   const struct mt_scorer_opt *opt, struct mt_err *err) MT_USE_RESULT;
/* The same without embeddings, evenly spaced windows and a limit. */
int mt_scorer_init(struct mt_scorer *s, const struct mt_net *net,
		   const char *backend, size_t batch, size_t crop,
		   int n_thread, struct mt_err *err) MT_USE_RESULT;
/* How many windows a clip has: at least want (0: no matter). */
size_t mt_scorer_count(const struct mt_scorer *s, size_t n_frame, size_t want);
/* First frame of window w of the n of a clip. */
size_t mt_scorer_first(const struct mt_scorer *s, size_t n_frame, size_t n, size_t w);
/* Queue the n windows of a clip; windows of several clips share batches, so
 * the results are there only after mt_scorer_flush().
 *   mel  in  [T][M]  copied */
int mt_scorer_put(struct mt_scorer *s, const struct mt_scorer_out *out,
		  const float *mel, size_t n_frame, size_t n,
		  struct mt_err *err) MT_USE_RESULT;
/* The same for scores alone.
 *   out  out [K]     mean of the windows' scores
 *   each out [n][K]  scores of each window; NULL: not wanted */
int mt_scorer_add(struct mt_scorer *s, float *out, float *each,
		  const float *mel, size_t n_frame, size_t n,
		  struct mt_err *err) MT_USE_RESULT;
int mt_scorer_flush(struct mt_scorer *s, struct mt_err *err) MT_USE_RESULT;
void mt_scorer_release(struct mt_scorer *s);

MT_API_END

#endif
