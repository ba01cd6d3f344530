/* SPDX-License-Identifier: MIT */
#include "base/escape.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/mem.h"

static char escaped(char c)
{
	return c == '\t' ? 't' : c == '\n' ? 'n' : c == '\\' ? '\\' : 0;
}

size_t mt_escape(char *out, const char *s, size_t n)
{
	size_t len = 0;
	for (size_t i = 0; i < n; i++) {
		char c = escaped(s[i]);
		if (c && out)
			out[len] = '\\';
		len += c != 0;
		if (out)
			out[len] = c ? c : s[i];
		len++;
	}
	return len;
}

void mt_escape_put(FILE *f, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char c = escaped(s[i]);
		if (c)
			fputc('\\', f);
		fputc(c ? c : s[i], f);
	}
}

json_t *mt_escape_json(const char *s, size_t n)
{
	json_t *j = json_stringn(n ? s : "", n);
	if (j)
		return j;
	char *copy = mt_strndup(s, n);
	for (size_t i = 0; i < n;) {
		utf8proc_int32_t c;
		utf8proc_ssize_t len = utf8proc_iterate((const utf8proc_uint8_t *)s + i,
							(utf8proc_ssize_t)(n - i), &c);
		if (len < 1)
			copy[i] = '?';
		i += len < 1 ? 1 : (size_t)len;
	}
	j = json_stringn(copy, n);
	free(copy);
	return j;
}
