/* SPDX-License-Identifier: MIT
 * mt-convert: published weights as a model of mt's. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "dsp/mel.h"
#include "import/fit.h"
#include "tool/formatopt.h"
#include "tool/rows.h"
#include "tool/tool.h"

#define MAX_CROP 1000000  /* frames of a window, as models are read */

static struct opts {
	const char *output, *net, *tags, *map;
	struct mt_opt_list front;
	bool list;
} opts;

static struct mt_format_opts format_opts;

#define AT(field) offsetof(struct opts, field)

static const struct mt_opt rows[] = {
	MT_OPT('o', "output", "FILE", OUTPUT, AT(output),
	       "write the model to FILE, complete or not at all (required)", .untraced = true),
	MT_OPT(0, "net", "NAME|FILE", STR, AT(net),
	       "net of the weights [found by names and shapes]"),
	MT_OPT(0, "tags", "NAME|FILE", STR, AT(tags),
	       "its tags: mtt, msd, jamendo, or one a line [those of the known weights]"),
	MT_OPT(0, "front", "NAME|K=V", LIST, AT(front),
	       "its front end: a profile of mt-melspec, or one value [the family's]"),
	MT_OPT(0, "map", "FILE", PATH, AT(map),
	       "which tensor of the source is which of the net [a known family's]"),
	MT_FLAG(0, "list", AT(list), "print name, shape and type of the source's tensors and exit"),
	{0},
};
static const struct mt_opt_set sets[] = {
	{rows, &opts}, {mt_format_rows, &format_opts}, {NULL, NULL}};

static const struct mt_tool tool = {
	.name = "mt-convert",
	.purpose = "convert published weights to a model",
	.synopsis = "[options] -o model.safetensors file|folder",
	.sets = sets,
};

static void print_list(const struct mt_weights *w, const struct mt_format *format)
{
	static const struct mt_column column[] = {
		MT_COL("name", TEXT), MT_COL("shape", TEXT), MT_COL("type", TEXT),
	};
	struct mt_print p;
	char shape[200];
	mt_print_bare(&p, stdout, format, column, sizeof column / sizeof *column);
	for (size_t i = 0; i < w->n; i++) {
		mt_print_word(&p, w->item[i].name);
		mt_print_word(&p, mt_weight_shape(shape, sizeof shape, w->item[i].n_dim,
						  w->item[i].dim));
		mt_print_word(&p, mt_weight_type_name(w->item[i].type));
		mt_print_row(&p);
	}
}

/* The front end as JSON: a profile, then single values on top. */
static int make_front(char **json, const struct mt_fit *fit, const char *path,
		      struct mt_err *err)
{
	struct mt_mel_opts mel = MT_MEL_UNSET;
	struct mt_opt_set set[] = {{mt_mel_rows, &mel}, {NULL, NULL}};
	const char *profile = fit->family.front;
	int rc = MT_OK;
	for (size_t i = 0; i < opts.front.n; i++)
		if (!strchr(opts.front.item[i], '='))
			profile = opts.front.item[i];
	if (!profile)
		return mt_err_set(err, MT_EUSAGE, "%s: has the net %s, whose front end is not "
				  "known; name it with --front", path, fit->net.name);
	rc = mt_opt_set_text(set, "profile", profile, err);
	if (!rc)
		rc = mt_mel_resolve(&mel, err);
	for (size_t i = 0; !rc && i < opts.front.n; i++) {
		const char *value = strchr(opts.front.item[i], '=');
		if (!value)
			continue;
		char *name = mt_strndup(opts.front.item[i], (size_t)(value - opts.front.item[i]));
		rc = mt_mel_param_set(&mel, name, value + 1, err);
		if (rc == MT_END)
			rc = mt_err_set(err, MT_EUSAGE, "--front: unknown value '%s'; they are "
					"named as in a stream's header: rate, mel.hop, ...", name);
		free(name);
	}
	if (!rc)
		rc = mt_mel_resolve(&mel, err);
	if (!rc && mel.bands != fit->net.bands)
		rc = mt_err_set(err, MT_EUSAGE, "%s: the front end has %" PRId64 " bands, but the "
				"net %s reads %" PRId64 "; see --front", path, mel.bands,
				fit->net.name, fit->net.bands);
	if (!rc)
		*json = mt_mel_to_json(&mel);
	return rc;
}

static int make_tags(char **json, const struct mt_fit *fit, const char *path,
		     struct mt_err *err)
{
	char **tag;
	size_t n;
	const char *name = opts.tags ? opts.tags : fit->known ? fit->known->tags : NULL;
	if (!name)
		return mt_err_set(err, MT_EUSAGE, "%s: has the net %s, but its weights are not "
				  "known, nor are its %" PRId64 " tags; name them with --tags",
				  path, fit->net.name, fit->net.n_class);
	int rc = mt_taglist_load(&tag, &n, name, err);
	if (rc)
		return rc;
	if (n == (size_t)fit->net.n_class) {
		json_t *list = json_array();
		for (size_t i = 0; i < n; i++)
			json_array_append_new(list, json_string(tag[i]));
		*json = json_dumps(list, JSON_COMPACT);
		json_decref(list);
	} else {
		rc = mt_err_set(err, MT_EUSAGE, "%s: has %" PRId64 " outputs, but --tags %s has "
				"%zu tags", path, fit->net.n_class, name, n);
	}
	mt_taglist_release(tag, n);
	return rc;
}

static char *make_source(const struct mt_weights *w)
{
	json_t *list = json_array();
	for (size_t i = 0; i < w->n_file; i++) {
		const char *name = strrchr(w->file[i].path, '/');
		name = name ? name + 1 : w->file[i].path;
		json_t *text = json_string(name);
		json_array_append_new(list, json_pack("{s:o, s:s}", "name", text ? text
						      : json_string("?"), "sha256",
						      w->file[i].sha256));
	}
	char *json = json_dumps(list, JSON_COMPACT);
	json_decref(list);
	return json;
}

static int save(const struct mt_weights *w, const struct mt_fit *fit, const char *path,
		struct mt_err *err)
{
	char *front = NULL, *tags = NULL, *source = make_source(w);
	char *recipe = mt_strf("{\"crop\":%" PRId64 "}", fit->net.frames);
	const struct mt_family *f = &fit->family;
	char *origin = mt_strf("%s%s%s", fit->known ? fit->known->name : "",
			       fit->known && f->origin ? ", " : "", f->origin ? f->origin : "");
	int rc = make_front(&front, fit, path, err);
	if (!rc)
		rc = make_tags(&tags, fit, path, err);
	struct mt_model_meta meta[9] = {
		{"format", "mt 1"}, {"net", (char *)(uintptr_t)mt_net_json(&fit->net)},
		{"tags", tags}, {"recipe", recipe}, {"frontend", front}, {"source", source},
	};
	size_t n = 6;
	if (*origin)
		meta[n++] = (struct mt_model_meta){"origin", origin};
	if (f->licence)
		meta[n++] = (struct mt_model_meta){"licence", f->licence};
	if (!rc)
		rc = mt_model_save(opts.output, fit->tensor, fit->n_tensor, meta, n, err);
	if (!rc)
		mt_info("%s: %s%s%s from %s, %zu tensors, crc32 %08x", opts.output, fit->net.name,
			fit->known ? ", " : "", fit->known ? fit->known->name : "", w->format,
			fit->n_tensor, fit->crc);
	free(front);
	free(tags);
	free(source);
	free(recipe);
	free(origin);
	return rc;
}

static int convert(const struct mt_weights *w, const char *path, struct mt_err *err)
{
	struct mt_fit fit;
	int rc = mt_fit_find(&fit, w, &(struct mt_fit_opt){opts.net, opts.map}, path, err);
	if (rc)
		return rc;
	if (fit.net.frames > MAX_CROP)
		rc = mt_err_set(err, MT_EUSAGE, "%s: the net %s reads %" PRId64 " frames, but a "
				"model's windows have at most %d", path, fit.net.name,
				fit.net.frames, MAX_CROP);
	if (!rc)
		rc = mt_fit_take(&fit, w, path, err);
	if (!rc && fit.n_flushed)
		mt_note("%s: %" PRIu64 " subnormal weights set to 0", path, fit.n_flushed);
	if (!rc)
		rc = save(w, &fit, path, err);
	mt_fit_release(&fit);
	return rc;
}

static bool same_file(const char *a, const char *b)
{
	struct stat x, y;
	return b && !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* The output must not replace what is read. */
static int check_output(const struct mt_weights *w, struct mt_err *err)
{
	bool same = same_file(opts.output, opts.map) || same_file(opts.output, opts.tags) ||
		    same_file(opts.output, opts.net);
	for (size_t i = 0; i < w->n_file; i++)
		same |= same_file(opts.output, w->file[i].path);
	return same ? mt_err_set(err, MT_EUSAGE, "%s: is read and cannot be the output too; "
				 "give -o another name", opts.output) : MT_OK;
}

int main(int argc, char **argv)
{
	char **operand;
	int n;
	struct mt_err err = {0};
	struct mt_weights w = {0};
	mt_tool_begin(&tool, argc, argv, &operand, &n);
	const struct mt_format *format;
	int rc = mt_format_chosen(&format, &format_opts, &mt_format_tsv, &err);
	if (!rc && n != 1)
		rc = mt_err_set(&err, MT_EUSAGE, n ? "%d sources, expected one file or folder"
				: "name the weights: a file or a folder", n);
	else if (!rc && !opts.list && !opts.output)
		rc = mt_err_set(&err, MT_EUSAGE, "-o FILE is required");
	else if (!rc && !opts.list && !strcmp(opts.output, "-"))
		rc = mt_err_set(&err, MT_EUSAGE, "-o -: a model is a file and cannot go into a "
				"pipe; name it, as in -o model.safetensors");
	if (!rc)
		rc = mt_weights_read(&w, operand[0], &err);
	if (!rc && w.n_skip)
		mt_note("%s: %zu tensors skipped: optimizer state or not numbers", operand[0],
			w.n_skip);
	if (!rc && opts.list)
		print_list(&w, format);
	if (!rc && !opts.list)
		rc = check_output(&w, &err);
	if (!rc && !opts.list)
		rc = convert(&w, operand[0], &err);
	mt_weights_release(&w);
	mt_opt_list_release(&opts.front);
	return mt_tool_end(rc ? mt_tool_fail(&err) : 0);
}
