/* SPDX-License-Identifier: MIT
 * Attributes of a net that are out of range or of another type are refused,
 * those too that an option replaces: none becomes a default without a word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/mem.h"
#include "nn/graph/net.h"

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

/* PyTorch's shapes: (H,W) of a map, (C) of a vector; for one length if W is time. */
static void test_layernorm(void **state)
{
	static const char json[] =
		"{\"input\": {\"layout\": \"BCFT\", \"bands\": 8, \"frames\": 12}, \"layers\": ["
		"{\"op\": \"layernorm\", \"name\": \"a\", \"axes\": 2}, {\"op\": \"dense\", "
		"\"out\": 5}, {\"op\": \"layernorm\", \"axes\": 3}, {\"op\": \"sigmoid\"}]}";
	struct mt_net net;
	struct mt_err err = {0};
	int64_t dim[4][4];
	(void)state;
	assert_int_equal(mt_net_parse(&net, json, NULL, NULL), MT_OK);
	assert_int_equal(net.n_param, 6);
	assert_int_equal(net.param[0].n_dim, 2);
	assert_int_equal(net.param[0].dim[0], 8);
	assert_int_equal(net.param[0].dim[1], 12);
	assert_string_equal(net.param[5].name, "layernorm3.bias");
	assert_int_equal(net.param[5].n_dim, 1);
	assert_int_equal(net.param[5].dim[0], 5);
	assert_int_equal(mt_net_shape(&net, 24, dim, &err), MT_EINPUT);
	assert_string_equal(err.text, "8 bands, 24 frames: layer a: 24 values, made for 12");
	mt_net_release(&net);
}

/* A convolution that reads frames as channels has weights for one length only. */
static void test_made(void **state)
{
	static const char json[] =
		"{\"input\": {\"layout\": \"BCFT\", \"bands\": 8, \"frames\": 12}, \"layers\": ["
		"{\"op\": \"permute\", \"order\": [0, 3, 1, 2]}, {\"op\": \"conv2d\", \"name\": "
		"\"c\", \"out\": 2, \"kernel\": 1}, {\"op\": \"globalpool\"}, {\"op\": "
		"\"sigmoid\"}]}";
	struct mt_net net;
	struct mt_err err = {0};
	int64_t dim[4][4];
	(void)state;
	assert_int_equal(mt_net_parse(&net, json, NULL, NULL), MT_OK);
	assert_int_equal(net.any_length, 0);
	assert_int_equal(net.min_frames, 12);
	assert_int_equal(mt_net_shape(&net, 24, dim, &err), MT_EINPUT);
	assert_string_equal(err.text, "8 bands, 24 frames: layer c: 24 channels, made for 12");
	mt_net_release(&net);
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
		{"{\"op\": \"layernorm\", \"axes\": 0}", "bad \"axes\": 0"},
		{"{\"op\": \"layernorm\", \"axes\": 4}", "\"axes\" must be 1, 2 or 3"},
		{"{\"op\": \"layernorm\", \"eps\": 0}", "\"eps\" is out of range"},
		{"{\"op\": \"globalpool\"}, {\"op\": \"layernorm\"}", "layernorm of one value"},
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

/* What a file with this text of a net gives; says is in the message, or NULL. */
static void load(const char *json, const char *says)
{
	char path[] = "/tmp/mt-net-XXXXXX.json";
	int fd = mkstemps(path, 5);
	struct mt_net net;
	struct mt_err err = {0};
	assert_true(fd >= 0);
	assert_int_equal(write(fd, json, strlen(json)), strlen(json));
	close(fd);
	int rc = mt_net_load(&net, path, &(struct mt_net_opt){.n_class = 3}, &err);
	unlink(path);
	bool right = says ? rc == MT_EINPUT && !strncmp(err.text, path, strlen(path)) &&
		strstr(err.text, says) : !rc;
	if (!right)
		fail_msg("%s: %d, \"%s\" does not say \"%s\"", json, rc, err.text,
			 says ? says : "");
	mt_net_release(&net);
}

static void test_names(void **state)
{
	static const struct { const char *layer, *says; } c[] = {
		{"{\"op\": \"conv2d\", \"name\": \"c\", \"from\": \"input\", \"out\": 2, "
		 "\"kernel\": 1, \"stride\": 1, \"pad\": 0, \"bias\": true, \"comment\": [1]}, "
		 "{\"op\": \"batchnorm\", \"axis\": \"C\", \"eps\": 1, \"momentum\": 0.5, "
		 "\"fixed\": false}", NULL},
		{"{\"op\": \"conv2d\", \"name\": \"c1\", \"out\": 2, \"kernel\": 1, \"strid\": 2}",
		 "layer c1 (conv2d): unknown attribute \"strid\", did you mean \"stride\"?"},
		{"{\"op\": \"conv2d\", \"out\": 2, \"kernal\": 1}",
		 "layer 1 (conv2d): unknown attribute \"kernal\", did you mean \"kernel\"?"},
		{"{\"op\": \"dropout\", \"p\": 0.2}", "layer 1 (dropout): unknown attribute \"p\"; "
		 "known are op, name, from, comment, rate"},
		{"{\"op\": \"dropout\", \"Rate\": 0.2}", "did you mean \"rate\"?"},
		{"{\"op\": \"maxpool\", \"size\": 2, \"pad\": 1}", "put a pad layer before"},
		{"{\"op\": \"dense\", \"out\": 4, \"kernel\": 1}", "unknown attribute \"kernel\""},
	};
	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
		char *json = mt_strf(frame, "8", "12", c[i].layer, ", ", "\"classes\"");
		load(json, c[i].says);
		free(json);
	}
	load("{\"embd\": \"d\", \"input\": {}, \"layers\": []}",
	     "the net: unknown attribute \"embd\", did you mean \"embed\"?");
	load("{\"input\": {\"layout\": \"BFT\", \"frame\": 2}, \"layers\": []}",
	     "the net's input: unknown attribute \"frame\", did you mean \"frames\"?");
	/* a model's net, of a program that did not look, stays readable */
	char *json = mt_strf(frame, "8", "12", "{\"op\": \"relu\", \"inplace\": true}", ", ", "3");
	struct mt_net net;
	assert_int_equal(mt_net_parse(&net, json, NULL, NULL), MT_OK);
	mt_net_release(&net);
	free(json);
}

/* The checks of files hold for every net that mt itself has. */
static void test_builtin(void **state)
{
	(void)state;
	for (const struct mt_net_builtin *b = mt_net_builtin; b->name; b++)
		load(b->json, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right), cmocka_unit_test(test_made),
		cmocka_unit_test(test_layernorm),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_types), cmocka_unit_test(test_names),
		cmocka_unit_test(test_builtin),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("net_bad", tests, NULL, NULL);
}
