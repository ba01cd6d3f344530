/* SPDX-License-Identifier: MIT
 * HDF5 files of the Million Song Dataset, songs and summaries, on any bytes. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "msd/song.h"
#include "msd/summary.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* The library keeps what it allocated for a file that it then refused. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libhdf5";
}

static char path[] = "/tmp/mt-fuzz-h5-XXXXXX";
static int fd = -1;

static void end(void)
{
	unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mt_msd_value value[MT_MSD_SONG];
	struct mt_msd_extra x[] = {{.name = "title", .optional = true},
				   {.name = "duration", .optional = true}};
	struct mt_msd m;
	struct mt_err err;
	if (fd < 0) {
		fd = mkstemp(path);
		atexit(end);
	}
	if (fd < 0 || ftruncate(fd, 0) ||
	    pwrite(fd, data, size, 0) != (ssize_t)size)
		return 0;
	if (!mt_msd_song_read(value, path, &err))
		mt_msd_song_release(value);
	if (!mt_msd_read(&m, path, x, 2, &err))
		mt_msd_release(&m);
	return 0;
}
