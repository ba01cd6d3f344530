/* SPDX-License-Identifier: MIT
 * A --config file over a table with an option of every type. */
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "tool/opt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct opts {
	bool flag;
	const char *str, *path, *output, *choice;
	int64_t whole;
	double real;
	uint64_t bytes;
	struct mt_opt_list list;
} opts;

#define AT(field) offsetof(struct opts, field)

static const struct mt_opt rows[] = {
	MT_FLAG('f', "flag", AT(flag), ""),
	MT_OPT('s', "str", "S", STR, AT(str), ""),
	MT_OPT('p', "path", "P", PATH, AT(path), ""),
	MT_OPT('o', "output", "P", OUTPUT, AT(output), "", .untraced = true),
	MT_OPT('c', "choice", "C", CHOICE, AT(choice), "", .choices = "one|two"),
	MT_OPT('n', "whole", "N", I64, AT(whole), "", MT_RANGE(-5, 5e15)),
	MT_OPT('r', "real", "R", F64, AT(real), "", MT_RANGE(0, 1)),
	MT_OPT('b', "bytes", "B", SIZE, AT(bytes), "", MT_RANGE(4096, 0x1p32)),
	MT_OPT('l', "list", "L", LIST, AT(list), ""),
	{0},
};
static const struct mt_opt_set sets[] = {{rows, &opts}, {NULL, NULL}};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[32];
	struct mt_err err = {0};
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	MT_BUG(fd < 0 || write(fd, data, size) != (ssize_t)size);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	opts = (struct opts){.bytes = 4096};
	int rc = mt_opt_config(sets, path, &err);
	MT_BUG(rc && (rc != MT_EUSAGE || !*err.text));
	MT_BUG(opts.whole < -5 || opts.whole > (int64_t)5e15 || !(opts.real >= 0) ||
	       opts.real > 1 || opts.bytes < 4096 || opts.bytes > (uint64_t)1 << 32);
	mt_opt_list_release(&opts.list);
	mt_opt_config_forget();
	close(fd);
	return 0;
}
