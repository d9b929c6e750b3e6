/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Errors of this plugin. */

#pragma once

#include <davit/host.h>

G_BEGIN_DECLS

/* Both return FALSE. number: an errno; the text gets what it means behind it. */
gboolean oci_error_set (GError **error, int number, const char *format, ...) G_GNUC_PRINTF (3, 4);
gboolean oci_error_say (GError **error, DavitErrorCode code, const char *format, ...)
	G_GNUC_PRINTF (3, 4);

/* What a program said, in one line of bounded length and without control characters. */
char *oci_error_plain (const char *text, gssize length);

G_END_DECLS
