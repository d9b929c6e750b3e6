/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What davit ps needs beside its main function: choosing and describing containers. */

#pragma once

#include "cli/cli.h"
#include "container/container.h"

G_BEGIN_DECLS

/* The containers that the flags choose, in the order that they ask for. */
GPtrArray *davit_ps_select (DavitCli *cli, DavitArguments *arguments, GError **error);

/* "Up 3 minutes", "Exited (0) 2 hours ago", "Created". Free with g_free. */
char *davit_ps_status_text (const DavitContainer *container, gint64 now);

/* "3 minutes ago". Free with g_free. */
char *davit_ps_ago (gint64 time, gint64 now);

/* Bytes of the writable part; FALSE without an error if its driver can't tell. */
gboolean davit_ps_size (DavitContainer *container, guint64 *ret_bytes, GError **error);

/* Where something is mounted in it, and the name of its network or its mode. Free both. */
char **davit_ps_mounts (DavitContainer *container);
char *davit_ps_network (DavitContainer *container);
/* "0.0.0.0:8080->80/tcp", separated by commas; NULL: none is published now. g_free it. */
char *davit_ps_ports (const DavitContainer *container);

/* podman's document for all of them. */
gboolean davit_ps_json (DavitCli *cli, GPtrArray *containers, gboolean size, GError **error);

G_END_DECLS
