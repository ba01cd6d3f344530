/* SPDX-License-Identifier: MIT
 * tag MODEL FILE: a sound file's tags and their scores, by the library alone.
 *
 *     cc tag.c $(pkg-config --cflags --libs mt)
 *
 * with libmt.so; with libmt.a, -l:libmt.a $(pkg-config --cflags --static --libs mt). */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audio/decode.h"
#include "base/escape.h"
#include "base/mem.h"
#include "dsp/mel.h"
#include "model/tagger.h"

/* All of the file as the front end wants it: mono, its rate. */
static int read_sound(const char *path, int rate, struct mt_pcm *pcm,
		      struct mt_err *err)
{
	struct mt_decode_opts how = {.rate = rate};
	struct mt_decoder *d;
	int rc = mt_decoder_open(&d, path, &how, err);
	if (rc)
		return rc;
	rc = mt_decoder_read(d, pcm, SIZE_MAX, err);
	mt_decoder_close(d);
	return rc == MT_END ? MT_OK : rc;
}

/* mel [T][M] in new memory, by the model's own front end. */
static int make_mel(const struct mt_tagger *t, const char *path, float **mel,
		    size_t *n_frame, struct mt_err *err)
{
	struct mt_mel_opts front = MT_MEL_UNSET;
	struct mt_mel plan;
	struct mt_mel_work work;
	struct mt_pcm pcm = {0};
	int rc = mt_mel_from_json(&front, t->frontend ? t->frontend : "{}", err);
	if (!rc && front.bands != t->net.bands)
		rc = mt_err_set(err, MT_EINPUT, "the front end makes %lld bands, the net "
				"reads %lld", (long long)front.bands,
				(long long)t->net.bands);
	if (!rc)
		rc = mt_mel_init(&plan, &front, err);
	if (rc)
		return rc;
	mt_mel_work_init(&work, &plan);
	rc = read_sound(path, (int)plan.opts.rate, &pcm, err);
	if (!rc) {
		*n_frame = mt_mel_frames(&plan, pcm.n);
		*mel = mt_calloc(*n_frame * (size_t)plan.opts.bands,
				 sizeof **mel);
		rc = mt_mel_run(&plan, &work, *mel, pcm.x[0], pcm.n, err);
	}
	mt_pcm_release(&pcm);
	mt_mel_work_release(&work);
	mt_mel_release(&plan);
	return rc;
}

static int score(const struct mt_tagger *t, const float *mel, size_t n_frame,
		 float *out, struct mt_err *err)
{
	struct mt_scorer s;
	int rc = mt_tagger_scorer(t, &s, NULL, 8, 1, err);
	if (rc)
		return rc;
	rc = mt_scorer_add(&s, out, NULL, mel, n_frame,
			   mt_window_count(n_frame, t->crop, 0), err);
	if (!rc)
		rc = mt_scorer_flush(&s, err);
	mt_scorer_release(&s);
	return rc;
}

int main(int argc, char **argv)
{
	struct mt_err err = {0};
	struct mt_tagger t;
	float *mel = NULL;
	size_t n_frame = 0;
	if (argc != 3) {
		fputs("usage: tag MODEL FILE\n", stderr);
		return 2;
	}
	int rc = mt_tagger_open(&t, argv[1], &err);
	if (!rc) {
		float *y = mt_calloc(t.n_tag, sizeof *y);
		rc = make_mel(&t, argv[2], &mel, &n_frame, &err);
		if (!rc)
			rc = score(&t, mel, n_frame, y, &err);
		for (size_t k = 0; !rc && k < t.n_tag; k++) {
			mt_escape_put(stdout, t.tag[k], strlen(t.tag[k]));
			printf("\t%.9g\n", (double)y[k]);
		}
		mt_tagger_close(&t);
		free(y);
		free(mel);
	}
	if (rc) {
		char *text = mt_escape_message(err.text);
		fprintf(stderr, "tag: %s\n", text);
		free(text);
	}
	return mt_err_exit(rc);
}
