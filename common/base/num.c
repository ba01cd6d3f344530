/* SPDX-License-Identifier: MIT */
#include "base/num.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/half.h"

static bool starts(const char *s)
{
	return (*s >= '0' && *s <= '9') || *s == '-' || *s == '+' || *s == '.';
}

bool mt_num_i64(const char *s, int64_t *out)
{
	char *end;
	errno = 0;
	long long v = starts(s) ? strtoll(s, &end, 10) : 0;
	if (!starts(s) || errno || end == s || *end)
		return false;
	*out = v;
	return true;
}

bool mt_num_u64(const char *s, uint64_t *out)
{
	char *end;
	errno = 0;
	bool ok = *s >= '0' && *s <= '9';
	unsigned long long v = ok ? strtoull(s, &end, 10) : 0;
	if (!ok || errno || *end)
		return false;
	*out = v;
	return true;
}

bool mt_num_f64(const char *s, double *out)
{
	char *end;
	errno = 0;
	double v = starts(s) ? strtod(s, &end) : 0;
	/* errno: an underflow to a subnormal is no mistake */
	if (!starts(s) || end == s || *end || !isfinite(v))
		return false;
	*out = v;
	return true;
}

bool mt_num_size(const char *s, uint64_t *out)
{
	static const char unit[] = "KMGT";
	size_t n = strspn(s, "0123456789.");
	char number[32], *end;
	if (!n || n >= sizeof number || *s == '.')
		return false;
	memcpy(number, s, n);
	number[n] = 0;
	if (!s[n])
		return mt_num_u64(s, out);
	/* strchr() would find the NUL too, but s[n] is a character here */
	const char *u = strchr(unit, s[n] & ~0x20);
	if (!u || (s[n + 1] && strcasecmp(s + n + 1, "iB")))
		return false;
	double v = ldexp(strtod(number, &end), 10 * (int)(u - unit + 1));
	if (*end || !(v < 0x1p63))
		return false;
	*out = (uint64_t)v;
	return true;
}

const char *mt_num_size_text(char *buf, size_t size, uint64_t bytes)
{
	static const char *const unit[] = {"KiB", "MiB", "GiB", "TiB"};
	if (bytes < 1024) {
		snprintf(buf, size, "%" PRIu64 " bytes", bytes);
		return buf;
	}
	double v = (double)bytes / 1024;
	int u = 0;
	for (; v >= 1023.95 && u < 3; u++)
		v /= 1024;
	snprintf(buf, size, "%.*f", v < 99.95, v);
	size_t n = strlen(buf);
	if (n > 2 && !strcmp(buf + n - 2, ".0"))
		n -= 2;
	snprintf(buf + n, size - n, " %s", unit[u]);
	return buf;
}

void mt_num_size_pair(char have[MT_NUM_SIZE], char most[MT_NUM_SIZE], uint64_t bytes,
		      uint64_t limit)
{
	mt_num_size_text(have, MT_NUM_SIZE, bytes);
	mt_num_size_text(most, MT_NUM_SIZE, limit);
	if (strcmp(have, most))
		return;
	snprintf(have, MT_NUM_SIZE, "%" PRIu64 " bytes", bytes);
	snprintf(most, MT_NUM_SIZE, "%" PRIu64, limit);
}

static bool same(const char *text, double v, int bits)
{
	double back = strtod(text, NULL);
	if (bits == 64)
		return !(back < v || back > v);
	float f = strtof(text, NULL), g = (float)v;
	return bits == 32 ? !(f < g || f > g) : mt_half_from(f) == mt_half_from(g);
}

const char *mt_num_text(char *buf, double v, int bits)
{
	int n = bits == 64 ? 15 : bits == 32 ? 6 : 3;
	int most = bits == 64 ? 17 : bits == 32 ? 9 : 5;
	/* below the normal numbers there are fewer digits to a value */
	if (fabs(v) < (bits == 64 ? 0x1p-1022 : bits == 32 ? 0x1p-126 : 0x1p-14))
		n = 1;
	if (isnan(v)) {
		memcpy(buf, "nan", 4);
		return buf;
	}
	do
		snprintf(buf, MT_NUM_TEXT, "%.*g", n, v);
	while (n++ < most && !same(buf, v, bits));
	return buf;
}
