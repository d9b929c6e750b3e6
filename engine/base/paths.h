/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Where everything is, in one object: tests redirect all of it, and nothing else in the engine
 * knows a path by heart.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * DavitPaths: owned strings and descriptors, opened when they are first wanted.
 */
typedef struct {
	char *root;	  /* survives a reboot: /var/lib/davit */
	char *runroot;	  /* does not: /run/davit */
	char *datadir;	  /* read-only data of the installation: /usr/share/davit */
	char *sysconfdir; /* /etc/davit */
	char *libexecdir; /* davit-monitor, davit-archive: /usr/libexec/davit */
	char *plugindir;  /* /usr/lib/.../davit/plugins */
	int root_fd;	  /* -1 until davit_paths_open_root */
	int runroot_fd;	  /* -1 until davit_paths_open_runroot */
} DavitPaths;

/*
 * The defaults for the caller: compiled in for root, XDG directories for others. DAVIT_DATADIR and
 * DAVIT_LIBEXECDIR (secure_getenv) redirect to a build tree.
 */
DavitPaths *davit_paths_new (void);
void davit_paths_free (DavitPaths *paths);

/* Replaces one of them; path is made absolute. Only before it is opened. */
void davit_paths_set (char **member, const char *path);

/* Make (0700) and open; repeatable. PERMISSION says what is wrong with owner or mode. */
gboolean davit_paths_open_root (DavitPaths *paths, GError **error);
gboolean davit_paths_open_runroot (DavitPaths *paths, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DavitPaths, davit_paths_free)

/* /proc/sys/kernel/random/boot_id without its line break. Free with g_free. */
gboolean davit_paths_boot_id (char **ret_boot_id, GError **error);

G_END_DECLS
