/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Making errors: the helpers around DAVIT_ERROR, and the one table from codes to exit statuses. */

#pragma once

#include <davit/error.h>

G_BEGIN_DECLS

/* Sets an error and returns FALSE, so that a check is one line. */
gboolean davit_error_set (GError **error, DavitErrorCode code, const char *format, ...)
	G_GNUC_PRINTF (3, 4);

/* The same for a failed system call: "FORMAT: strerror", the code chosen by the number. */
gboolean davit_error_errno (GError **error, int number, const char *format, ...)
	G_GNUC_PRINTF (3, 4);

/* Puts "FORMAT: " in front of the text of *error, if there is one. Returns FALSE. */
gboolean davit_error_prefix (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* Appends "; FORMAT" to it. Returns FALSE. */
gboolean davit_error_hint (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* Turns an error of another domain (GKeyFile, GFile, GOption) into one of ours with this code. */
gboolean davit_error_convert (GError **error, DavitErrorCode code);

DavitErrorCode davit_error_code_from_errno (int number);

/* The word of a code in JSON output and the manual: "not-found". */
const char *davit_error_code_name (DavitErrorCode code);

/* The exit status for it: 126 and 127 for programs, otherwise 125. */
int davit_error_exit_status (const GError *error);

/*
 * Whether it tells of what was read: not there, damaged, of another version. Any other tells only
 * of the reading, which may go better the next time: nothing may be taken away for it.
 */
gboolean davit_error_is_damage (const GError *error);

#define davit_error_matches(error, code) g_error_matches ((error), DAVIT_ERROR, (code))

G_END_DECLS
