/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Errors of the storage plugins: a plugin links no library of davit, so that it has its own. */

#pragma once

#include <davit/error.h>

G_BEGIN_DECLS

/* Sets an error and returns FALSE. */
gboolean store_error_set (GError **error, DavitErrorCode code, const char *format, ...)
	G_GNUC_PRINTF (3, 4);

/* The same for a failed system call: "FORMAT: strerror", the code chosen by the number. */
gboolean store_error_errno (GError **error, int number, const char *format, ...)
	G_GNUC_PRINTF (3, 4);

/* Closes if not -1 and keeps errno. */
void store_fd_close (int *fd);

#define store_autofd __attribute__ ((cleanup (store_fd_close))) int

static inline int
store_fd_steal (int *fd)
{
	int stolen = *fd;

	*fd = -1;
	return stolen;
}

G_END_DECLS
