/* SPDX-License-Identifier: MIT
 * Whole files: what their headers say, and their samples at another rate, on
 * any bytes. Seconds and samples are bounded, as a record bounds them. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "audio/decode.h"
#include "base/mem.h"

#define MOST 200000  /* samples */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decode(const char *path, const struct mt_decode_opts *how)
{
	struct mt_decoder *d;
	struct mt_pcm pcm = {0};
	struct mt_decode_losses l;
	struct mt_err err;
	if (mt_decoder_open(&d, path, how, &err))
		return;
	int n_channel;
	size_t n;
	mt_decoder_expect(d, &n_channel, &n);
	int rc = mt_decoder_read(d, &pcm, SIZE_MAX, &err);
	MT_BUG(rc != MT_END && rc != MT_EITEM);
	MT_BUG(pcm.n * (size_t)pcm.n_channel > MOST);
	for (size_t i = 0; rc == MT_END && i < pcm.n; i++)
		MT_BUG(!isfinite(pcm.x[0][i]));
	mt_decoder_losses(d, &l);
	MT_BUG(!(l.lost >= 0) || !(l.cut >= 0) || l.damaged < 0);
	mt_pcm_release(&pcm);
	mt_decoder_close(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mt_probe p;
	char path[40];
	int fd = memfd_create("sound", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		return 0;
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (!mt_probe(&p, path, NULL)) {
		MT_BUG(!(p.seconds >= 0) || p.rate <= 0 || p.channels <= 0);
		decode(path, &(struct mt_decode_opts){.rate = 16000,
						      .max_bytes = 4 * MOST,
						      .sample_bytes = 4});
		decode(path, &(struct mt_decode_opts){.all_channels = true,
						      .duration = 1,
						      .max_bytes = 4 * MOST,
						      .sample_bytes = 4});
	}
	close(fd);
	return 0;
}
