/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Paths below a directory that is not trusted, through openat2 only. davit/files.h documents the
 * functions that plugins get too; they stand here under the engine's names.
 */

#pragma once

#include <davit/files.h>

G_BEGIN_DECLS

gboolean davit_path_open_in_root (int rootfd, const char *path, int flags, mode_t mode, int *ret_fd,
				  GError **error);
gboolean davit_path_open_beneath (int dirfd, const char *path, int flags, mode_t mode, int *ret_fd,
				  GError **error);
gboolean davit_path_make_directory (int rootfd, const char *path, mode_t mode, uid_t uid, gid_t gid,
				    int *ret_fd, GError **error);
gboolean davit_path_make_file (int rootfd, const char *path, mode_t mode, int *ret_fd,
			       GError **error);
gboolean davit_path_read_file (int rootfd, const char *path, gsize limit, char **ret_text,
			       gsize *ret_length, GError **error);
gboolean davit_path_replace_file (int dirfd, const char *name, const void *data, gsize length,
				  mode_t mode, gboolean durable, GError **error);
/* How the file begins that it writes first. One without a writer was left by a crash. */
#define DAVIT_PATH_TEMPORARY_PREFIX ".tmp-"
gboolean davit_path_remove_tree (int dirfd, const char *name, GError **error);

/* For DavitHost. */
extern const DavitFileOps davit_path_file_ops;

/*
 * A trusted directory, by an ordinary path: makes it (and those above it, 0755) with mode if it is
 * missing, and opens it. PERMISSION if it is a symbolic link, belongs to another user than the
 * caller, or is writable by group or others.
 */
gboolean davit_path_open_private (const char *path, mode_t mode, int *ret_fd, GError **error);

/* mkdirat if missing, then opens it O_DIRECTORY | O_NOFOLLOW. One component. */
gboolean davit_path_open_subdirectory (int dirfd, const char *name, mode_t mode, int *ret_fd,
				       GError **error);

/* The names in a directory, without "." and "..", in no order. */
gboolean davit_path_list (int dirfd, GPtrArray **ret_names, GError **error);

/* fsync of a directory. */
gboolean davit_path_sync_directory (int dirfd, GError **error);

G_END_DECLS
