/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Descriptors that close themselves, and errors made of errno. */

#pragma once

#include <davit/error.h>

#include <errno.h>

G_BEGIN_DECLS

/* Closes it and sets it to -1; errno stays. */
void criu_fd_close (int *fd);
int criu_fd_steal (int *fd);

#define criu_autofd __attribute__ ((cleanup (criu_fd_close))) int

/* The code that fits to an errno. */
DavitErrorCode criu_error_code (int number);

/* Always FALSE: sets the error with the text of number behind ": ". */
gboolean criu_error_errno (GError **error, int number, const char *format, ...)
	G_GNUC_PRINTF (3, 4);
gboolean criu_error_set (GError **error, DavitErrorCode code, const char *format, ...)
	G_GNUC_PRINTF (3, 4);

/* What comes from outside, on one line and without control characters; of limited length. */
char *criu_text_escape (const char *text, gsize length);

G_END_DECLS
