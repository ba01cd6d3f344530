/* SPDX-License-Identifier: MIT */
#include "set/packrec.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/rng.h"

void mt_pack_wrap(struct mt_rec *rec, struct mt_frame *frame, int level)
{
	char split[MT_SPLIT_NAME];
	const struct mt_field *x = mt_rec_get(rec, "mel");
	if (!x)
		x = mt_rec_get(rec, "pcm");
	uint64_t hash = x ? mt_hash64(x->data, x->size) | 1 : 0;
	mt_rec_str(rec, "split", split, sizeof split);
	mt_frame_make(frame, rec, level);
	rec->large = true;  /* checked: what goes on is not a record */
	struct mt_field key = *mt_rec_get(rec, "key");
	rec->n_field = 0;
	mt_rec_put(rec, "key", "s", 1, key.dim, key.data);
	mt_rec_put_str(rec, "split", split, strlen(split));
	mt_rec_put_i8(rec, "hash", (int64_t)hash);
	char *bytes = mt_rec_alloc(rec, frame->size);
	memcpy(bytes, frame->data, frame->size);
	mt_rec_put(rec, "frame", "u1", 1, &(uint64_t){frame->size}, bytes);
}

int mt_pack_put_rec(struct mt_pack *p, struct mt_rec *rec, int level, const char **twin,
		    struct mt_err *err)
{
	struct mt_frame frame = {0};
	char split[MT_SPLIT_NAME];
	uint64_t hash = 0;
	if (rec->type == MT_FAIL) {
		mt_frame_make(&frame, rec, level);
	} else {
		const struct mt_field *bytes = mt_rec_get(rec, "frame");
		size_t n;
		const char *key = mt_rec_key(rec, &n);
		frame.data = (unsigned char *)(uintptr_t)bytes->data;
		frame.size = bytes->size;
		frame.is_data = true;
		frame.key = mt_strndup(key, n);
		memcpy(&hash, mt_rec_get(rec, "hash")->data, sizeof hash);
	}
	int rc = mt_pack_put(p, &frame, mt_rec_str(rec, "split", split, sizeof split), hash,
			     twin, err);
	if (rec->type != MT_FAIL)
		frame.data = NULL;  /* the record's */
	mt_frame_release(&frame);
	return rc;
}

static bool same_folder(const char *path, const struct stat *set)
{
	struct stat st;
	return !stat(path, &st) && st.st_dev == set->st_dev && st.st_ino == set->st_ino;
}

bool mt_pack_is_input(const char *folder, char *const *operand, int n)
{
	struct stat set;
	bool hit = false;
	if (stat(folder, &set))
		return false;
	for (int i = 0; i < n; i++) {
		const char *slash = strrchr(operand[i], '/');
		char *in = mt_strndup(operand[i], slash ? (size_t)(slash - operand[i]) : 0);
		hit |= same_folder(operand[i], &set) ||
		       same_folder(slash ? *in ? in : "/" : ".", &set);
		free(in);
	}
	return hit;
}
