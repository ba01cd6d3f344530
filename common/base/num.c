/* SPDX-License-Identifier: MIT */
#include "base/num.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

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
