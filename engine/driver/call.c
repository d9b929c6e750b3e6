/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The frame around every call of a plugin: span, result, error, contract. */

#include "driver/call.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>

gboolean
davit_contract_broken (const DavitDriver *driver, const char *operation, GError **error,
		       const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list arguments;

	va_start (arguments, format);
	text = g_strdup_vprintf (format, arguments);
	va_end (arguments);
	return davit_error_set (error, DAVIT_ERROR_PLUGIN_CONTRACT, "%s: %s %s", driver->label,
				operation, text);
}

/* What the plugin itself said: without the name that call_fail put in front. */
static char *
error_own_text (const DavitDriver *driver, const GError *error)
{
	gsize length = strlen (driver->label);

	if (strncmp (error->message, driver->label, length) == 0 &&
	    strncmp (error->message + length, ": ", 2) == 0)
		return g_strdup (error->message + length + 2);
	return g_strdup (error->message);
}

gboolean
davit_contract_untouched (const DavitDriver *driver, const char *operation, gboolean untouched,
			  GError **error)
{
	g_autofree char *reason = NULL;

	if (untouched || error == NULL || *error == NULL)
		return FALSE;
	/* A descriptor that was written is not closed: it may be one that the plugin still uses. */
	reason = error_own_text (driver, *error);
	g_clear_error (error);
	return davit_contract_broken (driver, operation, error,
				      "failed and yet gave an output; it failed with: %s", reason);
}

static gboolean
contract_descriptor (const DavitDriver *driver, const char *operation, int fd, GError **error)
{
	int flags = fd >= 0 ? fcntl (fd, F_GETFD) : -1;

	if (flags < 0)
		return davit_contract_broken (driver, operation, error,
					      "gave the file descriptor %d, which is not open", fd);
	if (!(flags & FD_CLOEXEC))
		fcntl (fd, F_SETFD, flags | FD_CLOEXEC);
	return TRUE;
}

gboolean
davit_contract_directory (const DavitDriver *driver, const char *operation, int fd, GError **error)
{
	struct stat status;

	if (!contract_descriptor (driver, operation, fd, error))
		return FALSE;
	if (fstat (fd, &status) < 0 || !S_ISDIR (status.st_mode))
		return davit_contract_broken (driver, operation, error,
					      "gave the file descriptor %d, which is no directory",
					      fd);
	return TRUE;
}

gboolean
davit_contract_process (const DavitDriver *driver, const char *operation, int pidfd,
			const DavitResult *result, GError **error)
{
	gint64 pid = 0;

	if (!contract_descriptor (driver, operation, pidfd, error))
		return FALSE;
	/* Only EBADF says that it is none; the process may have ended or be out of reach. */
	if (pidfd_send_signal (pidfd, 0, NULL, 0) < 0 && errno == EBADF)
		return davit_contract_broken (driver, operation, error,
					      "gave the file descriptor %d, which is no pidfd",
					      pidfd);
	if (result != NULL && (!davit_result_integer (result, "pid", &pid) || pid <= 0))
		return davit_contract_broken (driver, operation, error,
					      "gave no \"pid\" in its result");
	return TRUE;
}

static void
call_observe (const DavitCall *call, gboolean ends)
{
	const DavitDriverObserver *observer = &call->driver->observer;

	if (observer->called != NULL)
		observer->called (call->driver, call->operation, ends, observer->data);
}

gboolean
davit_call_begin (DavitCall *call, const char *path, gboolean present, GError **error)
{
	const char *dot = strchr (path, '.');
	gsize length;

	g_strlcpy (call->operation, dot != NULL ? dot + 1 : path, sizeof call->operation);
	/* C has the words delete and so on for itself: the slot has a "_" behind it. */
	length = strlen (call->operation);
	if (length > 0 && call->operation[length - 1] == '_')
		call->operation[length - 1] = '\0';
	if (!present)
		return davit_error_set (error, DAVIT_ERROR_UNSUPPORTED, "%s: can't do \"%s\"",
					call->driver->label, call->operation);
	call->result_length = davit_result_length (call->result);
	davit_trace_begin (call->driver->label, call->operation);
	call_observe (call, FALSE);
	return TRUE;
}

/* The plugin failed: its error in our domain, with its name in front. */
static gboolean
call_fail (DavitCall *call, GError **error)
{
	davit_result_truncate (call->result, call->result_length);
	if (call->error == NULL || call->error->message == NULL || *call->error->message == '\0') {
		g_clear_error (&call->error);
		return davit_contract_broken (call->driver, call->operation, error,
					      "failed without saying why");
	}
	if (call->error->domain != DAVIT_ERROR)
		davit_error_convert (&call->error, DAVIT_ERROR_FAILED);
	else if (call->error->code < DAVIT_ERROR_FAILED ||
		 call->error->code > DAVIT_ERROR_NO_PROGRAM)
		call->error->code = DAVIT_ERROR_FAILED;
	g_propagate_error (error, call->error);
	return davit_error_prefix (error, "%s", call->driver->label);
}

gboolean
davit_call_end (DavitCall *call, gboolean succeeded, GError **error)
{
	call_observe (call, TRUE);
	davit_trace_end ();
	if (!succeeded)
		return call_fail (call, error);
	if (call->error != NULL) {
		davit_result_truncate (call->result, call->result_length);
		davit_contract_broken (call->driver, call->operation, error,
				       "succeeded and yet set an error: %s", call->error->message);
		g_clear_error (&call->error);
		return FALSE;
	}
	return TRUE;
}
