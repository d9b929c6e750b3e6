/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Errors of the kernel, told with what was tried. */

#pragma once

#include <davit/error.h>
#include <glib.h>

G_BEGIN_DECLS

/* The code that says what the caller can do about an errno. */
DavitErrorCode runtime_error_code (int number);

/* "what: strerror": sets the error from an errno, and returns FALSE. */
gboolean runtime_error_set (GError **error, int number, const char *format, ...)
	G_GNUC_PRINTF (3, 4);

/* A code of our own instead of an errno. Returns FALSE. */
gboolean runtime_error_say (GError **error, DavitErrorCode code, const char *format, ...)
	G_GNUC_PRINTF (3, 4);

G_END_DECLS
