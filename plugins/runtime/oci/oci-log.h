/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What an external runtime wrote into its log: lines of JSON, of which none is trusted. */

#pragma once

#include <davit/host.h>

G_BEGIN_DECLS

/*
 * The last errors in the file name below dirfd, in one plain line; NULL if there are none. Only its
 * last 64 KiB are read. Free with g_free.
 */
char *oci_log_read (const DavitHost *host, int dirfd, const char *name);

/* The same of a text, for the words that a runtime printed. */
char *oci_log_find (const DavitHost *host, const char *text);

G_END_DECLS
