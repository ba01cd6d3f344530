/* SPDX-License-Identifier: MIT
 * Status codes and the message that goes with them.
 *
 * A library function that can fail returns an int: MT_OK (0), MT_END (1) for
 * "no more", or one of the negative codes. Its last argument is a struct
 * mt_err owned by the caller, untouched on success; NULL is allowed. The text
 * is one whole sentence without a newline or final full stop that names the
 * thing, the place and both numbers, fit to be shown as it is. Libraries do
 * not print, do not exit and do not read the environment.
 *
 * A library knows no command line. Where the way out is a parameter, the text names
 * it in backquotes ("`force` starts over"), also with a value ("use `output FILE`");
 * where it is another program of the toolkit, what that does ("`scan` lists sound
 * files", "`pack split` draws splits"). The tools put their options and programs in
 * their place (tool/spell.h). */
#ifndef MT_BASE_ERR_H
#define MT_BASE_ERR_H

#include "base/api.h"

MT_API_BEGIN

enum mt_status {
	MT_OK = 0,
	MT_END = 1,      /* nothing more: the end was reached in good order */
	MT_DROP = 2,     /* a filter's step: this item is not wanted, no failure */
	MT_EITEM = -1,   /* this one item is bad; the run goes on */
	MT_EUSAGE = -2,  /* the command line or the kind of input is wrong */
	MT_EINPUT = -3,  /* the input is cut, damaged or not what it claims */
	MT_ESYS = -4,    /* the system refused: read, write, memory, device */
};

/* Exit codes of every program: 0 ok, 1 items failed, 2 usage, 3 input,
 * 4 system. See mt_err_exit(). */
struct mt_err {
	int status;      /* the code returned with it */
	char code[32];   /* word for a FAIL record, such as "decode.empty"; "" */
	char text[512];  /* the sentence */
};

#define MT_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define MT_USE_RESULT __attribute__((warn_unused_result))

/* Fill err (NULL: do nothing) and return status. */
int mt_err_set(struct mt_err *err, int status, const char *fmt, ...)
	MT_PRINTF(3, 4);

/* As mt_err_set() with MT_EITEM and the FAIL record's code word, which reads
 * "stage.reason" ("decode.empty"). Returns MT_EITEM. */
int mt_err_item(struct mt_err *err, const char *code, const char *fmt, ...)
	MT_PRINTF(3, 4);

/* As mt_err_set() with MT_ESYS; ": " and strerror(errno) are appended. */
int mt_err_sys(struct mt_err *err, const char *fmt, ...) MT_PRINTF(2, 3);

/* Put "prefix: " before the text of a failure with this status, which becomes
 * err's own and is returned. */
int mt_err_prefix(int status, struct mt_err *err, const char *fmt, ...)
	MT_PRINTF(3, 4);

/* Exit code of a program that ends with this status (MT_EITEM gives 1). */
int mt_err_exit(int status);

MT_API_END

#endif
