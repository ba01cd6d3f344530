/* SPDX-License-Identifier: MIT
 * The pickle machine, private to pickle.c and pickle_call.c. */
#ifndef MT_IMPORT_PICKLE_IMPL_H
#define MT_IMPORT_PICKLE_IMPL_H

#include "import/pickle.h"

#define MT_PICKLE_MARKS 1000

struct mt_pickle_machine {
	struct mt_pickle *p;
	const unsigned char *data;
	size_t size, pos, start;   /* of this opcode */
	uint64_t base;
	const char *path;
	struct mt_err *err;
	uint32_t *stack, n_stack, cap_stack;
	uint32_t mark[MT_PICKLE_MARKS], n_mark;
	uint32_t *memo, cap_memo, n_put;  /* index + 1, 0: free */
	uint32_t items;            /* references, all containers together */
};

/* MT_EINPUT with file and byte. */
int mt_pickle_bad(struct mt_pickle_machine *m, const char *fmt, ...) MT_PRINTF(2, 3);
/* The same for n bytes where there are fewer. */
int mt_pickle_cut(struct mt_pickle_machine *m, uint64_t n);
/* The next n bytes, little-endian. */
int mt_pickle_number(struct mt_pickle_machine *m, size_t n, uint64_t *out);
int mt_pickle_push(struct mt_pickle_machine *m, uint32_t value);
/* A new value on the stack; *v is valid until the next one. */
int mt_pickle_make(struct mt_pickle_machine *m, enum mt_pickle_kind kind,
		   struct mt_pickle_value **v);
/* Values above the last mark, or above the bottom. */
uint32_t mt_pickle_open(const struct mt_pickle_machine *m);
/* MT_EINPUT if there are fewer than n. */
int mt_pickle_need(struct mt_pickle_machine *m, uint32_t n);
/* The value that lies so far below the top of the stack. */
struct mt_pickle_value *mt_pickle_top(struct mt_pickle_machine *m, uint32_t below);
/* Replace the last n of the stack by a container of them. */
int mt_pickle_collect(struct mt_pickle_machine *m, enum mt_pickle_kind kind, uint32_t n);

/* Opcodes that name or call globals, and the rest: all are refused but for a
 * few. */
int mt_pickle_other(struct mt_pickle_machine *m, unsigned char code);

#endif
