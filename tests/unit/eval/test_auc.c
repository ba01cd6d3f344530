/* SPDX-License-Identifier: MIT
 * Metrics against scikit-learn 1.9.1 (tests/ref/eval_ref.py). */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "eval/auc.h"

static void near(double got, double want)
{
	if (!(fabs(got - want) < 1e-9))
		fail_msg("got %.15g, wanted %.15g", got, want);
}

static void ties(void **state)
{
	(void)state;
	static const float score[] = {.9f, .9f, .6f, .6f, .3f, .1f};
	static const uint8_t label[] = {1, 0, 1, 0, 0, 1};
	struct mt_tag_score s = mt_score_tag(score, label, 6, 1);
	near(s.ap, 0.5);
	near(s.roc, 4.0 / 9);
}

static uint32_t draw(void)
{
	static uint32_t s = 1;
	s = 1664525u * s + 1013904223u;
	return s >> 8;
}

static void many_ties(void **state)
{
	(void)state;
	enum { N = 200, K = 5 };
	static float score[N * K];
	static uint8_t label[N * K];
	for (int i = 0; i < N * K; i++) {
		label[i] = draw() % 4 == 0;
		score[i] = (float)(draw() % 32 + 6u * label[i]) / 64.0f;
	}
	struct mt_eval e = mt_eval_run(score, label, N, K);
	near(e.macro_roc, 0.67177008179213105);
	near(e.macro_ap, 0.48913330052960147);
	near(e.micro.roc, 0.6685301517561264);
	near(e.micro.ap, 0.48065456961219705);
	assert_true(isnan(e.accuracy));
	free(e.tag);
}

/* The random numbers go on where many_ties() left them, as in eval_ref.py. */
static void one_tag_each(void **state)
{
	(void)state;
	enum { N = 150, K = 10 };
	static float score[N * K];
	static uint8_t label[N * K];
	for (int i = 0; i < N; i++) {
		label[i * K + (int)(draw() % 8)] = 1;
		for (int k = 0; k < K; k++)
			score[i * K + k] =
				(float)(draw() % 16 + 5u * label[i * K + k]) / 64.0f;
	}
	struct mt_eval e = mt_eval_run(score, label, N, K);
	assert_int_equal(8, e.n_macro);
	near(e.macro_roc, 0.75915829828580694);
	near(e.macro_ap, 0.432909237299408);
	near(e.tag[0].roc, 0.77969873331051009);
	near(e.tag[0].ap, 0.55601824940990219);
	near(e.dprime, 0.99503727512115248);
	near(e.accuracy, 0.39333333333333331);
	assert_true(isnan(e.tag[9].roc) && isnan(e.tag[9].ap));
	free(e.tag);
	/* the first tag given to all: in neither mean, though its AP is 1 */
	for (int i = 0; i < N; i++)
		label[i * K] = 1;
	e = mt_eval_run(score, label, N, K);
	assert_int_equal(7, e.n_macro);
	near(e.tag[0].ap, 1);
	assert_true(isnan(e.tag[0].roc));
	near(e.macro_roc, 0.75622395042513502);
	near(e.macro_ap, 0.41532223556933751);
	free(e.tag);
}

static void one_class(void **state)
{
	(void)state;
	static const float score[] = {.1f, .9f, .8f, .2f};
	static const uint8_t label[] = {0, 1, 0, 1};
	struct mt_eval e = mt_eval_run(score, label, 2, 2);
	assert_true(isnan(e.tag[0].roc) && isnan(e.tag[1].ap) == 0);
	assert_int_equal(0, e.n_macro);
	near(e.tag[1].ap, 1);
	assert_true(isnan(e.macro_roc) && isnan(e.macro_ap) && isnan(e.dprime));
	near(e.accuracy, 0.5);
	free(e.tag);
	/* an item with two tags, or none: there is no accuracy */
	for (uint8_t k = 0; k < 2; k++) {
		const uint8_t odd[] = {0, 1, k, k};
		e = mt_eval_run(score, odd, 2, 2);
		assert_true(isnan(e.accuracy));
		free(e.tag);
	}
}

static void quantile(void **state)
{
	(void)state;
	near(mt_normal_quantile(0.975), 1.959963984540054);
	near(mt_normal_quantile(0.5), 0);
	near(mt_normal_quantile(0.001), -3.090232306167813);
	near(mt_normal_quantile(0.999), 3.090232306167813);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ties), cmocka_unit_test(many_ties),
		cmocka_unit_test(one_tag_each),
		cmocka_unit_test(one_class), cmocka_unit_test(quantile),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("auc", tests, NULL, NULL);
}
