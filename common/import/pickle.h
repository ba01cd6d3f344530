/* SPDX-License-Identifier: MIT
 * Pickles, as PyTorch's files hold them, read into a table of values. Nothing
 * of a pickle is executed: opcodes and globals come from fixed lists, and
 * whatever is not in them is refused by its name and place.
 *
 * Memory does not depend on what a pickle claims: at most MT_PICKLE_VALUES
 * values and MT_PICKLE_ITEMS references between them, below 160 MiB. Values
 * may be shared but contain themselves never, and lie at most MT_PICKLE_DEPTH
 * levels below the root, so a reader may walk them.
 * Source: the pickletools module of CPython for the opcodes, protocols 2 to 5. */
#ifndef MT_IMPORT_PICKLE_H
#define MT_IMPORT_PICKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define MT_PICKLE_VALUES (1u << 20)
#define MT_PICKLE_ITEMS (1u << 22)
#define MT_PICKLE_DEPTH 64

enum mt_pickle_kind {
	MT_PICKLE_NONE,
	MT_PICKLE_BOOL,
	MT_PICKLE_INT,
	MT_PICKLE_LONG,    /* over 64 bits: text holds n bytes, little-endian */
	MT_PICKLE_FLOAT,
	MT_PICKLE_TEXT,    /* n bytes, whatever they are */
	MT_PICKLE_BYTES,
	MT_PICKLE_TUPLE,
	MT_PICKLE_LIST,
	MT_PICKLE_DICT,    /* item: key, value, key, value, ... */
	MT_PICKLE_GLOBAL,  /* what */
	MT_PICKLE_REF,     /* a persistent id: arg */
	MT_PICKLE_TENSOR,  /* a rebuilt tensor: what rebuilds it, arg: the arguments */
	MT_PICKLE_OTHER,   /* of no interest: a NumPy scalar, a device */
};

enum mt_pickle_global {
	MT_PICKLE_ORDERED_DICT,
	MT_PICKLE_REBUILD,      /* _rebuild_tensor */
	MT_PICKLE_REBUILD_V2,   /* _rebuild_tensor_v2 */
	MT_PICKLE_PARAMETER,    /* _rebuild_parameter: its first argument */
	MT_PICKLE_SIZE,
	MT_PICKLE_OPAQUE,       /* a function whose result is MT_PICKLE_OTHER */
	MT_PICKLE_CONSTANT,     /* a dtype */
	MT_PICKLE_STORAGE,      /* this and above: storage of enum mt_weight_type */
};

struct mt_pickle_value {
	enum mt_pickle_kind kind;
	int what;
	uint32_t n;            /* items, or bytes */
	uint32_t cap;          /* private */
	uint64_t at;           /* byte of the opcode that made it */
	union {
		int64_t i;     /* BOOL, INT */
		double f;
		const char *text;  /* in the pickle's bytes; no NUL behind it */
		uint32_t *item;    /* indices of values */
		uint32_t arg;      /* index of a TUPLE */
	};
};

struct mt_pickle {
	struct mt_pickle_value *value;
	uint32_t n, cap;
	uint32_t root;         /* index of what the pickle holds */
	size_t used;           /* bytes up to and with STOP */
};

/* Read one pickle from the beginning of data, which must outlive it. Bytes are
 * counted from `base` in messages, which begin with path. End with
 * mt_pickle_release() on success. */
int mt_pickle_read(struct mt_pickle *p, const void *data, size_t size,
		   uint64_t base, const char *path, struct mt_err *err) MT_USE_RESULT;
void mt_pickle_release(struct mt_pickle *p);

/* The value of a TEXT key of a DICT, the last one if it was set twice, or
 * NULL. */
const struct mt_pickle_value *mt_pickle_get(const struct mt_pickle *p,
					    const struct mt_pickle_value *dict,
					    const char *key);
/* Is v TEXT with these bytes? */
bool mt_pickle_is(const struct mt_pickle_value *v, const char *text);
/* What to call the kind in a message: "a list". */
const char *mt_pickle_kind_name(enum mt_pickle_kind kind);

#endif
