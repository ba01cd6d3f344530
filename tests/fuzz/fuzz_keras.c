/* SPDX-License-Identifier: MIT
 * Keras files from any bytes, through the HDF5 library in its child process, of
 * which the fuzzer sees nothing: what comes out of it has room for its values,
 * and what does not has a sentence. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "import/readers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mt_weights w = {0};
	struct mt_err err = {0};
	char path[40];
	float sum = 0;
	int fd = memfd_create("fuzz", 0);
	MT_BUG(fd < 0 || (size && pwrite(fd, data, size, 0) != (ssize_t)size));
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
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
	close(fd);
	return 0;
}
