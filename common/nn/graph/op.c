/* SPDX-License-Identifier: MIT */
#include "nn/graph/op.h"

#include <string.h>

#define DECLARE(id, name) extern const struct mt_op mt_op_##name;
MT_OP_LIST(DECLARE)
#define ROW(id, name) [MT_OP_##id] = &mt_op_##name,
const struct mt_op *const mt_op_table[MT_N_OP] = {MT_OP_LIST(ROW)};

const struct mt_op *mt_op_find(const char *name, int *alias)
{
	for (int i = 0; name && i < MT_N_OP; i++)
		for (*alias = 0; mt_op_table[i]->name[*alias]; ++*alias)
			if (!strcmp(name, mt_op_table[i]->name[*alias]))
				return mt_op_table[i];
	return NULL;
}

int64_t mt_op_times(int64_t a, int64_t b)
{
	int64_t c;
	return __builtin_mul_overflow(a, b, &c) ? INT64_MAX : c;
}

int64_t mt_op_count(const int64_t d[4])
{
	return mt_op_times(mt_op_times(d[1], d[2]), d[3]);
}

int mt_op_bad_shape(struct mt_err *err, const char *why, const int64_t d[4])
{
	return mt_err_set(err, MT_EINPUT, "%s: the input is %lld x %lld x %lld (C,H,W)", why,
			  (long long)d[1], (long long)d[2], (long long)d[3]);
}

int mt_op_axis(const struct mt_net *net, char letter)
{
	switch (letter) {
	case 'C':
		return MT_AXIS_C;
	case 'F':
		return net->layout == MT_LAYOUT_BCFT ? MT_AXIS_H :
		       net->layout == MT_LAYOUT_BCTF ? MT_AXIS_W : MT_AXIS_C;
	case 'T':
		return net->layout == MT_LAYOUT_BCTF ? MT_AXIS_H : MT_AXIS_W;
	default:
		return 0;
	}
}

int mt_op_window(const struct mt_node *node, const int64_t in[4], int64_t out[4],
		 struct mt_err *err)
{
	const struct mt_attr *a = &node->a;
	for (int i = 0; i < 2; i++) {
		int64_t room = in[2 + i] + a->pad[2 * i] + a->pad[2 * i + 1] - a->kernel[i];
		if (room < 0)
			return mt_op_bad_shape(err, "a window is larger than its input", in);
		out[2 + i] = room / a->stride[i] + 1;
	}
	return MT_OK;
}
