/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From the words behind a mount on the command line to the options of the OCI specification. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Appends to options (char *); the defaults for what text does not say are added. */
gboolean davit_request_bind_options (const char *option, const char *text, GPtrArray *options,
				     GError **error);
gboolean davit_request_tmpfs_options (const char *option, const char *text, GPtrArray *options,
				      GError **error);

/* Fields of a line of CSV; NULL if a quote is not closed. */
GPtrArray *davit_request_split_fields (const char *text);

G_END_DECLS
