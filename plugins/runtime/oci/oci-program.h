/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The external runtimes: those that the option runtimes names, in its order, and any other by its
 * absolute path. A name that was asked for never leads to another program.
 */

#pragma once

#include <davit/host.h>

G_BEGIN_DECLS

/* Where programs are besides: PATH may lack /usr/sbin, where runc is. */
#define OCI_SYSTEM_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* The program of a variant, which is not NULL. Free with g_free. UNAVAILABLE, NOT_FOUND. */
char *oci_program_find (const DavitHost *host, const char *variant, GError **error);

/*
 * The variant for a new container: the instance's own if it has one and it is there, or else the
 * first of the configured that can be run. Free with g_free.
 */
char *oci_program_choose (const DavitHost *host, GError **error);

/* By its name: there is nothing else to tell it by that would not cost a call. */
gboolean oci_program_is_crun (const char *path);

/* Keeps path for the operations to come. */
gboolean oci_program_remember (int dirfd, const char *path, GError **error);

/* What was kept; if that is not there (any more), what would be found now. Free with g_free. */
char *oci_program_recall (const DavitHost *host, int dirfd, GError **error);

void oci_program_probe (const DavitHost *host, DavitProbe *probe);

G_END_DECLS
