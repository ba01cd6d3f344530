/* SPDX-License-Identifier: MIT */
#include "tool/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cpu.h"
#include "base/escape.h"
#include "base/mem.h"
#include "base/num.h"
#include "set/input.h"
#include "stream/layout.h"
#include "stream/writer.h"
#include "tool/outputs.h"
#include "tool/pool.h"
#include "tool/progress.h"

#define MAX_TOLD 10      /* failures said on stderr */

struct run {
	struct mt_filter *f;
	struct mt_input in;
	struct mt_writer out;
	bool has_in, has_out;
	bool done_due;           /* the open segment's input has ended */
	int source_at;           /* source: 0 header due, 1 items, 2 over */
	struct mt_head head;     /* the output's header of the open segment */
	struct mt_tally tally;
	struct mt_progress progress;
	FILE *fail_log;
	int told;                /* failures of our own said on stderr */
	double allow;            /* failures that are allowed */
	bool allow_percent;
	double start;
};

int mt_filter_limit(uint64_t bytes, const char *what, const char *way,
		    struct mt_err *err)
{
	char have[MT_NUM_SIZE], most[MT_NUM_SIZE];
	if (bytes <= mt_common.max_record && bytes <= MT_MAX_FRAME)
		return MT_OK;
	mt_num_size_pair(have, most, bytes, mt_common.max_record);
	return mt_err_item(err, "limit.record", "%s is %s in one record, more than "
			   "--max-record %s; %s", what, have, most, way);
}

static bool kind_ok(const char *kinds, const char *kind)
{
	size_t n = strlen(kind);
	for (const char *k = kinds; k && *k;) {
		size_t len = strcspn(k, "|");
		if (len == n && !memcmp(k, kind, n))
			return true;
		k += len + (k[len] == '|');
	}
	return !kinds;
}

/* What makes the first of these kinds. */
static const char *maker(const char *kinds)
{
	static const char *const made[][2] = {
		{"clip", "; `scan` lists sound files"},
		{"audio", "; `decode` makes audio"},
		{"mel", "; `melspec` makes mel"},
		{"score", "; `predict` makes scores"},
	};
	for (size_t i = 0; i < sizeof made / sizeof *made; i++)
		if (!strncmp(kinds, made[i][0], strlen(made[i][0])))
			return made[i][1];
	return "";
}

static int wrong_kind(const char *name, const char *kind, const char *kinds,
		      struct mt_err *err)
{
	char list[100];
	size_t at = 0;
	for (const char *k = kinds; *k && at < sizeof list;) {
		size_t n = strcspn(k, "|");
		const char *sep = k == kinds ? "" : k[n] ? ", " : " or ";
		at += (size_t)snprintf(list + at, sizeof list - at, "%s%.*s",
				       sep, (int)n, k);
		k += n + (k[n] == '|');
	}
	return mt_err_set(err, MT_EUSAGE, "%s: kind %.32s, but this tool reads "
			  "%s%s", name, kind, list, maker(kinds));
}

/* Turn the input's header into the output's. No other job is in flight. */
static int begin_segment(void *ctx, struct mt_rec *rec, struct mt_err *err)
{
	struct run *r = ctx;
	struct mt_filter *f = r->f;
	(void)rec;
	mt_head_release(&r->head);
	if (r->has_in)
		mt_head_copy(&r->head, &r->in.reader.head);
	else
		mt_head_init(&r->head, "clip");
	const char *kind = mt_head_kind(&r->head);
	if (r->has_in && !kind_ok(f->kinds, kind))
		return wrong_kind(r->in.reader.name, kind, f->kinds, err);
	int rc = f->head ? f->head(&r->head, err) : MT_OK;
	if (!rc)
		mt_tool_add_prog(&r->head);
	return rc;
}

/* A record that a callback refuses. */
static int fail(const struct run *r, struct mt_rec *rec, const struct mt_err *why)
{
	char *text = mt_tool_spell(why->text);
	mt_rec_fail(rec, r->f->tool->name, why->code, text);
	free(text);
	return MT_OK;
}

static int pull_source(struct run *r, struct mt_rec *rec, bool *alone,
		       struct mt_err *err)
{
	struct mt_filter *f = r->f;
	if (r->source_at == 0) {
		r->source_at = 1;
		*alone = true;
		rec->type = MT_HEAD;
		return MT_OK;
	}
	if (r->source_at == 2)
		return MT_END;
	struct mt_err why = {0};
	int rc = f->next(rec, &why);
	if (rc == MT_END) {
		r->source_at = 2;
		rec->type = MT_DONE;
		return MT_OK;
	}
	if (rc == MT_EITEM)
		return fail(r, rec, &why);
	if (rc && err)
		*err = why;
	return rc;
}

static int pull(void *ctx, struct mt_rec *rec, bool *alone, struct mt_err *err)
{
	struct run *r = ctx;
	if (!r->has_in)
		return pull_source(r, rec, alone, err);
	int rc = mt_input_next(&r->in, rec, err);
	*alone = !rc && rec->type == MT_HEAD;
	rec->large = !rc && mt_rec_bytes(rec) > mt_common.max_record;
	return rc;
}

static int work(void *ctx, void **scratch, struct mt_rec *rec,
		struct mt_emit *emit, struct mt_err *err)
{
	struct run *r = ctx;
	struct mt_filter *f = r->f;
	bool mine = rec->type == MT_DATA ||
		    (rec->type == MT_FAIL && f->step_fail);
	if (!mine || !f->step)
		return MT_OK;
	if (!*scratch && f->worker_new)
		*scratch = f->worker_new();
	struct mt_err why = {0};
	int rc = f->step(*scratch, rec, emit, &why);
	if (rc == MT_EITEM)
		return fail(r, rec, &why);
	if (rc < 0 && err)
		*err = why;
	return rc;
}

static void scratch_free(void *ctx, void *scratch)
{
	struct run *r = ctx;
	if (r->f->worker_free)
		r->f->worker_free(scratch);
}

static int log_fail(struct run *r, const struct mt_rec *rec,
		    struct mt_err *err)
{
	static const char *const names[] = {"key", "stage", "code", "text"};
	json_t *o = json_object();
	for (int i = 0; i < 4; i++) {
		const struct mt_field *f = mt_rec_get(rec, names[i]);
		bool is = f && !strcmp(f->dtype, "s");
		json_object_set_new(o, names[i],
				    mt_escape_json(is ? f->data : "",
						 is ? (size_t)f->size : 0));
	}
	mt_escape_json_dump(r->fail_log, o, JSON_COMPACT);
	fputc('\n', r->fail_log);
	bool bad = ferror(r->fail_log);
	json_decref(o);
	return bad ? mt_err_sys(err, "%s: cannot write", mt_common.fail_log)
		   : MT_OK;
}

/* Does the text say of which item it speaks? A short key may stand in any word,
 * so it counts only as "key:" or in quotes. */
static bool names_key(const char *text, const char *key)
{
	size_t n = strlen(key);
	for (const char *p = text; n && (p = strstr(p, key)); p++)
		if (p[n] == ':' || (p[n] == '\'' && p > text && p[-1] == '\''))
			return true;
	return !n;
}

/* The first failures that are ours are said at once, the rest is in the
 * stream; those of earlier tools have been said there. */
static void tell_fail(struct run *r, const struct mt_rec *rec)
{
	char stage[64], text[1024], key[1024];
	mt_rec_str(rec, "stage", stage, sizeof stage);
	if (r->told > MAX_TOLD || strcmp(stage, r->f->tool->name))
		return;
	mt_rec_str(rec, "text", text, sizeof text);
	mt_rec_str(rec, "key", key, sizeof key);
	if (r->told++ == MAX_TOLD)
		mt_info("more failed; --fail-log=FILE writes them all");
	else if (names_key(text, key))
		mt_info("%s", text);
	else
		mt_info("%s: %s", key, text);
}

/* The end frame waits until the input shows that it goes on well behind its
 * own: with another segment, or with nothing. Garbage there must not leave a
 * whole stream behind it. */
static int write_done(struct run *r, struct mt_err *err)
{
	bool due = r->done_due;
	r->done_due = false;
	return due ? mt_writer_done(&r->out, err) : MT_OK;
}

/* A result beyond the limits becomes a failed record. One that came in so large,
 * from a tool with a greater --max-record, goes on as long as a frame holds it. */
static void check_size(const struct run *r, struct mt_rec *rec)
{
	uint64_t size = mt_rec_bytes(rec);
	if (size <= mt_common.max_record && size <= MT_MAX_FRAME)
		return;
	const char *kind = mt_head_kind(&r->head);
	bool sound = !strcmp(kind, "audio") || !strcmp(kind, "mel") ||
		     !strcmp(kind, "example");
	struct mt_err why = {0};
	if (!(r->f->tool->flags & MT_TOOL_RECORD) ||
	    (rec->large && size <= MT_MAX_FRAME))
		return;
	if (mt_filter_limit(size, "it", sound ? "cut the sound with "
			    "`decode segment`" : "give a greater --max-record, at most "
			    "4G", &why))
		fail(r, rec, &why);
}

static int take(void *ctx, struct mt_rec *rec, struct mt_err *err)
{
	struct run *r = ctx;
	struct mt_filter *f = r->f;
	if (rec->type == MT_HEAD) {
		int bad = write_done(r, err);
		return !bad && r->has_out ? mt_writer_head(&r->out, &r->head,
							   err) : bad;
	}
	if (rec->type == MT_DONE) {
		r->done_due = r->has_out;
		return MT_OK;
	}
	int rc = MT_OK;
	if (rec->full)
		mt_rec_fail(rec, f->tool->name, "record.full", "it would have more "
			    "than 64 fields, the most of a record");
	check_size(r, rec);
	if (rec->type == MT_FAIL) {
		r->tally.n_fail++;
		tell_fail(r, rec);
		if (r->fail_log)
			rc = log_fail(r, rec, err);
	} else {
		r->tally.n_data++;
	}
	if (!rc)
		rc = f->put ? f->put(rec, err)
			    : mt_writer_put(&r->out, rec, err);
	mt_progress_put(&r->progress, r->tally.n_data, r->tally.n_fail, NULL);
	return rc;
}

static int parse_allow(struct run *r, struct mt_err *err)
{
	const char *s = mt_common.allow_fail;
	if (!s)
		return MT_OK;
	char *end;
	errno = 0;
	r->allow = strtod(s, &end);
	r->allow_percent = *end == '%';
	if (end == s || end[r->allow_percent] || errno || !(r->allow >= 0) ||
	    (r->allow_percent && r->allow > 100))
		return mt_err_set(err, MT_EUSAGE, "--allow-fail takes a count "
				  "or a share such as 5%%, not '%s'", s);
	return MT_OK;
}

/* Would the log, or what is appended to standard output, destroy an input? The
 * file of -o may be an input: it is replaced when that was read. */
static int check_inputs(char *const *operand, int n, struct mt_err *err)
{
	struct stat in, out;
	bool file = !fstat(STDOUT_FILENO, &out) && S_ISREG(out.st_mode);
	for (int i = -1; i < n; i++) {
		const char *name = i < 0 ? "standard input" : operand[i];
		bool is = i < 0 ? !n && !fstat(STDIN_FILENO, &in)
				: !stat(name, &in);
		if (!is || !S_ISREG(in.st_mode))
			continue;
		if (file && in.st_dev == out.st_dev && in.st_ino == out.st_ino)
			return mt_err_set(err, MT_EUSAGE, "%s: is an input, and "
					  "the file of standard output; use -o",
					  name);
		if (i >= 0 && mt_common.fail_log &&
		    mt_outputs_same(name, mt_common.fail_log))
			return mt_err_set(err, MT_EUSAGE, "%s: is an input, and "
					  "the file of --fail-log", name);
	}
	return MT_OK;
}

static int open_log(struct run *r, struct mt_err *err)
{
	if (!mt_common.fail_log)
		return MT_OK;
	struct stat st;
	int fd = open(mt_common.fail_log, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0 || fstat(fd, &st)) {
		mt_err_sys(err, "%s: cannot create", mt_common.fail_log);
		if (fd >= 0)
			close(fd);
		return MT_ESYS;
	}
	/* two tools of a pipeline would write over each other */
	if (S_ISREG(st.st_mode) && flock(fd, LOCK_EX | LOCK_NB) &&
	    errno == EWOULDBLOCK) {
		close(fd);
		return mt_err_set(err, MT_ESYS, "%s: is being written by another "
				  "program; give each its own --fail-log",
				  mt_common.fail_log);
	}
	if (S_ISREG(st.st_mode) && ftruncate(fd, 0)) {
		mt_err_sys(err, "%s: cannot write", mt_common.fail_log);
		close(fd);
		return MT_ESYS;
	}
	r->fail_log = fdopen(fd, "w");
	MT_BUG(!r->fail_log);
	/* whatever ends the program, what failed until then is in it */
	setvbuf(r->fail_log, NULL, _IOLBF, 0);
	return MT_OK;
}

/* Text goes out before we wait for more input, so that a pipe is live. */
static void idle(void *ctx)
{
	(void)ctx;
	fflush(stdout);
}

/* Is there text to be sent? A file can wait for it. */
static bool is_text(const struct mt_filter *f)
{
	struct stat st;
	return f->put && (fstat(STDOUT_FILENO, &st) || !S_ISREG(st.st_mode));
}

/* Up to where the loop is needed: MT_END. */
static int prepare(struct run *r, char **operand, int *n, struct mt_err *err)
{
	struct mt_filter *f = r->f;
	int rc = parse_allow(r, err);
	if (!rc)
		rc = check_inputs(operand, *n, err);
	if (!rc && f->check)
		rc = f->check(f, operand, n, err);
	if (rc)
		return rc;
	return f->run ? f->run(operand, *n, err) : MT_END;
}

static int open_streams(struct run *r, char **operand, int n,
			struct mt_err *err)
{
	struct mt_filter *f = r->f;
	int rc = open_log(r, err);
	if (rc)
		return rc;
	if (!f->put) {
		rc = mt_writer_open(&r->out, mt_common.output, err);
		if (rc)
			return rc;
		r->has_out = true;
	}
	if (!f->next) {
		rc = mt_input_open(&r->in, operand, n, err);
		if (rc)
			return rc;
		r->in.max_raw = mt_common.max_record;
		r->has_in = true;
	}
	mt_progress_init(&r->progress, f->total ? f->total : r->in.total);
	return MT_OK;
}

static int finish(struct run *r, struct mt_err *err)
{
	struct mt_filter *f = r->f;
	int rc = f->end ? f->end(&r->tally, err) : MT_OK;
	if (!rc)
		rc = write_done(r, err);
	if (!rc && r->has_out) {
		r->has_out = false;
		rc = mt_writer_close(&r->out, err);
	}
	if (r->fail_log) {
		if (fclose(r->fail_log) && !rc)
			rc = mt_err_sys(err, "%s: cannot write",
					mt_common.fail_log);
		r->fail_log = NULL;
	}
	return rc;
}

/* The last line, and 1 when more failed than is allowed. */
static int verdict(const struct run *r)
{
	uint64_t fail = r->tally.n_fail, all = fail + r->tally.n_data;
	double allowed = r->allow_percent ? r->allow / 100 * (double)all
					  : r->allow;
	if (r->f->any_fail)
		return 0;
	if (fail)
		mt_info("%" PRIu64 " done, %" PRIu64 " failed", r->tally.n_data,
			fail);
	else
		mt_note("%" PRIu64 " done, %.1f s", r->tally.n_data,
			mt_clock() - r->start);
	return (double)fail > allowed ? 1 : 0;
}

static int loop(struct run *r, struct mt_err *err)
{
	struct mt_filter *f = r->f;
	struct mt_pool_calls calls = {
		.ctx = r, .pull = pull, .alone = begin_segment,
		.work = work, .scratch_free = scratch_free,
		.take = take, .idle = is_text(f) ? idle : NULL,
		.pull_is_tool = !r->has_in,
	};
	bool jobs = f->tool->flags & MT_TOOL_JOBS && f->step;
	int n_thread = jobs ? (int)mt_common.jobs : 1;
	if (n_thread == 1)
		r->in.idle = calls.idle;
	return mt_pool_run(&calls, n_thread, err);
}

/* the run under way, so that what an error leaves behind is no leak */
static struct run *volatile still_there;

int mt_filter_run(struct mt_filter *f, int argc, char **argv)
{
	struct mt_err err = {0};
	/* not on the stack: after an error a thread that waits for input may
	 * outlive this function */
	struct run *r = mt_calloc(1, sizeof *r);
	still_there = r;
	char **operand;
	int n;
	mt_tool_begin(f->tool, argc, argv, &operand, &n);
	r->f = f;
	r->start = mt_clock();
	int rc = prepare(r, operand, &n, &err);
	bool loops = rc == MT_END;
	if (loops)
		rc = open_streams(r, operand, n, &err);
	if (loops && !rc)
		rc = loop(r, &err);
	mt_progress_end(&r->progress);
	bool over = !rc;
	if (loops && !rc)
		rc = finish(r, &err);
	if (r->has_out)
		mt_writer_abort(&r->out);
	if (r->fail_log)
		fclose(r->fail_log);
	if (f->release)
		f->release();
	int code = rc ? mt_tool_fail(&err) : loops ? verdict(r) : 0;
	if (over) {
		if (r->has_in)
			mt_input_close(&r->in);
		mt_head_release(&r->head);
		still_there = NULL;
		free(r);
	}
	return mt_tool_end(code);
}
