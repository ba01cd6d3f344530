/* SPDX-License-Identifier: MIT */
#include "audio/avhint.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "audio/mpeg.h"
#include "base/mem.h"

#define LOOK (192 << 10)  /* bytes; libavformat looks at 128 KiB of sound */

/* Whether a sync word of DTS, or the first half of one of 14 bits, stands at p
 * or a multiple of four bytes behind it. */
static bool has_sync(const unsigned char *p, size_t n)
{
	uint32_t any = 0;
	for (size_t i = 0; i + 4 <= n; i += 4) {
		uint32_t u;
		memcpy(&u, p + i, sizeof u);
		any |= (u == 0x0180fe7fu) | (u == 0x80017ffeu) |
		       (u == 0x00e8ff1fu) | (u == 0xe8001fffu);
	}
	return any;
}

static bool has_dts(struct mt_source *s)
{
	unsigned char *buf = mt_alloc64(LOOK);
	ssize_t got = mt_source_read(s, 0, buf, LOOK);
	bool yes = got < 0;
	for (int i = 0; i < 4 && got > i; i++)
		yes |= has_sync(buf + i, (size_t)(got - i));
	free(buf);
	return yes;
}

struct mt_avhint mt_avhint_of(struct mt_source *s)
{
	struct mt_avhint hint = {0};
	struct mt_mpeg mpeg;
	unsigned char p[12];
	if (s->live || mt_source_read(s, 0, p, sizeof p) != sizeof p)
		return hint;
	if (!memcmp(p, "OggS", 4))
		hint.format = "ogg";
	else if (!memcmp(p, "fLaC", 4))
		hint.format = "flac";
	else if (!memcmp(p, "RIFF", 4) && !memcmp(p + 8, "WAVE", 4))
		hint.no_probe = !has_dts(s);
	else if (mt_mpeg_probe(&mpeg, s->fd, s->size) && mpeg.sure && mpeg.first)
		hint = (struct mt_avhint){
			.format = "mp3",
			.seconds = mpeg.counted ? mpeg.seconds : 0,
		};
	return hint;
}
