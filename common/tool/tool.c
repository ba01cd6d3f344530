/* SPDX-License-Identifier: MIT */
#include "tool/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cpu.h"
#include "base/escape.h"
#include "base/mem.h"
#include "base/temp.h"
#include "base/version.h"
#include "format/format.h"
#include "stream/head.h"
#include "tool/cmdline.h"
#include "tool/outputs.h"
#include "tool/progress.h"
#include "tool/spell.h"

struct mt_common mt_common = {.progress = "auto", .max_record = MT_RECORD_MAX};

#define MAX_SETS 16

static const char *tool_name = "mt";
static const char *program = "mt";  /* as it was started, without folder */
static struct mt_given given;
static struct mt_opt_set sets[MAX_SETS + 1];  /* all of the running tool's */
static char *cmdline;

#define AT(field) offsetof(struct mt_common, field)

static const struct mt_opt jobs_rows[] = {
	MT_OPT('j', "jobs", "N", I64, AT(jobs), "threads [the CPUs that this process may use]",
	       MT_RANGE(1, 4096), .untraced = true),
	{0},
};
static const struct mt_opt output_rows[] = {
	MT_OPT('o', "output", "FILE", OUTPUT, AT(output),
	       "write the stream to FILE, complete or not at all [-]", .untraced = true),
	{0},
};
static const struct mt_opt fail_rows[] = {
	MT_OPT(0, "allow-fail", "N|N%", STR, AT(allow_fail),
	       "exit 0 though this many items, or this share, failed [0]"),
	MT_OPT(0, "fail-log", "FILE", OUTPUT, AT(fail_log),
	       "write failed items to FILE as JSON lines", .untraced = true),
	{0},
};
static const struct mt_opt progress_rows[] = {
	MT_OPT(0, "progress", "HOW", CHOICE, AT(progress),
	       "auto, json or none, on standard error [auto]", .choices = "auto|json|none",
	       .untraced = true),
	{0},
};
static const struct mt_opt record_rows[] = {
	MT_OPT(0, "max-record", "SIZE", SIZE, AT(max_record),
	       "fail what would become a record larger than this [1G]", MT_RANGE(4096, 0x1p32)),
	{0},
};
static const struct mt_opt prog_rows[] = {
	MT_FLAG(0, "no-prog", AT(no_prog), "leave this program out of the provenance chain"),
	{0},
};
static const struct mt_opt verb_rows[] = {
	MT_FLAG(0, "list-commands", AT(list_commands),
		"print the table of commands for programs and exit"),
	{0},
};
static const struct mt_opt all_rows[] = {
	MT_FLAG('q', "quiet", AT(quiet), "print errors only", .untraced = true),
	MT_FLAG('v', "verbose", AT(verbose), "print more messages", .untraced = true),
	MT_FLAG(0, "list-options", AT(list_options),
		"print the option table for programs and exit"),
	MT_FLAG('h', "help", AT(help), "print this and exit"),
	MT_FLAG('V', "version", AT(version), "print the version and exit"),
	{0},
};

static void all_sets(const struct mt_tool *tool)
{
	struct mt_opt_set *out = sets;
	static const struct { unsigned flag; const struct mt_opt *rows; }
	common[] = {
		{MT_TOOL_OUTPUT, output_rows}, {MT_TOOL_JOBS, jobs_rows},
		{MT_TOOL_FAIL, fail_rows}, {MT_TOOL_PROGRESS, progress_rows},
		{MT_TOOL_PROG, prog_rows}, {MT_TOOL_RECORD, record_rows},
	};
	int n = 0;
	for (const struct mt_opt_set *s = tool->sets; s && s->rows; s++) {
		MT_BUG(n >= MAX_SETS - 8);
		out[n++] = *s;
	}
	for (size_t i = 0; i < sizeof common / sizeof *common; i++)
		if (tool->flags & common[i].flag)
			out[n++] = (struct mt_opt_set){common[i].rows,
						       &mt_common};
	if (tool->verbs)
		out[n++] = (struct mt_opt_set){verb_rows, &mt_common};
	out[n++] = (struct mt_opt_set){all_rows, &mt_common};
	out[n] = (struct mt_opt_set){NULL, NULL};
}

enum { HELP_AT = 28, HELP_WIDE = 80 };

/* text in words from column at on, where the cursor stands already */
static void print_wrapped(const char *text, size_t at)
{
	size_t col = at;
	for (const char *s = text; *s;) {
		size_t n = strcspn(s, " ");
		if (col > at && col + 1 + n > HELP_WIDE) {
			printf("\n%*s", (int)at, "");
			col = at;
		}
		printf("%s%.*s", col > at ? " " : "", (int)n, s);
		col += n + (col > at);
		s += n + (s[n] == ' ');
	}
	putchar('\n');
}

static void print_row(const struct mt_opt *o)
{
	char left[HELP_WIDE];
	int n = o->letter ? snprintf(left, sizeof left, "  -%c, --%s",
				     o->letter, o->name)
			  : snprintf(left, sizeof left, "      --%s", o->name);
	if (o->arg)
		snprintf(left + n, sizeof left - (size_t)n,
			 o->type == MT_OPT_MAYBE ? "[=%s]" : "=%s", o->arg);
	if (strlen(left) > HELP_AT - 2)
		printf("%s\n%*s", left, HELP_AT, "");
	else
		printf("%-*s", HELP_AT, left);
	print_wrapped(o->help, HELP_AT);
}

static void print_help(const struct mt_tool *tool)
{
	printf("%s - %s\n\nusage: %s ", tool->name, tool->purpose, tool->name);
	print_wrapped(tool->synopsis, strlen("usage: ") +
		      strlen(tool->name) + 1);
	putchar('\n');
	for (const struct mt_verb *v = tool->verbs; v && v->name; v++) {
		int n = printf("  %s %s", v->name, v->args);
		if (n > HELP_AT - 2)
			printf("\n%*s", HELP_AT, "");
		else
			printf("%*s", HELP_AT - n, "");
		print_wrapped(v->help, HELP_AT);
	}
	if (tool->verbs)
		putchar('\n');
	for (const struct mt_opt_set *s = sets; s->rows; s++)
		for (const struct mt_opt *o = s->rows; o->name; o++)
			print_row(o);
}

/* For programs: rows of words, of which NULL and "" are empty cells. */
static void print_words(const char *const *word, size_t n)
{
	struct mt_print p;
	mt_print_begin(&p, stdout, &mt_format_tsv, NULL, 0);
	for (size_t i = 0; i < n; i++)
		mt_print_word(&p, word[i]);
	mt_print_row(&p);
}

static void print_verbs(const struct mt_tool *tool)
{
	for (const struct mt_verb *v = tool->verbs; v->name; v++)
		print_words((const char *const[]){v->name, v->args, v->help}, 3);
}

static void print_table(void)
{
	static const char *const type[] = {"flag", "str", "path", "path",
					   "i64", "f64", "size", "choice", "list",
					   "maybe"};
	for (const struct mt_opt_set *s = sets; s->rows; s++)
		for (const struct mt_opt *o = s->rows; o->name; o++)
			print_words((const char *const[]){
				(const char[]){o->letter, 0}, o->name, o->arg,
				type[o->type], o->choices, o->help}, 6);
}

/* Started with standard input, output or error closed (>&-)? Then the next
 * file that is opened would get its number, and what is printed would land in
 * it. A descriptor that can only fail stands there instead. */
static void hold_places(void)
{
	int fd;
	do {
		fd = open("/dev/null", O_RDONLY);
		if (fd == STDIN_FILENO) {
			close(fd);
			fd = open("/dev/null", O_WRONLY);
		}
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

char *mt_tool_spell(const char *text)
{
	return mt_spell(sets, text);
}

/* What a name or a text of the input brings into it must not steer a terminal. */
static void put_message(const char *text)
{
	char *spelled = mt_tool_spell(text);
	char *safe = mt_escape_message(spelled);
	free(spelled);
	fprintf(stderr, "%s%s: %s\n", mt_progress_clear(), tool_name, safe);
	free(safe);
}

void mt_tool_begin(const struct mt_tool *tool, int argc, char **argv,
		   char ***operand, int *n)
{
	struct mt_err err = {0};
	const char *slash = strrchr(argv[0], '/');
	tool_name = tool->name;
	program = slash ? slash + 1 : argv[0];
	free(cmdline);
	mt_given_release(&given);
	hold_places();
	signal(SIGPIPE, SIG_DFL);
	sigset_t pipe;
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	sigprocmask(SIG_UNBLOCK, &pipe, NULL);
	mt_temp_guard();
	setvbuf(stderr, NULL, _IOLBF, 0);
	all_sets(tool);
	int rc = mt_opt_parse(sets, argc, argv, n, &given, &err);
	if (!rc)
		rc = mt_outputs_differ(sets, tool->flags & MT_TOOL_OUTPUT &&
				       !mt_common.output, &err);
	if (rc) {
		put_message(err.text);
		fprintf(stderr, "usage: %s %s\n%s --help lists the options\n",
			tool->name, tool->synopsis, tool->name);
		exit(2);
	}
	*operand = argv + 1;
	cmdline = mt_cmdline_text(program, &given);
	if (mt_common.help)
		print_help(tool);
	else if (mt_common.version)
		printf("%s %s\n", tool->name, mt_version());
	else if (mt_common.list_options)
		print_table();
	else if (mt_common.list_commands)
		print_verbs(tool);
	if (mt_common.help || mt_common.version || mt_common.list_options ||
	    mt_common.list_commands)
		exit(mt_tool_end(0));
	if (!mt_common.jobs)
		mt_common.jobs = mt_cpu_count();
}

int mt_tool_config(const char *path, struct mt_err *err)
{
	return mt_opt_config(sets, path, err);
}

static int find_verb(const struct mt_verb *v, const char *word)
{
	for (int i = 0; v[i].name; i++)
		if (!strcmp(v[i].name, word))
			return i;
	return -1;
}

int mt_tool_verb(const struct mt_tool *tool, char **operand, int *n,
		 int *verb, struct mt_err *err)
{
	int at = 0;
	*verb = *n > 0 ? find_verb(tool->verbs, operand[0]) : -1;
	if (*verb < 0 && *n > 1) {
		at = 1;
		*verb = find_verb(tool->verbs, operand[1]);
	}
	if (*verb < 0)
		return mt_err_set(err, MT_EUSAGE, *n > 1 ? "unknown command "
				  "'%.60s'; --help lists the commands" :
				  "a database and a command are required; "
				  "--help lists the commands",
				  *n > 1 ? operand[1] : "");
	for (--*n; at < *n; at++)
		operand[at] = operand[at + 1];
	return MT_OK;
}

int mt_tool_again(struct mt_err *err)
{
	return mt_opt_again(&given, err);
}

bool mt_tool_given(const struct mt_opt *rows)
{
	for (const struct mt_opt *o = rows; o->name; o++)
		for (size_t i = 0; i < given.n; i++)
			if (given.item[i].row == o)
				return true;
	return false;
}

const char *mt_tool_cmdline(void)
{
	return cmdline;
}

void mt_tool_add_prog(struct mt_head *head)
{
	if (!mt_common.no_prog)
		mt_head_add_prog(head, program, mt_version(), mt_tool_cmdline());
}

const char *mt_tool_name(void)
{
	return tool_name;
}

static void say(const char *fmt, va_list ap)
{
	char text[1024];
	vsnprintf(text, sizeof text, fmt, ap);
	put_message(text);
}

void mt_warn(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}

void mt_info(const char *fmt, ...)
{
	if (mt_common.quiet)
		return;
	va_list ap;
	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}

void mt_note(const char *fmt, ...)
{
	if (!mt_common.verbose)
		return;
	va_list ap;
	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}

int mt_tool_fail(const struct mt_err *err)
{
	put_message(err->text);
	return mt_err_exit(err->status);
}

int mt_tool_end(int rc)
{
	errno = 0;
	bool bad = fflush(stdout) || ferror(stdout);
	int why = errno;
	/* a stream's writer has closed the descriptor already: that is EBADF
	 * with nothing left to write */
	if (fclose(stdout) && errno != EBADF && !bad) {
		bad = true;
		why = errno;
	}
	/* 4: that has been said already */
	if (!bad || rc == 4)
		return rc;
	fprintf(stderr, "%s: standard output: cannot write%s%s\n", tool_name,
		why ? ": " : "", why ? strerror(why) : "");
	return 4;
}
