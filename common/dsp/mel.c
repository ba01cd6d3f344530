/* SPDX-License-Identifier: MIT */
#include "dsp/mel.h"

#include <fftw3.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/half.h"
#include "base/mem.h"
#include "dsp/melkernel.h"

/* FFTW's planner is not thread safe. */
static pthread_mutex_t planner = PTHREAD_MUTEX_INITIALIZER;

/* One transform of a + i b for real frames a, b; ESTIMATE because a measured
 * plan may differ from run to run and so may its last bits. */
static void *make_plan(int n)
{
	size_t room = mt_pad64((size_t)n * sizeof(float));
	char *buf = mt_alloc64(4 * room);
	memset(buf, 0, 4 * room);
	fftwf_iodim dim = {n, 1, 1};
	pthread_mutex_lock(&planner);
	void *plan = fftwf_plan_guru_split_dft(1, &dim, 0, NULL,
		(float *)(void *)buf, (float *)(void *)(buf + room),
		(float *)(void *)(buf + 2 * room),
		(float *)(void *)(buf + 3 * room), FFTW_ESTIMATE);
	pthread_mutex_unlock(&planner);
	free(buf);
	return plan;
}

/* The half makes mt_mel_kernel's split give the power itself. */
static float *make_window(const struct mt_mel_opts *o)
{
	size_t n = (size_t)o->n_fft, win = (size_t)o->win;
	float *w = mt_calloc((n + 7) & ~(size_t)7, sizeof *w);
	double sum = 0, a = 1, b = 0, scale = 0.5;
	if (!strcmp(o->window, "hann"))
		a = b = 0.5;
	else if (!strcmp(o->window, "hamming"))
		a = 0.54, b = 0.46;
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < win; i++) {
			double v = a - b * cos(2 * M_PI * (double)i /
					       (double)win);
			sum += v * v;
			w[(n - win) / 2 + i] = (float)(v * scale);
		}
		if (pass || strcmp(o->divide, "window"))
			break;
		scale /= sqrt(sum);
	}
	return w;
}

int mt_mel_init(struct mt_mel *mel, const struct mt_mel_opts *opts,
		struct mt_err *err)
{
	*mel = (struct mt_mel){.opts = *opts};
	struct mt_mel_opts *o = &mel->opts;
	int rc = mt_mel_resolve(o, err);
	if (rc)
		return rc;
	mel->n_bin = o->n_fft / 2 + 1;
	mel->pad = strcmp(o->center, "none") ? o->n_fft / 2 : 0;
	mel->row = (mel->n_bin + 8 + 15) & ~(int64_t)15;
	mel->plan = make_plan((int)o->n_fft);
	if (!mel->plan)
		return mt_err_set(err, MT_ESYS, "mel: FFTW has no plan for "
				  "%lld points", (long long)o->n_fft);
	mt_mel_bank_init(&mel->bank, o);
	mel->window = make_window(o);
	return MT_OK;
}

void mt_mel_release(struct mt_mel *mel)
{
	if (mel->plan) {
		pthread_mutex_lock(&planner);
		fftwf_destroy_plan(mel->plan);
		pthread_mutex_unlock(&planner);
	}
	free(mel->window);
	mt_mel_bank_release(&mel->bank);
	*mel = (struct mt_mel){0};
}

void mt_mel_work_init(struct mt_mel_work *work, const struct mt_mel *mel)
{
	/* 16 floats more: window rounds up to 8, split reads element n. */
	size_t n = ((size_t)mel->opts.n_fft + 16 + 15) & ~(size_t)15;
	size_t n_pow = MT_MEL_GROUP * (size_t)mel->row;
	size_t all = 6 * n + n_pow + 16 * (size_t)mel->opts.bands;
	work->buf = mt_alloc64(all * sizeof(float));
	memset(work->buf, 0, all * sizeof(float));
	work->re = work->buf + 2 * n;
	work->im = work->re + n;
	work->fre = work->im + n;
	work->fim = work->fre + n;
	work->pow = work->fim + n;
	work->sum = work->pow + n_pow;
	work->tail = work->sum + 8 * mel->opts.bands;
}

void mt_mel_work_release(struct mt_mel_work *work)
{
	free(work->buf);
	*work = (struct mt_mel_work){0};
}

size_t mt_mel_frames(const struct mt_mel *mel, size_t n)
{
	size_t all = n + 2 * (size_t)mel->pad, n_fft = (size_t)mel->opts.n_fft;
	if (!n || all < n_fft)
		return 0;
	return 1 + (all - n_fft) / (size_t)mel->opts.hop;
}

/* Frame t of the padded clip: in place, or gathered into tmp at the ends. */
static const float *frame_at(const struct mt_mel *mel, float *tmp,
			     const float *in, size_t n, size_t t)
{
	int64_t n_fft = mel->opts.n_fft, N = (int64_t)n;
	int64_t at = (int64_t)t * mel->opts.hop - mel->pad;
	if (at >= 0 && at + ((n_fft + 7) & ~(int64_t)7) <= N)
		return in + at;
	bool zero = !strcmp(mel->opts.center, "zero");
	int64_t period = N > 1 ? 2 * (N - 1) : 1;
	for (int64_t i = 0; i < n_fft; i++) {
		int64_t j = at + i;
		if (zero && (j < 0 || j >= N)) {
			tmp[i] = 0;
			continue;
		}
		j %= period;
		if (j < 0)
			j += period;
		tmp[i] = in[j < N ? j : period - j];
	}
	return tmp;
}

static void transform(const struct mt_mel *mel, struct mt_mel_work *w,
		      float *pa, float *pb)
{
	size_t n = (size_t)mel->opts.n_fft;
	fftwf_execute_split_dft(mel->plan, w->re, w->im, w->fre, w->fim);
	w->fre[n] = w->fre[0];
	w->fim[n] = w->fim[0];
	mt_mel_kernel()->split(pa, pb, w->fre, w->fim, n);
}

/* Spectra of frames t and t + 1 (of t alone if it is the last). */
static void spectra(const struct mt_mel *mel, struct mt_mel_work *w,
		    const float *in, size_t n, size_t t, size_t T, float *pa)
{
	size_t n_fft = (size_t)mel->opts.n_fft, row = (size_t)mel->row;
	float *pb = pa + row, energy[2];
	float *tmp2 = w->buf + (w->re - w->buf) / 2;
	bool two = t + 1 < T;
	const float *a = frame_at(mel, w->buf, in, n, t);
	const float *b = two ? frame_at(mel, tmp2, in, n, t + 1) : a;
	mt_mel_kernel()->window(w->re, w->im, energy, a, b, mel->window,
				(n_fft + 7) & ~(size_t)7);
	/* Rounding of the louder one leaks into the other: keep apart what is
	 * 50 dB apart, so that silence next to sound stays silence. */
	bool apart = !(energy[0] < 1e5f * energy[1] &&
		       energy[1] < 1e5f * energy[0]);
	if (!two || apart) {
		memset(w->im, 0, n_fft * sizeof(float));
		transform(mel, w, pa, pb);
	}
	if (two && apart) {
		mt_mel_kernel()->window(w->re, w->im, energy, b, b, mel->window,
					(n_fft + 7) & ~(size_t)7);
		memset(w->im, 0, n_fft * sizeof(float));
		transform(mel, w, pb, w->re); /* re: the empty half's place */
	} else if (two) {
		transform(mel, w, pa, pb);
	}
}

static void take_log(const struct mt_mel_opts *o, float *x, size_t n)
{
	const struct mt_mel_kernel *k = mt_mel_kernel();
	float floor = (float)o->floor, ln10 = (float)(1 / M_LN10);
	if (!strcmp(o->round, "half"))
		for (size_t i = 0; i < n; i += 64) {
			uint16_t h[64];
			size_t some = n - i < 64 ? n - i : 64;
			mt_half_from_array(h, x + i, some);
			mt_half_to_array(x + i, h, some);
		}
	if (!strcmp(o->log, "db"))
		k->log(x, n, 1, 0, floor, 10 * ln10);
	else if (!strcmp(o->log, "db20"))
		k->log(x, n, 1, 0, floor, 20 * ln10);
	else if (!strcmp(o->log, "ln"))
		k->log(x, n, 1, 0, floor, 1);
	else if (!strcmp(o->log, "log10"))
		k->log(x, n, 1, 0, floor, ln10);
	else if (!strcmp(o->log, "log1e4"))
		k->log(x, n, 1e4f, 1, 1, ln10);
}

static void standardise(float *x, size_t n)
{
	double sum = 0, sq = 0;
	for (size_t i = 0; i < n; i++)
		sum += (double)x[i];
	double mean = sum / (double)n;
	for (size_t i = 0; i < n; i++)
		sq += ((double)x[i] - mean) * ((double)x[i] - mean);
	double mul = 1 / sqrt(sq / (double)n + 1e-6);
	for (size_t i = 0; i < n; i++)
		x[i] = (float)(((double)x[i] - mean) * mul);
}

int mt_mel_run(const struct mt_mel *mel, struct mt_mel_work *work, float *out,
	       const float *in, size_t n, struct mt_err *err)
{
	const struct mt_mel_kernel *kernel = mt_mel_kernel();
	const struct mt_mel_opts *o = &mel->opts;
	size_t T = mt_mel_frames(mel, n), M = (size_t)o->bands;
	size_t row = (size_t)mel->row;
	if (!T)
		return mt_err_item(err, "melspec.short", "the clip has %zu "
				   "samples, too few for one frame of %lld", n,
				   (long long)o->n_fft);
	if (!kernel->sane(in, n)) {
		size_t i = 0;
		while (fabsf(in[i]) <= 1e12f)
			i++;
		return mt_err_item(err, "melspec.value", "sample %zu is %g",
				   i, (double)in[i]);
	}
	bool root = !strcmp(o->spectrum, "magnitude");
	for (size_t t = 0; t < T; t += MT_MEL_GROUP) {
		size_t left = T - t < MT_MEL_GROUP ? T - t : MT_MEL_GROUP;
		for (size_t i = 0; i < left; i += 2)
			spectra(mel, work, in, n, t + i, T,
				work->pow + i * row);
		if (root)
			kernel->root(work->pow, MT_MEL_GROUP * row);
		float *to = left < MT_MEL_GROUP ? work->tail : out + t * M;
		kernel->bank(to, work->sum, work->pow, row, &mel->bank);
		if (to == work->tail)
			memcpy(out + t * M, to, left * M * sizeof *out);
		take_log(o, out + t * M, left * M);
	}
	if (o->top_db > 0)
		kernel->clamp(out, T * M,
			      kernel->max(out, T * M) - (float)o->top_db);
	if (!strcmp(o->standard, "clip"))
		standardise(out, T * M);
	return MT_OK;
}
