/* SPDX-License-Identifier: MIT
 * mt-decode: sound files to samples. */
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audio/decode.h"
#include "base/i2.h"
#include "base/mem.h"
#include "base/names.h"
#include "base/num.h"
#include "stream/layout.h"
#include "tool/filter.h"

#define DEFAULT_RATE 16000

static struct opts {
	int64_t rate;
	const char *channels, *resampler, *dtype, *segment, *files_from, *root;
	double start, duration, max_damage;
	bool zero, no_gapless;
} opts = {.rate = DEFAULT_RATE, .channels = "mono", .resampler = "fft",
	  .dtype = "f4", .max_damage = 50};

#define AT(field) offsetof(struct opts, field)

static const struct mt_opt rows[] = {
	MT_OPT('r', "rate", "HZ", I64, AT(rate), "sample rate, 0 keeps each file's own [16000]",
	       MT_RANGE(0, 768000)),
	MT_OPT('c', "channels", "HOW", CHOICE, AT(channels), "mono (the mean) or all [mono]",
	       .choices = "mono|all"),
	MT_OPT(0, "resampler", "NAME", CHOICE, AT(resampler), "fft, soxr or swr [fft]",
	       .choices = "fft|soxr|swr"),
	MT_OPT(0, "start", "S", F64, AT(start), "skip the first S seconds [0]", MT_RANGE(0, 1e9)),
	MT_OPT(0, "duration", "S", F64, AT(duration), "take at most S seconds, 0 all [0]",
	       MT_RANGE(0, 1e9)),
	MT_OPT(0, "segment", "S[:HOP]", STR, AT(segment),
	       "cut into segments of S seconds, one every HOP [S]"),
	MT_OPT(0, "max-damage", "PERCENT", F64, AT(max_damage),
	       "fail a file if more than this share does not decode [50]", MT_RANGE(0, 100)),
	MT_OPT(0, "dtype", "TYPE", CHOICE, AT(dtype), "samples as f4 or i2 [f4]",
	       .choices = "f4|i2"),
	MT_FLAG(0, "no-gapless", AT(no_gapless), "keep encoder delay and padding"),
	MT_OPT(0, "files-from", "FILE", PATH, AT(files_from),
	       "take the files named in FILE, one a line (- stdin)"),
	MT_FLAG('0', "null", AT(zero), "names in --files-from end with a zero byte"),
	MT_OPT(0, "root", "DIR", PATH, AT(root), "the files of a clip stream are DIR/key"),
	{0},
};
static const struct mt_opt_set sets[] = {{rows, &opts}, {NULL, NULL}};

static const struct mt_tool tool = {
	.name = "mt-decode",
	.purpose = "decode sound files into an audio stream",
	.synopsis = "[options] [file ... | < clip stream]",
	.sets = sets,
	.flags = MT_TOOL_FILTER,
};

static struct decode {
	struct mt_decode_opts how;
	double segment, hop;     /* seconds; 0: whole clips */
	char **operand;
	int n_operand, at;
	bool piped;              /* the operand "-" is there */
	atomic_int n_told;       /* messages about sound that is not all there */
	struct mt_names names;
} decode;

static uint64_t sample_bytes(void)
{
	return strcmp(opts.dtype, "i2") ? 4 : 2;
}

static int parse_segment(struct mt_err *err)
{
	if (!opts.segment)
		return MT_OK;
	const char *colon = strchr(opts.segment, ':');
	char *s = colon ? mt_strndup(opts.segment,
				     (size_t)(colon - opts.segment))
			: mt_strdup(opts.segment);
	bool ok = mt_num_f64(s, &decode.segment);
	decode.hop = decode.segment;
	if (colon)
		ok = ok && mt_num_f64(colon + 1, &decode.hop);
	free(s);
	if (!ok || decode.segment < 0.001 || decode.hop < 0.001 ||
	    decode.segment > 86400 || decode.hop > 86400)
		return mt_err_set(err, MT_EUSAGE, "--segment takes seconds "
				  "from 0.001 to 86400 as S or S:HOP, not "
				  "'%s'", opts.segment);
	return MT_OK;
}

static int next(struct mt_rec *rec, struct mt_err *err)
{
	const char *name;
	if (decode.at < decode.n_operand) {
		name = decode.operand[decode.at++];
	} else {
		int rc = decode.names.file ? mt_names_next(&decode.names, err)
					   : MT_END;
		if (rc)
			return rc;
		name = decode.names.name;
	}
	mt_rec_put_str(rec, "key", name, strlen(name));
	return MT_OK;
}

/* Standard input is one file, and read by one thread. */
static int check_piped(char **operand, int n, struct mt_err *err)
{
	int n_piped = opts.files_from && !strcmp(opts.files_from, "-");
	for (int i = 0; i < n; i++)
		if (!strcmp(operand[i], "-"))
			decode.piped = true, n_piped++;
	return n_piped < 2 ? MT_OK : mt_err_set(err, MT_EUSAGE, "- stands for "
						"standard input and can be "
						"named once only");
}

static int check(struct mt_filter *f, char **operand, int *n,
		 struct mt_err *err)
{
	decode.how = (struct mt_decode_opts){
		.rate = (int)opts.rate,
		.all_channels = !strcmp(opts.channels, "all"),
		.keep_padding = opts.no_gapless,
		.resampler = !strcmp(opts.resampler, "swr") ? MT_RESAMPLER_SWR
			     : !strcmp(opts.resampler, "soxr")
			     ? MT_RESAMPLER_SOXR : MT_RESAMPLER_FFT,
		.start = opts.start,
		.duration = opts.duration,
		.sample_bytes = (unsigned)sample_bytes(),
		.spool = getenv("TMPDIR"),
	};
	int rc = parse_segment(err);
	/* segments are held against it one by one */
	if (decode.segment <= 0)
		decode.how.max_bytes = mt_common.max_record;
	if (!rc)
		rc = check_piped(operand, *n, err);
	if (rc)
		return rc;
	if (!*n && !opts.files_from) {
		if (isatty(STDIN_FILENO))
			return mt_err_set(err, MT_EUSAGE, "name a sound file, "
					  "--files-from FILE, or give a clip "
					  "stream on standard input");
		return MT_OK;
	}
	decode.operand = operand;
	decode.n_operand = *n;
	f->next = next;
	/* how many segments there will be nobody knows */
	f->total = opts.files_from || opts.segment ? 0 : (uint64_t)*n;
	*n = 0;
	return opts.files_from ? mt_names_open(&decode.names, opts.files_from,
					       opts.zero, err) : MT_OK;
}

static int head(struct mt_head *h, struct mt_err *err)
{
	(void)err;
	char id[160];
	mt_decoder_id(decode.how.resampler, id, sizeof id);
	mt_head_set_kind(h, "audio");
	mt_head_set_field(h, "pcm", opts.dtype, "C,N",
			  strcmp(opts.dtype, "i2") ? "full scale 1"
						   : "full scale 32768");
	mt_head_set_field(h, "rate", "i4", "", "Hz");
	mt_head_set_field(h, "seconds", "f8", "", "length of pcm");
	mt_head_set_field(h, "damaged", "i4", "",
			  "packets that did not decode");
	mt_head_set_field(h, "lost", "f8", "", "seconds that are missing; absent: 0");
	if (opts.rate)
		mt_head_set_param(h, "rate", "%d", (int)opts.rate);
	mt_head_set_param(h, "channels", "%s", opts.channels);
	mt_head_set_param(h, "gapless", "%d", !opts.no_gapless);
	mt_head_set_param(h, "decoder", "%s", id);
	return MT_OK;
}

/* The first n samples of pcm into the record, as --dtype says. Those that lie
 * in memory lent by the record stay there. What was lost since `before` goes with
 * them. */
static void put_pcm(struct mt_rec *rec, const struct mt_pcm *pcm, size_t n,
		    const struct mt_decoder *d, struct mt_decode_losses *before)
{
	size_t n_channel = (size_t)pcm->n_channel;
	bool small = !strcmp(opts.dtype, "i2");
	size_t size = n * (small ? 2 : 4);
	char *to = pcm->lent ? (void *)pcm->x[0]
			     : mt_rec_alloc(rec, n_channel * size);
	for (size_t c = 0; c < n_channel; c++) {
		void *row = to + c * size;
		if (small)
			mt_i2_from_array(row, pcm->x[c], n);
		else if (row != pcm->x[c])
			memmove(row, pcm->x[c], size);
	}
	int rate = mt_decoder_rate(d);
	mt_rec_put(rec, "pcm", opts.dtype, 2,
		   (uint64_t[]){n_channel, n}, to);
	mt_rec_put_i4(rec, "rate", rate);
	mt_rec_put_f8(rec, "seconds", (double)n / rate);
	struct mt_decode_losses l;
	mt_decoder_losses(d, &l);
	mt_rec_put_i4(rec, "damaged", l.damaged - before->damaged);
	/* a sum over packets, to the microsecond */
	double lost = rint(1e6 * (l.lost + l.cut)) - rint(1e6 * (before->lost + before->cut));
	if (lost > 0)
		mt_rec_put_f8(rec, "lost", lost / 1e6);
	*before = l;
}

#define MAX_TOLD 10
#define TELL 0.01      /* share of the sound that is worth a message */
#define CANCELS (-40)  /* dB of a mono mix that is worth one */

static void tell(const char *text)
{
	int n = atomic_fetch_add(&decode.n_told, 1);
	if (n < MAX_TOLD)
		mt_info("%s", text);
	else if (n == MAX_TOLD)
		mt_info("more files are not all there; their field lost has the "
			"seconds");
}

/* At the end of a file: say what is missing, and fail it if that is too much. */
static int judge(struct mt_decoder *d, const struct mt_rec *rec, struct mt_err *err)
{
	struct mt_decode_losses l;
	char key[256], text[512];
	mt_decoder_losses(d, &l);
	mt_rec_str(rec, "key", key, sizeof key);
	double there = l.heard + l.lost, all = there + l.cut;
	if (l.lost > opts.max_damage / 100 * there && opts.max_damage < 100)
		return mt_err_item(err, "decode.damage", "%s: %.2f of %.2f s do not "
				   "decode (%d damaged packets), more than "
				   "--max-damage %g%%", key, l.lost, there,
				   l.damaged, opts.max_damage);
	if (l.lost > TELL * all) {
		snprintf(text, sizeof text, "%s: %.2f of %.2f s do not decode (%d "
			 "damaged packets)", key, l.lost, there, l.damaged);
		tell(text);
	}
	if (l.cut > TELL * all) {
		snprintf(text, sizeof text, "%s: has %.2f s of the %.2f s that its "
			 "header promises", key, there, all);
		tell(text);
	}
	if (l.mean_level < CANCELS) {
		snprintf(text, sizeof text, "%s: its channels cancel each other: their "
			 "mean is %.0f dB below them; --channels=all keeps them",
			 key, l.mean_level > -150 ? -l.mean_level : 150.0);
		tell(text);
	}
	return MT_OK;
}

static int nothing_there(const struct mt_decoder *d, const struct mt_rec *rec,
			 struct mt_err *err)
{
	char key[256];
	int rate = mt_decoder_rate(d);
	if (opts.duration > 0 && opts.duration * rate < 1 && rate)
		return mt_err_item(err, "decode.range", "%s: --duration %g is less than "
				   "a sample at %d Hz",
				   mt_rec_str(rec, "key", key, sizeof key),
				   opts.duration, rate);
	return mt_err_item(err, "decode.range", "%s: ends before second %g",
			   mt_rec_str(rec, "key", key, sizeof key),
			   opts.start);
}

static int whole(struct mt_decoder *d, struct mt_rec *rec, struct mt_err *err)
{
	struct mt_pcm pcm = {0};
	int n_channel;
	size_t cap;
	mt_decoder_expect(d, &n_channel, &cap);
	if (cap && strcmp(opts.dtype, "i2"))
		mt_pcm_lend(&pcm, mt_rec_alloc(rec, (size_t)n_channel * cap *
						    sizeof **pcm.x),
			    n_channel, cap);
	int rc = mt_decoder_read(d, &pcm, SIZE_MAX, err);
	if (rc == MT_END && !pcm.n)
		rc = nothing_there(d, rec, err);
	else if (rc == MT_END)
		rc = judge(d, rec, err);
	if (rc == MT_OK)
		put_pcm(rec, &pcm, pcm.n, d, &(struct mt_decode_losses){0});
	mt_pcm_release(&pcm);
	return rc;
}

/* One segment of src: its fields, a key with the time, its samples. */
static int emit_segment(struct mt_decoder *d, const struct mt_rec *src,
			struct mt_emit *emit, const struct mt_pcm *pcm,
			size_t n, double second,
			struct mt_decode_losses *before, struct mt_err *err)
{
	struct mt_rec *rec = mt_emit_new(emit);
	size_t key_size;
	const char *key = mt_rec_key(src, &key_size);
	char *text = mt_strf("%.*s#%09.3f", (int)key_size, key, second);
	mt_rec_copy(rec, src);
	rec->type = MT_DATA;
	mt_rec_put_str(rec, "key", text, strlen(text));
	free(text);
	put_pcm(rec, pcm, n, d, before);
	return mt_emit_put(emit, rec, err);
}

static int too_short(const struct mt_rec *rec, double rate, struct mt_err *err)
{
	char key[256];
	return mt_err_item(err, "decode.segment", "%s: --segment %s is less than "
			   "a sample at %g Hz",
			   mt_rec_str(rec, "key", key, sizeof key), opts.segment,
			   rate);
}

/* A segment of n samples, if a record cannot hold it. */
static int check_segment(const struct mt_rec *rec, const struct mt_pcm *pcm, size_t n,
			 int rate, struct mt_err *err)
{
	char key[256], what[400], with[32] = "";
	if (pcm->n_channel > 1)
		snprintf(with, sizeof with, " with %d channels", pcm->n_channel);
	snprintf(what, sizeof what, "%s: a segment of %g s at %d Hz%s",
		 mt_rec_str(rec, "key", key, sizeof key), (double)n / rate, rate, with);
	return mt_filter_limit((uint64_t)n * (uint64_t)pcm->n_channel * sample_bytes(), what,
			       "give --segment fewer seconds", err);
}

/* Segments begin every hop seconds. The last one is as long as the sound
 * lasts; one that would hold nothing new (all of it was in the segment
 * before) is not made. */
static int segments(struct mt_decoder *d, struct mt_rec *rec,
		    struct mt_emit *emit, struct mt_err *err)
{
	struct mt_pcm pcm = {0};
	struct mt_decode_losses before = {0};
	uint64_t base = 0, done = 0;  /* sample of pcm->x[0]; covered so far */
	int rc = MT_OK;
	for (uint64_t k = 0;; k++) {
		/* the rate is known once something was read */
		rc = mt_decoder_read(d, &pcm, 1, err);
		if (rc < 0)
			break;
		double rate = mt_decoder_rate(d);
		size_t len = (size_t)llround(decode.segment * rate);
		if (!len || decode.hop * rate < 1) {
			rc = too_short(rec, rate, err);
			break;
		}
		/* one sample more than a record may hold is enough to know */
		size_t most = (size_t)(mt_common.max_record / sample_bytes()) + 1;
		uint64_t from = (uint64_t)llround((double)k * decode.hop * rate);
		while (base < from) {
			size_t n = from - base < pcm.n ? (size_t)(from - base)
						       : pcm.n;
			mt_pcm_shift(&pcm, n);
			base += n;
			if (base < from && rc == MT_END)
				break;
			if (base < from)
				rc = mt_decoder_read(d, &pcm, 1, err);
			if (rc < 0)
				goto out;
		}
		rc = mt_decoder_read(d, &pcm, len < most ? len : most, err);
		size_t n = pcm.n < len ? pcm.n : len;
		int over = check_segment(rec, &pcm, pcm.n < most ? n : len, (int)rate, err);
		rc = over ? over : rc;
		if (rc < 0 || !n || base + n <= done)
			break;
		done = base + n;
		rc = emit_segment(d, rec, emit, &pcm, n,
				  opts.start + (double)from / rate, &before, err);
		if (rc)
			break;
	}
out:
	if (rc == MT_END && !done)
		rc = nothing_there(d, rec, err);
	else if (rc == MT_END)
		rc = judge(d, rec, err);
	mt_pcm_release(&pcm);
	return rc < 0 ? rc : MT_DROP;
}

/* Does a name lead out of the folder that it is in? */
static bool leaves(const char *name, size_t n)
{
	for (size_t i = 0, len; i <= n; i += len + 1) {
		const char *slash = memchr(name + i, '/', n - i);
		len = slash ? (size_t)(slash - name) - i : n - i;
		if (len == 2 && !memcmp(name + i, "..", 2))
			return true;
	}
	return n && *name == '/';
}

/* The file of a record, in new memory. mt-msd keeps the key that named the
 * file as a field. */
static int file_of(char **file, const struct mt_rec *rec, struct mt_err *err)
{
	size_t n;
	const struct mt_field *path = mt_rec_get(rec, "path");
	const struct mt_field *clip = mt_rec_get(rec, "clip");
	const char *key = mt_rec_key(rec, &n);
	if (!opts.root) {
		*file = path ? mt_strndup(path->data, path->size)
			     : mt_strndup(key, n);
		return MT_OK;
	}
	if (clip) {
		key = clip->data;
		n = clip->size;
	}
	if (leaves(key, n))
		return mt_err_item(err, "decode.root", "%.*s: is not below --root %s",
				   mt_rec_key_shown(key, n), key, opts.root);
	*file = mt_strf("%s/%.*s", opts.root, (int)n, key);
	return MT_OK;
}

/* Tell somebody who named a clip stream as if it were sound. */
static int hint(const char *name, struct mt_err *err)
{
	char head[4] = "";
	struct stat st;
	/* a pipe has been read already */
	FILE *f = stat(name, &st) || !S_ISREG(st.st_mode) ? NULL : fopen(name, "rb");
	if (f && fread(head, 1, 4, f) == 4 && !memcmp(head, MT_SYNC, 4))
		mt_err_item(err, "decode.open", "%s: is a stream, not a sound file; if "
			    "it lists clips, give it on standard input: mt-decode < "
			    "%s", name, name);
	if (f)
		fclose(f);
	return MT_EITEM;
}

/* A pipe that a list or a clip stream names would wait for its writer, and a
 * device never end; who names one as an operand means it. */
static int check_regular(const char *name, struct mt_err *err)
{
	struct stat st;
	if (stat(name, &st) || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))
		return MT_OK;
	for (int i = 0; i < decode.n_operand; i++)
		if (!strcmp(name, decode.operand[i]))
			return MT_OK;
	return mt_err_item(err, "decode.open", "%s: is not a regular file; only an "
			   "operand may be a pipe or device", name);
}

static int step(void *worker, struct mt_rec *rec, struct mt_emit *emit,
		struct mt_err *err)
{
	(void)worker;
	struct mt_decoder *d;
	char *name = NULL;
	int rc = file_of(&name, rec, err);
	if (rc)
		return rc;
	bool piped = decode.piped && !strcmp(name, "-");
	rc = piped ? MT_OK : check_regular(name, err);
	if (!rc)
		rc = mt_decoder_open(&d, piped ? NULL : name, &decode.how, err);
	if (rc == MT_EITEM && !piped)
		rc = hint(name, err);
	free(name);
	if (rc)
		return rc;
	rc = decode.segment > 0 ? segments(d, rec, emit, err)
				: whole(d, rec, err);
	mt_decoder_close(d);
	return rc;
}

static void release(void)
{
	mt_names_close(&decode.names);
}

int main(int argc, char **argv)
{
	struct mt_filter f = {
		.tool = &tool, .kinds = "clip", .check = check, .head = head,
		.step = step, .release = release,
	};
	return mt_filter_run(&f, argc, argv);
}
