/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One table from errno to the contract's codes, so that each caller need not choose. */

#include "runtime-error.h"

#include <errno.h>

DavitErrorCode
runtime_error_code (int number)
{
	switch (number) {
	case EPERM:
	case EACCES:
	case EROFS:
		return DAVIT_ERROR_PERMISSION;
	case ENOENT:
	case ESRCH:
		return DAVIT_ERROR_NOT_FOUND;
	case EEXIST:
		return DAVIT_ERROR_EXISTS;
	case EBUSY:
	case ENOTEMPTY:
	case ETXTBSY:
		return DAVIT_ERROR_BUSY;
	case ENOSPC:
	case EDQUOT:
		return DAVIT_ERROR_NO_SPACE;
	case EIO:
		return DAVIT_ERROR_IO;
	case ENOSYS:
	case EOPNOTSUPP:
		return DAVIT_ERROR_UNAVAILABLE;
	case ETIMEDOUT:
		return DAVIT_ERROR_TIMEOUT;
	default:
		return DAVIT_ERROR_FAILED;
	}
}

gboolean
runtime_error_set (GError **error, int number, const char *format, ...)
{
	g_autofree char *what = NULL;
	va_list arguments;

	va_start (arguments, format);
	what = g_strdup_vprintf (format, arguments);
	va_end (arguments);
	g_set_error (error, DAVIT_ERROR, runtime_error_code (number), "%s: %s", what,
		     g_strerror (number));
	return FALSE;
}

gboolean
runtime_error_say (GError **error, DavitErrorCode code, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list arguments;

	va_start (arguments, format);
	text = g_strdup_vprintf (format, arguments);
	va_end (arguments);
	g_set_error_literal (error, DAVIT_ERROR, (int) code, text);
	return FALSE;
}
