/* SPDX-License-Identifier: MIT
 * The index of a file: a stream of three records, in order but for its index,
 * which is made of the input: a count of offsets, the offsets, the keys. With
 * the count's highest bit the input is the file itself. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "set/index.h"
#include "stream/layout.h"
#include "stream/writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_index(struct mt_writer *w, const uint8_t *data, size_t size)
{
	size_t n = size ? data[0] & 31 : 0;
	if (size)
		data++, size--;
	n = n * 8 > size ? size / 8 : n;
	free(w->off);
	free(w->keys);
	w->off = mt_calloc(n, 8);
	w->keys = mt_calloc(size - n * 8 + 1, 1);
	memcpy(w->off, data, n * 8);
	memcpy(w->keys, data + n * 8, size - n * 8);
	/* small ones are numbers of records, so that a fuzzer finds them */
	for (size_t i = 0; i < n; i++)
		if (w->off[i] < 8)
			w->off[i] = 256 + 192 * w->off[i];
	w->n_off = n;
	w->keys_size = size - n * 8;
}

static void write_stream(int fd, const uint8_t *data, size_t size)
{
	struct mt_writer w = {.fd = fd, .file.fd = -1, .index = true};
	struct mt_head head;
	struct mt_rec rec;
	w.name = mt_strdup("fuzz");
	w.rows = mt_alloc64(MT_FRAME_HEAD + MT_REC_FIELDS * MT_ROW);
	mt_head_init(&head, "example");
	mt_rec_init(&rec);
	int rc = mt_writer_head(&w, &head, NULL);
	for (const char *k = "aab"; !rc && *k; k++) {
		mt_rec_reset(&rec, MT_DATA);
		mt_rec_put_str(&rec, "key", k, 1);
		rc = mt_writer_put(&w, &rec, NULL);
	}
	if (!rc) {
		put_index(&w, data, size);
		rc = mt_writer_done(&w, NULL);
	}
	MT_BUG(rc);
	mt_writer_abort(&w);
	mt_head_release(&head);
	mt_rec_release(&rec);
}

static void look_up(struct mt_index *x, const char *key)
{
	struct mt_rec rec;
	size_t from = 0;
	uint64_t off;
	mt_rec_init(&rec);
	while (!mt_index_find(x, key, &from, &off)) {
		MT_BUG(from > x->n);
		if (mt_reader_at(&x->reader, off, &rec, NULL))
			break;
	}
	mt_rec_release(&rec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[32];
	struct mt_index x;
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	MT_BUG(fd < 0);
	if (size && data[0] & 128)
		MT_BUG(write(fd, data + 1, size - 1) != (ssize_t)(size - 1));
	else
		write_stream(fd, data, size);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (!mt_index_open(&x, path, NULL)) {
		look_up(&x, "a");
		look_up(&x, "b");
		look_up(&x, "");
		mt_index_close(&x);
	}
	close(fd);
	return 0;
}
