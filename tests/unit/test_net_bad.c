/* SPDX-License-Identifier: MIT
 * Attributes of a net that are out of range or of another type are refused,
 * those too that an option replaces: none becomes a default without a word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "nn/net.h"

static const char frame[] =
	"{\"input\": {\"layout\": \"BCFT\", \"bands\": %s, \"frames\": %s}, \"layers\": [%s%s"
	"{\"op\": \"globalpool\"}, {\"op\": \"dense\", \"name\": \"d\", \"out\": %s},"
	" {\"op\": \"sigmoid\"}]}";

/* As mt-train loads it: with its own number of classes, bands and a width. */
static void refuse(const char *bands, const char *frames, const char *layer, const char *out,
		   const char *says)
{
	static const struct mt_net_opt with = {.n_class = 3, .bands = 8, .frames = 12, .width = 1};
	char *json = mt_strf(frame, bands, frames, layer, *layer ? ", " : "", out);
	struct mt_net net;
	struct mt_err err = {0};
	int rc = mt_net_parse(&net, json, &with, &err);
	if (rc != MT_EINPUT || !strstr(err.text, says))
		fail_msg("%s: %d, \"%s\" does not say \"%s\"", json, rc, err.text, says);
	mt_net_release(&net);
	free(json);
}

static void test_right(void **state)
{
	(void)state;
	static const struct mt_net_opt with = {.n_class = 3, .bands = 8, .frames = 12, .width = 1};
	char *json = mt_strf(frame, "8", "12", "", "", "\"classes\"");
	struct mt_net net;
	assert_int_equal(mt_net_parse(&net, json, &with, NULL), MT_OK);
	assert_int_equal(net.n_class, 3);
	mt_net_release(&net);
	free(json);
}

static void test_sizes(void **state)
{
	static const char *const sizes[] = {"-4", "0", "2.5", "true", "null", "[8]", "\"8\"",
					    "16777217", "9223372036854775807"};
	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		const char *x = sizes[i];
		refuse(x, "12", "", "\"classes\"", "\"bands\"");
		refuse("8", x, "", "\"classes\"", "\"frames\"");
		refuse("8", "12", "", x, "layer d: bad \"out\"");
		static const char *const what[] = {"out", "kernel", "stride"};
		for (size_t k = 0; k < 3; k++) {
			if (k && !strcmp(x, "[8]"))
				continue;
			char *layer = mt_strf("{\"op\": \"conv2d\", \"name\": \"c\", \"%s\": %s%s%s"
					      "}", what[k], x, k == 0 ? "" : ", \"out\": 2",
					      k == 1 ? "" : ", \"kernel\": 1");
			char *says = mt_strf("\"%s\"", what[k]);
			refuse("8", "12", layer, "\"classes\"", says);
			free(layer);
			free(says);
		}
	}
	refuse("8", "12", "", "\"clases\"", "bad \"out\": \"clases\"");
	refuse("8", "12", "{\"op\": \"conv2d\", \"out\": \"classes\", \"kernel\": 1}",
	       "\"classes\"", "bad \"out\"");
	refuse("8", "12", "{\"op\": \"maxpool\", \"size\": 0}", "2", "bad \"size\": 0");
	refuse("8", "12", "{\"op\": \"maxpool\", \"size\": 2, \"stride\": -1}", "2", "\"stride\"");
	refuse("8", "12", "{\"op\": \"pad\", \"pad\": [0, -1]}", "2", "bad \"pad\": -1");
	refuse("8", "12", "{\"op\": \"conv2d\", \"out\": 2, \"kernel\": 1, \"pad\": -1}", "2",
	       "bad \"pad\": -1");
	/* each size is allowed, together they are not */
	refuse("8", "12", "{\"op\": \"conv2d\", \"out\": 16777216, \"kernel\": [8, 12], "
	       "\"pad\": 16777215}", "2", "too large");
	refuse("8", "12", "{\"op\": \"pad\", \"pad\": 16777216}", "2", "too large");
}

static void test_types(void **state)
{
	static const struct { const char *layer, *says; } bad[] = {
		{"{\"op\": \"batchnorm\", \"eps\": \"1e-3\"}", "\"eps\" must be a number"},
		{"{\"op\": \"batchnorm\", \"eps\": 0}", "out of range"},
		{"{\"op\": \"batchnorm\", \"eps\": -1e-3}", "out of range"},
		{"{\"op\": \"batchnorm\", \"eps\": 1e60}", "\"eps\" must be a number of 32 bits"},
		{"{\"op\": \"batchnorm\", \"momentum\": 1.5}", "out of range"},
		{"{\"op\": \"batchnorm\", \"momentum\": -0.1}", "out of range"},
		{"{\"op\": \"batchnorm\", \"axis\": \"FT\"}", "\"axis\" is \"FT\""},
		{"{\"op\": \"batchnorm\", \"axis\": 1}", "\"axis\" must be a string"},
		{"{\"op\": \"dropout\", \"rate\": -0.1}", "[0, 1)"},
		{"{\"op\": \"dropout\", \"rate\": \"0.5\"}", "\"rate\" must be a number"},
		{"{\"op\": \"elu\", \"alpha\": 1e39}", "\"alpha\" must be a number of 32 bits"},
		{"{\"op\": \"elu\", \"alpha\": {}}", "\"alpha\" must be a number"},
		{"{\"op\": \"globalpool\", \"mode\": 2}", "\"mode\" must be a string"},
		{"{\"op\": \"globalpool\", \"over\": [\"F\"]}", "\"over\" must be a string"},
		{"{\"op\": \"conv2d\", \"out\": 2, \"kernel\": 1, \"bias\": \"no\"}",
		 "\"bias\" must be true or false"},
		{"{\"op\": \"relu\", \"name\": 5}", "layer 1: \"name\" must be a string"},
		{"{\"op\": \"reshape\", \"shape\": [-8, -12, 1]}", "bad \"shape\": -8"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		refuse("8", "12", bad[i].layer, "\"classes\"", bad[i].says);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right), cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_types),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("net_bad", tests, NULL, NULL);
}
