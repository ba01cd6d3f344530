/* SPDX-License-Identifier: MIT */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "import/family.h"
#include "model/model.h"

#define MAX_FILE (1 << 28)  /* bytes of a list */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int check(char **tag, size_t n, const char *name, struct mt_err *err)
{
	char **sorted = mt_realloc(NULL, n, sizeof *sorted);
	int rc = MT_OK;
	memcpy(sorted, tag, n * sizeof *tag);
	qsort(sorted, n, sizeof *sorted, by_text);
	for (size_t i = 1; !rc && i < n; i++)
		if (!strcmp(sorted[i - 1], sorted[i]))
			rc = mt_err_set(err, MT_EUSAGE, "%s: tag '%.200s' appears twice", name,
					sorted[i]);
	for (size_t i = 0; !rc && i < n; i++) {
		json_t *text = json_string(tag[i]);
		if (!text)
			rc = mt_err_set(err, MT_EUSAGE, "%s: tag %zu is not UTF-8", name, i + 1);
		json_decref(text);
	}
	free(sorted);
	return rc;
}

static void add(char ***tag, size_t *n, const char *text)
{
	*tag = mt_realloc(*tag, *n + 1, sizeof **tag);
	(*tag)[(*n)++] = mt_strdup(text);
}

static void read_lines(char ***tag, size_t *n, const char *text)
{
	char *copy = mt_strdup(strncmp(text, "\xef\xbb\xbf", 3) ? text : text + 3), *save;
	for (char *s = strtok_r(copy, "\r\n", &save); s; s = strtok_r(NULL, "\r\n", &save))
		add(tag, n, s);
	free(copy);
}

/* A model's tags are a JSON list in its metadata. */
static int read_model(char ***tag, size_t *n, const char *name, const char *data, size_t size,
		      struct mt_err *err)
{
	struct mt_model m;
	size_t i;
	json_t *v;
	int rc = mt_model_parse(&m, data, size, name, err);
	if (rc)
		return rc;
	const char *text = mt_model_text(&m, "tags");
	json_t *list = text ? json_loads(text, 0, NULL) : NULL;
	json_array_foreach(list, i, v)
		if (json_is_string(v))
			add(tag, n, json_string_value(v));
	json_decref(list);
	mt_model_close(&m);
	return MT_OK;
}

int mt_taglist_load(char ***tag, size_t *n, const char *name, struct mt_err *err)
{
	const struct mt_text_builtin *b = mt_taglist_builtin;
	char *data = NULL;
	size_t size;
	int rc = MT_OK;
	*tag = NULL;
	*n = 0;
	while (b->name && strcmp(b->name, name) != 0)
		b++;
	if (b->name) {
		read_lines(tag, n, b->text);
		return MT_OK;
	}
	rc = mt_file_get(name, MAX_FILE, &data, &size, err);
	/* text has no zero bytes; the length of a model's header has */
	if (!rc && size > 8 && data[8] == '{' && memchr(data, 0, 8))
		rc = read_model(tag, n, name, data, size, err);
	else if (!rc && memchr(data, 0, size))
		rc = mt_err_set(err, MT_EUSAGE, "%s: not a list of tags, which is text with one "
				"tag a line", name);
	else if (!rc)
		read_lines(tag, n, data);
	free(data);
	if (!rc && !*n)
		rc = mt_err_set(err, MT_EUSAGE, "%s: has no tags", name);
	if (!rc)
		rc = check(*tag, *n, name, err);
	if (rc) {
		mt_taglist_release(*tag, *n);
		*tag = NULL;
		*n = 0;
	}
	return rc;
}

void mt_taglist_release(char **tag, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(tag[i]);
	free(tag);
}
