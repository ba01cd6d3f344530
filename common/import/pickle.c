/* SPDX-License-Identifier: MIT
 * A machine of a stack, a stack of marks and a memo, all of indices into one
 * table of values. Each opcode is looked up in three groups: those that push a
 * constant, those that build containers and use the memo, and those that name
 * and call globals (pickle_call.c). At the end a walk without recursion refuses
 * cycles and deep nesting. */
#include "import/pickle.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "import/pickle_impl.h"

#define MAX_STACK MT_PICKLE_VALUES

int mt_pickle_bad(struct mt_pickle_machine *m, const char *fmt, ...)
{
	char text[384];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return mt_err_set(m->err, MT_EINPUT, "%.100s: pickle at byte %" PRIu64 ": %s", m->path,
			  m->base + m->start, text);
}

static bool take(struct mt_pickle_machine *m, size_t n, const unsigned char **at)
{
	if (n > m->size - m->pos)
		return false;
	*at = m->data + m->pos;
	m->pos += n;
	return true;
}

int mt_pickle_cut(struct mt_pickle_machine *m, uint64_t n)
{
	return mt_pickle_bad(m, "%" PRIu64 " bytes are needed, but %zu are left; damaged or cut", n,
			     m->size - m->pos);
}

/* n bytes, little-endian. */
int mt_pickle_number(struct mt_pickle_machine *m, size_t n, uint64_t *out)
{
	const unsigned char *at;
	*out = 0;
	if (!take(m, n, &at))
		return mt_pickle_cut(m, n);
	for (size_t i = n; i--;)
		*out = *out << 8 | at[i];
	return MT_OK;
}

/* Twice the room, or the first of it. */
static uint32_t more(uint32_t cap, uint32_t first)
{
	return cap ? 2 * cap : first;
}

int mt_pickle_push(struct mt_pickle_machine *m, uint32_t value)
{
	if (m->n_stack == MAX_STACK)
		return mt_pickle_bad(m, "more than %u values on the stack; refused", MAX_STACK);
	if (m->n_stack == m->cap_stack) {
		m->cap_stack = more(m->cap_stack, 256);
		m->stack = mt_realloc(m->stack, m->cap_stack, sizeof *m->stack);
	}
	m->stack[m->n_stack++] = value;
	return MT_OK;
}

/* A new value on the stack. */
int mt_pickle_make(struct mt_pickle_machine *m, enum mt_pickle_kind kind,
		   struct mt_pickle_value **v)
{
	struct mt_pickle *p = m->p;
	if (p->n == MT_PICKLE_VALUES)
		return mt_pickle_bad(m, "more than %u values; refused", MT_PICKLE_VALUES);
	if (p->n == p->cap) {
		p->cap = more(p->cap, 256);
		p->value = mt_realloc(p->value, p->cap, sizeof *p->value);
	}
	*v = &p->value[p->n];
	**v = (struct mt_pickle_value){.kind = kind, .at = m->base + m->start};
	return mt_pickle_push(m, p->n++);
}

/* Values above the last mark, or above the bottom. */
uint32_t mt_pickle_open(const struct mt_pickle_machine *m)
{
	return m->n_stack - (m->n_mark ? m->mark[m->n_mark - 1] : 0);
}

int mt_pickle_need(struct mt_pickle_machine *m, uint32_t n)
{
	if (mt_pickle_open(m) < n)
		return mt_pickle_bad(m, "needs %u values on the stack, but there are %u; "
				     "damaged", n, mt_pickle_open(m));
	return MT_OK;
}

struct mt_pickle_value *mt_pickle_top(struct mt_pickle_machine *m, uint32_t below)
{
	return &m->p->value[m->stack[m->n_stack - 1 - below]];
}

/* The values above the mark: *n of them, the last *n of the stack. */
static int to_mark(struct mt_pickle_machine *m, uint32_t *n)
{
	if (!m->n_mark)
		return mt_pickle_bad(m, "an opcode needs a mark, but the stack has none; damaged");
	*n = mt_pickle_open(m);
	m->n_mark--;
	return MT_OK;
}

/* Move the last n of the stack into a container. */
static int put_items(struct mt_pickle_machine *m, struct mt_pickle_value *c, uint32_t n)
{
	if (n > MT_PICKLE_ITEMS - m->items)
		return mt_pickle_bad(m, "more than %u items; refused", MT_PICKLE_ITEMS);
	m->items += n;
	m->n_stack -= n;
	if (!n)
		return MT_OK;
	if (n > c->cap - c->n) {
		c->cap = c->kind == MT_PICKLE_TUPLE || c->n + n > 2 * c->cap ? c->n + n
									: 2 * c->cap;
		c->item = mt_realloc(c->item, c->cap, sizeof *c->item);
	}
	memcpy(c->item + c->n, m->stack + m->n_stack, n * sizeof *c->item);
	c->n += n;
	return MT_OK;
}

/* A new container of the last n of the stack. */
int mt_pickle_collect(struct mt_pickle_machine *m, enum mt_pickle_kind kind, uint32_t n)
{
	struct mt_pickle_value *v;
	if (kind == MT_PICKLE_DICT && n % 2)
		return mt_pickle_bad(m, "a dict's last key has no value; damaged");
	int rc = mt_pickle_make(m, kind, &v);
	if (rc)
		return rc;
	uint32_t at = m->stack[--m->n_stack];
	rc = put_items(m, v, n);
	return rc ? rc : mt_pickle_push(m, at);
}

/* n items of the stack into the list or dict below them. */
static int append(struct mt_pickle_machine *m, enum mt_pickle_kind kind, uint32_t n)
{
	int rc = mt_pickle_need(m, n + 1);
	if (rc)
		return rc;
	struct mt_pickle_value *c = mt_pickle_top(m, n);
	if (c->kind != kind && c->kind != MT_PICKLE_OTHER)
		return mt_pickle_bad(m, "sets items of %s as if it were %s; refused",
				     mt_pickle_kind_name(c->kind), mt_pickle_kind_name(kind));
	if (kind == MT_PICKLE_DICT && n % 2)
		return mt_pickle_bad(m, "a dict's last key has no value; damaged");
	if (c->kind != MT_PICKLE_OTHER)
		return put_items(m, c, n);
	m->n_stack -= n;
	return MT_OK;
}

static int text(struct mt_pickle_machine *m, enum mt_pickle_kind kind, size_t width)
{
	uint64_t n;
	const unsigned char *at = NULL;
	struct mt_pickle_value *v;
	int rc = mt_pickle_number(m, width, &n);
	if (!rc && (n > UINT32_MAX || !take(m, (size_t)n, &at)))
		rc = mt_pickle_cut(m, n);
	if (!rc)
		rc = mt_pickle_make(m, kind, &v);
	if (!rc) {
		v->text = (const char *)at;
		v->n = (uint32_t)n;
	}
	return rc;
}

static int integer(struct mt_pickle_machine *m, size_t width, bool is_signed)
{
	uint64_t n;
	struct mt_pickle_value *v;
	int rc = mt_pickle_number(m, width, &n);
	if (!rc)
		rc = mt_pickle_make(m, MT_PICKLE_INT, &v);
	if (!rc)
		v->i = is_signed ? (int64_t)(int32_t)(uint32_t)n : (int64_t)n;
	return rc;
}

/* LONG1, LONG4: two's complement of any length. */
static int long_integer(struct mt_pickle_machine *m, size_t width)
{
	int rc = text(m, MT_PICKLE_LONG, width);
	struct mt_pickle_value *v = rc ? NULL : mt_pickle_top(m, 0);
	if (rc || v->n > 8)
		return rc;
	const unsigned char *p = (const unsigned char *)v->text;
	uint64_t u = v->n && p[v->n - 1] & 0x80 ? UINT64_MAX : 0;
	for (uint32_t i = v->n; i--;)
		u = u << 8 | p[i];
	v->kind = MT_PICKLE_INT;
	v->n = 0;
	memcpy(&v->i, &u, sizeof u);
	return MT_OK;
}

static int real(struct mt_pickle_machine *m)
{
	uint64_t n;
	struct mt_pickle_value *v;
	int rc = mt_pickle_number(m, 8, &n);
	if (!rc)
		rc = mt_pickle_make(m, MT_PICKLE_FLOAT, &v);
	if (!rc) {
		n = __builtin_bswap64(n);
		memcpy(&v->f, &n, sizeof n);
	}
	return rc;
}

static int boolean(struct mt_pickle_machine *m, int64_t i)
{
	struct mt_pickle_value *v;
	int rc = mt_pickle_make(m, MT_PICKLE_BOOL, &v);
	if (!rc)
		v->i = i;
	return rc;
}

/* Opcodes that push a constant; MT_DROP: not one of them. */
static int constant(struct mt_pickle_machine *m, unsigned char code)
{
	struct mt_pickle_value *v;
	switch (code) {
	case 'N': return mt_pickle_make(m, MT_PICKLE_NONE, &v);
	case 0x88: return boolean(m, 1);
	case 0x89: return boolean(m, 0);
	case 'K': return integer(m, 1, false);
	case 'M': return integer(m, 2, false);
	case 'J': return integer(m, 4, true);
	case 0x8a: return long_integer(m, 1);
	case 0x8b: return long_integer(m, 4);
	case 'G': return real(m);
	case 0x8c: return text(m, MT_PICKLE_TEXT, 1);
	case 'X': return text(m, MT_PICKLE_TEXT, 4);
	case 0x8d: return text(m, MT_PICKLE_TEXT, 8);
	case 'U': return text(m, MT_PICKLE_TEXT, 1);
	case 'T': return text(m, MT_PICKLE_TEXT, 4);
	case 'C': return text(m, MT_PICKLE_BYTES, 1);
	case 'B': return text(m, MT_PICKLE_BYTES, 4);
	case 0x8e: return text(m, MT_PICKLE_BYTES, 8);
	case ')': return mt_pickle_make(m, MT_PICKLE_TUPLE, &v);
	case ']': return mt_pickle_make(m, MT_PICKLE_LIST, &v);
	case '}': return mt_pickle_make(m, MT_PICKLE_DICT, &v);
	default: return MT_DROP;
	}
}

static int put_memo(struct mt_pickle_machine *m, uint64_t at)
{
	int rc = mt_pickle_need(m, 1);
	if (rc)
		return rc;
	if (at >= MT_PICKLE_VALUES)
		return mt_pickle_bad(m, "memo entry %" PRIu64 ", at most %u; refused", at,
				     MT_PICKLE_VALUES - 1);
	if (at >= m->cap_memo) {
		uint32_t cap = more(m->cap_memo, 256);
		while (cap <= at)
			cap *= 2;
		m->memo = mt_realloc(m->memo, cap, sizeof *m->memo);
		memset(m->memo + m->cap_memo, 0, (cap - m->cap_memo) * sizeof *m->memo);
		m->cap_memo = cap;
	}
	m->memo[at] = m->stack[m->n_stack - 1] + 1;
	m->n_put++;
	return MT_OK;
}

static int memo(struct mt_pickle_machine *m, unsigned char code)
{
	uint64_t at = m->n_put;
	size_t width = code == 'q' || code == 'h' ? 1 : 4;
	int rc = code == 0x94 ? MT_OK : mt_pickle_number(m, width, &at);
	if (rc)
		return rc;
	if (code != 'h' && code != 'j')
		return put_memo(m, at);
	if (at >= m->cap_memo || !m->memo[at])
		return mt_pickle_bad(m, "memo entry %" PRIu64 " was never set; damaged", at);
	return mt_pickle_push(m, m->memo[at] - 1);
}

/* Opcodes that build containers, and the memo's. */
static int container(struct mt_pickle_machine *m, unsigned char code)
{
	uint32_t n = 0;
	int rc = code && strchr("tlued", code) ? to_mark(m, &n) : MT_OK;
	if (rc)
		return rc;
	switch (code) {
	case '(':
		if (m->n_mark == MT_PICKLE_MARKS)
			return mt_pickle_bad(m, "more than %d marks; refused", MT_PICKLE_MARKS);
		m->mark[m->n_mark++] = m->n_stack;
		return MT_OK;
	case 0x85: case 0x86: case 0x87:
		rc = mt_pickle_need(m, code - 0x84u);
		return rc ? rc : mt_pickle_collect(m, MT_PICKLE_TUPLE, code - 0x84u);
	case 't': return mt_pickle_collect(m, MT_PICKLE_TUPLE, n);
	case 'l': return mt_pickle_collect(m, MT_PICKLE_LIST, n);
	case 'd': return mt_pickle_collect(m, MT_PICKLE_DICT, n);
	case 'a': return append(m, MT_PICKLE_LIST, 1);
	case 'e': return append(m, MT_PICKLE_LIST, n);
	case 's': return append(m, MT_PICKLE_DICT, 2);
	case 'u': return append(m, MT_PICKLE_DICT, n);
	case 'q': case 'r': case 'h': case 'j': case 0x94: return memo(m, code);
	default: return MT_DROP;
	}
}

static int run(struct mt_pickle_machine *m)
{
	for (;;) {
		m->start = m->pos;
		if (m->pos == m->size)
			return mt_pickle_bad(m, "ends without STOP; damaged or cut");
		unsigned char code = m->data[m->pos++];
		if (code == '.')
			break;
		int rc = constant(m, code);
		if (rc == MT_DROP)
			rc = container(m, code);
		if (rc == MT_DROP)
			rc = mt_pickle_other(m, code);
		if (rc)
			return rc;
	}
	if (m->n_stack != 1 || m->n_mark)
		return mt_pickle_bad(m, "%u values and %u marks on the stack at its end, "
				     "expected one value; damaged", m->n_stack, m->n_mark);
	m->p->root = m->stack[0];
	m->p->used = m->pos;
	return MT_OK;
}

/* What v refers to: *n indices. */
static const uint32_t *children(const struct mt_pickle_value *v, uint32_t *n)
{
	bool one = v->kind == MT_PICKLE_REF || v->kind == MT_PICKLE_TENSOR;
	bool many = v->kind == MT_PICKLE_TUPLE || v->kind == MT_PICKLE_LIST ||
		    v->kind == MT_PICKLE_DICT;
	*n = one ? 1 : many ? v->n : 0;
	return one ? &v->arg : v->item;
}

/* Depth first, with each value's height noted, so that shared values are walked
 * once: 0 new, GREY on the way to it, else levels below it + 1. */
#define GREY UINT8_MAX
static int check_depth(struct mt_pickle_machine *m)
{
	const struct mt_pickle *p = m->p;
	struct { uint32_t value, next; } way[MT_PICKLE_DEPTH];
	uint8_t *height = mt_calloc(p->n, 1);
	int n = 1, rc = MT_OK;
	way[0].value = p->root;
	way[0].next = 0;
	height[p->root] = GREY;
	while (n && !rc) {
		uint32_t count, at = way[n - 1].value;
		const uint32_t *child = children(&p->value[at], &count);
		if (way[n - 1].next == count) {
			uint8_t h = 0;
			for (uint32_t i = 0; i < count; i++)
				h = height[child[i]] > h ? height[child[i]] : h;
			height[at] = (uint8_t)(h + 1);
			n--;
			continue;
		}
		uint32_t to = child[way[n - 1].next++];
		m->start = (size_t)(p->value[to].at - m->base);
		if (height[to] == GREY)
			rc = mt_pickle_bad(m, "%s contains itself; refused",
					   mt_pickle_kind_name(p->value[to].kind));
		else if (n + (height[to] ? height[to] : 1) > MT_PICKLE_DEPTH)
			rc = mt_pickle_bad(m, "values nested deeper than %d levels; refused",
					   MT_PICKLE_DEPTH);
		else if (!height[to]) {
			height[to] = GREY;
			way[n].value = to;
			way[n++].next = 0;
		}
	}
	free(height);
	return rc;
}

int mt_pickle_read(struct mt_pickle *p, const void *data, size_t size, uint64_t base,
		   const char *path, struct mt_err *err)
{
	struct mt_pickle_machine m = {.p = p, .data = data, .size = size, .base = base,
				      .path = path, .err = err};
	*p = (struct mt_pickle){0};
	int rc = run(&m);
	if (!rc)
		rc = check_depth(&m);
	free(m.stack);
	free(m.memo);
	if (rc)
		mt_pickle_release(p);
	return rc;
}

void mt_pickle_release(struct mt_pickle *p)
{
	for (uint32_t i = 0; i < p->n; i++) {
		enum mt_pickle_kind k = p->value[i].kind;
		if (k == MT_PICKLE_TUPLE || k == MT_PICKLE_LIST || k == MT_PICKLE_DICT)
			free(p->value[i].item);
	}
	free(p->value);
	*p = (struct mt_pickle){0};
}

bool mt_pickle_is(const struct mt_pickle_value *v, const char *text)
{
	return v->kind == MT_PICKLE_TEXT && v->n == strlen(text) &&
	       !memcmp(v->text, text, v->n);
}

const struct mt_pickle_value *mt_pickle_get(const struct mt_pickle *p,
					    const struct mt_pickle_value *dict,
					    const char *key)
{
	for (uint32_t i = dict->n; i >= 2; i -= 2)
		if (mt_pickle_is(&p->value[dict->item[i - 2]], key))
			return &p->value[dict->item[i - 1]];
	return NULL;
}

const char *mt_pickle_kind_name(enum mt_pickle_kind kind)
{
	static const char *const name[] = {
		[MT_PICKLE_NONE] = "None", [MT_PICKLE_BOOL] = "a boolean",
		[MT_PICKLE_INT] = "an integer", [MT_PICKLE_LONG] = "a large integer",
		[MT_PICKLE_FLOAT] = "a number", [MT_PICKLE_TEXT] = "a string",
		[MT_PICKLE_BYTES] = "bytes", [MT_PICKLE_TUPLE] = "a tuple",
		[MT_PICKLE_LIST] = "a list", [MT_PICKLE_DICT] = "a dict",
		[MT_PICKLE_GLOBAL] = "a class or function",
		[MT_PICKLE_REF] = "a storage", [MT_PICKLE_TENSOR] = "a tensor",
		[MT_PICKLE_OTHER] = "an object",
	};
	return name[kind];
}
