/* SPDX-License-Identifier: MIT
 * PyTorch files from any bytes: archives, legacy files, and bare pickles, which
 * are read as the object of either. What is read has room for its values, and
 * what is not has a sentence. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "import/torch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The least before the object of a legacy file. */
static const char before[] = "\x80\2\x8a\n\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
			     "\x80\2M\xe9\3.\x80\2}X\15\0\0\0little_endian\x88s.";
static const char behind[] = "\x80\2]U\1" "0a.\4\0\0\0\0\0\0\0" "0123456789abcdef";

static void one(const unsigned char *p, size_t size)
{
	struct mt_weights w = {0};
	struct mt_err err = {0};
	float sum = 0;
	uint64_t bytes = 0;
	if (mt_torch_parse(&w, p, size, "fuzz", &err)) {
		MT_BUG(err.status != MT_EINPUT || strncmp(err.text, "fuzz: ", 6));
	} else {
		MT_BUG(!w.n || !w.format);
		for (size_t i = 0; i < w.n; i++) {
			MT_BUG(mt_weights_get(&w, w.item[i].name) != &w.item[i]);
			for (uint64_t k = 0; k < w.item[i].count; k++)
				sum += w.item[i].data[k];
			bytes += w.item[i].count * sizeof(float);
		}
		MT_BUG(bytes > size * MT_TORCH_FACTOR);
	}
	(void)sum;
	mt_weights_release(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool wrap = size && *data == '!';
	size_t n_before = wrap ? sizeof before - 1 : 0, n_behind = wrap ? sizeof behind - 1 : 0;
	size -= wrap;
	/* an allocation of its own, so that the sanitizer sees reads beyond it */
	unsigned char *p = malloc(n_before + size + n_behind + !size);
	memcpy(p, before, n_before);
	if (size)
		memcpy(p + n_before, data + wrap, size);
	memcpy(p + n_before + size, behind, n_behind);
	one(p, n_before + size + n_behind);
	free(p);
	return 0;
}
