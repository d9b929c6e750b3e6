/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Makes errors, and maps system errors to codes and codes to words and exit statuses. */

#include "base/error.h"

#include <errno.h>
#include <stdarg.h>

/* In the order of DavitErrorCode. */
static const char *const code_names[] = {
	[DAVIT_ERROR_FAILED] = "failed",
	[DAVIT_ERROR_USAGE] = "usage",
	[DAVIT_ERROR_CONFIG] = "config",
	[DAVIT_ERROR_NOT_FOUND] = "not-found",
	[DAVIT_ERROR_EXISTS] = "exists",
	[DAVIT_ERROR_BUSY] = "busy",
	[DAVIT_ERROR_STATE] = "state",
	[DAVIT_ERROR_UNSUPPORTED] = "unsupported",
	[DAVIT_ERROR_UNAVAILABLE] = "unavailable",
	[DAVIT_ERROR_PERMISSION] = "permission",
	[DAVIT_ERROR_IO] = "io",
	[DAVIT_ERROR_NO_SPACE] = "no-space",
	[DAVIT_ERROR_CORRUPT] = "corrupt",
	[DAVIT_ERROR_TIMEOUT] = "timeout",
	[DAVIT_ERROR_CANCELLED] = "cancelled",
	[DAVIT_ERROR_NETWORK] = "network",
	[DAVIT_ERROR_AUTH] = "auth",
	[DAVIT_ERROR_HELPER] = "helper",
	[DAVIT_ERROR_PLUGIN_FILE] = "plugin-file",
	[DAVIT_ERROR_PLUGIN_LOAD] = "plugin-load",
	[DAVIT_ERROR_PLUGIN_ABI] = "plugin-abi",
	[DAVIT_ERROR_PLUGIN_CONTRACT] = "plugin-contract",
	[DAVIT_ERROR_NOT_EXECUTABLE] = "not-executable",
	[DAVIT_ERROR_NO_PROGRAM] = "no-program",
};

gboolean
davit_error_set (GError **error, DavitErrorCode code, const char *format, ...)
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
davit_error_errno (GError **error, int number, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list arguments;

	if (error == NULL)
		return FALSE;
	va_start (arguments, format);
	text = g_strdup_vprintf (format, arguments);
	va_end (arguments);
	return davit_error_set (error, davit_error_code_from_errno (number), "%s: %s", text,
				g_strerror (number));
}

gboolean
davit_error_prefix (GError **error, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list arguments;

	if (error == NULL || *error == NULL)
		return FALSE;
	va_start (arguments, format);
	text = g_strdup_vprintf (format, arguments);
	va_end (arguments);
	g_prefix_error (error, "%s: ", text);
	return FALSE;
}

gboolean
davit_error_hint (GError **error, const char *format, ...)
{
	g_autofree char *hint = NULL;
	g_autofree char *message = NULL;
	va_list arguments;

	if (error == NULL || *error == NULL)
		return FALSE;
	va_start (arguments, format);
	hint = g_strdup_vprintf (format, arguments);
	va_end (arguments);
	message = (*error)->message;
	(*error)->message = g_strconcat (message, "; ", hint, NULL);
	return FALSE;
}

gboolean
davit_error_convert (GError **error, DavitErrorCode code)
{
	if (error != NULL && *error != NULL && (*error)->domain != DAVIT_ERROR) {
		(*error)->domain = DAVIT_ERROR;
		(*error)->code = (int) code;
	}
	return FALSE;
}

DavitErrorCode
davit_error_code_from_errno (int number)
{
	switch (number) {
	case ENOENT:
	case ESRCH:
		return DAVIT_ERROR_NOT_FOUND;
	case EEXIST:
	case ENOTEMPTY:
		return DAVIT_ERROR_EXISTS;
	case EBUSY:
	case ETXTBSY:
	case EAGAIN:
		return DAVIT_ERROR_BUSY;
	case EPERM:
	case EACCES:
	case EROFS:
		return DAVIT_ERROR_PERMISSION;
	case EIO:
	case EREMOTEIO:
	case ESTALE:
		return DAVIT_ERROR_IO;
	case ENOSPC:
	case EDQUOT:
		return DAVIT_ERROR_NO_SPACE;
	case EUCLEAN:
	case EBADMSG:
		return DAVIT_ERROR_CORRUPT;
	case ENOSYS:
	case EOPNOTSUPP:
	case EAFNOSUPPORT:
	case EPROTONOSUPPORT:
		return DAVIT_ERROR_UNAVAILABLE;
	case ETIMEDOUT:
		return DAVIT_ERROR_TIMEOUT;
	case ECANCELED:
		return DAVIT_ERROR_CANCELLED;
	case ECONNREFUSED:
	case ECONNRESET:
	case ECONNABORTED:
	case EHOSTUNREACH:
	case ENETUNREACH:
	case ENETDOWN:
		return DAVIT_ERROR_NETWORK;
	default:
		return DAVIT_ERROR_FAILED;
	}
}

const char *
davit_error_code_name (DavitErrorCode code)
{
	if ((gsize) code >= G_N_ELEMENTS (code_names))
		return code_names[DAVIT_ERROR_FAILED];
	return code_names[code];
}

gboolean
davit_error_is_damage (const GError *error)
{
	return davit_error_matches (error, DAVIT_ERROR_CORRUPT) ||
	       davit_error_matches (error, DAVIT_ERROR_UNSUPPORTED) ||
	       davit_error_matches (error, DAVIT_ERROR_NOT_FOUND);
}

int
davit_error_exit_status (const GError *error)
{
	if (davit_error_matches (error, DAVIT_ERROR_NOT_EXECUTABLE))
		return 126;
	if (davit_error_matches (error, DAVIT_ERROR_NO_PROGRAM))
		return 127;
	return 125;
}
