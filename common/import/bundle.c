/* SPDX-License-Identifier: MIT
 * The index is a sorted table of LevelDB's format: a footer of 48 bytes leads to
 * an index block, which leads to data blocks of (key, value) entries. Key "" has
 * the header, every other key is a tensor's name, and its value, a protocol
 * buffer, says which bytes of which data file are the tensor. Every block and
 * every tensor has a CRC-32C.
 *
 * What is not checked by a checksum is by order: keys ascend, blocks ascend
 * and tensors do not share bytes, so no input makes the reader do more work
 * than it has bytes.
 * Source: tensorflow/core/util/tensor_bundle and LevelDB's doc/table_format.md. */
#include "import/bundle.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "import/readers.h"

#define FOOTER 48
#define MAX_KEY 1000    /* bytes of a name */
#define MAX_SHARD 1000
#define GROWTH 4        /* bytes of floats a byte of data: int8 */

static const unsigned char magic[8] = {0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb};

/* A cursor over bytes; bad is set by what runs over its end. */
struct cur {
	const unsigned char *p, *end;
	bool bad;
};

struct reader {
	struct mt_weights *w;
	const unsigned char *index;
	size_t size;
	const char *name;
	const struct mt_bundle_shard *shard;
	size_t n_shard;
	uint64_t limit, block_end;     /* end of the last data block */
	char key[MAX_KEY + 1];
	size_t n_key;
	bool header;                   /* seen */
	uint64_t shards;               /* that it names */
	struct place {
		uint64_t shard, begin, end;
		size_t item;
	} *place;
	size_t n_place;
};

struct entry {
	uint64_t dtype, shard, offset, size;
	uint32_t crc;
	int n_dim;
	uint64_t dim[MT_WEIGHT_DIMS];
	bool slices, unknown_rank;
};

static uint64_t varint(struct cur *c)
{
	uint64_t v = 0;
	for (int shift = 0; shift < 64; shift += 7) {
		if (c->p == c->end)
			break;
		uint64_t b = *c->p++;
		if (shift == 63 && b > 1)
			break;
		v |= (b & 127) << shift;
		if (b < 128)
			return v;
	}
	c->bad = true;
	return 0;
}

static uint32_t fixed32(struct cur *c)
{
	if (c->end - c->p < 4) {
		c->bad = true;
		return 0;
	}
	c->p += 4;
	return c->p[-4] | (uint32_t)c->p[-3] << 8 | (uint32_t)c->p[-2] << 16 |
	       (uint32_t)c->p[-1] << 24;
}

/* The next size bytes as a cursor of their own. */
static struct cur part(struct cur *c, uint64_t size)
{
	struct cur sub = {c->p, c->p, false};
	if (size > (uint64_t)(c->end - c->p)) {
		c->bad = true;
	} else {
		c->p += size;
		sub.end = c->p;
	}
	return sub;
}

/* One field of a protocol buffer: its number; a varint or fixed value is in
 * *value, bytes are in *sub. 0 at the end, or where it is bad. */
static uint64_t field(struct cur *c, uint64_t *value, struct cur *sub)
{
	if (c->bad || c->p == c->end)
		return 0;
	uint64_t key = varint(c);
	*value = 0;
	*sub = (struct cur){c->p, c->p, false};
	switch (key & 7) {
	case 0: *value = varint(c); break;
	case 1: part(c, 8); break;
	case 2: *sub = part(c, varint(c)); break;
	case 5: *value = fixed32(c); break;
	default: c->bad = true;
	}
	if (!(key >> 3))
		c->bad = true;
	return c->bad ? 0 : key >> 3;
}

static int damaged(const struct reader *r, struct mt_err *err, const char *what)
{
	return mt_err_set(err, MT_EINPUT, "%s: damaged: %s", r->name, what);
}

/* A block by its handle into *c, without compression byte and checksum. */
static int block(struct reader *r, uint64_t offset, uint64_t size, struct cur *c,
		 struct mt_err *err)
{
	uint64_t room = r->size - FOOTER;
	if (offset > room || size > room - offset || room - offset - size < 5)
		return mt_err_set(err, MT_EINPUT, "%s: damaged: a block of %" PRIu64 " bytes at %"
				  PRIu64 ", but the file has %zu", r->name, size, offset,
				  r->size);
	const unsigned char *p = r->index + offset;
	struct cur tail = {p + size + 1, p + size + 5, false};
	uint32_t want = fixed32(&tail), have = mt_crc32c_mask(mt_crc32c(p, size + 1));
	if (want != have)
		return mt_err_set(err, MT_EINPUT, "%s: damaged: CRC-32C %08x of the block at %"
				  PRIu64 ", but the file says %08x", r->name, have, offset, want);
	if (p[size])
		return mt_err_set(err, MT_EINPUT, "%s: the block at %" PRIu64 " is compressed "
				  "(%s), which is not supported; save the checkpoint again "
				  "without compression", r->name, offset, p[size] == 1 ? "Snappy"
				  : "of an unknown kind");
	if (size < 4)
		return damaged(r, err, "a block is shorter than its end");
	*c = (struct cur){p + size - 4, p + size, false};
	uint64_t restarts = fixed32(c);
	if (restarts > (size - 4) / 4)
		return damaged(r, err, "a block has more restart points than bytes");
	*c = (struct cur){p, p + size - 4 - 4 * restarts, false};
	return MT_OK;
}

/* The next entry: its key into r->key, which holds the one before. */
static int next_entry(struct reader *r, struct cur *c, struct cur *value, bool first,
		      struct mt_err *err)
{
	uint64_t shared = varint(c), more = varint(c), n_value = varint(c);
	struct cur key = part(c, more);
	*value = part(c, n_value);
	if (c->bad || shared > r->n_key)
		return damaged(r, err, "an entry runs over its block");
	if (more > MAX_KEY - shared)
		return mt_err_set(err, MT_EINPUT, "%s: a name of %" PRIu64 " bytes, at most %d",
				  r->name, shared > UINT64_MAX - more ? UINT64_MAX : shared + more,
				  MAX_KEY);
	size_t old = r->n_key - shared, least = old < more ? old : (size_t)more;
	int order = memcmp(key.p, r->key + shared, least);
	if (!first && (order < 0 || (!order && more <= old)))
		return damaged(r, err, "names are not in ascending order");
	if (first && shared)
		return damaged(r, err, "the first name of a block is not whole");
	memcpy(r->key + shared, key.p, more);
	r->n_key = (size_t)(shared + more);
	r->key[r->n_key] = '\0';
	return MT_OK;
}

static int read_header(struct reader *r, struct cur c, struct mt_err *err)
{
	uint64_t value, number, endian = 0;
	struct cur sub;
	r->shards = 0;
	while ((number = field(&c, &value, &sub)))
		if (number == 1)
			r->shards = value;
		else if (number == 2)
			endian = value;
	r->header = true;
	if (c.bad)
		return damaged(r, err, "its header cannot be read");
	if (endian)
		return mt_err_set(err, MT_EINPUT, "%s: big-endian, which is not supported",
				  r->name);
	if (!r->shards || r->shards > MAX_SHARD)
		return mt_err_set(err, MT_EINPUT, "%s: names %" PRIu64 " data files, expected 1 "
				  "to %d", r->name, r->shards, MAX_SHARD);
	return MT_OK;
}

static void read_shape(struct cur *c, struct entry *e)
{
	uint64_t value, number, n;
	struct cur dim, sub;
	while ((number = field(c, &value, &dim))) {
		if (number == 3)
			e->unknown_rank = value != 0;
		if (number != 2)
			continue;
		uint64_t size = 0;
		while ((n = field(&dim, &value, &sub)))
			size = n == 1 ? value : size;
		c->bad |= dim.bad;
		if (e->n_dim < MT_WEIGHT_DIMS)
			e->dim[e->n_dim] = size;
		e->n_dim++;
	}
}

static int read_entry(struct reader *r, struct cur c, struct entry *e, struct mt_err *err)
{
	uint64_t value, number;
	struct cur sub;
	*e = (struct entry){0};
	while ((number = field(&c, &value, &sub))) {
		switch (number) {
		case 1: e->dtype = value; break;
		case 2:
			e->n_dim = 0;
			read_shape(&sub, e);
			c.bad |= sub.bad;
			break;
		case 3: e->shard = value; break;
		case 4: e->offset = value; break;
		case 5: e->size = value; break;
		case 6: e->crc = (uint32_t)value; break;
		case 7: e->slices = true; break;
		default: break;
		}
	}
	if (c.bad)
		return mt_err_set(err, MT_EINPUT, "%s: damaged: the entry of tensor '%.200s' "
				  "cannot be read", r->name, r->key);
	return MT_OK;
}

/* Is this the state of an optimizer, or a counter, and not a weight? */
static bool is_state(const char *name, const struct entry *e)
{
	static const char *const last[] = {"Adam", "Adam_1", "Momentum",
					   "ExponentialMovingAverage"};
	static const char *const first[] = {"optimizer/", "save_counter/"};
	const char *s = strrchr(name, '/');
	s = s ? s + 1 : name;
	for (size_t i = 0; i < sizeof last / sizeof *last; i++)
		if (!strcmp(s, last[i]))
			return true;
	for (size_t i = 0; i < sizeof first / sizeof *first; i++)
		if (!strncmp(name, first[i], strlen(first[i])))
			return true;
	size_t n = strlen(s);
	bool power = !strncmp(s, "beta", 4) && n > 6 && !strcmp(s + n - 6, "_power");
	return !strncmp(s, "RMSProp", 7) || strstr(name, "/.OPTIMIZER_SLOT/") ||
	       (!e->n_dim && (power || !strcmp(s, "global_step")));
}

/* The type of TensorFlow's number; MT_N_WEIGHT_TYPE where there is none. */
static enum mt_weight_type type_of(uint64_t dtype)
{
	switch (dtype) {
	case 1: return MT_WEIGHT_F32;
	case 2: return MT_WEIGHT_F64;
	case 3: return MT_WEIGHT_I32;
	case 4: return MT_WEIGHT_U8;
	case 5: return MT_WEIGHT_I16;
	case 6: return MT_WEIGHT_I8;
	case 9: return MT_WEIGHT_I64;
	case 10: return MT_WEIGHT_BOOL;
	case 14: return MT_WEIGHT_BF16;
	case 19: return MT_WEIGHT_F16;
	default: return MT_N_WEIGHT_TYPE;
	}
}

/* The tensor's bytes against its shape, its data file and their checksum. */
static int take_data(struct reader *r, const struct entry *e, struct mt_weight *item,
		     enum mt_weight_type type, struct mt_err *err)
{
	const struct mt_bundle_shard *s = &r->shard[e->shard];
	if (e->size != item->count * mt_weight_type_size(type))
		return mt_err_set(err, MT_EINPUT, "%s: tensor '%.200s': %" PRIu64 " bytes, but its "
				  "shape and type need %" PRIu64, r->name, r->key, e->size,
				  item->count * mt_weight_type_size(type));
	if (e->offset > s->size || e->size > s->size - e->offset)
		return mt_err_set(err, MT_EINPUT, "%s: cut: tensor '%.200s' is bytes %" PRIu64
				  " to %" PRIu64 " of data file %" PRIu64 ", which has %zu",
				  r->name, r->key, e->offset, e->offset > UINT64_MAX - e->size
				  ? UINT64_MAX : e->offset + e->size, e->shard, s->size);
	const char *data = s->data + e->offset;
	uint32_t crc = mt_crc32c_mask(mt_crc32c(data, e->size));
	if (crc != e->crc)
		return mt_err_set(err, MT_EINPUT, "%s: damaged: tensor '%.200s' has CRC-32C %08x, "
				  "but the index says %08x", r->name, r->key, crc, e->crc);
	item->type = type;
	mt_weight_fill(item->data, data, item->count, type);
	if (!(r->n_place & (r->n_place - 1)))
		r->place = mt_realloc(r->place, r->n_place ? 2 * r->n_place : 1, sizeof *r->place);
	r->place[r->n_place++] = (struct place){e->shard, e->offset, e->offset + e->size,
						(size_t)(item - r->w->item)};
	return MT_OK;
}

static int take_tensor(struct reader *r, struct cur value, struct mt_err *err)
{
	struct entry e;
	struct mt_weight *item;
	int rc = read_entry(r, value, &e, err);
	if (rc)
		return rc;
	enum mt_weight_type type = type_of(e.dtype);
	if (memchr(r->key, 0, r->n_key))
		return damaged(r, err, "a name has a NUL");
	if (type == MT_N_WEIGHT_TYPE || is_state(r->key, &e)) {
		r->w->n_skip++;
		return MT_OK;
	}
	if (e.slices || e.unknown_rank)
		return mt_err_set(err, MT_EINPUT, "%s: tensor '%.200s' is %s, which is not "
				  "supported", r->name, r->key, e.slices
				  ? "a partitioned variable" : "of unknown rank");
	if (e.shard >= r->n_shard)
		return mt_err_set(err, MT_EINPUT, "%s: damaged: tensor '%.200s' is in data file %"
				  PRIu64 " of %zu", r->name, r->key, e.shard, r->n_shard);
	rc = mt_weights_add(r->w, r->key, e.n_dim, e.dim, r->limit, &item, err);
	if (rc)
		mt_err_prefix(rc, err, "%s", r->name);
	return rc ? rc : take_data(r, &e, item, type, err);
}

/* Entries of one data block; header_only ends behind the first. */
static int data_block(struct reader *r, struct cur c, bool *first, bool header_only,
		      struct mt_err *err)
{
	int rc = MT_OK;
	bool begin = true;
	char last[MAX_KEY + 1];
	while (!rc && c.p < c.end && !(header_only && r->header)) {
		struct cur value;
		size_t n_last = r->n_key;
		memcpy(last, r->key, n_last);
		rc = next_entry(r, &c, &value, begin, err);
		/* across blocks, where nothing is shared */
		if (!rc && begin && !*first) {
			size_t least = n_last < r->n_key ? n_last : r->n_key;
			int order = memcmp(r->key, last, least);
			if (order < 0 || (!order && r->n_key <= n_last))
				rc = damaged(r, err, "names are not in ascending order");
		}
		if (rc)
			break;
		if (*first != !r->n_key)
			rc = damaged(r, err, "its first entry is not the header");
		else
			rc = *first ? read_header(r, value, err) : take_tensor(r, value, err);
		*first = begin = false;
	}
	return rc;
}

/* Walk the table; without shards only up to the header. */
static int walk(struct reader *r, struct mt_err *err)
{
	bool first = true;
	if (r->size < FOOTER || memcmp(r->index + r->size - 8, magic, 8) != 0)
		return mt_err_set(err, MT_EINPUT, "%s: not the index of a TensorFlow bundle, or "
				  "cut", r->name);
	struct cur foot = {r->index + r->size - FOOTER, r->index + r->size - 8, false}, c, d;
	uint64_t offset = varint(&foot), size = varint(&foot);
	int rc = foot.bad ? damaged(r, err, "its footer cannot be read")
			  : block(r, offset, size, &c, err);
	if (rc)
		return rc;
	offset = varint(&foot), size = varint(&foot);
	rc = foot.bad ? damaged(r, err, "its footer cannot be read")
		      : block(r, offset, size, &c, err);
	while (!rc && c.p < c.end && !(r->header && !r->shard)) {
		uint64_t shared = varint(&c), more = varint(&c), n_value = varint(&c);
		part(&c, more);
		struct cur value = part(&c, n_value);
		offset = varint(&value), size = varint(&value);
		(void)shared;  /* of keys that separate blocks; nothing is looked up */
		if (c.bad || value.bad)
			return damaged(r, err, "its list of blocks cannot be read");
		if (offset < r->block_end)
			return damaged(r, err, "its blocks overlap");
		rc = block(r, offset, size, &d, err);
		r->block_end = rc ? 0 : offset + size + 5;
		if (!rc)
			rc = data_block(r, d, &first, !r->shard, err);
	}
	if (!rc && !r->header)
		rc = damaged(r, err, "it has no header");
	return rc;
}

static int by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	if (x->shard != y->shard)
		return x->shard < y->shard ? -1 : 1;
	if (x->begin != y->begin)
		return x->begin < y->begin ? -1 : 1;
	return (x->end > y->end) - (x->end < y->end);
}

static int check_places(struct reader *r, struct mt_err *err)
{
	if (r->n_place)
		qsort(r->place, r->n_place, sizeof *r->place, by_place);
	for (size_t i = 1; i < r->n_place; i++) {
		const struct place *a = &r->place[i - 1], *b = &r->place[i];
		if (a->shard == b->shard && b->begin < a->end)
			return mt_err_set(err, MT_EINPUT, "%s: damaged: tensors '%.150s' and "
					  "'%.150s' share bytes", r->name,
					  r->w->item[a->item].name, r->w->item[b->item].name);
	}
	return MT_OK;
}

int mt_bundle_shards(const char *index, size_t size, const char *name, uint64_t *n,
		     struct mt_err *err)
{
	struct reader r = {.index = (const unsigned char *)index, .size = size, .name = name};
	int rc = walk(&r, err);
	*n = r.shards;
	return rc;
}

int mt_bundle_parse(struct mt_weights *w, const char *index, size_t size, const char *name,
		    const struct mt_bundle_shard *shard, size_t n_shard, struct mt_err *err)
{
	struct reader r = {.w = w, .index = (const unsigned char *)index, .size = size,
			   .name = name, .shard = shard, .n_shard = n_shard};
	for (size_t i = 0; i < n_shard; i++)
		r.limit += GROWTH * (uint64_t)shard[i].size;
	int rc = walk(&r, err);
	if (!rc)
		rc = check_places(&r, err);
	if (!rc) {
		free(w->format);
		w->format = mt_strdup("TensorFlow bundle");
	}
	free(r.place);
	return rc;
}

bool mt_bundle_match(const char *path, const unsigned char *head, size_t size)
{
	unsigned char end[8];
	(void)head;
	FILE *f = size >= FOOTER ? fopen(path, "rbe") : NULL;
	bool is = f && !fseeko(f, -8, SEEK_END) && fread(end, 1, 8, f) == 8 &&
		  !memcmp(end, magic, 8);
	if (f)
		fclose(f);
	return is;
}

int mt_bundle_read(struct mt_weights *w, const char *path, struct mt_err *err)
{
	char *index = NULL;
	size_t size = 0, n = strlen(path), n_base = n;
	uint64_t n_shard = 0;
	if (n >= 6 && !strcmp(path + n - 6, ".index"))
		n_base = n - 6;
	int rc = mt_weights_load(w, path, &index, &size, err);
	if (!rc)
		rc = mt_bundle_shards(index, size, path, &n_shard, err);
	struct mt_bundle_shard *shard = mt_calloc(n_shard + 1, sizeof *shard);
	for (uint64_t i = 0; !rc && i < n_shard; i++) {
		char *data = NULL, *name = mt_strf("%.*s.data-%05u-of-%05u", (int)n_base, path,
					    (unsigned)i, (unsigned)n_shard);
		struct stat st;
		if (stat(name, &st) && errno == ENOENT)
			rc = mt_err_set(err, MT_EINPUT, "%s: its data file %s is missing", path,
					name);
		else
			rc = mt_weights_load(w, name, &data, &shard[i].size, err);
		shard[i].data = rc ? NULL : data;
		free(name);
	}
	if (!rc)
		rc = mt_bundle_parse(w, index, size, path, shard, n_shard, err);
	for (uint64_t i = 0; i < n_shard; i++)
		free((char *)(uintptr_t)shard[i].data);
	free(shard);
	free(index);
	return rc;
}
