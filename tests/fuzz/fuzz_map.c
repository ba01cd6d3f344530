/* SPDX-License-Identifier: MIT
 * Map files of mt-convert, and their steps over a small array: no value is lost
 * or made, whatever the steps. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "import/family.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define N 24

static void steps(const char *text)
{
	struct mt_err err = {0};
	struct mt_steps s = {.n_dim = 3, .dim = {2, 3, 4}}, shape = s;
	unsigned seen = 0;
	uint64_t count = 1;
	s.data = mt_calloc(N, sizeof *s.data);
	for (int i = 0; i < N; i++)
		s.data[i] = (float)i;
	int rc = mt_steps_run(&s, text, &err);
	MT_BUG(rc && rc != MT_EUSAGE);
	MT_BUG(rc != mt_steps_run(&shape, text, NULL));
	MT_BUG(!rc && (s.n_dim != shape.n_dim || memcmp(s.dim, shape.dim, sizeof s.dim)));
	for (int i = 0; i < s.n_dim; i++)
		count *= s.dim[i];
	MT_BUG(count != N);
	for (int i = 0; i < N; i++)
		seen |= 1u << (unsigned)s.data[i];
	MT_BUG(seen != (1u << N) - 1);
	free(s.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mt_family f;
	struct mt_err err = {0};
	char *text = mt_strndup((const char *)data, size);
	int rc = mt_family_parse(&f, text, "map", &err);
	MT_BUG(rc && (rc != MT_EUSAGE || strncmp(err.text, "map: line ", 10)));
	for (size_t i = 0; !rc && i < f.n_row; i++) {
		MT_BUG(mt_family_row(&f, f.row[i].to) != &f.row[i]);
		mt_family_skips(&f, f.row[i].from);
		if (f.row[i].steps)
			steps(f.row[i].steps);
	}
	if (!rc)
		mt_family_release(&f);
	free(text);
	return 0;
}
