/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Paths inside the container's root, for the child between clone and exec. The host's file service
 * does the same and more, but fills in GErrors, which allocates; here everything is a system call
 * and a negative errno.
 */

#pragma once

#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

typedef enum {
	NATIVE_RESOLVE_LINKS = 0,    /* symbolic links are followed, inside the root */
	NATIVE_RESOLVE_NO_LINKS = 1, /* a symbolic link anywhere is -ELOOP */
} NativeResolve;

/* O_PATH unless flags say otherwise. A descriptor or -errno. */
int native_resolve_open (int rootfd, const char *path, int flags, NativeResolve how);

/* Opens a directory O_PATH, making it and those above it (0755) if they are missing. */
int native_resolve_directory (int rootfd, const char *path, NativeResolve how);

/*
 * Opens what stands there O_PATH; makes an empty file, and directories above it, if nothing does.
 */
int native_resolve_file (int rootfd, const char *path, NativeResolve how);

/* Opens the directory above a path, making it if it is missing; ret_name is what stands behind. */
int native_resolve_parent (int rootfd, const char *path, NativeResolve how, const char **ret_name);

G_END_DECLS
