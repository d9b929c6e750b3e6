/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Makes errors of the storage plugins. */

#include "store-error.h"

#include <errno.h>
#include <stdarg.h>
#include <unistd.h>

static DavitErrorCode
code_from_errno (int number)
{
	switch (number) {
	case ENOENT:
		return DAVIT_ERROR_NOT_FOUND;
	case EEXIST:
		return DAVIT_ERROR_EXISTS;
	case EBUSY:
		return DAVIT_ERROR_BUSY;
	case EPERM:
	case EACCES:
	case EROFS:
		return DAVIT_ERROR_PERMISSION;
	case EIO:
	case ESTALE:
		return DAVIT_ERROR_IO;
	case ENOSPC:
	case EDQUOT:
		return DAVIT_ERROR_NO_SPACE;
	case EUCLEAN:
		return DAVIT_ERROR_CORRUPT;
	case ENOSYS:
	case ENODEV:
	case EOPNOTSUPP:
		return DAVIT_ERROR_UNAVAILABLE;
	default:
		return DAVIT_ERROR_FAILED;
	}
}

gboolean
store_error_set (GError **error, DavitErrorCode code, const char *format, ...)
{
	va_list arguments;

	if (error == NULL)
		return FALSE;
	va_start (arguments, format);
	g_propagate_error (error, g_error_new_valist (DAVIT_ERROR, (int) code, format, arguments));
	va_end (arguments);
	return FALSE;
}

gboolean
store_error_errno (GError **error, int number, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list arguments;

	va_start (arguments, format);
	text = g_strdup_vprintf (format, arguments);
	va_end (arguments);
	return store_error_set (error, code_from_errno (number), "%s: %s", text,
				g_strerror (number));
}

void
store_fd_close (int *fd)
{
	int number = errno;

	if (*fd >= 0)
		close (*fd);
	*fd = -1;
	errno = number;
}
