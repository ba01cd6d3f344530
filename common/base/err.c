/* SPDX-License-Identifier: MIT */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void fill(struct mt_err *err, int status, const char *code,
		 const char *fmt, va_list ap)
{
	/* fmt may print err->text itself, hence the detour */
	char text[sizeof err->text];
	vsnprintf(text, sizeof text, fmt, ap);
	memcpy(err->text, text, sizeof text);
	err->status = status;
	snprintf(err->code, sizeof err->code, "%s", code);
}

int mt_err_set(struct mt_err *err, int status, const char *fmt, ...)
{
	if (!err)
		return status;
	va_list ap;
	va_start(ap, fmt);
	fill(err, status, "", fmt, ap);
	va_end(ap);
	return status;
}

int mt_err_item(struct mt_err *err, const char *code, const char *fmt, ...)
{
	if (!err)
		return MT_EITEM;
	va_list ap;
	va_start(ap, fmt);
	fill(err, MT_EITEM, code, fmt, ap);
	va_end(ap);
	return MT_EITEM;
}

int mt_err_sys(struct mt_err *err, const char *fmt, ...)
{
	int no = errno;
	if (!err)
		return MT_ESYS;
	va_list ap;
	va_start(ap, fmt);
	fill(err, MT_ESYS, "", fmt, ap);
	va_end(ap);
	size_t n = strlen(err->text);
	snprintf(err->text + n, sizeof err->text - n, ": %s", strerror(no));
	return MT_ESYS;
}

int mt_err_prefix(int status, struct mt_err *err, const char *fmt, ...)
{
	if (!err)
		return status;
	char head[256], text[sizeof err->text];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(head, sizeof head, fmt, ap);
	va_end(ap);
	err->status = status;
	memcpy(text, err->text, sizeof text);
	size_t n = strlen(head);
	if (n + 3 > sizeof err->text)
		return status;
	memcpy(err->text, head, n);
	size_t room = sizeof err->text - n - 3, len = strlen(text);
	len = len < room ? len : room;
	memcpy(err->text + n, ": ", 2);
	memcpy(err->text + n + 2, text, len);
	err->text[n + 2 + len] = 0;
	return status;
}

int mt_err_exit(int status)
{
	switch (status) {
	case MT_EITEM:
		return 1;
	case MT_EUSAGE:
		return 2;
	case MT_EINPUT:
		return 3;
	case MT_ESYS:
		return 4;
	default:
		return status < 0 ? 4 : 0;
	}
}
