/* SPDX-License-Identifier: MIT
 * Feeds the files of a fuzz target's corpus to it, without a fuzzer. The
 * corpus of the program BUILD/tests/replay_fuzz_NAME is BUILD/corpus/NAME, which
 * make unpacks, or the files and folders named as operands. Prints TAP. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int n;

static void one(const char *path)
{
	char *data;
	size_t size;
	struct mt_err err;
	if (mt_file_get(path, 1 << 28, &data, &size, &err))
		return;
	LLVMFuzzerTestOneInput((const uint8_t *)data, size);
	free(data);
	n++;
}

static void folder(const char *path)
{
	DIR *dir = opendir(path);
	if (!dir) {
		one(path);
		return;
	}
	for (struct dirent *d; (d = readdir(dir));)
		if (d->d_name[0] != '.') {
			char *file = mt_strf("%s/%s", path, d->d_name);
			one(file);
			free(file);
		}
	closedir(dir);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		folder(argv[i]);
	const char *name = strstr(argv[0], "replay_fuzz_");
	if (argc == 1 && name) {
		char *path = mt_strf("%.*s../corpus/%s", (int)(name - argv[0]), argv[0],
				     name + strlen("replay_fuzz_"));
		folder(path);
		free(path);
	}
	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	printf("1..1\n%sok 1 - %d files of the corpus\n", n ? "" : "not ", n);
	return !n;
}
