/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Limits and capabilities of the worker, and the order in which it gives up things. */

#include "image/archive-confine.h"

#include "base/error.h"
#include "base/sanitized.h"

#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* xz -9 wants 65 MiB, zstd --long=27 128, and libarchive's libraries map a hundred. */
#define MEMORY_LIMIT (512UL * 1024 * 1024)
/* Two chains of 256 directories and what is passed. */
#define FILES_LIMIT 1280

#define CAPABILITY(name) (1ULL << (name))

static gboolean
limit_set (int resource, rlim_t value, GError **error)
{
	struct rlimit limit;

	if (getrlimit ((__rlimit_resource_t) resource, &limit) < 0)
		return davit_error_errno (error, errno, "limits of the archive worker");
	if (limit.rlim_max == RLIM_INFINITY || limit.rlim_max > value)
		limit.rlim_max = value;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit ((__rlimit_resource_t) resource, &limit) < 0)
		return davit_error_errno (error, errno, "limits of the archive worker");
	return TRUE;
}

gboolean
archive_confine_process (GError **error)
{
	/* Files get the modes of the archive, whatever the caller's mask is. */
	umask (0);
	/* The parent may have died before this line; then the first answer meets a closed pipe. */
	if (prctl (PR_SET_PDEATHSIG, SIGKILL) < 0)
		return davit_error_errno (error, errno, "archive worker");
	signal (SIGPIPE, SIG_DFL);
	/* A file that is larger than the limit is an error with a text. */
	signal (SIGXFSZ, SIG_IGN);
	if (!DAVIT_SANITIZED && !limit_set (RLIMIT_AS, MEMORY_LIMIT, error))
		return FALSE;
	return limit_set (RLIMIT_CORE, 0, error) && limit_set (RLIMIT_NOFILE, FILES_LIMIT, error);
}

static guint64
capabilities_needed (const ArchiveConfine *confine)
{
	/* The kernel shows "trusted." attributes only to this one. */
	guint64 trusted = confine->trusted ? CAPABILITY (CAP_SYS_ADMIN) : 0;

	switch (confine->access) {
	case ARCHIVE_ACCESS_OWNER:
		return trusted | CAPABILITY (CAP_CHOWN) | CAPABILITY (CAP_DAC_OVERRIDE) |
		       CAPABILITY (CAP_FOWNER) | CAPABILITY (CAP_FSETID) | CAPABILITY (CAP_MKNOD) |
		       CAPABILITY (CAP_SETFCAP);
	case ARCHIVE_ACCESS_WRITE:
		return CAPABILITY (CAP_DAC_OVERRIDE);
	case ARCHIVE_ACCESS_READ:
		return trusted | CAPABILITY (CAP_DAC_READ_SEARCH);
	case ARCHIVE_ACCESS_NONE:
	default:
		return 0;
	}
}

static gboolean
capabilities_drop (guint64 keep, GError **error)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall (SYS_capget, &header, data) < 0)
		return davit_error_errno (error, errno, "capabilities of the archive worker");
	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		guint32 wanted = (guint32) (keep >> (32 * i));

		data[i].permitted &= wanted;
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	/* Ambient ones go with the inheritable ones. */
	if (syscall (SYS_capset, &header, data) < 0)
		return davit_error_errno (error, errno, "capabilities of the archive worker");
	return TRUE;
}

gboolean
archive_confine (const ArchiveConfine *confine, GError **error)
{
	struct stat status;

	/* Landlock would say EINVAL. */
	if (confine->dirfd >= 0 &&
	    (fstat (confine->dirfd, &status) < 0 || !S_ISDIR (status.st_mode)))
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"archive worker: what it was given as a directory is none");
	if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return davit_error_errno (error, errno, "archive worker");
	/*
	 * Absolute paths end here even where there is no Landlock. Without the capability for it
	 * there is less to protect, too.
	 */
	if (confine->dirfd >= 0 && !DAVIT_SANITIZED && fchdir (confine->dirfd) == 0 &&
	    chroot (".") < 0 && errno != EPERM)
		return davit_error_errno (error, errno, "confine the archive worker");
	return (DAVIT_SANITIZED || archive_confine_files (confine, error)) &&
	       capabilities_drop (capabilities_needed (confine), error) &&
	       archive_confine_calls (error);
}
