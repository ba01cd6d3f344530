/* SPDX-License-Identifier: MIT */
#include "eval/auc.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct pair {
	float score;
	uint8_t label;
};

static int from_top(const void *a, const void *b)
{
	float x = ((const struct pair *)a)->score;
	float y = ((const struct pair *)b)->score;
	return (x < y) - (x > y);
}

static struct mt_tag_score score_sorted(const struct pair *p, size_t n)
{
	struct mt_tag_score s = {.roc = NAN, .ap = NAN};
	for (size_t i = 0; i < n; i++)
		s.n_pos += p[i].label != 0;
	s.n_neg = n - s.n_pos;
	double above = 0, ap = 0, n_pos = (double)s.n_pos;
	size_t tp = 0, fp = 0;
	for (size_t i = 0; i < n;) {
		size_t pos = 0, j = i;
		for (; j < n && !(p[j].score < p[i].score); j++)
			pos += p[j].label != 0;
		size_t neg = j - i - pos;
		/* each negative here is outranked by the positives before it,
		 * and tied with those of its own score */
		above += (double)neg * ((double)tp + 0.5 * (double)pos);
		tp += pos;
		fp += neg;
		ap += (double)pos / n_pos * (double)tp / (double)(tp + fp);
		i = j;
	}
	if (s.n_pos)
		s.ap = ap;
	if (s.n_pos && s.n_neg)
		s.roc = above / (n_pos * (double)s.n_neg);
	return s;
}

struct mt_tag_score mt_score_tag(const float *score, const uint8_t *label,
				 size_t n, size_t stride)
{
	struct pair *p = mt_calloc(n, sizeof *p);
	for (size_t i = 0; i < n; i++)
		p[i] = (struct pair){score[i * stride], label[i * stride]};
	qsort(p, n, sizeof *p, from_top);
	struct mt_tag_score s = score_sorted(p, n);
	free(p);
	return s;
}

double mt_normal_quantile(double p)
{
	static const double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,
		-2.759285104469687e+02, 1.383577518672690e+02,
		-3.066479806614716e+01, 2.506628277459239e+00};
	static const double b[] = {-5.447609879822406e+01, 1.615858368580409e+02,
		-1.556989798598866e+02, 6.680131188771972e+01,
		-1.328068155288572e+01};
	static const double c[] = {-7.784894002430293e-03,
		-3.223964580411365e-01, -2.400758277161838e+00,
		-2.549732539343734e+00, 4.374664141464968e+00,
		2.938163982698783e+00};
	static const double d[] = {7.784695709041462e-03, 3.224671290700398e-01,
		2.445134137142996e+00, 3.754408661907416e+00};
	double x, q, r;
	if (p < 0.02425 || p > 1 - 0.02425) {
		q = sqrt(-2 * log(p < 0.5 ? p : 1 - p));
		x = (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) *
		     q + c[5]) /
		    ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1);
		if (p > 0.5)
			x = -x;
	} else {
		q = p - 0.5;
		r = q * q;
		x = (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) *
		     r + a[5]) * q /
		    (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) *
		     r + 1);
	}
	double e = 0.5 * erfc(-x / sqrt(2)) - p;
	double u = e * sqrt(2 * M_PI) * exp(x * x / 2);
	return x - u / (1 + x * u / 2);
}

static double accuracy(const float *score, const uint8_t *label, size_t n,
		       size_t n_tag)
{
	size_t right = 0;
	for (size_t i = 0; i < n; i++) {
		const float *s = score + i * n_tag;
		const uint8_t *y = label + i * n_tag;
		size_t ones = 0, best = 0;
		for (size_t k = 0; k < n_tag; k++) {
			ones += y[k] != 0;
			if (s[k] > s[best])
				best = k;
		}
		if (ones != 1)
			return NAN;
		right += y[best] != 0;
	}
	return n ? (double)right / (double)n : NAN;
}

struct mt_eval mt_eval_run(const float *score, const uint8_t *label, size_t n,
			   size_t n_tag)
{
	struct mt_eval e = {.n_item = n, .n_tag = n_tag, .macro_roc = NAN,
			    .macro_ap = NAN, .dprime = NAN};
	double roc = 0, ap = 0;
	e.tag = mt_calloc(n_tag, sizeof *e.tag);
	for (size_t k = 0; k < n_tag; k++) {
		e.tag[k] = mt_score_tag(score + k, label + k, n, n_tag);
		if (isnan(e.tag[k].roc))
			continue;
		roc += e.tag[k].roc;
		ap += e.tag[k].ap;
		e.n_macro++;
	}
	if (e.n_macro) {
		e.macro_roc = roc / (double)e.n_macro;
		e.macro_ap = ap / (double)e.n_macro;
	}
	if (e.macro_roc > 0 && e.macro_roc < 1)
		e.dprime = sqrt(2) * mt_normal_quantile(e.macro_roc);
	e.micro = mt_score_tag(score, label, n * n_tag, 1);
	e.accuracy = accuracy(score, label, n, n_tag);
	return e;
}
