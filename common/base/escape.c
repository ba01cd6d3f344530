/* SPDX-License-Identifier: MIT */
#include "base/escape.h"

#include <stdbool.h>
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

enum how { DATA, PEOPLE, MESSAGE };

/* Could a terminal, or the reader of a line, take it for more than a character? */
static bool steers(utf8proc_int32_t c, enum how how)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) ||
	       (how != DATA && (c == 0x2028 || c == 0x2029 ||
				(c >= 0x202a && c <= 0x202e) ||
				(c >= 0x2066 && c <= 0x2069)));
}

/* The character at s, or -1 where there is none. *len: its bytes, else 1. */
static utf8proc_int32_t character(const char *s, size_t n, size_t *len)
{
	utf8proc_int32_t c;
	utf8proc_ssize_t got = utf8proc_iterate((const utf8proc_uint8_t *)s,
						(utf8proc_ssize_t)n, &c);
	*len = got < 1 ? 1 : (size_t)got;
	return got < 1 ? -1 : c;
}

/* The character at s in out [16]; its length there, *len of s. */
static size_t escape_one(char *out, const char *s, size_t n, enum how how,
			 size_t *len)
{
	char c = *s == '\r' ? 'r' : escaped(*s);
	size_t k = 0;
	*len = 1;
	if (c && (how != MESSAGE || c != '\\')) {
		out[k++] = '\\';
		out[k++] = c;
		return k;
	}
	utf8proc_int32_t u = *s >= ' ' && *s < 127 ? *s : character(s, n, len);
	bool raw = u < 0 ? (unsigned char)*s >= 0xa0 : !steers(u, how);
	for (size_t i = 0; i < *len; i++)
		if (raw)
			out[k++] = s[i];
		else
			k += (size_t)snprintf(out + k, 5, "\\x%02x",
					      (unsigned char)s[i]);
	return k;
}

static size_t put(FILE *f, const char *s, size_t n, enum how how)
{
	char out[24];
	size_t len, count = 0;
	for (size_t i = 0; i < n; i += len) {
		size_t k = escape_one(out, s + i, n - i, how, &len);
		fwrite(out, 1, k, f);
		count += k == len ? 1 : k;
	}
	return count;
}

void mt_escape_put(FILE *f, const char *s, size_t n)
{
	put(f, s, n, DATA);
}

size_t mt_escape_show(FILE *f, const char *s, size_t n)
{
	return put(f, s, n, PEOPLE);
}

char *mt_escape_message(const char *s)
{
	size_t n = strlen(s), k = 0, len;
	char *out = mt_calloc(4 * n + 24, 1);
	for (size_t i = 0; i < n; i += len)
		k += escape_one(out + k, s + i, n - i, MESSAGE, &len);
	out[k] = 0;
	return out;
}

void mt_escape_json_put(FILE *f, const char *s, size_t n)
{
	size_t len;
	fputc('"', f);
	for (size_t i = 0; i < n; i += len) {
		utf8proc_int32_t c = character(s + i, n - i, &len);
		if (c < 0)
			fputc('?', f);
		else if (c == '"' || c == '\\')
			fprintf(f, "\\%c", (char)c);
		else if (c == '\t' || c == '\n' || c == '\r')
			fprintf(f, "\\%c", c == '\t' ? 't' : c == '\n' ? 'n' : 'r');
		else if (steers(c, PEOPLE))
			fprintf(f, "\\u%04X", (unsigned)c);
		else
			fwrite(s + i, 1, len, f);
	}
	fputc('"', f);
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

void mt_escape_json_dump(FILE *f, const json_t *j, size_t flags)
{
	char *text = json_dumps(j, flags);
	size_t n = text ? strlen(text) : 0;
	for (size_t i = 0, k, len; i < n; i = k) {
		/* control characters below are escapes already, or lines */
		utf8proc_int32_t c = ' ';
		for (k = i; k < n; k += len) {
			c = character(text + k, n - k, &len);
			if (c > '~' && steers(c, PEOPLE))
				break;
		}
		fwrite(text + i, 1, k - i, f);
		if (k < n) {
			fprintf(f, "\\u%04X", (unsigned)c);
			k += len;
		}
	}
	free(text);
}
