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
	{'f', "flag", NULL, MT_OPT_FLAG, AT(flag), "", NULL, 0, 0},
	{'s', "str", "S", MT_OPT_STR, AT(str), "", NULL, 0, 0},
	{'p', "path", "P", MT_OPT_PATH, AT(path), "", NULL, 0, 0},
	{'o', "output", "P", MT_OPT_OUTPUT, AT(output), "", NULL, 0, 0},
	{'c', "choice", "C", MT_OPT_CHOICE, AT(choice), "", "one|two", 0, 0},
	{'n', "whole", "N", MT_OPT_I64, AT(whole), "", NULL, -5, 5e15},
	{'r', "real", "R", MT_OPT_F64, AT(real), "", NULL, 0, 1},
	{'b', "bytes", "B", MT_OPT_SIZE, AT(bytes), "", NULL, 4096, 0x1p32},
	{'l', "list", "L", MT_OPT_LIST, AT(list), "", NULL, 0, 0},
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
