/* SPDX-License-Identifier: MIT */
#include "set/input.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"

static void add_path(struct mt_input *in, struct mt_input_path path)
{
	in->path = mt_realloc(in->path, in->n_path + 1, sizeof *in->path);
	in->path[in->n_path++] = path;
}

static int add_set(struct mt_input *in, const char *folder, struct mt_err *err)
{
	in->set = mt_realloc(in->set, in->n_set + 1, sizeof *in->set);
	struct mt_set *set = &in->set[in->n_set];
	int rc = mt_set_read(set, folder, err);
	if (rc)
		return rc;
	for (size_t i = 0; i < set->n_part; i++)
		add_path(in, (struct mt_input_path){.set = in->n_set,
						    .part = i});
	in->n_set++;
	in->total += set->n_data + set->n_fail;
	return MT_OK;
}

static void add_file(struct mt_input *in, const char *name)
{
	add_path(in, (struct mt_input_path){.name = mt_strdup(name)});
}

int mt_input_open(struct mt_input *in, char *const *operand, int n,
		  struct mt_err *err)
{
	*in = (struct mt_input){.reader.fd = -1};
	bool known = true;
	for (int i = 0; i < n; i++) {
		if (mt_set_is(operand[i])) {
			int rc = add_set(in, operand[i], err);
			if (rc) {
				mt_input_close(in);
				return rc;
			}
		} else {
			add_file(in, operand[i]);
			known = false;
		}
	}
	if (!n) {
		add_file(in, "-");
		known = false;
	}
	if (!known)
		in->total = 0;
	return MT_OK;
}

static int open_next(struct mt_input *in, struct mt_err *err)
{
	const struct mt_input_path *p = &in->path[in->next++];
	int rc = p->name ? mt_reader_open(&in->reader, p->name, err)
			 : mt_set_open(&in->set[p->set], p->part, &in->reader,
				       err);
	if (rc)
		return rc;
	in->is_open = true;
	struct stat st;
	if (fstat(in->reader.fd, &st) || !S_ISREG(st.st_mode))
		in->reader.idle = in->idle;  /* a file never has to wait */
	if (in->max_raw)
		in->reader.max_raw = in->max_raw;
	return MT_OK;
}

/* A part of a set has ended, with this status: is it what the manifest says? */
static int end_part(struct mt_input *in, int rc, struct mt_err *err)
{
	const struct mt_input_path *p = &in->path[in->next - 1];
	if (p->name)
		return rc;
	const struct mt_set *set = &in->set[p->set];
	if (rc < 0)
		return mt_set_blame(set, rc, err);
	int bad = mt_set_check(set, p->part, &in->reader, err);
	return bad ? bad : rc;
}

/* The reader checks segments of one file against one another; between
 * files that is done here. */
static int check_head(struct mt_input *in, struct mt_err *err)
{
	if (!in->any) {
		in->any = true;
		mt_head_copy(&in->first, &in->reader.head);
		return MT_OK;
	}
	int rc = mt_head_same(&in->first, &in->reader.head, err);
	return rc ? mt_err_prefix(rc, err, "%s", in->reader.name) : MT_OK;
}

int mt_input_next(struct mt_input *in, struct mt_rec *rec, struct mt_err *err)
{
	for (;;) {
		if (!in->is_open) {
			if (in->next == in->n_path)
				return MT_END;
			int rc = open_next(in, err);
			if (rc)
				return rc;
		}
		int rc = mt_reader_next(&in->reader, rec, err);
		if (!rc && rec->type == MT_HEAD)
			return check_head(in, err);
		if (rc < 0 || rc == MT_END)
			rc = end_part(in, rc, err);
		if (rc != MT_END)
			return rc;
		mt_reader_close(&in->reader);
		in->is_open = false;
	}
}

void mt_input_close(struct mt_input *in)
{
	if (in->is_open)
		mt_reader_close(&in->reader);
	for (size_t i = 0; i < in->n_path; i++)
		free(in->path[i].name);
	free(in->path);
	for (size_t i = 0; i < in->n_set; i++)
		mt_set_release(&in->set[i]);
	free(in->set);
	mt_head_release(&in->first);
	*in = (struct mt_input){.reader.fd = -1};
}
