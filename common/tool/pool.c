/* SPDX-License-Identifier: MIT */
#include "tool/pool.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/thread.h"

#define QUEUE 4  /* results of one job that may wait */

struct slot {
	struct mt_rec *item[QUEUE];
	int first, n;
	bool done;
	int rc;
	struct mt_err err;
};

struct pool {
	struct mt_pool_calls calls;
	pthread_mutex_t input;    /* held while pulling */
	pthread_mutex_t lock;     /* everything below */
	pthread_cond_t moved;     /* any change that somebody may wait for */
	struct slot *slot;
	uint64_t n_slot, claimed, taken;
	int active;               /* threads inside work() or alone() */
	bool ended, stop;
	void **scratch;           /* of each thread, the tool's */
	int n_scratch;
	struct mt_rec **spare;
	size_t n_spare, cap_spare;
};

struct mt_emit {
	struct pool *pool;
	struct slot *slot;        /* NULL: no threads, take at once */
};

static struct mt_rec *rec_get(struct pool *p)
{
	pthread_mutex_lock(&p->lock);
	struct mt_rec *rec = p->n_spare ? p->spare[--p->n_spare] : NULL;
	pthread_mutex_unlock(&p->lock);
	if (!rec) {
		rec = mt_calloc(1, sizeof *rec);
		mt_rec_init(rec);
	}
	mt_rec_reset(rec, MT_DATA);
	return rec;
}

/* With the lock held. */
static void rec_give(struct pool *p, struct mt_rec *rec)
{
	if (p->n_spare == p->cap_spare) {
		p->cap_spare = p->cap_spare ? 2 * p->cap_spare : 16;
		p->spare = mt_realloc(p->spare, p->cap_spare, sizeof *p->spare);
	}
	p->spare[p->n_spare++] = rec;
}

struct mt_rec *mt_emit_new(struct mt_emit *emit)
{
	return rec_get(emit->pool);
}

int mt_emit_put(struct mt_emit *emit, struct mt_rec *rec, struct mt_err *err)
{
	struct pool *p = emit->pool;
	struct slot *s = emit->slot;
	if (!s) {
		int rc = p->calls.take(p->calls.ctx, rec, err);
		rec_give(p, rec);
		return rc;
	}
	pthread_mutex_lock(&p->lock);
	while (s->n == QUEUE && !p->stop)
		pthread_cond_wait(&p->moved, &p->lock);
	if (p->stop) {
		rec_give(p, rec);
		pthread_mutex_unlock(&p->lock);
		return mt_err_set(err, MT_ESYS, "stopped");
	}
	s->item[(s->first + s->n++) % QUEUE] = rec;
	pthread_cond_broadcast(&p->moved);
	pthread_mutex_unlock(&p->lock);
	return MT_OK;
}

static void slot_done(struct pool *p, struct slot *s, int rc,
		      const struct mt_err *err)
{
	pthread_mutex_lock(&p->lock);
	s->rc = rc;
	if (rc && err)
		s->err = *err;
	s->done = true;
	pthread_cond_broadcast(&p->moved);
	pthread_mutex_unlock(&p->lock);
}

/* A place in the order for the next job; NULL when there is no more work. */
static struct slot *claim(struct pool *p)
{
	struct slot *s = NULL;
	pthread_mutex_lock(&p->lock);
	while (p->claimed - p->taken == p->n_slot && !p->stop)
		pthread_cond_wait(&p->moved, &p->lock);
	if (!p->stop && !p->ended) {
		s = &p->slot[p->claimed++ % p->n_slot];
		*s = (struct slot){0};
	}
	pthread_mutex_unlock(&p->lock);
	return s;
}

/* Wait until all jobs before this one have been taken. */
static bool wait_alone(struct pool *p)
{
	pthread_mutex_lock(&p->lock);
	while (p->claimed - p->taken > 1 && !p->stop)
		pthread_cond_wait(&p->moved, &p->lock);
	bool go = !p->stop;
	pthread_mutex_unlock(&p->lock);
	return go;
}

static bool enter(struct pool *p)
{
	pthread_mutex_lock(&p->lock);
	bool go = !p->stop;
	p->active += go;
	pthread_mutex_unlock(&p->lock);
	return go;
}

static void leave(struct pool *p)
{
	pthread_mutex_lock(&p->lock);
	p->active--;
	pthread_cond_broadcast(&p->moved);
	pthread_mutex_unlock(&p->lock);
}

static int call_pull(struct pool *p, struct mt_rec *rec, bool *alone,
		     struct mt_err *err)
{
	if (!p->calls.pull_is_tool)
		return p->calls.pull(p->calls.ctx, rec, alone, err);
	if (!enter(p))
		return MT_END;
	int rc = p->calls.pull(p->calls.ctx, rec, alone, err);
	leave(p);
	return rc;
}

/* Pull one job under the input's lock. Returns false when the thread is to
 * end. */
static bool pull(struct pool *p, struct slot **slot, struct mt_rec **rec)
{
	struct mt_err err = {0};
	bool alone = false;
	pthread_mutex_lock(&p->input);
	struct slot *s = claim(p);
	if (!s) {
		pthread_mutex_unlock(&p->input);
		return false;
	}
	*rec = rec_get(p);
	int rc = call_pull(p, *rec, &alone, &err);
	if (!rc && alone && wait_alone(p) && enter(p)) {
		rc = p->calls.alone(p->calls.ctx, *rec, &err);
		leave(p);
	}
	if (rc) {
		pthread_mutex_lock(&p->lock);
		p->ended = true;
		rec_give(p, *rec);
		pthread_mutex_unlock(&p->lock);
		slot_done(p, s, rc, &err);
	}
	pthread_mutex_unlock(&p->input);
	*slot = s;
	return !rc;
}

static void *worker(void *arg)
{
	struct pool *p = arg;
	struct slot *s;
	struct mt_rec *rec;
	pthread_mutex_lock(&p->lock);
	void **scratch = &p->scratch[p->n_scratch++];
	pthread_mutex_unlock(&p->lock);
	while (pull(p, &s, &rec)) {
		struct mt_err err = {0};
		struct mt_emit emit = {p, s};
		if (!enter(p)) {
			pthread_mutex_lock(&p->lock);
			rec_give(p, rec);
			pthread_mutex_unlock(&p->lock);
			break;
		}
		int rc = p->calls.work(p->calls.ctx, scratch, rec, &emit, &err);
		leave(p);
		if (rc == MT_OK) {
			rc = mt_emit_put(&emit, rec, &err);
		} else {
			pthread_mutex_lock(&p->lock);
			rec_give(p, rec);
			pthread_mutex_unlock(&p->lock);
		}
		slot_done(p, s, rc == MT_DROP ? MT_OK : rc, &err);
	}
	/* once stopped, the tool may be gone already */
	if (*scratch && enter(p)) {
		p->calls.scratch_free(p->calls.ctx, *scratch);
		leave(p);
	}
	return NULL;
}

/* The next result in order, or NULL with the status of the slot that ended
 * the run. */
static struct mt_rec *next_result(struct pool *p, int *rc, struct mt_err *err)
{
	struct mt_rec *rec = NULL;
	bool told = !p->calls.idle;
	*rc = MT_OK;
	pthread_mutex_lock(&p->lock);
	for (;;) {
		struct slot *s = &p->slot[p->taken % p->n_slot];
		bool mine = p->taken < p->claimed;
		if (mine && s->n) {
			rec = s->item[s->first];
			s->first = (s->first + 1) % QUEUE;
			s->n--;
			break;
		}
		if (mine && s->done && s->rc) {
			*rc = s->rc;
			if (err && s->rc < 0)
				*err = s->err;
			break;
		}
		if (mine && s->done) {
			p->taken++;
		} else if (told) {
			pthread_cond_wait(&p->moved, &p->lock);
		} else {
			pthread_mutex_unlock(&p->lock);
			p->calls.idle(p->calls.ctx);
			told = true;
			pthread_mutex_lock(&p->lock);
		}
		pthread_cond_broadcast(&p->moved);
	}
	pthread_cond_broadcast(&p->moved);
	pthread_mutex_unlock(&p->lock);
	return rec;
}

static int drain(struct pool *p, struct mt_err *err)
{
	for (;;) {
		int rc;
		struct mt_rec *rec = next_result(p, &rc, err);
		if (!rec)
			return rc;
		rc = p->calls.take(p->calls.ctx, rec, err);
		pthread_mutex_lock(&p->lock);
		rec_give(p, rec);
		pthread_mutex_unlock(&p->lock);
		if (rc)
			return rc;
	}
}

static void pool_free(struct pool *p)
{
	for (size_t i = 0; i < p->n_spare; i++) {
		mt_rec_release(p->spare[i]);
		free(p->spare[i]);
	}
	free(p->spare);
	free(p->scratch);
	free(p->slot);
	pthread_mutex_destroy(&p->input);
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->moved);
	free(p);
}

static int run_inline(struct pool *p, struct mt_err *err)
{
	const struct mt_pool_calls *c = &p->calls;
	struct mt_emit emit = {p, NULL};
	void *scratch = NULL;
	int rc;
	for (;;) {
		bool alone = false;
		struct mt_rec *rec = rec_get(p);
		rc = c->pull(c->ctx, rec, &alone, err);
		if (!rc && alone)
			rc = c->alone(c->ctx, rec, err);
		if (!rc)
			rc = c->work(c->ctx, &scratch, rec, &emit, err);
		if (!rc)
			rc = c->take(c->ctx, rec, err);
		rec_give(p, rec);
		if (rc && rc != MT_DROP)
			break;
	}
	if (scratch)
		c->scratch_free(c->ctx, scratch);
	return rc == MT_END ? MT_OK : rc;
}

/* The pool of detached threads, so that it is no leak. */
static struct pool *volatile left_behind;

/* After an error: let nobody enter the tool's callbacks any more, and wait
 * for those who are inside. Threads that wait for input stay where they are;
 * they are detached and go with the process. */
static void stop(struct pool *p, pthread_t *thread, int n)
{
	pthread_mutex_lock(&p->lock);
	left_behind = p;
	p->stop = true;
	pthread_cond_broadcast(&p->moved);
	while (p->active)
		pthread_cond_wait(&p->moved, &p->lock);
	pthread_mutex_unlock(&p->lock);
	for (int i = 0; i < n; i++)
		pthread_detach(thread[i]);
}

int mt_pool_run(const struct mt_pool_calls *calls, int n_thread,
		struct mt_err *err)
{
	struct pool *p = mt_calloc(1, sizeof *p);
	p->calls = *calls;
	pthread_mutex_init(&p->input, NULL);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->moved, NULL);
	int rc;
	if (n_thread == 1) {
		rc = run_inline(p, err);
		pool_free(p);
		return rc;
	}
	p->n_slot = 2 * (uint64_t)n_thread + 2;
	p->slot = mt_calloc(p->n_slot, sizeof *p->slot);
	p->scratch = mt_calloc((size_t)n_thread, sizeof *p->scratch);
	pthread_t *thread = mt_calloc((size_t)n_thread, sizeof *thread);
	int n = 0;
	while (n < n_thread && mt_thread_start(&thread[n], worker, p))
		n++;
	rc = n ? drain(p, err)
	       : mt_err_set(err, MT_ESYS, "cannot start a thread");
	if (rc == MT_END) {
		for (int i = 0; i < n; i++)
			pthread_join(thread[i], NULL);
		pool_free(p);
		rc = MT_OK;
	} else {
		stop(p, thread, n);
	}
	free(thread);
	return rc;
}
