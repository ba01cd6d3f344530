/* SPDX-License-Identifier: MIT
 * One interface for oneDNN 2.6 and 3: that of 3, here put over 2.6. The rest of
 * the backend includes this in place of <dnnl.h> and never asks for the version.
 * A memory descriptor is a pointer in both: dnn_md to look at, dnn_md_own to be
 * destroyed. Functions that 2.6 lacks have the names of oneDNN 3. */
#ifndef MT_NN_DEV_CPU_ONEDNN_ONEDNN_V2_H
#define MT_NN_DEV_CPU_ONEDNN_ONEDNN_V2_H

#include <dnnl.h>
#include <stdlib.h>

/* dnnl.h declares sizes as arrays of 12, of which it reads as many as there
 * are dimensions; gcc takes the 12 at its word. */
#if defined __GNUC__ && !defined __clang__
#pragma GCC diagnostic ignored "-Wstringop-overread"
#endif

/* Whether the gradient of a norm takes its shift: 2.6 demands it, 3 refuses it. */
#define DNN_NORM_BACKWARD_SHIFT (DNNL_VERSION_MAJOR < 3)

#if DNNL_VERSION_MAJOR >= 3

typedef const_dnnl_memory_desc_t dnn_md;
typedef dnnl_memory_desc_t dnn_md_own;

static inline int dnn_md_dims(dnn_md md, const dnnl_dim_t **dim)
{
	int n = 0;
	const dnnl_dims_t *dims = NULL;
	dnnl_memory_desc_query(md, dnnl_query_ndims_s32, &n);
	dnnl_memory_desc_query(md, dnnl_query_dims, &dims);
	*dim = *dims;
	return n;
}

#else

typedef const dnnl_memory_desc_t *dnn_md;
typedef dnnl_memory_desc_t *dnn_md_own;

/* Number of sizes, and where they are. */
static inline int dnn_md_dims(dnn_md md, const dnnl_dim_t **dim)
{
	*dim = md->dims;
	return md->ndims;
}

static inline dnnl_status_t dnnl_memory_desc_destroy(dnn_md_own md)
{
	free(md);
	return dnnl_success;
}

static inline dnnl_status_t dnnl_memory_desc_create_with_tag(dnn_md_own *md, int n,
	const dnnl_dim_t *dim, dnnl_data_type_t type, dnnl_format_tag_t tag)
{
	dnn_md_own own = malloc(sizeof *own);
	if (!own)
		return dnnl_out_of_memory;
	dnnl_status_t status = dnnl_memory_desc_init_by_tag(own, n, dim, type, tag);
	if (status == dnnl_success)
		*md = own;
	else
		free(own);
	return status;
}

static inline dnnl_status_t dnnl_memory_desc_clone(dnn_md_own *md, dnn_md from)
{
	dnn_md_own own = malloc(sizeof *own);
	if (!own)
		return dnnl_out_of_memory;
	*own = *from;
	*md = own;
	return dnnl_success;
}

#define dnnl_post_ops_append_eltwise(post, alg, alpha, beta) \
	dnnl_post_ops_append_eltwise(post, 1, alg, alpha, beta)

static inline dnnl_status_t dnnl_convolution_forward_primitive_desc_create(
	dnnl_primitive_desc_t *pd, dnnl_engine_t engine, dnnl_prop_kind_t prop,
	dnnl_alg_kind_t alg, dnn_md src, dnn_md w, dnn_md b, dnn_md dst,
	const dnnl_dim_t *stride, const dnnl_dim_t *dilate, const dnnl_dim_t *pad_l,
	const dnnl_dim_t *pad_r, const_dnnl_primitive_attr_t attr)
{
	dnnl_convolution_desc_t desc;
	dnnl_status_t status = dnnl_dilated_convolution_forward_desc_init(&desc, prop, alg, src,
		w, b, dst, stride, dilate, pad_l, pad_r);
	return status != dnnl_success ? status :
		dnnl_primitive_desc_create(pd, &desc, attr, engine, NULL);
}

static inline dnnl_status_t dnnl_convolution_backward_data_primitive_desc_create(
	dnnl_primitive_desc_t *pd, dnnl_engine_t engine, dnnl_alg_kind_t alg, dnn_md src,
	dnn_md w, dnn_md dst, const dnnl_dim_t *stride, const dnnl_dim_t *dilate,
	const dnnl_dim_t *pad_l, const dnnl_dim_t *pad_r, const_dnnl_primitive_desc_t hint,
	const_dnnl_primitive_attr_t attr)
{
	dnnl_convolution_desc_t desc;
	dnnl_status_t status = dnnl_dilated_convolution_backward_data_desc_init(&desc, alg, src,
		w, dst, stride, dilate, pad_l, pad_r);
	return status != dnnl_success ? status :
		dnnl_primitive_desc_create(pd, &desc, attr, engine, hint);
}

static inline dnnl_status_t dnnl_convolution_backward_weights_primitive_desc_create(
	dnnl_primitive_desc_t *pd, dnnl_engine_t engine, dnnl_alg_kind_t alg, dnn_md src,
	dnn_md w, dnn_md b, dnn_md dst, const dnnl_dim_t *stride, const dnnl_dim_t *dilate,
	const dnnl_dim_t *pad_l, const dnnl_dim_t *pad_r, const_dnnl_primitive_desc_t hint,
	const_dnnl_primitive_attr_t attr)
{
	dnnl_convolution_desc_t desc;
	dnnl_status_t status = dnnl_dilated_convolution_backward_weights_desc_init(&desc, alg,
		src, w, b, dst, stride, dilate, pad_l, pad_r);
	return status != dnnl_success ? status :
		dnnl_primitive_desc_create(pd, &desc, attr, engine, hint);
}

static inline dnnl_status_t dnnl_inner_product_forward_primitive_desc_create(
	dnnl_primitive_desc_t *pd, dnnl_engine_t engine, dnnl_prop_kind_t prop, dnn_md src,
	dnn_md w, dnn_md b, dnn_md dst, const_dnnl_primitive_attr_t attr)
{
	dnnl_inner_product_desc_t desc;
	dnnl_status_t status = dnnl_inner_product_forward_desc_init(&desc, prop, src, w, b, dst);
	return status != dnnl_success ? status :
		dnnl_primitive_desc_create(pd, &desc, attr, engine, NULL);
}

static inline dnnl_status_t dnnl_inner_product_backward_data_primitive_desc_create(
	dnnl_primitive_desc_t *pd, dnnl_engine_t engine, dnn_md src, dnn_md w, dnn_md dst,
	const_dnnl_primitive_desc_t hint, const_dnnl_primitive_attr_t attr)
{
	dnnl_inner_product_desc_t desc;
	dnnl_status_t status = dnnl_inner_product_backward_data_desc_init(&desc, src, w, dst);
	return status != dnnl_success ? status :
		dnnl_primitive_desc_create(pd, &desc, attr, engine, hint);
}

static inline dnnl_status_t dnnl_inner_product_backward_weights_primitive_desc_create(
	dnnl_primitive_desc_t *pd, dnnl_engine_t engine, dnn_md src, dnn_md w, dnn_md b,
	dnn_md dst, const_dnnl_primitive_desc_t hint, const_dnnl_primitive_attr_t attr)
{
	dnnl_inner_product_desc_t desc;
	dnnl_status_t status = dnnl_inner_product_backward_weights_desc_init(&desc, src, w, b,
									      dst);
	return status != dnnl_success ? status :
		dnnl_primitive_desc_create(pd, &desc, attr, engine, hint);
}

static inline dnnl_status_t dnnl_batch_normalization_forward_primitive_desc_create(
	dnnl_primitive_desc_t *pd, dnnl_engine_t engine, dnnl_prop_kind_t prop, dnn_md src,
	dnn_md dst, float eps, unsigned flags, const_dnnl_primitive_attr_t attr)
{
	dnnl_batch_normalization_desc_t desc;
	(void)dst;  /* has src's layout */
	dnnl_status_t status = dnnl_batch_normalization_forward_desc_init(&desc, prop, src, eps,
									  flags);
	return status != dnnl_success ? status :
		dnnl_primitive_desc_create(pd, &desc, attr, engine, NULL);
}

static inline dnnl_status_t dnnl_batch_normalization_backward_primitive_desc_create(
	dnnl_primitive_desc_t *pd, dnnl_engine_t engine, dnnl_prop_kind_t prop, dnn_md diff_src,
	dnn_md diff_dst, dnn_md src, float eps, unsigned flags, const_dnnl_primitive_desc_t hint,
	const_dnnl_primitive_attr_t attr)
{
	dnnl_batch_normalization_desc_t desc;
	(void)diff_dst;
	dnnl_status_t status = dnnl_batch_normalization_backward_desc_init(&desc, prop, diff_src,
									   src, eps, flags);
	return status != dnnl_success ? status :
		dnnl_primitive_desc_create(pd, &desc, attr, engine, hint);
}

static inline dnnl_status_t dnnl_pooling_forward_primitive_desc_create(
	dnnl_primitive_desc_t *pd, dnnl_engine_t engine, dnnl_prop_kind_t prop,
	dnnl_alg_kind_t alg, dnn_md src, dnn_md dst, const dnnl_dim_t *stride,
	const dnnl_dim_t *kernel, const dnnl_dim_t *dilate, const dnnl_dim_t *pad_l,
	const dnnl_dim_t *pad_r, const_dnnl_primitive_attr_t attr)
{
	dnnl_pooling_desc_t desc;
	(void)dilate;  /* always 0 */
	dnnl_status_t status = dnnl_pooling_forward_desc_init(&desc, prop, alg, src, dst, stride,
							      kernel, pad_l, pad_r);
	return status != dnnl_success ? status :
		dnnl_primitive_desc_create(pd, &desc, attr, engine, NULL);
}

static inline dnnl_status_t dnnl_pooling_backward_primitive_desc_create(
	dnnl_primitive_desc_t *pd, dnnl_engine_t engine, dnnl_alg_kind_t alg, dnn_md src,
	dnn_md dst, const dnnl_dim_t *stride, const dnnl_dim_t *kernel,
	const dnnl_dim_t *dilate, const dnnl_dim_t *pad_l, const dnnl_dim_t *pad_r,
	const_dnnl_primitive_desc_t hint, const_dnnl_primitive_attr_t attr)
{
	dnnl_pooling_desc_t desc;
	(void)dilate;
	dnnl_status_t status = dnnl_pooling_backward_desc_init(&desc, alg, src, dst, stride,
							       kernel, pad_l, pad_r);
	return status != dnnl_success ? status :
		dnnl_primitive_desc_create(pd, &desc, attr, engine, hint);
}

#endif
#endif
