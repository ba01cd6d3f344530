/* SPDX-License-Identifier: MIT */
#include "base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int mt_lock_dir(const char *folder, int *fd, struct mt_err *err)
{
	struct stat held, now;
	*fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0)
		return mt_err_sys(err, "%s: cannot open folder", folder);
	int rc = MT_OK;
	if (flock(*fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK)
		rc = mt_err_set(err, MT_ESYS, "%s: another program is writing "
				"into this folder; wait until it has ended, or "
				"name another", folder);
	else if (fstat(*fd, &held) || stat(folder, &now) ||
		 held.st_dev != now.st_dev || held.st_ino != now.st_ino)
		rc = mt_err_set(err, MT_ESYS, "%s: the folder was replaced by "
				"another program meanwhile; try again", folder);
	if (rc) {
		close(*fd);
		*fd = -1;
	}
	return rc;
}

void mt_unlock_dir(int fd)
{
	if (fd >= 0)
		close(fd);
}
