/* SPDX-License-Identifier: MIT */
#include "dsp/mel.h"

#include <fftw3.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/flush.h"
#include "base/half.h"
#include "base/mem.h"
#include "dsp/melkernel.h"

/* FFTW's planner is not thread safe. */
static pthread_mutex_t planner = PTHREAD_MUTEX_INITIALIZER;

/* ESTIMATE because a measured plan may differ from run to run, and so may its
 * last bits. */
static void *make_plan(int n)
{
	size_t room = mt_pad64(((size_t)n + 2) * sizeof(float));
	char *buf = mt_alloc64(2 * room);
	memset(buf, 0, 2 * room);
	pthread_mutex_lock(&planner);
	void *plan = fftwf_plan_dft_r2c_1d(n, (float *)(void *)buf,
		(fftwf_complex *)(void *)(buf + room), FFTW_ESTIMATE);
	pthread_mutex_unlock(&planner);
	free(buf);
	return plan;
}

static size_t place(size_t k, size_t n)
{
	size_t at = 0;
	for (; n > 2; k /= 4, n /= 4)
		at += k % 4 * (n / 4);
	return at + (n == 2 ? k % 2 : 0);
}

static struct mt_mel_fft *make_tables(size_t n)
{
	struct mt_mel_fft *f = mt_calloc(1, sizeof *f);
	f->n = n;
	f->twiddle = mt_calloc(2 * n + 6, sizeof(float));
	f->turn = mt_calloc(n + 2, sizeof(float));
	f->place = mt_calloc(n, sizeof *f->place);
	float *w = f->twiddle;
	for (size_t len = n; len >= 4; len /= 4)
		for (size_t j = 0; j < len / 4; j++)
			for (size_t m = 1; m < 4; m++) {
				double a = -2 * M_PI * (double)(j * m) /
					   (double)len;
				*w++ = (float)cos(a);
				*w++ = (float)sin(a);
			}
	for (size_t k = 0; k <= n / 2; k++) {
		f->turn[2 * k] = (float)cos(M_PI * (double)k / (double)n);
		f->turn[2 * k + 1] = (float)-sin(M_PI * (double)k / (double)n);
	}
	for (size_t k = 0; k < n; k++)
		f->place[k] = (uint32_t)place(k, n);
	return f;
}

static void free_tables(struct mt_mel_fft *f)
{
	if (!f)
		return;
	free(f->twiddle);
	free(f->turn);
	free(f->place);
	free(f);
}

/* The half makes mt_mel_kernel's power the power itself. */
static float *make_window(const struct mt_mel_opts *o)
{
	size_t n = (size_t)o->n_fft, win = (size_t)o->win;
	float *w = mt_calloc(n, sizeof *w);
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
	if (o->n_fft >= 16 && !(o->n_fft & (o->n_fft - 1)))
		mel->fft = make_tables((size_t)o->n_fft / 2);
	else if (!(mel->plan = make_plan((int)o->n_fft)))
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
	free_tables(mel->fft);
	free(mel->window);
	mt_mel_bank_release(&mel->bank);
	*mel = (struct mt_mel){0};
}

void mt_mel_work_init(struct mt_mel_work *work, const struct mt_mel *mel)
{
	/* A frame of n rounded up to 8, n + 2 for FFTW; lanes; spectra with 8
	 * rows of zeros behind them; bands. */
	size_t n = ((size_t)mel->opts.n_fft + 2 + 15) & ~(size_t)15;
	size_t lanes = MT_MEL_LANES * n;
	size_t n_pow = MT_MEL_LANES * ((size_t)mel->n_bin + 8);
	size_t n_sum = MT_MEL_LANES * (size_t)mel->opts.bands;
	size_t all = 2 * lanes + n_pow + n_sum;
	work->buf = mt_alloc64(all * sizeof(float));
	memset(work->buf, 0, all * sizeof(float));
	work->z = work->buf + lanes;
	work->pow = work->z + lanes;
	work->sum = work->pow + n_pow;
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
	if (at >= 0 && at + n_fft <= N)
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

/* Any length, by FFTW, a frame at a time. */
static void slow_spectra(const struct mt_mel *mel, struct mt_mel_work *w,
			 const float *const *frame)
{
	size_t n = (size_t)mel->opts.n_fft, n_bin = (size_t)mel->n_bin;
	float *in = w->z, *out = w->z + (n / 16 + 1) * 16;
	for (size_t f = 0; f < MT_MEL_LANES; f++) {
		for (size_t i = 0; i < n; i++)
			in[i] = frame[f][i] * mel->window[i];
		fftwf_execute_dft_r2c(mel->plan, in,
				      (fftwf_complex *)(void *)out);
		for (size_t k = 0; k < n_bin; k++) {
			float re = 2 * out[2 * k], im = 2 * out[2 * k + 1];
			w->pow[MT_MEL_LANES * k + f] = re * re + im * im;
		}
	}
}

/* Spectra of frames t .. t + 7; those past the end repeat the last one. */
static void spectra(const struct mt_mel *mel, struct mt_mel_work *w,
		    const float *in, size_t n, size_t t, size_t T)
{
	const struct mt_mel_kernel *kernel = mt_mel_kernel();
	size_t n_fft = (size_t)mel->opts.n_fft;
	size_t row = (n_fft + 17) & ~(size_t)15;
	const float *frame[MT_MEL_LANES];
	for (size_t f = 0; f < MT_MEL_LANES; f++)
		frame[f] = t + f < T ? frame_at(mel, w->buf + f * row, in, n,
						t + f) : frame[f - 1];
	if (!mel->fft) {
		slow_spectra(mel, w, frame);
		return;
	}
	kernel->load(w->z, frame, mel->window, n_fft);
	kernel->transform(w->z, mel->fft);
	kernel->power(w->pow, w->z, mel->fft);
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
	if (!T)
		return mt_err_item(err, "melspec.short", "the clip has %zu "
				   "samples, too few for one frame of %lld", n,
				   (long long)o->n_fft);
	if (!kernel->sane(in, n)) {
		size_t i = 0;
		while (fabsf(in[i]) <= 1e12f)
			i++;
		return mt_err_item(err, "melspec.value", "sample %zu is %g, %s",
				   i, (double)in[i], isfinite(in[i])
				   ? "too great: at most 1e+12" : "not finite");
	}
	uint64_t old = mt_flush_on();
	bool root = !strcmp(o->spectrum, "magnitude");
	for (size_t t = 0; t < T; t += MT_MEL_LANES) {
		size_t left = T - t < MT_MEL_LANES ? T - t : MT_MEL_LANES;
		spectra(mel, work, in, n, t, T);
		if (root)
			kernel->root(work->pow,
				     MT_MEL_LANES * (size_t)mel->n_bin);
		kernel->bank(work->sum, work->pow, &mel->bank);
		take_log(o, work->sum, MT_MEL_LANES * M);
		float *to = out + t * M;
		for (size_t f = 0; f < left; f++, to += M)
			for (size_t b = 0; b < M; b++)
				to[b] = work->sum[MT_MEL_LANES * b + f];
	}
	float top = 0;
	if (o->top_db > 0 || !strcmp(o->standard, "max"))
		top = kernel->max(out, T * M);
	if (!strcmp(o->standard, "max")) {
		for (size_t i = 0; i < T * M; i++)
			out[i] -= top;
		top = 0;
	}
	if (o->top_db > 0)
		kernel->clamp(out, T * M, top - (float)o->top_db);
	if (!strcmp(o->standard, "clip"))
		standardise(out, T * M);
	mt_flush_restore(old);
	return MT_OK;
}
