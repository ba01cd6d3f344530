/* SPDX-License-Identifier: MIT
 * Lists of the Million Song Dataset, on any bytes; the first byte chooses
 * which. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "msd/summary.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mt_msd_list l;
	struct mt_err err;
	char path[40];
	if (!size)
		return 0;
	int fd = memfd_create("list", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data + 1, size - 1) != (ssize_t)size - 1)
		return 0;
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	int rc = data[0] & 1 ? mt_msd_read_duplicates(&l, path, &err)
			     : mt_msd_read_mismatches(&l, path, &err);
	if (rc)
		MT_BUG(!strstr(err.text, path) || strchr(err.text, '\n'));
	for (size_t i = 0; !rc && i < l.n; i++) {
		MT_BUG(mt_msd_tid_in(l.tid[i], MT_MSD_TID) != l.tid[i]);
		MT_BUG(!l.line[i] || (i && l.line[i] <= l.line[i - 1]));
	}
	for (size_t g = 0; !rc && g < l.n_group; g++)
		MT_BUG(l.group[g] > l.group[g + 1] || l.group[g + 1] > l.n);
	if (!rc)
		mt_msd_list_release(&l);
	close(fd);
	return 0;
}
