/* SPDX-License-Identifier: MIT
 * Windows of a fixed number of frames over a mel spectrogram of any length.
 * A clip shorter than the window is repeated from its start until it fills
 * it; a longer one is covered by evenly spaced windows, the first at its
 * start, the last at its end. */
#ifndef MT_NN_WINDOW_H
#define MT_NN_WINDOW_H

#include <stddef.h>
#include <stdint.h>

#include "nn/engine.h"

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

/* An inference engine that scores whole clips. */
struct mt_scorer {
	struct mt_engine *engine;
	size_t batch, crop, n_band, n_tag;
	float *x;                /* [B][C][M] windows that wait */
	float *y;                /* [B][K] */
	size_t n;                /* how many wait */
	float **row;             /* [B] where their scores are added ... */
	float *weight;           /* [B] ... with this weight */
	float **each;            /* [B] where they are stored, or NULL */
};

/* The engine is planned here; give it parameters by mt_engine_set/copy. */
int mt_scorer_init(struct mt_scorer *s, const struct mt_net *net,
		   const char *backend, size_t batch, size_t crop,
		   int n_thread, struct mt_err *err) MT_USE_RESULT;
/* Queue the n windows of a clip; windows of several clips share batches, so
 * the scores are there only after mt_scorer_flush().
 *   out  out [K]     mean of the windows' scores; zeroed here
 *   each out [n][K]  scores of each window; NULL: not wanted
 *   mel  in  [T][M]  copied */
int mt_scorer_add(struct mt_scorer *s, float *out, float *each,
		  const float *mel, size_t n_frame, size_t n,
		  struct mt_err *err) MT_USE_RESULT;
int mt_scorer_flush(struct mt_scorer *s, struct mt_err *err) MT_USE_RESULT;
void mt_scorer_release(struct mt_scorer *s);

#endif
