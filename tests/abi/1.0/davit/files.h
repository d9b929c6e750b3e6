/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Files and directories below a directory that is not trusted, as a service of the host.
 *
 * A container's root file system is hostile: it may hold symbolic links to the host, FIFOs where
 * a file is expected, and may change while it is looked at. These functions resolve a path with
 * openat2 (Linux 5.6), which can't be led out of the directory, and look at what was opened before
 * they use it. They run anywhere, also in a child after fork.
 */

#pragma once

#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

/**
 * DavitFileOps: since 1.0. Append only.
 */
typedef struct {
	gsize size;

	/*
	 * Opens a path as a process that has chroot'ed into rootfd would see it (RESOLVE_IN_ROOT |
	 * RESOLVE_NO_MAGICLINKS). flags as of open; O_CLOEXEC is added. The caller closes ret_fd.
	 */
	gboolean (*open_in_root) (int rootfd, const char *path, int flags, mode_t mode, int *ret_fd,
				  GError **error);

	/* The same, but a symbolic link anywhere, ".." and other mounts are errors. */
	gboolean (*open_beneath) (int dirfd, const char *path, int flags, mode_t mode, int *ret_fd,
				  GError **error);

	/*
	 * Makes a directory and those above it that are missing, inside the root, and opens it
	 * O_PATH. Components that exist are followed as in open_in_root. New ones get mode and,
	 * unless they are -1, uid and gid.
	 */
	gboolean (*make_directory) (int rootfd, const char *path, mode_t mode, uid_t uid, gid_t gid,
				    int *ret_fd, GError **error);

	/* The same for an empty regular file; directories above it get 0755. */
	gboolean (*make_file) (int rootfd, const char *path, mode_t mode, int *ret_fd,
			       GError **error);

	/*
	 * Reads a regular file inside the root, of limit bytes at most. Anything that is no regular
	 * file is an error, without blocking. ret_text has a NUL behind its end; free it with
	 * g_free.
	 */
	gboolean (*read_file) (int rootfd, const char *path, gsize limit, char **ret_text,
			       gsize *ret_length, GError **error);

	/*
	 * Replaces a file in a trusted directory: temporary name, write, rename. With durable it
	 * is on disk, name included, when this returns.
	 */
	gboolean (*replace_file) (int dirfd, const char *name, const void *data, gsize length,
				  mode_t mode, gboolean durable, GError **error);

	/* Removes a name and everything below it; follows no link, crosses no mount. Repeatable. */
	gboolean (*remove_tree) (int dirfd, const char *name, GError **error);
} DavitFileOps;

G_END_DECLS
