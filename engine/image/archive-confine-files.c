/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Landlock: the worker reaches what is below its one directory, and no network. The numbers stand
 * here because Debian 12's headers are older than the kernels that davit runs on.
 */

#include "image/archive-confine.h"

#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Linux 5.19: before it, a hard link into another directory is always refused. */
#define ABI_LINKS 2
#define ABI_TRUNCATE 3
#define ABI_NETWORK 4
#define ABI_DEVICES 5
#define ABI_SCOPES 6

#define FS_FIRST_VERSION ((1ULL << 13) - 1)
#define FS_REFER (1ULL << 13)
#define FS_TRUNCATE (1ULL << 14)
#define FS_IOCTL_DEV (1ULL << 15)
#define NET_ALL 3ULL
#define SCOPE_ALL 3ULL

/* struct landlock_ruleset_attr as of ABI 6. */
typedef struct {
	guint64 files;
	guint64 network;
	guint64 scopes;
} Ruleset;

static guint64
allowed_files (ArchiveAccess access)
{
	switch (access) {
	case ARCHIVE_ACCESS_READ:
		return LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
	case ARCHIVE_ACCESS_WRITE:
		return LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_WRITE_FILE |
		       LANDLOCK_ACCESS_FS_MAKE_REG;
	case ARCHIVE_ACCESS_OWNER:
		return LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_WRITE_FILE |
		       LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
		       LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
		       LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_FIFO |
		       LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM | FS_REFER |
		       FS_TRUNCATE;
	case ARCHIVE_ACCESS_NONE:
	default:
		return 0;
	}
}

static guint64
handled_files (long abi)
{
	return FS_FIRST_VERSION | FS_REFER | (abi >= ABI_TRUNCATE ? FS_TRUNCATE : 0) |
	       (abi >= ABI_DEVICES ? FS_IOCTL_DEV : 0);
}

gboolean
archive_confine_files (const ArchiveConfine *confine, GError **error)
{
	long abi = syscall (SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct landlock_path_beneath_attr beneath = {.parent_fd = confine->dirfd};
	davit_autofd ruleset = -1;
	Ruleset attributes;

	if (abi < ABI_LINKS)
		return TRUE;
	attributes = (Ruleset){
		.files = handled_files (abi),
		.network = abi >= ABI_NETWORK ? NET_ALL : 0,
		.scopes = abi >= ABI_SCOPES ? SCOPE_ALL : 0,
	};
	ruleset = (int) syscall (SYS_landlock_create_ruleset, &attributes, sizeof (attributes), 0);
	if (ruleset < 0)
		return davit_error_errno (error, errno, "landlock rules of the archive worker");
	beneath.allowed_access = allowed_files (confine->access) & attributes.files;
	if (beneath.allowed_access != 0 &&
	    syscall (SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) < 0)
		return davit_error_errno (error, errno, "landlock rules of the archive worker");
	if (syscall (SYS_landlock_restrict_self, ruleset, 0) < 0)
		return davit_error_errno (error, errno, "landlock rules of the archive worker");
	return TRUE;
}
