/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Small things that every file here needs: a plugin has no davit library to take them from. */

#include "criu-fd.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#define TEXT_LIMIT 300

void
criu_fd_close (int *fd)
{
	int number = errno;

	if (*fd >= 0)
		close (*fd);
	*fd = -1;
	errno = number;
}

int
criu_fd_steal (int *fd)
{
	int stolen = *fd;

	*fd = -1;
	return stolen;
}

DavitErrorCode
criu_error_code (int number)
{
	switch (number) {
	case EPERM:
	case EACCES:
		return DAVIT_ERROR_PERMISSION;
	case ENOENT:
	case ESRCH:
		return DAVIT_ERROR_NOT_FOUND;
	case ENOSPC:
	case EDQUOT:
		return DAVIT_ERROR_NO_SPACE;
	case EIO:
	case EROFS:
		return DAVIT_ERROR_IO;
	case EBUSY:
		return DAVIT_ERROR_BUSY;
	default:
		return DAVIT_ERROR_FAILED;
	}
}

gboolean
criu_error_errno (GError **error, int number, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list arguments;

	va_start (arguments, format);
	text = g_strdup_vprintf (format, arguments);
	va_end (arguments);
	g_set_error (error, DAVIT_ERROR, criu_error_code (number), "%s: %s", text,
		     g_strerror (number));
	return FALSE;
}

gboolean
criu_error_set (GError **error, DavitErrorCode code, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list arguments;

	va_start (arguments, format);
	text = g_strdup_vprintf (format, arguments);
	va_end (arguments);
	g_set_error_literal (error, DAVIT_ERROR, code, text);
	return FALSE;
}

char *
criu_text_escape (const char *text, gsize length)
{
	gsize end = strnlen (text, MIN (length, TEXT_LIMIT));
	char *valid = g_utf8_make_valid (text, (gssize) end);

	for (char *c = valid; *c != '\0'; c = g_utf8_next_char (c)) {
		gunichar character = g_utf8_get_char (c);

		/* Those of C1 have two bytes, which no ASCII character may follow by itself. */
		if (!g_unichar_iscntrl (character))
			continue;
		for (const char *next = g_utf8_next_char (c); c + 1 < next; c++)
			*c = '?';
		*c = character == '\n' || character == '\t' ? ' ' : '?';
	}
	return valid;
}
