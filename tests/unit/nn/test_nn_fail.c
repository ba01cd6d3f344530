/* SPDX-License-Identifier: MIT
 * The onednn backend while oneDNN fails: each of its calls in turn reports that
 * there is no memory. Planning must then end with that status and a text, and
 * free whatever it had made. */
#include <dlfcn.h>
#include <dnnl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "nn/engine/engine.h"

static int n_live;        /* objects made and not destroyed */
static int left = -1;     /* calls until one fails; negative: none does */

static int depth;         /* what the library itself calls is its own affair */

static int fails(void)
{
	return !depth && left >= 0 && left-- == 0;
}

/* The library's own function of this name, which ours stands in front of. */
#define REAL(name) \
	static __typeof__(&name) real; \
	if (!real) { \
		void *found_ = dlsym(RTLD_NEXT, #name); \
		memcpy(&real, &found_, sizeof real); \
	}

/* A function that makes one object (more = 1), changes one (0) or destroys it (-1). */
#define STAND_IN(more, name, params, args) \
	dnnl_status_t name params \
	{ \
		REAL(name) \
		if (more >= 0 && fails()) \
			return dnnl_out_of_memory; \
		depth++; \
		dnnl_status_t status = real args; \
		depth--; \
		n_live += status == dnnl_success && !depth ? more : 0; \
		return status; \
	}

STAND_IN(1, dnnl_primitive_create, (dnnl_primitive_t *o, const_dnnl_primitive_desc_t pd), (o, pd))
STAND_IN(-1, dnnl_primitive_destroy, (dnnl_primitive_t o), (o))
STAND_IN(-1, dnnl_primitive_desc_destroy, (dnnl_primitive_desc_t o), (o))
STAND_IN(-1, dnnl_memory_destroy, (dnnl_memory_t o), (o))
STAND_IN(1, dnnl_primitive_attr_create, (dnnl_primitive_attr_t *o), (o))
STAND_IN(-1, dnnl_primitive_attr_destroy, (dnnl_primitive_attr_t o), (o))
STAND_IN(1, dnnl_post_ops_create, (dnnl_post_ops_t *o), (o))
STAND_IN(-1, dnnl_post_ops_destroy, (dnnl_post_ops_t o), (o))
STAND_IN(0, dnnl_primitive_attr_set_post_ops, (dnnl_primitive_attr_t o, const_dnnl_post_ops_t p),
	 (o, p))

#if DNNL_VERSION_MAJOR < 3
typedef const dnnl_memory_desc_t *md;
STAND_IN(0, dnnl_post_ops_append_eltwise,
	 (dnnl_post_ops_t o, float scale, dnnl_alg_kind_t alg, float a, float b),
	 (o, scale, alg, a, b))
STAND_IN(1, dnnl_primitive_desc_create,
	 (dnnl_primitive_desc_t *o, const_dnnl_op_desc_t op, const_dnnl_primitive_attr_t attr,
	  dnnl_engine_t e, const_dnnl_primitive_desc_t hint), (o, op, attr, e, hint))
#else
typedef const_dnnl_memory_desc_t md;
typedef const_dnnl_primitive_attr_t at;
typedef const_dnnl_primitive_desc_t hint;
STAND_IN(1, dnnl_memory_desc_create_with_tag,
	 (dnnl_memory_desc_t *o, int n, const dnnl_dims_t dim, dnnl_data_type_t t,
	  dnnl_format_tag_t tag), (o, n, dim, t, tag))
STAND_IN(1, dnnl_memory_desc_clone, (dnnl_memory_desc_t *o, md m), (o, m))
STAND_IN(-1, dnnl_memory_desc_destroy, (dnnl_memory_desc_t o), (o))
STAND_IN(0, dnnl_post_ops_append_eltwise,
	 (dnnl_post_ops_t o, dnnl_alg_kind_t alg, float a, float b), (o, alg, a, b))
STAND_IN(1, dnnl_convolution_forward_primitive_desc_create,
	 (dnnl_primitive_desc_t *o, dnnl_engine_t e, dnnl_prop_kind_t k, dnnl_alg_kind_t alg,
	  md s, md w, md b, md d, const dnnl_dims_t st, const dnnl_dims_t di,
	  const dnnl_dims_t pl, const dnnl_dims_t pr, at a),
	 (o, e, k, alg, s, w, b, d, st, di, pl, pr, a))
STAND_IN(1, dnnl_convolution_backward_data_primitive_desc_create,
	 (dnnl_primitive_desc_t *o, dnnl_engine_t e, dnnl_alg_kind_t alg, md s, md w, md d,
	  const dnnl_dims_t st, const dnnl_dims_t di, const dnnl_dims_t pl,
	  const dnnl_dims_t pr, hint h, at a), (o, e, alg, s, w, d, st, di, pl, pr, h, a))
STAND_IN(1, dnnl_convolution_backward_weights_primitive_desc_create,
	 (dnnl_primitive_desc_t *o, dnnl_engine_t e, dnnl_alg_kind_t alg, md s, md w, md b,
	  md d, const dnnl_dims_t st, const dnnl_dims_t di, const dnnl_dims_t pl,
	  const dnnl_dims_t pr, hint h, at a), (o, e, alg, s, w, b, d, st, di, pl, pr, h, a))
STAND_IN(1, dnnl_inner_product_forward_primitive_desc_create,
	 (dnnl_primitive_desc_t *o, dnnl_engine_t e, dnnl_prop_kind_t k, md s, md w, md b, md d,
	  at a), (o, e, k, s, w, b, d, a))
STAND_IN(1, dnnl_inner_product_backward_data_primitive_desc_create,
	 (dnnl_primitive_desc_t *o, dnnl_engine_t e, md s, md w, md d, hint h, at a),
	 (o, e, s, w, d, h, a))
STAND_IN(1, dnnl_inner_product_backward_weights_primitive_desc_create,
	 (dnnl_primitive_desc_t *o, dnnl_engine_t e, md s, md w, md b, md d, hint h, at a),
	 (o, e, s, w, b, d, h, a))
STAND_IN(1, dnnl_batch_normalization_forward_primitive_desc_create,
	 (dnnl_primitive_desc_t *o, dnnl_engine_t e, dnnl_prop_kind_t k, md s, md d, float eps,
	  unsigned f, at a), (o, e, k, s, d, eps, f, a))
STAND_IN(1, dnnl_batch_normalization_backward_primitive_desc_create,
	 (dnnl_primitive_desc_t *o, dnnl_engine_t e, dnnl_prop_kind_t k, md ds, md dd, md s,
	  float eps, unsigned f, hint h, at a), (o, e, k, ds, dd, s, eps, f, h, a))
STAND_IN(1, dnnl_pooling_forward_primitive_desc_create,
	 (dnnl_primitive_desc_t *o, dnnl_engine_t e, dnnl_prop_kind_t k, dnnl_alg_kind_t alg,
	  md s, md d, const dnnl_dims_t st, const dnnl_dims_t ke, const dnnl_dims_t di,
	  const dnnl_dims_t pl, const dnnl_dims_t pr, at a),
	 (o, e, k, alg, s, d, st, ke, di, pl, pr, a))
STAND_IN(1, dnnl_pooling_backward_primitive_desc_create,
	 (dnnl_primitive_desc_t *o, dnnl_engine_t e, dnnl_alg_kind_t alg, md s, md d,
	  const dnnl_dims_t st, const dnnl_dims_t ke, const dnnl_dims_t di,
	  const dnnl_dims_t pl, const dnnl_dims_t pr, hint h, at a),
	 (o, e, alg, s, d, st, ke, di, pl, pr, h, a))
#endif
STAND_IN(1, dnnl_memory_create, (dnnl_memory_t *o, md m, dnnl_engine_t e, void *p), (o, m, e, p))
STAND_IN(1, dnnl_reorder_primitive_desc_create,
	 (dnnl_primitive_desc_t *o, md s, dnnl_engine_t se, md d, dnnl_engine_t de,
	  const_dnnl_primitive_attr_t a), (o, s, se, d, de, a))

static const char json[] =
	"{\"name\": \"t\", \"input\": {\"layout\": \"BFT\", \"bands\": 20, \"frames\": 12},"
	" \"layers\": ["
	"{\"op\": \"conv1d\", \"out\": 24, \"kernel\": 3, \"pad\": \"same\"},"
	"{\"op\": \"batchnorm\"}, {\"op\": \"relu\"}, {\"op\": \"maxpool\", \"size\": 2},"
	"{\"op\": \"conv1d\", \"out\": 17, \"kernel\": 3}, {\"op\": \"relu\"},"
	"{\"op\": \"avgpool\", \"size\": 2}, {\"op\": \"elu\"},"
	"{\"op\": \"dense\", \"out\": \"classes\"}, {\"op\": \"sigmoid\"}]}";

static int fail_each(enum mt_engine_mode mode)
{
	struct mt_net_opt how = {.n_class = 3};
	struct mt_engine_opt opt = {.mode = mode, .backend = "onednn", .batch = 4, .n_thread = 1};
	struct mt_net net;
	struct mt_err err;
	assert_int_equal(MT_OK, mt_net_parse(&net, json, &how, &err));
	for (int k = 0;; k++) {
		struct mt_engine *e;
		err = (struct mt_err){0};
		left = k;
		int rc = mt_engine_new(&e, &net, &opt, &err);
		bool reached = left < 0;
		left = -1;
		if (!rc)
			mt_engine_free(e);
		assert_int_equal(0, n_live);
		if (!rc && !reached) {
			mt_net_release(&net);
			return k;
		}
		if (rc != MT_ESYS || err.status != MT_ESYS || !strstr(err.text, "oneDNN: ") ||
		    !strstr(err.text, ": out of memory"))
			fail_msg("call %d: status %d, \"%s\"", k, rc, err.text);
	}
}

static void test_infer(void **state)
{
	(void)state;
	assert_true(fail_each(MT_INFER) > 20);
}

static void test_train(void **state)
{
	(void)state;
	assert_true(fail_each(MT_TRAIN) > 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_infer),
		cmocka_unit_test(test_train),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("nn_fail", tests, NULL, NULL);
}
