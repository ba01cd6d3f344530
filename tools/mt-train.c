/* SPDX-License-Identifier: MIT
 * mt-train: a labelled mel set into a model. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/datadir.h"
#include "base/file.h"
#include "base/lock.h"
#include "base/mem.h"
#include "dsp/mel.h"
#include "eval/auc.h"
#include "model/modelpath.h"
#include "nn/dev/backend.h"
#include "nn/dev/ops.h"
#include "tool/progress.h"
#include "tool/spin.h"
#include "tool/tool.h"
#include "train/checkpoint.h"
#include "train/standard.h"
#include "train/trainfolder.h"
#include "train/transfer.h"

static struct opts {
	const char *out, *net, *train, *valid, *optimizer, *schedule, *loss;
	const char *backend, *config, *from, *freeze;
	int64_t epochs, batch, crop, seed, mask_frames, mask_bands, patience;
	int64_t memory;
	double lr, decay, momentum, warmup, mixup, width, average;
	bool resume, force;
} opts = {
	.train = "train", .valid = "valid",
	.optimizer = "adamw", .schedule = "cosine", .loss = "auto",
	.backend = MT_BACKEND_DEFAULT, .epochs = 60, .batch = 16, .seed = 1,
	.mask_frames = 12, .mask_bands = 8, .lr = 2e-3, .decay = 0.01,
	.momentum = 0.9, .warmup = 0.05, .mixup = -1,
	.average = 0.05, .memory = 1024,
};

#define AT(field) offsetof(struct opts, field)

static const struct mt_opt rows[] = {
	MT_OPT('o', "output", "DIR", OUTPUT, AT(out),
	       "output folder for models, checkpoint and metrics (required)", .untraced = true),
	MT_OPT('n', "net", "NAME|FILE", STR, AT(net),
	       "net by name or from a JSON file [small, linear for embeddings]"),
	MT_OPT(0, "width", "X", F64, AT(width), "factor on the net's channels [1]",
	       MT_RANGE(0.01, 16)),
	MT_OPT(0, "from", "MODEL", PATH, AT(from),
	       "start from this model's net and weights; its tags may differ"),
	MT_OPT(0, "freeze", "LAYER", STR, AT(freeze),
	       "with --from: freeze the layers up to this one, or all-but-head"),
	MT_OPT(0, "train", "SPLIT", STR, AT(train), "split to learn from [train]"),
	MT_OPT(0, "valid", "SPLIT", STR, AT(valid), "split to select the best epoch by [valid]"),
	MT_OPT('e', "epochs", "N", I64, AT(epochs), "epochs [60]", MT_RANGE(1, 1e6)),
	MT_OPT('b', "batch", "N", I64, AT(batch), "examples a step [16]", MT_RANGE(1, 65536)),
	MT_OPT(0, "crop", "FRAMES", I64, AT(crop),
	       "frames of a random crop; short clips are repeated [as the net expects]",
	       MT_RANGE(1, 1e6)),
	MT_OPT(0, "lr", "X", F64, AT(lr), "greatest learning rate [0.002]", MT_RANGE(1e-9, 100)),
	MT_OPT(0, "schedule", "HOW", CHOICE, AT(schedule), "constant or cosine [cosine]",
	       .choices = "constant|cosine"),
	MT_OPT(0, "warmup", "SHARE", F64, AT(warmup),
	       "share of all steps in which the learning rate rises [0.05]", MT_RANGE(0, 1)),
	MT_OPT(0, "optimizer", "NAME", CHOICE, AT(optimizer), "adam, adamw or sgd [adamw]",
	       .choices = "adam|adamw|sgd"),
	MT_OPT(0, "decay", "X", F64, AT(decay), "weight decay [0.01]", MT_RANGE(0, 100)),
	MT_OPT(0, "momentum", "X", F64, AT(momentum), "of sgd [0.9]", MT_RANGE(0, 1)),
	MT_OPT(0, "loss", "NAME", CHOICE, AT(loss),
	       "bce, ce, or auto: ce if each item has one tag [auto]", .choices = "auto|bce|ce"),
	MT_OPT(0, "mixup", "ALPHA", F64, AT(mixup),
	       "mixup: blend examples by Beta(ALPHA, ALPHA), 0 off [ce 0.2, bce 0]",
	       MT_RANGE(0, 100)),
	MT_OPT(0, "mask-frames", "N", I64, AT(mask_frames),
	       "SpecAugment: frames of the widest time stripe, 0 off [12]", MT_RANGE(0, 1e6)),
	MT_OPT(0, "mask-bands", "N", I64, AT(mask_bands),
	       "SpecAugment: bands of the widest band stripe, 0 off [8]", MT_RANGE(0, 1e6)),
	MT_OPT(0, "average", "SHARE", F64, AT(average),
	       "average the weights over about this share of all steps, 0 off [0.05]",
	       MT_RANGE(0, 0.28)),
	MT_OPT(0, "patience", "N", I64, AT(patience),
	       "stop after N epochs without improvement, 0 never [0]", MT_RANGE(0, 1e6)),
	MT_OPT(0, "seed", "N", I64, AT(seed), "of everything random [1]", MT_RANGE(0, 9e15)),
	MT_OPT(0, "memory", "MIB", I64, AT(memory),
	       "mel to keep in memory; the rest is reread from the files [1024]", MT_RANGE(0, 1e9),
	       .untraced = true),
	MT_OPT(0, "backend", "NAME", CHOICE, AT(backend), "onednn or blas [" MT_BACKEND_DEFAULT "]",
	       .choices = "onednn|blas"),
	MT_OPT(0, "config", "FILE", PATH, AT(config),
	       "read options from a JSON object; the command line takes precedence"),
	MT_FLAG(0, "resume", AT(resume), "continue from the checkpoint in DIR", .untraced = true),
	MT_FLAG(0, "force", AT(force), "start over although DIR holds a model", .untraced = true),
	{0},
};
static const struct mt_opt_set sets[] = {{rows, &opts}, {NULL, NULL}};

static const struct mt_tool tool = {
	.name = "mt-train",
	.purpose = "train a tagger on a labelled mel set",
	.synopsis = "[options] -o folder [set|stream ...]",
	.sets = sets,
	.flags = MT_TOOL_JOBS | MT_TOOL_PROGRESS | MT_TOOL_PROG,
};

static struct train {
	struct mt_tagger base;   /* --from */
	char *base_path;
	bool has_base;
	struct mt_examples data;
	struct mt_net net;
	struct mt_trainer trainer;
	bool has_net, has_trainer, single;
	struct mt_checkpoint about;
	struct mt_progress progress;
	size_t begun;            /* epochs done by an earlier run */
	int lock;                /* of the folder */
	bool made;               /* the folder was not there before */
} run = {.about = {.best = -INFINITY}, .lock = -1};

/* The options once more: what the net recommends, over it the file, over it the
 * command line. */
static int set_again(struct mt_err *err)
{
	int rc = opts.config ? mt_tool_config(opts.config, err) : MT_OK;
	return rc ? rc : mt_tool_again(err);
}

/* How the mel was made, or the embeddings, out of the set's header. */
static int describe_front(const struct mt_head *h, struct mt_err *err)
{
	struct mt_mel_opts mel = MT_MEL_UNSET;
	bool any = false;
	int rc = MT_OK;
	if (run.data.embedding)
		return mt_embed_json(h, &run.about.frontend, err);
	for (size_t i = 0; i < h->n_line; i++) {
		struct mt_head_line *l = &h->line[i];
		if (strcmp(l->word[0], "param") != 0 || l->n_word < 3)
			continue;
		if ((rc = mt_mel_param_set(&mel, l->word[1], l->word[2], err)) < 0)
			return rc;
		any |= !strncmp(l->word[1], "mel.", 4);
	}
	rc = any ? mt_mel_resolve(&mel, err) : MT_OK;
	if (!rc && any)
		run.about.frontend = mt_mel_to_json(&mel);
	return rc;
}

/* Front end, vocabulary and commands out of the set's header. */
static int describe(struct mt_err *err)
{
	struct mt_head *h = &run.data.head;
	size_t size;
	int rc = describe_front(h, err);
	if (!rc)
		rc = mt_tags_json(h, &run.about.tags, err);
	if (rc)
		return rc;
	if (run.has_base)
		mt_head_add_from(h, "model", run.base.model.crc, opts.from);
	mt_tool_add_prog(h);
	run.about.provenance = mt_head_text(h, &size);
	return MT_OK;
}

static void fill_recipe(struct mt_recipe *r)
{
	*r = (struct mt_recipe){
		.epochs = (size_t)opts.epochs, .batch = (size_t)opts.batch,
		.crop = (size_t)opts.crop, .seed = (uint64_t)opts.seed,
		.loss = run.single ? MT_LOSS_CE : MT_LOSS_BCE,
		.schedule = strcmp(opts.schedule, "cosine") ? MT_CONSTANT
							    : MT_COSINE,
		.warmup = opts.warmup, .mixup = opts.mixup,
		.mask_frames = (size_t)opts.mask_frames,
		.mask_bands = (size_t)opts.mask_bands, .average = opts.average,
		.backend = opts.backend, .n_thread = (int)mt_common.jobs,
	};
	mt_optim_init(&r->optim, !strcmp(opts.optimizer, "adam") ? MT_OPTIM_ADAM
		      : !strcmp(opts.optimizer, "sgd") ? MT_OPTIM_SGD
						       : MT_OPTIM_ADAMW);
	r->optim.lr = opts.lr;
	r->optim.decay = opts.decay;
	r->optim.momentum = opts.momentum;
	json_t *o = json_pack("{s:I, s:I, s:I, s:I, s:s, s:s, s:f, s:f, s:f, "
		"s:s, s:f, s:f, s:I, s:I, s:f, s:s, s:s, s:s}",
		"epochs", (json_int_t)opts.epochs, "batch",
		(json_int_t)opts.batch, "crop", (json_int_t)opts.crop, "seed",
		(json_int_t)opts.seed, "loss", run.single ? "ce" : "bce",
		"optimizer", opts.optimizer, "lr", opts.lr, "decay",
		opts.decay, "momentum", opts.momentum, "schedule",
		opts.schedule, "warmup", opts.warmup, "mixup", opts.mixup,
		"mask-frames", (json_int_t)opts.mask_frames, "mask-bands",
		(json_int_t)opts.mask_bands, "average", opts.average, "backend",
		opts.backend, "train", opts.train, "valid", opts.valid);
	/* only where they are used, so that other models stay as they were */
	if (run.has_base) {
		char *name = mt_strf("%s %08x", strrchr(opts.from, '/') ?
				     strrchr(opts.from, '/') + 1 : opts.from,
				     run.base.model.crc);
		json_object_set_new(o, "from", json_string(name));
		free(name);
	}
	if (opts.freeze)
		json_object_set_new(o, "freeze", json_string(opts.freeze));
	run.about.recipe = json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(15));
	json_decref(o);
}

/* Numbers of the examples of one split. */
static uint32_t *list_split(const char *name, size_t *n)
{
	int split = mt_examples_split(&run.data, name);
	uint32_t *list = mt_calloc(run.data.n, sizeof *list);
	*n = 0;
	for (size_t i = 0; i < run.data.n; i++)
		if (run.data.item[i].split == split)
			list[(*n)++] = (uint32_t)i;
	return list;
}

static struct mt_net_wish wish(void)
{
	return (struct mt_net_wish){
		.name = opts.net, .base = run.has_base ? &run.base : NULL,
		.base_name = opts.from, .freeze = opts.freeze, .single = run.single,
		.how = {.n_class = (int64_t)run.data.n_tag,
			.bands = (int64_t)run.data.n_band, .frames = opts.crop,
			.width = opts.width},
	};
}

/* --from: before the set is read. */
static int open_base(struct mt_err *err)
{
	if (opts.freeze && !opts.from)
		return mt_err_set(err, MT_EUSAGE, "--freeze %s requires --from MODEL",
				  opts.freeze);
	if (!opts.from)
		return MT_OK;
	if (opts.net || opts.width > 0)
		return mt_err_set(err, MT_EUSAGE, "--from %s brings its own net; leave %s out",
				  opts.from, opts.net ? "--net" : "--width");
	int rc = mt_model_find(&run.base_path, opts.from, mt_model_folders(), err);
	if (!rc)
		rc = mt_tagger_open(&run.base, run.base_path, err);
	run.has_base = !rc;
	if (!rc)
		mt_checkpoint_inherit(&run.about, &run.base.model);
	return rc;
}

/* Parameters to begin with: measured ones, and those of --from. */
static int begin_params(struct mt_err *err)
{
	int rc = mt_trainer_standardise(&run.trainer, err);
	if (rc || !run.has_base)
		return rc;
	bool same = mt_transfer_same_tags(&run.base, &run.data.head);
	rc = mt_transfer_params(&run.base, &run.trainer, same, err);
	if (!rc)
		mt_info("starting from %s%s", opts.from, same ? "" :
			", with a new head for other tags");
	return rc ? mt_err_prefix(rc, err, "%s", opts.from) : rc;
}

/* Which net, and what it recommends. */
static int choose_net(struct mt_err *err)
{
	if (!opts.net)
		opts.net = run.has_base ? run.base.net.name :
			run.data.embedding ? "linear" : "small";
	struct mt_net_wish w = wish();
	struct mt_net net;
	w.how.frames = 0;
	/* what cannot be loaded is reported with the rest of the options */
	if (mt_wish_read(&net, &w, NULL))
		return MT_OK;
	int rc = mt_net_recommend(&net, mt_opt_set_by_name, sets, err);
	mt_net_release(&net);
	return rc == MT_END ? MT_OK : rc ? rc : set_again(err);
}

static int load_net(struct mt_err *err)
{
	struct mt_net_wish w = wish();
	int rc = mt_wish_load(&run.net, &w, err);
	run.has_net = !rc;
	opts.crop = rc ? 0 : run.net.frames;
	return rc;
}

static int set_up(char **operand, int n, struct mt_err *err)
{
	const char *wanted[] = {opts.train, opts.valid};
	int rc = mt_examples_read(&run.data, operand, n, wanted, 2,
				  (uint64_t)opts.memory << 20, err);
	if (!rc)
		rc = describe(err);
	if (!rc && run.has_base)
		rc = mt_front_check(&run.base, opts.from, &run.data, err);
	if (!rc && run.has_base && !opts.crop)
		opts.crop = (int64_t)run.base.crop;
	if (!rc)
		rc = choose_net(err);
	if (rc)
		return rc;
	size_t n_train, n_valid;
	uint32_t *train = list_split(opts.train, &n_train);
	uint32_t *valid = list_split(opts.valid, &n_valid);
	bool one = mt_examples_single(&run.data);
	run.single = !strcmp(opts.loss, "ce") ||
		     (!strcmp(opts.loss, "auto") && one &&
		      run.data.n_tag > 1);
	/* blends of sounds with several tags each teach less than they blur */
	if (opts.mixup < 0)
		opts.mixup = run.single ? 0.2 : 0;
	if (!n_train)
		rc = mt_examples_none(&run.data, opts.train, err);
	else if ((rc = mt_examples_learnable(&run.data, opts.train, err)))
		;
	else if (run.single && run.data.n_tag < 2)
		rc = mt_err_set(err, MT_EUSAGE, "--loss ce requires two tags or more, but "
				"the labels have one, '%.100s'; use --loss bce",
				mt_head_tag(&run.data.head, 0));
	else if (!n_valid && strcmp(opts.valid, "valid") != 0)
		rc = mt_err_set(err, MT_EINPUT, "split '%s' has no "
				"examples to validate", opts.valid);
	else if (!n_valid)
		mt_info("no examples of split 'valid': the last epoch counts "
			"as the best");
	size_t first, idle = mt_examples_idle(&run.data, opts.train, &first);
	if (!rc && idle)
		mt_info("%zu of %zu tags cannot be learnt, because none or all of the "
			"examples of split '%s' have them; the first is '%s'", idle,
			run.data.n_tag, opts.train,
			mt_head_tag(&run.data.head, first));
	if (!rc)
		rc = load_net(err);
	if (!rc) {
		struct mt_recipe recipe;
		fill_recipe(&recipe);
		rc = mt_trainer_open(&run.trainer, &recipe, &run.net,
				     &run.data, train, n_train, valid, n_valid,
				     err);
		run.has_trainer = !rc;
		if (!rc)
			rc = begin_params(err);
	} else {
		free(train);
		free(valid);
	}
	if (!rc)
		mt_note("%zu examples to learn from, %zu to validate, %zu tags, "
			"%" PRId64 " parameters", n_train, n_valid,
			run.data.n_tag, mt_net_n_param(&run.net, 1));
	return rc;
}

static int save(const char *name, bool checkpoint, struct mt_err *err)
{
	char *path = mt_strf("%s/%s.safetensors", opts.out, name);
	int rc = mt_checkpoint_save(&run.about, &run.trainer, path, checkpoint,
				    err);
	free(path);
	return rc;
}

static void tell(size_t done, size_t all, double loss)
{
	char extra[96];
	size_t epoch = run.trainer.epoch;
	bool json = !strcmp(mt_common.progress, "json");
	snprintf(extra, sizeof extra, json ? "\"epoch\":%zu,\"loss\":%.5f"
					   : "epoch %zu  loss %.4f", epoch + 1,
		 loss);
	/* counted in examples; a resumed run tells its own rate */
	size_t n = run.trainer.n_train, seen = done * (size_t)opts.batch;
	mt_progress_put(&run.progress, (epoch - run.begun) * n +
			(seen > n || done == all ? n : seen), 0, extra);
}

static void json_put(json_t *o, const char *name, double v)
{
	if (isfinite(v))
		json_object_set_new(o, name, json_real(v));
}

/* Without a terminal nothing else shows that the training goes on. */
static void report(double train_loss, double valid_loss, const struct mt_eval *e)
{
	bool quiet = !strcmp(mt_common.progress, "none") ||
		!strcmp(mt_common.progress, "json") || isatty(STDERR_FILENO);
	void (*say)(const char *fmt, ...) = quiet ? mt_note : mt_info;
	size_t epoch = run.trainer.epoch, all = (size_t)opts.epochs;
	if (run.trainer.n_valid && isfinite(e->accuracy))
		say("epoch %zu of %zu: loss %.4f, valid %.4f, ROC-AUC %.4f, AP %.4f, "
		    "accuracy %.4f", epoch, all, train_loss, valid_loss, e->macro_roc,
		    e->macro_ap, e->accuracy);
	else if (run.trainer.n_valid)
		say("epoch %zu of %zu: loss %.4f, valid %.4f, ROC-AUC %.4f, AP %.4f",
		    epoch, all, train_loss, valid_loss, e->macro_roc, e->macro_ap);
	else
		say("epoch %zu of %zu: loss %.4f", epoch, all, train_loss);
}

static void add_metrics(json_t *o)
{
	char *line = json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(9));
	char *all = mt_strf("%s%s\n", run.about.metrics, line);
	free(line);
	free(run.about.metrics);
	run.about.metrics = all;
}

/* Validate; one more line of metrics; the number to choose the best by. */
static int validate(double train_loss, double *score, struct mt_err *err)
{
	struct mt_trainer *t = &run.trainer;
	size_t k = run.data.n_tag;
	float *y = mt_calloc(t->n_valid * k + 1, sizeof *y);
	uint8_t *label = mt_calloc(t->n_valid * k + 1, 1);
	double loss = NAN;
	bool flat = false;
	struct mt_eval e = {0};
	json_t *o = json_object();
	int rc = mt_trainer_validate(t, y, label, &loss, &flat, err);
	json_object_set_new(o, "epoch", json_integer((json_int_t)t->epoch));
	json_put(o, "train_loss", train_loss);
	*score = (double)t->epoch;
	if (!rc && t->n_valid) {
		e = mt_eval_run(y, label, t->n_valid, k);
		json_put(o, "valid_loss", loss);
		json_put(o, "roc_auc_macro", e.macro_roc);
		json_put(o, "ap_macro", e.macro_ap);
		json_put(o, "accuracy", e.accuracy);
		/* a number only where each item has one tag of several */
		*score = k > 1 && isfinite(e.accuracy) ? e.accuracy
						       : e.macro_ap;
		/* many epochs tie on a small split: the lower loss decides */
		*score = (isfinite(*score) ? *score : 0) - 1e-6 * loss;
	}
	if (!rc) {
		report(train_loss, loss, &e);
		add_metrics(o);
	}
	if (!rc && flat) {
		mt_info("epoch %zu gives every example the same scores, so it cannot be "
			"the best", t->epoch);
		*score = -INFINITY;
	}
	free(e.tag);
	free(y);
	free(label);
	json_decref(o);
	return rc;
}

static int one_epoch(struct mt_err *err)
{
	double loss, score;
	int rc = mt_trainer_epoch(&run.trainer, &loss, tell, err);
	if (!rc)
		rc = validate(loss, &score, err);
	if (rc)
		return rc;
	if (score > run.about.best) {
		run.about.best = score;
		run.about.best_epoch = (int64_t)run.trainer.epoch;
		rc = save("best", false, err);
	}
	if (!rc)
		rc = save("last", false, err);
	char *path = mt_strf("%s/metrics.jsonl", opts.out);
	if (!rc)
		rc = mt_file_put(path, run.about.metrics, strlen(run.about.metrics), err);
	free(path);
	/* last, so that what it stands for is on disk already */
	return rc ? rc : save("checkpoint", true, err);
}

static int open_folder(struct mt_err *err)
{
	int rc = mt_train_folder_check(opts.out, opts.resume, opts.force, &run.made, err);
	/* release() unmakes it: a bad set must not leave an empty folder */
	return rc ? rc : mt_lock_dir(opts.out, &run.lock, err);
}

static int run_epochs(struct mt_err *err)
{
	int rc = MT_OK;
	run.begun = run.trainer.epoch;
	if (mt_trainer_alike(&run.trainer))
		mt_warn("all %zu examples to learn from have the same values, so no net can "
			"tell them apart; is the sound silent?", run.trainer.n_train);
	mt_progress_init(&run.progress, run.trainer.n_train *
			 ((size_t)opts.epochs - run.begun));
	while (!rc && run.trainer.epoch < (size_t)opts.epochs) {
		int64_t since = (int64_t)run.trainer.epoch - run.about.best_epoch;
		if (opts.patience && since >= opts.patience)
			break;
		rc = one_epoch(err);
	}
	mt_progress_end(&run.progress);
	if (!rc && !isfinite(run.about.best))
		rc = mt_err_set(err, MT_EINPUT, "none of %zu epochs gave a model that tells "
				"the examples apart: training loss %g; use a lower --lr than "
				"%g", run.trainer.epoch, run.trainer.last_loss, opts.lr);
	return rc;
}

static int train(struct mt_err *err)
{
	char *path = mt_strf("%s/checkpoint.safetensors", opts.out);
	int rc = opts.resume ? MT_OK : MT_END;
	run.about.metrics = mt_strdup("");
	if (!rc)
		rc = mt_checkpoint_load(&run.about, &run.trainer, path, err);
	if (!rc && opts.resume)
		mt_info("going on after epoch %zu of %zu%s", run.trainer.epoch,
			(size_t)opts.epochs, run.about.was_epochs < (size_t)opts.epochs &&
			!strcmp(opts.schedule, "cosine") ?
			", with the learning rates of the longer schedule" : "");
	free(path);
	if (rc < 0)
		return rc;
	if (mkdir(opts.out, 0777) && errno != EEXIST)
		return mt_err_sys(err, "%s: cannot make the folder", opts.out);
	/* first of all, so that no model is ever without one */
	if (rc == MT_END && (rc = save("checkpoint", true, err)))
		return rc;
	rc = run_epochs(err);
	if (rc == MT_EINPUT && !*run.about.metrics)
		mt_train_folder_clear(opts.out);
	if (!rc)
		mt_info("best epoch %" PRId64 " of %zu, in %s/best.safetensors",
			run.about.best_epoch, run.trainer.epoch, opts.out);
	return rc;
}

static void release(void)
{
	if (run.has_trainer)
		mt_trainer_close(&run.trainer);
	if (run.has_net)
		mt_net_release(&run.net);
	mt_examples_release(&run.data);
	mt_checkpoint_release(&run.about);
	if (run.has_base)
		mt_tagger_close(&run.base);
	free(run.base_path);
	if (run.made)
		rmdir(opts.out);  /* goes only if nothing came into it */
	mt_unlock_dir(run.lock);
}

int main(int argc, char **argv)
{
	mt_spin_less(argv);
	struct mt_err err = {0};
	char **operand;
	int n;
	mt_tool_begin(&tool, argc, argv, &operand, &n);
	int rc = opts.config ? set_again(&err) : MT_OK;
	if (!rc && !opts.out)
		rc = mt_err_set(&err, MT_EUSAGE, "-o FOLDER is required");
	if (!rc && !mt_ops_get(opts.backend, &err))
		rc = MT_EUSAGE;
	if (!rc)
		rc = open_base(&err);
	if (!rc)
		rc = open_folder(&err);
	if (!rc)
		rc = set_up(operand, n, &err);
	if (!rc)
		rc = train(&err);
	int code = rc ? mt_tool_fail(&err) : 0;
	release();
	return mt_tool_end(code);
}
