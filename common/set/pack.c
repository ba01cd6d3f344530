/* SPDX-License-Identifier: MIT */
#include "set/pack.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/lock.h"
#include "base/mem.h"
#include "set/manifest.h"
#include "set/packdir.h"
#include "stream/layout.h"

struct mt_pack_seen {
	uint64_t hash;
	char *key;
	uint32_t split;          /* index + 1; 0: empty */
};

static char *part_path(const struct mt_pack *p, size_t i)
{
	return mt_strf("%s/part-%05zu.mtp", p->work, i);
}

/* How many parts there are to compare the input with. */
static int find_old(struct mt_pack *p, struct mt_err *err)
{
	if (p->complete) {
		int rc = mt_set_read(&p->whole, p->folder, err);
		p->n_old = p->whole.n_part;
		return rc;
	}
	for (;; p->n_old++) {
		struct stat st;
		char *path = part_path(p, p->n_old);
		bool there = !stat(path, &st);
		int rc = there && !S_ISREG(st.st_mode)
			? mt_err_set(err, MT_EINPUT, "%s: is not a regular file, "
				     "so not a part of a set", path) : MT_OK;
		free(path);
		if (!there || rc)
			return rc;
	}
}

/* Where to write: into the folder itself where nothing is lost by it. */
static int choose_folder(struct mt_pack *p, bool force, bool resume,
			 struct mt_err *err)
{
	char *next = mt_packdir_next(p->folder);
	bool is_set = mt_set_is(p->folder);
	int rc = MT_OK;
	/* a complete set whose exchange with the old one was cut short; when
	 * it is to be replaced anyway, what stands must only be whole */
	if (mt_set_is(next) && (!is_set || (resume && !force))) {
		rc = mt_packdir_swap(p->folder, err);
		is_set = !rc;
		if (rc == MT_EINPUT && force)
			rc = MT_OK;
	}
	size_t n = mt_packdir_parts(p->folder);
	size_t begun = mt_packdir_parts(next);
	bool into_next = force ? is_set || n : mt_packdir_begun(p->folder);
	p->complete = is_set && !into_next;
	p->work = into_next ? next : mt_strdup(p->folder);
	if (!into_next)
		free(next);
	if (!rc && is_set && !force && !resume)
		rc = mt_err_set(err, MT_EUSAGE, "%s: holds a packed set already; "
				"`force` replaces it", p->folder);
	else if (!rc && n + begun && !force && !resume)
		rc = mt_err_set(err, MT_EUSAGE, "%s: holds %zu part%s of a run "
				"that was cut short; `resume` continues, "
				"`force` starts over", p->folder,
				begun ? begun : n,
				(begun ? begun : n) == 1 ? "" : "s");
	if (!rc && (force || !into_next))
		rc = mt_packdir_drop_next(p->folder, err);
	if (!rc && into_next && mkdir(p->work, 0777) && errno != EEXIST)
		rc = mt_err_sys(err, "%s: cannot make the folder", p->work);
	return rc;
}

int mt_pack_open(struct mt_pack *p, const char *folder, bool force,
		 bool resume, struct mt_err *err)
{
	*p = (struct mt_pack){.max_bytes = UINT64_MAX,
			      .max_records = UINT64_MAX, .lock = -1};
	mt_rec_init(&p->old_rec);
	p->made = !mkdir(folder, 0777);
	if (!p->made && errno != EEXIST)
		return mt_err_sys(err, "%s: cannot make the folder", folder);
	p->folder = mt_strdup(folder);
	int rc = mt_lock_dir(folder, &p->lock, err);
	if (!rc)
		rc = choose_folder(p, force, resume, err);
	if (!rc && resume && !force)
		rc = mt_packdir_tidy(p->work, err);
	if (!rc && resume && !force)
		rc = find_old(p, err);
	else if (!rc)
		rc = mt_packdir_clear(p->work, err);
	if (!rc && force && strcmp(p->work, p->folder) != 0)
		rc = mt_packdir_begin(p->folder, err);
	if (rc)
		mt_pack_abort(p);
	return rc;
}

static struct mt_set_part *add_part(struct mt_pack *p, size_t i)
{
	struct mt_set *s = &p->set;
	s->part = mt_realloc(s->part, s->n_part + 1, sizeof *s->part);
	struct mt_set_part *part = &s->part[s->n_part++];
	*part = (struct mt_set_part){.name = mt_strf("part-%05zu.mtp", i)};
	return part;
}

static void count_part(struct mt_pack *p, struct mt_set_part *part,
		       uint64_t n_data, uint64_t n_fail)
{
	part->n_data = n_data;
	part->n_fail = n_fail;
	p->set.n_data += n_data;
	p->set.n_fail += n_fail;
}

static int close_part(struct mt_pack *p, struct mt_err *err)
{
	if (!p->is_open)
		return MT_OK;
	p->is_open = false;
	int rc = mt_writer_done(&p->out, err);
	if (rc) {
		mt_writer_abort(&p->out);
		return rc;
	}
	struct mt_set_part *part = add_part(p, p->set.n_part);
	part->bytes = p->out.at;
	part->crc = p->out.crc;
	count_part(p, part, p->out.all.n_data, p->out.all.n_fail);
	return mt_writer_close(&p->out, err);
}

static int open_part(struct mt_pack *p, struct mt_err *err)
{
	char *path = part_path(p, p->set.n_part);
	int rc = mt_writer_open(&p->out, path, err);
	free(path);
	if (rc)
		return rc;
	p->is_open = true;
	p->out.index = true;
	return mt_writer_head(&p->out, &p->head, err);
}

static bool equal(const struct mt_head *a, const struct mt_head *b)
{
	size_t n, m;
	char *x = mt_head_text(a, &n), *y = mt_head_text(b, &m);
	bool same = n == m && !memcmp(x, y, n);
	free(x);
	free(y);
	return same;
}

/* Other options or another front end would give other bytes. */
static int same_head(struct mt_pack *p, struct mt_err *err)
{
	if (!p->has_head || equal(&p->head, &p->old.head))
		return MT_OK;
	return mt_err_set(err, MT_EINPUT, "%s: its header is not the one that "
			  "this run would write: other options or another "
			  "input; `force` starts over", p->old.name);
}

/* Resuming: the next record of the finished parts, MT_END behind the last. */
static int next_old(struct mt_pack *p, struct mt_err *err)
{
	for (;;) {
		if (!p->old_open) {
			if (p->next_old == p->n_old)
				return MT_END;
			char *path = part_path(p, p->next_old++);
			int rc = p->complete
				? mt_set_open(&p->whole, p->next_old - 1,
					      &p->old, err)
				: mt_reader_open(&p->old, path, err);
			free(path);
			if (rc)
				return rc;
			p->old_open = true;
			p->old.sum = true;
		}
		int rc = mt_reader_next(&p->old, &p->old_rec, err);
		if (rc < 0)
			return rc;
		if (rc == MT_END) {
			struct mt_set_part *part = add_part(p, p->next_old - 1);
			part->bytes = p->old.at;
			part->crc = p->old.crc;
			count_part(p, part, p->old.all.n_data,
				   p->old.all.n_fail);
			rc = p->complete ? mt_set_check(&p->whole,
							p->next_old - 1,
							&p->old, err) : MT_OK;
			mt_reader_close(&p->old);
			p->old_open = false;
			if (rc)
				return rc;
		} else if (p->old_rec.type == MT_HEAD) {
			rc = same_head(p, err);
			if (rc)
				return rc;
		} else if (p->old_rec.type != MT_DONE) {
			return MT_OK;
		}
	}
}

static int same_record(struct mt_pack *p, const struct mt_frame *frame,
		       struct mt_err *err)
{
	size_t n;
	const char *key = mt_rec_key(&p->old_rec, &n);
	bool same = strlen(frame->key) == n && !memcmp(key, frame->key, n);
	if (same && (p->old_rec.type == MT_DATA) == frame->is_data &&
	    mt_get_u32(frame->data + MT_AT_CCRC) == p->old.body_crc)
		return MT_OK;
	return mt_err_set(err, MT_EINPUT, "%s: record %" PRIu64 " is '%.*s', "
			  "the input has '%.200s'%s: this is not the input "
			  "that was packed before; `force` starts over",
			  p->old.name, p->n_record, mt_rec_key_shown(key, n),
			  key, frame->key, same ? " with other content" : "");
}

int mt_pack_head(struct mt_pack *p, const struct mt_head *head,
		 struct mt_err *err)
{
	if (p->has_head && equal(&p->head, head))
		return MT_OK;
	int rc = close_part(p, err);
	if (p->has_head)
		mt_head_release(&p->head);
	mt_head_copy(&p->head, head);
	p->has_head = true;
	return rc;
}

static void seen_grow(struct mt_pack *p)
{
	struct mt_pack_seen *old = p->seen;
	size_t n = p->cap_seen;
	p->cap_seen = n ? 2 * n : 4096;
	p->seen = mt_calloc(p->cap_seen, sizeof *p->seen);
	for (size_t i = 0; i < n; i++) {
		if (!old[i].split)
			continue;
		size_t k = old[i].hash & (p->cap_seen - 1);
		while (p->seen[k].split)
			k = (k + 1) & (p->cap_seen - 1);
		p->seen[k] = old[i];
	}
	free(old);
}

/* Remember a content; the key of a record of another split that has it. */
static const char *find_twin(struct mt_pack *p, uint64_t hash, uint32_t split,
			     const char *key)
{
	if (2 * p->n_seen >= p->cap_seen)
		seen_grow(p);
	size_t k = hash & (p->cap_seen - 1);
	for (; p->seen[k].split; k = (k + 1) & (p->cap_seen - 1))
		if (p->seen[k].hash == hash)
			return p->seen[k].split == split ? NULL
							 : p->seen[k].key;
	p->seen[k] = (struct mt_pack_seen){hash, mt_strdup(key), split};
	p->n_seen++;
	return NULL;
}

int mt_pack_put(struct mt_pack *p, const struct mt_frame *frame,
		const char *split, uint64_t hash, const char **twin,
		struct mt_err *err)
{
	*twin = NULL;
	if (frame->is_data) {
		mt_keyset_add(&p->keys, frame->key, strlen(frame->key));
		uint32_t i = (uint32_t)mt_words_find(&p->split, split, strlen(split)) + 1;
		p->split.word[i - 1].n++;
		if (hash)
			*twin = find_twin(p, hash, i, frame->key);
		p->n_twin += *twin != NULL;
	}
	int rc = next_old(p, err);
	if (!rc)
		rc = same_record(p, frame, err);
	if (rc == MT_END && p->complete) {
		rc = mt_err_set(err, MT_EINPUT, "%s: is complete and ends "
				"before '%.200s' of the input: this is not "
				"the input that was packed before; `force` "
				"starts over", p->folder, frame->key);
	} else if (rc == MT_END) {
		rc = p->is_open ? MT_OK : open_part(p, err);
		if (!rc)
			rc = mt_writer_put_frame(&p->out, frame, err);
		struct mt_tally *t = &p->out.all;
		if (!rc && (p->out.at >= p->max_bytes ||
			    t->n_data + t->n_fail >= p->max_records))
			rc = close_part(p, err);
	}
	p->n_record++;
	return rc;
}

int mt_pack_close(struct mt_pack *p, struct mt_err *err)
{
	int rc = next_old(p, err);
	if (!rc)
		rc = mt_err_set(err, MT_EINPUT, "%s: holds more records than "
				"the input gave: this is not the input that "
				"was packed before; `force` starts over",
				p->old.name);
	if (rc == MT_END && p->complete) {
		mt_pack_abort(p);
		return MT_OK;
	}
	if (rc == MT_END)
		rc = close_part(p, err);
	/* an empty set still has its header in a part */
	if (!rc && !p->set.n_part && p->has_head) {
		rc = open_part(p, err);
		if (!rc)
			rc = close_part(p, err);
	}
	if (!rc)
		rc = mt_pack_finish(p, err);
	mt_pack_abort(p);
	return rc;
}

int mt_pack_finish(struct mt_pack *p, struct mt_err *err)
{
	size_t n = mt_packdir_parts(p->work);
	if (n != p->set.n_part)
		return mt_err_set(err, MT_EINPUT, "%s: holds %zu parts, but the new "
				  "set has %zu; `force` packs anew", p->work, n,
				  p->set.n_part);
	int rc = mt_manifest_write(p, err);
	if (!rc && strcmp(p->work, p->folder) != 0)
		rc = mt_packdir_swap(p->folder, err);
	return rc;
}

void mt_pack_abort(struct mt_pack *p)
{
	bool had_head = p->has_head;
	if (p->is_open)
		mt_writer_abort(&p->out);
	if (p->old_open)
		mt_reader_close(&p->old);
	mt_rec_release(&p->old_rec);
	if (p->has_head)
		mt_head_release(&p->head);
	mt_set_release(&p->set);
	mt_set_release(&p->whole);
	if (p->work && strcmp(p->work, p->folder) != 0) {
		/* stays once there was input, for --resume to go on with */
		if (!had_head)
			mt_packdir_give_up(p->folder);
		rmdir(p->work);
	}
	if (p->made && p->lock >= 0)
		rmdir(p->folder);  /* goes only if nothing came into it */
	mt_unlock_dir(p->lock);
	free(p->work);
	free(p->folder);
	mt_words_release(&p->split);
	for (size_t i = 0; i < p->cap_seen; i++)
		free(p->seen[i].key);
	free(p->seen);
	mt_keyset_release(&p->keys);
	*p = (struct mt_pack){.lock = -1};
}
