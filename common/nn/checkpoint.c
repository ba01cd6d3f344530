/* SPDX-License-Identifier: MIT */
#include "nn/checkpoint.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

/* Where two texts of JSON begin to differ: at that member's name. */
static size_t apart(const char *a, const char *b)
{
	size_t at = 0;
	for (size_t i = 0; a[i] && a[i] == b[i]; i++)
		if (a[i] == ',' || a[i] == '{')
			at = i + 1;
	return at;
}

static int check_same(const struct mt_checkpoint *c, const struct mt_trainer *t,
		      const struct mt_model *m, const char *path,
		      struct mt_err *err)
{
	static const char *const name[] = {"net", "recipe", "tags",
					   "data_crc32"};
	char crc[16];
	snprintf(crc, sizeof crc, "%08x", t->data->crc);
	const char *now[] = {mt_net_json(t->net), c->recipe, c->tags, crc};
	for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
		const char *was = mt_model_text(m, name[i]);
		was = was ? was : "";
		size_t at = apart(was, now[i]);
		if (strcmp(was, now[i]) != 0)
			return mt_err_set(err, MT_EUSAGE, "%s: was made with "
					  "another %s: %.80s, now %.80s", path,
					  name[i], was + at, now[i] + at);
	}
	return MT_OK;
}

int mt_checkpoint_load(struct mt_checkpoint *c, struct mt_trainer *t,
		       const char *path, struct mt_err *err)
{
	struct mt_model m;
	if (access(path, F_OK))
		return MT_END;
	int rc = mt_model_open(&m, path, err);
	if (rc)
		return rc;
	rc = check_same(c, t, &m, path, err);
	const char *place = mt_model_text(&m, "place");
	const char *history = mt_model_text(&m, "history");
	unsigned long long step = 0;
	size_t epoch = 0;
	if (!rc && (!place || !history ||
		    sscanf(place, "%zu %llu %" SCNd64 " %la", &epoch, &step,
			   &c->best_epoch, &c->best) != 4))
		rc = mt_err_set(err, MT_EINPUT, "%s: is no checkpoint", path);
	if (!rc)
		rc = mt_trainer_load(t, &m, err);
	if (!rc) {
		t->epoch = epoch;
		t->step = step;
		free(c->metrics);
		c->metrics = mt_strdup(history);
	}
	mt_model_close(&m);
	return rc;
}

/* The newest line of the metrics, in new memory. */
static char *last_line(const char *text)
{
	size_t n = strlen(text);
	const char *last = text + (n ? n - 1 : 0);
	while (last > text && last[-1] != '\n')
		last--;
	return mt_strndup(last, strcspn(last, "\n"));
}

int mt_checkpoint_save(const struct mt_checkpoint *c, struct mt_trainer *t,
		       const char *path, bool whole, struct mt_err *err)
{
	char epoch[32], crc[16], place[96], id[200], engine[240];
	snprintf(epoch, sizeof epoch, "%zu", t->epoch);
	snprintf(crc, sizeof crc, "%08x", t->data->crc);
	snprintf(place, sizeof place, "%zu %llu %" PRId64 " %a", t->epoch,
		 (unsigned long long)t->step, c->best_epoch, c->best);
	mt_engine_id(t->recipe.backend, id, sizeof id);
	snprintf(engine, sizeof engine, "%s, %d threads", id,
		 t->recipe.n_thread);
	char *line = last_line(c->metrics);
	struct mt_model_meta meta[12] = {
		{"format", "mt 1"},
		{"net", (char *)(uintptr_t)mt_net_json(t->net)},
		{"tags", c->tags}, {"recipe", c->recipe},
		{"provenance", c->provenance}, {"epoch", epoch},
		{"data_crc32", crc}, {"metrics", line}, {"engine", engine},
	};
	size_t n_meta = 9;
	if (c->frontend)
		meta[n_meta++] = (struct mt_model_meta){"frontend",
							c->frontend};
	if (whole) {
		meta[n_meta++] = (struct mt_model_meta){"place", place};
		meta[n_meta++] = (struct mt_model_meta){"history", c->metrics};
	}
	int rc = mt_trainer_save(t, path, whole, meta, n_meta, err);
	free(line);
	return rc;
}

void mt_checkpoint_release(struct mt_checkpoint *c)
{
	free(c->tags);
	free(c->frontend);
	free(c->recipe);
	free(c->provenance);
	free(c->metrics);
	*c = (struct mt_checkpoint){0};
}
