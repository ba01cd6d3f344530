/* SPDX-License-Identifier: MIT
 * Copies a stream with one value of one record changed, everything else (the
 * checksums too) in order: what a faulty writer leaves, not what a disk does.
 *
 *   spoil KEY FIELD INDEX VALUE < STREAM > STREAM
 *   spoil KEY FIELD TYPE D[,D] < STREAM > STREAM
 *
 * FIELD is of type f4 or f2; VALUE as strtof() reads it ("nan", "-inf"). The
 * second form puts zeros of that type and shape in the place of FIELD. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/half.h"
#include "stream/reader.h"
#include "stream/writer.h"

static int reshape(struct mt_rec *rec, char **arg, struct mt_err *err)
{
	uint64_t dim[2] = {0, 0};
	size_t size = mt_dtype_size(arg[2]);
	int n = sscanf(arg[3], "%" SCNu64 ",%" SCNu64, &dim[0], &dim[1]);
	if (n < 1)
		return mt_err_set(err, MT_EUSAGE, "'%s' is no D[,D]", arg[3]);
	for (int i = 0; i < n; i++)
		size *= dim[i];
	void *zeros = mt_rec_alloc(rec, size);
	memset(zeros, 0, size);
	mt_rec_put(rec, arg[1], arg[2], n, dim, zeros);
	return MT_OK;
}

static int spoil(struct mt_rec *rec, char **arg, struct mt_err *err)
{
	size_t n, i = (size_t)strtoull(arg[2], NULL, 10);
	const char *key = mt_rec_key(rec, &n);
	const struct mt_field *f = mt_rec_get(rec, arg[1]);
	if (n != strlen(arg[0]) || memcmp(key, arg[0], n) != 0)
		return MT_DROP;
	if (mt_dtype_size(arg[2]))
		return reshape(rec, arg, err);
	if (!f || f->dtype[0] != 'f' || f->size / mt_dtype_size(f->dtype) <= i)
		return mt_err_set(err, MT_EUSAGE, "'%s' has no value %zu of %s",
				  arg[0], i, arg[1]);
	float v = strtof(arg[3], NULL);
	void *copy = mt_rec_alloc(rec, f->size);
	memcpy(copy, f->data, f->size);
	if (f->dtype[1] == '2')
		((uint16_t *)copy)[i] = mt_half_from(v);
	else
		((float *)copy)[i] = v;
	uint64_t dim[4];
	memcpy(dim, f->dim, sizeof dim);
	mt_rec_put(rec, arg[1], f->dtype, f->n_dim, dim, copy);
	return MT_OK;
}

int main(int argc, char **argv)
{
	struct mt_reader r;
	struct mt_writer w;
	struct mt_rec rec;
	struct mt_err err = {0};
	int n = 0, rc = MT_EUSAGE;
	bool is_open = argc == 5 && !(rc = mt_reader_open(&r, "-", &err));
	if (is_open)
		rc = mt_writer_open(&w, NULL, &err);
	mt_rec_init(&rec);
	while (!rc && !(rc = mt_reader_next(&r, &rec, &err))) {
		if (rec.type == MT_HEAD) {
			rc = mt_writer_head(&w, &r.head, &err);
		} else if (rec.type == MT_DONE) {
			rc = mt_writer_done(&w, &err);
		} else {
			rc = spoil(&rec, argv + 1, &err);
			n += !rc;
			if (rc >= 0)
				rc = mt_writer_put(&w, &rec, &err);
		}
	}
	if (rc == MT_END)
		rc = mt_writer_close(&w, &err);
	if (!rc && n != 1)
		rc = mt_err_set(&err, MT_EUSAGE, "%d records '%s'", n, argv[1]);
	if (rc)
		fprintf(stderr, "spoil: %s\n", *err.text ? err.text :
			"KEY FIELD INDEX|TYPE VALUE|D,D < STREAM > STREAM");
	mt_rec_release(&rec);
	if (is_open)
		mt_reader_close(&r);
	return rc ? 2 : 0;
}
