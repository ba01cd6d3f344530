/* SPDX-License-Identifier: MIT */
#include "base/version.h"

const char *mt_version(void)
{
	return MT_VERSION;
}
