/* SPDX-License-Identifier: MIT */
#include "set/quick.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "set/set.h"
#include "stream/layout.h"

void mt_quick_init(struct mt_quick *q)
{
	*q = (struct mt_quick){0};
}

void mt_quick_release(struct mt_quick *q)
{
	mt_head_release(&q->first);
	*q = (struct mt_quick){0};
}

/* The end frame right before byte end; *start: where its segment begins. */
static int read_done(struct mt_quick *q, struct mt_reader *r,
		     struct mt_rec *rec, uint64_t end, uint64_t *start,
		     struct mt_err *err)
{
	uint64_t tally[8], at = end - MT_DONE_SIZE;
	int rc = end < MT_DONE_SIZE ? MT_EINPUT : mt_reader_at(r, at, rec, err);
	if (rc == MT_ESYS)
		return rc;
	const struct mt_field *t = rc ? NULL : mt_rec_get(rec, "tally");
	if (rc || rec->type != MT_DONE || r->at != end || !t ||
	    strcmp(t->dtype, "u8") != 0 || t->size < sizeof tally)
		return mt_err_set(err, MT_EINPUT, "%s: no end frame "
				  "before byte %" PRIu64 ": cut or "
				  "damaged", r->name, end);
	memcpy(tally, t->data, sizeof tally);
	if (tally[2])
		return mt_err_set(err, MT_EINPUT, "%s: the previous tool gave up "
				  "(status %" PRIu64 ")", r->name, tally[2]);
	if (tally[5] > at)
		return mt_err_set(err, MT_EINPUT, "%s: the end frame says that "
				  "%" PRIu64 " bytes come before it, but there are "
				  "%" PRIu64, r->name, tally[5], at);
	*start = at - tally[5];
	q->n_segment++;
	q->all.n_data += tally[0];
	q->all.n_fail += tally[1];
	return MT_OK;
}

static int read_head(struct mt_quick *q, struct mt_reader *r,
		     struct mt_rec *rec, uint64_t start, struct mt_err *err)
{
	struct mt_head head;
	int rc = mt_reader_head_at(r, start, rec, &head, err);
	if (!rc && q->first.n_line) {
		rc = mt_head_same(&q->first, &head, err);
		mt_head_release(&head);
		return rc ? mt_err_prefix(rc, err, "%s", r->name) : MT_OK;
	}
	if (!rc)
		q->first = head;
	return rc;
}

static int add_file(struct mt_quick *q, const char *path, struct mt_err *err)
{
	struct mt_reader r;
	struct mt_rec rec;
	struct stat st = {0};
	int rc = mt_reader_open(&r, path, err);
	if (rc)
		return rc;
	mt_rec_init(&rec);
	if (fstat(r.fd, &st) || !S_ISREG(st.st_mode))
		rc = mt_err_set(err, MT_EUSAGE, "%s: not a regular file; "
				"`quick` needs one", r.name);
	else if (!st.st_size)
		rc = mt_err_set(err, MT_EINPUT, "%s: is empty (did the tool "
				"that wrote it fail?)", r.name);
	for (uint64_t at = (uint64_t)st.st_size; !rc && at;) {
		rc = read_done(q, &r, &rec, at, &at, err);
		if (!rc)
			rc = read_head(q, &r, &rec, at, err);
	}
	mt_rec_release(&rec);
	mt_reader_close(&r);
	return rc;
}

int mt_quick_add(struct mt_quick *q, const char *path, struct mt_err *err)
{
	struct mt_set set;
	if (!mt_set_is(path))
		return add_file(q, path, err);
	int rc = mt_set_read(&set, path, err);
	if (rc)
		return rc;
	for (size_t k = 0; !rc && k < set.n_part; k++) {
		struct mt_tally was = q->all, part;
		char *name = mt_strf("%s/%s", set.folder, set.part[k].name);
		rc = add_file(q, name, err);
		free(name);
		part = (struct mt_tally){q->all.n_data - was.n_data,
					 q->all.n_fail - was.n_fail};
		if (!rc)
			rc = mt_set_check_counts(&set, k, &part, err);
	}
	rc = mt_set_blame(&set, rc, err);
	mt_set_release(&set);
	return rc;
}
