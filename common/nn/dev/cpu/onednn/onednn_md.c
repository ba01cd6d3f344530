/* SPDX-License-Identifier: MIT */
#include "nn/dev/cpu/onednn/onednn_md.h"

#include "base/mem.h"

int mt_dnn_check(dnnl_status_t status, const char *what, struct mt_err *err)
{
	static const char *const words[] = {"success", "out of memory", "invalid arguments",
					    "unimplemented", "no other implementation",
					    "runtime error", "not required"};
	size_t k = (size_t)status;
	if (status == dnnl_success)
		return MT_OK;
	return mt_err_set(err, MT_ESYS, "oneDNN: %s: %s", what,
			  k < sizeof words / sizeof *words ? words[k] : "unknown error");
}

int mt_dnn_md_plain(dnn_md_own *md, int n, const int64_t *dim, struct mt_err *err)
{
	static const dnnl_format_tag_t tags[] = {dnnl_format_tag_undef, dnnl_a, dnnl_ab, dnnl_abc,
						 dnnl_abcd, dnnl_abcde};
	MT_BUG(n < 1 || n > MT_MAX_DIM);
	return mt_dnn_check(dnnl_memory_desc_create_with_tag(md, n, dim, dnnl_f32, tags[n]),
			    "memory descriptor", err);
}

int mt_dnn_md_any(dnn_md_own *md, int n, const int64_t *dim, struct mt_err *err)
{
	return mt_dnn_check(dnnl_memory_desc_create_with_tag(md, n, dim, dnnl_f32,
							     dnnl_format_tag_any),
			    "memory descriptor", err);
}

int mt_dnn_md_of(dnn_md_own *md, const struct mt_tensor *t, struct mt_err *err)
{
	if (!t->layout)
		return mt_dnn_md_plain(md, t->n_dim, t->dim, err);
	return mt_dnn_check(dnnl_memory_desc_clone(md, t->layout), "memory descriptor", err);
}

int mt_dnn_md_set(struct mt_tensor *t, dnn_md md, struct mt_err *err)
{
	const int64_t *dim;
	int n = dnn_md_dims(md, &dim);
	dnn_md_own plain = NULL, own = NULL;
	int rc = mt_dnn_md_plain(&plain, n, dim, err);
	if (rc)
		return rc;
	int is_plain = dnnl_memory_desc_equal(md, plain);
	dnnl_memory_desc_destroy(plain);
	if (!is_plain)
		rc = mt_dnn_check(dnnl_memory_desc_clone(&own, md), "memory descriptor", err);
	if (rc)
		return rc;
	mt_dnn_md_forget(t);
	t->size = dnnl_memory_desc_get_size(md) / sizeof(float);
	t->layout = own;
	return MT_OK;
}

void mt_dnn_md_forget(struct mt_tensor *t)
{
	if (t->layout)
		dnnl_memory_desc_destroy(t->layout);
	t->layout = NULL;
}

void mt_dnn_md_reset(struct mt_tensor *t)
{
	mt_dnn_md_forget(t);
	t->size = (size_t)mt_tensor_count(t);
}
