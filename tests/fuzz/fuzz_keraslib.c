/* SPDX-License-Identifier: MIT
 * The reader of Keras files over a stand-in for the HDF5 library, which answers
 * from the bytes, so that what the library may say of a damaged file is tried in
 * one process and at speed (the library itself: fuzz_keras). The first byte says
 * whether the child's work is done (0), is then cut or changed in one byte (1, 2),
 * or is nothing but the bytes (3). Every object that is opened must be closed. */
#include <hdf5.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/child.h"
#include "base/mem.h"
#include "import/readers.h"

#define OBJECTS 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A type, a space and a property list; what has all three, an attribute or a data
 * set, hands out copies of itself. */
struct object {
	bool used;
	H5T_class_t class;
	size_t size;
	bool variable;
	int n_dim;
	hsize_t dim[H5S_MAX_RANK];
	H5D_layout_t layout;
};

static struct object object[OBJECTS];
static int n_open;
static const uint8_t *tape, *end;

static unsigned next(void)
{
	return tape < end ? *tape++ : 0;
}

/* Small as a rule, of up to 64 bits now and then. */
static uint64_t number(void)
{
	unsigned n = next();
	uint64_t v = 0;
	if (n < 248)
		return n < 240 ? n & 7 : n;
	for (unsigned i = 0; i < 1u << (n & 3); i++)
		v = v << 8 | next();
	return v;
}

static struct object *of(hid_t id)
{
	MT_BUG(id < 1 || id > OBJECTS || !object[id - 1].used);
	return &object[id - 1];
}

/* -1 as the library says where it fails. */
static hid_t opened(const struct object *like)
{
	if (next() == 255)
		return -1;
	for (int i = 0; i < OBJECTS; i++)
		if (!object[i].used) {
			object[i] = like ? *like : (struct object){0};
			object[i].used = true;
			n_open++;
			return i + 1;
		}
	MT_BUG(true);
	return -1;
}

static herr_t closed(hid_t id)
{
	of(id)->used = false;
	n_open--;
	return 0;
}

/* An attribute or a data set. */
static hid_t holder(hid_t at)
{
	static const H5T_class_t class[] = {H5T_STRING, H5T_FLOAT, H5T_INTEGER, H5T_COMPOUND};
	static const H5D_layout_t layout[] = {H5D_CONTIGUOUS, H5D_COMPACT, H5D_CHUNKED,
					      H5D_VIRTUAL, H5D_LAYOUT_ERROR};
	struct object o = {0};
	of(at);
	unsigned how = next();
	o.class = class[how & 3];
	o.variable = (how & 7) == 4;
	o.size = o.variable ? sizeof(char *) : how & 8 ? (size_t)number()
						       : (size_t)1 << (how >> 4 & 3);
	o.layout = layout[(how >> 6) + (next() == 255)];
	unsigned n = next();
	o.n_dim = n < 240 ? (int)n & 3 : n > 240 + H5S_MAX_RANK / 4 ? -1 : (int)(n - 240) * 4;
	for (int i = 0; i < o.n_dim; i++)
		o.dim[i] = number();
	return opened(&o);
}

static hssize_t points(const struct object *o)
{
	uint64_t n = 1;
	for (int i = 0; i < o->n_dim; i++)
		n *= o->dim[i];
	return o->n_dim < 0 ? -1 : (hssize_t)n;
}

/* What the reader calls of the library. */
herr_t H5Eset_auto2(hid_t e, H5E_auto2_t f, void *d) { (void)e, (void)f, (void)d; return 0; }
herr_t H5PLset_loading_state(unsigned m) { (void)m; return 0; }
herr_t H5open(void) { return 0; }
herr_t H5Pset_file_locking(hid_t p, hbool_t a, hbool_t b) { (void)p, (void)a, (void)b; return 0; }
hid_t H5Pcreate(hid_t class) { (void)class; return opened(NULL); }
hid_t H5Fopen(const char *p, unsigned f, hid_t l) { (void)p, (void)f, (void)l; return opened(0); }
hid_t H5Gopen2(hid_t at, const char *n, hid_t l) { (void)n, (void)l, of(at); return opened(NULL); }
hid_t H5Dopen2(hid_t at, const char *n, hid_t l) { (void)n, (void)l; return holder(at); }
hid_t H5Aopen(hid_t at, const char *n, hid_t l) { (void)n, (void)l; return holder(at); }
htri_t H5Aexists(hid_t at, const char *n) { (void)n, of(at); return (htri_t)(next() + 1) % 3 - 1; }
hid_t H5Aget_type(hid_t id) { return opened(of(id)); }
hid_t H5Aget_space(hid_t id) { return opened(of(id)); }
hid_t H5Dget_type(hid_t id) { return opened(of(id)); }
hid_t H5Dget_space(hid_t id) { return opened(of(id)); }
hid_t H5Dget_create_plist(hid_t id) { return opened(of(id)); }
herr_t H5Fclose(hid_t id) { return closed(id); }
herr_t H5Pclose(hid_t id) { return id < 0 ? -1 : closed(id); }
herr_t H5Aclose(hid_t id) { return closed(id); }
herr_t H5Gclose(hid_t id) { return closed(id); }
herr_t H5Dclose(hid_t id) { return closed(id); }
herr_t H5Tclose(hid_t id) { return closed(id); }
herr_t H5Sclose(hid_t id) { return closed(id); }
H5T_class_t H5Tget_class(hid_t id) { return of(id)->class; }
size_t H5Tget_size(hid_t id) { return of(id)->size; }
htri_t H5Tis_variable_str(hid_t id) { return of(id)->variable; }
H5D_layout_t H5Pget_layout(hid_t id) { return of(id)->layout; }
int H5Pget_external_count(hid_t id) { of(id); return (int)next() - 250; }
int H5Sget_simple_extent_ndims(hid_t id) { return of(id)->n_dim; }
hssize_t H5Sget_simple_extent_npoints(hid_t id) { return points(of(id)); }

herr_t H5Lget_info(hid_t at, const char *name, H5L_info_t *info, hid_t l)
{
	static const H5L_type_t type[] = {H5L_TYPE_HARD, H5L_TYPE_HARD, H5L_TYPE_HARD,
					  H5L_TYPE_SOFT, H5L_TYPE_EXTERNAL, H5L_TYPE_UD_MIN};
	(void)name, (void)l, of(at);
	unsigned how = next() % 7;
	if (how == 6)
		return -1;
	*info = (H5L_info_t){.type = type[how]};
	return 0;
}

int H5Sget_simple_extent_dims(hid_t id, hsize_t dim[], hsize_t most[])
{
	const struct object *o = of(id);
	(void)most;
	for (int i = 0; i < o->n_dim; i++)
		dim[i] = o->dim[i];
	return o->n_dim;
}

int H5Pget_nfilters(hid_t id)
{
	of(id);
	return (int)next() % 4;
}

H5Z_filter_t H5Pget_filter2(hid_t id, unsigned i, unsigned *flags, size_t *n, unsigned word[],
			      size_t size, char name[], unsigned *config)
{
	of(id);
	(void)i, (void)flags, (void)n, (void)word, (void)config;
	if (size)
		snprintf(name, size, "of the file");
	return (H5Z_filter_t)next() % 5;
}

int H5Pget_chunk(hid_t id, int most, hsize_t dim[])
{
	int n = of(id)->n_dim;
	for (int i = 0; i < n && i < most; i++)
		dim[i] = number();
	return n;
}

static char *text(void)
{
	size_t n = next() % 24;
	char *s = mt_calloc(n + 1, 1);
	for (size_t i = 0; i < n; i++)
		s[i] = (char)next();
	return s;
}

herr_t H5Aread(hid_t id, hid_t type, void *to)
{
	const struct object *o = of(id);
	size_t n = (size_t)points(o);
	of(type);
	if (next() == 255)
		return -1;
	for (size_t i = 0; i < n && o->variable; i++) {
		char *s = next() == 255 ? NULL : text();
		memcpy((char *)to + i * sizeof s, &s, sizeof s);
	}
	for (size_t i = 0; i < n * o->size && !o->variable && tape < end; i++)
		((char *)to)[i] = (char)next();
	return 0;
}

herr_t H5Dvlen_reclaim(hid_t type, hid_t space, hid_t l, void *of_all)
{
	size_t n = (size_t)points(of(space));
	char *s;
	(void)l, of(type);
	for (size_t i = 0; i < n; i++) {
		memcpy(&s, (char *)of_all + i * sizeof s, sizeof s);
		free(s);
	}
	return 0;
}

herr_t H5Dread(hid_t id, hid_t type, hid_t in, hid_t from, hid_t l, void *to)
{
	(void)type, (void)in, (void)from, (void)l;
	memset(to, (int)next(), (size_t)points(of(id)) * sizeof(float));
	return next() == 255 ? -1 : 0;
}

static int a_pipe = -1;

static void spoil(int how, int fd)
{
	off_t size = lseek(fd, 0, SEEK_END), at = size ? (off_t)(number() % (uint64_t)size) : 0;
	char c = (char)next();
	if (how == 1)
		MT_BUG(ftruncate(fd, at));
	else if (how == 2 && size)
		MT_BUG(pwrite(fd, &c, 1, at) != 1);
}

/* In place of base/child.c: the same two calls without a second process. */
int mt_child_run(const struct mt_child *c, void *ctx, struct mt_err *err)
{
	struct mt_err why = {0};
	int rc = MT_OK, how = (int)next() % 4;
	MT_BUG(ftruncate(a_pipe, 0) || lseek(a_pipe, 0, SEEK_SET));
	if (how == 3) {
		MT_BUG(write(a_pipe, tape, (size_t)(end - tape)) != end - tape);
	} else {
		rc = c->work(ctx, a_pipe, &why);
		MT_BUG(n_open);
		spoil(how, a_pipe);
	}
	lseek(a_pipe, 0, SEEK_SET);
	int got = c->take(ctx, a_pipe, err);
	if (got == MT_END && rc)
		*err = why;
	else if (got == MT_END)
		rc = mt_err_set(err, MT_EINPUT, "%s: %s ended early", c->name, c->what);
	return got == MT_END ? rc : got;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mt_weights w = {0};
	struct mt_err err = {0};
	static int file = -1;
	static char path[40];
	float sum = 0;
	if (file < 0) {
		file = memfd_create("file", 0);
		a_pipe = memfd_create("pipe", 0);
		snprintf(path, sizeof path, "/proc/self/fd/%d", file);
	}
	MT_BUG(file < 0 || a_pipe < 0 || ftruncate(file, (off_t)size));
	tape = data;
	end = data + size;
	if (mt_keras_read(&w, path, &err)) {
		MT_BUG(err.status != MT_EINPUT || strncmp(err.text, path, strlen(path)));
	} else {
		MT_BUG(!w.n || !w.format);
		for (size_t i = 0; i < w.n; i++) {
			MT_BUG(mt_weights_get(&w, w.item[i].name) != &w.item[i]);
			for (uint64_t k = 0; k < w.item[i].count; k++)
				sum += w.item[i].data[k];
		}
	}
	(void)sum;
	mt_weights_release(&w);
	return 0;
}
