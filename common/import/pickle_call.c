/* SPDX-License-Identifier: MIT
 * Globals of pickles, by a fixed list, and their calls, which are only noted. */
#include "import/pickle_impl.h"

#include <inttypes.h>
#include <string.h>

#include "import/weights.h"

#define MAX_LINE 200       /* bytes of a global's module or name */

static const struct {
	const char *name;   /* module, blank, name */
	int what;
} globals[] = {
	{"collections OrderedDict", MT_PICKLE_ORDERED_DICT},
	{"torch._utils _rebuild_tensor", MT_PICKLE_REBUILD},
	{"torch._utils _rebuild_tensor_v2", MT_PICKLE_REBUILD_V2},
	{"torch._utils _rebuild_parameter", MT_PICKLE_PARAMETER},
	{"torch._utils _rebuild_parameter_with_state", MT_PICKLE_PARAMETER},
	{"torch Size", MT_PICKLE_SIZE},
	{"torch device", MT_PICKLE_OPAQUE},
	{"_codecs encode", MT_PICKLE_OPAQUE},
	{"numpy dtype", MT_PICKLE_OPAQUE},
	{"numpy.core.multiarray scalar", MT_PICKLE_OPAQUE},
	{"numpy._core.multiarray scalar", MT_PICKLE_OPAQUE},
	{"torch float64", MT_PICKLE_CONSTANT},
	{"torch float32", MT_PICKLE_CONSTANT},
	{"torch float16", MT_PICKLE_CONSTANT},
	{"torch bfloat16", MT_PICKLE_CONSTANT},
	{"torch int64", MT_PICKLE_CONSTANT},
	{"torch int32", MT_PICKLE_CONSTANT},
	{"torch int16", MT_PICKLE_CONSTANT},
	{"torch int8", MT_PICKLE_CONSTANT},
	{"torch uint8", MT_PICKLE_CONSTANT},
	{"torch bool", MT_PICKLE_CONSTANT},
	{"torch DoubleStorage", MT_PICKLE_STORAGE + MT_WEIGHT_F64},
	{"torch FloatStorage", MT_PICKLE_STORAGE + MT_WEIGHT_F32},
	{"torch HalfStorage", MT_PICKLE_STORAGE + MT_WEIGHT_F16},
	{"torch BFloat16Storage", MT_PICKLE_STORAGE + MT_WEIGHT_BF16},
	{"torch LongStorage", MT_PICKLE_STORAGE + MT_WEIGHT_I64},
	{"torch IntStorage", MT_PICKLE_STORAGE + MT_WEIGHT_I32},
	{"torch ShortStorage", MT_PICKLE_STORAGE + MT_WEIGHT_I16},
	{"torch CharStorage", MT_PICKLE_STORAGE + MT_WEIGHT_I8},
	{"torch ByteStorage", MT_PICKLE_STORAGE + MT_WEIGHT_U8},
	{"torch BoolStorage", MT_PICKLE_STORAGE + MT_WEIGHT_BOOL},
};

/* Opcodes that some pickles have, for the message. */
static const struct {
	unsigned char code;
	const char *name;
} refused[] = {
	{0x81, "NEWOBJ"}, {0x82, "EXT1"}, {0x83, "EXT2"}, {0x84, "EXT4"},
	{0x8f, "EMPTY_SET"}, {0x90, "ADDITEMS"}, {0x91, "FROZENSET"},
	{0x92, "NEWOBJ_EX"}, {0x96, "BYTEARRAY8"}, {0x97, "NEXT_BUFFER"},
	{0x98, "READONLY_BUFFER"}, {'0', "POP"}, {'1', "POP_MARK"}, {'2', "DUP"},
	{'F', "FLOAT"}, {'I', "INT"}, {'L', "LONG"}, {'P', "PERSID"},
	{'S', "STRING"}, {'V', "UNICODE"}, {'g', "GET"}, {'i', "INST"},
	{'o', "OBJ"}, {'p', "PUT"},
};

/* What a terminal may be shown of bytes from the file. */
static const char *shown(char out[MAX_LINE], const char *s, size_t n)
{
	size_t i = 0;
	for (; i < n && i < MAX_LINE - 1; i++)
		out[i] = s[i] < ' ' || s[i] > '~' ? '?' : s[i];
	out[i] = 0;
	return out;
}

/* Does an object of a class follow: memo, arguments, NEWOBJ? */
static bool makes_object(const struct mt_pickle_machine *m)
{
	size_t at = m->pos, left = m->size - m->pos;
	const unsigned char *p = m->data + at;
	size_t memo_size = left && *p == 'q' ? 2 : left && *p == 'r' ? 5 : left && *p == 0x94;
	return left >= memo_size + 2 && p[memo_size] == ')' && p[memo_size + 1] == 0x81;
}

static int global(struct mt_pickle_machine *m, const char *module, size_t n_module,
		  const char *name, size_t n_name)
{
	struct mt_pickle_value *v;
	char full[2 * MAX_LINE + 2], text_of[MAX_LINE];
	if (n_module >= MAX_LINE || n_name >= MAX_LINE)
		return mt_pickle_bad(m, "a global's name of %zu bytes; refused", n_module + n_name);
	memcpy(full, module, n_module);
	full[n_module] = ' ';
	memcpy(full + n_module + 1, name, n_name);
	size_t n = n_module + 1 + n_name;
	full[n] = 0;
	for (size_t i = 0; i < sizeof globals / sizeof *globals; i++)
		if (strlen(globals[i].name) == n && !memcmp(globals[i].name, full, n)) {
			int rc = mt_pickle_make(m, MT_PICKLE_GLOBAL, &v);
			if (!rc)
				v->what = globals[i].what;
			return rc;
		}
	shown(text_of, full, n);
	bool whole = !strncmp(full, "torch.nn.", 9) || makes_object(m) ||
		     (mt_pickle_open(m) && mt_pickle_is(mt_pickle_top(m, 0), "module"));
	return whole ? mt_pickle_bad(m, "an object of class '%.120s', not a state dict; save "
				     "model.state_dict() instead of the whole model", text_of)
		     : mt_pickle_bad(m, "global '%.120s' is not a tensor's; refused", text_of);
}

static int named_global(struct mt_pickle_machine *m)
{
	const char *line[2];
	size_t n[2];
	for (int i = 0; i < 2; i++) {
		const unsigned char *from = m->data + m->pos;
		const unsigned char *end = memchr(from, '\n', m->size - m->pos);
		if (!end)
			return mt_pickle_bad(m, "a global's name does not end; damaged or cut");
		line[i] = (const char *)from;
		n[i] = (size_t)(end - from);
		m->pos += n[i] + 1;
	}
	return global(m, line[0], n[0], line[1], n[1]);
}

static int stack_global(struct mt_pickle_machine *m)
{
	int rc = mt_pickle_need(m, 2);
	if (rc)
		return rc;
	struct mt_pickle_value module = *mt_pickle_top(m, 1), name = *mt_pickle_top(m, 0);
	if (module.kind != MT_PICKLE_TEXT || name.kind != MT_PICKLE_TEXT)
		return mt_pickle_bad(m, "the name of a global is %s; damaged",
				     mt_pickle_kind_name(name.kind));
	m->n_stack -= 2;
	return global(m, module.text, module.n, name.text, name.n);
}

/* OrderedDict(), or OrderedDict([(key, value), ...]) of Python 2. */
static int ordered_dict(struct mt_pickle_machine *m, const struct mt_pickle_value *args)
{
	struct mt_pickle_value *pair, *list = args->n ? &m->p->value[args->item[0]] : NULL;
	if (args->n > 1 || (list && list->kind != MT_PICKLE_LIST))
		return mt_pickle_bad(m, "OrderedDict of something other than a list; refused");
	uint32_t n = list ? list->n : 0;
	for (uint32_t i = 0; i < n; i++) {
		pair = &m->p->value[list->item[i]];
		if ((pair->kind != MT_PICKLE_LIST && pair->kind != MT_PICKLE_TUPLE) ||
		    pair->n != 2)
			return mt_pickle_bad(m, "OrderedDict of a list of something other "
					     "than pairs; refused");
		int rc = mt_pickle_push(m, pair->item[0]);
		if (!rc)
			rc = mt_pickle_push(m, pair->item[1]);
		if (rc)
			return rc;
	}
	return mt_pickle_collect(m, MT_PICKLE_DICT, 2 * n);
}

static int reduce(struct mt_pickle_machine *m)
{
	int rc = mt_pickle_need(m, 2);
	if (rc)
		return rc;
	struct mt_pickle_value *f = mt_pickle_top(m, 1), args = *mt_pickle_top(m, 0), *v, *first;
	uint32_t at = m->stack[m->n_stack - 1];
	if (f->kind != MT_PICKLE_GLOBAL || args.kind != MT_PICKLE_TUPLE)
		return mt_pickle_bad(m, "calls %s with %s; refused", mt_pickle_kind_name(f->kind),
				     mt_pickle_kind_name(args.kind));
	first = args.n ? &m->p->value[args.item[0]] : NULL;
	int what = f->what;
	m->n_stack -= 2;
	switch (what) {
	case MT_PICKLE_ORDERED_DICT:
		return ordered_dict(m, &args);
	case MT_PICKLE_REBUILD:
	case MT_PICKLE_REBUILD_V2:
		rc = mt_pickle_make(m, MT_PICKLE_TENSOR, &v);
		if (!rc) {
			v->what = what;
			v->arg = at;
		}
		return rc;
	case MT_PICKLE_PARAMETER:
		if (!first || first->kind != MT_PICKLE_TENSOR)
			return mt_pickle_bad(m, "a parameter that is not a tensor; refused");
		return mt_pickle_push(m, args.item[0]);
	case MT_PICKLE_SIZE:
		if (!first || (first->kind != MT_PICKLE_TUPLE && first->kind != MT_PICKLE_LIST))
			return mt_pickle_bad(m, "torch.Size of something other than "
					     "a tuple; refused");
		return mt_pickle_push(m, args.item[0]);
	case MT_PICKLE_OPAQUE:
		return mt_pickle_make(m, MT_PICKLE_OTHER, &v);
	default:
		return mt_pickle_bad(m, "calls a type of PyTorch; refused");
	}
}

/* BUILD sets attributes: an OrderedDict's _metadata, which is of no use here. */
static int build(struct mt_pickle_machine *m)
{
	int rc = mt_pickle_need(m, 2);
	if (rc)
		return rc;
	enum mt_pickle_kind kind = mt_pickle_top(m, 1)->kind;
	if (kind != MT_PICKLE_DICT && kind != MT_PICKLE_OTHER && kind != MT_PICKLE_TENSOR)
		return mt_pickle_bad(m, "sets attributes of %s; refused",
				     mt_pickle_kind_name(kind));
	m->n_stack--;
	return MT_OK;
}

static int persistent(struct mt_pickle_machine *m)
{
	struct mt_pickle_value *v;
	int rc = mt_pickle_need(m, 1);
	if (rc)
		return rc;
	if (mt_pickle_top(m, 0)->kind != MT_PICKLE_TUPLE)
		return mt_pickle_bad(m, "a persistent id is %s, not a tuple; refused",
				     mt_pickle_kind_name(mt_pickle_top(m, 0)->kind));
	uint32_t at = m->stack[--m->n_stack];
	rc = mt_pickle_make(m, MT_PICKLE_REF, &v);
	if (!rc)
		v->arg = at;
	return rc;
}

static int protocol(struct mt_pickle_machine *m)
{
	uint64_t n;
	int rc = mt_pickle_number(m, 1, &n);
	if (!rc && (n < 2 || n > 5))
		rc = mt_pickle_bad(m, "protocol %" PRIu64 ", but only 2 to 5 are read", n);
	return rc;
}

static int frame(struct mt_pickle_machine *m)
{
	uint64_t n;
	int rc = mt_pickle_number(m, 8, &n);
	if (!rc && n > m->size - m->pos)
		rc = mt_pickle_cut(m, n);
	return rc;
}

int mt_pickle_other(struct mt_pickle_machine *m, unsigned char code)
{
	switch (code) {
	case 0x80: return protocol(m);
	case 0x95: return frame(m);
	case 'c': return named_global(m);
	case 0x93: return stack_global(m);
	case 'R': return reduce(m);
	case 'b': return build(m);
	case 'Q': return persistent(m);
	default: break;
	}
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		if (refused[i].code == code)
			return mt_pickle_bad(m, "opcode %s is not used for tensors; refused",
					     refused[i].name);
	return mt_pickle_bad(m, "opcode 0x%02x is unknown; refused", code);
}
