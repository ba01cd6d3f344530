/* SPDX-License-Identifier: MIT
 * Lengths of MPEG audio, on any bytes. */
#include <math.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "audio/mpeg.h"
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mt_mpeg m;
	int fd = memfd_create("mpeg", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		return 0;
	if (mt_mpeg_probe(&m, fd, (int64_t)size)) {
		MT_BUG(!(m.seconds >= 0) || !isfinite(m.seconds));
		MT_BUG(m.rate < 8000 || m.rate > 48000);
		MT_BUG(m.layer < 1 || m.layer > 3);
		MT_BUG(m.channels != 1 && m.channels != 2);
		MT_BUG(m.bit_rate < 0);
	}
	close(fd);
	return 0;
}
