/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The container's own directory, as this plugin uses it:
 *
 *     record         the intent and the first process: runtime-record.h
 *     program        the program that made it: it goes on to be asked, whatever is configured
 *     started        its first process has been told to go on
 *     bundle/        config.json, as the external runtime gets it
 *     rootfs/        an empty directory: where that runtime alone sees the root file system
 *     state/         what the external runtime remembers (--root)
 *     namespace-*    links to namespaces that it joins: oci-namespaces.h
 *     VERB-*.log     its words, while it runs; other files of a call are called so, too
 */

#pragma once

#include <davit/runtime.h>

G_BEGIN_DECLS

#define OCI_FILE_PROGRAM "program"
#define OCI_FILE_STARTED "started"
#define OCI_FILE_BUNDLE "bundle"
#define OCI_FILE_ROOTFS "rootfs"
#define OCI_FILE_STATE "state"

/* The absolute path of a directory that is open, or of name below it. Free with g_free. */
char *oci_files_path (int dirfd, const char *name, GError **error);

gboolean oci_files_make_directory (int dirfd, const char *name, GError **error);

/* A file that must not exist yet: mode 0600. */
gboolean oci_files_write (int dirfd, const char *name, const char *text, GError **error);

gboolean oci_files_exist (int dirfd, const char *name);

/* A name for one call, which no other call of any process has: "VERB-PID-N.SUFFIX". */
char *oci_files_name (const char *verb, const char *suffix);

/* All but the record, which goes last. Repeatable. */
gboolean oci_files_remove (const DavitHost *host, int dirfd, GError **error);

G_END_DECLS
